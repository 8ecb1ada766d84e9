//! Expanding k-fold in time order.

use serde::{Deserialize, Serialize};

use super::split::{Split, SplitError, require_count};

/// The newest `folds` blocks of equal length, each answered from all rows before it.
///
/// The folds of scikit-learn's `TimeSeriesSplit(n_splits, test_size, gap)`, whose `gap` is not typed here:
/// labels over h bars purge h − 1 rows, which is `gap = h − 1`. There is no `max_train_size`; a
/// training part of fixed length is [`WalkForward`](super::WalkForward) with a rolling window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeSeries {
    /// Test blocks; by default five.
    pub folds: usize,
    /// Rows of a test block; by default `n_rows / (folds + 1)`, rounded down, so that the first training
    /// part is about one block.
    pub test_rows: Option<usize>,
}

impl Default for TimeSeries {
    fn default() -> Self {
        Self { folds: 5, test_rows: None }
    }
}

impl TimeSeries {
    pub(super) fn validate(&self) -> Result<(), SplitError> {
        require_count("folds", self.folds, 1, 1000)?;
        require_count("test_rows", self.test_rows.unwrap_or(1), 1, 1_000_000_000)
    }

    pub(super) fn cut(&self, n_rows: usize) -> Vec<Split> {
        let test_rows = self.test_rows.unwrap_or(n_rows / (self.folds + 1));
        let Some(first) = n_rows.checked_sub(self.folds * test_rows) else { return Vec::new() };
        let split = |fold| {
            let start = first + fold * test_rows;
            Split::forward(0..start, start..start + test_rows)
        };
        (0..self.folds).map(split).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_divide_go_to_the_first_training_part() {
        let splits = TimeSeries { folds: 3, test_rows: None }.cut(22);
        let expected = [(0..7, 7..12), (0..12, 12..17), (0..17, 17..22)];
        assert_eq!(splits, expected.map(|(train, test)| Split::forward(train, test)));
    }

    #[test]
    fn blocks_longer_than_the_rows_are_refused() {
        assert_eq!(TimeSeries { folds: 3, test_rows: Some(10) }.cut(29), []);
    }
}
