//! Gradient boosting: fitting and prediction.

pub(crate) mod config;
mod histogram;
pub(crate) mod objective;
mod sampling;
mod split;
mod tiles;
mod tree;

use market::Seed;
use rayon::prelude::*;

use crate::bins::{BinnedColumn, Bins};
use crate::boosting::config::BoostingConfig;
use crate::boosting::histogram::PackedRows;
use crate::boosting::objective::{Target, log_loss, probabilities, scores_of_shares};
use crate::boosting::sampling::{drawn_columns, drawn_rows};
use crate::boosting::tiles::Tiles;
use crate::boosting::tree::{BoostedTree, Grower, Plan};
use crate::class_weights::row_weights;
use crate::ensemble::{BinnedRows, Ensemble, leaf_numbers};
use crate::error::FitError;
use crate::node::Node;
use crate::table::{Table, TrainingRows};

/// Fitted gradient-boosted trees for the log-loss (Friedman 2001, with second derivatives as in Chen and Guestrin
/// 2016 and histograms of bins, grown by the leaf that gains most, as in Ke et al. 2017): each round adds to every
/// score a tree that fits the log-loss' derivatives; probabilities are the softmax of the scores.
///
/// Scores are log-odds of the second class when there are two classes, else one log-weight for each class. Assumes
/// that rows are exchangeable and that columns keep their meaning and range: it does not extrapolate. It fits
/// training rows as closely as it may, so stop it by rows it does not learn from, and calibrate on later ones. Not for
/// a few hundred rows: a forest overfits less there.
#[derive(Debug, Clone)]
pub struct GradientBoosting {
    pub(crate) ensemble: Ensemble,
    pub(crate) n_classes: usize,
    /// Where the scores begin.
    pub(crate) base: Vec<f64>,
    pub(crate) importance: Vec<f64>,
}

/// How boosting went.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingHistory {
    /// Rounds that were kept.
    pub rounds: usize,
    /// Mean log-loss of the validation rows after each round that was tried, in nats; empty without such rows.
    pub validation_log_loss: Vec<f64>,
    /// Whether it stopped before the configured number of rounds.
    pub stopped_early: bool,
}

impl GradientBoosting {
    /// Boosts trees on the current rayon thread pool; the result does not depend on how many threads it has. Rows
    /// are cut into bins as for a forest, and missing values (NaN) go where each split learnt that they belong; where
    /// none were seen, right.
    ///
    /// With `validation` rows (none, or at least one) and [`BoostingConfig::early_stopping`] the rounds up to the lowest log-loss of those
    /// rows are kept. `progress` hears each round's number, from 1, and the validation log-loss.
    ///
    /// # Errors
    /// [`FitError`] when the configuration or the rows cannot be used; it names what to change.
    pub fn fit(
        config: &BoostingConfig,
        data: &TrainingRows<'_>,
        validation: Option<&TrainingRows<'_>>,
        seed: Seed,
        progress: &dyn Fn(usize, Option<f64>),
    ) -> Result<(Self, BoostingHistory), FitError> {
        config.check()?;
        data.check()?;
        let validation = validation.filter(|rows| !rows.rows.is_empty());
        if let Some(rows) = validation {
            rows.check()?;
        }
        let mut fit = Fit::new(config, data, seed)?;
        let mut watch = validation.map(|rows| Watch::new(rows, &fit));
        let patience = config.early_stopping.unwrap_or(usize::MAX);
        let mut tried = 0;
        for round in 0..config.rounds {
            fit.add_round(round)?;
            tried = round + 1;
            let loss = watch.as_mut().map(|watch| watch.see(&fit.ensemble));
            progress(tried, loss);
            if watch.as_ref().is_some_and(|watch| tried - watch.best_rounds() >= patience) {
                break;
            }
        }
        let stops = watch.is_some() && config.early_stopping.is_some();
        let rounds = watch.as_ref().filter(|_| stops).map_or(tried, |watch| watch.best_rounds().max(1));
        let history = BoostingHistory {
            rounds,
            validation_log_loss: watch.map(|watch| watch.losses).unwrap_or_default(),
            stopped_early: tried < config.rounds,
        };
        Ok((fit.finish(rounds), history))
    }

