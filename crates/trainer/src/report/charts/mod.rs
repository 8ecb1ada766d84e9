//! The report's charts, each as SVG and PNG.

mod canvas;
mod columns;
mod confusion;
mod equity;
mod fold_stretches;
mod folds;
mod importance;
mod interval_plot;
mod measures;
mod months;
mod palette;
mod pen;
mod price_axis;
mod reliability;
mod search;
mod time_axis;
mod timeline;
mod waterfall;
mod weights;

pub(super) use canvas::Chart;
pub(super) use interval_plot::interval_plots;
pub(super) use search::search_chart;

use super::RenderError;
use super::document::{ModelEconomics, ModelReport, Report, Status};

/// Every chart that has something to show. A failed model has none.
pub(super) fn draw_all(report: &Report) -> Result<Vec<Chart>, RenderError> {
    let mut charts = Vec::new();
    let classes = report.label.classes.names();
    for model in &report.models {
        let name = model.name.as_str();
        if !model.confusion_matrix.is_empty() {
            let matrix = confusion::Confusion { model: name, classes, counts: &model.confusion_matrix };
            charts.push(Chart::render(file_name("confusion_matrix", name), &matrix)?);
        }
        let explanation = report.explanation_of(name);
        let unit = explanation.map(|explanation| explanation.unit.as_str());
        let importance = importance::Importance::new(name, unit, &report.feature_importance);
        if !importance.is_empty() {
            charts.push(Chart::render(file_name("feature_importance", name), &importance)?);
        }
        if let Some(explanation) = explanation {
            let waterfall = waterfall::Waterfall::new(explanation);
            charts.push(Chart::render(file_name("explanation", name), &waterfall)?);
        }
        if !model.reliability.is_empty() {
            let before = model.calibration.as_ref();
            let before = before.map_or(&[][..], |calibration| &calibration.reliability_before);
            let reliability = reliability::Reliability { model: name, bins: &model.reliability, before };
            charts.push(Chart::render(file_name("reliability", name), &reliability)?);
        }
        let by_month = model.groups.iter().find(|group| group.by == "month");
        if let Some((by_month, metrics)) = by_month.zip(model.metrics.as_ref()) {
            let months = months::Months::new(name, &by_month.groups, metrics.log_loss.mean);
            if !months.is_empty() {
                charts.push(Chart::render(file_name("log_loss_by_month", name), &months)?);
            }
        }
    }
    if let Some(ensemble) = &report.ensemble {
        charts.push(Chart::render("ensemble_weights".to_owned(), &weights::Weights::new(ensemble))?);
    }
    if !report.validation.folds.is_empty() {
        let folds = folds::Folds::new(&report.validation.folds);
        charts.push(Chart::render("folds".to_owned(), &folds)?);
    }
    for economics in &report.economics.models {
        let equity = equity::Equity::new(economics);
        if !equity.is_empty() {
            charts.push(Chart::render(equity_name(economics), &equity)?);
        }
    }
    if !report.timeline.is_empty() {
        let fitted = |model: &&ModelReport| model.status == Status::Ok;
        let ensemble = report.models.last().filter(|_| report.ensemble.is_some());
        let model = ensemble.into_iter().chain(&report.models).find(fitted);
        let model = model.map_or("the first model", |model| model.name.as_str());
        let symbol = report.data.symbol.as_str();
        let timeline = timeline::Timeline { symbol, model, classes, points: &report.timeline };
        charts.push(Chart::render("timeline".to_owned(), &timeline)?);
    }
    Ok(charts)
}

/// `kind_model`, safe as a file name.
pub(super) fn file_name(kind: &str, model: &str) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    format!("{kind}_{}", model.chars().map(safe).collect::<String>())
}

/// Of the chart of a model's capital on a symbol.
pub(super) fn equity_name(economics: &ModelEconomics) -> String {
    file_name("equity", &format!("{}_{}", economics.model, economics.symbol))
}
