//! A library's trees made ours: rows are dropped down them, so that every node knows how many it saw.

use trees::{GivenKind, GivenNode, RandomForest, Table};

use crate::error::ClassicalError;

/// A node of a library's tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LibraryNode {
    /// `x <= threshold` goes left.
    Split { column: usize, threshold: f64, left: usize, right: usize },
    /// The class it votes for, where a leaf knows no shares.
    Vote(u8),
    /// Whatever the rows that end here are.
    Shares,
}

/// A forest of these trees. Covers, and the shares of leaves that hold those, are counted over `rows`; a node that none
/// of them reaches is left out, and its sibling takes its parent's place.
pub(crate) fn take_over(
    library: &'static str,
    trees: &[Vec<LibraryNode>],
    table: &Table<'_>,
    (rows, classes): (&[usize], &[u8]),
    n_classes: usize,
) -> Result<RandomForest, ClassicalError> {
    let places: Vec<usize> = (0..rows.len()).collect();
    let given: Vec<Vec<GivenNode>> = trees
        .iter()
        .map(|nodes| {
            let mut given = Vec::new();
            TakingOver { nodes, table, rows, classes, n_classes }.add(0, &places, &mut given);
            given
        })
        .collect();
    RandomForest::from_trees(table.n_columns(), n_classes, &given)
        .map_err(|source| ClassicalError::TakenOver { library, source })
}

struct TakingOver<'a> {
    nodes: &'a [LibraryNode],
    table: &'a Table<'a>,
    rows: &'a [usize],
    classes: &'a [u8],
    n_classes: usize,
}

impl TakingOver<'_> {
    /// Adds the node `place` and what is below it, reached by the rows at `reached`; its position.
    fn add(&self, place: usize, reached: &[usize], given: &mut Vec<GivenNode>) -> u32 {
        let own = given.len();
        let cover = reached.len() as f64;
        match self.nodes[place] {
            LibraryNode::Split { column, threshold, left, right } => {
                let goes_left = |at: &usize| self.table.row(self.rows[*at])[column] <= threshold;
                let (down, up): (Vec<usize>, Vec<usize>) = reached.iter().partition(|at| goes_left(at));
                match (down.is_empty(), up.is_empty()) {
                    (true, _) => return self.add(right, &up, given),
                    (_, true) => return self.add(left, &down, given),
                    _ => {}
                }
                given.push(GivenNode { cover, kind: GivenKind::Leaf { values: Vec::new() } });
                let (left, right) = (self.add(left, &down, given), self.add(right, &up, given));
                let missing_left = down.len() > up.len();
                let column = column as u32;
                given[own].kind = GivenKind::Split { column, threshold, missing_left, left, right };
            }
            LibraryNode::Vote(class) => {
                let values = (0..self.n_classes).map(|k| f32::from(u8::from(k == usize::from(class))));
                given.push(GivenNode { cover, kind: GivenKind::Leaf { values: values.collect() } });
            }
            LibraryNode::Shares => {
                let mut counts = vec![0.0; self.n_classes];
                for &at in reached {
                    counts[usize::from(self.classes[at])] += 1.0;
                }
                let values = counts.iter().map(|count| (count / cover) as f32).collect();
                given.push(GivenNode { cover, kind: GivenKind::Leaf { values } });
            }
        }
        own as u32
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use market::{Purpose, Seed};
    use rand::RngExt;
    use trees::TrainingRows;

    /// Rows whose class follows from the first two of four columns, and noise.
    pub(crate) struct MadeUp {
        values: Vec<f64>,
        pub(crate) rows: Vec<usize>,
        pub(crate) classes: Vec<u8>,
        n_classes: usize,
    }

    pub(crate) fn rows(n: usize, n_classes: usize) -> MadeUp {
        let mut random = Seed(9).stream(Purpose::Part, &[]);
        let values: Vec<f64> = (0..4 * n).map(|_| random.random_range(-1.0..1.0)).collect();
        let class = |row: &[f64]| {
            let score: f64 = row[0] - 0.5 * row[1] + random.random_range(-0.3..0.3);
            ((score + 1.8) / 3.6 * n_classes as f64).clamp(0.0, n_classes as f64 - 1.0) as u8
        };
        let classes = values.chunks_exact(4).map(class).collect();
        MadeUp { values, rows: (0..n).collect(), classes, n_classes }
    }

    impl MadeUp {
        pub(crate) fn table(&self) -> Table<'_> {
            Table::new(&self.values, 4).unwrap()
        }

        pub(crate) fn training(&self) -> TrainingRows<'_> {
            TrainingRows {
                table: self.table(),
                rows: &self.rows,
                classes: &self.classes,
                n_classes: self.n_classes,
                weights: None,
            }
        }
    }

    #[test]
    fn rows_are_counted_and_empty_branches_left_out() {
        let nodes = [
            LibraryNode::Split { column: 0, threshold: 0.5, left: 1, right: 2 },
            LibraryNode::Shares,
            LibraryNode::Split { column: 0, threshold: 9.0, left: 3, right: 4 },
            LibraryNode::Vote(1),
            LibraryNode::Vote(0),
        ];
        let values = [0.0, 0.25, 0.5, 1.0];
        let table = Table::new(&values, 1).unwrap();
        let rows = (&[0, 1, 2, 3][..], &[0, 0, 1, 1][..]);
        let forest = take_over("made up", &[nodes.to_vec()], &table, rows, 2).unwrap();
        let tree = &forest.trees()[0];
        assert_eq!(tree.iter().map(|node| node.cover).collect::<Vec<_>>(), [4.0, 3.0, 1.0]);
        let answers = forest.predict(&table, &[0, 3]);
        assert!((answers[0] - 2.0 / 3.0).abs() < 1e-6 && answers[3] >= 1.0, "{answers:?}");
    }
}
