//! Scoring models and baselines on the pooled rows.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Result, bail};
use ensemble::CalibrationMethod;
use evaluation::{
    Bootstrap, DetectionRule, DetectionScores, Estimate, Grouping, Metrics, Predictions, Tally,
    brier_decomposition, detection_scores, effective_rows, expected_calibration_error, group_scores,
    mean_block_length, reliability, selective_accuracy, top,
};
use models::FitNotes;

use crate::config::Config;
use crate::dataset::{Dataset, FoldLabels};
use crate::experiment::blend::Blend;
use crate::experiment::fold::{Fit, Fold};
use crate::experiment::folds::Folds;
use crate::experiment::groupings::groupings;
use crate::experiment::pooled::Pooled;
use crate::experiment::verdict::verdict;
use crate::experiment::weightings::Weightings;
use crate::report::{
    CalibrationReport, EnsembleReport, FoldScores, FoldStatus, GroupReport, ModelReport, Status,
};

/// Shares of most confident calls whose accuracy is shown.
const CONFIDENT_SHARES: [f64; 4] = [0.1, 0.25, 0.5, 1.0];
/// Rows in a row that have to be right for a switch to count as seen.
const RIGHT_ROWS: usize = 3;

/// Scores and what they rest on.
pub(crate) struct Scored {
    pub(crate) models: Vec<ModelReport>,
    pub(crate) ensemble: Option<EnsembleReport>,
    pub(crate) baselines: BTreeMap<String, Metrics>,
    pub(crate) left_out: BTreeMap<String, String>,
    /// Accuracy of everyone on the rows whose class is another than the last one known.
    pub(crate) changed_bars: BTreeMap<String, Estimate>,
    pub(crate) effective_rows: f64,
    pub(crate) block_length: f64,
}

/// What everyone is scored on.
pub(crate) struct Draws {
    pub(crate) bootstrap: Bootstrap,
    /// Mean loss of the rows of each instant.
    losses: Vec<f64>,
    /// Mean block, in rows.
    block_length: f64,
}

impl Pooled {
    /// The draws, in blocks that suit the losses of the first that answered everywhere.
    pub(crate) fn draws(&self, config: &Config) -> Result<Draws> {
        let answered = self.models.iter().flatten().chain(self.baselines.iter().map(|(_, said)| said));
        let Some(reference) = answered.into_iter().next() else {
            let why: Vec<&str> = self.left_out.values().map(String::as_str).collect();
            bail!(
                "neither a model nor a baseline answered in every fold ({}); use more bars",
                why.join("; ")
            );
        };
        let losses = self.losses_of_instants(reference);
        let block = self.rows_per_instant() * mean_block_length(&losses, 2.0 * config.label.horizon as f64);
        let (n, draws) = (self.rows.len(), config.report.bootstrap_draws);
        let bootstrap = Bootstrap::new(n, self.n_classes, block, draws, config.seed);
        Ok(Draws { bootstrap, losses, block_length: block })
    }

