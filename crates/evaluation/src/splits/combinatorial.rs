//! Combinatorial purged cross-validation and its back-test paths.

use serde::{Deserialize, Serialize};

use super::fold_rows::FoldRows;
use super::split::{Split, SplitError, require_count, tile};

/// Most splits: every one is a full fit.
const MOST_SPLITS: usize = 1000;

/// The rows are cut into groups, and every choice of `test_groups` of them is tested once, from all others
/// (López de Prado 2018, chapter 12). With n groups, k of them tested, there are C(n, k) splits, every group
/// is tested in φ = C(n, k) · k / n = C(n − 1, k − 1) of them, and so the answers make up φ paths through
/// all rows. Learns from the future, like [`PurgedKFold`](super::PurgedKFold).
///
/// Splits are in lexicographic order of their groups, as skfolio's `CombinatorialPurgedCV`, and so are the
/// paths. Differences: group lengths differ by one row at most (skfolio gives the whole remainder to the
/// last group); one test group is allowed; purge and embargo follow from labels and look-back, where skfolio
/// drops a typed `purged_size` on both sides and `embargo_size` more behind a test group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Combinatorial {
    /// Groups of rows, n; by default six.
    pub groups: usize,
    /// Groups tested at once, k; by default two.
    pub test_groups: usize,
}

/// Where a path gets its answers for one group from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathBlock {
    /// Number of the split.
    pub split: usize,
    /// Number of the test block within the split.
    pub block: usize,
}

/// One back-test path: every group answered once, in time order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacktestPath {
    /// For each group, the test block that answers for it.
    pub blocks: Vec<PathBlock>,
}

/// One out-of-sample row of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathRow {
    /// Number of the fold that answers.
    pub fold: usize,
    /// Position among the fold's test rows, and so among its answers.
    pub place: usize,
    /// Bar in the series.
    pub bar: usize,
}

impl Default for Combinatorial {
    fn default() -> Self {
        Self { groups: 6, test_groups: 2 }
    }
}

impl Combinatorial {
    /// Number of splits, C(n, k).
    pub fn n_splits(&self) -> usize {
        binomial(self.groups, self.test_groups)
    }

    /// Number of back-test paths, C(n − 1, k − 1).
    pub fn n_paths(&self) -> usize {
        binomial(self.groups - 1, self.test_groups - 1)
    }

    /// The back-test paths: path p answers for a group with the p-th split that tests the group.
    pub fn paths(&self) -> Vec<BacktestPath> {
        let mut answered_by = vec![Vec::new(); self.groups];
        for (split, groups) in choices(self.groups, self.test_groups).iter().enumerate() {
            for (block, group) in groups.iter().enumerate() {
                answered_by[*group].push(PathBlock { split, block });
            }
        }
        let path = |p: usize| BacktestPath { blocks: answered_by.iter().map(|blocks| blocks[p]).collect() };
        (0..self.n_paths()).map(path).collect()
    }

    pub(super) fn validate(&self) -> Result<(), SplitError> {
        require_count("groups", self.groups, 2, MOST_SPLITS)?;
        require_count("test_groups", self.test_groups, 1, self.groups - 1)?;
        let splits = self.n_splits();
        if splits > MOST_SPLITS {
            let why = format!(
                "{} of {} groups make more than {MOST_SPLITS} splits, each a full fit; use fewer groups",
                self.test_groups, self.groups
            );
            return Err(SplitError::Value { key: "groups", why });
        }
        Ok(())
    }

    pub(super) fn cut(&self, n_rows: usize) -> Vec<Split> {
        let split = |groups: Vec<usize>| {
            Split::around(groups.into_iter().map(|group| tile(n_rows, self.groups, group)).collect(), n_rows)
        };
        choices(self.groups, self.test_groups).into_iter().map(split).collect()
    }
}

impl BacktestPath {
    /// The out-of-sample rows of the path, in time order; `folds` in the order of the splits.
    ///
    /// # Panics
    /// When `folds` are not the folds of all splits.
    pub fn rows(&self, folds: &[FoldRows]) -> Vec<PathRow> {
        let rows = |part: &PathBlock| {
            let fold = &folds[part.split];
            let row = |place: usize| PathRow { fold: part.split, place, bar: fold.test[place] };
            fold.test_blocks[part.block].clone().map(row).collect::<Vec<_>>()
        };
        self.blocks.iter().flat_map(rows).collect()
    }
}

/// C(n, k); some number above `MOST_SPLITS` where it does not fit.
fn binomial(n: usize, k: usize) -> usize {
    // Each step is C(n − k + i, i), a whole number.
    (1..=k).fold(1, |product: usize, i| product.saturating_mul(n - k + i) / i)
}

/// Every choice of `count` of the numbers below `n`, in lexicographic order.
fn choices(n: usize, count: usize) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut choice: Vec<usize> = (0..count).collect();
    loop {
        all.push(choice.clone());
        // The last number that can still grow does; those behind it follow closely.
        let Some(place) = (0..count).rev().find(|place| choice[*place] < n - count + place) else {
            return all;
        };
        choice[place] += 1;
        for behind in place + 1..count {
            choice[behind] = choice[behind - 1] + 1;
        }
    }
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "a split is made of lists of ranges")]
mod tests {
    use super::*;

    #[test]
    fn two_of_four_groups_make_six_splits_and_three_paths() {
        let scheme = Combinatorial { groups: 4, test_groups: 2 };
        assert_eq!((scheme.n_splits(), scheme.n_paths()), (6, 3));
        let splits = scheme.cut(40);
        assert_eq!(splits[0], Split { train: vec![20..40], test: vec![0..10, 10..20] });
        assert_eq!(splits[4], Split { train: vec![0..10, 20..30], test: vec![10..20, 30..40] });
        // Splits in order: 01 02 03 12 13 23.
        let splits_of = |path: usize| scheme.paths()[path].blocks.iter().map(|b| b.split).collect::<Vec<_>>();
        assert_eq!([splits_of(0), splits_of(1), splits_of(2)], [[0, 0, 1, 2], [1, 3, 3, 4], [2, 4, 5, 5]]);
    }

    #[test]
    fn too_many_splits_are_refused() {
        let error = Combinatorial { groups: 20, test_groups: 10 }.validate().unwrap_err();
        assert_eq!(
            error.to_string(),
            "groups: 10 of 20 groups make more than 1000 splits, each a full fit; use fewer groups"
        );
    }
}
