//! A trial on bars: the configuration with its values, fitted fold by fold on what no holdout touches.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use data::LoadedBars;
use durable::StorageError;
use evaluation::{SealedPeriod, SharpeSample, SplitScheme};
use market::Timestamp;
use models::ModelKind;

use super::space::Values;
use super::study::Objective;
use super::trial::{Trial, TrialStatus};
use crate::compare::{Answers, RowKey};
use crate::config::{Config, ConfigFile, ReportConfig};
use crate::dataset::Dataset;
use crate::experiment::economics::{Traded, net_returns};
use crate::experiment::fold::{Fitter, Fold};
use crate::experiment::folds::{Folds, splits};
use crate::experiment::pooled::Pooled;
use crate::interrupt::{self, Interrupted};
use crate::progress::Progress;
use crate::train::config_hash;

/// What trials have in common.
pub(crate) struct MarketObjective<'a> {
    /// The configuration that is searched around.
    pub(crate) config: PathBuf,
    pub(crate) base: &'a ConfigFile,
    pub(crate) loaded: &'a [LoadedBars],
    /// Model whose log-loss counts.
    pub(crate) target: &'a str,
    /// Last share of the bars, which no trial sees.
    pub(crate) holdout: f64,
    /// Open time of the first bar of the holdout, once it is known: the same for every trial.
    pub(crate) begins: Option<Timestamp>,
    /// The rows of the base configuration, which serve every trial that changes none of them.
    pub(crate) shared: Option<Dataset<'a>>,
    /// Below the artifacts: what a forecaster made of windows, and returns.
    pub(crate) kept: PathBuf,
    pub(crate) returns: PathBuf,
}

/// Settings as the command line takes them.
pub(crate) fn settings(values: &Values) -> Vec<String> {
    values.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

impl MarketObjective<'_> {
    /// The configuration with some values, on what a search may see.
    pub(crate) fn file(&self, values: &Values) -> Result<ConfigFile> {
        let mut file = ConfigFile::load(&self.config, &settings(values))?;
        only_target(&mut file.config, self.target);
        file.config.validation.sealed = Some(match self.begins {
            Some(begins) => SealedPeriod::From(begins),
            None => inner_seal(&file.config, self.holdout)?,
        });
        Ok(file)
    }

    fn try_on(
        &self,
        file: &ConfigFile,
        dataset: &Dataset<'_>,
        trial: &mut Trial,
        goes_on: &(dyn Fn(usize, f64) -> bool + Sync),
    ) -> Result<()> {
        let place = place_of(&file.config, self.target)?;
        let planned = splits(&file.config, dataset)?.len();
        let (done, pooled) = folds(file, dataset, &self.kept, place, &mut |losses, failure| {
            trial.running_losses = losses.to_vec();
            trial.failure = failure;
            // Behind the last fold there is nothing to save.
            trial.failure.is_none()
                && (losses.len() >= planned || goes_on(losses.len(), losses[losses.len() - 1]))
        })?;
        let whole = done.spans.iter().filter(|span| !span.left_out).count() == done.fitted.len()
            && trial.failure.is_none()
            && done.stopped.is_none();
        if trial.failure.is_some() {
            trial.status = TrialStatus::Failed;
        } else if whole {
            trial.status = TrialStatus::Done;
            let Some(said) = &pooled.models[place] else { bail!("the model did not answer") };
            let k = pooled.n_classes;
            let right = pooled.rows.iter().enumerate();
            let right =
                right.filter(|(row, test)| evaluation::top(said.row(*row, k)) == usize::from(test.class));
            trial.accuracy = Some(right.count() as f64 / pooled.rows.len() as f64);
            let labels = dataset.labels(None)?;
            let traded = Traded { rows: &pooled.rows, folds: &done.fitted, labels: &labels };
            if let Ok(returns) = net_returns(&file.config, dataset, traded, said) {
                trial.sharpe_ratio = SharpeSample::of(&returns).map(|sample| sample.ratio);
                let bytes: Vec<u8> = returns.iter().flat_map(|value| value.to_le_bytes()).collect();
                durable::write_file(&self.returns.join(format!("{:05}.f64", trial.number)), &bytes)?;
            }
        } else {
            trial.status = TrialStatus::Pruned;
        }
        Ok(())
    }
}

impl Objective for MarketObjective<'_> {
    /// What a forecaster made of windows is kept behind one lock, under which it works on all threads: two trials at once could
    /// wait for each other.
    fn side_by_side(&self) -> bool {
        let config = &self.base.config;
        config.forecast.is_none() && !config.models.contains(&ModelKind::Tirex)
    }

    fn attempt(
        &self,
        number: usize,
        values: &Values,
        goes_on: &(dyn Fn(usize, f64) -> bool + Sync),
    ) -> Result<Trial> {
        let began = Instant::now();
        let mut trial = Trial {
            number,
            values: values.clone(),
            status: TrialStatus::Failed,
            failure: None,
            running_losses: Vec::new(),
            accuracy: None,
            sharpe_ratio: None,
            config_hash: String::new(),
            seconds: 0.0,
        };
        let file = match self.file(values) {
            Ok(file) => file,
            Err(error) => {
                // Values that make no configuration together.
                trial.failure = Some(format!("{error:#}"));
                return Ok(trial);
            }
        };
        trial.config_hash = config_hash(&file.config, &serde_json::to_value(&file.config)?)?;
        let outcome = match &self.shared {
            Some(dataset) if same_rows(&file.config, &self.base.config) => {
                self.try_on(&file, dataset, &mut trial, goes_on)
            }
            _ => Dataset::build(&file.config, self.loaded, Some(&self.kept), &Progress::Quiet)
                .and_then(|dataset| self.try_on(&file, &dataset, &mut trial, goes_on)),
        };
        match outcome {
            Err(error) if error.is::<Interrupted>() || interrupt::requested() => return Err(error),
            // A full disk is no fault of the values.
            Err(error) if error.is::<StorageError>() => return Err(error),
            Err(error) => {
                trial.status = TrialStatus::Failed;
                trial.failure = Some(format!("{error:#}"));
            }
            Ok(()) => {}
        }
        trial.seconds = began.elapsed().as_secs_f64();
        Ok(trial)
    }
}

