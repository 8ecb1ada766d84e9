//! Bars of a larger timeframe, built from closed bars of a smaller one.
//!
//! A bucket is one bar of the larger timeframe. Buckets lie on one grid for all symbols, in UTC: they are
//! counted from the Unix epoch (so days start at midnight UTC, and `3d` bars every third day since
//! 1970-01-01), but whole numbers of weeks are counted from Monday 1970-01-05, so weeks start on Mondays.
//!
//! A small bar belongs to the bucket in which it opens. Small bars may be missing inside a bucket: it is
//! built from those that are there. Where the small bars begin (or begin again behind a breaking hole)
//! after a bucket's start, that bucket is left out, and so is one that a breaking hole or the end of the
//! data cuts off: a larger bar is the same whenever its computation began.

use serde::{Deserialize, Serialize};

use crate::{Bar, BarSeries, GapPolicy, SeriesError, Timeframe, Timestamp};

const WEEK_MILLIS: i64 = 7 * Timeframe::DAY.millis();
/// 1970-01-05, the first Monday of the epoch.
const MONDAY_MILLIS: i64 = 4 * Timeframe::DAY.millis();

/// The instant from which buckets of a timeframe are counted, in epoch milliseconds.
const fn origin(timeframe: Timeframe) -> i64 {
    if timeframe.millis() % WEEK_MILLIS == 0 { MONDAY_MILLIS } else { 0 }
}

/// Builds bars of a larger timeframe from closed bars, one at a time.
///
/// A larger bar is returned by the [`Resampler::update`] with which it becomes known, never before: when
/// a small bar closes at the bucket's end, or else when a small bar of a later bucket arrives. Open, high,
/// low and close are the first, highest, lowest and last of the small bars. Volumes and trades are their
/// sums, oldest first, and `None` where one small bar has none. `close_time` is the bucket's end, or the
/// close of a last small bar that reaches beyond it (bars off the grid).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resampler {
    from: Timeframe,
    to: Timeframe,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum State {
    /// No small bar yet.
    Start,
    /// Nothing to collect up to and with the bucket that starts here: it was returned, or left out.
    Past(Timestamp),
    /// The unfinished bucket.
    Building(Bar),
}

impl Resampler {
    /// A resampler that has seen no bar.
    ///
    /// # Errors
    /// [`ResampleError`] when `to` is not larger than `from`, not a whole multiple of it, or when bars of
    /// `from` would reach across the ends of its buckets (`3d` to `3w`).
    pub fn new(from: Timeframe, to: Timeframe) -> Result<Self, ResampleError> {
        if to <= from {
            return Err(ResampleError::NotLarger { from, to });
        }
        if to.millis() % from.millis() != 0 {
            return Err(ResampleError::NotMultiple { from, to });
        }
        if (origin(to) - origin(from)) % from.millis() != 0 {
            return Err(ResampleError::AcrossBuckets { from, to });
        }
        Ok(Self { from, to, state: State::Start })
    }

    /// Timeframe of the bars that come in.
    pub fn from(&self) -> Timeframe {
        self.from
    }

    /// Timeframe of the bars that go out.
    pub fn to(&self) -> Timeframe {
        self.to
    }

    /// The start of the bucket to which a bar that opens at `open_time` belongs.
    pub fn bucket_start(&self, open_time: Timestamp) -> Timestamp {
        let (origin, length) = (origin(self.to), self.to.millis());
        Timestamp::from_millis((open_time.millis() - origin).div_euclid(length) * length + origin)
    }

