//! Pooling the folds' answers, and scoring models and baselines on them.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use baselines::{Baseline, Outcome};
use evaluation::{
    Bootstrap, Metrics, Predictions, Tally, TestRow, effective_rows, expected_calibration_error, log_losses,
    mean_block_length, reliability,
};
use labels::LabelSeries;
use models::{FitNotes, ModelKind};
use pipeline::ConformalThreshold;

use crate::config::Config;
use crate::fold::{Fit, Fold};
use crate::report::{FoldScores, ModelReport, Status};
use crate::verdict::verdict;

/// Nominal coverage of prediction sets.
const COVERAGE: f64 = 0.9;
/// Fewer held-out rows than this calibrate no set.
const MINIMUM_CALIBRATION_ROWS: usize = 100;

/// Out-of-sample rows of all folds with what everyone said about them.
pub(crate) struct Pooled {
    n_classes: usize,
    pub(crate) rows: Vec<TestRow>,
    /// For each model of the config; none when a fold failed.
    pub(crate) models: Vec<Option<Predictions>>,
    /// Those that answered in every fold.
    baselines: Vec<(Baseline, Predictions)>,
    /// The others, and why.
    left_out: BTreeMap<String, String>,
}

/// Scores and what they rest on.
pub(crate) struct Scored {
    pub(crate) models: Vec<ModelReport>,
    pub(crate) baselines: BTreeMap<String, Metrics>,
    pub(crate) left_out: BTreeMap<String, String>,
    pub(crate) effective_rows: f64,
    pub(crate) block_length: f64,
}

