//! What a finished run writes: bundles, report, predictions.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use evaluation::{TestRow, top};
use market::Seed;
use models::FitNotes;
use pipeline::{Bundle, BundleFacts};
use serde_json::{Value, json};

use crate::cli::TrainArguments;
use crate::config::ENSEMBLE;
use crate::experiment::Experiment;
use crate::experiment::economics::economics;
use crate::experiment::folds::final_rows;
use crate::experiment::reference::{self, OutOfSample, Usual, Watched};
use crate::experiment::sealed;
use crate::progress::Progress;
use crate::report::{
    self, DataReport, EconomicsReport, ModelReport, Report, SealedReport, SealedScores, Status,
    TimelinePoint, Trials,
};
use crate::train::identity::RunIdentity;
use crate::train::output::{predictions_csv, write_summary};
use crate::train::tracked::Tracked;

/// Points of the regime timeline.
const TIMELINE_POINTS: usize = 1500;

/// A finished experiment on its way to disk.
pub(crate) struct Writing<'a> {
    run: RunIdentity<'a>,
    experiment: Experiment,
    economics: EconomicsReport,
    sealed: Option<SealedReport>,
    /// Models × configurations ever tried on these bars.
    tried: usize,
    /// What the champion says of rows behind its bars.
    champion: Option<(String, String)>,
}

/// What was written, in words and for machines.
pub(crate) struct Written {
    /// Directories of the bundles.
    pub(crate) bundles: Vec<PathBuf>,
    pub(crate) text: String,
    pub(crate) summary: Value,
}

impl<'a> Writing<'a> {
    /// Trades on the predictions, and puts together what is to be written.
    pub(crate) fn new(
        mut run: RunIdentity<'a>,
        experiment: Experiment,
        opened: Option<SealedScores>,
        champion: Option<(String, String)>,
        progress: &Progress,
    ) -> Result<Self> {
        let tried = run.artifacts.tried(&run.summary);
        let stage = progress.stage("economics", 1);
        let economics = economics(run.config, run.dataset, &experiment, &tried)?;
        stage.finish(&economics.in_short());
        run.summary.sharpe_ratios = economics.ratios_of_models(run.config, run.dataset);
        let sealed = sealed::report(run.dataset, &run.artifacts, &run.summary, opened);
        Ok(Self { run, experiment, economics, sealed, tried: tried.count, champion })
    }

    /// Writes everything, and tells of it.
    pub(crate) fn write(mut self, tracked: Option<&Tracked>) -> Result<Written> {
        let staged = self.run.artifacts.stage_run(&self.run.summary.run)?;
        let mut published = Vec::new();
        for (place, name) in self.exported() {
            let Ok((pipeline, notes)) = &self.experiment.finals[place] else { continue };
            let watched = self.watched(place);
            let facts = |version| self.facts(name, version, "final", (notes, watched.clone()));
            let (_, manifest) = self.run.artifacts.publish_bundle(name, pipeline, facts)?;
            published.push(manifest.clone());
            let report = &mut self.experiment.models[place];
            report.bundle = Some(format!("models/{}", manifest.model_version()));
            report.content_hash = Some(manifest.content_hash);
        }
        if self.run.arguments.keep_folds {
            self.write_folds(&staged)?;
        }
        let report = self.report();
        let rendered = report::render(&report)?;
        staged.write("report.html", rendered.html.as_bytes())?;
        staged.write("report.json", rendered.json.as_bytes())?;
        for (name, bytes) in &rendered.images {
            staged.write(name, bytes)?;
        }
        let names = self.run.config.scored_names();
        staged.write(
            "predictions.csv",
            predictions_csv(&self.experiment, self.run.dataset, &names)?.as_bytes(),
        )?;
        if let Some((name, text)) = &self.champion {
            staged.write(name, text.as_bytes())?;
        }
        write_summary(&staged, &self.run.summary)?;
        let directory = staged.publish()?;
        if let Some(tracked) = tracked {
            tracked.scores(&scores_by_name(&report));
            for name in ["report.html", "report.json", "predictions.csv"] {
                tracked.file(&directory, name);
            }
            for (name, _) in rendered.images.iter().filter(|(name, _)| !name.ends_with("svg")) {
                tracked.file(&directory, name);
            }
            for manifest in &published {
                tracked.model(manifest);
            }
        }
        Ok(self.say(&report, &directory))
    }

    /// `runs/<run>/folds/<k>/`, or `<k>/<model>/` when the run has several models.
    fn write_folds(&self, staged: &durable::StagedDirectory) -> Result<()> {
        for done in &self.experiment.folds {
            let (fold, fits) = (done.number, &done.fits);
            for (place, name) in self.exported() {
                let Ok((pipeline, notes)) = &fits[place] else { continue };
                let prefix = match self.exported().len() {
                    1 => format!("folds/{fold}/"),
                    _ => format!("folds/{fold}/{name}/"),
                };
                let watched = Watched {
                    labellers: done.labellers.clone(),
                    references: reference::references(self.run.dataset, &done.rows, &done.usual, None),
                };
                let facts =
                    self.facts(name, format!("fold-{fold}"), &format!("fold {fold}"), (notes, watched));
                Bundle::write(pipeline, facts, staged, &prefix)?;
            }
        }
        Ok(())
    }

