//! Loading a forest from bytes nobody vouches for.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::LoadError;
use crate::forest::RandomForest;
use crate::node::Node;
use crate::out_of_bag::OutOfBag;
use crate::weights::{
    COLUMN, IMPORTANCE, LEAF_SHARES, NAMES, OUT_OF_BAG, RIGHT_CHILD, THRESHOLD, TREE_STARTS,
};

/// Longest header read, in bytes: seven tensors need a few hundred.
const LONGEST_HEADER: u64 = 4096;
/// How far a leaf's shares may be from summing to one: far more than `f32` rounding, and little enough that
/// predictions count as probabilities.
const SHARE_TOLERANCE: f64 = 5e-7;

impl RandomForest {
    /// Reads what [`Self::to_safetensors`] wrote. Takes any bytes: it neither panics nor allocates more than
    /// a small multiple of their length, and what it accepts predicts probabilities for every row.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are anything but a whole forest; it names the tensor at fault.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, LoadError> {
        if let Some(length) = bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
            && length > LONGEST_HEADER
        {
            return Err(LoadError::Header(length));
        }
        let file = SafeTensors::deserialize(bytes)?;
        let mut unknown: Vec<&str> = file.names().into_iter().filter(|name| !NAMES.contains(name)).collect();
        unknown.sort_unstable();
        if let Some(&tensor) = unknown.first() {
            return Err(LoadError::Unknown { tensor: tensor.to_owned() });
        }
        let right_child = vector(&file, RIGHT_CHILD, Dtype::U32, None, u32::from_le_bytes)?;
        let n_nodes = Some((right_child.len(), "[n_nodes], as long as `right_child`"));
        let threshold = vector(&file, THRESHOLD, Dtype::F64, n_nodes, f64::from_le_bytes)?;
        let column = vector(&file, COLUMN, Dtype::U32, n_nodes, u32::from_le_bytes)?;
        let tree_starts = vector(&file, TREE_STARTS, Dtype::U32, None, u32::from_le_bytes)?;
        let importance = vector(&file, IMPORTANCE, Dtype::F64, None, f64::from_le_bytes)?;
        let (shares, n_classes) = shares(&file)?;
        let out_of_bag = out_of_bag(&file)?;
        check_importance(&importance)?;

        let own = |(own, ((threshold, column), right)): (usize, ((f64, u32), u32))| {
            let leaf = right as usize == own;
            Node { threshold: if leaf { f64::NAN } else { threshold }, column, right }
        };
        check_thresholds(&threshold)?;
        let nodes = threshold.into_iter().zip(column).zip(right_child).enumerate().map(own).collect();
        let forest = Self { n_classes, nodes, tree_starts, shares, importance, out_of_bag };
        forest.check_columns()?;
        forest.check_trees()?;
        Ok(forest)
    }

    /// Splits name existing columns, leaves their shares in turn.
    fn check_columns(&self) -> Result<(), LoadError> {
        let value = |tensor, position, problem| Err(LoadError::Value { tensor, position, problem });
        let (n_columns, n_leaves) = (self.importance.len(), self.shares.len() / self.n_classes);
        let mut leaves = 0;
        for (own, node) in self.nodes.iter().enumerate() {
            if !node.is_leaf(own) {
                if node.column as usize >= n_columns {
                    return value(COLUMN, own, "names a column that does not exist");
                }
                continue;
            }
            if node.column as usize != leaves || leaves >= n_leaves {
                return value(COLUMN, own, "does not name the next leaf's shares");
            }
            leaves += 1;
        }
        if leaves < n_leaves {
            return value(LEAF_SHARES, leaves, "belongs to no leaf");
        }
        Ok(())
    }

    /// The trees fill the nodes one after another, and each is one whole depth-first tree: children lie
    /// further on than their parent, so every walk ends.
    fn check_trees(&self) -> Result<(), LoadError> {
        let value = |tensor, position, problem| Err(LoadError::Value { tensor, position, problem });
        let starts = &self.tree_starts;
        if starts.len() < 2 || starts[0] != 0 {
            return value(TREE_STARTS, 0, "does not begin a first tree at node 0");
        }
        if starts[starts.len() - 1] as usize != self.nodes.len() {
            return value(TREE_STARTS, starts.len() - 1, "is not the number of nodes");
        }
        if let Some(tree) = starts.windows(2).position(|pair| pair[0] >= pair[1]) {
            return value(TREE_STARTS, tree + 1, "does not lie after the tree before it");
        }
        // Where the subtree of each node ends, from the last node to the first.
        let mut ends = vec![0_u32; self.nodes.len()];
        for pair in starts.windows(2) {
            let tree = pair[0] as usize..pair[1] as usize;
            for own in tree.clone().rev() {
                let node = self.nodes[own];
                ends[own] = if node.is_leaf(own) {
                    own as u32 + 1
                } else if own + 1 < tree.end
                    && node.right == ends[own + 1]
                    && (node.right as usize) < tree.end
                {
                    ends[node.right as usize]
                } else {
                    return value(RIGHT_CHILD, own, "is not the node after its left subtree");
                };
            }
            if ends[tree.start] != pair[1] {
                return value(TREE_STARTS, tree.start, "does not begin a tree that reaches to the next");
            }
        }
        Ok(())
    }
}

