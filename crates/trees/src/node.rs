//! The nodes of a tree, and walking down them.

/// A node in 16 bytes. Nodes are kept depth-first: the left child follows its parent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// `x <= threshold` goes left. NaN in a leaf: every value goes "right", which is where it is.
    pub(crate) threshold: f64,
    /// The column it splits on, with [`MISSING_LEFT`] where a missing value goes left; in a leaf its number.
    pub(crate) column: u32,
    /// The right child, further on; in a leaf itself.
    pub(crate) right: u32,
}

/// Set in [`Node::column`] where NaN goes left; it goes right elsewhere.
pub(crate) const MISSING_LEFT: u32 = 1 << 31;

impl Node {
    /// A split; the place of its right child is not known yet.
    pub(crate) fn split(column: usize, threshold: f64, missing_left: bool) -> Self {
        let flag = if missing_left { MISSING_LEFT } else { 0 };
        Self { threshold, column: column as u32 | flag, right: 0 }
    }

    /// Leaf number `leaf` at position `own`.
    pub(crate) fn leaf(own: u32, leaf: u32) -> Self {
        Self { threshold: f64::NAN, column: leaf, right: own }
    }

    /// Whether this node, at position `own`, is a leaf.
    pub(crate) fn is_leaf(self, own: usize) -> bool {
        self.right as usize == own
    }

    /// The column a split compares, or the number of a leaf.
    pub(crate) fn place(self) -> usize {
        (self.column & !MISSING_LEFT) as usize
    }

    /// Whether a split sends missing values left.
    pub(crate) fn missing_left(self) -> bool {
        self.column & MISSING_LEFT != 0
    }

    /// Whether a split sends `value` left; false in a leaf.
    pub(crate) fn goes_left(self, value: f64) -> bool {
        (value <= self.threshold) | (value.is_nan() & self.missing_left())
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
            // A leaf's number may be past the end of the row; its answer does not depend on the value.
            let value = row[node.place().min(row.len() - 1)];
            let next = if node.goes_left(value) { *own + 1 } else { node.right };
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
        let split = |threshold, column, missing_left, right| Node {
            right,
            ..Node::split(column, threshold, missing_left)
        };
        let nodes = [
            split(1.0, 0, false, 2),
            Node::leaf(1, 7),
            split(5.0, 1, true, 4),
            Node::leaf(3, 8),
            Node::leaf(4, 9),
        ];
        assert!(nodes[3].is_leaf(3) && !nodes[2].is_leaf(2));
        assert_eq!((nodes[2].place(), nodes[2].missing_left(), nodes[0].missing_left()), (1, true, false));
        let rows: [&[f64]; WALKS] = [
            &[1.0, 9.0],
            &[1.1, 5.0],
            &[1.1, 5.1],
            &[f64::NAN, 0.0],
            &[9.0, f64::INFINITY],
            &[-9.0, f64::NAN],
            &[2.0, f64::NAN],
            &[f64::NAN, 9.0],
        ];
        let mut at = [0; WALKS];
        walk(&nodes, &mut at, rows);
        assert_eq!(at, [1, 3, 4, 3, 4, 1, 3, 4]);
    }
}
