//! Trees whose leaves hold numbers that are added up: what a forest and boosting have in common.

use std::cell::RefCell;

use rayon::prelude::*;

use crate::edges::Edges;
use crate::node::{Bin, LAST_NARROW_BIN, Node, WALKS, walk};
use crate::table::Table;

/// Rows answered together, tree by tree: so few that their bins stay near.
const BLOCK: usize = 512;
/// Rows answered together by trees that do not all stay near.
const LARGE_BLOCK: usize = 1 << 15;
/// Nodes that stay near.
const NEAR: usize = 1 << 16;

/// Any number of trees, one after another. A leaf of a forest holds a number for each output (its class
/// shares); a leaf of boosting holds one, for the output whose turn its tree is.
#[derive(Debug, Clone)]
pub(crate) struct Ensemble {
    pub(crate) edges: Edges,
    pub(crate) n_outputs: usize,
    /// Numbers in a leaf: `n_outputs`, or 1 when the trees take turns.
    pub(crate) width: usize,
    /// All trees' nodes; children count from the start of all.
    pub(crate) nodes: Vec<Node>,
    /// For each node that is a leaf, which one.
    leaf_numbers: Vec<u32>,
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

/// Bins of rows, [`WALKS`] rows together: `[n_groups, n_columns]`.
#[derive(Debug)]
pub(crate) enum BinnedRows {
    Narrow(Vec<[u8; WALKS]>),
    Wide(Vec<[u16; WALKS]>),
}

thread_local! {
    /// The bins of the row that a thread is asked about.
    static ROW_BINS: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) };
}

impl Ensemble {
    /// No trees yet.
    pub(crate) fn new(edges: Edges, n_outputs: usize, width: usize) -> Self {
        let tree_starts = vec![0];
        let (nodes, leaf_numbers, covers, leaves) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { edges, n_outputs, width, nodes, leaf_numbers, covers, tree_starts, leaves }
    }

    /// Trees that were read from a file.
    pub(crate) fn from_parts(
        edges: Edges,
        n_outputs: usize,
        width: usize,
        parts: GrownTree,
        tree_starts: Vec<u32>,
    ) -> Self {
        let mut ensemble = Self::new(edges, n_outputs, width);
        let GrownTree { nodes, covers, leaves } = parts;
        (ensemble.nodes, ensemble.covers, ensemble.leaves) = (nodes, covers, leaves);
        ensemble.tree_starts = tree_starts;
        ensemble.leaf_numbers = leaf_numbers(&ensemble.nodes, 0).collect();
        ensemble
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.edges.n_columns()
    }

    pub(crate) fn n_trees(&self) -> usize {
        self.tree_starts.len() - 1
    }

    /// Appends a tree; false when its nodes no longer fit 32 bits.
    #[must_use]
    pub(crate) fn push(&mut self, tree: &GrownTree) -> bool {
        let Ok(end) = u32::try_from(self.nodes.len() + tree.nodes.len()) else { return false };
        let first_node = self.nodes.len() as u32;
        let first_leaf = (self.leaves.len() / self.width) as u32;
        self.leaf_numbers.extend(leaf_numbers(&tree.nodes, first_leaf));
        self.nodes.extend(tree.nodes.iter().map(|node| Node { right: node.right + first_node, ..*node }));
        self.covers.extend_from_slice(&tree.covers);
        self.leaves.extend_from_slice(&tree.leaves);
        self.tree_starts.push(end);
        true
    }

    /// Drops all trees behind the first `n`.
    pub(crate) fn truncate(&mut self, n: usize) {
        if n >= self.n_trees() {
            return;
        }
        let end = self.tree_starts[n] as usize;
        let leaves = self.nodes[..end].iter().filter(|node| node.is_leaf()).count();
        self.nodes.truncate(end);
        self.leaf_numbers.truncate(end);
        self.covers.truncate(end);
        self.leaves.truncate(leaves * self.width);
        self.tree_starts.truncate(n + 1);
    }

