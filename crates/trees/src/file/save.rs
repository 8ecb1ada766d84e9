//! Saving trees as safetensors.

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::{
    BASE, COVER, EDGE_STARTS, EDGES, FORMAT, IMPORTANCE, LEAF, NAMES, OUT_OF_BAG, RIGHT_CHILD, SHA256, SPLIT,
    TREE_STARTS, VERSION, hash,
};
use crate::boosting::GradientBoosting;
use crate::ensemble::Ensemble;
use crate::forest::RandomForest;
use crate::kind::Kind;

/// A tensor on its way into a file.
struct Tensor {
    name: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn u32(name: &'static str, values: impl Iterator<Item = u32>) -> Self {
        let bytes: Vec<u8> = values.flat_map(u32::to_le_bytes).collect();
        Self { name, dtype: Dtype::U32, shape: vec![bytes.len() / 4], bytes }
    }

    fn f32(name: &'static str, values: &[f32], shape: Vec<usize>) -> Self {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self { name, dtype: Dtype::F32, shape, bytes }
    }

    fn f64(name: &'static str, values: impl Iterator<Item = f64>) -> Self {
        let bytes: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
        Self { name, dtype: Dtype::F64, shape: vec![bytes.len() / 8], bytes }
    }
}

impl RandomForest {
    /// The forest as safetensors, the same bytes for the same forest. The format is in the documentation of
    /// [`Self::from_safetensors`].
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut tensors = ensemble(&self.ensemble, Kind::Forest, self.n_classes(), &self.importance);
        if let Some(scores) = self.out_of_bag {
            let scores = [scores.accuracy, scores.log_loss, scores.rows as f64];
            tensors.push(Tensor::f64(OUT_OF_BAG, scores.into_iter()));
        }
        file(tensors)
    }
}

impl GradientBoosting {
    /// The model as safetensors, the same bytes for the same model. The format is in the documentation of
    /// [`RandomForest::from_safetensors`].
    pub fn to_safetensors(&self) -> Vec<u8> {
        let mut tensors = ensemble(&self.ensemble, Kind::Boosting, self.n_classes(), &self.importance);
        tensors.push(Tensor::f64(BASE, self.base.iter().copied()));
        file(tensors)
    }
}

fn ensemble(ensemble: &Ensemble, kind: Kind, n_classes: usize, importance: &[f64]) -> Vec<Tensor> {
    let (nodes, width) = (&ensemble.nodes, ensemble.width);
    vec![
        Tensor::u32(FORMAT, [VERSION, kind as u32, n_classes as u32].into_iter()),
        Tensor::u32(TREE_STARTS, ensemble.tree_starts.iter().copied()),
        Tensor::f64(EDGES, ensemble.edges.values.iter().copied()),
        Tensor::u32(EDGE_STARTS, ensemble.edges.starts.iter().copied()),
        Tensor::u32(SPLIT, nodes.iter().map(|node| node.split)),
        Tensor::u32(RIGHT_CHILD, nodes.iter().map(|node| node.right)),
        Tensor::f32(COVER, &ensemble.covers, vec![nodes.len()]),
        Tensor::f32(LEAF, &ensemble.leaves, vec![ensemble.leaves.len() / width, width]),
        Tensor::f64(IMPORTANCE, importance.iter().copied()),
    ]
}

/// The file of these tensors, with their hash.
fn file(mut tensors: Vec<Tensor>) -> Vec<u8> {
    let parts = tensors.iter().map(|t| (t.name, t.dtype, t.shape.as_slice(), t.bytes.as_slice()));
    let bytes = hash(parts).to_vec();
    tensors.push(Tensor { name: SHA256, dtype: Dtype::U8, shape: vec![bytes.len()], bytes });
    let views = tensors.iter().map(|t| {
        let view = TensorView::new(t.dtype, t.shape.clone(), &t.bytes);
        (t.name, view.expect("a tensor is as long as its shape says"))
    });
    safetensors::serialize(views, None).expect("a few tensors have a short header")
}

/// A file of saved trees with the hash that belongs to its other tensors, whatever they hold; none when it is no
/// safetensors file with a place for a hash. For tests of what is behind the hash.
#[doc(hidden)]
pub fn with_fresh_hash(bytes: &[u8]) -> Option<Vec<u8>> {
    let file = SafeTensors::deserialize(bytes).ok()?;
    let place = file.tensor(SHA256).ok().filter(|view| view.data().len() == 32)?.data().as_ptr_range();
    let start = place.start.addr().checked_sub(bytes.as_ptr().addr())?;
    let fresh = hash_of(&file);
    let mut changed = bytes.to_vec();
    changed.get_mut(start..start + 32)?.copy_from_slice(&fresh);
    Some(changed)
}

/// The hash of a file's tensors but the hash itself.
pub(super) fn hash_of(file: &SafeTensors<'_>) -> [u8; 32] {
    let names = NAMES.into_iter().filter(|name| *name != SHA256);
    let views: Vec<_> = names.filter_map(|name| Some((name, file.tensor(name).ok()?))).collect();
    hash(views.iter().map(|(name, view)| (*name, view.dtype(), view.shape(), view.data())))
}
