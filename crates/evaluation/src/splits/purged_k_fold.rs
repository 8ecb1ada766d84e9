//! K-fold with the rows around the test block dropped.

use serde::{Deserialize, Serialize};

use super::split::{Split, SplitError, require_count, tile};

/// Each of k contiguous blocks is tested once, from all rows before and after it (López de Prado 2018,
/// chapter 7). Learning from the future is no imitation of what happens live: it tells how stable a score
/// is over all periods, the oldest included.
///
/// Blocks differ in length by one row at most; scikit-learn's `KFold` gives the longer ones to the front,
/// here they are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PurgedKFold {
    /// Blocks; by default five.
    pub folds: usize,
}

impl Default for PurgedKFold {
    fn default() -> Self {
        Self { folds: 5 }
    }
}

impl PurgedKFold {
    pub(super) fn validate(self) -> Result<(), SplitError> {
        require_count("folds", self.folds, 2, 1000)
    }

    pub(super) fn cut(self, n_rows: usize) -> Vec<Split> {
        let split = |fold| Split::around(vec![tile(n_rows, self.folds, fold)], n_rows);
        (0..self.folds).map(split).collect()
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "a split is made of lists of ranges")]
mod tests {
    use super::*;

    #[test]
    fn all_other_blocks_are_learnt_from() {
        let splits = PurgedKFold { folds: 3 }.cut(10);
        let expected = [
            Split { train: vec![3..10], test: vec![0..3] },
            Split { train: vec![0..3, 6..10], test: vec![3..6] },
            Split { train: vec![0..6], test: vec![6..10] },
        ];
        assert_eq!(splits, expected);
    }
}