    pub(crate) fn score(
        &self,
        config: &Config,
        dataset: &Dataset<'_>,
        labels: &FoldLabels,
        folds: &Folds,
        (finals, exported): (&[Fit], Option<&Blend>),
    ) -> Result<Scored> {
        let k = self.n_classes;
        let Draws { bootstrap, losses, block_length } = self.draws(config)?;
        let baselines: Vec<_> = self
            .baselines
            .iter()
            .map(|(baseline, predictions)| (baseline.name(), bootstrap.score(&self.rows, predictions)))
            .collect();
        let names = labels.classes().names();
        let groupings = groupings(config, dataset, folds, self, names);
        let changed = groupings.iter().find(|(by, _)| *by == "change").map(|(_, grouping)| grouping);
        let mut changed_bars = BTreeMap::new();
        let mut note_changed = |name: &str, predictions: &Predictions| {
            let scores = changed.map(|changed| group_scores(&bootstrap, &self.rows, predictions, k, changed));
            let of_changed = scores.into_iter().flatten().find(|scores| scores.group == "changed");
            changed_bars.extend(of_changed.map(|scores| (name.to_owned(), scores.accuracy)));
        };
        for (baseline, predictions) in &self.baselines {
            note_changed(baseline.name(), predictions);
        }
        let mut models = Vec::new();
        for (place, name) in config.scored_names().into_iter().enumerate() {
            let mut report = empty_report(config, name, fold_scores(place, folds, k));
            let failed = folds.fitted.iter().find_map(|fold| fold.fits[place].as_ref().err().cloned());
            let failed = failed.or_else(|| finals.get(place).and_then(|fit| fit.as_ref().err().cloned()));
            if let Some(why) = failed {
                report.status = Status::Failed;
                report.verdict = format!("{name} FAILED and is left out: {why}.");
            }
            if let Some(predictions) = &self.models[place] {
                note_changed(name, predictions);
                let scores = bootstrap.score(&self.rows, predictions);
                let tally = Tally::of(&self.rows, predictions, k);
                report.versus =
                    baselines.iter().map(|(name, other)| ((*name).to_owned(), scores.minus(other))).collect();
                if report.status == Status::Ok {
                    (report.verdict, report.beats_every_baseline) =
                        verdict(name, &report.versus, &folds.spans);
                }
                report.metrics = Some(scores.metrics());
                report.mcc = Some(tally.matthews());
                report.mcc_interval = Some(scores.matthews());
                report.reliability = reliability(&self.rows, predictions, k);
                report.ece = Some(expected_calibration_error(&report.reliability));
                report.calibration = self.calibration(place, finals);
                report.prediction_sets = self.prediction_sets(place, config, dataset, &folds.fitted, names);
                report.ece_interval = bootstrap.calibration_error(&self.rows, predictions);
                report.brier_parts = brier_decomposition(&self.rows, predictions, k);
                report.selective = Some(selective_accuracy(&self.rows, predictions, k, &CONFIDENT_SHARES));
                report.transitions = self.transitions(config, dataset, predictions);
                report.groups = groupings
                    .iter()
                    .map(|(by, grouping)| self.group_report(&bootstrap, predictions, by, grouping))
                    .collect();
                report.confusion_matrix = tally.confusion_matrix();
                report.per_class = tally.per_class(names);
            }
            report.out_of_bag_accuracy =
                finals.get(place).and_then(notes).and_then(|notes| notes.out_of_bag_accuracy);
            models.push(report);
        }
        let weightings = Weightings { config, dataset, pooled: self, folds: &folds.fitted, exported };
        let ensemble = weightings.report(&bootstrap);
        let baselines =
            baselines.iter().map(|(name, scores)| ((*name).to_owned(), scores.metrics())).collect();
        Ok(Scored {
            models,
            ensemble,
            baselines,
            left_out: self.left_out.clone(),
            changed_bars,
            effective_rows: effective_rows(&losses) * self.rows_per_instant(),
            block_length,
        })
    }

    /// What correcting its probabilities changed; none where nothing was corrected.
    fn calibration(&self, place: usize, finals: &[Fit]) -> Option<CalibrationReport> {
        let (before, after) = (self.uncalibrated[place].as_ref()?, self.models[place].as_ref()?);
        if before.values == after.values {
            return None;
        }
        let (pipeline, notes) = finals.get(place)?.as_ref().ok()?;
        let own = match pipeline.members() {
            [only] => only.model.describe().calibration,
            _ => pipeline.core().calibration.clone(),
        };
        let reliability_before = reliability(&self.rows, before, self.n_classes);
        Some(CalibrationReport {
            method: own.map_or(CalibrationMethod::None, |own| own.method()),
            trials: notes.calibration_trials.clone(),
            log_loss_before: Tally::of(&self.rows, before, self.n_classes).log_loss(),
            ece_before: expected_calibration_error(&reliability_before),
            reliability_before,
        })
    }

    fn group_report(
        &self,
        bootstrap: &Bootstrap,
        predictions: &Predictions,
        by: &str,
        grouping: &Grouping,
    ) -> GroupReport {
        let groups = group_scores(bootstrap, &self.rows, predictions, self.n_classes, grouping);
        GroupReport { by: by.to_owned(), groups }
    }