    /// Writes the class probabilities of one row `[n_columns]` to `probabilities` `[n_classes]`. Allocates nothing
    /// after a thread's first call.
    ///
    /// # Panics
    /// When `row` or `probabilities` has another length.
    pub fn predict_row(&self, row: &[f64], probabilities: &mut [f64]) {
        assert_eq!(row.len(), self.n_columns(), "a row has one value for each column of the model");
        assert_eq!(probabilities.len(), self.n_classes, "there is one probability for each class");
        probabilities[..self.base.len()].copy_from_slice(&self.base);
        self.ensemble.add_row(row, &mut probabilities[..self.base.len()]);
        objective::probabilities(probabilities);
    }

    /// The class probabilities of some rows of a table: `[rows.len(), n_classes]`, row after row, the same
    /// to the bit as from [`Self::predict_row`]. Runs on the current rayon thread pool.
    ///
    /// # Panics
    /// When the table has other columns than the model was fitted on, or lacks one of the rows.
    pub fn predict(&self, table: &Table<'_>, rows: &[usize]) -> Vec<f64> {
        assert_eq!(table.n_columns(), self.n_columns(), "the table has the columns the model was fitted on");
        let width = self.base.len();
        let mut scores: Vec<f64> = rows.iter().flat_map(|_| &self.base).copied().collect();
        self.ensemble.add_rows(table, rows, &mut scores);
        let mut answers = vec![0.0; rows.len() * self.n_classes];
        answers.par_chunks_exact_mut(self.n_classes).zip(scores.par_chunks_exact(width)).for_each(
            |(row, scores)| {
                row[..width].copy_from_slice(scores);
                probabilities(row);
            },
        );
        answers
    }

    /// Each column's part in what all splits gained on the training rows: `[n_columns]`, summing to one, or all
    /// zero if no tree has a split.
    pub fn gain_importance(&self) -> &[f64] {
        &self.importance
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.ensemble.n_columns()
    }

    /// Number of rounds.
    pub fn n_rounds(&self) -> usize {
        self.ensemble.n_trees() / self.base.len()
    }

    /// Number of nodes of all trees, leaves included.
    pub fn n_nodes(&self) -> usize {
        self.ensemble.nodes.len()
    }
}

/// A fit in the making.
struct Fit<'a> {
    config: &'a BoostingConfig,
    data: &'a TrainingRows<'a>,
    seed: Seed,
    binned: Vec<BinnedColumn>,
    /// Of all columns, when every tree may use all of them.
    tiles: Option<Tiles>,
    weights: Option<Vec<f64>>,
    class_factors: Option<Vec<f64>>,
    base: Vec<f64>,
    /// Of the training rows: `[n_scores][n_rows]`.
    scores: Vec<Vec<f64>>,
    grower: Grower,
    ensemble: Ensemble,
    gains: Vec<f64>,
}

impl<'a> Fit<'a> {
    fn new(config: &'a BoostingConfig, data: &'a TrainingRows<'a>, seed: Seed) -> Result<Self, FitError> {
        let (n, n_columns) = (data.rows.len(), data.table.n_columns());
        let class_factors = config.class_weights.factors(data)?;
        let weights = row_weights(data, class_factors.as_deref());
        let bins = Bins::new(data);
        let edges = bins.edges();
        let binned = bins.into_columns();
        let all: Vec<usize> = (0..n_columns).filter(|&column| !binned[column].is_constant()).collect();
        let tiles = (config.column_share >= 1.0).then(|| Tiles::new(&binned, all));
        let mut of_class = vec![0.0; data.n_classes];
        for (row, &class) in data.classes.iter().enumerate() {
            of_class[usize::from(class)] += weights.as_ref().map_or(1.0, |weights| weights[row]);
        }
        let base = scores_of_shares(&of_class);
        Ok(Self {
            config,
            data,
            seed,
            binned,
            tiles,
            weights,
            class_factors,
            scores: base.iter().map(|&score| vec![score; n]).collect(),
            ensemble: Ensemble::new(edges, base.len(), 1),
            base,
            grower: Grower::default(),
            gains: vec![0.0; n_columns],
        })
    }

