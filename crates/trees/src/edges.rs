//! Where bins of values begin: how a row of numbers becomes a row of bins.

use crate::node::Bin;

/// The edges between the bins of each column, rising: `x` is in the first bin whose edge it does not exceed, else in
/// the last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edges {
    /// Those of all columns, one after another.
    pub(crate) values: Vec<f64>,
    /// Where each column's begin, and where the last one's end.
    pub(crate) starts: Vec<u32>,
}

impl Edges {
    /// From the edges of each column.
    pub(crate) fn new<'a>(columns: impl Iterator<Item = &'a [f64]>) -> Self {
        let mut edges = Self { values: Vec::new(), starts: vec![0] };
        for column in columns {
            edges.values.extend_from_slice(column);
            edges.starts.push(edges.values.len() as u32);
        }
        edges
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.starts.len() - 1
    }

    /// Those of one column.
    pub(crate) fn of(&self, column: usize) -> &[f64] {
        &self.values[self.starts[column] as usize..self.starts[column + 1] as usize]
    }

    /// The bins of a row `[n_columns]`.
    pub(crate) fn bins_of<B: Bin>(&self, row: &[f64]) -> impl Iterator<Item = B> {
        row.iter().zip(self.starts.windows(2)).map(|(&x, range)| {
            let edges = &self.values[range[0] as usize..range[1] as usize];
            let below = edges.partition_point(|&edge| edge < x);
            if x.is_nan() { B::MISSING } else { B::new(below) }
        })
    }

    /// The most edges of a column.
    pub(crate) fn most(&self) -> usize {
        self.starts.windows(2).map(|range| (range[1] - range[0]) as usize).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_binned_by_column() {
        let edges = Edges::new([&[1.0, 3.0][..], &[], &[0.5]].into_iter());
        let rows = [[1.0, 9.0, f64::NAN], [1.1, f64::NAN, 0.5], [f64::INFINITY, -1.0, f64::INFINITY]];
        let bins: Vec<u16> = rows.iter().flat_map(|row| edges.bins_of(row)).collect();
        assert_eq!(bins, [0, 0, u16::MISSING, 1, u16::MISSING, 0, 2, 0, 1]);
        assert_eq!(edges.bins_of(&rows[0]).collect::<Vec<u8>>(), [0, 0, u8::MISSING]);
        assert_eq!(edges.most(), 2);
        assert_eq!((edges.n_columns(), edges.of(0), edges.of(1).len()), (3, &[1.0, 3.0][..], 0));
    }
}
