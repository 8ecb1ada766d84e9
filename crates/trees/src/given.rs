//! Trees as plain nodes: taken over from another library, or given to one.

use crate::boosting::GradientBoosting;
use crate::boosting::objective::n_scores;
use crate::edges::Edges;
use crate::ensemble::{Ensemble, GrownTree};
use crate::error::GivenError;
use crate::forest::RandomForest;
use crate::kind::Kind;
use crate::node::{LAST_BIN, MOST_COLUMNS, Node};

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenNode {
    /// Weight of the training rows that reached it, above zero.
    pub cover: f64,
    /// What it does.
    pub kind: GivenKind,
}

/// A split or a leaf.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenKind {
    /// `x <= threshold` goes left.
    Split {
        /// Column to compare.
        column: u32,
        /// Finite.
        threshold: f64,
        /// Whether a missing value goes left.
        missing_left: bool,
        /// Its left child: a position in the tree, behind its own.
        left: u32,
        /// Its right child, likewise.
        right: u32,
    },
    /// An answer.
    Leaf {
        /// Of a forest `[n_classes]`: class shares, from 0 to 1, summing to one. Of boosting `[1]`: what is added to a
        /// score.
        values: Vec<f32>,
    },
}

impl RandomForest {
    /// A forest of these trees, which answers with the mean of their class shares. The first node of a tree is its
    /// root. Its importances are zero.
    ///
    /// # Errors
    /// [`GivenError`] when the nodes are no trees of `n_columns` columns and `n_classes` classes.
    pub fn from_trees(
        n_columns: usize,
        n_classes: usize,
        trees: &[Vec<GivenNode>],
    ) -> Result<Self, GivenError> {
        let ensemble = ensemble(n_columns, n_classes, Kind::Forest, trees)?;
        Ok(Self { ensemble, importance: vec![0.0; n_columns], out_of_bag: None })
    }

    /// Its trees, each depth-first.
    pub fn trees(&self) -> Vec<Vec<GivenNode>> {
        given(&self.ensemble)
    }
}

impl GradientBoosting {
    /// Boosting of these trees, of which each round has one for every score (one for two classes, else one for each
    /// class), with the scores' beginnings `base`. Its importances are zero.
    ///
    /// # Errors
    /// [`GivenError`] when the nodes are no trees of `n_columns` columns, or no whole rounds of them.
    pub fn from_trees(
        n_columns: usize,
        n_classes: usize,
        base: &[f64],
        trees: &[Vec<GivenNode>],
    ) -> Result<Self, GivenError> {
        let whole = base.len() == n_scores(n_classes) && trees.len().is_multiple_of(base.len().max(1));
        if !whole || !base.iter().all(|score| score.is_finite()) {
            return Err(GivenError::Shape);
        }
        let ensemble = ensemble(n_columns, n_classes, Kind::Boosting, trees)?;
        Ok(Self { ensemble, n_classes, base: base.to_vec(), importance: vec![0.0; n_columns] })
    }

    /// Its trees, each depth-first, round after round.
    pub fn trees(&self) -> Vec<Vec<GivenNode>> {
        given(&self.ensemble)
    }
}

/// Plain nodes.
fn given(ensemble: &Ensemble) -> Vec<Vec<GivenNode>> {
    let of_tree = |tree: usize| {
        let nodes = ensemble.nodes_of(tree);
        let first = nodes.start as u32;
        let node = |own: usize| {
            let node = ensemble.nodes[own];
            let kind = match node.bin() {
                Some(bin) if !node.is_leaf() => GivenKind::Split {
                    column: node.column() as u32,
                    // Behind the last edge lies every value.
                    threshold: ensemble.edges.of(node.column()).get(bin).copied().unwrap_or(f64::MAX),
                    missing_left: node.missing_left(),
                    left: own as u32 + 1 - first,
                    right: node.right - first,
                },
                _ => GivenKind::Leaf { values: ensemble.leaf(own).to_vec() },
            };
            GivenNode { cover: f64::from(ensemble.covers[own]), kind }
        };
        nodes.map(node).collect()
    };
    (0..ensemble.n_trees()).map(of_tree).collect()
}

fn ensemble(
    n_columns: usize,
    n_classes: usize,
    kind: Kind,
    trees: &[Vec<GivenNode>],
) -> Result<Ensemble, GivenError> {
    if trees.is_empty() || !(1..=MOST_COLUMNS).contains(&n_columns) || !(1..=256).contains(&n_classes) {
        return Err(GivenError::Shape);
    }
    let (n_outputs, width) = kind.outputs(n_classes);
    let mut ensemble = Ensemble::new(edges(n_columns, trees)?, n_outputs, width);
    for (number, nodes) in trees.iter().enumerate() {
        let tree = depth_first(nodes, &ensemble.edges, (kind, width))
            .map_err(|(node, problem)| GivenError::Node { tree: number, node, problem })?;
        if !ensemble.push(&tree) {
            return Err(GivenError::Shape);
        }
    }
    Ok(ensemble)
}

