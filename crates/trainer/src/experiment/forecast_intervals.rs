//! Do forecast intervals hold the return as often as they say, and what does it take that they do?

use std::collections::BTreeMap;

use ensemble::ConformalInterval;
use market::Timestamp;
use pipeline::forecast_interval;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::pooled::Pooled;
use crate::report::{ForecastIntervalReport, IntervalCoverage};

/// A forecast whose outcome is known.
#[derive(Debug, Clone, Copy)]
struct Resolved {
    low: f64,
    high: f64,
    came: f64,
    /// Open time of the bar whose close decides.
    known: Timestamp,
}

/// The margin that the forecasts up to some instant ask for, all bars without one; none without forecasts. The forecaster learnt
/// from none of these bars, so every one that is resolved counts.
pub(crate) fn conformal_interval(
    dataset: &Dataset<'_>,
    before: Option<Timestamp>,
) -> Option<ConformalInterval> {
    let coverage = dataset.forecast.as_ref()?.coverage();
    let open = before.or(dataset.seal);
    let mut known = Vec::new();
    for symbol in &dataset.symbols {
        let rows = symbol.usable.iter().filter_map(|bar| resolved(dataset, symbol.offset + bar));
        known.extend(rows.filter(|one| open.is_none_or(|open| one.known < open)));
    }
    let forecasts: Vec<(f64, f64, f64)> = known.iter().map(|one| (one.low, one.high, one.came)).collect();
    ConformalInterval::fit(coverage, &forecasts)
}

/// What a row's forecast says, and what came; none at the end and before a hole.
fn resolved(dataset: &Dataset<'_>, row: usize) -> Option<Resolved> {
    let horizon = dataset.forecast.as_ref()?.spec().horizon_bars;
    let (symbol, bar) = dataset.place(row);
    let series = dataset.symbols[symbol].series();
    let bars = series.bars();
    let end = bar + horizon;
    let segments = series.segments();
    let segment = segments.get(segments.partition_point(|segment| segment.end <= bar))?;
    let last = segment.contains(&end).then(|| bars[end])?;
    let width = dataset.table.schema().len();
    let (low, high) = forecast_interval(&dataset.table.values()[row * width..][..width])?;
    Some(Resolved { low, high, came: (last.close / bars[bar].close).ln(), known: last.open_time })
}

/// How often the intervals of the out-of-sample rows held the return: as forecast, with the margin of each fold's past, and with one
/// that follows the outcomes. None without forecasts, or where folds do not follow each other.
pub(crate) fn report(
    config: &Config,
    dataset: &Dataset<'_>,
    pooled: &Pooled,
) -> Option<ForecastIntervalReport> {
    let forecast = dataset.forecast.as_ref()?;
    if !crate::experiment::folds::follow_each_other(config) {
        return None;
    }
    let rows: Vec<(usize, Timestamp, Resolved)> = pooled
        .rows
        .iter()
        .filter_map(|row| Some((row.fold, dataset.bar(row.bar).open_time, resolved(dataset, row.bar)?)))
        .filter(|(.., one)| dataset.seal.is_none_or(|seal| one.known < seal))
        .collect();
    let begins = |place: usize| dataset.bar(pooled.rows[place].bar).open_time;
    let first = conformal_interval(dataset, Some(begins(0)))?;
    let mut of_fold: BTreeMap<usize, ConformalInterval> = BTreeMap::new();
    for (place, row) in pooled.rows.iter().enumerate() {
        if let std::collections::btree_map::Entry::Vacant(vacant) = of_fold.entry(row.fold) {
            vacant.insert(conformal_interval(dataset, Some(begins(place)))?);
        }
    }
    let mut adaptive = first.adaptive(config.conformal.step);
    let mut pending: BTreeMap<(Timestamp, usize), bool> = BTreeMap::new();
    let mut held: [Vec<(bool, f64)>; 3] = [const { Vec::new() }; 3];
    for (place, (fold, now, one)) in rows.iter().enumerate() {
        while let Some(known) = pending.first_entry().filter(|known| known.key().0 <= *now) {
            adaptive.resolve(known.remove());
        }
        let raw = (one.low, one.high);
        let intervals = [raw, of_fold[fold].widened(raw.0, raw.1), adaptive.widened(raw.0, raw.1)];
        for (all, (low, high)) in held.iter_mut().zip(intervals) {
            all.push(((low..=high).contains(&one.came), high - low));
        }
        pending.insert((one.known, place), held[2][place].0);
    }
    let of = |all: &[(bool, f64)]| {
        let n = all.len().max(1) as f64;
        IntervalCoverage {
            rows: all.len(),
            coverage: all.iter().filter(|(held, _)| *held).count() as f64 / n,
            mean_width: all.iter().map(|(_, width)| width).sum::<f64>() / n,
        }
    };
    let third = rows.len() * 2 / 3;
    Some(ForecastIntervalReport {
        horizon: forecast.spec().horizon_bars,
        nominal: forecast.coverage(),
        forecast: of(&held[0]),
        conformal: of(&held[1]),
        adaptive: of(&held[2]),
        forecast_last_third: of(&held[0][third..]),
        conformal_last_third: of(&held[1][third..]),
        adaptive_last_third: of(&held[2][third..]),
    })
}
