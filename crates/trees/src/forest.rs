//! The forest: fitting and prediction.

use std::sync::atomic::{AtomicUsize, Ordering};

use market::Seed;
use rayon::prelude::*;

use crate::bins::Bins;
use crate::config::ForestConfig;
use crate::error::FitError;
use crate::node::{Node, WALKS, walk};
use crate::out_of_bag::{OutOfBag, Votes};
use crate::split::Rules;
use crate::table::{Table, TrainingRows};
use crate::tree::{Plan, Tree, grow};

/// A fitted random forest (Breiman 2001): trees grown on bootstrap samples by Gini impurity, each split
/// chosen among a few columns drawn at random; a row's class probabilities are the mean over trees of the
/// class shares of its leaf.
///
/// Assumes that rows are exchangeable and that columns keep their meaning and range: it does not
/// extrapolate. Probabilities of a class are bounded by the shares seen in leaves and tend towards the
/// middle; calibrate them on later rows. Not for few rows with many columns that carry little each.
#[derive(Debug, Clone)]
pub struct RandomForest {
    pub(crate) n_classes: usize,
    /// All trees' nodes, one tree after another; children count from the start of all.
    pub(crate) nodes: Vec<Node>,
    /// Where each tree starts in `nodes`, and where the last one ends.
    pub(crate) tree_starts: Vec<u32>,
    /// Class shares of all leaves: `[n_leaves, n_classes]`.
    pub(crate) shares: Vec<f32>,
    pub(crate) importance: Vec<f64>,
    pub(crate) out_of_bag: Option<OutOfBag>,
}

/// Rows predicted together, tree by tree.
const BLOCK: usize = 256;

