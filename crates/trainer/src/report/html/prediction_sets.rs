//! How often prediction sets held the truth.

use super::markup::{heads, note, number, optional, row, subsection, table, topic};
use crate::report::document::{Coverage, IntervalCoverage, ModelReport, Report};
use crate::report::numbers::{decimals, percent, round_percent, thousands};

/// How often forecast intervals held the return.
pub(super) fn forecasts(report: &Report) -> String {
    let Some(found) = &report.forecast_intervals else { return String::new() };
    let of = |name: &str, coverage: &IntervalCoverage| {
        let cells =
            [thousands(coverage.rows as u64), percent(coverage.coverage), decimals(coverage.mean_width, 5)];
        row(name, &cells.map(|cell| number(&cell)))
    };
    let rows = [
        of("As forecast", &found.forecast),
        of("Conformal", &found.conformal),
        of("Adaptive", &found.adaptive),
        of("As forecast, last third", &found.forecast_last_third),
        of("Conformal, last third", &found.conformal_last_third),
        of("Adaptive, last third", &found.adaptive_last_third),
    ];
    let text = format!(
        "Between its lowest and its highest quantile the forecaster expects the return over {} bars in {} of all cases. Conformal: \
         widened by what the bars before each fold ask for. Adaptive: by a margin that follows the outcomes as they become known. A forecast \
         holds until the next one is made, so it may be some bars old: all intervals are judged as they stand at each bar.",
        found.horizon,
        round_percent(found.nominal)
    );
    let heads = heads(&["", "Rows", "Held the return", "Mean width (log return)"]);
    subsection(
        "Forecast intervals",
        &[table("How often intervals held the return", &heads, &rows), note(&text)].concat(),
    )
}

pub(super) fn render(model: &ModelReport) -> String {
    let Some(sets) = &model.prediction_sets else { return String::new() };
    let mut columns =
        heads(&["", "Rows", "Held the truth", "Classes in a set", "Sets of one class", "Empty"]);
    let classes = &sets.adaptive.classes;
    columns.extend(classes.iter().map(|class| heads(&["", &format!("When {} came", class.class)]).remove(1)));
    let of = |name: &str, coverage: &Coverage| {
        let mut cells = vec![
            thousands(coverage.rows as u64),
            percent(coverage.coverage),
            decimals(coverage.mean_size, 2),
            percent(coverage.single_share),
            percent(coverage.empty_share),
        ];
        cells.extend(coverage.classes.iter().map(|class| optional(class.coverage, 3)));
        row(name, &cells.iter().map(|cell| number(cell)).collect::<Vec<_>>())
    };
    let rows = [
        of("Adaptive", &sets.adaptive),
        of("Split", &sets.split),
        of("Adaptive, last third", &sets.adaptive_last_third),
        of("Split, last third", &sets.split_last_third),
    ];
    let text = format!(
        "A set should hold the class that comes in {} of all bars. Split: one threshold from the folds before. Adaptive: a \
         threshold for each class that follows the outcomes as they become known. A set of several classes, or of none, \
         is an abstention.",
        round_percent(sets.nominal)
    );
    topic(
        "Prediction sets",
        &[table("How often sets held the class that came", &columns, &rows), note(&text)].concat(),
    )
}
