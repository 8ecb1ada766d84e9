//! Walk-forward splits, purged by the labels' own intervals.

use std::ops::Range;

use labels::Label;
use serde::{Deserialize, Serialize};

/// Which rows before the test block a fold may learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingWindow {
    /// All of them.
    Anchored,
    /// As many as the first fold has.
    Rolling,
}

/// A test block and the rows before it that may be learnt from, as positions among the usable rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Rows before the test block.
    pub train: Range<usize>,
    /// Rows to answer for.
    pub test: Range<usize>,
}

/// Cuts `n_rows` usable rows into a first training part and equal test blocks that follow each other.
pub fn blocks(folds: usize, initial_train: f64, window: TrainingWindow, n_rows: usize) -> Vec<Block> {
    let initial = (n_rows as f64 * initial_train) as usize;
    let cut = |fold: usize| initial + (n_rows - initial) * fold / folds;
    (0..folds)
        .map(|fold| {
            let start = match window {
                TrainingWindow::Anchored => 0,
                TrainingWindow::Rolling => cut(fold) - initial,
            };
            Block { train: start..cut(fold), test: cut(fold)..cut(fold + 1) }
        })
        .collect()
}

/// The bars of one fold. Every list is in time order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoldRows {
    /// To learn from.
    pub train: Vec<usize>,
    /// The newest training rows, which decide when to stop.
    pub early_stopping: Vec<usize>,
    /// Rows dropped before the early-stopping and the test block.
    pub purged: usize,
    /// To answer for.
    pub test: Vec<usize>,
}

impl FoldRows {
    /// Fills a block with the labelled bars among `usable`, leaving out every training row whose label
    /// looks into the block behind it. `early_stopping_share` of the training rows are held back when it
    /// is above zero.
    pub fn of(block: &Block, usable: &[usize], labels: &[Option<Label>], early_stopping_share: f64) -> Self {
        let labelled = |range: &Range<usize>| -> Vec<usize> {
            usable[range.clone()].iter().copied().filter(|bar| labels[*bar].is_some()).collect()
        };
        let test = labelled(&block.test);
        let mut train = labelled(&block.train);
        let before = train.len();
        purge(&mut train, &test, labels);
        let mut purged = before - train.len();
        let held_back = (train.len() as f64 * early_stopping_share) as usize;
        let early_stopping = train.split_off(train.len() - held_back);
        let before = train.len();
        purge(&mut train, &early_stopping, labels);
        purged += before - train.len();
        Self { train, early_stopping, purged, test }
    }
}

/// Drops the rows whose label is not known when the first label of `later` begins.
fn purge(rows: &mut Vec<usize>, later: &[usize], labels: &[Option<Label>]) {
    let begins = later.iter().filter_map(|bar| labels[*bar]).map(|label| label.from).min();
    if let Some(begins) = begins {
        rows.retain(|bar| labels[*bar].is_some_and(|label| label.until < begins));
    }
}

#[cfg(test)]
mod tests {
    use market::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_tile_the_rows_behind_the_first_training_part() {
        let anchored = blocks(3, 0.4, TrainingWindow::Anchored, 100);
        let cuts = [(0..40, 40..60), (0..60, 60..80), (0..80, 80..100)];
        assert_eq!(anchored, cuts.map(|(train, test)| Block { train, test }));
        let rolling = blocks(3, 0.4, TrainingWindow::Rolling, 100);
        assert_eq!(rolling[2], Block { train: 40..80, test: 80..100 });
    }

    proptest! {
        /// Labels of any reach, on any usable rows: no training label meets a later block.
        #[test]
        fn no_training_label_reaches_into_a_later_block(
            reaches in proptest::collection::vec(proptest::option::of(1_i64..40), 60..300),
            folds in 1_usize..6,
            initial in 0.2_f64..0.8,
            share in 0.0_f64..0.5,
            rolling in any::<bool>(),
        ) {
            let at = |bar: i64| Timestamp::from_millis(bar * 1000);
            let labels: Vec<Option<Label>> = reaches
                .iter()
                .enumerate()
                .map(|(bar, reach)| {
                    reach.map(|reach| Label { class: 0, from: at(bar as i64 + 1), until: at(bar as i64 + reach) })
                })
                .collect();
            let usable: Vec<usize> = (0..labels.len()).filter(|bar| bar % 7 != 3).collect();
            let window = if rolling { TrainingWindow::Rolling } else { TrainingWindow::Anchored };
            for block in blocks(folds, initial, window, usable.len()) {
                let rows = FoldRows::of(&block, &usable, &labels, share);
                let begins = |later: &[usize]| later.iter().map(|bar| labels[*bar].unwrap().from).min();
                for (earlier, later) in [
                    (&rows.train, &rows.test),
                    (&rows.early_stopping, &rows.test),
                    (&rows.train, &rows.early_stopping),
                ] {
                    if let Some(begins) = begins(later) {
                        prop_assert!(earlier.iter().all(|bar| labels[*bar].unwrap().until < begins));
                    }
                }
                let kept = rows.train.len() + rows.early_stopping.len() + rows.purged;
                let labelled = usable[block.train.clone()].iter().filter(|bar| labels[**bar].is_some()).count();
                prop_assert_eq!(kept, labelled);
            }
        }
    }
}
