//! What boosting makes smaller: the log-loss, by its derivatives after the scores.

use rayon::prelude::*;

/// Rows whose sums are added up together, whatever the number of threads.
const BLOCK: usize = 4096;
/// Share of a class without rows that it starts from.
const SMALLEST_SHARE: f64 = 1e-6;

/// Number of scores that the probabilities of `n_classes` classes follow from: the log-odds of the second of two
/// classes, or one for each class.
pub(crate) fn n_scores(n_classes: usize) -> usize {
    if n_classes == 2 { 1 } else { n_classes }
}

/// The scores that stand for these class weights.
pub(crate) fn scores_of_shares(of_class: &[f64]) -> Vec<f64> {
    let sum: f64 = of_class.iter().sum();
    let logs: Vec<f64> = of_class.iter().map(|weight| (weight / sum).max(SMALLEST_SHARE).ln()).collect();
    match logs.as_slice() {
        &[first, second] => vec![second - first],
        _ => logs,
    }
}

/// Turns the scores of a row, `[n_scores]` in the first places, into probabilities `[n_classes]`.
pub(crate) fn probabilities(row: &mut [f64]) {
    if let [log_odds, other] = row {
        let second = sigmoid(*log_odds);
        (*log_odds, *other) = (1.0 - second, second);
        return;
    }
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for p in row {
        *p /= sum;
    }
}

fn sigmoid(x: f64) -> f64 {
    // Of the two forms the one whose exponential can't overflow.
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// First and second derivatives of the log-loss after one score, for each row, and how large they are.
#[derive(Debug, Default, Clone)]
pub(crate) struct Derivatives {
    pub(crate) gradients: Vec<f32>,
    pub(crate) hessians: Vec<f32>,
}

/// The training rows' classes and weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) classes: &'a [u8],
    pub(crate) weights: Option<&'a [f64]>,
    pub(crate) n_classes: usize,
}

impl Target<'_> {
    /// The derivatives at these scores, `[n_scores][n_rows]`, for each score. With more than two classes the second
    /// ones are K / (K − 1) times as large: the scores could all move together without changing anything.
    pub(crate) fn derivatives(&self, scores: &[Vec<f64>]) -> Vec<Derivatives> {
        let (n, k) = (self.classes.len(), scores.len());
        let mut out = vec![Derivatives { gradients: vec![0.0; n], hessians: vec![0.0; n] }; k];
        let blocks: Vec<Vec<(&mut [f32], &mut [f32])>> = {
            let mut blocks: Vec<Vec<(&mut [f32], &mut [f32])>> = Vec::new();
            blocks.resize_with(n.div_ceil(BLOCK), Vec::new);
            for derivatives in &mut out {
                let parts =
                    derivatives.gradients.chunks_mut(BLOCK).zip(derivatives.hessians.chunks_mut(BLOCK));
                blocks.iter_mut().zip(parts).for_each(|(block, part)| block.push(part));
            }
            blocks
        };
        blocks.into_par_iter().enumerate().for_each(|(block, mut parts)| {
            let first = block * BLOCK;
            let mut row_scores = vec![0.0; self.n_classes];
            for position in 0..parts[0].0.len() {
                let row = first + position;
                let (class, weight) = (usize::from(self.classes[row]), self.weights.map_or(1.0, |w| w[row]));
                if let [(gradients, hessians)] = parts.as_mut_slice() {
                    let p = sigmoid(scores[0][row]);
                    gradients[position] = (weight * (p - class as f64)) as f32;
                    hessians[position] = (weight * p * (1.0 - p)) as f32;
                    continue;
                }
                row_scores.iter_mut().zip(scores).for_each(|(score, scores)| *score = scores[row]);
                probabilities(&mut row_scores);
                let factor = weight * k as f64 / (k as f64 - 1.0).max(1.0);
                for (score, (gradients, hessians)) in parts.iter_mut().enumerate() {
                    let p = row_scores[score];
                    let truth = if score == class { 1.0 } else { 0.0 };
                    gradients[position] = (weight * (p - truth)) as f32;
                    hessians[position] = (factor * p * (1.0 - p)) as f32;
                }
            }
        });
        out
    }
}

/// Mean of −ln p(class) in nats, of scores `[n_rows, n_scores]` row after row.
pub(crate) fn log_loss(scores: &[f64], classes: &[u8], n_classes: usize) -> f64 {
    let width = n_scores(n_classes);
    let mut row = vec![0.0; n_classes];
    let mut sum = 0.0;
    for (scores, &class) in scores.chunks_exact(width).zip(classes) {
        row[..width].copy_from_slice(scores);
        probabilities(&mut row);
        sum -= row[usize::from(class)].max(f64::MIN_POSITIVE).ln();
    }
    sum / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_scores_and_scores_probabilities() {
        let mut row = [scores_of_shares(&[1.0, 3.0])[0], f64::NAN];
        probabilities(&mut row);
        assert!((row[0] - 0.25).abs() < 1e-12 && (row[1] - 0.75).abs() < 1e-12);
        let mut row = scores_of_shares(&[1.0, 2.0, 1.0]);
        probabilities(&mut row);
        assert!((row[1] - 0.5).abs() < 1e-12 && (row[0] - 0.25).abs() < 1e-12);
        let mut one = scores_of_shares(&[5.0]);
        probabilities(&mut one);
        assert_eq!(one, [1.0]);
        for extreme in [-1e4, 1e4] {
            let mut row = [extreme, 0.0];
            probabilities(&mut row);
            assert!(row.iter().all(|p| (0.0..=1.0).contains(p)), "{row:?}");
        }
    }

    /// By differences of the loss.
    #[test]
    fn derivatives_are_those_of_the_log_loss() {
        for n_classes in [2, 3, 4] {
            let width = n_scores(n_classes);
            let scores: Vec<f64> = (0..width).map(|k| 0.7 * k as f64 - 0.4).collect();
            for class in 0..n_classes as u8 {
                let target = Target { classes: &[class], weights: Some(&[2.0]), n_classes };
                let columns: Vec<Vec<f64>> = scores.iter().map(|score| vec![*score]).collect();
                for (k, derivatives) in target.derivatives(&columns).iter().enumerate() {
                    let at = |step: f64| {
                        let mut moved = scores.clone();
                        moved[k] += step;
                        2.0 * log_loss(&moved, &[class], n_classes)
                    };
                    let first = (at(1e-5) - at(-1e-5)) / 2e-5;
                    let second = (at(1e-3) - 2.0 * at(0.0) + at(-1e-3)) / 1e-6;
                    let factor =
                        if n_classes == 2 { 1.0 } else { n_classes as f64 / (n_classes as f64 - 1.0) };
                    assert!((f64::from(derivatives.gradients[0]) - first).abs() < 1e-6);
                    assert!((f64::from(derivatives.hessians[0]) - factor * second).abs() < 1e-5);
                }
            }
        }
    }
}