impl Pooled {
    pub(crate) fn of(folds: &[Fold], config: &Config) -> Self {
        let mut models = vec![Some(Predictions::default()); config.models.len()];
        for fold in folds {
            for (pooled, answers) in models.iter_mut().zip(&fold.answers) {
                match (pooled.as_mut(), answers) {
                    (Some(pooled), Some(answers)) => pooled.extend(answers),
                    _ => *pooled = None,
                }
            }
        }
        let (mut baselines, mut left_out) = (Vec::new(), BTreeMap::new());
        for (place, baseline) in Baseline::ALL.into_iter().enumerate() {
            match pooled_baseline(place, folds) {
                Ok(predictions) => baselines.push((baseline, predictions)),
                Err(why) => {
                    left_out.insert(baseline.name().to_owned(), why);
                }
            }
        }
        let rows: Vec<TestRow> = folds.iter().flat_map(|fold| fold.test.iter().copied()).collect();
        let n_classes = folds.first().map_or(0, |fold| fold.n_classes);
        Self { n_classes, rows, models, baselines, left_out }
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

    pub(crate) fn score(
        &self,
        config: &Config,
        labels: &LabelSeries,
        folds: &[Fold],
        finals: &[Fit],
    ) -> Result<Scored> {
        let k = self.n_classes;
        let answered = self.models.iter().flatten().chain(self.baselines.iter().map(|(_, said)| said));
        let Some(reference) = answered.into_iter().next() else {
            let why: Vec<&str> = self.left_out.values().map(String::as_str).collect();
            bail!(
                "neither a model nor a baseline answered in every fold ({}); use more bars",
                why.join("; ")
            );
        };
        let losses = log_losses(&self.rows, reference, k);
        let block_length = mean_block_length(&losses, 2.0 * config.label.horizon as f64);
        let bootstrap =
            Bootstrap::new(self.rows.len(), k, block_length, config.report.bootstrap_draws, config.seed);
        let baselines: Vec<_> = self
            .baselines
            .iter()
            .map(|(baseline, predictions)| (baseline.name(), bootstrap.score(&self.rows, predictions)))
            .collect();
        let models = config
            .models
            .iter()
            .enumerate()
            .map(|(place, kind)| {
                let mut report = empty_report(config, *kind, &fold_scores(place, folds, k));
                let failure = report.folds.iter().find_map(|fold| fold.failure.clone());
                let failure =
                    failure.or_else(|| finals.get(place).and_then(|fit| fit.as_ref().err().cloned()));
                if let Some(why) = failure {
                    report.status = Status::Failed;
                    report.verdict = format!("{} FAILED and is left out: {why}.", kind.name());
                }
                if let Some(predictions) = &self.models[place] {
                    let scores = bootstrap.score(&self.rows, predictions);
                    let tally = Tally::of(&self.rows, predictions, k);
                    report.versus = baselines
                        .iter()
                        .map(|(name, other)| ((*name).to_owned(), scores.minus(other)))
                        .collect();
                    if report.status == Status::Ok {
                        (report.verdict, report.beats_every_baseline) = verdict(kind.name(), &report.versus);
                    }
                    report.metrics = Some(scores.metrics());
                    report.mcc = Some(tally.matthews());
                    report.reliability = reliability(&self.rows, predictions, k);
                    report.ece = Some(expected_calibration_error(&report.reliability));
                    report.confusion_matrix = tally.confusion_matrix();
                    report.per_class = tally.per_class(labels.classes.names());
                }
                report.out_of_bag_accuracy =
                    finals.get(place).and_then(notes).and_then(|notes| notes.out_of_bag_accuracy);
                report
            })
            .collect();
        let baselines =
            baselines.iter().map(|(name, scores)| ((*name).to_owned(), scores.metrics())).collect();
        let left_out = self.left_out.clone();
        Ok(Scored { models, baselines, left_out, effective_rows: effective_rows(&losses), block_length })
    }
}

/// A baseline's answers in all folds, or why there are none.
fn pooled_baseline(place: usize, folds: &[Fold]) -> Result<Predictions, String> {
    let mut pooled = Predictions::default();
    for (number, fold) in folds.iter().enumerate() {
        match &fold.baselines[place] {
            Ok(Outcome::Answered(answers)) => pooled.extend(answers),
            Ok(Outcome::NotApplicable(why)) => return Err(format!("not applicable: {why}")),
            Err(why) => return Err(format!("failed in fold {number}: {why}")),
        }
    }
    Ok(pooled)
}

fn notes(fit: &Fit) -> Option<&FitNotes> {
    fit.as_ref().ok().map(|(_, notes)| notes)
}

fn empty_report(config: &Config, kind: ModelKind, folds: &[FoldScores]) -> ModelReport {
    ModelReport {
        name: kind.name().to_owned(),
        label: config.label.kind.name().to_owned(),
        verdict: String::new(),
        beats_every_baseline: false,
        status: Status::Ok,
        metrics: None,
        mcc: None,
        ece: None,
        confusion_matrix: Vec::new(),
        per_class: Vec::new(),
        reliability: Vec::new(),
        versus: BTreeMap::new(),
        folds: folds.to_vec(),
        out_of_bag_accuracy: None,
        bundle: None,
        content_hash: None,
    }
}

fn fold_scores(place: usize, folds: &[Fold], n_classes: usize) -> Vec<FoldScores> {
    folds
        .iter()
        .enumerate()
        .map(|(number, fold)| {
            let tally = fold.answers[place].as_ref().map(|answers| {
                let mut tally = Tally::empty(n_classes);
                for (row, answer) in fold.test.iter().zip(answers) {
                    tally.add(row.class, answer.values());
                }
                tally
            });
            let scored = tally.filter(|_| !fold.test.is_empty());
            FoldScores {
                fold: number,
                status: if fold.fits[place].is_ok() { Status::Ok } else { Status::Failed },
                failure: fold.fits[place].as_ref().err().cloned(),
                rows: fold.test.len(),
                accuracy: scored.as_ref().map(Tally::accuracy),
                log_loss: scored.as_ref().map(Tally::log_loss),
                epochs: notes(&fold.fits[place]).map(|notes| notes.epochs.clone()).unwrap_or_default(),
            }
        })
        .collect()
}
