//! What must hold of trees that were read: every walk ends in a leaf.

use super::{COLUMN, COVER, LEAF, RIGHT_CHILD, THRESHOLD, TREE_STARTS};
use crate::ensemble::Ensemble;
use crate::error::LoadError;

fn value(tensor: &'static str, position: usize, problem: &'static str) -> LoadError {
    LoadError::Value { tensor, position, problem }
}

/// Splits name existing columns, leaves their numbers in turn.
pub(super) fn columns(ensemble: &Ensemble) -> Result<(), LoadError> {
    let n_leaves = ensemble.leaves.len() / ensemble.width;
    let mut leaves = 0;
    for (own, node) in ensemble.nodes.iter().enumerate() {
        if !node.is_leaf(own) {
            if node.place() >= ensemble.n_columns {
                return Err(value(COLUMN, own, "names a column that does not exist"));
            }
            continue;
        }
        if node.column as usize != leaves || leaves >= n_leaves {
            return Err(value(COLUMN, own, "does not name the next leaf"));
        }
        leaves += 1;
    }
    if leaves < n_leaves {
        return Err(value(LEAF, leaves, "belongs to no leaf"));
    }
    Ok(())
}

/// The trees fill the nodes one after another, and each is one whole depth-first tree: children lie
/// further on than their parent, so every walk ends.
pub(super) fn trees(ensemble: &Ensemble) -> Result<(), LoadError> {
    let (starts, nodes) = (&ensemble.tree_starts, &ensemble.nodes);
    if starts.len() < 2 || starts[0] != 0 {
        return Err(value(TREE_STARTS, 0, "does not begin a first tree at node 0"));
    }
    if starts[starts.len() - 1] as usize != nodes.len() {
        return Err(value(TREE_STARTS, starts.len() - 1, "is not the number of nodes"));
    }
    if let Some(tree) = starts.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Err(value(TREE_STARTS, tree + 1, "does not lie after the tree before it"));
    }
    // Where the subtree of each node ends, from the last node to the first.
    let mut ends = vec![0_u32; nodes.len()];
    for pair in starts.windows(2) {
        let tree = pair[0] as usize..pair[1] as usize;
        for own in tree.clone().rev() {
            let node = nodes[own];
            ends[own] = if node.is_leaf(own) {
                own as u32 + 1
            } else if own + 1 < tree.end && node.right == ends[own + 1] && (node.right as usize) < tree.end {
                ends[node.right as usize]
            } else {
                return Err(value(RIGHT_CHILD, own, "is not the node after its left subtree"));
            };
        }
        if ends[tree.start] != pair[1] {
            return Err(value(TREE_STARTS, tree.start, "does not begin a tree that reaches to the next"));
        }
    }
    Ok(())
}

pub(super) fn thresholds(thresholds: &[f64]) -> Result<(), LoadError> {
    match thresholds.iter().position(|x| !x.is_finite()) {
        Some(position) => Err(value(THRESHOLD, position, "is not finite")),
        None => Ok(()),
    }
}

pub(super) fn covers(covers: &[f32]) -> Result<(), LoadError> {
    match covers.iter().position(|x| !(x.is_finite() && *x > 0.0)) {
        Some(position) => Err(value(COVER, position, "is not above zero")),
        None => Ok(()),
    }
}
