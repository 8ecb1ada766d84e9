//! Walk-forward: what happens live, several times over.

use serde::{Deserialize, Serialize};

use super::split::{Split, SplitError, require_count, require_share, tile};

/// Which rows before the test block a fold may learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingWindow {
    /// All of them.
    Anchored,
    /// As many as the first fold has.
    Rolling,
}

/// How the rows behind the first training part become test blocks: `{ folds = 5 }` or `{ rows = 500 }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestBlocks {
    /// So many, of lengths that differ by one row at most.
    Folds(usize),
    /// Of so many rows each; the last one holds what is left.
    Rows(usize),
}

/// Test blocks that follow each other behind a first training part, each answered from rows before it.
///
/// skfolio's `WalkForward(train_size, test_size, reduce_test=True, expand_train=…)` with `blocks = { rows }`
/// gives the same folds when the initial part holds `train_size + purged_size` rows. skfolio drops a typed
/// `purged_size`; here the labels' own intervals say what is dropped (labels over h bars: h − 1 rows).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WalkForward {
    /// Test blocks; by default five.
    pub blocks: TestBlocks,
    /// Share of the usable rows before the first test block, rounded down to whole rows; by default 0.5.
    pub initial_train: f64,
    /// Which rows before a test block are used; by default `anchored`.
    pub window: TrainingWindow,
}

impl Default for WalkForward {
    fn default() -> Self {
        Self { blocks: TestBlocks::Folds(5), initial_train: 0.5, window: TrainingWindow::Anchored }
    }
}

impl WalkForward {
    pub(super) fn validate(&self) -> Result<(), SplitError> {
        match self.blocks {
            TestBlocks::Folds(folds) => require_count("blocks.folds", folds, 1, 1000)?,
            TestBlocks::Rows(rows) => require_count("blocks.rows", rows, 1, 1_000_000_000)?,
        }
        require_share("initial_train", self.initial_train)
    }

    pub(super) fn cut(&self, n_rows: usize) -> Vec<Split> {
        let initial = (n_rows as f64 * self.initial_train) as usize;
        let behind = n_rows - initial;
        let blocks: Vec<_> = match self.blocks {
            TestBlocks::Folds(folds) => (0..folds).map(|fold| tile(behind, folds, fold)).collect(),
            TestBlocks::Rows(rows) => {
                (0..behind).step_by(rows).map(|start| start..(start + rows).min(behind)).collect()
            }
        };
        let split = |block: std::ops::Range<usize>| {
            let test = initial + block.start..initial + block.end;
            let start = match self.window {
                TrainingWindow::Anchored => 0,
                TrainingWindow::Rolling => block.start,
            };
            Split::forward(start..test.start, test)
        };
        blocks.into_iter().map(split).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(blocks: TestBlocks, window: TrainingWindow) -> Vec<Split> {
        WalkForward { blocks, initial_train: 0.4, window }.cut(100)
    }

    #[test]
    fn blocks_tile_the_rows_behind_the_first_training_part() {
        let expected = [(0..40, 40..60), (0..60, 60..80), (0..80, 80..100)];
        let expected = expected.map(|(train, test)| Split::forward(train, test));
        assert_eq!(cut(TestBlocks::Folds(3), TrainingWindow::Anchored), expected);
        let rolling = cut(TestBlocks::Folds(3), TrainingWindow::Rolling);
        assert_eq!(rolling[2], Split::forward(40..80, 80..100));
    }

    #[test]
    fn blocks_of_rows_leave_the_rest_to_the_last_one() {
        let splits = cut(TestBlocks::Rows(25), TrainingWindow::Rolling);
        let expected = [(0..40, 40..65), (25..65, 65..90), (50..90, 90..100)];
        assert_eq!(splits, expected.map(|(train, test)| Split::forward(train, test)));
    }
}
