//! One decision tree.

use market::{ClassProbabilities, Seed};
use trees::{ForestConfig, MaxFeatures, RandomForest, Table};

use crate::baseline::Outcome;
use crate::error::BaselineError;
use crate::view::BaselineView;

/// Most splits from the root to a leaf.
const MAX_DEPTH: usize = 6;
/// Fewest training rows in a leaf.
const MIN_LEAF: usize = 100;

/// A Gini tree of at most 64 leaves on the features of one row, grown on all training rows and all columns. The
/// class shares p of a leaf become (m·p + 1) / (m + K) with m = 100, the fewest rows a leaf may hold.
///
/// # Errors
/// When the tree can't be grown on such rows.
pub(crate) fn predict(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let config = ForestConfig {
        trees: 1,
        max_depth: Some(MAX_DEPTH),
        min_leaf: MIN_LEAF,
        max_features: MaxFeatures::All,
        bootstrap: false,
        ..ForestConfig::default()
    };
    let table = Table::new(view.features.values, view.features.n_features)?;
    let (rows, classes): (Vec<usize>, Vec<u8>) = view.training().unzip();
    let training = view.training_rows(&rows, &classes)?;
    // Every column is tried and no row is drawn: at most the seed decides between equally good splits.
    let forest = RandomForest::fit(&config, &training, Seed(0), &|_| ())?;
    let (m, k) = (MIN_LEAF as f64, view.n_classes());
    let shares = forest.predict(&table, view.test);
    let answers = shares.chunks_exact(k).map(|shares| {
        let cells = shares.iter().map(|share| (m * share + 1.0) / (m + k as f64)).collect();
        ClassProbabilities::new(cells).expect("the shares of a leaf sum to one")
    });
    Ok(Outcome::Answered(answers.collect()))
}