/// Fits fold by fold; `after` is told the running losses of a model after each, or why it failed, and ends it by answering
/// false.
fn folds(
    file: &ConfigFile,
    dataset: &Dataset<'_>,
    kept: &Path,
    place: usize,
    after: &mut (dyn FnMut(&[f64], Option<String>) -> bool + Send),
) -> Result<(Folds, Pooled)> {
    let (mut sum, mut rows, mut losses) = (0.0, 0.0, Vec::new());
    let watch = std::sync::Mutex::new(|fold: &Fold| match (&fold.fits[place], &fold.answers[place]) {
        (Ok(_), Some(answers)) => {
            for (row, answer) in fold.test.iter().zip(answers) {
                sum -= answer.probabilities.values()[usize::from(row.class)].max(1e-15).ln();
                rows += 1.0;
            }
            losses.push(sum / rows);
            after(&losses, None)
        }
        (Err(why), _) => after(&losses, Some(why.clone())),
        (Ok(_), None) => true,
    });
    let hook = |fold: &Fold| (watch.lock().unwrap_or_else(std::sync::PoisonError::into_inner))(fold);
    let fitter = Fitter {
        config: &file.config,
        dataset,
        progress: &Progress::Quiet,
        unfinished: None,
        kept_vectors: Some(kept),
        tracked: None,
        after_fold: Some(&hook),
    };
    let done = Folds::run(&fitter)?;
    let pooled = Pooled::of(&done.fitted, dataset, &file.config);
    Ok((done, pooled))
}

/// What a configuration says of the holdout, in the form of `predictions.csv`: trained on everything before each block.
pub(crate) fn on_holdout(
    mut file: ConfigFile,
    loaded: &[LoadedBars],
    target: &str,
    (holdout, begins): (f64, Timestamp),
    kept: &Path,
) -> Result<Answers> {
    only_target(&mut file.config, target);
    file.config.validation.initial_train = Some(1.0 - holdout);
    let dataset = Dataset::build(&file.config, loaded, Some(kept), &Progress::Quiet)?;
    let place = place_of(&file.config, target)?;
    let mut failed = None;
    let (_, pooled) = folds(&file, &dataset, kept, place, &mut |_, failure| {
        failed = failure;
        failed.is_none()
    })?;
    if let Some(why) = failed {
        bail!("{target} failed on the holdout: {why}");
    }
    let said = pooled.models[place].as_ref().context("the model did not answer")?;
    let symbol = |bar: usize| dataset.symbols[dataset.place(bar).0].series().symbol().into();
    let mut answers = Answers::default();
    for (place, row) in pooled.rows.iter().enumerate() {
        let bar = dataset.bar(row.bar);
        if bar.open_time < begins {
            continue;
        }
        answers.keys.push(RowKey { time: bar.close_time.millis(), symbol: symbol(row.bar), fold: row.fold });
        answers.classes.push(row.class);
        answers.probabilities.extend_from_slice(said.row(place, pooled.n_classes));
    }
    Ok(answers)
}

/// Leaves out what the target does not need, and what is only shown.
fn only_target(config: &mut Config, target: &str) {
    if target != crate::config::ENSEMBLE {
        config.models.retain(|kind| kind.name() == target);
        config.ensemble = None;
    }
    config.report = ReportConfig {
        importance_rows: 10,
        importance_windows: 10,
        importance_repeats: 1,
        explained_rows: 1,
        ..config.report.clone()
    };
}

fn place_of(config: &Config, target: &str) -> Result<usize> {
    let place = config.scored_names().iter().position(|name| *name == target);
    place.ok_or_else(|| anyhow!("{target} is none of the configuration's models"))
}

/// The seal of a search: the holdout, and behind it what the configuration seals itself.
fn inner_seal(config: &Config, holdout: f64) -> Result<SealedPeriod> {
    if !matches!(config.validation.scheme(), SplitScheme::WalkForward(_)) {
        bail!("a search needs the walk-forward split; remove validation.split from the configuration");
    }
    match config.validation.sealed {
        None => Ok(SealedPeriod::Share(holdout)),
        Some(SealedPeriod::Share(own)) => Ok(SealedPeriod::Share(1.0 - (1.0 - own) * (1.0 - holdout))),
        Some(SealedPeriod::From(_)) => {
            bail!(
                "a search needs a sealed share, such as validation.sealed = {{ share = 0.1 }}, not an instant"
            )
        }
    }
}

/// Whether two configurations have the same rows: bars, features, labels and the longest look-back.
fn same_rows(a: &Config, b: &Config) -> bool {
    let lookback = |config: &Config| {
        config.models.iter().map(|kind| config.model_spec(*kind).lookback()).max().unwrap_or(1)
    };
    a.data == b.data
        && a.feature_spec() == b.feature_spec()
        && a.forecast == b.forecast
        && a.label == b.label
        && a.validation.sealed == b.validation.sealed
        && a.models == b.models
        && a.tirex.inputs == b.tirex.inputs
        && lookback(a) == lookback(b)
}