impl RandomForest {
    /// Grows a forest on the current rayon thread pool. `progress` is told after every tree how many are
    /// done, by whichever thread grew it, so the numbers may come out of order.
    ///
    /// The result depends on the configuration, the data and the seed only, not on the number of threads.
    /// Columns are cut into bins at quantiles of at most 200,000 of the rows, taken at equal distances.
    ///
    /// # Errors
    /// [`FitError`] when the configuration or the rows cannot be used; it names what to change.
    pub fn fit(
        config: &ForestConfig,
        data: &TrainingRows<'_>,
        seed: Seed,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self, FitError> {
        let n_columns = data.table.n_columns();
        let max_features = config.check(n_columns)?;
        data.check()?;
        let bins = Bins::new(data);
        let rules = Rules { min_leaf: config.min_leaf.min(data.rows.len()) as u32, max_features };
        let plan = Plan { data: *data, bins: &bins, config, rules, seed };
        let mut forest = Self {
            n_classes: data.n_classes,
            nodes: Vec::new(),
            tree_starts: vec![0],
            shares: Vec::new(),
            importance: vec![0.0; n_columns],
            out_of_bag: None,
        };
        let mut votes = config.bootstrap.then(|| Votes::new(data.rows.len(), data.n_classes));
        let done = AtomicUsize::new(0);
        // A batch bounds the memory that finished trees hold before they are joined, always in tree order.
        let batch = (4 * rayon::current_num_threads()).max(16);
        for first in (0..config.trees).step_by(batch) {
            let numbers = first..config.trees.min(first + batch);
            let grown = numbers.into_par_iter().map(|number| {
                let tree = grow(plan, number);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                tree
            });
            for tree in grown.collect::<Vec<Tree>>() {
                if let Some(votes) = &mut votes {
                    votes.add(&tree.unseen, &tree.shares);
                }
                forest.join(&tree)?;
            }
        }
        let sum: f64 = forest.importance.iter().sum();
        if sum > 0.0 {
            forest.importance.iter_mut().for_each(|x| *x /= sum);
        }
        forest.out_of_bag = votes.and_then(|votes| votes.scores(data.classes));
        Ok(forest)
    }

    /// Appends a tree.
    fn join(&mut self, tree: &Tree) -> Result<(), FitError> {
        let end = u32::try_from(self.nodes.len() + tree.nodes.len()).map_err(|_| FitError::TooManyNodes)?;
        let first_node = self.nodes.len() as u32;
        let first_leaf = (self.shares.len() / self.n_classes) as u32;
        self.nodes.extend(tree.nodes.iter().enumerate().map(|(own, &node)| {
            let column = if node.is_leaf(own) { node.column + first_leaf } else { node.column };
            Node { column, right: node.right + first_node, ..node }
        }));
        self.tree_starts.push(end);
        self.shares.extend_from_slice(&tree.shares);
        self.importance.iter_mut().zip(&tree.importance).for_each(|(sum, x)| *sum += x);
        Ok(())
    }

    /// Writes the class probabilities of one row `[n_columns]` to `probabilities` `[n_classes]`. Allocates
    /// nothing. A NaN goes right at every split.
    ///
    /// # Panics
    /// When `row` or `probabilities` has another length.
    pub fn predict_row(&self, row: &[f64], probabilities: &mut [f64]) {
        assert_eq!(row.len(), self.n_columns(), "a row has one value for each column of the forest");
        assert_eq!(probabilities.len(), self.n_classes, "there is one probability for each class");
        probabilities.fill(0.0);
        for starts in self.tree_starts[..self.n_trees()].chunks(WALKS) {
            let mut at = std::array::from_fn(|i| starts[i.min(starts.len() - 1)]);
            walk(&self.nodes, &mut at, [row; WALKS]);
            at[..starts.len()].iter().for_each(|&leaf| self.add_shares(leaf, probabilities));
        }
        self.divide_by_trees(probabilities);
    }

    /// The class probabilities of some rows of a table: `[rows.len(), n_classes]`, row after row, the same
    /// to the bit as from [`Self::predict_row`]. Runs on the current rayon thread pool.
    ///
    /// # Panics
    /// When the table has other columns than the forest was fitted on, or lacks one of the rows.
    pub fn predict(&self, table: &Table<'_>, rows: &[usize]) -> Vec<f64> {
        assert_eq!(table.n_columns(), self.n_columns(), "the table has the columns the forest was fitted on");
        let mut probabilities = vec![0.0; rows.len() * self.n_classes];
        probabilities.par_chunks_mut(BLOCK * self.n_classes).zip(rows.par_chunks(BLOCK)).for_each(
            |(probabilities, rows)| {
                for &start in &self.tree_starts[..self.n_trees()] {
                    let groups = probabilities.chunks_mut(WALKS * self.n_classes);
                    for (sums, group) in groups.zip(rows.chunks(WALKS)) {
                        let mut at = [start; WALKS];
                        let features = |i: usize| table.row(group[i.min(group.len() - 1)]);
                        walk(&self.nodes, &mut at, std::array::from_fn(features));
                        let sums = sums.chunks_exact_mut(self.n_classes);
                        at.iter().zip(sums).for_each(|(&leaf, sums)| self.add_shares(leaf, sums));
                    }
                }
                self.divide_by_trees(probabilities);
            },
        );
        probabilities
    }

    fn add_shares(&self, leaf: u32, sums: &mut [f64]) {
        let shares = &self.shares[self.nodes[leaf as usize].column as usize * self.n_classes..];
        sums.iter_mut().zip(shares).for_each(|(sum, &share)| *sum += f64::from(share));
    }

    fn divide_by_trees(&self, sums: &mut [f64]) {
        let trees = self.n_trees() as f64;
        for sum in sums {
            *sum /= trees;
        }
    }

    /// Each column's part in the decrease of Gini impurity on the training rows, mean over trees:
    /// `[n_columns]`, summing to one, or all zero if no tree has a split.
    ///
    /// Favours columns of many distinct values, whether or not they help on new rows.
    pub fn impurity_importance(&self) -> &[f64] {
        &self.importance
    }

    /// Scores on the rows each tree did not see; `None` without bootstrap, or when every tree saw all rows.
    pub fn out_of_bag(&self) -> Option<OutOfBag> {
        self.out_of_bag
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.importance.len()
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.tree_starts.len() - 1
    }

    /// Number of nodes of all trees, leaves included.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }
}
