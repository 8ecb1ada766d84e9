//! Closes of other symbols beside a series' own bars, as they were known at the time.

use crate::{Bar, BarSeries, Timeframe, Timestamp};

/// Another symbol as seen from the bars of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Symbol, such as `ETHUSDT`.
    pub symbol: String,
    /// For each bar of the series the close of the reference's newest bar that had closed by then, in quote
    /// currency.
    pub closes: Vec<f64>,
}

impl BarSeries {
    /// The series with `others` beside it, instead of those it had, in their order. Each of its bars sees the
    /// close of a reference's newest bar whose close time is not after its own, never a later one. In front
    /// the series is cut to where every reference has a close.
    ///
    /// A reference may lack as many bars in a row as the series' gap policy lets the series lack; until its
    /// next bar its last close stands.
    ///
    /// # Errors
    /// [`ReferenceError`] names the reference that has another timeframe, comes twice or is the series
    /// itself, begins so late that less than half of the series is left, ends early, or has too long a hole.
    ///
    /// # Panics
    /// Never: at least half of the bars are left where they are taken apart.
    pub fn with_references(self, others: &[Self]) -> Result<Self, ReferenceError> {
        let mut known = vec![self.symbol().to_lowercase()];
        for other in others {
            let reference = other.symbol().to_owned();
            if other.timeframe() != self.timeframe() {
                let (theirs, ours) = (other.timeframe(), self.timeframe());
                return Err(ReferenceError::Timeframe { reference, theirs, ours });
            }
            if known.contains(&reference.to_lowercase()) {
                return Err(ReferenceError::Twice { reference });
            }
            known.push(reference.to_lowercase());
        }
        let mut start = 0;
        for other in others {
            let begins = other.bars()[0].close_time;
            let from = self.bars().iter().take_while(|bar| bar.close_time < begins).count();
            if 2 * (self.len() - from) < self.len() {
                let spans = Box::new([span(&self), span(other)]);
                return Err(ReferenceError::TooLittle { reference: other.symbol().to_owned(), spans });
            }
            start = start.max(from);
        }
        let series = self.part(start..self.len()).expect("at least half of the bars are left");
        let references = others.iter().map(|other| reference(&series, other)).collect::<Result<_, _>>()?;
        series.carrying(references)
    }

    /// The series with these references instead of those it had.
    ///
    /// # Errors
    /// [`ReferenceError::Length`] for one without exactly one close for each bar.
    pub fn carrying(mut self, references: Vec<Reference>) -> Result<Self, ReferenceError> {
        let bars = self.len();
        if let Some(Reference { symbol, closes }) = references.iter().find(|one| one.closes.len() != bars) {
            return Err(ReferenceError::Length { reference: symbol.clone(), closes: closes.len(), bars });
        }
        self.set_references(references);
        Ok(self)
    }
}

/// The closes of `other` as each bar of `series` knew them.
fn reference(series: &BarSeries, other: &BarSeries) -> Result<Reference, ReferenceError> {
    let limit = series.gaps().max_missing_bars;
    let mut closes = Vec::with_capacity(series.len());
    let mut newest = 0;
    for bar in series.bars() {
        while other.bars().get(newest + 1).is_some_and(|next| next.close_time <= bar.close_time) {
            newest += 1;
        }
        let known = &other.bars()[newest];
        let missing = missing_bars(known, bar, series.timeframe());
        if missing > limit {
            let reference = other.symbol().to_owned();
            let (after, at) = (known.open_time, bar.open_time);
            return Err(match other.bars().get(newest + 1) {
                Some(next) => ReferenceError::Hole { reference, after, before: next.open_time, at, limit },
                None => ReferenceError::Ends { reference, last: after, at, limit },
            });
        }
        closes.push(known.close);
    }
    Ok(Reference { symbol: other.symbol().to_owned(), closes })
}

