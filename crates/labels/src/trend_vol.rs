//! L3: trend and volatility together, by a rule.

use features::{RollingMedian, Window, mean, sample_std};
use market::{Bar, Trend, TrendVol, Volatility};
use serde::{Deserialize, Serialize};

/// The six-state rule over log returns, begun at the start of a segment.
///
/// With the mean m and sample standard deviation s of the last `window` returns: bull when m exceeds the
/// threshold, bear when it lies below its negative, else sideways; high volatility when s exceeds its
/// median over the last `reference` bars. The threshold is `scale·S/√window` with S the sample standard
/// deviation of the last `reference` returns, or a fixed mean return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrendVolRule {
    window: usize,
    threshold: Threshold,
    previous_close: Option<f64>,
    returns: Window,
    usual: RollingMedian,
}

/// What the mean return has to exceed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Threshold {
    /// In standard errors of the mean by the reference deviation.
    Scaled(f64),
    /// A mean log return.
    Fixed(f64),
}

impl TrendVolRule {
    /// `reference` must not be shorter than `window`.
    pub(crate) fn new(window: usize, reference: usize, threshold: Threshold) -> Self {
        Self {
            window,
            threshold,
            previous_close: None,
            returns: Window::new(reference),
            usual: RollingMedian::new(reference),
        }
    }

    /// Takes the next bar; answers with the class once the rule is warm.
    pub(crate) fn update(&mut self, bar: &Bar) -> Option<u8> {
        self.step(bar.close).map(|state| state as u8)
    }

    fn step(&mut self, close: f64) -> Option<TrendVol> {
        let previous = self.previous_close.replace(close)?;
        self.returns.push((close / previous).ln());
        let recent = self.returns.last(self.window)?;
        let (drift, volatility) = (mean(recent), sample_std(recent));
        let usual = self.usual.update(volatility)?;
        let threshold = match self.threshold {
            Threshold::Scaled(scale) => {
                scale * sample_std(self.returns.values()) / (self.window as f64).sqrt()
            }
            Threshold::Fixed(threshold) => threshold,
        };
        let trend = if drift > threshold {
            Trend::Bull
        } else if drift < -threshold {
            Trend::Bear
        } else {
            Trend::Sideways
        };
        let volatility = if volatility > usual { Volatility::High } else { Volatility::Low };
        Some(TrendVol::of(trend, volatility))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let run = |threshold: Threshold, returns: &[f64]| {
            let mut rule = TrendVolRule::new(2, 3, threshold);
            let mut close = 1.0_f64;
            let mut state = rule.step(close);
            for r in returns {
                close *= r.exp();
                state = rule.step(close);
            }
            state
        };
        // Deviations of pairs: |a − b|/√2. Three of them are needed, so four returns.
        let fixed = Threshold::Fixed(0.01);
        assert_eq!(run(fixed, &[0.0, 0.01, 0.03]), None);
        assert_eq!(run(fixed, &[0.0, 0.01, 0.03, 0.02]), Some(TrendVol::BullLowVol));
        assert_eq!(run(fixed, &[0.0, 0.01, 0.03, 0.08]), Some(TrendVol::BullHighVol));
        assert_eq!(run(fixed, &[0.0, 0.01, 0.0, 0.019]), Some(TrendVol::SidewaysHighVol));
        assert_eq!(run(fixed, &[0.0, 0.0, -0.05, -0.05]), Some(TrendVol::BearLowVol));
        // S of (.01, 0, .019) is .0095044, over √2 .0067206; the mean is .0095.
        let rose = &[0.0, 0.01, 0.0, 0.019];
        assert_eq!(run(Threshold::Scaled(1.4), rose), Some(TrendVol::BullHighVol));
        assert_eq!(run(Threshold::Scaled(1.42), rose), Some(TrendVol::SidewaysHighVol));
    }
}
