//! A run's `report.json`, as far as setting runs side by side needs it. Unknown keys are passed over, so that
//! reports may grow.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use market::Timestamp;
use pipeline::GitState;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::run_place::unreadable;
use crate::report::{Score, Scores};

/// The newest format of report that is understood.
const FORMAT: u64 = 1;

/// What a run says of itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct RunReport {
    pub(crate) run: String,
    pub(crate) created_at: String,
    pub(crate) program_version: String,
    pub(crate) git: GitState,
    pub(crate) command: Vec<String>,
    pub(crate) seed: u64,
    pub(crate) data: BarsPart,
    /// Every symbol of a pool; empty without one.
    #[serde(default)]
    pub(crate) pool: Vec<BarsPart>,
    pub(crate) label: LabelPart,
    pub(crate) validation: ValidationPart,
    pub(crate) models: Vec<ModelPart>,
    pub(crate) baselines: BTreeMap<String, Scores>,
    #[serde(default)]
    pub(crate) baselines_left_out: BTreeMap<String, String>,
    pub(crate) trials: TrialsPart,
    pub(crate) config: Value,
}

/// The bars of one symbol.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BarsPart {
    pub(crate) symbol: String,
    pub(crate) timeframe: String,
    pub(crate) fingerprint: String,
    pub(crate) quality: QualityPart,
}

/// The time that bars span.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct QualityPart {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

/// What the models were asked to say.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct LabelPart {
    pub(crate) kind: String,
    pub(crate) horizon: usize,
    pub(crate) classes: ClassesPart,
    #[serde(default)]
    pub(crate) shuffled: bool,
}

/// Names of the classes, in order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ClassesPart {
    pub(crate) names: Vec<String>,
}

/// How rows were split.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ValidationPart {
    pub(crate) method: String,
    pub(crate) mode: String,
    #[serde(default)]
    pub(crate) folds: Vec<FoldPart>,
    pub(crate) out_of_sample_rows: usize,
    pub(crate) bootstrap_draws: usize,
}

/// A fold's test rows.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FoldPart {
    pub(crate) test: SpanPart,
}

/// A stretch of bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct SpanPart {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) rows: usize,
}

/// One model.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ModelPart {
    pub(crate) name: String,
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) beats_every_baseline: bool,
    pub(crate) metrics: Option<Scores>,
    pub(crate) ece: Option<f64>,
    pub(crate) ece_interval: Option<Score>,
    #[serde(default)]
    pub(crate) versus: BTreeMap<String, VersusPart>,
}

/// A model against a baseline of its run.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct VersusPart {
    pub(crate) log_loss: Score,
    pub(crate) accuracy: Score,
}

/// How often models were tried on the bars.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct TrialsPart {
    pub(crate) on_this_data: usize,
}

impl RunReport {
    /// Reads a report.
    ///
    /// # Errors
    /// When it is not there, damaged, something else, or of a newer format; one sentence says what to do.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| unreadable(path))?;
        let value: Value = parse(path, &bytes)?;
        match value.get("format_version").and_then(Value::as_u64) {
            Some(version) if version > FORMAT => bail!(
                "{} has report format {version}, but this program reads formats up to {FORMAT}; compare with the newer program that wrote it",
                path.display()
            ),
            Some(_) => parse::<Self>(path, &bytes)?.checked(path),
            None => bail!(
                "{} is not the report of a run: it has no format_version; give the report.json that trainer wrote",
                path.display()
            ),
        }
    }

    fn checked(self, path: &Path) -> Result<Self> {
        let (draws, classes) = (self.validation.bootstrap_draws, self.label.classes.names.len());
        let (draws_fit, classes_fit) = ((100..=100_000).contains(&draws), (2..=255).contains(&classes));
        if !draws_fit || !classes_fit || self.label.horizon == 0 {
            bail!(
                "{} is damaged: no run has {draws} bootstrap draws, {classes} classes and a horizon of {}; copy the run again or train it again",
                path.display(),
                self.label.horizon
            );
        }
        Ok(self)
    }

    /// The bars of every symbol.
    pub(crate) fn bars(&self) -> &[BarsPart] {
        if self.pool.is_empty() { std::slice::from_ref(&self.data) } else { &self.pool }
    }

    /// True when every symbol's bars are the same bytes.
    pub(crate) fn has_bars_of(&self, other: &Self) -> bool {
        let fingerprints = |report: &Self| -> Vec<String> {
            report.bars().iter().map(|bars| bars.fingerprint.clone()).collect()
        };
        fingerprints(self) == fingerprints(other)
    }

    /// `BTCUSDT 5m`, for each symbol.
    pub(crate) fn series(&self) -> String {
        let names: Vec<String> =
            self.bars().iter().map(|bars| format!("{} {}", bars.symbol, bars.timeframe)).collect();
        names.join(", ")
    }

    /// First and last close time that a fold tested.
    pub(crate) fn tested(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = || self.validation.folds.iter().map(|fold| fold.test).filter(|span| span.rows > 0);
        Some((spans().map(|span| span.from).min()?, spans().map(|span| span.until).max()?))
    }

    /// True when both tested the same stretches in the same folds.
    pub(crate) fn has_folds_of(&self, other: &Self) -> bool {
        let spans = |report: &Self| -> Vec<SpanPart> {
            report.validation.folds.iter().map(|fold| fold.test).collect()
        };
        !self.validation.folds.is_empty() && spans(self) == spans(other)
    }
}

/// Parses JSON; a fault is told with its line.
fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        anyhow!(
            "{}:{}: the report is damaged ({reason}); copy the run again or train it again",
            path.display(),
            error.line()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(text: &str) -> Result<RunReport, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, text).unwrap();
        RunReport::load(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_real_report_is_read_whatever_it_holds_besides() {
        let json = serde_json::to_string_pretty(&sample::report()).unwrap();
        let report = written(&json.replacen('{', "{\"of_tomorrow\": [1], ", 1)).unwrap();
        assert_eq!(report.label.classes.names, ["low", "high"]);
        assert_eq!(report.series(), "BTCUSDT 1h");
        assert_eq!(report.models[0].metrics.unwrap().log_loss.mean, Some(0.612));
        assert_eq!(report.models[2].metrics, None);
        assert!(report.tested().unwrap().0 < report.tested().unwrap().1);
        assert!(report.has_bars_of(&report) && report.has_folds_of(&report));
    }

    #[test]
    fn an_interval_is_read_by_either_name_and_without_numbers() {
        let estimate: Score = serde_json::from_str(r#"{"value": 0.1, "low": null, "high": 0.2}"#).unwrap();
        assert_eq!(estimate, Score { mean: Some(0.1), low: None, high: Some(0.2) });
        assert!(estimate.interval().low.is_nan());
    }

    #[test]
    fn what_is_no_report_is_one_sentence() {
        let json = serde_json::to_string_pretty(&sample::report()).unwrap();
        let refused = |text: &str| written(text).unwrap_err();
        let cut = refused(&json[..json.len() / 2]);
        assert!(cut.contains("damaged") && cut.contains("report.json:"), "{cut}");
        let newer = refused(&json.replace("\"format_version\": 1", "\"format_version\": 7"));
        assert!(newer.contains("format 7") && newer.contains("newer program"), "{newer}");
        assert!(refused("[1, 2]").contains("not the report of a run"));
        let holed = refused(&json.replace("\"seed\": 42,", ""));
        assert!(holed.contains("missing field `seed`"), "{holed}");
        for message in [cut, newer, holed] {
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
