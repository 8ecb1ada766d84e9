//! The report of a run: one document, shown as an HTML page, charts and JSON.
//!
//! Comes in: a filled [`Report`]. Goes out: the bytes of its files. Computes no score and writes no file.

mod charts;
mod comparison;
mod document;
mod ensemble;
mod explanation;
mod html;
mod importance;
mod numbers;
#[cfg(test)]
pub(crate) mod sample;
mod search;
#[cfg(test)]
pub(crate) mod tests;

pub use document::{
    AttentionReport, BestFeature, CalibrationReport, ClassCoverage, ClusterImportance, Contribution,
    Coverage, DataReport, DisagreementScores, EconomicGroups, EconomicsReport, EnsembleReport,
    EnsembleWeights, EquityPoint, Explanation, FeatureCluster, FeatureImportance, FoldScores, FoldSpans,
    FoldStatus, ForecastIntervalReport, GroupReport, IntervalCoverage, LabelReport, ModelEconomics,
    ModelReport, PredictionSets, Report, SealedReport, SealedScores, Span, Status, SymbolBalance,
    TimelinePoint, Trials, ValidationReport, WeightingScores,
};

pub(crate) use comparison::{
    AgainstBaseline, ComparedModel, ComparedRun, ConfigDifference, Finding, NotPaired, PairedModels, Part,
    RunComparison, Score, Scores,
};
pub(crate) use numbers::{DASH, decimals, signed};
pub(crate) use search::{SearchChart, SearchFiles, SearchPage, render_search};

/// The files of a report, in memory.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// One self-contained page.
    pub(crate) html: String,
    /// The document itself, indented.
    pub(crate) json: String,
    /// File names and contents of the charts.
    pub(crate) images: Vec<(String, Vec<u8>)>,
}

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    /// The font in the program is damaged.
    #[error("the embedded font can't be read; the program file is damaged, install it again")]
    Font,
    /// A chart.
    #[error("the chart {name} can't be drawn: {reason}")]
    Chart {
        /// File name without an extension.
        name: String,
        /// What the drawing code says.
        reason: String,
    },
    /// The document.
    #[error("the report can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Turns a report into its files. Equal reports give equal bytes.
///
/// # Errors
/// [`RenderError`] when a chart can't be drawn or the configuration can't be written as JSON.
pub(crate) fn render(report: &Report) -> Result<Rendered, RenderError> {
    let charts = charts::draw_all(report)?;
    let html = html::page(report, &charts)?;
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    let files = charts.into_iter().flat_map(|chart| {
        [(format!("{}.png", chart.name), chart.png), (format!("{}.svg", chart.name), chart.svg.into_bytes())]
    });
    Ok(Rendered { html, json, images: files.collect() })
}

/// The page of runs side by side. Equal comparisons give equal bytes.
///
/// # Errors
/// [`RenderError`] when a chart can't be drawn.
pub(crate) fn render_comparison(comparison: &RunComparison) -> Result<String, RenderError> {
    Ok(html::comparison_page(comparison, &charts::interval_plots(comparison)?))
}
