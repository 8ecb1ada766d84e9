//! How far the steps of a window's path in two dimensions are from exponentially distributed.

use super::standard_scores::{mean, standard_deviation};

/// Room for the path's steps.
#[derive(Clone)]
pub(super) struct Embedding {
    steps: Vec<f64>,
    counts: Vec<u32>,
}

impl Embedding {
    pub(super) fn new(window: usize) -> Self {
        Self { steps: Vec::with_capacity(window), counts: Vec::with_capacity(window) }
    }

    /// `embedding_dist`: the points (x\[t\], x\[t+τ\]) with τ = `timescale`, at most a tenth of the
    /// window, form a path. Of the lengths d of its steps a histogram is made, with
    /// `⌈range / (3.5·s·n^(−1/3))⌉` bins (Scott). The feature is the mean over its bins of the
    /// distance between the share of steps in the bin and the density `exp(−d/mean)/mean` at its
    /// centre. 0 where the steps are as good as equal (standard deviation below 0.001).
    pub(super) fn distance_from_exponential(&mut self, scores: &[f64], timescale: usize) -> f64 {
        let lag = timescale.min(scores.len() / 10);
        let heads = scores.windows(2).map(|pair| pair[1] - pair[0]);
        let tails = scores[lag..].windows(2).map(|pair| pair[1] - pair[0]);
        self.steps.clear();
        self.steps.extend(heads.zip(tails).map(|(x, y)| (x * x + y * y).sqrt()));
        if self.steps.len() < 2 {
            return 0.0;
        }
        let mean = mean(&self.steps);
        let deviation = standard_deviation(&self.steps, mean);
        if deviation < 0.001 {
            return 0.0;
        }
        let (lowest, highest) = self
            .steps
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &step| (low.min(step), high.max(step)));
        let n_steps = self.steps.len() as f64;
        let n_bins = ((highest - lowest) / (3.5 * deviation / n_steps.cbrt())).ceil();
        let width = (highest - lowest) / n_bins;
        let last = n_bins as usize - 1;
        self.counts.clear();
        self.counts.resize(last + 1, 0);
        for step in &self.steps {
            self.counts[(((step - lowest) / width) as usize).min(last)] += 1;
        }
        let distance = |(bin, &count): (usize, &u32)| {
            let centre = lowest + width * (bin as f64 + 0.5);
            (f64::from(count) / n_steps - (-centre / mean).exp() / mean).abs()
        };
        self.counts.iter().enumerate().map(distance).sum::<f64>() / n_bins
    }
}
