//! `trainer detect`: how well regimes are found where the truth is known.
//!
//! Draws synthetic markets, judges every detector on their second halves against the states that made the bars, and
//! says whether the gates of the preset are met. Reads and writes no file.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use detection::{GATE_BARS, Study, gate_draws};
use synthetic::Preset;

use crate::cli::Outcome;
use crate::progress::Progress;

const HELP: &str = "Detectors, and what they are told beside the bars up to the one they answer for:
  bayes_filter   the generator's true parameters: what can be known from closes
  forest         the true states of the training half
  fixed_rule, hysteresis, hidden_markov, jump   nothing

Presets, from nearly hopeless to easy: realistic, moderate, bench, easy. On bench the forest and the best
detector that is told nothing must find the regimes. On realistic a forest that saw trends better than the Bayes
filter would have seen the future.

Examples:
  trainer detect
  trainer detect --preset realistic --seeds 10
  trainer detect --preset easy --seeds 2 --bars 4000 --json

Exit codes: 0 done, 1 a gate of the preset is missed, 2 failed.";

/// What detecting takes.
#[derive(Debug, Clone, Args)]
#[command(after_help = HELP)]
pub(crate) struct DetectArguments {
    /// How hard the regimes are to see: realistic, moderate, bench or easy
    #[arg(long, default_value = "bench")]
    preset: String,
    /// Number of markets that the means are taken over; by default as many as the preset's gates need: 5, and
    /// 10 for realistic
    #[arg(long, value_name = "N")]
    seeds: Option<usize>,
    /// Seed of the first market; the others follow it
    #[arg(long, value_name = "S", default_value_t = 1)]
    first_seed: u64,
    /// Bars to fit on, and as many behind them to be judged on; with fewer than the default no gate is judged
    #[arg(long, value_name = "N", default_value_t = GATE_BARS)]
    bars: usize,
    /// Threads to use; all cores by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(long)]
    quiet: bool,
}

/// Judges every detector on every market.
pub(crate) fn run(arguments: &DetectArguments, out: &mut dyn Write) -> Result<Outcome> {
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.name() == arguments.preset) else {
        let known = Preset::ALL.map(Preset::name).join(", ");
        bail!("there is no preset `{}`; presets are {known}", arguments.preset);
    };
    let draws = arguments.seeds.unwrap_or_else(|| gate_draws(preset));
    let study = Study { preset, first_seed: arguments.first_seed, draws, bars: arguments.bars };
    let progress = Progress::new(arguments.quiet);
    let stage = progress.stage("detection", draws as u64);
    let report = study.run(&|done| stage.set(done as u64, "markets"))?;
    stage.finish(&format!("{draws} markets of {} bars", 2 * arguments.bars));
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(if report.passes() { Outcome::Done } else { Outcome::No })
}
