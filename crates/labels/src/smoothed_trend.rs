//! L5: a slow trend that has to be convincing before it counts.

use features::{Window, sample_std};
use market::{Bar, Direction};
use serde::{Deserialize, Serialize};

/// The slope of an exponential average with hysteresis, begun at the start of a segment.
///
/// `z_t = ln(EMA_t / EMA_{t−slope}) / (σ_t·√slope)`, where EMA has weight 2/(`ema`+1) and starts with the
/// first close, and `σ_t` is the sample standard deviation of the last `sigma` log returns. bullish from
/// z > `enter` on until z < `leave`, bearish from z < −`enter` on until z > −`leave`, else neutral; a trend
/// may turn into its opposite within one bar. z is 0 where σ is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmoothedTrendRule {
    settings: TrendSettings,
    previous_close: Option<f64>,
    average: f64,
    averages: Window,
    returns: Window,
    state: Direction,
}

/// Lengths in bars, and levels of z.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrendSettings {
    pub(crate) ema: usize,
    pub(crate) slope: usize,
    pub(crate) sigma: usize,
    pub(crate) enter: f64,
    pub(crate) leave: f64,
}

impl SmoothedTrendRule {
    pub(crate) fn new(settings: TrendSettings) -> Self {
        Self {
            settings,
            previous_close: None,
            average: 0.0,
            averages: Window::new(settings.slope + 1),
            returns: Window::new(settings.sigma),
            state: Direction::Neutral,
        }
    }

    /// Takes the next bar; answers with the class once the rule is warm.
    pub(crate) fn update(&mut self, bar: &Bar) -> Option<u8> {
        self.step(bar.close).map(|state| state as u8)
    }

    fn step(&mut self, close: f64) -> Option<Direction> {
        match self.previous_close.replace(close) {
            None => self.average = close,
            Some(previous) => {
                self.average += 2.0 / (self.settings.ema as f64 + 1.0) * (close - self.average);
                self.returns.push((close / previous).ln());
            }
        }
        self.averages.push(self.average);
        let before = self.averages.ago(self.settings.slope)?;
        if !self.returns.is_full() {
            return None;
        }
        let unit = sample_std(self.returns.values()) * (self.settings.slope as f64).sqrt();
        let z = if unit > 0.0 { (self.average / before).ln() / unit } else { 0.0 };
        self.state = self.next(z);
        Some(self.state)
    }

    fn next(&self, z: f64) -> Direction {
        let TrendSettings { enter, leave, .. } = self.settings;
        match self.state {
            Direction::Bullish if z >= leave => Direction::Bullish,
            Direction::Bearish if z <= -leave => Direction::Bearish,
            _ if z > enter => Direction::Bullish,
            _ if z < -enter => Direction::Bearish,
            _ => Direction::Neutral,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hysteresis_by_hand() {
        let settings = TrendSettings { ema: 100, slope: 24, sigma: 288, enter: 0.6, leave: 0.2 };
        let mut rule = SmoothedTrendRule::new(settings);
        let mut follow = |levels: &[f64]| {
            let mut last = Direction::Neutral;
            for z in levels {
                last = rule.next(*z);
                rule.state = last;
            }
            last
        };
        assert_eq!(follow(&[0.59]), Direction::Neutral);
        assert_eq!(follow(&[0.61]), Direction::Bullish);
        assert_eq!(follow(&[0.3, 0.21, 0.2]), Direction::Bullish);
        assert_eq!(follow(&[0.19, 0.59]), Direction::Neutral);
        assert_eq!(follow(&[0.7, -0.7]), Direction::Bearish);
        assert_eq!(follow(&[-0.3, -0.2]), Direction::Bearish);
        assert_eq!(follow(&[-0.19]), Direction::Neutral);
    }

    #[test]
    fn a_market_that_stands_still_has_no_trend() {
        let settings = TrendSettings { ema: 3, slope: 2, sigma: 4, enter: 0.6, leave: 0.2 };
        let mut rule = SmoothedTrendRule::new(settings);
        let states: Vec<_> = (0..6).map(|_| rule.step(100.0)).collect();
        let flat = Some(Direction::Neutral);
        assert_eq!(states, [None, None, None, None, flat, flat]);
    }
}
