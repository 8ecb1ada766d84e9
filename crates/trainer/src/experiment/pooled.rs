//! What everyone said of the rows of all folds, in order of time.

use std::collections::BTreeMap;

use baselines::Baseline;
use evaluation::{Predictions, TestRow, log_losses};
use market::ClassProbabilities;
use pipeline::ConformalThreshold;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::fold::Fold;

/// Nominal coverage of prediction sets.
const COVERAGE: f64 = 0.9;
/// Fewer held-out rows than this calibrate no set.
const MINIMUM_CALIBRATION_ROWS: usize = 100;

/// Out-of-sample rows of all folds with what everyone said about them.
///
/// Rows are in order of time. Several of one instant (symbols of a pool, splits that test it again) stand
/// side by side, so that a block of the bootstrap keeps them together: they are no independent evidence.
pub(crate) struct Pooled {
    pub(crate) n_classes: usize,
    pub(crate) rows: Vec<TestRow>,
    /// Of each row, the class of the newest label that was known when it was answered for.
    pub(crate) last_known: Vec<Option<u8>>,
    /// Place of the first row of each instant, and behind the last.
    instants: Vec<usize>,
    /// For each model of the config; none when a fold failed.
    pub(crate) models: Vec<Option<Predictions>>,
    /// Those that answered in every fold.
    pub(crate) baselines: Vec<(Baseline, Predictions)>,
    /// The others, and why.
    pub(crate) left_out: BTreeMap<String, String>,
}

impl Pooled {
    pub(crate) fn of(folds: &[Fold], dataset: &Dataset<'_>, config: &Config) -> Self {
        let rows: Vec<TestRow> = folds.iter().flat_map(|fold| fold.test.iter().copied()).collect();
        let last_known: Vec<Option<u8>> =
            folds.iter().flat_map(|fold| fold.last_known.iter().copied()).collect();
        let time = |row: &TestRow| dataset.bar(row.bar).open_time;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|place| (time(&rows[*place]), rows[*place].bar, rows[*place].fold));
        let in_order = |answers: Vec<&ClassProbabilities>| {
            let mut predictions = Predictions::default();
            for place in &order {
                predictions.values.extend_from_slice(answers[*place].values());
            }
            predictions
        };
        let models = (0..config.models.len())
            .map(|place| {
                let folds: Option<Vec<&Vec<ClassProbabilities>>> =
                    folds.iter().map(|fold| fold.answers[place].as_ref()).collect();
                folds.map(|folds| in_order(folds.into_iter().flatten().collect()))
            })
            .collect();
        let (mut baselines, mut left_out) = (Vec::new(), BTreeMap::new());
        for (place, baseline) in Baseline::ALL.into_iter().enumerate() {
            let folds: Result<Vec<&Vec<ClassProbabilities>>, &String> =
                folds.iter().map(|fold| fold.baselines[place].as_ref()).collect();
            match folds {
                Ok(folds) => baselines.push((baseline, in_order(folds.into_iter().flatten().collect()))),
                Err(why) => {
                    left_out.insert(baseline.name().to_owned(), why.clone());
                }
            }
        }
        let n_classes = folds.first().map_or(0, |fold| fold.n_classes);
        let rows: Vec<TestRow> = order.iter().map(|place| rows[*place]).collect();
        let is_first = |place: &usize| *place == 0 || time(&rows[*place]) != time(&rows[place - 1]);
        let instants = (0..rows.len()).filter(is_first).chain([rows.len()]).collect();
        let last_known = order.iter().map(|place| last_known[*place]).collect();
        Self { n_classes, rows, last_known, instants, models, baselines, left_out }
    }

    /// Rows that share an instant, on average.
    pub(crate) fn rows_per_instant(&self) -> f64 {
        self.rows.len() as f64 / (self.instants.len() - 1).max(1) as f64
    }

    /// Mean −ln p(true class) of the rows of each instant.
    pub(crate) fn losses_of_instants(&self, predictions: &Predictions) -> Vec<f64> {
        let losses = log_losses(&self.rows, predictions, self.n_classes);
        let mean = |ends: &[usize]| losses[ends[0]..ends[1]].iter().sum::<f64>() / (ends[1] - ends[0]) as f64;
        self.instants.windows(2).map(mean).collect()
    }

    /// The split-conformal threshold of a model on these held-out rows.
    pub(crate) fn threshold(&self, place: usize) -> Option<ConformalThreshold> {
        let predictions = self.models[place].as_ref()?;
        let n = self.rows.len();
        if n < MINIMUM_CALIBRATION_ROWS {
            return None;
        }
        let score = |(index, row): (usize, &TestRow)| {
            1.0 - predictions.row(index, self.n_classes)[usize::from(row.class)]
        };
        let mut scores: Vec<f64> = self.rows.iter().enumerate().map(score).collect();
        scores.sort_unstable_by(f64::total_cmp);
        let rank = ((n + 1) as f64 * COVERAGE).ceil() as usize;
        Some(ConformalThreshold { coverage: COVERAGE, score: scores[rank.min(n) - 1], calibration_rows: n })
    }
}
