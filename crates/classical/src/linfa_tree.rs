//! linfa's decision tree.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, TreeNode};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use trees::{RandomForest, TrainingRows};

use crate::error::{ClassicalError, check_count};
use crate::scaler::StandardScaler;
use crate::taken_over::{LibraryNode, take_over};
use crate::thinned::Thinned;

/// Most rows it learns from: see [`fit_linfa_tree`].
const MOST_ROWS: usize = 4095;
/// What a row of the class that is told from the others weighs: see [`fit_linfa_tree`].
const WEIGHT: f32 = 1.0 + 1.0 / 4096.0;
const LIBRARY: &str = "linfa-trees";

/// linfa's decision tree in a run's configuration.
///
/// 4,095 rows of 100 columns and two classes take it 0.1 s (`examples/timings.rs`), as long as a hundred trees of our own;
/// it never looks at more rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinfaTreeConfig {
    /// Most splits from the root to a leaf.
    pub max_depth: usize,
    /// Fewest rows in a leaf.
    pub min_leaf: usize,
}

impl Default for LinfaTreeConfig {
    fn default() -> Self {
        Self { max_depth: 6, min_leaf: 50 }
    }
}

impl LinfaTreeConfig {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`ClassicalError::Setting`] names the setting and what it may be.
    pub fn check(&self) -> Result<(), ClassicalError> {
        check_count("max_depth", self.max_depth, (1..=100).contains(&self.max_depth), "from 1 to 100")?;
        check_count("min_leaf", self.min_leaf, self.min_leaf > 0, "at least 1")
    }
}

/// Gini trees of linfa on scaled columns, taken over: one tree for two classes, else one for each class against all
/// others; leaves hold the shares of all classes, and the answer is the mean over the trees.
///
/// linfa adds class weights in the order of a randomly seeded hash map. With two classes a sum is the same in any order,
/// so every tree tells two apart; with equal weights a leaf's class would still be chance, so rows of one class weigh
/// 1/4096 more than those of the other, and at most 4,095 evenly spaced rows are learnt from: then every sum is exact
/// in its 32 bits, and no two classes can weigh the same.
///
/// # Errors
/// When all rows have one class, or the library refuses.
pub fn fit_linfa_tree(
    config: &LinfaTreeConfig,
    data: &TrainingRows<'_>,
) -> Result<RandomForest, ClassicalError> {
    config.check()?;
    let thinned = Thinned::new(data, MOST_ROWS);
    let seen = thinned.seen();
    if seen.len() < 2 {
        return Err(ClassicalError::OneClass);
    }
    // Values less than 1e-5 apart are the same to the library, so columns must be of one scale.
    let scaler = StandardScaler::fit(data.table, data.rows);
    let x = thinned.scaled(&scaler, &data.table);
    let told: &[u8] = if seen.len() == 2 { &seen[1..] } else { &seen };
    let trees = told.iter().map(|class| {
        let own = |other: &u8| other == class;
        let targets = Array1::from_iter(thinned.classes.iter().map(own));
        let weights =
            Array1::from_iter(thinned.classes.iter().map(|other| if own(other) { WEIGHT } else { 1.0 }));
        let dataset = DatasetBase::new(x.view(), targets).with_weights(weights);
        let tree = DecisionTree::params()
            .max_depth(Some(config.max_depth))
            .min_weight_leaf(config.min_leaf as f32)
            .min_weight_split(2.0 * config.min_leaf as f32)
            .fit(&dataset)
            .map_err(|error| ClassicalError::Library { library: LIBRARY, message: error.to_string() })?;
        let mut nodes = Vec::new();
        add(tree.root_node(), &scaler, &mut nodes);
        Ok(nodes)
    });
    let trees = trees.collect::<Result<Vec<_>, ClassicalError>>()?;
    take_over(LIBRARY, &trees, &data.table, (&thinned.rows, &thinned.classes), data.n_classes)
}

/// Adds a node and what is below it; its position.
fn add(node: &TreeNode<f64, bool>, scaler: &StandardScaler, nodes: &mut Vec<LibraryNode>) -> usize {
    let own = nodes.len();
    nodes.push(LibraryNode::Shares);
    if let (false, [Some(left), Some(right)]) = (node.is_leaf(), node.children().as_slice()) {
        let (column, threshold, _) = node.split();
        let (left, right) = (add(left, scaler, nodes), add(right, scaler, nodes));
        nodes[own] =
            LibraryNode::Split { column, threshold: scaler.unscaled(column, threshold), left, right };
    }
    own
}

#[cfg(test)]
mod tests {
    use linfa::traits::Predict;

    use super::*;
    use crate::taken_over::tests::rows;

    #[test]
    fn thirty_fits_are_one_tree() {
        for n_classes in [2, 3, 4] {
            let data = rows(1500, n_classes);
            let fit = || {
                let config = LinfaTreeConfig { min_leaf: 2, max_depth: 12 };
                fit_linfa_tree(&config, &data.training()).unwrap().to_safetensors()
            };
            let first = fit();
            assert!((0..30).all(|_| fit() == first), "{n_classes} classes");
        }
    }

    #[test]
    fn the_tree_says_what_the_library_says() {
        let data = rows(1000, 2);
        let config = LinfaTreeConfig { min_leaf: 10, max_depth: 5 };
        let ours = fit_linfa_tree(&config, &data.training()).unwrap().predict(&data.table(), &data.rows);
        let scaler = StandardScaler::fit(data.table(), &data.rows);
        let x = Thinned::new(&data.training(), 1000).scaled(&scaler, &data.table());
        let targets = Array1::from_iter(data.classes.iter().map(|class| *class == 1));
        let weights =
            Array1::from_iter(data.classes.iter().map(|class| if *class == 1 { WEIGHT } else { 1.0 }));
        let library = DecisionTree::params()
            .max_depth(Some(5))
            .min_weight_leaf(10.0)
            .min_weight_split(20.0)
            .fit(&DatasetBase::new(x.view(), targets).with_weights(weights))
            .unwrap();
        let said = library.predict(&x);
        for (p, said) in ours.chunks_exact(2).zip(&said) {
            // Of equal shares the class that weighs more.
            assert_eq!(p[1] >= p[0], *said, "{p:?}");
        }
        let right = said.iter().zip(&data.classes).filter(|(said, class)| **said == (**class == 1)).count();
        assert!(right > 800, "{right}");
    }

    #[test]
    fn every_class_has_a_share() {
        let data = rows(900, 3);
        let forest = fit_linfa_tree(&LinfaTreeConfig::default(), &data.training()).unwrap();
        assert_eq!(forest.n_trees(), 3);
        let answers = forest.predict(&data.table(), &data.rows);
        let right = answers.chunks_exact(3).zip(&data.classes);
        let right = right.filter(|(p, class)| p.iter().all(|x| *x <= p[usize::from(**class)])).count();
        assert!(right > 550, "{right}");
    }
}
