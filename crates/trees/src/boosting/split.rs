//! The search for a leaf's best split.

use pulp::{Arch, NullaryFnOnce};

use crate::bins::{BinnedColumn, MISSING};
use crate::boosting::histogram::{PackedSum, TileHistogram, count_rows, unpack};
use crate::boosting::tiles::TILE;

/// Rows up to and including a bin of a column go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    /// Column of the table.
    pub(crate) column: usize,
    pub(crate) bin: u8,
    pub(crate) missing_left: bool,
    /// Sum over both sides of g² / (h + λ), in units.
    pub(crate) score: f64,
    /// Sums of the left side.
    pub(crate) left: PackedSum,
}

/// What both sides of a split must have, in units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) lambda: f64,
    /// Least second derivatives of a side: what the configuration asks for, or what stands for its fewest rows.
    pub(crate) least_hessian: f64,
    /// Fewest rows of a side, where they are counted.
    pub(crate) min_leaf: u32,
}

/// A leaf as the search sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeafSums {
    pub(crate) total: PackedSum,
    pub(crate) limits: Limits,
}

/// Rows by which the two sides of each split are counted exactly.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    pub(crate) tile: &'a [[u8; TILE]],
    pub(crate) rows: &'a [u32],
}

/// The split of a tile's columns that scores highest: of equals the first column's lowest bin, with missing values on
/// the right.
pub(crate) fn best_of_tile(
    histogram: &TileHistogram,
    columns: &[usize],
    binned: &[BinnedColumn],
    leaf: LeafSums,
    counted: Option<Counted<'_>>,
) -> Option<Split> {
    let mut best: Option<Split> = None;
    let (arch, mut prefix, mut scores) = (Arch::new(), [0; 256], [f64::NEG_INFINITY; 256]);
    for (place, (&column, sums)) in columns.iter().zip(histogram).enumerate() {
        let n_bins = binned[column].edges.len() + 1;
        let missing = sums[usize::from(MISSING)];
        let counts = counted.map(|by| count_rows(by.tile, place, by.rows));
        for missing_left in [false, true] {
            if missing_left && missing == 0 {
                break;
            }
            // Behind the last bin nothing but missing values is left for the other side.
            let n_splits = if missing != 0 && !missing_left { n_bins } else { n_bins - 1 };
            let begin = if missing_left { missing } else { 0 };
            let (prefix, scores) = (&mut prefix, &mut scores);
            let counts = counts.as_ref().map(|counts| (counts, missing_left));
            let scan = Scan { bins: &sums[..n_splits], begin, leaf, counts, prefix, scores };
            let score = arch.dispatch(scan);
            if score > best.map_or(f64::NEG_INFINITY, |split| split.score)
                && let Some(bin) = scores[..n_splits].iter().position(|other| *other >= score)
            {
                best = Some(Split { column, bin: bin as u8, missing_left, score, left: prefix[bin] });
            }
        }
    }
    best
}

/// Scores compared at a time.
const LANES: usize = 8;

/// One column in one direction.
struct Scan<'a> {
    /// The bins behind which a split is possible.
    bins: &'a [PackedSum],
    /// What is on the left before the first bin.
    begin: PackedSum,
    leaf: LeafSums,
    /// Rows in each bin and whether missing ones are on the left, where rows are counted.
    counts: Option<(&'a [u32; 256], bool)>,
    /// Sums of the left side of the split behind each bin.
    prefix: &'a mut [PackedSum; 256],
    /// Its score; minus infinity where it breaks a limit.
    scores: &'a mut [f64; 256],
}

