//! The nodes of a tree, and walking down them.

/// A node in 16 bytes. Nodes are kept depth-first: the left child follows its parent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// `x <= threshold` goes left. NaN in a leaf: every value goes "right", which is where it is.
    pub(crate) threshold: f64,
    /// The column it splits on; in a leaf the row of its class shares.
    pub(crate) column: u32,
    /// The right child, further on; in a leaf itself.
    pub(crate) right: u32,
}

impl Node {
    /// A leaf at position `own`.
    pub(crate) fn leaf(own: u32, shares: u32) -> Self {
        Self { threshold: f64::NAN, column: shares, right: own }
    }

    /// Whether this node, at position `own`, is a leaf.
    pub(crate) fn is_leaf(self, own: usize) -> bool {
        self.right as usize == own
    }
}

/// How many walks go on at once: they wait for memory together instead of one after another.
pub(crate) const WALKS: usize = 8;

/// Walks from each node in `at` down to a leaf with its own row; `at` ends holding the leaves.
pub(crate) fn walk(nodes: &[Node], at: &mut [u32; WALKS], rows: [&[f64]; WALKS]) {
    let mut moved = true;
    while moved {
        moved = false;
        for (own, row) in at.iter_mut().zip(rows) {
            let node = nodes[*own as usize];
            // A leaf's column means something else and may be past the end; its answer does not depend on it.
            let value = row[(node.column as usize).min(row.len() - 1)];
            let next = if value <= node.threshold { *own + 1 } else { node.right };
            moved |= next != *own;
            *own = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_end_in_their_leaves() {
        let split = |threshold, column, right| Node { threshold, column, right };
        let nodes =
            [split(1.0, 0, 2), Node::leaf(1, 7), split(5.0, 1, 4), Node::leaf(3, 8), Node::leaf(4, 9)];
        assert!(nodes[3].is_leaf(3) && !nodes[2].is_leaf(2));
        let rows: [&[f64]; WALKS] = [
            &[1.0, 9.0],
            &[1.1, 5.0],
            &[1.1, 5.1],
            &[f64::NAN, 0.0],
            &[9.0, f64::INFINITY],
            &[-9.0, 9.0],
            &[2.0, 2.0],
            &[2.0, 9.0],
        ];
        let mut at = [0; WALKS];
        walk(&nodes, &mut at, rows);
        assert_eq!(at, [1, 3, 4, 3, 4, 1, 3, 4]);
    }
}
