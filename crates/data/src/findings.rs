//! Looks at the bars of a file for what a series can hold but a model should know of.

use market::{Bar, Timeframe, Timestamp};

use crate::FindingKind;
use crate::daylight_saving::{ADVICE, zone_that_skips};
use crate::thousands::thousands;

/// How many robust standard deviations make an outlier.
const OUTLIER_SIGMAS: f64 = 20.0;
/// Returns that a robust standard deviation needs.
const MIN_RETURNS: usize = 20;
/// Log returns that differ by less are equal but for rounding.
const ROUNDING: f64 = 1e-9;

/// Where a row stands: in which part, by its place in the sequence, and on which line or row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) part: usize,
    pub(crate) line: u64,
}

/// A bar with what the file says beyond it.
#[derive(Debug, Clone)]
pub(crate) struct ReadBar {
    pub(crate) bar: Bar,
    pub(crate) at: At,
    /// What the file says about the bar's end.
    pub(crate) closes: Option<Timestamp>,
    /// By how much an inclusive end lies before the next bar, in milliseconds.
    pub(crate) inclusive_step: i64,
    /// True where the time has a clock but no offset.
    pub(crate) local: bool,
}

/// A finding: the first of `length` bars in a row, by index, and what is wrong.
pub(crate) struct Found {
    pub(crate) first: usize,
    pub(crate) length: usize,
    pub(crate) detail: String,
}

/// Every finding of one kind in `bars`, in time order; none for the kinds that the rows show themselves.
pub(crate) fn find(kind: FindingKind, bars: &[ReadBar], timeframe: Timeframe) -> Vec<Found> {
    match kind {
        FindingKind::Duplicates | FindingKind::OutOfOrder | FindingKind::InvalidBars => Vec::new(),
        FindingKind::ZeroVolumeRuns => zero_volume_runs(bars),
        FindingKind::FlatBars => runs(bars, Bar::is_flat, "of one price"),
        FindingKind::Outliers => outliers(bars, timeframe),
        FindingKind::OffGrid => off_grid(bars, timeframe),
        FindingKind::ShortBars => short_bars(bars, timeframe),
        FindingKind::DaylightSaving => skipped_hours(bars, timeframe),
    }
}

fn zero_volume_runs(bars: &[ReadBar]) -> Vec<Found> {
    let found = runs(bars, |bar| bar.volume <= 0.0, "without volume");
    match found.as_slice() {
        [whole] if whole.length == bars.len() => {
            vec![Found { first: 0, length: bars.len(), detail: "the file has no volume".to_owned() }]
        }
        _ => found,
    }
}

/// Runs of bars that `is` holds for.
fn runs(bars: &[ReadBar], is: impl Fn(&Bar) -> bool, what: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut first = 0;
    for run in bars.chunk_by(|left, right| is(&left.bar) == is(&right.bar)) {
        if is(&run[0].bar) {
            let detail = match run.len() {
                1 => format!("a bar {what}"),
                length => format!("{} bars in a row {what}", thousands(length as u64)),
            };
            found.push(Found { first, length: run.len(), detail });
        }
        first += run.len();
    }
    found
}

fn outliers(bars: &[ReadBar], timeframe: Timeframe) -> Vec<Found> {
    let log_returns: Vec<Option<f64>> = std::iter::once(None)
        .chain(bars.windows(2).map(|pair| {
            let distance = pair[1].bar.open_time.millis() - pair[0].bar.open_time.millis();
            (distance < 2 * timeframe.millis()).then(|| (pair[1].bar.close / pair[0].bar.close).ln())
        }))
        .collect();
    let Some(sigma) = robust_deviation(log_returns.iter().flatten().copied().collect()) else {
        return Vec::new();
    };
    let limit = OUTLIER_SIGMAS * sigma;
    let mut found = Vec::new();
    for (first, (read, log_return)) in bars.iter().zip(log_returns).enumerate() {
        let range = (read.bar.high / read.bar.low).ln();
        let detail = match log_return {
            Some(log_return) if log_return.abs() > limit => {
                format!("log return {log_return:+.4} is {:.0} robust deviations", log_return.abs() / sigma)
            }
            _ if range > limit => {
                format!("ln(high / low) {range:.4} is {:.0} robust deviations", range / sigma)
            }
            _ => continue,
        };
        found.push(Found { first, length: 1, detail });
    }
    found
}

/// 1.4826 times the median absolute deviation from the median; `None` for few values, or where most are
/// equal but for rounding.
fn robust_deviation(mut values: Vec<f64>) -> Option<f64> {
    if values.len() < MIN_RETURNS {
        return None;
    }
    let center = median(&mut values);
    for value in &mut values {
        *value = (*value - center).abs();
    }
    Some(1.4826 * median(&mut values)).filter(|sigma| *sigma > ROUNDING)
}

