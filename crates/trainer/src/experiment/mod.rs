//! The whole validation: folds, scores, what models lean on, and the final refit.

mod blend;
mod coverage;
pub(crate) mod economics;
mod explain;
pub(crate) mod fold;
pub(crate) mod folds;
pub(crate) mod forecast_intervals;
mod groupings;
mod label_report;
pub(crate) mod pooled;
pub(crate) mod reference;
mod scoring;
pub(crate) mod sealed;
pub(crate) mod verdict;
mod weightings;

use std::collections::BTreeMap;

use anyhow::Result;
use baselines::Baseline;
use evaluation::{Estimate, Metrics, Predictions, SplitScheme, TestRow, TrainingWindow, WalkForward};

use crate::dataset::FoldLabels;
use crate::experiment::blend::Blend;
use crate::experiment::explain::{Leanings, Measured};
use crate::experiment::fold::{Fit, Fitter, Fold, Purposed};
use crate::experiment::folds::{Folds, final_rows, follow_each_other};
use crate::experiment::label_report::label_report;
use crate::experiment::pooled::Pooled;
use crate::experiment::scoring::Scored;
use crate::report::{EnsembleReport, ForecastIntervalReport, LabelReport, ModelReport, ValidationReport};

/// Everything a run found out.
pub(crate) struct Experiment {
    pub(crate) rows: Vec<TestRow>,
    /// For each model of the config and the ensemble, its pooled predictions; none when a fold failed.
    pub(crate) predictions: Vec<Option<Predictions>>,
    pub(crate) baseline_predictions: Vec<(Baseline, Predictions)>,
    pub(crate) models: Vec<ModelReport>,
    pub(crate) ensemble: Option<EnsembleReport>,
    pub(crate) forecast_intervals: Option<ForecastIntervalReport>,
    pub(crate) baselines: BTreeMap<String, Metrics>,
    /// Baselines without scores, and why: failed, or not made for this label.
    pub(crate) baselines_left_out: BTreeMap<String, String>,
    /// Accuracy of everyone on the rows whose class is another than the last one known.
    pub(crate) changed_bars: BTreeMap<String, Estimate>,
    /// What the models lean on.
    pub(crate) leanings: Leanings,
    pub(crate) validation: ValidationReport,
    pub(crate) label: LabelReport,
    /// The final refit of each model, and the ensemble of them.
    pub(crate) finals: Vec<Fit>,
    /// The folds that were fitted.
    pub(crate) folds: Vec<Fold>,
    /// Labels of the whole open period.
    pub(crate) labels: FoldLabels,
}

impl Experiment {
    pub(crate) fn run(fitter: &Fitter<'_>) -> Result<Self> {
        let Fitter { config, dataset, progress, .. } = *fitter;
        let (folds, pooled) = answers(fitter)?;
        let labels = dataset.labels(None)?;
        let measured = Measured::of(fitter, &folds.fitted, labels.classes())?;

        let mut finals = Vec::new();
        for (place, kind) in config.models.iter().enumerate() {
            let threshold = pooled.conformal(place, config);
            finals.push(if pooled.models[place].is_some() {
                let rows = final_rows(config, dataset, &labels, *kind);
                fitter.fit(*kind, &rows, &labels, Purposed::Final, threshold)?
            } else {
                let of_fold = |fold: &Fold| {
                    let why = fold.fits[place].as_ref().err()?;
                    let number = fold.number;
                    Some(format!(
                        "it failed in fold {number}, so nothing is known about it out of sample: {why}"
                    ))
                };
                let why = folds.fitted.iter().find_map(of_fold);
                Err(why.unwrap_or_else(|| "it did not answer in every fold".to_owned()))
            });
        }

        let mut exported = None;
        if config.ensemble.is_some() {
            // What the folds could not learn, the exported ensemble does not either: its score would be another's.
            let past = follow_each_other(config).then_some(&pooled);
            let conformal = pooled.conformal(finals.len(), config);
            finals.push(Blend::learn(config, &finals, past).and_then(|blend| {
                let pipeline = blend.pipeline(fitter, &finals, conformal);
                exported = Some(blend);
                pipeline
            }));
        }

        let stage = progress.stage("scores", 1);
        let scored = pooled.score(config, dataset, &labels, &folds, (&finals, exported.as_ref()))?;
        stage.finish(&format!("{} out-of-sample rows", pooled.rows.len()));
        let forecast_intervals = forecast_intervals::report(config, dataset, &pooled);
        let scheme = config.validation.scheme();
        Ok(Self {
            validation: ValidationReport {
                method: scheme.name().to_owned(),
                mode: match scheme {
                    SplitScheme::WalkForward(WalkForward { window: TrainingWindow::Rolling, .. }) => {
                        "rolling"
                    }
                    SplitScheme::WalkForward(_) | SplitScheme::TimeSeries(_) => "anchored",
                    SplitScheme::MonteCarlo(_) => "random",
                    SplitScheme::PurgedKFold(_) | SplitScheme::Combinatorial(_) => "around",
                }
                .to_owned(),
                split: scheme,
                trains_on_past_only: scheme.trains_on_past_only(),
                repeats_test_rows: scheme.repeats_test_rows(),
                folds: folds.spans,
                out_of_sample_rows: pooled.rows.len(),
                effective_rows: scored.effective_rows,
                block_length: scored.block_length,
                bootstrap_draws: config.report.bootstrap_draws,
            },
            label: label_report(config, dataset, &labels),
            rows: pooled.rows,
            predictions: pooled.models,
            baseline_predictions: pooled.baselines,
            models: scored.models,
            ensemble: scored.ensemble,
            forecast_intervals,
            baselines: scored.baselines,
            baselines_left_out: scored.left_out,
            changed_bars: scored.changed_bars,
            leanings: measured.told(fitter, &finals),
            finals,
            folds: folds.fitted,
            labels,
        })
    }
}

/// Scores alone, without importance and final refit.
pub(crate) fn scores(fitter: &Fitter<'_>) -> Result<Scored> {
    let (folds, pooled) = answers(fitter)?;
    let labels = fitter.dataset.labels(None)?;
    pooled.score(fitter.config, fitter.dataset, &labels, &folds, (&[], None))
}

/// What everyone says of the rows that they did not learn from, fold by fold and together.
fn answers(fitter: &Fitter<'_>) -> Result<(Folds, Pooled)> {
    let folds = Folds::run(fitter)?;
    let pooled = Pooled::of(&folds.fitted, fitter.dataset, fitter.config);
    Ok((folds, pooled))
}
