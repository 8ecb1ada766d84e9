//! Cross-entropy of a softmax against target probabilities.

use crate::activation::exp;

/// Mean cross-entropy in nats of `softmax(logits)` against targets, both `[rows, classes]`, and its
/// derivative by the logits. Targets of a row sum to 1.
///
/// # Panics
///
/// When the sizes differ.
pub fn cross_entropy(logits: &[f32], targets: &[f32], classes: usize) -> (f32, Vec<f32>) {
    assert!(logits.len() == targets.len(), "sizes of a cross-entropy fit");
    let rows = (logits.len() / classes) as f32;
    let mut gradient = vec![0.0; logits.len()];
    let mut total = 0.0_f64;
    for ((logits, targets), gradient) in
        logits.chunks(classes).zip(targets.chunks(classes)).zip(gradient.chunks_mut(classes))
    {
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (value, logit) in gradient.iter_mut().zip(logits) {
            *value = exp(logit - highest);
            sum += *value;
        }
        let log = sum.ln();
        for ((value, logit), target) in gradient.iter_mut().zip(logits).zip(targets) {
            total -= f64::from(*target) * f64::from(logit - highest - log);
            *value = (*value / sum - target) / rows;
        }
    }
    ((total / f64::from(rows)) as f32, gradient)
}
