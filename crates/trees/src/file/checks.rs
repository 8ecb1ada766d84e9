//! What must hold of trees that were read: every walk ends in a leaf.

use super::{COVER, EDGE_STARTS, EDGES, LEAF, RIGHT_CHILD, SPLIT, TREE_STARTS};
use crate::edges::Edges;
use crate::error::LoadError;
use crate::node::{LAST_BIN, MOST_COLUMNS, Node};

fn value(tensor: &'static str, position: usize, problem: &'static str) -> LoadError {
    LoadError::Value { tensor, position, problem }
}

/// Splits name existing columns and bins, leaves themselves, and there is one value for each leaf.
pub(super) fn nodes(nodes: &[Node], edges: &Edges, n_leaves: usize) -> Result<(), LoadError> {
    for (own, node) in nodes.iter().enumerate() {
        if node.is_leaf() {
            if node.right as usize != own {
                return Err(value(RIGHT_CHILD, own, "is not the leaf itself"));
            }
            continue;
        }
        if node.column() >= edges.n_columns() {
            return Err(value(SPLIT, own, "names a column that does not exist"));
        }
        // Behind the last bin only missing values are left for the right side.
        let n_edges = edges.of(node.column()).len();
        if node.bin().is_none_or(|bin| bin + usize::from(node.missing_left()) > n_edges) {
            return Err(value(SPLIT, own, "names a bin that does not exist"));
        }
    }
    let leaves = nodes.iter().filter(|node| node.is_leaf()).count();
    if leaves != n_leaves {
        return Err(value(LEAF, leaves.min(n_leaves), "belongs to no leaf, or a leaf has none"));
    }
    Ok(())
}

/// The trees fill the nodes one after another, and each is one whole depth-first tree: children lie
/// further on than their parent, so every walk ends.
pub(super) fn trees(nodes: &[Node], starts: &[u32]) -> Result<(), LoadError> {
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
            ends[own] = if node.is_leaf() {
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

/// Each column's edges rise, and are no more than can be told apart.
pub(super) fn edges(edges: &Edges) -> Result<(), LoadError> {
    if edges.n_columns() > MOST_COLUMNS {
        return Err(value(EDGE_STARTS, MOST_COLUMNS, "belongs to more columns than there can be"));
    }
    if edges.starts[0] != 0 {
        return Err(value(EDGE_STARTS, 0, "does not begin at edge 0"));
    }
    for (column, pair) in edges.starts.windows(2).enumerate() {
        if pair[0] > pair[1] || pair[1] as usize > edges.values.len() {
            return Err(value(EDGE_STARTS, column + 1, "does not lie behind the one before it"));
        }
        let own = edges.of(column);
        if own.len() > LAST_BIN {
            return Err(value(EDGE_STARTS, column + 1, "ends more edges than a column can have"));
        }
        let first = pair[0] as usize;
        if let Some(place) = own.iter().position(|x| !x.is_finite()) {
            return Err(value(EDGES, first + place, "is not finite"));
        }
        if let Some(place) = own.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(value(EDGES, first + place + 1, "is not above the one before it"));
        }
    }
    Ok(())
}

pub(super) fn covers(covers: &[f32]) -> Result<(), LoadError> {
    match covers.iter().position(|x| !(x.is_finite() && *x > 0.0)) {
        Some(position) => Err(value(COVER, position, "is not above zero")),
        None => Ok(()),
    }
}
