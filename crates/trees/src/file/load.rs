//! Loading trees from bytes nobody vouches for.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::save::hash_of;
use super::{
    BASE, COVER, EDGE_STARTS, EDGES, FORMAT, IMPORTANCE, LEAF, NAMES, OUT_OF_BAG, RIGHT_CHILD, SHA256, SPLIT,
    TREE_STARTS, VERSION, checks,
};
use crate::boosting::GradientBoosting;
use crate::boosting::objective::n_scores;
use crate::edges::Edges;
use crate::ensemble::{Ensemble, GrownTree};
use crate::error::LoadError;
use crate::forest::RandomForest;
use crate::forest::out_of_bag::OutOfBag;
use crate::kind::Kind;
use crate::node::Node;

/// Longest header read, in bytes: eleven tensors need less than a thousand.
const LONGEST_HEADER: u64 = 4096;
/// Largest score to begin from: more could not be told from certainty, and less adds up without overflow.
const LARGEST_BASE: f64 = 1e6;

impl RandomForest {
    /// Reads what [`Self::to_safetensors`] wrote. Takes any bytes: it neither panics nor allocates more than
    /// a small multiple of their length, and what it accepts predicts probabilities for every row.
    #[doc = include_str!("format.md")]
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are anything but a whole forest; it names the tensor at fault.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, LoadError> {
        let file = open(bytes, Kind::Forest)?;
        let (ensemble, importance) = read(&file, Kind::Forest)?;
        let out_of_bag = out_of_bag(&file)?;
        Ok(Self { ensemble, importance, out_of_bag })
    }
}

impl GradientBoosting {
    /// Reads what [`Self::to_safetensors`] wrote, as strictly as [`RandomForest::from_safetensors`].
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are anything but a whole model; it names the tensor at fault.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, LoadError> {
        let file = open(bytes, Kind::Boosting)?;
        let (ensemble, importance) = read(&file, Kind::Boosting)?;
        let n_classes = n_classes(&file)?;
        let expected = Some((n_scores(n_classes), "[1] for two classes, else [n_classes]"));
        let base = vector(&file, BASE, Dtype::F64, expected, f64::from_le_bytes)?;
        if let Some(position) = base.iter().position(|x| !(-LARGEST_BASE..=LARGEST_BASE).contains(x)) {
            let problem = "is not a score between a million and minus a million";
            return Err(LoadError::Value { tensor: BASE, position, problem });
        }
        if !ensemble.n_trees().is_multiple_of(base.len()) {
            let problem = "does not end a whole round of trees";
            return Err(LoadError::Value { tensor: TREE_STARTS, position: ensemble.n_trees(), problem });
        }
        Ok(Self { ensemble, n_classes, base, importance })
    }
}

/// The container, when it is of this kind, whole and unchanged.
fn open(bytes: &[u8], kind: Kind) -> Result<SafeTensors<'_>, LoadError> {
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
    let format = vector(&file, FORMAT, Dtype::U32, Some((3, "[3]")), u32::from_le_bytes)?;
    if format[0] != VERSION {
        return Err(LoadError::Version { found: format[0], expected: VERSION });
    }
    if format[1] != kind as u32 {
        return Err(LoadError::Kind { expected: kind.name() });
    }
    let stored = vector(&file, SHA256, Dtype::U8, Some((32, "[32]")), u8::from_le_bytes)?;
    if stored != hash_of(&file) {
        return Err(LoadError::Hash);
    }
    Ok(file)
}

fn n_classes(file: &SafeTensors<'_>) -> Result<usize, LoadError> {
    match vector(file, FORMAT, Dtype::U32, Some((3, "[3]")), u32::from_le_bytes)?[2] {
        n @ 1..=256 => Ok(n as usize),
        _ => Err(LoadError::Value { tensor: FORMAT, position: 2, problem: "is not 1 to 256 classes" }),
    }
}

/// The trees and the importance of the columns.
fn read(file: &SafeTensors<'_>, kind: Kind) -> Result<(Ensemble, Vec<f64>), LoadError> {
    let n_classes = n_classes(file)?;
    let right_child = vector(file, RIGHT_CHILD, Dtype::U32, None, u32::from_le_bytes)?;
    let n_nodes = Some((right_child.len(), "[n_nodes], as long as `right_child`"));
    let split = vector(file, SPLIT, Dtype::U32, n_nodes, u32::from_le_bytes)?;
    let covers = vector(file, COVER, Dtype::F32, n_nodes, f32::from_le_bytes)?;
    let tree_starts = vector(file, TREE_STARTS, Dtype::U32, None, u32::from_le_bytes)?;
    let importance = vector(file, IMPORTANCE, Dtype::F64, None, f64::from_le_bytes)?;
    let n_columns = importance.len();
    let per_column = Some((n_columns + 1, "[n_columns + 1], with n_columns as in `importance`"));
    let edge_starts = vector(file, EDGE_STARTS, Dtype::U32, per_column, u32::from_le_bytes)?;
    let n_edges = Some((edge_starts[n_columns] as usize, "[n_edges], as `edge_starts` says"));
    let edges = vector(file, EDGES, Dtype::F64, n_edges, f64::from_le_bytes)?;
    let (n_outputs, width) = kind.outputs(n_classes);
    let leaves = leaves(file, kind, width)?;
    check_importance(&importance)?;
    checks::covers(&covers)?;
    let edges = Edges { values: edges, starts: edge_starts };
    checks::edges(&edges)?;
    let nodes = split.into_iter().zip(right_child).map(|(split, right)| Node { split, right }).collect();
    let parts = GrownTree { nodes, covers, leaves };
    checks::nodes(&parts.nodes, &edges, parts.leaves.len() / width)?;
    checks::trees(&parts.nodes, &tree_starts)?;
    Ok((Ensemble::from_parts(edges, n_outputs, width, parts, tree_starts), importance))
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

/// What the leaves hold: class shares, or finite numbers.
fn leaves(file: &SafeTensors<'_>, kind: Kind, width: usize) -> Result<Vec<f32>, LoadError> {
    let view = tensor(file, LEAF, Dtype::F32)?;
    if !matches!(*view.shape(), [n_leaves, found] if n_leaves > 0 && found == width) {
        let found = view.shape().to_vec();
        let expected = "[n_leaves, n_classes] of a forest or [n_leaves, 1] of boosting";
        return Err(LoadError::Shape { tensor: LEAF, expected, found });
    }
    let (values, _) = view.data().as_chunks();
    let leaves: Vec<f32> = values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    for (position, leaf) in leaves.chunks_exact(width).enumerate() {
        kind.check_leaf(leaf).map_err(|problem| LoadError::Value { tensor: LEAF, position, problem })?;
    }
    Ok(leaves)
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
