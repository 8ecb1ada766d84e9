//! Predictions as text.

use std::path::Path;

use anyhow::{Result, bail};
use market::{BarSeries, Prediction};
use serde::Serialize;

use crate::cli::Format;

/// The form that is asked for, or that the output's name says.
pub(crate) fn format(output: &Path, asked: Option<Format>) -> Result<Format> {
    let extension = output.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match (asked, extension.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("csv")) => Ok(Format::Csv),
        (None, Some("jsonl" | "ndjson")) => Ok(Format::Jsonl),
        (None, _) => bail!(
            "{} does not say in which form to write; name it .jsonl or .csv, or add --format",
            output.display()
        ),
    }
}

/// Writes all of them, or nothing; with what came, where that is asked for.
pub(crate) fn file(
    output: &Path,
    format: Format,
    predictions: &[Prediction],
    outcomes: Option<&[Option<&str>]>,
) -> Result<()> {
    let text = match format {
        Format::Jsonl => jsonl(predictions, outcomes)?,
        Format::Csv => csv(predictions, outcomes)?,
    };
    Ok(durable::write_file(output, &text)?)
}

/// What was written, in one line.
pub(crate) fn said(predictions: &[Prediction], version: &str, series: &BarSeries, output: &Path) -> String {
    format!(
        "{} predictions of {version} for {} bars of {} ({} to warm up): {}",
        predictions.len(),
        series.len(),
        series.symbol(),
        series.len() - predictions.len(),
        output.display()
    )
}

/// A prediction and what came.
#[derive(Serialize)]
struct Resolved<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    outcome: Option<&'a str>,
}

/// One JSON object per line; its form is `schemas/prediction.schema.json`, with `outcome` behind it where that is asked for.
fn jsonl(predictions: &[Prediction], outcomes: Option<&[Option<&str>]>) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    for (place, prediction) in predictions.iter().enumerate() {
        match outcomes {
            Some(outcomes) => {
                serde_json::to_writer(&mut text, &Resolved { prediction, outcome: outcomes[place] })?;
            }
            None => serde_json::to_writer(&mut text, prediction)?,
        }
        text.push(b'\n');
    }
    Ok(text)
}

/// A table: `p_<class>` for the probabilities, `<member>_<class>` and `<member>_weight` for each member's.
fn csv(predictions: &[Prediction], outcomes: Option<&[Option<&str>]>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let Some(first) = predictions.first() else { return Ok(Vec::new()) };
    let classes: Vec<&str> = first.probabilities.iter().map(|(class, _)| class.as_str()).collect();
    let mut header: Vec<String> =
        ["symbol", "timestamp", "taxonomy", "predicted_regime"].map(str::to_owned).into();
    header.extend(classes.iter().map(|class| format!("p_{class}")));
    header.extend(
        [
            "confidence",
            "quality_score",
            "uncertainty",
            "disagreement",
            "prediction_set",
            "abstained",
            "horizon",
        ]
        .map(str::to_owned),
    );
    for (member, _) in &first.members {
        header.extend(classes.iter().map(|class| format!("{member}_{class}")));
    }
    header.extend(first.members.iter().map(|(member, _)| format!("{member}_weight")));
    header.extend(
        [
            "forecast_low",
            "forecast_high",
            "missing",
            "source",
            "fallback_level",
            "fallback_reason",
            "model_version",
            "latency_ms",
        ]
        .map(str::to_owned),
    );
    header.extend(outcomes.map(|_| "outcome".to_owned()));
    writer.write_record(&header)?;
    for (place, p) in predictions.iter().enumerate() {
        let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut row = vec![
            p.symbol.clone(),
            p.timestamp.millis().to_string(),
            p.taxonomy.to_string(),
            p.predicted_regime.clone(),
        ];
        row.extend(p.probabilities.iter().map(|(_, value)| value.to_string()));
        let numbers = [p.confidence, p.quality_score, p.uncertainty, p.disagreement];
        row.extend(numbers.map(|value| value.to_string()));
        row.push(p.prediction_set.as_ref().map(|set| set.join("|")).unwrap_or_default());
        row.push(p.abstained.clone().unwrap_or_default());
        row.push(p.horizon.to_string());
        for (_, values) in &p.members {
            row.extend(
                (0..classes.len())
                    .map(|class| values.as_ref().map(|values| values[class].to_string()).unwrap_or_default()),
            );
        }
        row.extend(p.weights.iter().map(|(_, weight)| weight.to_string()));
        let interval = p.forecast_interval.map(|interval| [interval.low, interval.high]);
        row.extend(interval.map_or([String::new(), String::new()], |ends| ends.map(|end| end.to_string())));
        let missing: Vec<&str> = p.missing.iter().map(|(name, _)| name.as_str()).collect();
        row.extend([
            missing.join("|"),
            name(serde_json::to_value(p.source)?),
            p.fallback_level.to_string(),
            p.fallback_reason.clone().unwrap_or_default(),
            p.model_version.clone(),
            p.latency_ms.to_string(),
        ]);
        row.extend(outcomes.map(|outcomes| outcomes[place].unwrap_or_default().to_owned()));
        writer.write_record(&row)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}