/// The named tensor, of this type.
fn tensor<'a>(
    file: &SafeTensors<'a>,
    name: &'static str,
    expected: Dtype,
) -> Result<TensorView<'a>, LoadError> {
    let view = file.tensor(name).map_err(|_| LoadError::Missing { tensor: name })?;
    match view.dtype() {
        found if found == expected => Ok(view),
        found => Err(LoadError::Type { tensor: name, expected, found }),
    }
}

/// The values of a tensor of one dimension, of this length if one is given.
fn vector<T, const BYTES: usize>(
    file: &SafeTensors<'_>,
    name: &'static str,
    dtype: Dtype,
    length: Option<(usize, &'static str)>,
    read: fn([u8; BYTES]) -> T,
) -> Result<Vec<T>, LoadError> {
    let view = tensor(file, name, dtype)?;
    let (expected, fits) = match (view.shape(), length) {
        (&[n], Some((length, expected))) => (expected, n == length),
        (shape, None) => ("one dimension, not empty", shape.len() == 1 && shape[0] > 0),
        (_, Some((_, expected))) => (expected, false),
    };
    if !fits {
        return Err(LoadError::Shape { tensor: name, expected, found: view.shape().to_vec() });
    }
    let (values, _) = view.data().as_chunks();
    Ok(values.iter().map(|&bytes| read(bytes)).collect())
}

/// The class shares of all leaves and the number of classes.
fn shares(file: &SafeTensors<'_>) -> Result<(Vec<f32>, usize), LoadError> {
    let view = tensor(file, LEAF_SHARES, Dtype::F32)?;
    let n_classes = match *view.shape() {
        [n_leaves, n_classes] if n_leaves > 0 && (1..=256).contains(&n_classes) => n_classes,
        _ => {
            let found = view.shape().to_vec();
            return Err(LoadError::Shape {
                tensor: LEAF_SHARES,
                expected: "[n_leaves, 1 to 256 classes]",
                found,
            });
        }
    };
    let (values, _) = view.data().as_chunks();
    let shares: Vec<f32> = values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    for (position, leaf) in shares.chunks_exact(n_classes).enumerate() {
        let sum: f64 = leaf.iter().copied().map(f64::from).sum();
        if leaf.iter().any(|p| !(0.0..=1.0).contains(p)) || (sum - 1.0).abs() > SHARE_TOLERANCE {
            let problem = "does not hold shares from 0 to 1 that sum to 1";
            return Err(LoadError::Value { tensor: LEAF_SHARES, position, problem });
        }
    }
    Ok((shares, n_classes))
}

fn out_of_bag(file: &SafeTensors<'_>) -> Result<Option<OutOfBag>, LoadError> {
    if !file.names().contains(&OUT_OF_BAG) {
        return Ok(None);
    }
    let expected = Some((3, "[3]"));
    let scores = vector(file, OUT_OF_BAG, Dtype::F64, expected, f64::from_le_bytes)?;
    let ranges = [0.0..=1.0, 0.0..=f64::MAX, 1.0..=f64::from(u32::MAX)];
    if let Some(position) = scores.iter().zip(ranges).position(|(score, range)| !range.contains(score)) {
        return Err(LoadError::Value { tensor: OUT_OF_BAG, position, problem: "is no such score" });
    }
    if scores[2].fract() > 0.0 {
        return Err(LoadError::Value { tensor: OUT_OF_BAG, position: 2, problem: "is not a number of rows" });
    }
    Ok(Some(OutOfBag { accuracy: scores[0], log_loss: scores[1], rows: scores[2] as usize }))
}

fn check_importance(importance: &[f64]) -> Result<(), LoadError> {
    if let Some(position) = importance.iter().position(|x| !(0.0..=1.0).contains(x)) {
        return Err(LoadError::Value { tensor: IMPORTANCE, position, problem: "is not from 0 to 1" });
    }
    let sum: f64 = importance.iter().sum();
    if sum > 0.0 && (sum - 1.0).abs() > 1e-9 {
        return Err(LoadError::Value {
            tensor: IMPORTANCE,
            position: 0,
            problem: "and on does not sum to 1",
        });
    }
    Ok(())
}

fn check_thresholds(thresholds: &[f64]) -> Result<(), LoadError> {
    match thresholds.iter().position(|x| !x.is_finite()) {
        Some(position) => Err(LoadError::Value { tensor: THRESHOLD, position, problem: "is not finite" }),
        None => Ok(()),
    }
}
