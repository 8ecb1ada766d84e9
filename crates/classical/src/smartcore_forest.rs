//! smartcore's random forest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use smartcore::ensemble::random_forest_classifier::{
    RandomForestClassifier, RandomForestClassifierParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use trees::{RandomForest, TrainingRows};

use crate::error::{ClassicalError, check_count};
use crate::taken_over::{LibraryNode, take_over};
use crate::thinned::Thinned;

const LIBRARY: &str = "smartcore";

/// smartcore's random forest in a run's configuration.
///
/// 100 trees on 100 columns take 1.7 s on 2,000 rows and 6.3 s on 5,000 (`examples/timings.rs`), 35 to 50 times as long as
/// ours, and the gap widens. Above `max_rows` it looks at evenly spaced rows. Use `random_forest` for anything but a
/// cross-check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SmartcoreForestConfig {
    /// Number of trees.
    pub trees: u16,
    /// Most splits from the root to a leaf; no limit when absent.
    pub max_depth: Option<u16>,
    /// Fewest rows in a leaf.
    pub min_leaf: usize,
    /// Columns tried at a node; the square root of their number when absent.
    pub max_features: Option<usize>,
    /// Most training rows it learns from.
    pub max_rows: usize,
}

impl Default for SmartcoreForestConfig {
    fn default() -> Self {
        Self { trees: 100, max_depth: None, min_leaf: 5, max_features: None, max_rows: 2_000 }
    }
}

impl SmartcoreForestConfig {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`ClassicalError::Setting`] names the setting and what it may be.
    pub fn check(&self) -> Result<(), ClassicalError> {
        check_count("trees", usize::from(self.trees), self.trees > 0, "at least 1")?;
        check_count(
            "max_depth",
            usize::from(self.max_depth.unwrap_or(1)),
            self.max_depth != Some(0),
            "at least 1",
        )?;
        check_count("min_leaf", self.min_leaf, self.min_leaf > 0, "at least 1")?;
        check_count(
            "max_features",
            self.max_features.unwrap_or(1),
            self.max_features != Some(0),
            "at least 1",
        )?;
        check_count("max_rows", self.max_rows, self.max_rows >= 100, "at least 100")
    }
}

/// A forest of smartcore, taken over: each tree votes for the class of its leaf, and probabilities are the shares of the
/// votes.
///
/// # Errors
/// When all rows have one class, or the library refuses.
pub fn fit_smartcore_forest(
    config: &SmartcoreForestConfig,
    data: &TrainingRows<'_>,
    seed: u64,
) -> Result<RandomForest, ClassicalError> {
    config.check()?;
    let n_columns = data.table.n_columns();
    let fits = config.max_features.unwrap_or(1) <= n_columns;
    check_count("max_features", config.max_features.unwrap_or(1), fits, "at most the number of columns")?;
    let thinned = Thinned::new(data, config.max_rows);
    let seen = thinned.seen();
    if seen.len() < 2 {
        return Err(ClassicalError::OneClass);
    }
    let library = fitted(config, data, &thinned, seed)?;
    let trees = nodes(&serde_json::to_value(&library).unwrap_or_default(), &seen, n_columns);
    let trees = trees.ok_or_else(|| {
        refused("its trees are written in another way than version 0.7.0 writes them".to_owned())
    })?;
    take_over(LIBRARY, &trees, &data.table, (&thinned.rows, &thinned.classes), data.n_classes)
}

type Library = RandomForestClassifier<f64, u32, DenseMatrix<f64>, Vec<u32>>;

fn refused(message: String) -> ClassicalError {
    ClassicalError::Library { library: LIBRARY, message }
}

fn fitted(
    config: &SmartcoreForestConfig,
    data: &TrainingRows<'_>,
    thinned: &Thinned,
    seed: u64,
) -> Result<Library, ClassicalError> {
    let mut parameters = RandomForestClassifierParameters::default()
        .with_n_trees(config.trees)
        .with_min_samples_leaf(config.min_leaf)
        .with_seed(seed);
    if let Some(depth) = config.max_depth {
        // The library counts levels, and the root is the first.
        parameters = parameters.with_max_depth(depth.saturating_add(1));
    }
    if let Some(columns) = config.max_features {
        parameters = parameters.with_m(columns);
    }
    let rows: Vec<Vec<f64>> = thinned.rows.iter().map(|&row| data.table.row(row).to_vec()).collect();
    let x = DenseMatrix::from_2d_vec(&rows).map_err(|error| refused(error.to_string()))?;
    let classes: Vec<u32> = thinned.classes.iter().map(|&class| u32::from(class)).collect();
    RandomForestClassifier::fit(&x, &classes, parameters).map_err(|error| refused(error.to_string()))
}

