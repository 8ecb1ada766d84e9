//! Which bars are taken.
//!
//! The rules, by open time against the newest bar that was taken: a later one is taken, and a hole before it is counted (the
//! gap policy says whether state restarts behind it). The same again is a duplicate and ignored. The same open time with other
//! values is a revision: what was predicted stands, since it was made from what was known, and the state goes back by that bar
//! and takes it as it really was. An earlier one is late and ignored, whether it fills a hole or not. A bar whose close does not lie one timeframe
//! behind its open is no bar of this model.

use market::{Bar, Timeframe};
use serde::{Deserialize, Serialize};

/// What becomes of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Taken,
    Duplicate,
    Revised,
    Late,
    Invalid,
}

/// How many bars met which rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IngestCounts {
    pub(crate) taken: u64,
    pub(crate) duplicate: u64,
    pub(crate) revised: u64,
    pub(crate) late: u64,
    pub(crate) invalid: u64,
    /// Bars that are missing between those that were taken.
    pub(crate) holes: u64,
}

impl IngestCounts {
    /// Judges a bar against the newest one that was taken, and counts it.
    pub(crate) fn judge(&mut self, newest: Option<&Bar>, bar: &Bar, timeframe: Timeframe) -> Verdict {
        if bar.close_time != bar.open_time.plus_bars(1, timeframe) {
            self.invalid += 1;
            return Verdict::Invalid;
        }
        let Some(newest) = newest else {
            self.taken += 1;
            return Verdict::Taken;
        };
        match bar.open_time.cmp(&newest.open_time) {
            std::cmp::Ordering::Greater => {
                let distance = bar.open_time.millis() - newest.open_time.millis();
                self.holes += (distance / timeframe.millis() - 1).max(0).cast_unsigned();
                self.taken += 1;
                Verdict::Taken
            }
            std::cmp::Ordering::Equal if bar == newest => {
                self.duplicate += 1;
                Verdict::Duplicate
            }
            std::cmp::Ordering::Equal => {
                self.revised += 1;
                Verdict::Revised
            }
            std::cmp::Ordering::Less => {
                self.late += 1;
                Verdict::Late
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use market::Timestamp;

    use super::Verdict::{Duplicate, Invalid, Late, Revised, Taken};
    use super::*;

    #[test]
    fn every_rule_by_hand() {
        let bar = |minute: i64, close: f64| {
            let at = Timestamp::from_millis(minute * 60_000);
            Bar::new(at, Timeframe::MINUTE, [1.0, 9.0, 0.5, close], 1.0).unwrap()
        };
        let mut counts = IngestCounts::default();
        let mut newest: Option<Bar> = None;
        let mut judge = |bar: Bar| {
            let verdict = counts.judge(newest.as_ref(), &bar, Timeframe::MINUTE);
            if verdict == Taken {
                newest = Some(bar);
            }
            verdict
        };
        let longer = Bar { close_time: Timestamp::from_millis(300_000), ..bar(0, 1.0) };
        let said = [
            judge(bar(0, 1.0)),
            judge(bar(1, 1.0)),
            judge(bar(1, 1.0)),
            judge(bar(1, 2.0)),
            judge(bar(4, 1.0)),
            judge(bar(3, 1.0)),
            judge(longer),
        ];
        assert_eq!(said, [Taken, Taken, Duplicate, Revised, Taken, Late, Invalid]);
        let expected = IngestCounts { taken: 3, duplicate: 1, revised: 1, late: 1, invalid: 1, holes: 2 };
        assert_eq!(counts, expected);
    }
}