    /// How the predicted class follows the class that came: how soon, how often, how restlessly. None where
    /// rows are answered several times and are no series.
    fn transitions(
        &self,
        config: &Config,
        dataset: &Dataset<'_>,
        predictions: &Predictions,
    ) -> Option<DetectionScores> {
        if config.validation.scheme().repeats_test_rows() {
            return None;
        }
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|place| self.rows[*place].bar);
        let truth: Vec<u8> = order.iter().map(|place| self.rows[*place].class).collect();
        let predicted: Vec<u8> =
            order.iter().map(|place| top(predictions.row(*place, self.n_classes)) as u8).collect();
        let bars: Vec<usize> = order.iter().map(|place| self.rows[*place].bar).collect();
        let breaks = |place: &usize| {
            let (before, now) = (bars[place - 1], bars[*place]);
            now != before + 1 || dataset.place(now).0 != dataset.place(before).0
        };
        let ends: Vec<usize> =
            std::iter::once(0).chain((1..bars.len()).filter(breaks)).chain([bars.len()]).collect();
        let stretches: Vec<Range<usize>> = ends.windows(2).map(|ends| ends[0]..ends[1]).collect();
        let rule = DetectionRule { right_bars: RIGHT_ROWS, within_bars: config.label.horizon };
        let draws = config.report.bootstrap_draws;
        Some(detection_scores(&truth, &predicted, &stretches, rule, draws, config.seed))
    }
}

fn notes(fit: &Fit) -> Option<&FitNotes> {
    fit.as_ref().ok().map(|(_, notes)| notes)
}

fn empty_report(config: &Config, name: &str, folds: Vec<FoldScores>) -> ModelReport {
    ModelReport {
        name: name.to_owned(),
        label: config.label.kind.name().to_owned(),
        verdict: String::new(),
        beats_every_baseline: false,
        status: Status::Ok,
        metrics: None,
        mcc: None,
        mcc_interval: None,
        ece: None,
        ece_interval: None,
        brier_parts: None,
        selective: None,
        transitions: None,
        groups: Vec::new(),
        confusion_matrix: Vec::new(),
        per_class: Vec::new(),
        reliability: Vec::new(),
        calibration: None,
        prediction_sets: None,
        versus: BTreeMap::new(),
        folds,
        out_of_bag_accuracy: None,
        bundle: None,
        content_hash: None,
    }
}

fn fold_scores(place: usize, folds: &Folds, n_classes: usize) -> Vec<FoldScores> {
    let fitted = |fold: &Fold| {
        let tally = fold.answers[place].as_ref().map(|answers| {
            let mut tally = Tally::empty(n_classes);
            for (row, answer) in fold.test.iter().zip(answers) {
                tally.add(row.class, answer.probabilities.values());
            }
            tally
        });
        FoldScores {
            fold: fold.number,
            status: if fold.fits[place].is_ok() { FoldStatus::Ok } else { FoldStatus::Failed },
            failure: fold.fits[place].as_ref().err().cloned(),
            rows: fold.test.len(),
            accuracy: tally.as_ref().map(Tally::accuracy),
            log_loss: tally.as_ref().map(Tally::log_loss),
            epochs: notes(&fold.fits[place]).map(|notes| notes.epochs.clone()).unwrap_or_default(),
            stopped: notes(&fold.fits[place]).and_then(|notes| notes.stopped),
        }
    };
    let left_out = folds.spans.iter().filter(|spans| spans.left_out).map(|spans| FoldScores {
        fold: spans.fold,
        status: FoldStatus::LeftOut,
        failure: Some(spans.notes.join("; ")),
        rows: 0,
        accuracy: None,
        log_loss: None,
        epochs: Vec::new(),
        stopped: None,
    });
    let mut scores: Vec<FoldScores> = folds.fitted.iter().map(fitted).chain(left_out).collect();
    scores.sort_by_key(|scores| scores.fold);
    scores
}
