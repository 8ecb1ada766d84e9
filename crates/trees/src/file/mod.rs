//! Saved trees: the format is documented in `format.md`.

mod checks;
mod load;
mod save;

pub use save::with_fresh_hash;

pub(crate) const VERSION: u32 = 2;
pub(crate) const FORMAT: &str = "format";
pub(crate) const SHA256: &str = "sha256";
pub(crate) const TREE_STARTS: &str = "tree_starts";
pub(crate) const EDGES: &str = "edges";
pub(crate) const EDGE_STARTS: &str = "edge_starts";
pub(crate) const SPLIT: &str = "split";
pub(crate) const RIGHT_CHILD: &str = "right_child";
pub(crate) const COVER: &str = "cover";
pub(crate) const LEAF: &str = "leaf";
pub(crate) const IMPORTANCE: &str = "importance";
pub(crate) const OUT_OF_BAG: &str = "out_of_bag";
pub(crate) const BASE: &str = "base";
/// In the order in which they are hashed.
pub(crate) const NAMES: [&str; 12] = [
    FORMAT,
    SHA256,
    TREE_STARTS,
    EDGES,
    EDGE_STARTS,
    SPLIT,
    RIGHT_CHILD,
    COVER,
    LEAF,
    IMPORTANCE,
    OUT_OF_BAG,
    BASE,
];

/// The hash of these tensors' names, types, shapes and bytes.
pub(crate) fn hash<'a>(
    tensors: impl Iterator<Item = (&'a str, safetensors::Dtype, &'a [usize], &'a [u8])>,
) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for (name, dtype, shape, bytes) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(format!("{dtype:?}").as_bytes());
        hasher.update((shape.len() as u64).to_le_bytes());
        for &n in shape {
            hasher.update((n as u64).to_le_bytes());
        }
        hasher.update(bytes);
    }
    hasher.finalize().into()
}