    /// Adds a tree for every score.
    fn add_round(&mut self, round: usize) -> Result<(), FitError> {
        let TrainingRows { classes, n_classes, .. } = *self.data;
        let target = Target { classes, weights: self.weights.as_deref(), n_classes };
        let all_derivatives = target.derivatives(&self.scores);
        let (rows, others) = drawn_rows(classes.len(), self.config.row_share, self.seed, round);
        for (score, derivatives) in all_derivatives.iter().enumerate() {
            let packed = PackedRows::new(derivatives, &rows);
            let drawn;
            let tiles = if let Some(tiles) = &self.tiles {
                tiles
            } else {
                let columns =
                    drawn_columns(&self.binned, self.config.column_share, self.seed, &[round, score]);
                drawn = Tiles::new(&self.binned, columns);
                &drawn
            };
            let plan = Plan { binned: &self.binned, tiles, packed: &packed, config: self.config };
            let BoostedTree { grown, ends, gains } = self.grower.grow(&plan, &rows);
            let mut start = 0;
            for (&end, &answer) in ends.iter().zip(&grown.leaves) {
                for &row in &self.grower.rows()[start..end] {
                    self.scores[score][row as usize] += f64::from(answer);
                }
                start = end;
            }
            let answers: Vec<f32> =
                leaf_numbers(&grown.nodes, 0).map(|leaf| grown.leaves[leaf as usize]).collect();
            for &row in &others {
                let leaf = leaf_of(&grown.nodes, &self.binned, row as usize);
                self.scores[score][row as usize] += f64::from(answers[leaf]);
            }
            for (column, gain) in gains {
                self.gains[column] += gain;
            }
            if !self.ensemble.push(&grown) {
                return Err(FitError::TooManyNodes);
            }
        }
        Ok(())
    }

    fn finish(mut self, rounds: usize) -> GradientBoosting {
        self.ensemble.truncate(rounds * self.base.len());
        self.ensemble.drop_unused_edges();
        let sum: f64 = self.gains.iter().sum();
        if sum > 0.0 {
            self.gains.iter_mut().for_each(|gain| *gain /= sum);
        }
        // What the weights of classes added to their odds is taken out again.
        let logs: Vec<f64> = self.class_factors.iter().flatten().map(|factor| factor.ln()).collect();
        match logs.as_slice() {
            [] => {}
            [first, second] => self.base[0] -= second - first,
            logs => self.base.iter_mut().zip(logs).for_each(|(score, log)| *score -= log),
        }
        GradientBoosting {
            ensemble: self.ensemble,
            n_classes: self.data.n_classes,
            base: self.base,
            importance: self.gains,
        }
    }
}

/// The node of the leaf of a training row.
fn leaf_of(nodes: &[Node], binned: &[BinnedColumn], row: usize) -> usize {
    let mut own = 0;
    while !nodes[own].is_leaf() {
        let bin = binned[nodes[own].column()].codes[row];
        own = if nodes[own].goes_left(bin) { own + 1 } else { nodes[own].right as usize };
    }
    own
}

/// How the validation rows are doing.
struct Watch<'a> {
    classes: &'a [u8],
    n_classes: usize,
    bins: BinnedRows,
    /// `[n_rows, n_scores]`
    scores: Vec<f64>,
    losses: Vec<f64>,
    trees_seen: usize,
}

impl<'a> Watch<'a> {
    fn new(rows: &'a TrainingRows<'a>, fit: &Fit<'_>) -> Self {
        Self {
            classes: rows.classes,
            n_classes: rows.n_classes,
            bins: fit.ensemble.bins(&rows.table, rows.rows),
            scores: rows.rows.iter().flat_map(|_| &fit.base).copied().collect(),
            losses: Vec::new(),
            trees_seen: 0,
        }
    }

    /// Takes in the newest trees.
    fn see(&mut self, ensemble: &Ensemble) -> f64 {
        ensemble.add_binned(self.trees_seen, &self.bins, &mut self.scores);
        self.trees_seen = ensemble.n_trees();
        let loss = log_loss(&self.scores, self.classes, self.n_classes);
        self.losses.push(loss);
        loss
    }

    /// The number of rounds with the lowest loss: of equals the fewest.
    fn best_rounds(&self) -> usize {
        let lower = |best, i| if self.losses[i] < self.losses[best] { i } else { best };
        (0..self.losses.len()).reduce(lower).map_or(0, |best| best + 1)
    }
}
