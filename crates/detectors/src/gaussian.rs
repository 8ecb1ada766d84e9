//! Two-dimensional normal densities.

use serde::{Deserialize, Serialize};

use crate::inputs::Observation;

/// Smallest variance of a state, in standardised units: keeps a state from collapsing onto one point.
const MINIMUM_VARIANCE: f64 = 1e-3;

/// A bivariate normal with full covariance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gaussian {
    pub(crate) mean: Observation,
    /// xx, xy, yy.
    covariance: [f64; 3],
}

impl Gaussian {
    /// The weighted maximum-likelihood fit; none when the weights are all zero.
    pub(crate) fn fit(observations: &[Observation], weights: impl Fn(usize) -> f64) -> Option<Self> {
        let mut total = 0.0;
        let mut mean = [0.0; 2];
        for (index, x) in observations.iter().enumerate() {
            let weight = weights(index);
            total += weight;
            mean[0] += weight * x[0];
            mean[1] += weight * x[1];
        }
        if total <= 0.0 {
            return None;
        }
        let mean = [mean[0] / total, mean[1] / total];
        let mut covariance = [0.0; 3];
        for (index, x) in observations.iter().enumerate() {
            let weight = weights(index) / total;
            let [dx, dy] = [x[0] - mean[0], x[1] - mean[1]];
            covariance[0] += weight * dx * dx;
            covariance[1] += weight * dx * dy;
            covariance[2] += weight * dy * dy;
        }
        covariance[0] += MINIMUM_VARIANCE;
        covariance[2] += MINIMUM_VARIANCE;
        Some(Self { mean, covariance })
    }

    /// ln of the density at `x`.
    pub(crate) fn log_density(&self, x: Observation) -> f64 {
        let [xx, xy, yy] = self.covariance;
        let determinant = xx * yy - xy * xy;
        let [dx, dy] = [x[0] - self.mean[0], x[1] - self.mean[1]];
        let distance = (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / determinant;
        -0.5 * (distance + determinant.ln()) - std::f64::consts::TAU.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_by_hand() {
        let standard = Gaussian { mean: [0.0, 0.0], covariance: [1.0, 0.0, 1.0] };
        assert!((standard.log_density([0.0, 0.0]) + std::f64::consts::TAU.ln()).abs() < 1e-12);
        assert!((standard.log_density([1.0, 2.0]) + std::f64::consts::TAU.ln() + 2.5).abs() < 1e-12);
        let tilted = Gaussian { mean: [1.0, 0.0], covariance: [2.0, 1.0, 1.0] };
        // determinant 1, inverse [[1, −1], [−1, 2]]; at distance (1, 1): 1 − 2 + 2 = 1
        assert!((tilted.log_density([2.0, 1.0]) + std::f64::consts::TAU.ln() + 0.5).abs() < 1e-12);
    }
}