    /// Drops the edges that no split is at, and numbers the bins anew.
    pub(crate) fn drop_unused_edges(&mut self) {
        let mut used: Vec<Vec<bool>> =
            (0..self.n_columns()).map(|column| vec![false; self.edges.of(column).len()]).collect();
        let splits = |node: &&mut Node| !node.is_leaf();
        for node in self.nodes.iter_mut().filter(splits) {
            // Behind the last bin there is no edge.
            if let Some(used) = node.bin().and_then(|bin| used[node.column()].get_mut(bin)) {
                *used = true;
            }
        }
        let ranks: Vec<Vec<usize>> = used.iter().map(|used| ranks(used)).collect();
        for node in self.nodes.iter_mut().filter(splits) {
            if let Some(bin) = node.bin() {
                *node = node.with_bin(ranks[node.column()][bin]);
            }
        }
        let kept: Vec<Vec<f64>> = used
            .iter()
            .enumerate()
            .map(|(column, used)| {
                let edges = self.edges.of(column).iter().zip(used);
                edges.filter_map(|(edge, used)| used.then_some(*edge)).collect()
            })
            .collect();
        self.edges = Edges::new(kept.iter().map(Vec::as_slice));
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
        &self.leaves[self.leaf_numbers[leaf] as usize * self.width..][..self.width]
    }

    /// Adds what every tree says of one row to `sums` `[n_outputs]`, in the order of the trees.
    pub(crate) fn add_row(&self, row: &[f64], sums: &mut [f64]) {
        ROW_BINS.with_borrow_mut(|bins| {
            bins.clear();
            bins.extend(self.edges.bins_of::<u16>(row));
            self.add_binned_row(bins, sums);
        });
    }

    /// Adds what every tree says of a row of bins.
    pub(crate) fn add_binned_row(&self, bins: &[u16], sums: &mut [f64]) {
        let trees = &self.tree_starts[..self.n_trees()];
        for (group, starts) in trees.chunks(WALKS).enumerate() {
            let mut at = std::array::from_fn(|i| starts[i.min(starts.len() - 1)]);
            walk(&self.nodes, &mut at, |_, column| bins[column]);
            for (turn, &leaf) in at[..starts.len()].iter().enumerate() {
                self.add_leaf(leaf, &mut sums[self.output_of(group * WALKS + turn)..]);
            }
        }
    }

    /// Adds what every tree says of some rows of a table to `sums` `[rows.len(), n_outputs]`: the same to the bit as
    /// [`Self::add_row`]. Runs on the current rayon thread pool.
    pub(crate) fn add_rows(&self, table: &Table<'_>, rows: &[usize], sums: &mut [f64]) {
        let block = self.rows_in_a_block(rows.len());
        let work = sums.par_chunks_mut(block * self.n_outputs).zip(rows.par_chunks(block));
        work.for_each(|(sums, rows)| self.add_binned(0, &self.bins(table, rows), sums));
    }

    /// The bins of some rows of a table, for [`Self::add_binned`].
    pub(crate) fn bins(&self, table: &Table<'_>, rows: &[usize]) -> BinnedRows {
        if self.edges.most() <= LAST_NARROW_BIN {
            BinnedRows::Narrow(self.groups(table, rows))
        } else {
            BinnedRows::Wide(self.groups(table, rows))
        }
    }

    fn groups<B: Bin>(&self, table: &Table<'_>, rows: &[usize]) -> Vec<[B; WALKS]> {
        let n_columns = self.n_columns();
        let mut groups = vec![[B::default(); WALKS]; rows.len().div_ceil(WALKS) * n_columns];
        for (group, rows) in groups.chunks_exact_mut(n_columns).zip(rows.chunks(WALKS)) {
            for (walk, &row) in rows.iter().enumerate() {
                let columns = group.iter_mut().zip(self.edges.bins_of(table.row(row)));
                columns.for_each(|(column, bin)| column[walk] = bin);
            }
        }
        groups
    }

    /// Adds what the trees from `first_tree` on say of binned rows to `sums` `[n_rows, n_outputs]`.
    pub(crate) fn add_binned(&self, first_tree: usize, bins: &BinnedRows, sums: &mut [f64]) {
        match bins {
            BinnedRows::Narrow(groups) => self.add_block(first_tree, groups, sums),
            BinnedRows::Wide(groups) => self.add_block(first_tree, groups, sums),
        }
    }

    /// Few when all trees stay near, so that the rows do, too; else many, for whom a tree is brought near once.
    fn rows_in_a_block(&self, n_rows: usize) -> usize {
        let most = if self.nodes.len() <= NEAR { BLOCK } else { LARGE_BLOCK };
        let fair = n_rows.div_ceil(rayon::current_num_threads()).next_multiple_of(WALKS);
        fair.clamp(WALKS, most)
    }

