//! What the detectors see of the market: its recent drift and volatility against its own longer past.

use features::{Window, sample_std};
use market::Bar;
use serde::{Deserialize, Serialize};

/// Bars of the standard deviation that the inputs are measured in.
const REFERENCE: usize = 288;
/// Half-life of the mean return, in bars.
const MEAN_HALF_LIFE: f64 = 8.0;
/// Half-life of the volatility, in bars.
const VOLATILITY_HALF_LIFE: f64 = 12.0;
/// Bars until the first observation: the reference window of returns.
pub const INPUT_WARM_UP: usize = REFERENCE + 1;

/// Mean return in reference standard deviations, and log of volatility over the reference.
pub type Observation = [f64; 2];

/// Turns closed bars of one segment into observations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegimeInputs {
    returns: Window,
    previous_close: Option<f64>,
    mean: f64,
    variance: f64,
}

impl Default for RegimeInputs {
    fn default() -> Self {
        Self { returns: Window::new(REFERENCE), previous_close: None, mean: 0.0, variance: 0.0 }
    }
}

impl RegimeInputs {
    /// At the start of a segment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar; answers from bar [`INPUT_WARM_UP`] on. A market that did not move at all over
    /// the reference window gives no observation.
    pub fn update(&mut self, bar: &Bar) -> Option<Observation> {
        let previous = self.previous_close.replace(bar.close)?;
        let log_return = (bar.close / previous).ln();
        if self.returns.values().is_empty() {
            (self.mean, self.variance) = (log_return, log_return * log_return);
        }
        let weight = |half_life: f64| 1.0 - 0.5_f64.powf(1.0 / half_life);
        self.mean += weight(MEAN_HALF_LIFE) * (log_return - self.mean);
        self.variance += weight(VOLATILITY_HALF_LIFE) * (log_return * log_return - self.variance);
        self.returns.push(log_return);
        let reference = sample_std(self.returns.values());
        let volatility = self.variance.sqrt();
        (self.returns.is_full() && reference > 0.0 && volatility > 0.0)
            .then(|| [self.mean / reference, (volatility / reference).ln()])
    }
}
