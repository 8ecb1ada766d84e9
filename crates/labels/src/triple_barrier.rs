//! L2: which of three barriers the price reaches first.

use features::{Window, sample_std};
use market::{Bar, BarSeries, Direction};

use crate::label::Label;

/// Widths in units of `σ_t·√horizon`, where `σ_t` is the sample standard deviation of the last
/// `sigma_window` log returns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Barriers {
    pub(crate) horizon: usize,
    pub(crate) sigma_window: usize,
    pub(crate) profit: f64,
    pub(crate) stop: f64,
}

impl Barriers {
    /// bullish when a high reaches `close·exp(profit·σ_t·√horizon)` before a low reaches
    /// `close·exp(−stop·σ_t·√horizon)` within `horizon` bars, bearish the other way round, neutral when one
    /// bar reaches both or none does. The outcome is known at the bar of the touch: a bar near the end of
    /// the data or before a hole has a label if a barrier was touched in time, none if time ran out.
    pub(crate) fn label(self, series: &BarSeries) -> Vec<Option<Label>> {
        let bars = series.bars();
        let mut labels = vec![None; bars.len()];
        for segment in series.segments() {
            let mut returns = Window::new(self.sigma_window);
            for t in segment.clone() {
                if t > segment.start {
                    returns.push((bars[t].close / bars[t - 1].close).ln());
                }
                if returns.is_full() {
                    let unit = sample_std(returns.values()) * (self.horizon as f64).sqrt();
                    labels[t] = self.first_touch(bars, t, segment.end, unit);
                }
            }
        }
        labels
    }

    fn first_touch(self, bars: &[Bar], t: usize, end: usize, unit: f64) -> Option<Label> {
        let upper = bars[t].close * (self.profit * unit).exp();
        let lower = bars[t].close * (-self.stop * unit).exp();
        let label = |direction: Direction, last: usize| Label {
            class: direction as u8,
            from: bars[t + 1].open_time,
            until: bars[last].open_time,
        };
        for (offset, bar) in bars[t + 1..end].iter().take(self.horizon).enumerate() {
            let direction = match (bar.high >= upper, bar.low <= lower) {
                (true, false) => Direction::Bullish,
                (false, true) => Direction::Bearish,
                (true, true) => Direction::Neutral,
                (false, false) => continue,
            };
            return Some(label(direction, t + 1 + offset));
        }
        (t + self.horizon < end).then(|| label(Direction::Neutral, t + self.horizon))
    }
}

#[cfg(test)]
mod tests {
    use market::{GapPolicy, Timeframe, Timestamp};

    use super::*;

    /// What becomes of the fourth bar when the bars of the case, as (high, low), follow, and after how many.
    fn outcome(ahead: &[(f64, f64)]) -> Option<(Direction, usize)> {
        // Returns 0, +x, −x have a mean of 0 and a sample deviation of x: the barriers of `unit` x.
        let x = 0.01_f64;
        let mut prices = vec![(100.0, 100.0, 100.0), (100.0, 100.0, 100.0)];
        prices.push((100.0 * x.exp(), 100.0 * x.exp(), 100.0 * x.exp()));
        prices.push((100.0, 100.0, 100.0));
        prices.extend(ahead.iter().map(|(high, low)| (*high, *low, 100.0)));
        let bars: Vec<Bar> = prices
            .iter()
            .enumerate()
            .map(|(index, (high, low, close))| {
                let at = Timestamp::from_millis(0).plus_bars(index as i64, Timeframe::HOUR);
                Bar::new(at, Timeframe::HOUR, [*close, *high, *low, *close], 1.0).unwrap()
            })
            .collect();
        let times: Vec<Timestamp> = bars.iter().map(|bar| bar.open_time).collect();
        let series = BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
        // √4 = 2 and profit ½, stop 1: one x up, two x down.
        let barriers = Barriers { horizon: 4, sigma_window: 3, profit: 0.5, stop: 1.0 };
        let label = barriers.label(&series)[3]?;
        assert_eq!(label.from, times[4]);
        let until = times.iter().position(|time| *time == label.until).unwrap();
        Some((Direction::ALL[usize::from(label.class)], until - 3))
    }

    #[test]
    fn the_first_touch_decides() {
        let quiet = (100.9, 98.1);
        let (up, down, both) = ((101.1, 99.0), (100.0, 97.9), (101.1, 97.9));
        assert_eq!(outcome(&[quiet, up, down, quiet]), Some((Direction::Bullish, 2)));
        assert_eq!(outcome(&[down, up, quiet, quiet]), Some((Direction::Bearish, 1)));
        assert_eq!(outcome(&[quiet, quiet, quiet, both]), Some((Direction::Neutral, 4)));
        assert_eq!(outcome(&[quiet, quiet, quiet, quiet, up]), Some((Direction::Neutral, 4)));
        // At the end of the data: touched in time, or not known yet.
        assert_eq!(outcome(&[quiet, up]), Some((Direction::Bullish, 2)));
        assert_eq!(outcome(&[quiet, quiet, quiet]), None);
        assert_eq!(outcome(&[]), None);
    }
}
