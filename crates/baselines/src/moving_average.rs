//! What a chart reader would do with two averages, or with volatility.

use features::{RollingMedian, Window, sample_std, sum};
use market::{BarSeries, Taxonomy};

use crate::baseline::Outcome;
use crate::contingency::ContingencyTable;
use crate::view::BaselineView;

/// Bars of the faster and the slower average.
const AVERAGES: [usize; 2] = [20, 50];
/// Bars of the standard deviation that their distance is measured in.
const DEVIATION: usize = 96;
/// Bars of realised volatility.
const VOLATILITY: usize = 12;
/// Bins of the distance: below, between, above.
const TREND_BINS: usize = 3;
/// Bins of volatility.
const VOLATILITY_BINS: usize = 5;

/// A bin by the training part's quantiles, through the training part's table of (bin → class).
///
/// Directions: EMA(20) − EMA(50) of log closes in standard deviations of the last 96 returns, in terciles.
/// Volatility and states: realised volatility of 12 bars over its median of the trailing regime window (one
/// week of bars below 1h, 30 days below 1d, 252 bars from there on), in quintiles. Other taxonomies: both at
/// once. A bar without both numbers gets the class shares.
pub(crate) fn predict(view: &BaselineView<'_>) -> Outcome {
    let trend = || bins(view, &trend(view.series, view.end()), TREND_BINS);
    let volatility = || bins(view, &volatility(view.series, view.end()), VOLATILITY_BINS);
    match view.classes.taxonomy() {
        Taxonomy::Direction => {
            let trend = trend();
            ContingencyTable::predict(view, TREND_BINS, |bar| trend[bar])
        }
        Taxonomy::Volatility | Taxonomy::States => {
            let volatility = volatility();
            ContingencyTable::predict(view, VOLATILITY_BINS, |bar| volatility[bar])
        }
        _ => {
            let (trend, volatility) = (trend(), volatility());
            let both = |bar: usize| Some(trend[bar]? * VOLATILITY_BINS + volatility[bar]?);
            ContingencyTable::predict(view, TREND_BINS * VOLATILITY_BINS, both)
        }
    }
}

/// Numbers as bins of equally many training rows.
fn bins(view: &BaselineView<'_>, numbers: &[Option<f64>], n_bins: usize) -> Vec<Option<usize>> {
    let mut known: Vec<f64> = view.training().filter_map(|(bar, _)| numbers[bar]).collect();
    known.sort_unstable_by(f64::total_cmp);
    let cuts: Vec<f64> =
        (1..n_bins).filter_map(|bin| known.get(bin * known.len() / n_bins).copied()).collect();
    numbers.iter().map(|number| number.map(|number| cuts.partition_point(|cut| *cut <= number))).collect()
}

/// The distance of the averages of every bar before `end`; anew in each segment.
fn trend(series: &BarSeries, end: usize) -> Vec<Option<f64>> {
    let mut numbers = vec![None; end];
    let [fast_weight, slow_weight] = AVERAGES.map(|bars| 2.0 / (bars as f64 + 1.0));
    for_each_segment(series, end, |first, closes| {
        let mut returns = Window::new(DEVIATION);
        let (mut fast, mut slow) = (closes[0], closes[0]);
        for (offset, pair) in closes.windows(2).enumerate() {
            fast += fast_weight * (pair[1] - fast);
            slow += slow_weight * (pair[1] - slow);
            returns.push(pair[1] - pair[0]);
            let deviation = sample_std(returns.values());
            if returns.is_full() && deviation > 0.0 {
                numbers[first + offset + 1] = Some((fast - slow) / deviation);
            }
        }
    });
    numbers
}

/// Realised volatility over its trailing median of every bar before `end`; anew in each segment.
fn volatility(series: &BarSeries, end: usize) -> Vec<Option<f64>> {
    let mut numbers = vec![None; end];
    for_each_segment(series, end, |first, closes| {
        let mut squares = Window::new(VOLATILITY);
        let mut usual = RollingMedian::new(series.timeframe().regime_window());
        for (offset, pair) in closes.windows(2).enumerate() {
            squares.push((pair[1] - pair[0]) * (pair[1] - pair[0]));
            if squares.is_full() {
                let realised = sum(squares.values()).sqrt();
                let usual = usual.update(realised).filter(|usual| *usual > 0.0);
                numbers[first + offset + 1] = usual.map(|usual| realised / usual);
            }
        }
    });
    numbers
}

/// Calls with the first bar and the log closes of each segment's bars before `end`.
fn for_each_segment(series: &BarSeries, end: usize, mut with: impl FnMut(usize, &[f64])) {
    for segment in series.segments().iter().filter(|segment| segment.start < end) {
        let bars = &series.bars()[segment.start..segment.end.min(end)];
        let closes: Vec<f64> = bars.iter().map(|bar| bar.close.ln()).collect();
        with(segment.start, &closes);
    }
}

#[cfg(test)]
mod tests {
    use market::{Bar, GapPolicy, Timeframe, Timestamp};

    use super::*;

    fn series(n: usize, hole: usize) -> BarSeries {
        let price = |t: usize| 100.0 * (0.3 * (t as f64 * 0.05).sin() + 0.01 * ((t * t) % 17) as f64).exp();
        let bars = (0..n)
            .map(|t| {
                let time = Timestamp::from_millis((t + if t >= hole { 50 } else { 0 }) as i64 * 86_400_000);
                Bar::new(time, Timeframe::DAY, [price(t); 4], 1.0).unwrap()
            })
            .collect();
        BarSeries::new("TEST", Timeframe::DAY, GapPolicy::CONTINUOUS, bars).unwrap()
    }

    /// The published formulas written out for one bar, from the first bar of its segment on.
    #[test]
    fn numbers_are_those_of_the_formulas_and_start_anew_behind_a_hole() {
        let (n, hole) = (900, 330);
        let series = series(n, hole);
        let (trend, volatility) = (trend(&series, n), volatility(&series, n));
        for t in 0..n {
            let first = if t < hole { 0 } else { hole };
            let x: Vec<f64> = series.bars()[first..=t].iter().map(|bar| bar.close.ln()).collect();
            let returns: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let average = |bars: f64| {
                let keep = 1.0 - 2.0 / (bars + 1.0);
                let weighted =
                    x[1..].iter().rev().enumerate().map(|(age, x)| (1.0 - keep) * keep.powi(age as i32) * x);
                weighted.sum::<f64>() + keep.powi(x.len() as i32 - 1) * x[0]
            };
            let expected = (returns.len() >= 96).then(|| {
                let last = &returns[returns.len() - 96..];
                let mean = last.iter().sum::<f64>() / 96.0;
                let variance = last.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / 95.0;
                (average(20.0) - average(50.0)) / variance.sqrt()
            });
            assert_eq!(trend[t].is_some(), expected.is_some(), "{t}");
            assert!((trend[t].unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-9, "{t}");

            let realised: Vec<f64> =
                returns.windows(12).map(|last| last.iter().map(|r| r * r).sum::<f64>().sqrt()).collect();
            let expected = (realised.len() >= 252).then(|| {
                let mut sorted = realised[realised.len() - 252..].to_vec();
                sorted.sort_by(f64::total_cmp);
                realised[realised.len() - 1] / f64::midpoint(sorted[125], sorted[126])
            });
            assert_eq!(volatility[t].is_some(), expected.is_some(), "{t}");
            assert!((volatility[t].unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-9, "{t}");
        }
    }
}
