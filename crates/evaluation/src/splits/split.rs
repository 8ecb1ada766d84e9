//! One split, as positions among the usable rows.

use std::ops::Range;

/// What one split may learn from and has to answer for, as positions among the usable rows, before labels
/// and look-backs take their part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Rows to learn from: ranges in time order that do not meet. None is empty.
    pub train: Vec<Range<usize>>,
    /// Rows to answer for: blocks in time order that do not meet. Blocks may touch (neighbouring groups).
    pub test: Vec<Range<usize>>,
}

impl Split {
    /// One test block behind one training part.
    pub(super) fn forward(train: Range<usize>, test: Range<usize>) -> Self {
        Self { train: without_empty([train]), test: vec![test] }
    }

    /// All `n_rows` rows to learn from and none to answer for: a final refit.
    pub fn train_on_all(n_rows: usize) -> Self {
        Self { train: without_empty(std::iter::once(0..n_rows)), test: Vec::new() }
    }

    /// Everything that is not tested is learnt from.
    pub(super) fn around(test: Vec<Range<usize>>, n_rows: usize) -> Self {
        let starts = std::iter::once(0).chain(test.iter().map(|block| block.end));
        let ends = test.iter().map(|block| block.start).chain([n_rows]);
        let train = without_empty(starts.zip(ends).map(|(start, end)| start..end));
        Self { train, test }
    }
}

fn without_empty(ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    ranges.into_iter().filter(|range| !range.is_empty()).collect()
}

/// Block `index` of `count` blocks whose lengths differ by one row at most.
pub(super) fn tile(n_rows: usize, count: usize, index: usize) -> Range<usize> {
    n_rows * index / count..n_rows * (index + 1) / count
}

/// Checks a count.
pub(super) fn require_count(
    key: &'static str,
    count: usize,
    least: usize,
    most: usize,
) -> Result<(), SplitError> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(SplitError::Value { key, why: format!("{count} is not between {least} and {most}") })
}

/// Checks a share of the rows.
pub(super) fn require_share(key: &'static str, share: f64) -> Result<(), SplitError> {
    if share > 0.0 && share < 1.0 {
        return Ok(());
    }
    Err(SplitError::Value { key, why: format!("{share} is not a share between 0 and 1") })
}

/// Why rows were not split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A value of the scheme makes no sense.
    #[error("{key}: {why}")]
    Value {
        /// Key within the scheme's table.
        key: &'static str,
        /// What is wrong and what is expected.
        why: String,
    },
    /// A training or test part would be empty.
    #[error(
        "{n_rows} usable rows are too few for this {scheme} split: a part of it would be empty; use more bars, or fewer or shorter blocks"
    )]
    TooFewRows {
        /// Name of the scheme.
        scheme: &'static str,
        /// Rows there are.
        n_rows: usize,
    },
}
