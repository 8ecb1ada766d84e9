//! Straight lines through the values, and through means and variances of chunks.

use super::feature::TsfreshFeature;
use super::summary::{Summary, mean, variance};

const CHUNK: usize = 10;
/// Variation below this share of the mean square is rounding.
const ROUNDING: f64 = 1e-26;

pub(super) const FEATURES: [TsfreshFeature; 8] = [
    TsfreshFeature::new(
        "linear_trend__attr_\"slope\"",
        "slope b of the least-squares line a + b t",
        "x/bar",
        "ℝ",
    ),
    TsfreshFeature::new("linear_trend__attr_\"intercept\"", "a", "x", "ℝ"),
    TsfreshFeature::new(
        "linear_trend__attr_\"rvalue\"",
        "correlation of x and t; 0 when constant",
        "1",
        "[−1, 1]",
    ),
    TsfreshFeature::new(
        "linear_trend__attr_\"stderr\"",
        "standard error of b: √((1 − r²) σ² / (σₜ² (n − 2)))",
        "x/bar",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "agg_linear_trend__attr_\"slope\"__chunk_len_10__f_agg_\"mean\"",
        "slope over the means of chunks of 10 values, the last may be shorter",
        "x/chunk",
        "ℝ",
    ),
    TsfreshFeature::new(
        "agg_linear_trend__attr_\"rvalue\"__chunk_len_10__f_agg_\"mean\"",
        "correlation of the chunks' means with their number; 0 when they are equal",
        "1",
        "[−1, 1]",
    ),
    TsfreshFeature::new(
        "agg_linear_trend__attr_\"slope\"__chunk_len_10__f_agg_\"var\"",
        "slope over the population variances of chunks of 10 values",
        "x²/chunk",
        "ℝ",
    ),
    TsfreshFeature::new(
        "agg_linear_trend__attr_\"rvalue\"__chunk_len_10__f_agg_\"var\"",
        "correlation of the chunks' variances with their number; 0 when they are equal",
        "1",
        "[−1, 1]",
    ),
];

/// A least-squares line over t = 0, 1, 2 …
struct Line {
    slope: f64,
    intercept: f64,
    correlation: f64,
    slope_error: f64,
}

/// Room for the chunks.
#[derive(Debug, Clone)]
pub(super) struct Trend {
    chunks: Vec<f64>,
}

impl Trend {
    pub(super) fn new(window: usize) -> Self {
        Self { chunks: Vec::with_capacity(window.div_ceil(CHUNK)) }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let line = line_through(window.values);
        out[..4].copy_from_slice(&[line.slope, line.intercept, line.correlation, line.slope_error]);
        for (slots, aggregate) in out[4..].chunks_exact_mut(2).zip([mean, variance]) {
            self.chunks.clear();
            self.chunks.extend(window.values.chunks(CHUNK).map(aggregate));
            let line = line_through(&self.chunks);
            slots.copy_from_slice(&[line.slope, line.correlation]);
        }
    }
}

fn line_through(values: &[f64]) -> Line {
    let n = values.len() as f64;
    let (middle, centre) = ((n - 1.0) / 2.0, mean(values));
    let (mut together, mut squares, mut sizes) = (0.0, 0.0, 0.0);
    for (t, value) in values.iter().enumerate() {
        let deviation = value - centre;
        together += (t as f64 - middle) * deviation;
        squares += deviation * deviation;
        sizes += value * value;
    }
    let times = n * (n * n - 1.0) / 12.0;
    let slope = together / times;
    let intercept = centre - slope * middle;
    if squares <= ROUNDING * sizes {
        return Line { slope, intercept, correlation: 0.0, slope_error: 0.0 };
    }
    let correlation = (together / (times.sqrt() * squares.sqrt())).clamp(-1.0, 1.0);
    let unexplained = (1.0 - correlation) * (1.0 + correlation);
    let slope_error = (unexplained * squares / (times * (n - 2.0))).sqrt();
    Line { slope, intercept, correlation, slope_error }
}