/// The median; the mean of the middle two for an even count. `values` must not be empty.
fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = ((values.len() - 1) / 2, values.len() / 2);
    f64::midpoint(values[low], values[high])
}

fn off_grid(bars: &[ReadBar], timeframe: Timeframe) -> Vec<Found> {
    let phase = |read: &ReadBar| read.bar.open_time.millis().rem_euclid(timeframe.millis());
    let Some(usual) = most_frequent(bars.iter().map(phase).collect()) else {
        return Vec::new();
    };
    let off = bars.iter().enumerate().filter(|(_, read)| phase(read) != usual);
    off.map(|(first, read)| {
        let millis = (phase(read) - usual).rem_euclid(timeframe.millis());
        Found {
            first,
            length: 1,
            detail: format!("opens {} after the grid of {timeframe} bars", duration(millis)),
        }
    })
    .collect()
}

fn short_bars(bars: &[ReadBar], timeframe: Timeframe) -> Vec<Found> {
    let mut found = Vec::new();
    for (first, read) in bars.iter().enumerate() {
        let Some(closes) = read.closes else { continue };
        let length = closes.millis() - read.bar.open_time.millis();
        let short_of = timeframe.millis() - length;
        if short_of == 0 || short_of == 1 || short_of == read.inclusive_step {
            continue;
        }
        let detail = format!("closes at {closes}, not {timeframe} after it opens");
        found.push(Found { first, length: 1, detail });
    }
    found
}

/// Holes of exactly the hour that the clocks of some zone skip, between times without an offset.
fn skipped_hours(bars: &[ReadBar], timeframe: Timeframe) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, pair) in bars.windows(2).enumerate() {
        let from = pair[0].bar.open_time.plus_bars(1, timeframe);
        let until = pair[1].bar.open_time;
        if !(pair[0].local && pair[1].local && until.millis() - from.millis() == 3_600_000) {
            continue;
        }
        if let Some(zone) = zone_that_skips(from) {
            let detail = format!("no bars for the hour before, which clocks skip in {zone}: {ADVICE}");
            found.push(Found { first: index + 1, length: 1, detail });
        }
    }
    found
}

/// A length of time such as `1h 16m`.
fn duration(mut millis: i64) -> String {
    let mut parts = Vec::new();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if millis >= length {
            parts.push(format!("{}{unit}", millis / length));
            millis %= length;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// The value that occurs most often; the smallest of several.
pub(crate) fn most_frequent(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let mut most: Option<&[i64]> = None;
    for run in values.chunk_by(|left, right| left == right) {
        if most.is_none_or(|most| run.len() > most.len()) {
            most = Some(run);
        }
    }
    most.map(|run| run[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(closes: &[f64]) -> Vec<ReadBar> {
        let bar = |(index, close): (usize, &f64)| {
            let time = Timestamp::from_millis(index as i64 * 60_000);
            Bar::new(time, Timeframe::MINUTE, [*close; 4], 1.0).unwrap()
        };
        closes
            .iter()
            .enumerate()
            .map(bar)
            .zip(2..)
            .map(|(bar, line)| ReadBar {
                bar,
                at: At { part: 0, line },
                closes: None,
                inclusive_step: 1,
                local: false,
            })
            .collect()
    }

    #[test]
    fn the_median_and_the_mode_are_visible_by_eye() {
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < 1e-15);
        assert!((median(&mut [4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-15);
        assert_eq!(most_frequent(vec![5, 3, 5, 3, 9]), Some(3));
        assert_eq!(most_frequent(Vec::new()), None);
        assert_eq!(robust_deviation(vec![0.0; 50]), None);
        assert_eq!([duration(4_560_000), duration(0), duration(61_500)], ["1h 16m", "0s", "1m 1s 500ms"]);
    }

    #[test]
    fn a_bad_tick_and_the_jump_back_are_outliers() {
        let mut closes: Vec<f64> =
            (0..60).map(|index| 100.0 + f64::from(index * index * 7 % 23) * 0.01).collect();
        closes[40] = 200.0;
        let found: Vec<usize> =
            outliers(&bars(&closes), Timeframe::MINUTE).iter().map(|found| found.first).collect();
        assert_eq!(found, [40, 41]);
    }

    #[test]
    fn a_jump_over_a_hole_is_no_outlier() {
        let mut bars =
            bars(&(0..60).map(|index| 100.0 + f64::from(index * index * 7 % 23) * 0.01).collect::<Vec<_>>());
        for read in &mut bars[40..] {
            read.bar.open_time = read.bar.open_time.plus_bars(1, Timeframe::MINUTE);
            (read.bar.high, read.bar.low) = (read.bar.high * 2.0, read.bar.low * 2.0);
            read.bar.close *= 2.0;
        }
        assert!(outliers(&bars, Timeframe::MINUTE).is_empty());
    }
}