    fn add_block<B: Bin>(&self, first_tree: usize, bins: &[[B; WALKS]], sums: &mut [f64]) {
        for tree in first_tree..self.n_trees() {
            let (start, output) = (self.tree_starts[tree], self.output_of(tree));
            let groups = bins.chunks_exact(self.n_columns());
            for (sums, group) in sums.chunks_mut(WALKS * self.n_outputs).zip(groups) {
                let mut at = [start; WALKS];
                walk(&self.nodes, &mut at, |walk, column| group[column][walk]);
                let sums = sums.chunks_exact_mut(self.n_outputs);
                at.iter().zip(sums).for_each(|(&leaf, sums)| self.add_leaf(leaf, &mut sums[output..]));
            }
        }
    }

    fn add_leaf(&self, leaf: u32, sums: &mut [f64]) {
        sums.iter_mut().zip(self.leaf(leaf as usize)).for_each(|(sum, &value)| *sum += f64::from(value));
    }
}

/// The number of each leaf, from `first` on; zero for other nodes.
pub(crate) fn leaf_numbers(nodes: &[Node], first: u32) -> impl Iterator<Item = u32> {
    nodes.iter().scan(first, |next, node| {
        let number = *next;
        *next += u32::from(node.is_leaf());
        Some(if node.is_leaf() { number } else { 0 })
    })
}

/// For each place, and one behind the last, how many before it are set.
fn ranks(set: &[bool]) -> Vec<usize> {
    let mut ranks = vec![0];
    for (before, &set) in set.iter().enumerate() {
        ranks.push(ranks[before] + usize::from(set));
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges() -> Edges {
        Edges::new([&[0.0, 1.0, 2.0][..]].into_iter())
    }

    /// A stump on column 0 at 1 with these values.
    fn stump(low: &[f32], high: &[f32]) -> GrownTree {
        let root = Node { right: 2, ..Node::split(0, 1, false) };
        GrownTree {
            nodes: vec![root, Node::leaf(1), Node::leaf(2)],
            covers: vec![3.0, 1.0, 2.0],
            leaves: [low, high].concat(),
        }
    }

    #[test]
    fn trees_that_take_turns_add_to_their_own_output() {
        let mut ensemble = Ensemble::new(edges(), 2, 1);
        for (low, high) in [(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)] {
            assert!(ensemble.push(&stump(&[low], &[high])));
        }
        let mut sums = [0.5, 0.0];
        ensemble.add_row(&[0.0], &mut sums);
        assert_eq!(sums[..], [101.5, 10.0]);
        ensemble.truncate(2);
        let (table, mut sums) = (Table::new(&[0.0, 5.0], 1).unwrap(), [0.0; 4]);
        ensemble.add_rows(&table, &[1, 0], &mut sums);
        assert_eq!(sums[..], [2.0, 20.0, 1.0, 10.0]);
        ensemble.add_binned(1, &ensemble.bins(&table, &[1, 0]), &mut sums);
        assert_eq!(sums[..], [2.0, 40.0, 1.0, 20.0]);
        assert_eq!((ensemble.leaves.len(), ensemble.nodes.len(), ensemble.n_trees()), (4, 6, 2));
    }

    #[test]
    fn leaves_of_several_numbers_add_to_all_outputs() {
        let mut ensemble = Ensemble::new(edges(), 2, 2);
        assert!(ensemble.push(&stump(&[0.25, 0.75], &[1.0, 0.0])));
        assert!(ensemble.push(&stump(&[0.5, 0.5], &[0.0, 1.0])));
        let mut sums = [0.0; 2];
        ensemble.add_row(&[1.0], &mut sums);
        assert_eq!(sums[..], [0.75, 1.25]);
    }

    #[test]
    fn unused_edges_go_and_answers_stay() {
        let mut ensemble = Ensemble::new(edges(), 1, 1);
        assert!(ensemble.push(&stump(&[1.0], &[2.0])));
        // Only missing values go right.
        let mut only_missing = stump(&[10.0], &[20.0]);
        only_missing.nodes[0] = only_missing.nodes[0].with_bin(3);
        assert!(ensemble.push(&only_missing));
        let answers = |ensemble: &Ensemble| {
            [-1.0, 0.5, 1.0, 1.5, 9.0, f64::NAN].map(|x| {
                let mut sum = [0.0];
                ensemble.add_row(&[x], &mut sum);
                sum[0]
            })
        };
        let before = answers(&ensemble);
        assert_eq!(before[..], [11.0, 11.0, 11.0, 12.0, 12.0, 22.0]);
        ensemble.drop_unused_edges();
        assert_eq!(answers(&ensemble)[..], before[..]);
        assert_eq!(ensemble.edges.of(0), [1.0]);
        assert_eq!((ensemble.nodes[0].bin(), ensemble.nodes[3].bin()), (Some(0), Some(1)));
    }
}
