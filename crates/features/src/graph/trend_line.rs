//! The least-squares line through a window, joined from shorter windows as in `moments.rs`.
//!
//! Time runs in bars; the mean times of two adjacent windows that make n are n/2 bars apart.

use super::moments::newer_part;
use super::op::Op;
use super::{Graph, Signal};

/// Σ(t − mean)² of n successive bars.
fn time_m2(n: usize) -> f64 {
    let n = n as f64;
    n * (n * n - 1.0) / 12.0
}

impl Graph {
    /// Σ(t − mean)(x − mean) of the newest n values.
    fn raw_trend(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.sum(a, newer),
            self.raw_trend(a, newer),
            self.sum(a, older).lag(newer),
            self.raw_trend(a, older).lag(newer),
        ];
        self.node(Op::JoinTrend { newer, older }, &inputs)
    }

    /// Rise per bar of the least-squares line through the newest n values; exactly 0 when they are equal.
    pub(crate) fn line_slope(&mut self, a: Signal, n: usize) -> Signal {
        let trend = self.raw_trend(a, n);
        let trend = self.unless_flat(trend, a, n);
        self.scale(trend, 1.0 / time_m2(n))
    }

    /// How far the newest value lies above that line; exactly 0 when the values are equal.
    pub(crate) fn line_residual(&mut self, a: Signal, n: usize) -> Signal {
        let (slope, mean) = (self.line_slope(a, n), self.mean(a, n));
        let above_mean = self.sub(a, mean);
        let risen = self.scale(slope, 0.5 * (n - 1) as f64);
        let residual = self.sub(above_mean, risen);
        // The mean of equal values may round to another.
        let (moved, zero) = (self.m2(a, n), self.zero());
        self.choose(moved, residual, zero)
    }

    /// R² of that line, in [0, 1]; 0 when the values are equal.
    pub(crate) fn line_r_squared(&mut self, a: Signal, n: usize) -> Signal {
        let (trend, m2) = (self.raw_trend(a, n), self.m2(a, n));
        let root = self.sqrt(m2);
        let spread = self.scale(root, time_m2(n).sqrt());
        let correlation = self.div_or(trend, spread, 0.0);
        let correlation = self.clip(correlation, -1.0, 1.0);
        self.square(correlation)
    }
}
