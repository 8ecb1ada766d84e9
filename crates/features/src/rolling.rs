//! The last `n` values in order, and sums over them.
//!
//! Sums always run from the oldest to the newest value and are made afresh at each bar: nothing is ever
//! subtracted, so no rounding error outlives the window.

use serde::{Deserialize, Serialize};

/// The newest values of a stream, up to a fixed number, as one slice in time order.
///
/// A mirrored ring: each value is stored twice, `length` places apart, so that the newest `length` values
/// are always contiguous.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    ring: Vec<f64>,
    length: usize,
    next: usize,
    filled: usize,
}

impl Window {
    /// An empty window over `length` values.
    ///
    /// # Panics
    /// When `length` is zero.
    pub fn new(length: usize) -> Self {
        assert!(length > 0, "a window holds at least one value");
        Self { ring: vec![0.0; 2 * length], length, next: 0, filled: 0 }
    }

    /// Adds the newest value; the oldest leaves once the window is full.
    pub fn push(&mut self, value: f64) {
        self.ring[self.next] = value;
        self.ring[self.next + self.length] = value;
        self.next = (self.next + 1) % self.length;
        self.filled = (self.filled + 1).min(self.length);
    }

    /// True once `length` values have come.
    pub fn is_full(&self) -> bool {
        self.filled == self.length
    }

    /// All values held, oldest first.
    pub fn values(&self) -> &[f64] {
        let end = self.next + self.length;
        &self.ring[end - self.filled..end]
    }

    /// The newest `n` values, oldest first; none until so many have come.
    pub fn last(&self, n: usize) -> Option<&[f64]> {
        let end = self.next + self.length;
        (n <= self.filled).then(|| &self.ring[end - n..end])
    }

    /// The value `age` values before the newest (0 is the newest); none until it has come.
    pub fn ago(&self, age: usize) -> Option<f64> {
        (age < self.filled).then(|| self.ring[self.next + self.length - 1 - age])
    }
}

/// Sum, oldest to newest.
pub fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// Arithmetic mean; 0 for no values.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { sum(values) / values.len() as f64 }
}

/// Sum of squared distances from the mean, in two passes; exactly 0 for equal values, whose mean may round
/// to another number.
fn squared_distances(values: &[f64]) -> f64 {
    if values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()) {
        return 0.0;
    }
    let centre = mean(values);
    values.iter().map(|value| (value - centre) * (value - centre)).sum()
}

/// Standard deviation with n − 1 in the denominator; 0 for fewer than two values.
pub fn sample_std(values: &[f64]) -> f64 {
    if values.len() < 2 { 0.0 } else { (squared_distances(values) / (values.len() - 1) as f64).sqrt() }
}

/// Standard deviation with n in the denominator; 0 for no values.
pub fn population_std(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { (squared_distances(values) / values.len() as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_the_newest_in_order() {
        let mut window = Window::new(3);
        assert!(window.values().is_empty());
        for value in 1..=5 {
            window.push(f64::from(value));
            let from = (value - 2).max(1);
            let expected: Vec<f64> = (from..=value).map(f64::from).collect();
            assert_eq!(window.values(), expected);
            assert_eq!(window.ago(0), Some(f64::from(value)));
        }
        assert_eq!(window.last(2).unwrap(), [4.0, 5.0]);
        assert_eq!(window.ago(2), Some(3.0));
        assert_eq!(window.ago(3), None);
        assert!(window.last(4).is_none());
    }

    #[test]
    fn standard_deviations_by_hand() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!((population_std(&values) - 2.0).abs() < 1e-15);
        assert!((sample_std(&values) - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
    }
}
