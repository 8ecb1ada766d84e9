//! A symbol's bars in time order, cut where too much is missing.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Bar, Reference, Timeframe, Timestamp};

/// How long a hole in the bars may be before rolling state has to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapPolicy {
    /// Longest run of missing bars that a series carries on over; a longer one ends the segment.
    pub max_missing_bars: u64,
}

impl GapPolicy {
    /// The limit for continuously traded markets: three missing bars.
    pub const CONTINUOUS: Self = Self { max_missing_bars: 3 };

    /// The limit that fits a series' own calendar.
    ///
    /// Markets that trade round the clock have few holes, and each is a fault: three bars. Where there are
    /// at least ten holes and one bar in 200 is followed by one (nights, weekends, holidays), holes up to
    /// the length that covers 99% of them are part of the calendar.
    pub fn from_holes(holes: &[Hole], n_bars: usize) -> Self {
        if holes.len() < 10 || holes.len() * 200 < n_bars {
            return Self::CONTINUOUS;
        }
        let mut lengths: Vec<u64> = holes.iter().map(|hole| hole.missing_bars).collect();
        lengths.sort_unstable();
        let covering = lengths[(lengths.len() * 99).div_ceil(100).saturating_sub(1)];
        Self { max_missing_bars: covering.max(Self::CONTINUOUS.max_missing_bars) }
    }

    /// True when state must restart at `next` after `previous`.
    pub fn breaks(self, previous: &Bar, next: &Bar, timeframe: Timeframe) -> bool {
        missing_bars(previous, next, timeframe) > self.max_missing_bars
    }
}

/// A run of missing bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// Open time of the last bar before the hole.
    pub after: Timestamp,
    /// Open time of the first bar behind it.
    pub before: Timestamp,
    /// How many bars are missing.
    pub missing_bars: u64,
}

/// How many bars are missing between two neighbours.
fn missing_bars(previous: &Bar, next: &Bar, timeframe: Timeframe) -> u64 {
    let distance = next.open_time.millis() - previous.open_time.millis();
    (distance / timeframe.millis() - 1).max(0).cast_unsigned()
}

/// Bars of one symbol and timeframe, strictly increasing in time, with their gap-free segments.
///
/// No window, label or return may cross a segment boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct BarSeries {
    symbol: String,
    timeframe: Timeframe,
    gaps: GapPolicy,
    bars: Vec<Bar>,
    segments: Vec<Range<usize>>,
    /// One close for each bar.
    references: Vec<Reference>,
}

impl BarSeries {
    /// A series from bars in time order.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] without bars; [`SeriesError::NotIncreasing`] where a bar does not open
    /// after the one before it.
    pub fn new(
        symbol: impl Into<String>,
        timeframe: Timeframe,
        gaps: GapPolicy,
        bars: Vec<Bar>,
    ) -> Result<Self, SeriesError> {
        if bars.is_empty() {
            return Err(SeriesError::Empty);
        }
        let mut segments = Vec::new();
        let mut start = 0;
        for (index, pair) in bars.windows(2).enumerate() {
            if pair[1].open_time <= pair[0].open_time {
                return Err(SeriesError::NotIncreasing { index: index + 1, at: pair[1].open_time });
            }
            if gaps.breaks(&pair[0], &pair[1], timeframe) {
                segments.push(start..index + 1);
                start = index + 1;
            }
        }
        segments.push(start..bars.len());
        Ok(Self { symbol: symbol.into(), timeframe, gaps, bars, segments, references: Vec::new() })
    }

    /// The same bars under another gap policy, with the references that it has.
    ///
    /// # Panics
    /// Never: the order was checked when the series was built.
    #[must_use]
    pub fn with_gaps(self, gaps: GapPolicy) -> Self {
        let series = Self::new(self.symbol, self.timeframe, gaps, self.bars)
            .expect("the order was checked when it was built");
        Self { references: self.references, ..series }
    }

    /// The bars of a range, with what was known of the references at each.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] for an empty range.
    ///
    /// # Panics
    /// When the range reaches beyond the bars.
    pub fn part(&self, range: Range<usize>) -> Result<Self, SeriesError> {
        let part = |one: &Reference| Reference {
            symbol: one.symbol.clone(),
            closes: one.closes[range.clone()].to_vec(),
        };
        let references = self.references.iter().map(part).collect();
        let series =
            Self::new(self.symbol.clone(), self.timeframe, self.gaps, self.bars[range.clone()].to_vec())?;
        Ok(Self { references, ..series })
    }

