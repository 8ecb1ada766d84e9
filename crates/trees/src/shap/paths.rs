//! What the explanation of a tree needs to know of it, whatever the row.

use crate::ensemble::Ensemble;
use crate::shap::quadrature::Quadrature;

/// How a node is reached, where it is not the root: by an edge that asks about one column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Edge {
    /// Edges above it.
    pub(crate) depth: u32,
    pub(crate) column: u32,
    /// Share of the training rows that all edges on the way down that ask about this column let through.
    pub(crate) share: f64,
    /// The depth of the nearest node above whose edge asks about the same column; 0 when there is none.
    pub(crate) same: u32,
}

/// The edges of a tree's nodes, and how finely it must be summed.
#[derive(Debug, Clone)]
pub(crate) struct TreePaths {
    pub(crate) edges: Vec<Edge>,
    pub(crate) quadrature: Quadrature,
    /// Depth of the deepest leaf.
    pub(crate) depth: usize,
}

impl TreePaths {
    /// Looks at tree `tree`, and adds its mean answer over the training rows to `base` `[width]`.
    pub(crate) fn new(ensemble: &Ensemble, tree: usize, base: &mut [f64]) -> Self {
        let nodes = ensemble.nodes_of(tree);
        let first = nodes.start;
        let mut edges = vec![Edge::default(); nodes.len()];
        // Of the nodes on the way to the one at hand: how many columns their edges ask about, and what share of all
        // rows reaches them.
        let (mut path, mut distinct, mut reach) = (Vec::<usize>::new(), vec![0_usize], vec![1.0]);
        let (mut depth, mut most) = (0, 0);
        for own in nodes.clone() {
            let at = edges[own - first].depth as usize;
            path.truncate(at);
            path.push(own - first);
            distinct.truncate(at + 1);
            reach.truncate(at + 1);
            if at > 0 {
                let edge = edges[own - first];
                let parent = path[at - 1] + first;
                let ratio = f64::from(ensemble.covers[own]) / f64::from(ensemble.covers[parent]);
                let same = (1..at).rev().find(|&above| edges[path[above]].column == edge.column).unwrap_or(0);
                let above = if same > 0 { edges[path[same]].share } else { 1.0 };
                edges[own - first] = Edge { share: above * ratio, same: same as u32, ..edge };
                distinct[at] = distinct[at - 1] + usize::from(same == 0);
                reach[at] = reach[at - 1] * ratio;
            }
            let node = ensemble.nodes[own];
            if node.is_leaf() {
                depth = depth.max(at);
                most = most.max(distinct[at]);
                for (base, &value) in base.iter_mut().zip(ensemble.leaf(own)) {
                    *base += reach[at] * f64::from(value);
                }
                continue;
            }
            for child in [own + 1, node.right as usize] {
                edges[child - first] =
                    Edge { depth: at as u32 + 1, column: node.column() as u32, ..Edge::default() };
            }
            distinct.push(0);
            reach.push(0.0);
        }
        Self { edges, quadrature: Quadrature::exact_to(most.saturating_sub(1)), depth }
    }
}