    /// Takes the next closed bar, which opens after the one before it. Returns the larger bars that are
    /// known by this bar's close time, oldest first: at most two (an earlier bucket whose last small bars
    /// are missing, and the one that this bar completes).
    ///
    /// What is left at the end of the data is an unfinished bucket; it is never returned. A bar that opens
    /// in a bucket already returned (bars that overlap) is left out, for what was returned can't change.
    pub fn update(&mut self, bar: &Bar) -> ClosedBars {
        let start = self.bucket_start(bar.open_time);
        let mut closed = ClosedBars::default();
        let bucket = match self.state {
            State::Past(past) if start <= past => return closed,
            // A bar could have opened before this one in the same bucket.
            State::Start if bar.open_time.millis() - start.millis() >= self.from.millis() => {
                self.state = State::Past(start);
                return closed;
            }
            State::Building(bucket) if start <= bucket.open_time => joined(&bucket, bar),
            State::Building(bucket) => {
                closed.push(bucket);
                self.opened(start, bar)
            }
            State::Start | State::Past(_) => self.opened(start, bar),
        };
        if bar.close_time >= start.plus_bars(1, self.to) {
            closed.push(bucket);
            self.state = State::Past(start);
        } else {
            self.state = State::Building(bucket);
        }
        closed
    }

    /// Forgets the unfinished bucket, as after a breaking hole: the next bar is treated as the first.
    pub fn restart(&mut self) {
        self.state = State::Start;
    }

    /// A bucket that so far holds one bar.
    fn opened(&self, start: Timestamp, bar: &Bar) -> Bar {
        let end = start.plus_bars(1, self.to);
        Bar { open_time: start, close_time: end.max(bar.close_time), ..*bar }
    }
}

/// A bucket with one more bar.
fn joined(bucket: &Bar, bar: &Bar) -> Bar {
    Bar {
        open_time: bucket.open_time,
        close_time: bucket.close_time.max(bar.close_time),
        open: bucket.open,
        high: bucket.high.max(bar.high),
        low: bucket.low.min(bar.low),
        close: bar.close,
        volume: bucket.volume + bar.volume,
        quote_volume: bucket.quote_volume.zip(bar.quote_volume).map(|(sum, next)| sum + next),
        trades: bucket.trades.zip(bar.trades).and_then(|(sum, next)| sum.checked_add(next)),
        taker_buy_volume: bucket.taker_buy_volume.zip(bar.taker_buy_volume).map(|(sum, next)| sum + next),
    }
}

/// The larger bars that one small bar closed: none, one or two, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClosedBars([Option<Bar>; 2]);

impl ClosedBars {
    fn push(&mut self, bar: Bar) {
        self.0[usize::from(self.0[0].is_some())] = Some(bar);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// The newest of them.
    pub fn last(&self) -> Option<&Bar> {
        self.iter().last()
    }

    /// The bars, oldest first.
    pub fn iter(&self) -> std::iter::Flatten<std::slice::Iter<'_, Option<Bar>>> {
        self.0.iter().flatten()
    }
}

