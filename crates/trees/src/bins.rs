//! Columns cut into bins by quantiles of the training rows.

use rayon::prelude::*;

use crate::edges::Edges;
use crate::node::Bin;
use crate::table::TrainingRows;

/// Most bins of values; the byte that is left over is for missing ones.
pub(crate) const MOST_BINS: usize = 255;
/// The bin of NaN.
pub(crate) const MISSING: u8 = <u8 as Bin>::MISSING;
/// Most values the edges of a column are computed from.
const MOST_SAMPLED: usize = 200_000;
/// Columns that are gathered from the rows together: a cache line of them.
const TOGETHER: usize = 8;

/// The training rows by bin, column-major.
#[derive(Debug)]
pub(crate) struct Bins {
    columns: Vec<BinnedColumn>,
}

/// One column: `x` is in the first bin whose edge it does not exceed, else in the last; NaN is in [`MISSING`].
#[derive(Debug)]
pub(crate) struct BinnedColumn {
    /// Between bins `i` and `i + 1`; rising. One fewer than bins.
    pub(crate) edges: Vec<f64>,
    /// Bin of each training row.
    pub(crate) codes: Vec<u8>,
    /// Whether a row has no value.
    pub(crate) has_missing: bool,
}

impl Bins {
    /// Cuts every column; the rows must have been checked to hold nothing infinite.
    pub(crate) fn new(data: &TrainingRows<'_>) -> Self {
        let n_columns = data.table.n_columns();
        let groups = (0..n_columns).collect::<Vec<_>>();
        let cut = groups.par_chunks(TOGETHER).flat_map_iter(|group| {
            let mut values = vec![Vec::with_capacity(data.rows.len()); group.len()];
            for &row in data.rows {
                let row = &data.table.row(row)[group[0]..][..group.len()];
                values.iter_mut().zip(row).for_each(|(values, &x)| values.push(x));
            }
            values.into_iter().map(|values| BinnedColumn::new(&values))
        });
        Self { columns: cut.collect() }
    }

    /// The edges of all columns.
    pub(crate) fn edges(&self) -> Edges {
        Edges::new(self.columns.iter().map(|column| column.edges.as_slice()))
    }

    /// Column `index`.
    pub(crate) fn column(&self, index: usize) -> &BinnedColumn {
        &self.columns[index]
    }

    /// All columns in order.
    pub(crate) fn into_columns(self) -> Vec<BinnedColumn> {
        self.columns
    }
}

impl BinnedColumn {
    fn new(values: &[f64]) -> Self {
        let has_missing = values.iter().any(|x| x.is_nan());
        let edges = if has_missing {
            let present: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
            edges(evenly_spaced(&present, MOST_SAMPLED))
        } else {
            edges(evenly_spaced(values, MOST_SAMPLED))
        };
        let bin = |&x: &f64| match x {
            x if x.is_nan() => MISSING,
            x => edges.partition_point(|&edge| edge < x) as u8,
        };
        let codes = values.iter().map(bin).collect();
        Self { edges, codes, has_missing }
    }

    /// Whether no split could part its rows.
    pub(crate) fn is_constant(&self) -> bool {
        self.edges.is_empty() && !self.has_missing
    }
}

/// Whether a row of bin `code` goes left of a split behind `bin`.
pub(crate) fn goes_left(code: u8, bin: u8, missing_left: bool) -> bool {
    code.raised(missing_left) <= bin.raised(missing_left)
}

/// At most `most` of the values, at equal distances from the first on.
fn evenly_spaced(values: &[f64], most: usize) -> Vec<f64> {
    if values.len() <= most {
        return values.to_vec();
    }
    (0..most).map(|i| values[(i as u64 * values.len() as u64 / most as u64) as usize]).collect()
}

/// Edges between bins: midpoints between neighbouring distinct values. Up to 255 distinct values get a bin
/// each; more are shared out so that the bins hold about equally many rows, where a value that fills
/// a bin on its own leaves the others to share what remains.
fn edges(mut sample: Vec<f64>) -> Vec<f64> {
    sort(&mut sample);
    let runs: Vec<&[f64]> = sample.chunk_by(|a, b| a >= b).collect();
    let mut edges = Vec::with_capacity(MOST_BINS.min(runs.len()));
    let (mut rows_left, mut bins_left, mut held) = (sample.len(), MOST_BINS, 0);
    for (index, pair) in runs.windows(2).enumerate() {
        held += pair[0].len();
        let (above, values_left) = (pair[1].len(), runs.len() - index - 1);
        // Close the bin when it is full, when taking the next value would overshoot by more than is missing,
        // or when there is a bin for each value still to come.
        let fair = rows_left as f64 / bins_left as f64;
        let full = held as f64 >= fair || (held + above) as f64 - fair > fair - held as f64;
        if bins_left > 1 && (full || values_left < bins_left) {
            edges.push(between(pair[0][0], pair[1][0]));
            rows_left -= held;
            bins_left -= 1;
            held = 0;
        }
    }
    edges
}

