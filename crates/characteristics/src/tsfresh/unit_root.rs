//! Augmented Dickey–Fuller test for a unit root.

use super::feature::TsfreshFeature;
use super::least_squares::Regression;
use super::summary::{Summary, dot};

pub(super) const FEATURES: [TsfreshFeature; 1] = [TsfreshFeature::new(
    "augmented_dickey_fuller__attr_\"teststat\"__autolag_\"AIC\"",
    "t of γ in Δxₜ = c + γ x₍ₜ₋₁₎ + Σᵢ δᵢ Δx₍ₜ₋ᵢ₎, number of lags by AIC up to ⌈12 (n/100)^¼⌉; \
     0 when constant or fitted exactly",
    "1",
    "ℝ",
)];

/// Room for the regressions.
#[derive(Debug, Clone)]
pub(super) struct UnitRoot {
    most_lags: usize,
    regression: Regression,
}

impl UnitRoot {
    pub(super) fn new(window: usize) -> Self {
        let most_lags = (12.0 * (window as f64 / 100.0).sqrt().sqrt()).ceil() as usize;
        let most_lags = most_lags.min(window / 2 - 2);
        Self { most_lags, regression: Regression::new(window, most_lags + 2) }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        out[0] = if window.variance > 0.0 { self.statistic(window).unwrap_or(0.0) } else { 0.0 };
    }

    fn statistic(&mut self, window: &Summary<'_>) -> Option<f64> {
        let lags = self.lags_of_least_aic(window);
        let response = self.start(window, lags);
        let total = dot(response, response);
        // The level comes last: its t needs no matrix inverse then.
        for lag in 1..=lags {
            self.push_change(window, lags, lag);
        }
        self.push_level(window, lags);
        self.regression.last_t(total)
    }

    /// All numbers of lags are compared on the rows that the largest leaves.
    fn lags_of_least_aic(&mut self, window: &Summary<'_>) -> usize {
        self.start(window, self.most_lags);
        self.push_level(window, self.most_lags);
        let (mut best, mut least) = (0, self.akaike());
        for lag in 1..=self.most_lags {
            self.push_change(window, self.most_lags, lag);
            let criterion = self.akaike();
            if criterion < least {
                (best, least) = (lag, criterion);
            }
        }
        best
    }

    /// Akaike's criterion but for what all numbers of lags have in common.
    fn akaike(&self) -> f64 {
        let rows = self.regression.rows() as f64;
        rows * (self.regression.residual_squares() / rows).ln() + 2.0 * self.regression.rank() as f64
    }

    /// Response and constant; the first `lags` changes are lost to the lags.
    fn start<'a>(&mut self, window: &Summary<'a>, lags: usize) -> &'a [f64] {
        let response = &window.changes[lags..];
        self.regression.start(response);
        self.regression.push(std::iter::repeat_n(1.0, response.len()));
        response
    }

    fn push_level(&mut self, window: &Summary<'_>, lags: usize) {
        let rows = self.regression.rows();
        self.regression.push(window.values[lags..][..rows].iter().copied());
    }

    fn push_change(&mut self, window: &Summary<'_>, lags: usize, lag: usize) {
        let rows = self.regression.rows();
        self.regression.push(window.changes[lags - lag..][..rows].iter().copied());
    }
}