    /// Places and names of what gets a bundle: every model, or the ensemble, which carries all of them.
    fn exported(&self) -> Vec<(usize, &'static str)> {
        let all = self.run.config.scored_names().into_iter().enumerate();
        all.filter(|(_, name)| self.run.config.ensemble.is_none() || *name == ENSEMBLE).collect()
    }

    /// What the exported model at a place needs to be watched live.
    fn watched(&self, place: usize) -> Watched {
        let (dataset, labels) = (self.run.dataset, &self.experiment.labels);
        let kind = self.run.config.models.get(place).unwrap_or(&self.run.config.models[0]);
        let rows = final_rows(self.run.config, dataset, labels, *kind);
        let said = OutOfSample::of(&self.experiment, place);
        let usual = Usual::of(dataset, &rows, labels, self.run.config.label.horizon);
        Watched {
            labellers: reference::labellers(dataset, labels),
            references: reference::references(dataset, &rows, &usual, said.as_ref()),
        }
    }

    fn facts(
        &self,
        name: &str,
        version: String,
        fitted_on: &str,
        (notes, watched): (&FitNotes, Watched),
    ) -> BundleFacts {
        let model = self.experiment.models.iter().find(|model| model.name == name);
        BundleFacts {
            name: name.to_owned(),
            version,
            created_at: self.run.created_at(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            git: self.run.git.clone(),
            run: self.run.summary.run.clone(),
            fitted_on: fitted_on.to_owned(),
            seed: self.run.config.seed.0,
            config: self.run.effective_config.clone(),
            label: self.run.effective_config["label"].clone(),
            labellers: watched.labellers,
            references: watched.references,
            data: self.data_facts(),
            metrics: json!({
                "out_of_sample": model.and_then(|model| model.metrics),
                "verdict": model.map(|model| &model.verdict),
                "baselines": self.experiment.baselines,
                "sealed_period": self.sealed,
                "fit": notes,
            }),
        }
    }

    fn report(&self) -> Report {
        let experiment = &self.experiment;
        Report {
            format_version: 1,
            run: self.run.summary.run.clone(),
            created_at: self.run.created_at(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            git: self.run.git.clone(),
            command: self.run.command.clone(),
            seed: self.run.config.seed.0,
            verdicts: self.verdicts(),
            data: self.data_report(0),
            pool: match self.run.loaded {
                [_] => Vec::new(),
                several => (0..several.len()).map(|symbol| self.data_report(symbol)).collect(),
            },
            label: experiment.label.clone(),
            validation: experiment.validation.clone(),
            models: experiment.models.clone(),
            ensemble: experiment.ensemble.clone(),
            forecast_intervals: experiment.forecast_intervals.clone(),
            baselines: experiment.baselines.clone(),
            baselines_left_out: experiment.baselines_left_out.clone(),
            changed_bars: experiment.changed_bars.clone(),
            economics: self.economics.clone(),
            sealed: self.sealed.clone(),
            feature_importance: experiment.leanings.features.clone(),
            feature_clusters: experiment.leanings.clusters.clone(),
            cluster_importance: experiment.leanings.cluster_importance.clone(),
            explanations: experiment.leanings.explanations.clone(),
            attention: experiment.leanings.attention.clone(),
            trials: Trials { on_this_data: self.tried },
            config: self.run.effective_config.clone(),
            timeline: self.timeline(),
        }
    }

    /// The bars, of a pool those of its first symbol and the names of all, and where the seal lies.
    fn data_facts(&self) -> Value {
        let bars = &self.run.loaded[0];
        let symbols: Vec<&str> = self.run.loaded.iter().map(|bars| bars.series.symbol()).collect();
        json!({
            "path": bars.quality.path,
            "paths": self.run.loaded.iter().map(|bars| &bars.quality.path).collect::<Vec<_>>(),
            "symbol": bars.series.symbol(),
            "timeframe": bars.series.timeframe(),
            "bars": bars.series.len(),
            "first": bars.quality.first,
            "last": self.run.loaded.iter().map(|bars| bars.quality.last).max(),
            "fingerprint": self.run.summary.fingerprint,
            "pool": if symbols.len() > 1 { symbols } else { Vec::new() },
            "sealed_from": self.run.dataset.seal,
        })
    }

    /// One sentence per model, and one more where the seal was opened.
    fn verdicts(&self) -> Vec<String> {
        let of_models = self.experiment.models.iter().map(|model| model.verdict.clone());
        let opened = self.sealed.iter().filter_map(|sealed| sealed.scores.as_ref());
        of_models.chain(opened.flat_map(|scores| scores.verdicts.clone())).collect()
    }

    fn data_report(&self, symbol: usize) -> DataReport {
        let (bars, rows) = (&self.run.loaded[symbol], &self.run.dataset.symbols[symbol]);
        DataReport {
            path: bars.quality.path.clone(),
            symbol: bars.series.symbol().to_owned(),
            timeframe: bars.series.timeframe().to_string(),
            fingerprint: bars.fingerprint.clone(),
            quality: bars.quality.clone(),
            usable_rows: rows.usable.len(),
        }
    }

    /// Price of the first symbol and the predictions of the ensemble, or of the first working model, thinned. Of a row that was answered
    /// several times, the first answer.
    fn timeline(&self) -> Vec<TimelinePoint> {
        let ensemble = self.experiment.predictions.last().filter(|_| self.run.config.ensemble.is_some());
        let Some(predictions) = ensemble.into_iter().chain(&self.experiment.predictions).flatten().next()
        else {
            return Vec::new();
        };
        let bars = self.run.dataset.symbols[0].series().bars();
        let mut rows: Vec<(usize, &TestRow)> =
            self.experiment.rows.iter().enumerate().filter(|(_, row)| row.bar < bars.len()).collect();
        rows.dedup_by_key(|(_, row)| row.bar);
        let classes = self.experiment.label.classes.len();
        rows.iter()
            .step_by(rows.len().div_ceil(TIMELINE_POINTS).max(1))
            .map(|(index, row)| TimelinePoint {
                time: bars[row.bar].close_time,
                close: bars[row.bar].close,
                label: row.class,
                predicted: top(predictions.row(*index, classes)) as u8,
            })
            .collect()
    }

    fn say(&self, report: &Report, directory: &std::path::Path) -> Written {
        let mut lines: Vec<String> = report.verdicts.clone();
        lines.push(String::new());
        lines.push(score_table(&report.models, &self.experiment));
        let paths: Vec<PathBuf> = report
            .models
            .iter()
            .filter_map(|model| model.bundle.as_ref())
            .map(|bundle| self.run.arguments.out.join(bundle))
            .collect();
        let bundles: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        lines.push("Open:".to_owned());
        let open = |name: &str| directory.join(name).display().to_string();
        lines.push(format!("  {}   the report", open("report.html")));
        lines.push(format!("  {}   the same for machines", open("report.json")));
        lines.push(format!("  {}   every out-of-sample prediction", open("predictions.csv")));
        lines.extend(
            bundles.iter().map(|bundle| format!("  {bundle}   the model, for predictor predict --model")),
        );
        let summary = json!({
            "run": self.run.summary.run,
            "directory": directory,
            "report_html": open("report.html"),
            "report_json": open("report.json"),
            "predictions": open("predictions.csv"),
            "bundles": bundles,
            "verdicts": report.verdicts,
        });
        Written { bundles: paths, text: lines.join("\n"), summary }
    }
}

/// Scores of models and baselines, as a tracking server names them.
fn scores_by_name(report: &Report) -> Vec<(String, f64)> {
    let models = report.models.iter().filter_map(|model| Some((&model.name, model.metrics?)));
    let scores = models.chain(report.baselines.iter().map(|(name, metrics)| (name, *metrics)));
    let of_each = scores.flat_map(|(name, metrics)| {
        [
            ("log_loss", metrics.log_loss.mean),
            ("accuracy", metrics.accuracy.mean),
            ("brier", metrics.brier.mean),
            ("roc_auc", metrics.roc_auc.mean),
        ]
        .map(|(metric, value)| (format!("{name}/{metric}"), value))
    });
    let errors = report.models.iter().filter_map(|model| Some((format!("{}/ece", model.name), model.ece?)));
    of_each.chain(errors).collect()
}

/// Models and baselines side by side, for the terminal.
fn score_table(models: &[ModelReport], experiment: &Experiment) -> String {
    let mut text = format!("{:<16}{:>28}{:>28}{:>28}\n", "", "log-loss", "accuracy", "ROC-AUC");
    let working = models.iter().filter(|model| model.status == Status::Ok);
    let rows = working.filter_map(|model| Some((model.name.as_str(), model.metrics?)));
    let baselines = experiment.baselines.iter().map(|(name, metrics)| (name.as_str(), *metrics));
    for (name, metrics) in rows.chain(baselines) {
        let cell = |i: evaluation::Interval| format!("{:.4} [{:.4}, {:.4}]", i.mean, i.low, i.high);
        let cells = [metrics.log_loss, metrics.accuracy, metrics.roc_auc].map(cell);
        writeln!(text, "{name:<16}{:>28}{:>28}{:>28}", cells[0], cells[1], cells[2])
            .expect("writing to a string");
    }
    text
}

/// The words of the command that repeats a run.
pub(super) fn command(arguments: &TrainArguments, seed: Seed) -> Vec<String> {
    let mut words = vec!["trainer".to_owned()];
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if let Some(path) = &arguments.config {
        option("--config", path.display().to_string());
    }
    for path in &arguments.data {
        option("--data", path.display().to_string());
    }
    for path in &arguments.pool {
        option("--pool", path.display().to_string());
    }
    if !arguments.features.is_empty() {
        option("--features", arguments.features.join(","));
    }
    for setting in &arguments.set {
        option("--set", setting.clone());
    }
    option("--seed", seed.0.to_string());
    words
}
