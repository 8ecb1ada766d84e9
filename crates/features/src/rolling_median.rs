//! The median of the newest values.

use crate::rolling::Window;

/// Median over a window, kept by a sorted copy of it: O(log n) to find the place, one block move to make room.
#[derive(Debug, Clone, PartialEq)]
pub struct RollingMedian {
    window: Window,
    sorted: Vec<f64>,
}

impl RollingMedian {
    /// A median over `length` values.
    ///
    /// # Panics
    /// When `length` is zero.
    pub fn new(length: usize) -> Self {
        Self { window: Window::new(length), sorted: Vec::with_capacity(length) }
    }

    /// Takes the next finite value; answers once the window is full. With an even length it is the mean of
    /// the two middle values.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if self.window.is_full() {
            let oldest = self.window.values()[0];
            let place = self.sorted.partition_point(|held| *held < oldest);
            self.sorted.remove(place);
        }
        self.window.push(value);
        let place = self.sorted.partition_point(|held| *held < value);
        self.sorted.insert(place, value);
        let n = self.sorted.len();
        self.window.is_full().then(|| f64::midpoint(self.sorted[(n - 1) / 2], self.sorted[n / 2]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_window() {
        let mut median = RollingMedian::new(3);
        let out: Vec<_> = [5.0, 1.0, 3.0, 3.0, 9.0, 0.0].iter().map(|v| median.update(*v)).collect();
        assert_eq!(out, [None, None, Some(3.0), Some(3.0), Some(3.0), Some(3.0)]);
        let mut even = RollingMedian::new(2);
        let out: Vec<_> = [1.0, 2.0, 4.0].iter().map(|v| even.update(*v)).collect();
        assert_eq!(out, [None, Some(1.5), Some(3.0)]);
    }
}
