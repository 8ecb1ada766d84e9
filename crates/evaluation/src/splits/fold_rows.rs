//! The bars of one fold.

use std::ops::Range;

use labels::Label;

use super::labelled_bars::LabelledBars;
use super::split::Split;
use super::symbol_pool::SymbolPool;

/// The bars of one fold, after purge and embargo. Every list is in time order.
///
/// Made by [`FoldRows::of`] and [`SymbolPool::fold`] only, so whoever is handed training rows is handed
/// purged ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoldRows {
    /// To learn from.
    pub train: Vec<usize>,
    /// The newest training rows, which decide when to stop and calibrate. All of `train` lies before them.
    pub early_stopping: Vec<usize>,
    /// Dropped, because their label interval meets that of a test block or of the early-stopping rows.
    pub purged: Vec<usize>,
    /// Dropped, because their look-back reaches back into a test block or its labels.
    pub embargoed: Vec<usize>,
    /// To answer for.
    pub test: Vec<usize>,
    /// For each test block of the split, its positions in `test`; empty where no row of it has a label.
    pub test_blocks: Vec<Range<usize>>,
}

impl FoldRows {
    /// Fills a split with the labelled bars of one symbol and drops what would leak, for each test block on
    /// both sides.
    ///
    /// - *Purge*: a training row before a test block needs a label that is over when the block's first label
    ///   begins; one behind it, a label that begins when the block's last one is over.
    /// - *Embargo*: behind a test block nothing is learnt from for `horizon + lookback` bars. (In
    ///   walk-forward nothing is behind it.)
    /// - *Early stopping*: `early_stopping_share` of the training rows that are left, rounded down, are held
    ///   back. They are the newest ones wherever the test lies: then training needs a purge on one side only,
    ///   and the rows that choose the model are not those next to the test block, which resemble it most.
    ///
    /// # Panics
    /// When the lengths of `bars` do not agree or the split reaches beyond the usable rows.
    pub fn of(split: &Split, bars: &LabelledBars<'_>, early_stopping_share: f64) -> Self {
        let pool = SymbolPool::new(std::slice::from_ref(bars));
        pool.fold(split, early_stopping_share).pop().unwrap_or_default()
    }

    /// Classes of the training rows, in order, each once.
    pub fn train_classes(&self, labels: &[Option<Label>]) -> Vec<u8> {
        classes(&self.train, labels)
    }

    /// Classes of the test rows, in order, each once.
    pub fn test_classes(&self, labels: &[Option<Label>]) -> Vec<u8> {
        classes(&self.test, labels)
    }
}

fn classes(bars: &[usize], labels: &[Option<Label>]) -> Vec<u8> {
    let mut classes: Vec<u8> = bars.iter().filter_map(|bar| labels[*bar]).map(|label| label.class).collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}
