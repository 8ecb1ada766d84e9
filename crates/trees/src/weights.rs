//! Saving a forest as safetensors.

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::forest::RandomForest;
use crate::node::Node;

pub(crate) const TREE_STARTS: &str = "tree_starts";
pub(crate) const THRESHOLD: &str = "threshold";
pub(crate) const COLUMN: &str = "column";
pub(crate) const RIGHT_CHILD: &str = "right_child";
pub(crate) const LEAF_SHARES: &str = "leaf_shares";
pub(crate) const IMPORTANCE: &str = "importance";
pub(crate) const OUT_OF_BAG: &str = "out_of_bag";
pub(crate) const NAMES: [&str; 7] =
    [TREE_STARTS, THRESHOLD, COLUMN, RIGHT_CHILD, LEAF_SHARES, IMPORTANCE, OUT_OF_BAG];

impl RandomForest {
    /// The forest as safetensors, the same bytes for the same forest. All trees' nodes are concatenated,
    /// each tree depth-first with the left child right after its parent:
    ///
    /// | tensor | type and shape | holds |
    /// |---|---|---|
    /// | `tree_starts` | U32 `[n_trees + 1]` | first node of each tree, then the number of nodes |
    /// | `threshold` | F64 `[n_nodes]` | `x <= threshold` goes left; 0 in a leaf |
    /// | `column` | U32 `[n_nodes]` | column to compare; in a leaf its row of `leaf_shares`: 0, 1, 2, … |
    /// | `right_child` | U32 `[n_nodes]` | node number of the right child; in a leaf its own |
    /// | `leaf_shares` | F32 `[n_leaves, n_classes]` | class shares |
    /// | `importance` | F64 `[n_columns]` | [`Self::impurity_importance`] |
    /// | `out_of_bag` | F64 `[3]` | accuracy, log-loss and rows; absent if the forest has none |
    ///
    /// # Panics
    /// Never: every tensor is as long as its shape says.
    pub fn to_safetensors(&self) -> Vec<u8> {
        let splits = |(own, node): (usize, &Node)| if node.is_leaf(own) { 0.0 } else { node.threshold };
        let scores = self.out_of_bag.map(|scores| [scores.accuracy, scores.log_loss, scores.rows as f64]);
        let n_leaves = self.shares.len() / self.n_classes;
        let mut tensors = vec![
            (
                TREE_STARTS,
                Dtype::U32,
                vec![self.tree_starts.len()],
                bytes_u32(self.tree_starts.iter().copied()),
            ),
            (
                THRESHOLD,
                Dtype::F64,
                vec![self.nodes.len()],
                bytes_f64(self.nodes.iter().enumerate().map(splits)),
            ),
            (
                COLUMN,
                Dtype::U32,
                vec![self.nodes.len()],
                bytes_u32(self.nodes.iter().map(|node| node.column)),
            ),
            (
                RIGHT_CHILD,
                Dtype::U32,
                vec![self.nodes.len()],
                bytes_u32(self.nodes.iter().map(|node| node.right)),
            ),
            (
                LEAF_SHARES,
                Dtype::F32,
                vec![n_leaves, self.n_classes],
                self.shares.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            (IMPORTANCE, Dtype::F64, vec![self.importance.len()], bytes_f64(self.importance.iter().copied())),
        ];
        if let Some(scores) = scores {
            tensors.push((OUT_OF_BAG, Dtype::F64, vec![scores.len()], bytes_f64(scores.into_iter())));
        }
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (
                *name,
                TensorView::new(*dtype, shape.clone(), bytes).expect("a tensor is as long as its shape says"),
            )
        });
        safetensors::serialize(views, None).expect("seven tensors have a short header")
    }
}

fn bytes_u32(values: impl Iterator<Item = u32>) -> Vec<u8> {
    values.flat_map(u32::to_le_bytes).collect()
}

fn bytes_f64(values: impl Iterator<Item = f64>) -> Vec<u8> {
    values.flat_map(f64::to_le_bytes).collect()
}
