//! Names of tensors, as checkpoints write them.

pub(crate) const CELL_BIAS: &str = "_bias_";
pub(crate) const RECURRENT: &str = "_recurrent_kernel_";
pub(crate) const OUT_NORM: &str = "out_norm.weight";
pub(crate) const INPUT: &str = "input_patch_embedding";
pub(crate) const OUTPUT: &str = "output_patch_embedding";

/// The tensors that feed the cell's gates in its own order: input, forget, candidate, output. The first two carry each
/// other's name; the published weights were trained that way.
pub(crate) const GATES: [&str; 4] = ["fgate", "igate", "zgate", "ogate"];

/// What checkpoints write before the names of blocks and of the norm behind them.
pub(crate) const PREFIX: &str = "block_stack.";