/// Sorts by [`f64::total_cmp`], as whole numbers, which is faster.
fn sort(values: &mut [f64]) {
    // Flipping all other bits of negative numbers turns the order of sign and magnitude into that of integers.
    let flip = |bits: i64| bits ^ (((bits >> 63) as u64) >> 1) as i64;
    let mut keys: Vec<i64> = values.iter().map(|x| flip(x.to_bits() as i64)).collect();
    keys.sort_unstable();
    values.iter_mut().zip(keys).for_each(|(x, key)| *x = f64::from_bits(flip(key) as u64));
}

/// The midpoint of `low < high`, or `low` where rounding leaves nothing between them: what `x <= edge` tests
/// always puts `low` below and `high` above.
fn between(low: f64, high: f64) -> f64 {
    let middle = f64::midpoint(low, high);
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_distinct_values_get_a_bin_each() {
        let column = BinnedColumn::new(&[9.0, 1.0, 2.0, 2.0, -0.0, 0.0]);
        assert_eq!(column.edges, [0.5, 1.5, 5.5]);
        assert_eq!(column.codes, [3, 1, 2, 2, 0, 0]);
        assert!(BinnedColumn::new(&[4.0, 4.0]).edges.is_empty());
        let all: Vec<f64> = (0..255).map(f64::from).collect();
        let column = BinnedColumn::new(&all);
        assert_eq!(column.edges.len(), 254);
        assert_eq!(column.codes, (0..=254).collect::<Vec<u8>>());
    }

    #[test]
    fn missing_values_have_a_bin_of_their_own() {
        let column = BinnedColumn::new(&[f64::NAN, 1.0, 3.0, f64::NAN]);
        assert_eq!((column.edges.as_slice(), column.codes.as_slice()), (&[2.0][..], &[255, 0, 1, 255][..]));
        let nothing = BinnedColumn::new(&[f64::NAN; 3]);
        assert!(nothing.edges.is_empty() && nothing.has_missing && !nothing.is_constant());
        assert!(BinnedColumn::new(&[4.0; 3]).is_constant());
        assert!(goes_left(3, 3, false) && !goes_left(4, 3, false) && !goes_left(MISSING, 254, false));
        assert!(goes_left(3, 3, true) && !goes_left(4, 3, true) && goes_left(MISSING, 0, true));
    }

    #[test]
    fn values_are_sorted_as_by_total_order() {
        let mut values = [3.0, -0.0, f64::MIN, 0.0, -1.5, f64::MAX, 1e-310, -1e-310];
        let mut expected = values;
        expected.sort_unstable_by(f64::total_cmp);
        sort(&mut values);
        assert_eq!(values.map(f64::to_bits), expected.map(f64::to_bits));
    }

    #[test]
    fn many_distinct_values_share_bins_of_equal_size() {
        let values: Vec<f64> = (0..25_500).map(|i| f64::from(i * 7919 % 25_500).powi(3)).collect();
        let column = BinnedColumn::new(&values);
        assert_eq!(column.edges.len(), 254);
        let mut rows = [0; 255];
        column.codes.iter().for_each(|&code| rows[usize::from(code)] += 1);
        assert!(rows.iter().all(|&n| n == 100), "{rows:?}");
    }

    #[test]
    fn a_frequent_value_does_not_use_up_the_bins() {
        let values: Vec<f64> = (0..20_000).map(|i| f64::from((i - 10_000).max(0))).collect();
        let column = BinnedColumn::new(&values);
        assert_eq!(column.edges.len(), 254);
        assert!((column.edges[0] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_edge_separates_its_neighbours_even_when_nothing_lies_between() {
        for low in [1.0, -1.0, 0.0, f64::MIN, f64::MIN_POSITIVE, 1e300] {
            for high in [f64::next_up(low), low.abs() + low.abs() / 4.0 + 3.0, f64::MAX] {
                let high = high.min(f64::MAX);
                let edge = between(low, high);
                assert!(low <= edge && edge < high, "{low} {high} {edge}");
            }
        }
    }

    #[test]
    fn a_sample_reaches_over_all_values() {
        let values: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(evenly_spaced(&values, 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(evenly_spaced(&values, 10), values);
    }
}
