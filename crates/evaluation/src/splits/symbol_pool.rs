//! Several symbols, split by time across all of them at once.

use std::ops::Range;

use market::Timestamp;

use super::fold_fault::FoldFault;
use super::fold_rows::FoldRows;
use super::labelled_bars::LabelledBars;
use super::purge::{AnsweredBlock, Fate, Purge};
use super::split::Split;

/// Several symbols that one model learns from together.
///
/// Symbols move together, so a training row of one leaks into a test row of another as if it were its own. A
/// split therefore cuts *instants* (distinct open times of usable rows of any symbol), not rows: all symbols
/// have the same cuts in time whatever the number of their bars, and the labels of a test block purge the
/// training rows of every symbol. Symbols should be of one timeframe.
#[derive(Debug, Clone)]
pub struct SymbolPool<'a> {
    symbols: &'a [LabelledBars<'a>],
    instants: Vec<Timestamp>,
}

impl<'a> SymbolPool<'a> {
    /// Pools the symbols.
    ///
    /// # Panics
    /// When a symbol has not as many labels as open times.
    pub fn new(symbols: &'a [LabelledBars<'a>]) -> Self {
        for symbol in symbols {
            assert_eq!(symbol.open_times.len(), symbol.labels.len(), "one label or none for every bar");
        }
        let times = |symbol: &LabelledBars<'a>| symbol.usable.iter().map(|bar| symbol.open_times[*bar]);
        let mut instants: Vec<Timestamp> = symbols.iter().flat_map(times).collect();
        instants.sort_unstable();
        instants.dedup();
        Self { symbols, instants }
    }

    /// What splits are cut from: distinct open times of usable rows, in order.
    pub fn instants(&self) -> &[Timestamp] {
        &self.instants
    }

    /// Fills a split of the instants as [`FoldRows::of`] does, with one result for each symbol. The
    /// early-stopping rows are the newest of all symbols together, and no instant is divided.
    ///
    /// # Panics
    /// When the split reaches beyond the instants.
    pub fn fold(&self, split: &Split, early_stopping_share: f64) -> Vec<FoldRows> {
        self.fill(split, early_stopping_share, None)
    }

    /// Leave one symbol out: as [`SymbolPool::fold`], but the test rows are those of `symbol` only and the
    /// training rows those of the others only. The cut in time stays, because learning from the others at
    /// the very time that is tested would be learning from the answer.
    ///
    /// # Panics
    /// When the split reaches beyond the instants.
    pub fn fold_without(&self, symbol: usize, split: &Split, early_stopping_share: f64) -> Vec<FoldRows> {
        self.fill(split, early_stopping_share, Some(symbol))
    }

    /// Everything that keeps a fold of this pool, with the rows of each symbol, from being fitted or scored like
    /// the others.
    pub fn faults(&self, folds: &[FoldRows]) -> Vec<FoldFault> {
        let of_all = |classes: &dyn Fn(&FoldRows, &LabelledBars<'a>) -> Vec<u8>| -> Vec<u8> {
            let mut all: Vec<u8> =
                folds.iter().zip(self.symbols).flat_map(|(fold, bars)| classes(fold, bars)).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let train = of_all(&|fold, bars| fold.train_classes(bars.labels));
        let test = of_all(&|fold, bars| fold.test_classes(bars.labels));
        FoldFault::of(&train, &test)
    }

    fn fill(&self, split: &Split, early_stopping_share: f64, left_out: Option<usize>) -> Vec<FoldRows> {
        let mut folds = vec![FoldRows::default(); self.symbols.len()];
        let blocks = self.answer_for(&mut folds, &split.test, left_out);
        for (number, (fold, bars)) in folds.iter_mut().zip(self.symbols).enumerate() {
            if left_out == Some(number) {
                continue;
            }
            let purge = Purge::new(bars, &blocks);
            for (first, last) in split.train.iter().filter_map(|range| self.ends(range)) {
                for (bar, label) in bars.labelled_between(first, last) {
                    match purge.fate(bar, label) {
                        Fate::Kept => fold.train.push(bar),
                        Fate::Purged => fold.purged.push(bar),
                        Fate::Embargoed => fold.embargoed.push(bar),
                    }
                }
            }
        }
        self.hold_back(&mut folds, early_stopping_share);
        folds
    }

    /// Adds the test rows, and says what each block of them needs.
    fn answer_for(
        &self,
        folds: &mut [FoldRows],
        test: &[Range<usize>],
        left_out: Option<usize>,
    ) -> Vec<AnsweredBlock> {
        let mut blocks = Vec::new();
        for range in test {
            let mut rows = Vec::new();
            for (number, (fold, bars)) in folds.iter_mut().zip(self.symbols).enumerate() {
                let start = fold.test.len();
                if let Some((first, last)) = self.ends(range)
                    && left_out.is_none_or(|symbol| symbol == number)
                {
                    for (bar, label) in bars.labelled_between(first, last) {
                        fold.test.push(bar);
                        rows.push((bars.open_times[bar], label));
                    }
                }
                fold.test_blocks.push(start..fold.test.len());
            }
            blocks.extend(AnsweredBlock::of(rows));
        }
        blocks
    }

    /// Moves the newest training rows of all symbols to the early-stopping rows and purges the others.
    fn hold_back(&self, folds: &mut [FoldRows], share: f64) {
        let mut times: Vec<Timestamp> = Vec::new();
        for (fold, bars) in folds.iter().zip(self.symbols) {
            times.extend(fold.train.iter().map(|bar| bars.open_times[*bar]));
        }
        times.sort_unstable();
        let held_back = (times.len() as f64 * share) as usize;
        if held_back == 0 {
            return;
        }
        let cut = times[times.len() - held_back];
        let mut rows = Vec::new();
        for (fold, bars) in folds.iter_mut().zip(self.symbols) {
            let kept = fold.train.partition_point(|bar| bars.open_times[*bar] < cut);
            fold.early_stopping = fold.train.split_off(kept);
            rows.extend(
                fold.early_stopping
                    .iter()
                    .filter_map(|bar| Some((bars.open_times[*bar], bars.labels[*bar]?))),
            );
        }
        let block: Vec<AnsweredBlock> = AnsweredBlock::of(rows).into_iter().collect();
        for (fold, bars) in folds.iter_mut().zip(self.symbols) {
            let purge = Purge::new(bars, &block);
            let is_kept =
                |bar: &usize| bars.labels[*bar].is_some_and(|label| purge.fate(*bar, label) == Fate::Kept);
            let (kept, purged) = fold.train.iter().partition(|bar| is_kept(bar));
            fold.train = kept;
            let purged: Vec<usize> = purged;
            fold.purged.extend(purged);
            fold.purged.sort_unstable();
        }
    }

    /// First and last instant of a range of them.
    fn ends(&self, range: &Range<usize>) -> Option<(Timestamp, Timestamp)> {
        let instants = &self.instants[range.clone()];
        Some((*instants.first()?, *instants.last()?))
    }
}
