//! The groups of out-of-sample rows that scores are broken down by.

use evaluation::{Grouping, TestRow};
use market::{BarSeries, Timestamp};

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::folds::Folds;
use crate::experiment::pooled::Pooled;

/// Bars of the volatility that rows are sorted by.
pub(crate) const VOLATILITY_BARS: usize = 96;
/// Parts of a model's age.
const AGES: usize = 4;

/// Groupings by their names: by what came, by whether it is new, by age, month, volatility and symbol.
pub(crate) fn groupings(
    config: &Config,
    dataset: &Dataset<'_>,
    folds: &Folds,
    pooled: &Pooled,
    names: &[String],
) -> Vec<(&'static str, Grouping)> {
    let rows = &pooled.rows;
    let times: Vec<Timestamp> = rows.iter().map(|row| dataset.bar(row.bar).open_time).collect();
    let mut groupings = vec![
        ("class", Grouping::by_class(rows, names)),
        ("change", Grouping::by_change(rows, &pooled.last_known)),
        ("month", Grouping::by_month(&times)),
        ("volatility", Grouping::by_tercile(&volatilities(dataset, rows))),
    ];
    if config.validation.scheme().trains_on_past_only() {
        groupings.push(("age", Grouping::by_age(&ages(dataset, folds, rows), AGES)));
    }
    if dataset.symbols.len() > 1 {
        let names = dataset.symbols.iter().map(|symbol| symbol.series().symbol().to_owned()).collect();
        let of_row = rows.iter().map(|row| Some(dataset.place(row.bar).0)).collect();
        groupings.push(("symbol", Grouping::new(names, of_row)));
    }
    groupings
}

/// Bars of time between the newest row that a fold learnt from and each of its test rows.
fn ages(dataset: &Dataset<'_>, folds: &Folds, rows: &[TestRow]) -> Vec<Option<usize>> {
    let length = dataset.symbols[0].series().timeframe().millis();
    let newest: Vec<(usize, Timestamp)> = folds
        .fitted
        .iter()
        .filter_map(|fold| {
            let learned =
                |rows: &evaluation::FoldRows| rows.train.iter().chain(&rows.early_stopping).copied().max();
            let of_symbol = fold.rows.iter().zip(&dataset.symbols);
            let times = of_symbol.filter_map(|(rows, symbol)| Some(symbol.open_times()[learned(rows)?]));
            Some((fold.number, times.max()?))
        })
        .collect();
    let age = |row: &TestRow| {
        let place = newest.binary_search_by_key(&row.fold, |(fold, _)| *fold).ok()?;
        let time = dataset.bar(row.bar).open_time.millis() - newest[place].1.millis();
        usize::try_from(time / length).ok()?.checked_sub(1)
    };
    rows.iter().map(age).collect()
}

fn volatilities(dataset: &Dataset<'_>, rows: &[TestRow]) -> Vec<Option<f64>> {
    let of_symbol: Vec<Vec<Option<f64>>> =
        dataset.symbols.iter().map(|symbol| recent_volatility(symbol.series())).collect();
    let value = |row: &TestRow| {
        let (symbol, bar) = dataset.place(row.bar);
        of_symbol[symbol][bar]
    };
    rows.iter().map(value).collect()
}

/// Standard deviation of the last [`VOLATILITY_BARS`] log returns at each bar; none across a hole.
pub(crate) fn recent_volatility(series: &BarSeries) -> Vec<Option<f64>> {
    let closes = series.closes();
    let mut values = vec![None; closes.len()];
    for segment in series.segments() {
        let returns: Vec<f64> =
            closes[segment.clone()].windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        for (place, window) in returns.windows(VOLATILITY_BARS).enumerate() {
            let n = window.len() as f64;
            let mean = window.iter().sum::<f64>() / n;
            let variance = window.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
            values[segment.start + place + VOLATILITY_BARS] = Some(variance.sqrt());
        }
    }
    values
}
