//! Where a series is cut.

use market::{BarSeries, Purpose, Seed};
use rand::RngExt;

/// Positions early in the file: what fills or fits a warm-up from behind shows only there.
const EARLY: [usize; 8] = [1, 3, 10, 30, 100, 300, 1000, 3000];
/// Share of the file before which no late place lies.
const LATE_FROM: f64 = 0.3;
/// Lengths in bars of strides that values are usually held for, longest first; each divides the first.
const STRIDES: [i64; 6] = [288, 96, 48, 24, 12, 2];

/// Positions of the first bar that is cut off or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cuts {
    /// Within the first third of the file.
    pub(crate) early: Vec<usize>,
    /// Spread over the rest, and next to what is odd.
    pub(crate) late: Vec<usize>,
}

impl Cuts {
    /// `count` places spread over the file from a third on: every second at random, the others next to the
    /// start of a stride. Besides, the hole that divides the bars best, and one flat bar or bar without
    /// volume, when there are any: what fills holes from behind shows only there.
    pub(crate) fn choose(series: &BarSeries, count: usize, seed: Seed) -> Self {
        let n = series.len();
        let mut random = seed.stream(Purpose::LeakCheck, &[0]);
        let start = (n as f64 * LATE_FROM) as usize;
        let mut late: Vec<usize> = (0..count)
            .map(|part| {
                let from = start + (n - start) * part / count;
                let to = (start + (n - start) * (part + 1) / count).max(from + 1);
                let place = random.random_range(from..to);
                let near = if part % 2 == 0 { None } else { stride_start(series, from..to) };
                // One bar before the start, on it, one behind it.
                near.map_or(place, |stride| stride + part / 2 % 3).saturating_sub(usize::from(near.is_some()))
            })
            .collect();
        late.extend(best_hole(series));
        let odd: Vec<usize> = (n / 10..n.saturating_sub(1))
            .filter(|&bar| series.bars()[bar].is_flat() || series.bars()[bar].volume <= 0.0)
            .collect();
        if !odd.is_empty() {
            late.push(odd[random.random_range(0..odd.len())] + 1);
        }
        for place in &mut late {
            *place = (*place).clamp(1, n.saturating_sub(1).max(1));
        }
        late.sort_unstable();
        late.dedup();
        Self { early: EARLY.into_iter().filter(|place| *place * 3 < n).collect(), late }
    }
}

/// A bar in the range at which the longest possible stride starts, counted from the epoch.
fn stride_start(series: &BarSeries, range: std::ops::Range<usize>) -> Option<usize> {
    let ordinal = |bar: usize| series.bars()[bar].open_time.millis() / series.timeframe().millis();
    STRIDES.iter().find_map(|stride| range.clone().find(|&bar| ordinal(bar) % stride == 0))
}

/// The start of the segment that has most bars on both sides.
fn best_hole(series: &BarSeries) -> Option<usize> {
    let starts = series.segments().iter().skip(1).map(|segment| segment.start);
    starts.max_by_key(|&start| start.min(series.len() - start))
}

#[cfg(test)]
mod tests {
    use market::{Bar, GapPolicy, Timeframe, Timestamp};

    use super::*;

    fn series(times: impl Iterator<Item = i64>) -> BarSeries {
        let bar = |hour: i64| {
            let time = Timestamp::from_millis(hour * 3_600_000);
            Bar::new(time, Timeframe::HOUR, [1.0, 2.0, 0.5, 1.5], 1.0).unwrap()
        };
        BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, times.map(bar).collect()).unwrap()
    }

    #[test]
    fn places_are_spread_and_lie_next_to_strides_and_holes() {
        let hole = |hour: i64| hour + if hour < 700 { 5 } else { 105 };
        let bars = series((0..1000).map(hole));
        let cuts = Cuts::choose(&bars, 6, Seed(7));
        assert_eq!(cuts.early, [1, 3, 10, 30, 100, 300]);
        assert!(cuts.late.contains(&700));
        assert!(cuts.late.iter().all(|place| (300..1000).contains(place)), "{:?}", cuts.late);
        let ordinal = |place: usize| bars.bars()[place].open_time.millis() / 3_600_000;
        let next_to_one = cuts
            .late
            .iter()
            .filter(|&&place| [-1, 0, 1].iter().any(|offset| (ordinal(place) + offset) % 96 == 0));
        assert!(next_to_one.count() >= 2, "{:?}", cuts.late);
        assert_eq!(cuts, Cuts::choose(&bars, 6, Seed(7)));
        assert_ne!(cuts, Cuts::choose(&bars, 6, Seed(8)));
    }

    #[test]
    fn a_bar_without_volume_is_the_last_one_kept() {
        let mut bars = series(0..500).bars().to_vec();
        bars[400].volume = 0.0;
        let odd = BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
        assert!(Cuts::choose(&odd, 3, Seed(7)).late.contains(&401));
    }
}
