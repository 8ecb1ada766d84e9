//! Class probabilities of windows, without dropout and gradients.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::classifier::Classifier;
use crate::windows::Windows;

/// Windows of one forward pass. Matrix products take other paths for other sizes, so it is fixed: a
/// window has the same bits alone and among thousands.
const WINDOWS_PER_PASS: usize = 1;

/// The windows at `indices` as a tensor `[indices, length, n_features]`.
pub(crate) fn gather(windows: &Windows<'_>, indices: &[usize], device: &Device) -> Tensor<3> {
    let shape = [indices.len(), windows.length, windows.n_features];
    let mut values = Vec::with_capacity(shape.iter().product());
    for &index in indices {
        values.extend_from_slice(windows.rows(index));
    }
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Probabilities `[n_windows * n_classes]`, window by window.
pub(crate) fn probabilities<C: Classifier + Sync>(
    network: &C,
    windows: &Windows<'_>,
    n_classes: usize,
) -> Vec<f64> {
    let mut out = vec![0.0; windows.len() * n_classes];
    out.par_chunks_mut(WINDOWS_PER_PASS * n_classes).enumerate().for_each(|(pass, out)| {
        let first = pass * WINDOWS_PER_PASS;
        // A last, shorter pass repeats its last window.
        let indices: [usize; WINDOWS_PER_PASS] =
            std::array::from_fn(|at| (first + at).min(windows.len() - 1));
        let logits = network.logits(gather(windows, &indices, &Device::flex()), None).into_data();
        let logits = logits.iter::<f32>().map(f64::from).collect::<Vec<_>>();
        for (out, logits) in out.chunks_mut(n_classes).zip(logits.chunks(n_classes)) {
            softmax(logits, out);
        }
    });
    out
}

/// `e^logit / Σ e^logit`.
fn softmax(logits: &[f64], out: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (value, logit) in out.iter_mut().zip(logits) {
        *value = (logit - highest).exp();
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
        softmax(&[1000.0, 1000.0 + 2.0_f64.ln(), 1000.0], &mut out);
        for (value, expected) in out.iter().zip([0.25, 0.5, 0.25]) {
            assert!((value - expected).abs() < 1e-12);
        }
    }
}
