//! Sums, extremes and moments of windows, joined from shorter windows.
//!
//! A window of m · 2^k values is that of a power of two and a rest, down to single values (multiples of five
//! down to windows of five, so that the usual lengths share their parts). Every window costs a few operations a bar whatever its
//! length, nothing is ever subtracted, no rounding error outlives the window, and a value depends on the
//! values in the window alone. Moments are joined by the pairwise formulas of Chan, Golub and `LeVeque`
//! (1979) and Pébay (2008).

use super::op::{Constant, Op};
use super::{Graph, Signal};

/// The window that others are put together from.
fn unit(n: usize) -> usize {
    if n.is_multiple_of(5) && n > 5 { 5 } else { 1 }
}

/// How a window of n is cut: the length of the newer part.
pub(super) fn newer_part(n: usize) -> usize {
    let units = n / unit(n);
    unit(n) * units.next_power_of_two() / 2
}

/// True when moments of n equal values come out as exactly 0: the sums of up to three windows of powers of
/// two are rounded alike however they are put together.
fn is_exact_when_flat(n: usize) -> bool {
    (n / unit(n)).count_ones() <= 3
}

impl Graph {
    /// Sum of the newest n values.
    pub(crate) fn sum(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return a;
        }
        let newer = newer_part(n);
        let (recent, past) = (self.sum(a, newer), self.sum(a, n - newer).lag(newer));
        self.add(recent, past)
    }

    /// Mean of the newest n values.
    pub(crate) fn mean(&mut self, a: Signal, n: usize) -> Signal {
        let sum = self.sum(a, n);
        self.node(Op::Affine { scale: Constant::new(1.0 / n as f64), shift: Constant::new(0.0) }, &[sum])
    }

    /// Largest of the newest n values.
    pub(crate) fn highest(&mut self, a: Signal, n: usize) -> Signal {
        self.extreme(&Op::Max, a, n)
    }

    /// Smallest of the newest n values.
    pub(crate) fn lowest(&mut self, a: Signal, n: usize) -> Signal {
        self.extreme(&Op::Min, a, n)
    }

    /// Two windows of a power of two that cover n; they may overlap.
    fn extreme(&mut self, op: &Op, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return a;
        }
        let half = n.next_power_of_two() / 2;
        let part = self.extreme(op, a, half);
        self.node(op.clone(), &[part, part.lag(n - half)])
    }

    /// Bars since the newest highest of the newest n values, 0 to n − 1.
    pub(crate) fn bars_since_highest(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let half = n.next_power_of_two() / 2;
        let (value, age) = (self.highest(a, half), self.bars_since_highest(a, half));
        let lag = n - half;
        self.node(Op::JoinAge { lag }, &[value, age, value.lag(lag), age.lag(lag)])
    }

    /// Bars since the newest lowest of the newest n values, 0 to n − 1.
    pub(crate) fn bars_since_lowest(&mut self, a: Signal, n: usize) -> Signal {
        let mirrored = self.scale(a, -1.0);
        self.bars_since_highest(mirrored, n)
    }

    /// Bars since the oldest highest of the newest n values, 0 to n − 1.
    pub(crate) fn bars_since_oldest_highest(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let half = n.next_power_of_two() / 2;
        let (value, age) = (self.highest(a, half), self.bars_since_oldest_highest(a, half));
        let lag = n - half;
        self.node(Op::JoinOldestAge { lag }, &[value, age, value.lag(lag), age.lag(lag)])
    }

    /// Bars since the oldest lowest of the newest n values, 0 to n − 1.
    pub(crate) fn bars_since_oldest_lowest(&mut self, a: Signal, n: usize) -> Signal {
        let mirrored = self.scale(a, -1.0);
        self.bars_since_oldest_highest(mirrored, n)
    }

    /// Σ(x − mean)² of the newest n values, before flat windows are set to exactly 0.
    fn raw_m2(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.sum(a, newer),
            self.raw_m2(a, newer),
            self.sum(a, older).lag(newer),
            self.raw_m2(a, older).lag(newer),
        ];
        self.node(Op::JoinM2 { newer, older }, &inputs)
    }

    fn raw_m3(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.sum(a, newer),
            self.raw_m2(a, newer),
            self.raw_m3(a, newer),
            self.sum(a, older).lag(newer),
            self.raw_m2(a, older).lag(newer),
            self.raw_m3(a, older).lag(newer),
        ];
        self.node(Op::JoinM3 { newer, older }, &inputs)
    }

    fn raw_m4(&mut self, a: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.sum(a, newer),
            self.raw_m2(a, newer),
            self.raw_m3(a, newer),
            self.raw_m4(a, newer),
            self.sum(a, older).lag(newer),
            self.raw_m2(a, older).lag(newer),
            self.raw_m3(a, older).lag(newer),
            self.raw_m4(a, older).lag(newer),
        ];
        self.node(Op::JoinM4 { newer, older }, &inputs)
    }

    fn raw_co_moment(&mut self, a: Signal, b: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.sum(a, newer),
            self.sum(b, newer),
            self.raw_co_moment(a, b, newer),
            self.sum(a, older).lag(newer),
            self.sum(b, older).lag(newer),
            self.raw_co_moment(a, b, older).lag(newer),
        ];
        self.node(Op::JoinCoMoment { newer, older }, &inputs)
    }

    /// A moment, exactly 0 where the newest n values of `a` are equal (whose mean may round).
    pub(crate) fn unless_flat(&mut self, moment: Signal, a: Signal, n: usize) -> Signal {
        if is_exact_when_flat(n) {
            return moment;
        }
        let run = self.node(Op::Run, &[a]);
        self.node(Op::UnlessFlat { n }, &[moment, run])
    }

    /// Σ(x − mean)² of the newest n values; exactly 0 when they are equal.
    pub(crate) fn m2(&mut self, a: Signal, n: usize) -> Signal {
        let raw = self.raw_m2(a, n);
        self.unless_flat(raw, a, n)
    }

    /// Σ(x − mean)³ of the newest n values; exactly 0 when they are equal.
    pub(crate) fn m3(&mut self, a: Signal, n: usize) -> Signal {
        let raw = self.raw_m3(a, n);
        self.unless_flat(raw, a, n)
    }

    /// Σ(x − mean)⁴ of the newest n values; exactly 0 when they are equal.
    pub(crate) fn m4(&mut self, a: Signal, n: usize) -> Signal {
        let raw = self.raw_m4(a, n);
        self.unless_flat(raw, a, n)
    }

    /// Variance of the newest n values with n − 1 in the denominator.
    pub(crate) fn variance(&mut self, a: Signal, n: usize) -> Signal {
        let m2 = self.m2(a, n);
        self.scale(m2, 1.0 / (n - 1) as f64)
    }

    /// Standard deviation of the newest n values with n − 1 in the denominator.
    pub(crate) fn sample_std(&mut self, a: Signal, n: usize) -> Signal {
        let m2 = self.m2(a, n);
        self.scaled_root(m2, 1.0 / (n - 1) as f64)
    }

    /// Standard deviation of the newest n values with n in the denominator.
    pub(crate) fn population_std(&mut self, a: Signal, n: usize) -> Signal {
        let m2 = self.m2(a, n);
        self.scaled_root(m2, 1.0 / n as f64)
    }

    /// How far the newest of n values lies from their mean, in sample standard deviations; 0 when they
    /// are equal. It can't be further than (n − 1)/√n, and is not where values differ by rounding alone.
    pub(crate) fn z_score(&mut self, a: Signal, n: usize) -> Signal {
        let (mean, spread) = (self.mean(a, n), self.sample_std(a, n));
        let distance = self.sub(a, mean);
        let score = self.div_or(distance, spread, 0.0);
        let most = (n as f64 - 1.0) / (n as f64).sqrt();
        self.clip(score, -most, most)
    }

    /// Pearson's correlation of the newest n pairs, in [−1, 1]; 0 when either side is constant.
    pub(crate) fn correlation(&mut self, a: Signal, b: Signal, n: usize) -> Signal {
        let co_moment = self.raw_co_moment(a, b, n);
        let (m2_a, m2_b) = (self.m2(a, n), self.m2(b, n));
        // The product of two tiny moments may underflow; that of their roots does not.
        let (root_a, root_b) = (self.sqrt(m2_a), self.sqrt(m2_b));
        let spread = self.mul(root_a, root_b);
        let ratio = self.div_or(co_moment, spread, 0.0);
        self.clip(ratio, -1.0, 1.0)
    }

    /// Slope of a on b over the newest n pairs (covariance over variance of b); 0 when b is constant.
    pub(crate) fn slope_on(&mut self, a: Signal, b: Signal, n: usize) -> Signal {
        let co_moment = self.raw_co_moment(a, b, n);
        let m2 = self.m2(b, n);
        self.div_or(co_moment, m2, 0.0)
    }

    /// Σ over the newest n values of the running total since the window's start.
    fn path_sum(&mut self, steps: Signal, n: usize) -> Signal {
        if n == 1 {
            return steps;
        }
        let newer = newer_part(n);
        let (recent, past) = (self.path_sum(steps, newer), self.path_sum(steps, n - newer).lag(newer));
        let total = self.sum(steps, n - newer).lag(newer);
        self.node(Op::JoinPathSum { newer }, &[recent, total, past])
    }

    fn path_m2(&mut self, steps: Signal, n: usize) -> Signal {
        if n == 1 {
            return self.zero();
        }
        let newer = newer_part(n);
        let older = n - newer;
        let inputs = [
            self.path_sum(steps, newer),
            self.path_m2(steps, newer),
            self.sum(steps, older).lag(newer),
            self.path_sum(steps, older).lag(newer),
            self.path_m2(steps, older).lag(newer),
        ];
        self.node(Op::JoinPathM2 { newer, older }, &inputs)
    }

    /// Z-score of the newest of n running totals of `steps` among them; it does not depend on where the
    /// total began. 0 when it did not move.
    pub(crate) fn path_z_score(&mut self, steps: Signal, n: usize) -> Signal {
        // The oldest of the n totals is the origin, the n − 1 steps behind it lead to the others.
        let moved = n - 1;
        let (total, sum, m2) =
            (self.sum(steps, moved), self.path_sum(steps, moved), self.path_m2(steps, moved));
        let zero = self.zero();
        let m2 = self.node(Op::JoinPathM2 { newer: moved, older: 1 }, &[sum, m2, zero, zero, zero]);
        let mean = self.scale(sum, 1.0 / n as f64);
        let spread = self.scaled_root(m2, 1.0 / moved as f64);
        let distance = self.sub(total, mean);
        self.div_or(distance, spread, 0.0)
    }
}
