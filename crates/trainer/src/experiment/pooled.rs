//! What everyone said of the rows of all folds, in order of time.

use std::collections::BTreeMap;

use baselines::Baseline;
use evaluation::{Predictions, TestRow, log_losses};
use market::{ClassProbabilities, Timestamp};
use models::ModelAnswer;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::fold::Fold;

/// Out-of-sample rows of all folds with what everyone said about them.
///
/// Rows are in order of time. Several of one instant (symbols of a pool, splits that test it again) stand
/// side by side, so that a block of the bootstrap keeps them together: they are no independent evidence.
pub(crate) struct Pooled {
    pub(crate) n_classes: usize,
    pub(crate) rows: Vec<TestRow>,
    /// Of each row, the class of the newest label that was known when it was answered for.
    pub(crate) last_known: Vec<Option<u8>>,
    /// Of each row, the open time of the bar whose close decides its class.
    pub(crate) until: Vec<Timestamp>,
    /// Place of the first row of each instant, and behind the last.
    instants: Vec<usize>,
    /// For each model of the config and the ensemble; none when a fold failed.
    pub(crate) models: Vec<Option<Predictions>>,
    /// The same before the last correction.
    pub(crate) uncalibrated: Vec<Option<Predictions>>,
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
        let of_models = |part: fn(&ModelAnswer) -> &ClassProbabilities| -> Vec<Option<Predictions>> {
            let pooled = |place: usize| {
                let folds: Option<Vec<&Vec<ModelAnswer>>> =
                    folds.iter().map(|fold| fold.answers[place].as_ref()).collect();
                folds.map(|folds| in_order(folds.into_iter().flatten().map(part).collect()))
            };
            (0..config.scored_names().len()).map(pooled).collect()
        };
        let models = of_models(|answer| &answer.probabilities);
        let uncalibrated = of_models(|answer| &answer.uncalibrated);
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
        let instants = instants(&rows, time);
        let last_known = order.iter().map(|place| last_known[*place]).collect();
        let until: Vec<Timestamp> = folds.iter().flat_map(|fold| fold.until.iter().copied()).collect();
        let until = order.iter().map(|place| until[*place]).collect();
        Self { n_classes, rows, last_known, until, instants, models, uncalibrated, baselines, left_out }
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

    /// What was said of the class that came, row by row.
    pub(crate) fn likelihoods(&self, said: &Predictions) -> Vec<f64> {
        let of = |(row, test): (usize, &TestRow)| said.row(row, self.n_classes)[usize::from(test.class)];
        self.rows.iter().enumerate().map(of).collect()
    }

    /// The rows whose outcome was known before `begins`, and what models said of them.
    pub(crate) fn known_at(&self, begins: Timestamp, dataset: &Dataset<'_>) -> Self {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|row| self.until[*row] < begins).collect();
        let of = |said: &Option<Predictions>| {
            said.as_ref().map(|said| Predictions {
                values: kept.iter().flat_map(|row| said.row(*row, self.n_classes)).copied().collect(),
            })
        };
        let rows: Vec<TestRow> = kept.iter().map(|row| self.rows[*row]).collect();
        let time = |row: &TestRow| dataset.bar(row.bar).open_time;
        Self {
            n_classes: self.n_classes,
            last_known: kept.iter().map(|row| self.last_known[*row]).collect(),
            until: kept.iter().map(|row| self.until[*row]).collect(),
            instants: instants(&rows, time),
            models: self.models.iter().map(of).collect(),
            uncalibrated: self.uncalibrated.iter().map(of).collect(),
            baselines: Vec::new(),
            left_out: BTreeMap::new(),
            rows,
        }
    }
}

/// Place of the first row of each instant, and behind the last.
fn instants(rows: &[TestRow], time: impl Fn(&TestRow) -> Timestamp) -> Vec<usize> {
    let is_first = |place: &usize| *place == 0 || time(&rows[*place]) != time(&rows[place - 1]);
    (0..rows.len()).filter(is_first).chain([rows.len()]).collect()
}
