//! Trees whose leaves hold numbers that are added up: what a forest and boosting have in common.

use rayon::prelude::*;

use crate::node::{Node, WALKS, walk};
use crate::table::Table;

/// Rows answered together, tree by tree.
const BLOCK: usize = 256;

/// Any number of trees, one after another. A leaf of a forest holds a number for each output (its class
/// shares); a leaf of boosting holds one, for the output whose turn its tree is.
#[derive(Debug, Clone)]
pub(crate) struct Ensemble {
    pub(crate) n_columns: usize,
    pub(crate) n_outputs: usize,
    /// Numbers in a leaf: `n_outputs`, or 1 when the trees take turns.
    pub(crate) width: usize,
    /// All trees' nodes; children count from the start of all.
    pub(crate) nodes: Vec<Node>,
    /// Weight of the training rows that reached each node.
    pub(crate) covers: Vec<f32>,
    /// Where each tree starts in `nodes`, and where the last one ends.
    pub(crate) tree_starts: Vec<u32>,
    /// `[n_leaves, width]`.
    pub(crate) leaves: Vec<f32>,
}

/// One tree: node and leaf numbers start at zero.
#[derive(Debug, Default)]
pub(crate) struct GrownTree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) covers: Vec<f32>,
    /// `[n_leaves, width]`.
    pub(crate) leaves: Vec<f32>,
}

impl Ensemble {
    /// No trees yet.
    pub(crate) fn new(n_columns: usize, n_outputs: usize, width: usize) -> Self {
        let tree_starts = vec![0];
        Self {
            n_columns,
            n_outputs,
            width,
            nodes: Vec::new(),
            covers: Vec::new(),
            tree_starts,
            leaves: Vec::new(),
        }
    }

    pub(crate) fn n_trees(&self) -> usize {
        self.tree_starts.len() - 1
    }

    /// Appends a tree; false when its nodes no longer fit 31 bits.
    #[must_use]
    pub(crate) fn push(&mut self, tree: &GrownTree) -> bool {
        let end = self.nodes.len() + tree.nodes.len();
        if end >= 1 << 31 {
            return false;
        }
        let first_node = self.nodes.len() as u32;
        let first_leaf = (self.leaves.len() / self.width) as u32;
        self.nodes.extend(tree.nodes.iter().enumerate().map(|(own, &node)| {
            let column = if node.is_leaf(own) { node.column + first_leaf } else { node.column };
            Node { column, right: node.right + first_node, ..node }
        }));
        self.covers.extend_from_slice(&tree.covers);
        self.leaves.extend_from_slice(&tree.leaves);
        self.tree_starts.push(end as u32);
        true
    }

    /// Drops all trees behind the first `n`.
    pub(crate) fn truncate(&mut self, n: usize) {
        if n >= self.n_trees() {
            return;
        }
        let end = self.tree_starts[n] as usize;
        let leaves = self.nodes[..end].iter().enumerate().filter(|(own, node)| node.is_leaf(*own)).count();
        self.nodes.truncate(end);
        self.covers.truncate(end);
        self.leaves.truncate(leaves * self.width);
        self.tree_starts.truncate(n + 1);
    }

    /// Where the nodes of tree `tree` lie.
    pub(crate) fn nodes_of(&self, tree: usize) -> std::ops::Range<usize> {
        self.tree_starts[tree] as usize..self.tree_starts[tree + 1] as usize
    }

    /// The first output that the leaves of tree `tree` are added to.
    pub(crate) fn output_of(&self, tree: usize) -> usize {
        tree * self.width % self.n_outputs
    }

    /// The numbers of the leaf at node `leaf`.
    pub(crate) fn leaf(&self, leaf: usize) -> &[f32] {
        &self.leaves[self.nodes[leaf].place() * self.width..][..self.width]
    }

    /// Adds what every tree says of one row to `sums` `[n_outputs]`, in the order of the trees.
    pub(crate) fn add_row(&self, row: &[f64], sums: &mut [f64]) {
        let trees = &self.tree_starts[..self.n_trees()];
        for (group, starts) in trees.chunks(WALKS).enumerate() {
            let mut at = std::array::from_fn(|i| starts[i.min(starts.len() - 1)]);
            walk(&self.nodes, &mut at, [row; WALKS]);
            for (turn, &leaf) in at[..starts.len()].iter().enumerate() {
                self.add_leaf(leaf, &mut sums[self.output_of(group * WALKS + turn)..]);
            }
        }
    }

    /// Adds what the trees from `first_tree` on say of some rows of a table to `sums`
    /// `[rows.len(), n_outputs]`: the same to the bit as [`Self::add_row`]. Runs on the current rayon thread pool.
    pub(crate) fn add_rows(&self, first_tree: usize, table: &Table<'_>, rows: &[usize], sums: &mut [f64]) {
        sums.par_chunks_mut(BLOCK * self.n_outputs).zip(rows.par_chunks(BLOCK)).for_each(|(sums, rows)| {
            for tree in first_tree..self.n_trees() {
                let (start, output) = (self.tree_starts[tree], self.output_of(tree));
                let groups = sums.chunks_mut(WALKS * self.n_outputs);
                for (sums, group) in groups.zip(rows.chunks(WALKS)) {
                    let mut at = [start; WALKS];
                    let features = |i: usize| table.row(group[i.min(group.len() - 1)]);
                    walk(&self.nodes, &mut at, std::array::from_fn(features));
                    let sums = sums.chunks_exact_mut(self.n_outputs);
                    at.iter().zip(sums).for_each(|(&leaf, sums)| self.add_leaf(leaf, &mut sums[output..]));
                }
            }
        });
    }

    fn add_leaf(&self, leaf: u32, sums: &mut [f64]) {
        sums.iter_mut().zip(self.leaf(leaf as usize)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stump on column 0 at 1 with these values.
    fn stump(low: &[f32], high: &[f32]) -> GrownTree {
        let root = Node { right: 2, ..Node::split(0, 1.0, false) };
        GrownTree {
            nodes: vec![root, Node::leaf(1, 0), Node::leaf(2, 1)],
            covers: vec![3.0, 1.0, 2.0],
            leaves: [low, high].concat(),
        }
    }

    #[test]
    fn trees_that_take_turns_add_to_their_own_output() {
        let mut ensemble = Ensemble::new(1, 2, 1);
        for (low, high) in [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)] {
            assert!(ensemble.push(&stump(&[low], &[high])));
        }
        let mut sums = [0.5, 0.0];
        ensemble.add_row(&[0.0], &mut sums);
        assert_eq!(sums, [101.5, 10.0]);
        ensemble.truncate(2);
        let (table, mut sums) = (Table::new(&[0.0, 5.0], 1).unwrap(), [0.0; 4]);
        ensemble.add_rows(0, &table, &[1, 0], &mut sums);
        assert_eq!(sums, [2.0, 20.0, 1.0, 10.0]);
        assert_eq!((ensemble.leaves.len(), ensemble.nodes.len(), ensemble.n_trees()), (4, 6, 2));
    }

    #[test]
    fn leaves_of_several_numbers_add_to_all_outputs() {
        let mut ensemble = Ensemble::new(1, 2, 2);
        assert!(ensemble.push(&stump(&[0.25, 0.75], &[1.0, 0.0])));
        assert!(ensemble.push(&stump(&[0.5, 0.5], &[0.0, 1.0])));
        let mut sums = [0.0; 2];
        ensemble.add_row(&[1.0], &mut sums);
        assert_eq!(sums, [0.75, 1.25]);
    }
}
