//! Class probabilities of windows, without dropout and gradients: packed weights, plain memory, no Burn.

mod lstm_attention;
mod packed_linear;
mod transformer;

use std::sync::Mutex;

use burn::tensor::{Device, Tensor, TensorData};
use kernels::{Instructions, Threads};
use rayon::prelude::*;

pub(crate) use lstm_attention::LstmAttentionPlan;
pub(crate) use packed_linear::PackedLinear;
pub(crate) use transformer::TransformerPlan;

use crate::windows::Windows;

/// Windows of one pass when there are many. A window has the same bits in any pass: no operation mixes
/// rows of different windows, and a row of a product does not depend on the others.
const WINDOWS_PER_PASS: usize = 8;

/// A network made ready to answer.
pub(crate) trait Plan: std::fmt::Debug + Send + Sync {
    /// Scores `[n, n_classes]`, before the softmax, of windows `[n, length, n_features]`. The attention weights of
    /// each layer, `[n, heads, length, length]`, are appended to `attended` where they are asked for.
    fn logits(
        &self,
        threads: Threads,
        windows: &[f32],
        memory: &mut Memory,
        out: &mut [f32],
        attended: Option<&mut Vec<f32>>,
    );

    /// Attention heads of each layer that attends.
    fn heads(&self) -> usize;
}

/// What a pass needs, kept from call to call.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    windows: Vec<f32>,
    logits: Vec<f32>,
    /// Rows of the network's width, and wider ones, by the plan's own order.
    pub(crate) rows: [Vec<f32>; 4],
    /// States of recurrent layers, and their outputs by layer and part of the steps.
    pub(crate) layers: Vec<lstm_attention::LayerState>,
    pub(crate) parts: Vec<Vec<f32>>,
}

/// Memories that no pass uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Memories(Mutex<Vec<Memory>>);

impl Memories {
    fn with(&self, run: impl FnOnce(&mut Memory)) {
        let free = self.0.lock().ok().and_then(|mut free| free.pop());
        let mut memory = free.unwrap_or_default();
        run(&mut memory);
        if let Ok(mut free) = self.0.lock() {
            free.push(memory);
        }
    }
}

/// A vector of so many values, whatever they are.
pub(crate) fn sized(values: &mut Vec<f32>, length: usize) -> &mut [f32] {
    values.resize(length, 0.0);
    values
}

/// The instructions that plans are packed for.
pub(crate) fn instructions() -> Instructions {
    Instructions::best()
}

/// The windows at `indices` as a tensor `[indices, length, n_features]`.
pub(crate) fn gather(windows: &Windows<'_>, indices: &[usize], device: &Device) -> Tensor<3> {
    let shape = [indices.len(), windows.length, windows.n_features];
    let mut values = Vec::with_capacity(shape.iter().product());
    for &index in indices {
        values.extend_from_slice(windows.rows(index));
    }
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Probabilities of every window into `out`, `[n_windows * n_classes]`.
pub(crate) fn probabilities(
    plan: &dyn Plan,
    memories: &Memories,
    windows: &Windows<'_>,
    n_classes: usize,
    out: &mut [f64],
) {
    let pass = |first: usize, threads: Threads, out: &mut [f64]| {
        memories.with(|memory| {
            let mut values = std::mem::take(&mut memory.windows);
            let mut logits = std::mem::take(&mut memory.logits);
            values.clear();
            for index in first..first + out.len() / n_classes {
                values.extend_from_slice(windows.rows(index));
            }
            plan.logits(threads, &values, memory, sized(&mut logits, out.len()), None);
            softmax_rows(&logits, n_classes, out);
            (memory.windows, memory.logits) = (values, logits);
        });
    };
    if windows.len() < rayon::current_num_threads() {
        out.chunks_mut(n_classes).enumerate().for_each(|(index, out)| pass(index, Threads::Pool, out));
    } else {
        let per_pass = windows.len().div_ceil(rayon::current_num_threads()).min(WINDOWS_PER_PASS);
        out.par_chunks_mut(per_pass * n_classes)
            .enumerate()
            .for_each(|(index, out)| pass(index * per_pass, Threads::Caller, out));
    }
}

/// Attention weights of one window, `[layers, heads, length, length]`.
pub(crate) fn attention_weights(
    plan: &dyn Plan,
    memories: &Memories,
    window: &[f32],
    n_classes: usize,
) -> Vec<f32> {
    let mut attended = Vec::new();
    memories.with(|memory| {
        let mut logits = vec![0.0; n_classes];
        plan.logits(Threads::Pool, window, memory, &mut logits, Some(&mut attended));
    });
    attended
}

/// The softmax of each row of scores.
pub(crate) fn softmax_rows(logits: &[f32], n_classes: usize, out: &mut [f64]) {
    for (out, logits) in out.chunks_mut(n_classes).zip(logits.chunks(n_classes)) {
        softmax(logits, out);
    }
}

/// `e^logit / Σ e^logit`.
fn softmax(logits: &[f32], out: &mut [f64]) {
    let highest = logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    for (value, logit) in out.iter_mut().zip(logits) {
        *value = (f64::from(*logit) - highest).exp();
    }
    let total: f64 = out.iter().sum();
    for value in out {
        *value /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_of_known_logits() {
        let mut out = [0.0; 3];
        softmax(&[1000.0, 1000.0 + 2.0_f32.ln(), 1000.0], &mut out);
        for (value, expected) in out.iter().zip([0.25, 0.5, 0.25]) {
            assert!((value - expected).abs() < 1e-5);
        }
    }
}
