//! Finished runs side by side, as data: what `trainer compare --json` prints and its page shows.

use std::collections::BTreeMap;

use evaluation::{Difference, Interval};
use market::Timestamp;
use pipeline::GitState;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::numbers::DASH;

/// A score as the report of a run gives it. What is not a number there is missing.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Score {
    /// On all pooled out-of-sample rows.
    #[serde(alias = "value")]
    pub(crate) mean: Option<f64>,
    /// 2.5% quantile of the block bootstrap.
    pub(crate) low: Option<f64>,
    /// 97.5% quantile.
    pub(crate) high: Option<f64>,
}

impl Score {
    /// With NaN for what is missing, as those who show numbers expect it.
    pub(crate) fn interval(self) -> Interval {
        let [mean, low, high] = [self.mean, self.low, self.high].map(|value| value.unwrap_or(f64::NAN));
        Interval { mean, low, high }
    }
}

/// The scores of a model or baseline of one run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Scores {
    /// Mean −ln p(true class), in nats.
    pub(crate) log_loss: Score,
    /// Share of rows whose most probable class is right.
    pub(crate) accuracy: Score,
    /// Mean recall of the classes.
    pub(crate) balanced_accuracy: Score,
    /// Mean Σ (p − truth)², in [0, 2].
    pub(crate) brier: Score,
    /// One class against the rest, mean over classes.
    pub(crate) roc_auc: Score,
    /// Expected calibration error; none for baselines.
    pub(crate) ece: Option<Score>,
}

/// A model minus a baseline of its own run, on the rows of that run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AgainstBaseline {
    /// Name of the baseline.
    pub(crate) baseline: String,
    /// Below zero is better.
    pub(crate) log_loss: Score,
    /// Above zero is better.
    pub(crate) accuracy: Score,
}

/// One model of one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ComparedModel {
    /// Name in its run.
    pub(crate) name: String,
    /// The run's own sentence about it.
    pub(crate) verdict: String,
    /// Its log-loss is below that of every baseline of its run with the whole interval.
    pub(crate) beats_every_baseline: bool,
    /// None when it failed.
    pub(crate) scores: Option<Scores>,
    /// Against the baseline that is hardest to beat by log-loss.
    pub(crate) nearest_baseline: Option<AgainstBaseline>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ComparedRun {
    /// What it is called in this comparison: `A` is the first.
    pub(crate) letter: String,
    /// Its name.
    pub(crate) run: String,
    /// Where it was found.
    pub(crate) directory: String,
    /// When it was written.
    pub(crate) created_at: String,
    /// Version of the program that wrote it.
    pub(crate) program_version: String,
    /// Source state of that program.
    pub(crate) git: GitState,
    /// Its seed.
    pub(crate) seed: u64,
    /// The words of the command that repeats it.
    pub(crate) command: Vec<String>,
    /// Out-of-sample rows over all folds.
    pub(crate) out_of_sample_rows: usize,
    /// Its models.
    pub(crate) models: Vec<ComparedModel>,
    /// Its baselines.
    pub(crate) baselines: BTreeMap<String, Scores>,
    /// Baselines without scores, and why.
    pub(crate) baselines_left_out: BTreeMap<String, String>,
    /// Models × configurations that had been scored on its bars by then.
    pub(crate) trials_on_this_data: usize,
}

/// One thing that runs share or differ in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    /// What.
    pub(crate) name: &'static str,
    /// True when all runs have the same value.
    pub(crate) same: bool,
    /// The value of each run, in words.
    pub(crate) values: Vec<String>,
}

/// A value of the configuration that is not the same in all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ConfigDifference {
    /// Dotted key, such as `label.horizon`.
    pub(crate) key: String,
    /// The value of each run; none where the run has no such key.
    pub(crate) values: Vec<Option<Value>>,
}

impl ConfigDifference {
    /// The values as a reader would write them: words without quotes, a dash for none.
    pub(crate) fn shown(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|value| match value {
            None => DASH.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        })
    }
}

/// What the paired difference of two models says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finding {
    /// The whole interval is on the better side of zero.
    Better,
    /// The whole interval is on the worse side of zero.
    Worse,
    /// The interval holds zero.
    NotToldApart,
}

/// A model of a later run against one of the first run, on the rows that both answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PairedModels {
    /// Letter of the later run.
    pub(crate) run: String,
    /// Its model.
    pub(crate) model: String,
    /// Letter of the first run.
    pub(crate) reference_run: String,
    /// Its model.
    pub(crate) reference_model: String,
    /// Rows of the later run's model.
    pub(crate) rows: usize,
    /// Rows of the first run's model.
    pub(crate) reference_rows: usize,
    /// Rows that both answered with the same true class.
    pub(crate) common_rows: usize,
    /// Rows that both answered, left out because the true class is another one.
    pub(crate) relabelled_rows: usize,
    /// Close time of the first common row's bar.
    pub(crate) first: Timestamp,
    /// Close time of the last common row's bar.
    pub(crate) last: Timestamp,
    /// Log-loss of the later run's model on the common rows, in nats.
    pub(crate) log_loss: f64,
    /// The same of the first run's model.
    pub(crate) reference_log_loss: f64,
    /// Accuracy of the later run's model on the common rows.
    pub(crate) accuracy: f64,
    /// The same of the first run's model.
    pub(crate) reference_accuracy: f64,
    /// Later run's model minus first run's model.
    pub(crate) difference: Difference,
    /// Mean block of the bootstrap, in rows.
    pub(crate) block_length: f64,
    /// True when both gave the same probabilities on every common row.
    pub(crate) same_answers: bool,
    /// By log-loss.
    pub(crate) by_log_loss: Finding,
    /// By accuracy.
    pub(crate) by_accuracy: Finding,
    /// All of it in one sentence.
    pub(crate) sentence: String,
}

/// A later run that has no row-by-row comparison with the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct NotPaired {
    /// Letter of the later run.
    pub(crate) run: String,
    /// Letter of the first run.
    pub(crate) reference_run: String,
    /// Why.
    pub(crate) reasons: Vec<String>,
    /// All of it in one sentence.
    pub(crate) sentence: String,
}

/// Everything there is to say about runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct RunComparison {
    /// Format of this document.
    pub(crate) format_version: u32,
    /// What came out, in plain words: a sentence for each pair of models, and for each run without one.
    pub(crate) verdicts: Vec<String>,
    /// What a reader must know to read the numbers.
    pub(crate) notes: Vec<String>,
    /// The runs, in the order they were named.
    pub(crate) runs: Vec<ComparedRun>,
    /// What they share and where they differ.
    pub(crate) parts: Vec<Part>,
    /// Configuration values that differ.
    pub(crate) config_differences: Vec<ConfigDifference>,
    /// Models of later runs against those of the first.
    pub(crate) pairs: Vec<PairedModels>,
    /// Later runs without such a comparison.
    pub(crate) not_paired: Vec<NotPaired>,
    /// Draws of the bootstrap behind the paired differences.
    pub(crate) bootstrap_draws: usize,
    /// Its seed.
    pub(crate) bootstrap_seed: u64,
}