    /// Other symbols beside it, in the order in which they were given.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    pub(crate) fn set_references(&mut self, references: Vec<Reference>) {
        self.references = references;
    }

    /// Every run of missing bars, however short.
    pub fn holes(&self) -> Vec<Hole> {
        holes(&self.bars, self.timeframe)
    }

    /// Symbol, such as `BTCUSDT`.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Length of a bar.
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// The gap policy that cut the segments.
    pub fn gaps(&self) -> GapPolicy {
        self.gaps
    }

    /// All bars in time order.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// Index ranges without a breaking hole, in order; they cover every bar.
    pub fn segments(&self) -> &[Range<usize>] {
        &self.segments
    }

    /// Number of bars.
    pub fn len(&self) -> usize {
        self.bars.len()
    }

    /// Never true: a series has at least one bar.
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// Close prices, in quote currency.
    pub fn closes(&self) -> Vec<f64> {
        self.bars.iter().map(|bar| bar.close).collect()
    }

    /// The segment that holds bar `index`.
    ///
    /// # Panics
    /// When `index` is not a bar of the series.
    pub fn segment_of(&self, index: usize) -> Range<usize> {
        let position = self.segments.partition_point(|segment| segment.end <= index);
        self.segments[position].clone()
    }
}

/// Every run of missing bars between neighbours.
pub(crate) fn holes(bars: &[Bar], timeframe: Timeframe) -> Vec<Hole> {
    bars.windows(2)
        .filter_map(|pair| {
            let missing = missing_bars(&pair[0], &pair[1], timeframe);
            (missing > 0).then_some(Hole {
                after: pair[0].open_time,
                before: pair[1].open_time,
                missing_bars: missing,
            })
        })
        .collect()
}

/// Why bars are not a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// No bars.
    #[error("there are no bars")]
    Empty,
    /// A bar that does not open after its predecessor.
    #[error("bar {index} opens at {at}, not after the bar before it")]
    NotIncreasing {
        /// Position, counted from 0.
        index: usize,
        /// Its open time.
        at: Timestamp,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars_at(minutes: &[i64]) -> Vec<Bar> {
        minutes
            .iter()
            .map(|m| {
                Bar::new(Timestamp::from_millis(m * 60_000), Timeframe::MINUTE, [1.0; 4], 0.0).expect("valid")
            })
            .collect()
    }

    fn series(minutes: &[i64], limit: u64) -> BarSeries {
        BarSeries::new("X", Timeframe::MINUTE, GapPolicy { max_missing_bars: limit }, bars_at(minutes))
            .unwrap()
    }

    #[test]
    fn a_hole_longer_than_the_limit_cuts() {
        let minutes = [0, 1, 2, 6, 7, 12, 13];
        assert_eq!(series(&minutes, 3).segments(), &[0..5, 5..7]);
        assert_eq!(series(&minutes, 4).segments().len(), 1);
        assert_eq!(series(&minutes, 0).segments(), &[0..3, 3..5, 5..7]);
        assert_eq!(series(&minutes, 0).segment_of(4), 3..5);
        let missing: Vec<u64> = series(&minutes, 3).holes().iter().map(|hole| hole.missing_bars).collect();
        assert_eq!(missing, [3, 4]);
    }

    #[test]
    fn duplicates_and_disorder_are_refused() {
        for minutes in [[0, 1, 1], [0, 2, 1]] {
            let error =
                BarSeries::new("X", Timeframe::MINUTE, GapPolicy::CONTINUOUS, bars_at(&minutes)).unwrap_err();
            assert!(matches!(error, SeriesError::NotIncreasing { index: 2, .. }));
        }
    }

    #[test]
    fn a_calendar_with_weekends_is_one_segment() {
        let minutes: Vec<i64> = (0..70).filter(|day| day % 7 < 5).collect();
        let bars = bars_at(&minutes);
        let policy = GapPolicy::from_holes(&holes(&bars, Timeframe::MINUTE), bars.len());
        assert_eq!(policy, GapPolicy::CONTINUOUS);
        let minutes: Vec<i64> = (0..700).filter(|hour| hour % 24 < 7).collect();
        let bars = bars_at(&minutes);
        let policy = GapPolicy::from_holes(&holes(&bars, Timeframe::MINUTE), bars.len());
        assert_eq!(policy.max_missing_bars, 17);
    }
}