impl IntoIterator for ClosedBars {
    type Item = Bar;
    type IntoIter = std::iter::Flatten<std::array::IntoIter<Option<Bar>, 2>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl<'a> IntoIterator for &'a ClosedBars {
    type Item = &'a Bar;
    type IntoIter = std::iter::Flatten<std::slice::Iter<'a, Option<Bar>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The whole series in a larger timeframe: the fold of [`Resampler`] over each of its segments.
///
/// The larger series is cut where the smaller one is, and nowhere else. Of a hole that cuts, every bucket
/// it touches is left out; of one that does not, only the buckets it covers whole. So with k small bars to
/// a larger one, m missing small bars are a cut exactly when ⌊m / k⌋ missing larger ones are exceeded, and
/// that is the larger series' gap policy.
///
/// # Errors
/// [`ResampleError`] as in [`Resampler::new`], [`ResampleError::References`] when the series has references,
/// and [`ResampleError::NothingClosed`] when it holds no whole bucket.
pub fn resample(series: &BarSeries, to: Timeframe) -> Result<BarSeries, ResampleError> {
    let from = series.timeframe();
    let mut resampler = Resampler::new(from, to)?;
    if !series.references().is_empty() {
        return Err(ResampleError::References);
    }
    let mut bars = Vec::with_capacity(series.len() / (to.millis() / from.millis()).max(1) as usize);
    for segment in series.segments() {
        resampler.restart();
        for bar in &series.bars()[segment.clone()] {
            bars.extend(resampler.update(bar));
        }
    }
    if bars.is_empty() {
        return Err(ResampleError::NothingClosed { from, to, n_bars: series.len() });
    }
    let per_bucket = (to.millis() / from.millis()).cast_unsigned();
    let gaps = GapPolicy { max_missing_bars: series.gaps().max_missing_bars / per_bucket };
    Ok(BarSeries::new(series.symbol(), to, gaps, bars)?)
}

/// Why bars can't be put into a larger timeframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// The same timeframe, or a smaller one.
    #[error("bars of {from} can't become bars of {to}; choose a timeframe larger than {from}")]
    NotLarger {
        /// Timeframe of the bars.
        from: Timeframe,
        /// Wanted timeframe.
        to: Timeframe,
    },
    /// Not a whole number of small bars.
    #[error("a bar of {to} is not a whole number of bars of {from}; choose a multiple of {from}")]
    NotMultiple {
        /// Timeframe of the bars.
        from: Timeframe,
        /// Wanted timeframe.
        to: Timeframe,
    },
    /// Weeks start on Mondays, and the small bars reach across.
    #[error("bars of {from} reach across the Mondays at which bars of {to} start; choose smaller bars")]
    AcrossBuckets {
        /// Timeframe of the bars.
        from: Timeframe,
        /// Wanted timeframe.
        to: Timeframe,
    },
    /// No bucket begins and ends within the series.
    #[error("the {n_bars} bars of {from} hold no whole bar of {to}; load a longer series")]
    NothingClosed {
        /// Timeframe of the bars.
        from: Timeframe,
        /// Wanted timeframe.
        to: Timeframe,
        /// Number of small bars.
        n_bars: usize,
    },
    /// The series has other symbols beside it.
    #[error("a series with references can't be resampled; resample every symbol, then put them side by side")]
    References,
    /// The larger bars are not a series.
    #[error(transparent)]
    Series(#[from] SeriesError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const M15: i64 = 900_000;

    /// Quarter-hour bars that open at these quarters of an hour since the epoch; bar q closes at 100 + q.
    fn bars(quarters: &[i64]) -> Vec<Bar> {
        let bar = |q: &i64| {
            let close = 100.0 + *q as f64;
            let open_time = Timestamp::from_millis(q * M15);
            let bar = Bar::new(open_time, quarter(), [close - 1.0, close + 5.0, close - 5.0, close], 2.0);
            Bar { trades: Some(3), ..bar.unwrap() }
        };
        quarters.iter().map(bar).collect()
    }

    fn quarter() -> Timeframe {
        Timeframe::from_millis(M15).unwrap()
    }

    fn hours(quarters: &[i64]) -> Vec<(i64, f64)> {
        let mut resampler = Resampler::new(quarter(), Timeframe::HOUR).unwrap();
        let closed = bars(quarters).into_iter().flat_map(|bar| resampler.update(&bar)).collect::<Vec<_>>();
        closed.iter().map(|bar| (bar.open_time.millis() / (4 * M15), bar.volume)).collect()
    }

    #[test]
    fn an_hour_is_first_highest_lowest_last_and_sum() {
        let mut resampler = Resampler::new(quarter(), Timeframe::HOUR).unwrap();
        let bars = bars(&[4, 5, 6, 7]);
        for bar in &bars[..3] {
            assert!(resampler.update(bar).is_empty());
        }
        let closed = resampler.update(&bars[3]);
        assert_eq!(closed.len(), 1);
        let hour = closed.last().unwrap();
        let expected = [103.0_f64, 112.0, 99.0, 107.0, 8.0];
        let found = [hour.open, hour.high, hour.low, hour.close, hour.volume];
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits));
        assert_eq!((hour.trades, hour.quote_volume), (Some(12), None));
        assert_eq!((hour.open_time, hour.close_time), (bars[0].open_time, bars[3].close_time));
    }

    #[test]
    fn partial_ends_are_left_out_and_inner_holes_are_not() {
        // Hour 0 begins late, hour 1 lacks a bar inside, hour 2 its first, hour 3 its last; 5 is unfinished.
        assert_eq!(
            hours(&[1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 19, 20, 21]),
            [(1, 6.0), (2, 6.0), (3, 6.0), (4, 2.0)]
        );
    }