/// How many bars have closed since `known` did, up to and with `bar`.
fn missing_bars(known: &Bar, bar: &Bar, timeframe: Timeframe) -> u64 {
    ((bar.close_time.millis() - known.close_time.millis()) / timeframe.millis()).max(0).cast_unsigned()
}

/// Open times of the first and the last bar.
fn span(series: &BarSeries) -> [Timestamp; 2] {
    [series.bars()[0].open_time, series.bars()[series.len() - 1].open_time]
}

/// Why a series can't stand beside another.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Bars of another length.
    #[error("reference {reference} has bars of {theirs}, the series bars of {ours}; give it bars of {ours}")]
    Timeframe {
        /// Symbol.
        reference: String,
        /// Of the reference.
        theirs: Timeframe,
        /// Of the series.
        ours: Timeframe,
    },
    /// The same symbol again, or that of the series; case does not tell symbols apart.
    #[error("reference {reference} is the series itself or is named twice; name each other symbol once")]
    Twice {
        /// Symbol.
        reference: String,
    },
    /// It begins too late.
    #[error(
        "reference {reference} has bars from {} to {}, the series from {} to {}: less than half of the series is left; load a longer reference or leave it out",
        spans[1][0], spans[1][1], spans[0][0], spans[0][1]
    )]
    TooLittle {
        /// Symbol.
        reference: String,
        /// First and last bar of the series, then of the reference.
        spans: Box<[[Timestamp; 2]; 2]>,
    },
    /// Too long without a bar while the series has bars.
    #[error(
        "reference {reference} has no bar between {after} and {before}, but the series has one at {at}, more than max_missing_bars = {limit} bars later; complete the reference, raise max_missing_bars or leave it out"
    )]
    Hole {
        /// Symbol.
        reference: String,
        /// Open time of its last bar before the hole.
        after: Timestamp,
        /// Open time of its first bar behind it.
        before: Timestamp,
        /// Open time of the series' first bar that knows no fresh close.
        at: Timestamp,
        /// Longest run of missing bars.
        limit: u64,
    },
    /// It ends while the series goes on.
    #[error(
        "reference {reference} ends with the bar of {last}, but the series has one at {at}, more than max_missing_bars = {limit} bars later; load newer bars of the reference or leave it out"
    )]
    Ends {
        /// Symbol.
        reference: String,
        /// Open time of its last bar.
        last: Timestamp,
        /// Open time of the series' first bar that knows no fresh close.
        at: Timestamp,
        /// Longest run of missing bars.
        limit: u64,
    },
    /// Not one close for each bar.
    #[error("reference {reference} has {closes} closes for {bars} bars; give it one for each")]
    Length {
        /// Symbol.
        reference: String,
        /// As given.
        closes: usize,
        /// Bars of the series.
        bars: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GapPolicy;

    /// Minute bars that open at these minutes; the bar of minute m closes at `price + m`.
    fn series(symbol: &str, price: f64, minutes: impl IntoIterator<Item = i64>) -> BarSeries {
        let bar = |m: i64| {
            let open_time = Timestamp::from_millis(m * 60_000);
            Bar::new(open_time, Timeframe::MINUTE, [price + m as f64; 4], 1.0).unwrap()
        };
        let gaps = GapPolicy { max_missing_bars: 2 };
        BarSeries::new(symbol, Timeframe::MINUTE, gaps, minutes.into_iter().map(bar).collect()).unwrap()
    }

    fn closes(own: BarSeries, others: &[BarSeries]) -> Vec<Vec<f64>> {
        own.with_references(others).unwrap().references().iter().map(|one| one.closes.clone()).collect()
    }

    #[test]
    fn each_bar_sees_the_newest_closed_one() {
        let other = series("B", 100.0, [0, 1, 4, 5, 9]);
        let seen = closes(series("A", 1.0, 0..8), &[other]);
        assert_eq!(seen, [[100.0, 101.0, 101.0, 101.0, 104.0, 105.0, 105.0, 105.0]]);
    }

    #[test]
    fn a_bar_that_closes_later_is_never_seen() {
        // Half a minute off the grid: the bar that opens at 2.5 closes at 3.5, after the bar of minute 2.
        let bars = series("B", 100.0, 0..8).bars().to_vec();
        let shifted = bars.into_iter().map(|bar| {
            let later = |time: Timestamp| Timestamp::from_millis(time.millis() + 30_000);
            Bar { open_time: later(bar.open_time), close_time: later(bar.close_time), ..bar }
        });
        let gaps = GapPolicy { max_missing_bars: 2 };
        let other = BarSeries::new("B", Timeframe::MINUTE, gaps, shifted.collect()).unwrap();
        let with = series("A", 1.0, 0..8).with_references(&[other]).unwrap();
        assert_eq!(with.bars()[0].open_time.millis(), 60_000);
        assert_eq!(with.references()[0].closes, [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0]);
    }

    #[test]
    fn the_front_is_cut_to_where_all_have_a_close() {
        let others = [series("B", 100.0, 3..10), series("C", 200.0, 1..10)];
        let with = series("A", 1.0, 0..10).with_references(&others).unwrap();
        assert_eq!(with.bars()[0].open_time.millis(), 3 * 60_000);
        assert_eq!(with.references()[1].closes[..1], [203.0]);
        assert_eq!(with.references().iter().map(|one| one.symbol.as_str()).collect::<Vec<_>>(), ["B", "C"]);
        // A part and another gap policy keep what was known at each bar.
        let part = with.clone().with_gaps(GapPolicy { max_missing_bars: 0 }).part(2..4).unwrap();
        assert_eq!(part.references()[0].closes, [105.0, 106.0]);
        let late = series("A", 1.0, 0..10).with_references(&[series("B", 1.0, 6..10)]).unwrap_err();
        let text = late.to_string();
        for expected in ["reference B", "00:06:00", "00:09:00", "00:00:00", "less than half"] {
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_hole_or_an_early_end_is_named() {
        let own = || series("A", 1.0, 0..20);
        let holed = (0..20).filter(|m| !(5..8).contains(m));
        let error = own().with_references(&[series("B", 9.0, holed)]).unwrap_err();
        let [after, before, at] = [4, 8, 7].map(|m| Timestamp::from_millis(m * 60_000));
        assert_eq!(error, ReferenceError::Hole { reference: "B".to_owned(), after, before, at, limit: 2 });
        let error = own().with_references(&[series("B", 9.0, 0..17)]).unwrap_err();
        let [last, at] = [16, 19].map(|m| Timestamp::from_millis(m * 60_000));
        assert_eq!(error, ReferenceError::Ends { reference: "B".to_owned(), last, at, limit: 2 });
        assert!(own().with_references(&[series("B", 9.0, 0..18)]).is_ok());
        // Where the series itself has no bars nobody misses the reference's.
        let out = |m: &i64| !(5..15).contains(m);
        let both =
            series("A", 1.0, (0..20).filter(out)).with_references(&[series("B", 9.0, (0..20).filter(out))]);
        assert!(both.is_ok());
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        let own = || series("A", 1.0, 0..20);
        let twice = [series("B", 1.0, 0..20), series("b", 1.0, 0..20)];
        assert_eq!(own().with_references(&twice), Err(ReferenceError::Twice { reference: "b".to_owned() }));
        assert!(matches!(own().with_references(&[own()]), Err(ReferenceError::Twice { .. })));
        let hours = crate::resample(&series("B", 1.0, 0..180), Timeframe::HOUR).unwrap();
        assert!(matches!(own().with_references(&[hours]), Err(ReferenceError::Timeframe { .. })));
        let short = Reference { symbol: "B".to_owned(), closes: vec![1.0; 3] };
        assert!(matches!(
            own().carrying(vec![short]),
            Err(ReferenceError::Length { closes: 3, bars: 20, .. })
        ));
    }
}
