//! The median of the newest values.

use serde::{Deserialize, Serialize};

use crate::graph::SortedWindow;
use crate::rolling::Window;

/// Median over a window, kept by a sorted copy of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollingMedian {
    window: Window,
    sorted: SortedWindow,
}

impl RollingMedian {
    /// A median over `length` values.
    ///
    /// # Panics
    /// When `length` is zero.
    pub fn new(length: usize) -> Self {
        Self { window: Window::new(length), sorted: SortedWindow::with_capacity(length) }
    }

    /// Takes the next finite value; answers once the window is full. With an even length it is the mean of
    /// the two middle values.
    pub fn update(&mut self, value: f64) -> Option<f64> {
        if self.window.is_full() {
            self.sorted.replace(self.window.values()[0], value);
        } else {
            self.sorted.insert(value);
        }
        self.window.push(value);
        self.window.is_full().then(|| self.sorted.median())
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
