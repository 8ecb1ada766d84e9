//! The newest values in order of size.

use serde::{Deserialize, Serialize};

/// A sorted copy of a window of finite values: two searches and one block move for each change, and no
/// allocation after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SortedWindow {
    values: Vec<f64>,
    /// Where the newest value stands.
    newest: usize,
}

impl SortedWindow {
    /// An empty one with room for `n` values.
    pub(crate) fn with_capacity(n: usize) -> Self {
        Self { values: Vec::with_capacity(n), newest: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    pub(crate) fn insert(&mut self, value: f64) {
        let place = self.values.partition_point(|held| *held < value);
        self.values.insert(place, value);
        self.newest = place;
    }

    /// Takes `oldest`, which must be there, out and puts `newest` in.
    pub(crate) fn replace(&mut self, oldest: f64, newest: f64) {
        let from = self.values.partition_point(|held| *held < oldest);
        let mut to = self.values.partition_point(|held| *held < newest);
        if from < to {
            self.values.copy_within(from + 1..to, from);
            to -= 1;
        } else {
            self.values.copy_within(to..from, to + 1);
        }
        self.values[to] = newest;
        self.newest = to;
    }

    /// The middle value, or the mean of the two middle ones.
    pub(crate) fn median(&self) -> f64 {
        let n = self.values.len();
        f64::midpoint(self.values[(n - 1) / 2], self.values[n / 2])
    }

    /// The value at place q · (n − 1), between two places by linear interpolation.
    pub(crate) fn quantile(&self, q: f64) -> f64 {
        let last = self.values.len() - 1;
        let place = q * last as f64;
        let below = (place as usize).min(last);
        let [low, high] = [self.values[below], self.values[(below + 1).min(last)]];
        low + (place - below as f64) * (high - low)
    }

    /// How many values are not above `limit`, which is not below the newest value but near it.
    pub(crate) fn not_above(&self, limit: f64) -> usize {
        self.newest + self.values[self.newest..].iter().take_while(|held| **held <= limit).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_sorting() {
        let value = |step: u64| ((step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 97) as f64;
        for n in [1, 2, 7, 500] {
            let mut window = SortedWindow::with_capacity(n);
            for step in 0..2000_u64 {
                if window.len() == n {
                    window.replace(value(step - n as u64), value(step));
                } else {
                    window.insert(value(step));
                }
                let mut sorted: Vec<f64> = ((step + 1).saturating_sub(n as u64)..=step).map(value).collect();
                sorted.sort_by(f64::total_cmp);
                assert_eq!(window.values, sorted);
                let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
                assert!((window.median() - median).abs() < 1e-15);
                let not_above = sorted.iter().filter(|held| **held <= value(step)).count();
                assert_eq!(window.not_above(value(step)), not_above);
            }
        }
    }
}
