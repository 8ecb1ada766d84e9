//! The forest: fitting and prediction.

pub(crate) mod bootstrap;
pub(crate) mod class_counts;
pub(crate) mod config;
pub(crate) mod out_of_bag;
mod split;
mod tree;

use std::sync::atomic::{AtomicUsize, Ordering};

use market::Seed;
use rayon::prelude::*;

use crate::bins::Bins;
use crate::class_weights::row_weights;
use crate::ensemble::Ensemble;
use crate::error::FitError;
use crate::forest::config::ForestConfig;
use crate::forest::out_of_bag::{OutOfBag, OutOfBagAnswers, Votes};
use crate::forest::split::Rules;
use crate::forest::tree::{Plan, Tree, grow};
use crate::table::{Table, TrainingRows};

/// A fitted random forest (Breiman 2001): trees grown on bootstrap samples by Gini impurity, each split
/// chosen among a few columns drawn at random; a row's class probabilities are the mean over trees of the
/// class shares of its leaf.
///
/// Assumes that rows are exchangeable and that columns keep their meaning and range: it does not
/// extrapolate. Probabilities of a class are bounded by the shares seen in leaves and tend towards the
/// middle; calibrate them on later rows. Not for few rows with many columns that carry little each.
#[derive(Debug, Clone)]
pub struct RandomForest {
    pub(crate) ensemble: Ensemble,
    pub(crate) importance: Vec<f64>,
    pub(crate) out_of_bag: Option<OutOfBag>,
}

impl RandomForest {
    /// Grows a forest on the current rayon thread pool. `progress` is told after every tree how many are
    /// done, by whichever thread grew it, so the numbers may come out of order.
    ///
    /// The result depends on the configuration, the data and the seed only, not on the number of threads.
    /// Columns are cut into bins at quantiles of at most 200,000 of the rows, taken at equal distances. Missing
    /// values (NaN) go where a split learnt that they belong, or to its larger side where none were seen.
    ///
    /// # Errors
    /// [`FitError`] when the configuration or the rows cannot be used; it names what to change.
    pub fn fit(
        config: &ForestConfig,
        data: &TrainingRows<'_>,
        seed: Seed,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self, FitError> {
        Ok(Self::fit_with_out_of_bag(config, data, seed, progress)?.0)
    }

    /// Like [`Self::fit`], with what the trees say of the rows that they did not see; `None` without bootstrap.
    ///
    /// # Errors
    /// As [`Self::fit`].
    pub fn fit_with_out_of_bag(
        config: &ForestConfig,
        data: &TrainingRows<'_>,
        seed: Seed,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(Self, Option<OutOfBagAnswers>), FitError> {
        let n_columns = data.table.n_columns();
        let max_features = config.check(n_columns)?;
        data.check()?;
        let class_factors = config.class_weights.factors(data)?;
        let weights = row_weights(data, class_factors.as_deref());
        let bins = Bins::new(data);
        let min_leaf = config.min_leaf.min(data.rows.len()) as u32;
        let plan = Plan {
            data: *data,
            bins: &bins,
            config,
            rules: Rules { min_leaf, max_features, splitter: config.splitter },
            weights: weights.as_deref(),
            class_factors: class_factors.as_deref(),
            seed,
        };
        let mut forest = Self {
            ensemble: Ensemble::new(bins.edges(), data.n_classes, data.n_classes),
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
                    votes.add(&tree.unseen, &tree.grown.leaves);
                }
                if !forest.ensemble.push(&tree.grown) {
                    return Err(FitError::TooManyNodes);
                }
                forest.importance.iter_mut().zip(&tree.importance).for_each(|(sum, x)| *sum += x);
            }
        }
        forest.ensemble.drop_unused_edges();
        let sum: f64 = forest.importance.iter().sum();
        if sum > 0.0 {
            forest.importance.iter_mut().for_each(|x| *x /= sum);
        }
        let answers = votes.map(Votes::answers);
        forest.out_of_bag = answers.as_ref().and_then(|answers| answers.scores(data.classes));
        Ok((forest, answers))
    }

    /// Writes the class probabilities of one row `[n_columns]` to `probabilities` `[n_classes]`. Allocates nothing
    /// after a thread's first call.
    ///
    /// # Panics
    /// When `row` or `probabilities` has another length.
    pub fn predict_row(&self, row: &[f64], probabilities: &mut [f64]) {
        assert_eq!(row.len(), self.n_columns(), "a row has one value for each column of the forest");
        assert_eq!(probabilities.len(), self.n_classes(), "there is one probability for each class");
        probabilities.fill(0.0);
        self.ensemble.add_row(row, probabilities);
        self.divide_by_trees(probabilities);
    }

    /// The class probabilities of some rows of a table: `[rows.len(), n_classes]`, row after row, the same
    /// to the bit as from [`Self::predict_row`]. Runs on the current rayon thread pool.
    ///
    /// # Panics
    /// When the table has other columns than the forest was fitted on, or lacks one of the rows.
    pub fn predict(&self, table: &Table<'_>, rows: &[usize]) -> Vec<f64> {
        assert_eq!(table.n_columns(), self.n_columns(), "the table has the columns the forest was fitted on");
        let mut probabilities = vec![0.0; rows.len() * self.n_classes()];
        self.ensemble.add_rows(table, rows, &mut probabilities);
        self.divide_by_trees(&mut probabilities);
        probabilities
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
        self.ensemble.n_outputs
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.ensemble.n_columns()
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.ensemble.n_trees()
    }

    /// Number of nodes of all trees, leaves included.
    pub fn n_nodes(&self) -> usize {
        self.ensemble.nodes.len()
    }
}