/// All thresholds of each column: between them lie the bins.
fn edges(n_columns: usize, trees: &[Vec<GivenNode>]) -> Result<Edges, GivenError> {
    let mut columns = vec![Vec::new(); n_columns];
    for (tree, nodes) in trees.iter().enumerate() {
        for (node, given) in nodes.iter().enumerate() {
            let GivenKind::Split { column, threshold, .. } = given.kind else { continue };
            let refused = |problem| GivenError::Node { tree, node, problem };
            let edges = columns.get_mut(column as usize);
            let edges = edges.ok_or(refused("compares a column that does not exist"))?;
            if !threshold.is_finite() {
                return Err(refused("has a threshold that is not finite"));
            }
            // Zero, whatever its sign.
            edges.push(threshold + 0.0);
        }
    }
    for (column, edges) in columns.iter_mut().enumerate() {
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup_by(|a, b| *a <= *b);
        if edges.len() > LAST_BIN {
            return Err(GivenError::Thresholds { column, limit: LAST_BIN });
        }
    }
    Ok(Edges::new(columns.iter().map(Vec::as_slice)))
}

/// The tree in our order, or the node at fault.
fn depth_first(
    nodes: &[GivenNode],
    edges: &Edges,
    (kind, width): (Kind, usize),
) -> Result<GrownTree, (usize, &'static str)> {
    let mut tree = GrownTree::default();
    let mut pending = vec![(0_usize, None)];
    while let Some((place, right_of)) = pending.pop() {
        let own = tree.nodes.len();
        if let Some(parent) = right_of {
            let parent: &mut Node = &mut tree.nodes[parent];
            parent.right = own as u32;
        }
        let node = nodes.get(place).ok_or((place, "does not exist"))?;
        if !(node.cover > 0.0 && node.cover < f64::from(f32::MAX)) {
            return Err((place, "has a cover that is not above zero"));
        }
        tree.covers.push(node.cover as f32);
        match &node.kind {
            GivenKind::Split { column, threshold, missing_left, left, right } => {
                let (left, right) = (*left as usize, *right as usize);
                if left <= place || right <= place || left == right {
                    return Err((place, "has children that do not lie behind it"));
                }
                let column = *column as usize;
                let bin = edges.of(column).partition_point(|edge| edge < threshold);
                tree.nodes.push(Node::split(column, bin, *missing_left));
                pending.push((right, Some(own)));
                pending.push((left, None));
            }
            GivenKind::Leaf { values } => {
                if values.len() != width {
                    return Err((place, "does not hold one value for each class, or one alone of boosting"));
                }
                kind.check_leaf(values).map_err(|problem| (place, problem))?;
                tree.nodes.push(Node::leaf(own));
                tree.leaves.extend_from_slice(values);
            }
        }
        if tree.nodes.len() > nodes.len() {
            return Err((place, "is reached twice"));
        }
    }
    if tree.nodes.len() < nodes.len() {
        return Err((nodes.len() - 1, "or another is not reached from the root"));
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(shares: [f32; 2]) -> GivenNode {
        GivenNode { cover: 1.0, kind: GivenKind::Leaf { values: shares.to_vec() } }
    }

    fn split(column: u32, threshold: f64, left: u32, right: u32) -> GivenNode {
        let kind = GivenKind::Split { column, threshold, missing_left: true, left, right };
        GivenNode { cover: 2.0, kind }
    }

    #[test]
    fn nodes_in_any_order_become_a_forest() {
        // The right child comes first.
        let tree = vec![
            split(1, 0.5, 2, 1),
            leaf([0.0, 1.0]),
            split(0, 2.0, 4, 3),
            leaf([0.25, 0.75]),
            leaf([1.0, 0.0]),
        ];
        let forest = RandomForest::from_trees(2, 2, &[tree, vec![leaf([0.5, 0.5])]]).unwrap();
        let predict = |row: [f64; 2]| {
            let mut p = [0.0; 2];
            forest.predict_row(&row, &mut p);
            p
        };
        assert_eq!(predict([2.0, 0.5])[..], [0.75, 0.25]);
        assert_eq!(predict([2.1, 0.5])[..], [0.375, 0.625]);
        assert_eq!(predict([f64::NAN, f64::NAN])[..], [0.75, 0.25]);
        assert_eq!(predict([0.0, 0.6])[..], [0.25, 0.75]);
        // Given away and taken back it is the same.
        let again = RandomForest::from_trees(2, 2, &forest.trees()).unwrap();
        assert!(again.to_safetensors() == forest.to_safetensors());
    }

    #[test]
    fn what_is_no_tree_is_refused_by_node() {
        let refused = |tree: Vec<GivenNode>| RandomForest::from_trees(2, 2, &[tree]).unwrap_err().to_string();
        for (tree, expected) in [
            (vec![split(2, 0.5, 1, 2), leaf([1.0, 0.0]), leaf([1.0, 0.0])], "node 0 compares"),
            (vec![split(0, f64::NAN, 1, 2), leaf([1.0, 0.0]), leaf([1.0, 0.0])], "node 0 has a threshold"),
            (vec![split(0, 0.5, 0, 2), leaf([1.0, 0.0]), leaf([1.0, 0.0])], "node 0 has children"),
            (vec![split(0, 0.5, 1, 5), leaf([1.0, 0.0])], "node 5 does not exist"),
            (vec![leaf([1.0, 0.0]), leaf([1.0, 0.0])], "not reached"),
            (vec![leaf([1.0, 1.0])], "node 0 does not hold"),
            (vec![GivenNode { cover: 0.0, ..leaf([1.0, 0.0]) }], "node 0 has a cover"),
            (vec![], "node 0 does not exist"),
        ] {
            let error = refused(tree);
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(RandomForest::from_trees(0, 2, &[vec![leaf([1.0, 0.0])]]).unwrap_err(), GivenError::Shape);
    }
}