/// The trees of a forest as the library writes it; none when it is written in another way.
fn nodes(forest: &Value, seen: &[u8], n_columns: usize) -> Option<Vec<Vec<LibraryNode>>> {
    let position = |value: &Value, limit: usize| {
        let position = usize::try_from(value.as_u64()?).ok()?;
        (position < limit).then_some(position)
    };
    let of_tree = |tree: &Value| {
        let nodes = tree.get("nodes")?.as_array()?;
        let node = |node: &Value| {
            let (left, right) = (node.get("true_child")?, node.get("false_child")?);
            if left.is_null() {
                let class = position(node.get("output")?, seen.len())?;
                return Some(LibraryNode::Vote(seen[class]));
            }
            Some(LibraryNode::Split {
                column: position(node.get("split_feature")?, n_columns)?,
                threshold: node.get("split_value")?.as_f64()?,
                left: position(left, nodes.len())?,
                right: position(right, nodes.len())?,
            })
        };
        nodes.iter().map(node).collect::<Option<Vec<_>>>()
    };
    forest.get("trees")?.as_array()?.iter().map(of_tree).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taken_over::tests::rows;

    #[test]
    fn votes_are_the_librarys_own_and_the_same_every_time() {
        let data = rows(500, 3);
        let config = SmartcoreForestConfig { trees: 15, ..SmartcoreForestConfig::default() };
        let forest = fit_smartcore_forest(&config, &data.training(), 4).unwrap();
        let again = fit_smartcore_forest(&config, &data.training(), 4).unwrap();
        assert!(forest.to_safetensors() == again.to_safetensors());
        assert!(
            forest.to_safetensors()
                != fit_smartcore_forest(&config, &data.training(), 5).unwrap().to_safetensors()
        );
        let library = fitted(&config, &data.training(), &Thinned::new(&data.training(), 500), 4).unwrap();
        let x: Vec<Vec<f64>> = data.rows.iter().map(|&row| data.table().row(row).to_vec()).collect();
        let said = library.predict(&DenseMatrix::from_2d_vec(&x).unwrap()).unwrap();
        for (p, said) in forest.predict(&data.table(), &data.rows).chunks_exact(3).zip(said) {
            assert!(p.iter().all(|x| *x <= p[said as usize] + 1e-9), "{p:?} {said}");
            // Fifteen votes.
            assert!(p.iter().all(|x| (x * 15.0 - (x * 15.0).round()).abs() < 1e-9), "{p:?}");
        }
    }

    #[test]
    fn a_depth_of_one_is_one_split() {
        let data = rows(500, 3);
        let config =
            SmartcoreForestConfig { trees: 1, max_depth: Some(1), ..SmartcoreForestConfig::default() };
        let forest = fit_smartcore_forest(&config, &data.training(), 4).unwrap();
        let answers = forest.predict(&data.table(), &data.rows);
        let mut classes: Vec<usize> =
            answers.chunks_exact(3).map(|p| p.iter().position(|x| *x > 0.5).unwrap()).collect();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), 2, "one split tells two classes apart");
    }

    #[test]
    fn what_it_can_not_learn_from_is_refused() {
        let mut data = rows(150, 2);
        let config = SmartcoreForestConfig { max_features: Some(9), ..SmartcoreForestConfig::default() };
        let error = fit_smartcore_forest(&config, &data.training(), 1).unwrap_err();
        assert_eq!(error.to_string(), "max_features is 9: it must be at most the number of columns");
        data.classes.fill(0);
        let error = fit_smartcore_forest(&SmartcoreForestConfig::default(), &data.training(), 1).unwrap_err();
        assert_eq!(error, ClassicalError::OneClass);
        assert_eq!(
            nodes(&serde_json::json!({ "trees": [{ "nodes": [{ "true_child": 7 }] }] }), &[0, 1], 3),
            None
        );
    }
}