impl NullaryFnOnce for Scan<'_> {
    /// The highest score.
    type Output = f64;

    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn call(self) -> f64 {
        let Self { bins, begin, leaf: LeafSums { total, limits }, counts, prefix, scores } = self;
        let mut sum = begin;
        for (prefix, bin) in prefix.iter_mut().zip(bins) {
            sum += bin;
            *prefix = sum;
        }
        let Limits { lambda, least_hessian, min_leaf } = limits;
        for (score, &left) in scores[..bins.len()].iter_mut().zip(&prefix[..bins.len()]) {
            let ((g, h), (other_g, other_h)) = (unpack(left), unpack(total - left));
            let value = g * g / (h + lambda) + other_g * other_g / (other_h + lambda);
            *score = if h.min(other_h) >= least_hessian { value } else { f64::NEG_INFINITY };
        }
        if let Some((counts, missing_left)) = counts {
            keep_counted(&mut scores[..bins.len()], counts, missing_left, min_leaf);
        }
        let end = bins.len().next_multiple_of(LANES);
        scores[bins.len()..end].fill(f64::NEG_INFINITY);
        let mut highest = [f64::NEG_INFINITY; LANES];
        for lanes in scores[..end].as_chunks::<LANES>().0 {
            for (highest, score) in highest.iter_mut().zip(lanes) {
                *highest = if score > highest { *score } else { *highest };
            }
        }
        highest.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// Strikes out splits that leave a side too few rows.
fn keep_counted(scores: &mut [f64], counts: &[u32; 256], missing_left: bool, least: u32) {
    let all: u32 = counts.iter().sum();
    let mut left = if missing_left { counts[usize::from(MISSING)] } else { 0 };
    for (score, count) in scores.iter_mut().zip(counts) {
        left += count;
        if left < least || all - left < least {
            *score = f64::NEG_INFINITY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boosting::histogram::tests::empty;

    fn column(n_bins: usize) -> BinnedColumn {
        BinnedColumn { edges: (1..n_bins).map(|i| i as f64).collect(), codes: Vec::new(), has_missing: false }
    }

    fn packed(g: i64, h: i64) -> PackedSum {
        (g << 32) + h
    }

    fn best(bins: &[PackedSum], missing: PackedSum, least_hessian: f64) -> Option<Split> {
        let mut histogram = empty();
        histogram[0][..bins.len()].copy_from_slice(bins);
        histogram[0][255] = missing;
        let total = bins.iter().sum::<PackedSum>() + missing;
        let leaf = LeafSums { total, limits: Limits { lambda: 0.0, least_hessian, min_leaf: 1 } };
        best_of_tile(&histogram, &[0], &[column(bins.len())], leaf, None)
    }

    #[test]
    fn the_split_that_gains_most_wins() {
        let bins = [packed(-4, 2), packed(-5, 2), packed(3, 2), packed(6, 2)];
        let split = best(&bins, 0, 1.0).unwrap();
        assert_eq!((split.bin, split.missing_left, split.left), (1, false, packed(-9, 4)));
        assert!((split.score - 2.0 * 81.0 / 4.0).abs() < 1e-12);
        assert_eq!(best(&bins, 0, 5.0), None);
        assert_eq!(best(&bins[..1], 0, 1.0), None);
    }

    #[test]
    fn missing_values_go_to_the_side_they_resemble() {
        let bins = [packed(-4, 2), packed(-5, 2), packed(3, 2), packed(6, 2)];
        let split = best(&bins, packed(8, 2), 1.0).unwrap();
        assert_eq!((split.bin, split.missing_left, split.left), (1, false, packed(-9, 4)));
        let split = best(&bins, packed(-8, 2), 1.0).unwrap();
        assert_eq!((split.bin, split.missing_left, split.left), (1, true, packed(-17, 6)));
        let split = best(&[packed(5, 4), packed(5, 4)], packed(-8, 2), 1.0).unwrap();
        assert_eq!((split.bin, split.missing_left, split.left), (1, false, packed(10, 8)));
    }

    #[test]
    fn rows_are_counted_where_asked() {
        let tile: Vec<[u8; TILE]> = [0, 1, 1, 2]
            .map(|bin| {
                let mut row = [0; TILE];
                row[0] = bin;
                row
            })
            .to_vec();
        let mut histogram = empty();
        histogram[0][..3].copy_from_slice(&[packed(-9, 9), packed(1, 9), packed(2, 9)]);
        let limits = Limits { lambda: 0.0, least_hessian: 0.0, min_leaf: 1 };
        let leaf = LeafSums { total: packed(-6, 27), limits };
        let with = |min_leaf| {
            let leaf = LeafSums { limits: Limits { min_leaf, ..limits }, ..leaf };
            let counted = Counted { tile: &tile, rows: &[0, 1, 2, 3] };
            best_of_tile(&histogram, &[0], &[column(3)], leaf, Some(counted)).map(|split| split.bin)
        };
        assert_eq!((with(1), with(2)), (Some(0), None));
    }
}