    #[test]
    fn one_bar_can_close_two_buckets() {
        let mut resampler = Resampler::new(quarter(), Timeframe::HOUR).unwrap();
        let bars = bars(&[0, 1, 7]);
        assert!(resampler.update(&bars[0]).is_empty() && resampler.update(&bars[1]).is_empty());
        let starts: Vec<i64> = resampler.update(&bars[2]).iter().map(|bar| bar.open_time.millis()).collect();
        assert_eq!(starts, [0, 4 * M15]);
    }

    #[test]
    fn a_restart_forgets_both_broken_parts() {
        let mut resampler = Resampler::new(quarter(), Timeframe::HOUR).unwrap();
        let bars = bars(&[0, 1, 6, 7, 8, 9, 10, 11]);
        let mut closed: Vec<Bar> = bars[..2].iter().flat_map(|bar| resampler.update(bar)).collect();
        resampler.restart();
        closed.extend(bars[2..].iter().flat_map(|bar| resampler.update(bar)));
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0].open_time.millis(), 8 * M15);
    }

    #[test]
    fn weeks_start_on_mondays() {
        let week: Timeframe = "1w".parse().unwrap();
        let resampler = Resampler::new(Timeframe::DAY, week).unwrap();
        // 2024-02-29 was a Thursday, 1969-12-30 a Tuesday.
        for (day, monday) in
            [(19_782, "2024-02-26"), (19_779, "2024-02-26"), (19_778, "2024-02-19"), (-2, "1969-12-29")]
        {
            let start = resampler.bucket_start(Timestamp::from_millis(day * 86_400_000));
            assert_eq!(start.to_string(), format!("{monday} 00:00:00"));
        }
        let resampler = Resampler::new(Timeframe::DAY, "3d".parse().unwrap()).unwrap();
        assert_eq!(resampler.bucket_start(Timestamp::from_millis(-1)).to_string(), "1969-12-29 00:00:00");
    }

    #[test]
    fn timeframes_that_do_not_fit_are_refused() {
        let new =
            |from: &str, to: &str| Resampler::new(from.parse().unwrap(), to.parse().unwrap()).map(|_| ());
        for (from, to) in [("15m", "15m"), ("1h", "15m")] {
            assert!(matches!(new(from, to), Err(ResampleError::NotLarger { .. })));
        }
        assert!(matches!(new("25m", "1h"), Err(ResampleError::NotMultiple { .. })));
        assert!(matches!(new("3d", "3w"), Err(ResampleError::AcrossBuckets { .. })));
        for (from, to) in [("15m", "1h"), ("8h", "1w"), ("1w", "2w"), ("2d", "2w")] {
            assert_eq!(new(from, to), Ok(()));
        }
        let series = BarSeries::new("X", quarter(), GapPolicy::CONTINUOUS, bars(&[1, 2, 3])).unwrap();
        let error = resample(&series, Timeframe::HOUR).unwrap_err();
        assert_eq!(error.to_string(), "the 3 bars of 15m hold no whole bar of 1h; load a longer series");
    }

    #[test]
    fn a_bar_across_the_end_makes_the_bucket_known_later() {
        let mut resampler = Resampler::new(quarter(), Timeframe::HOUR).unwrap();
        let off_grid = |q: i64| {
            let open_time = Timestamp::from_millis(q * M15 + M15 / 2);
            Bar::new(open_time, quarter(), [1.0; 4], 1.0).unwrap()
        };
        let closed: Vec<ClosedBars> = (0..8).map(|q| resampler.update(&off_grid(q))).collect();
        assert_eq!(closed.iter().map(ClosedBars::len).collect::<Vec<_>>(), [0, 0, 0, 1, 0, 0, 0, 1]);
        let hour = closed[3].last().unwrap();
        assert_eq!((hour.open_time.millis(), hour.close_time), (0, off_grid(3).close_time));
    }
}
