//! Weights that follow how members did lately.

use std::collections::VecDeque;

use crate::weights::{normalised, with_floor};

/// Weights w ∝ prior · exp(−Σ log-loss over the newest resolved predictions), none below a floor.
#[derive(Debug, Clone, PartialEq)]
pub struct RollingWeights {
    priors: Vec<f64>,
    window: usize,
    floor: f64,
    /// Of each resolved prediction, every member's log-loss.
    losses: VecDeque<Vec<f64>>,
}

impl RollingWeights {
    /// Resolved predictions that are looked back on.
    pub const WINDOW: usize = 63;
    /// The least weight of a member.
    pub const FLOOR: f64 = 0.05;

    /// Starts with the priors.
    pub fn new(priors: &[f64], window: usize, floor: f64) -> Self {
        Self { priors: normalised(priors), window, floor, losses: VecDeque::new() }
    }

    /// Takes what each member had said of something that is now known: the probability of what came, none of a member
    /// that was missing. That one is judged as the others were on average.
    pub fn resolve(&mut self, likelihoods: &[Option<f64>]) {
        let loss = |p: f64| -p.max(1e-15).ln();
        let known: Vec<f64> = likelihoods.iter().flatten().map(|p| loss(*p)).collect();
        if known.is_empty() {
            return;
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        if self.losses.len() == self.window {
            self.losses.pop_front();
        }
        self.losses.push_back(likelihoods.iter().map(|p| p.map_or(mean, loss)).collect());
    }

    /// The weights now.
    pub fn weights(&self) -> Vec<f64> {
        let sums: Vec<f64> = (0..self.priors.len())
            .map(|member| self.losses.iter().map(|losses| losses[member]).sum())
            .collect();
        let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
        let raw: Vec<f64> =
            self.priors.iter().zip(&sums).map(|(prior, sum)| prior * (least - sum).exp()).collect();
        with_floor(&raw, self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_priors_times_exponentials_of_the_losses() {
        let mut rolling = RollingWeights::new(&[0.4, 0.4, 0.2], 63, 0.05);
        assert_eq!(rolling.weights(), [0.4, 0.4, 0.2]);
        rolling.resolve(&[Some(0.8), Some(0.4), Some(0.6)]);
        // 0.4·0.8, 0.4·0.4, 0.2·0.6 over their sum of 0.6.
        let expected = [0.32 / 0.6, 0.16 / 0.6, 0.12 / 0.6];
        for (weight, expected) in rolling.weights().iter().zip(expected) {
            assert!((weight - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten_and_the_floor_holds() {
        let mut rolling = RollingWeights::new(&[0.5, 0.5], 3, 0.05);
        for _ in 0..3 {
            rolling.resolve(&[Some(0.99), Some(0.01)]);
        }
        let weights = rolling.weights();
        assert!((weights[1] - 0.05).abs() < 1e-12 && (weights[0] - 0.95).abs() < 1e-12);
        for _ in 0..3 {
            rolling.resolve(&[Some(0.5), Some(0.5)]);
        }
        assert_eq!(rolling.weights(), [0.5, 0.5]);
    }

    #[test]
    fn who_was_missing_neither_gains_nor_loses() {
        let mut rolling = RollingWeights::new(&[1.0, 1.0, 1.0], 63, 0.0);
        rolling.resolve(&[Some(0.9), Some(0.4), None]);
        let weights = rolling.weights();
        assert!(weights[0] > weights[2] && weights[2] > weights[1]);
        rolling.resolve(&[None, None, None]);
        assert_eq!(rolling.weights(), weights);
    }
}
