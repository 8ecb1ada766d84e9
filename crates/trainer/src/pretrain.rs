//! `trainer pretrain-tirex`: makes a small forecaster from series that are made up.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use durable::sha256_hex;
use serde_json::{Value, json};
use tirex::Tirex;
use tirex::pretraining::{Pretraining, PretrainingRun, SeriesKind, held_out_quality};
use tirex::quality::{Naive, Quality};

use crate::cli::Outcome;
use crate::config::at_line;
use crate::interrupt::{self, Interrupted};
use crate::progress::Progress;

/// Held-out series of each kind that the model is judged by.
const JUDGED: u64 = 400;
/// Time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// Characters of a hash at the start of a checkpoint.
const HASH_LENGTH: usize = 64;

const HELP: &str = "No real series is used: Gaussian processes, prices of a GARCH whose regime switches, volatilities, counts with
seasons, autoregressions with breaks, and mixtures of them. One in fifty is held out, and the model is judged by those:
its pinball loss as a share of naive forecasts' and how often the truth lies between its 10% and 90% quantiles.

A run that is stopped (Ctrl-C, kill -9) goes on with the same command and --resume, with the same result.

Examples:
  trainer pretrain-tirex --config pretrain.toml --out small.safetensors
  trainer --config tirex.toml --set tirex.weights=../small.safetensors

Exit codes: 0 done, 2 failed, 130 stopped.";

/// What pre-training takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct PretrainArguments {
    /// The recipe: sizes of the model, and how it is trained; looked up as given, then in configs/
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The model's file
    #[arg(long, value_name = "FILE", default_value = "artifacts/tirex/small.safetensors")]
    out: PathBuf,
    /// Go on with a run of this recipe that was stopped or killed
    #[arg(long)]
    resume: bool,
    /// Threads to use; all cores by default. Their number does not change the result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

/// Trains the recipe's model, judges it and writes it.
pub(crate) fn run(arguments: &PretrainArguments, out: &mut dyn Write) -> Result<Outcome> {
    let recipe = read(&arguments.config)?;
    let progress = Progress::new(arguments.quiet);
    let checkpoint = Checkpoint::new(&arguments.out, &recipe);
    if let Some(parent) = arguments.out.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        durable::require_writable(parent)?;
    }
    let start = || PretrainingRun::start(&recipe).with_context(|| arguments.config.display().to_string());
    let mut run = match (checkpoint.read(&recipe), arguments.resume) {
        (Some(run), true) => run,
        (found, resume) => {
            let kept = checkpoint.path.display();
            if resume && checkpoint.path.exists() {
                progress.say(&format!("{kept} holds no undamaged run of this recipe, so it begins anew"));
            } else if found.is_some() {
                progress.say(&format!("{kept} of an earlier run is replaced; --resume would go on from it"));
            }
            start()?
        }
    };
    interrupt::listen()?;
    // Steps of an earlier process took none of this one's time.
    let before = run.steps_done();
    let stage = progress.stage("pre-training", recipe.steps - before);
    let mut kept = Instant::now();
    while !run.is_done() {
        let standing = run.step()?;
        let note = format!("steps (to step {}), loss {:.3}", recipe.steps, standing.loss);
        stage.set(standing.step - before, &note);
        if let Some(loss) = standing.validation {
            progress.say(&format!("step {}: pinball loss on held-out series {loss:.4}", standing.step));
        }
        let stops = interrupt::requested();
        if stops || kept.elapsed() >= CHECKPOINT_EVERY {
            checkpoint.write(&mut run)?;
            kept = Instant::now();
        }
        if stops {
            let step = standing.step;
            return Err(
                Interrupted(format!("stopped after step {step}; add --resume to go on from there")).into()
            );
        }
    }
    stage.finish(&format!("{} steps", recipe.steps));
    let file = run.weights()?;
    durable::write_file(&arguments.out, &file)?;
    let model = Tirex::open(&arguments.out)?;
    checkpoint.remove();
    let found = held_out_quality(&model, recipe.seed, JUDGED)?;
    if arguments.json {
        let document = json!({
            "file": arguments.out,
            "sha256": sha256_hex(&file),
            "weights": recipe.n_weights(),
            "recipe": recipe,
            "held_out": found.iter().map(|(kind, quality)| in_json(*kind, quality)).collect::<Vec<_>>(),
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        write!(out, "{}", in_text(&arguments.out, &recipe, &file, &found))?;
    }
    Ok(Outcome::Done)
}

fn read(given: &Path) -> Result<Pretraining> {
    let path = if given.is_file() { given.to_owned() } else { Path::new("configs").join(given) };
    let text = fs::read_to_string(&path)
        .with_context(|| format!("there is no recipe {}, nor {}", given.display(), path.display()))?;
    let recipe: Pretraining = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        at_line(&path, &text, start, error.message())
    })?;
    if let Err(error) = recipe.validate() {
        bail!("{}: {error}", path.display());
    }
    Ok(recipe)
}

/// Where a run is kept while it is not done.
struct Checkpoint {
    path: PathBuf,
    recipe: String,
}

impl Checkpoint {
    fn new(out: &Path, recipe: &Pretraining) -> Self {
        let mut path = out.as_os_str().to_owned();
        path.push(".unfinished");
        Self { path: path.into(), recipe: sha256_hex(json!(recipe).to_string().as_bytes()) }
    }

    /// The run that was kept, when it is one of this recipe and undamaged.
    fn read(&self, recipe: &Pretraining) -> Option<PretrainingRun> {
        let bytes = fs::read(&self.path).ok()?;
        let (hash, rest) = bytes.split_at_checked(HASH_LENGTH)?;
        let (of, state) = rest.split_at_checked(HASH_LENGTH)?;
        let whole = hash == sha256_hex(rest).as_bytes() && of == self.recipe.as_bytes();
        whole.then(|| PretrainingRun::resume(recipe, state))?
    }

    fn write(&self, run: &mut PretrainingRun) -> Result<()> {
        let rest = [self.recipe.as_bytes(), &run.state()].concat();
        Ok(durable::write_file(&self.path, &[sha256_hex(&rest).as_bytes(), &rest].concat())?)
    }

    fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn in_json(kind: SeriesKind, quality: &Quality) -> Value {
    let ratios: Value =
        Naive::ALL.map(|naive| (naive.name().to_owned(), json!(quality.ratio(naive)))).into_iter().collect();
    json!({
        "kind": format!("{kind:?}"),
        "series": quality.cases,
        "pinball": quality.pinball,
        "share_of_naive": ratios,
        "coverage_10_90": quality.coverage,
    })
}

fn in_text(path: &Path, recipe: &Pretraining, file: &[u8], found: &[(SeriesKind, Quality)]) -> String {
    let head = format!(
        "{}: {} weights, {:.1} MB, SHA-256 {}\n\n{:<18}{:>8}{:>16}{:>20}{:>12}\n",
        path.display(),
        recipe.n_weights(),
        file.len() as f64 / 1e6,
        sha256_hex(file),
        "held-out series",
        "series",
        "pinball loss",
        "of best naive",
        "in 10–90%"
    );
    let line = |(kind, quality): &(SeriesKind, Quality)| {
        let naive = quality.best_naive();
        let (kind, share) = (format!("{kind:?}"), format!("{:.3} ({})", quality.ratio(naive), naive.name()));
        let Quality { pinball, coverage, cases, .. } = quality;
        format!("{kind:<18}{cases:>8}{pinball:>16.4}{share:>20}{coverage:>12.3}\n")
    };
    head + &found.iter().map(line).collect::<String>()
}
