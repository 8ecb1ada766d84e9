//! Columns cut into bins by quantiles of the training rows.

use rayon::prelude::*;

use crate::table::TrainingRows;

/// Most bins of a column: a bin's number fits a byte.
pub(crate) const MOST_BINS: usize = 255;
/// Most values the edges of a column are computed from.
const MOST_SAMPLED: usize = 200_000;

/// The training rows by bin, column-major.
#[derive(Debug)]
pub(crate) struct Bins {
    columns: Vec<BinnedColumn>,
}

/// One column: `x` is in the first bin whose edge it does not exceed, else in the last.
#[derive(Debug)]
pub(crate) struct BinnedColumn {
    /// Between bins `i` and `i + 1`; rising. One fewer than bins.
    pub(crate) edges: Vec<f64>,
    /// Bin of each training row.
    pub(crate) codes: Vec<u8>,
}

impl Bins {
    /// Cuts every column; the rows must have been checked to be finite.
    pub(crate) fn new(data: &TrainingRows<'_>) -> Self {
        let columns = (0..data.table.n_columns()).into_par_iter().map(|column| {
            let values: Vec<f64> = data.rows.iter().map(|&row| data.table.row(row)[column]).collect();
            BinnedColumn::new(&values)
        });
        Self { columns: columns.collect() }
    }

    /// Column `index`.
    pub(crate) fn column(&self, index: usize) -> &BinnedColumn {
        &self.columns[index]
    }
}

impl BinnedColumn {
    fn new(values: &[f64]) -> Self {
        let edges = edges(evenly_spaced(values, MOST_SAMPLED));
        let codes = values.iter().map(|&x| edges.partition_point(|&edge| edge < x) as u8).collect();
        Self { edges, codes }
    }
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
    sample.sort_unstable_by(f64::total_cmp);
    let runs: Vec<&[f64]> = sample.chunk_by(|a, b| a >= b).collect();
    let mut edges = Vec::with_capacity(MOST_BINS.min(runs.len()) - 1);
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
