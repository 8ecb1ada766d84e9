//! One vector from the stream of a window's tokens.

use kernels::Instructions;
use rayon::prelude::*;

use super::windows::Windows;
use crate::backbone::Pass;
use crate::config::TirexConfig;
use crate::model::Tirex;
use crate::series::{Scale, tokens};

/// Rows (tokens × series) of one pass.
const ROWS_PER_PASS: usize = 512;
/// Numbers about a variate beside its stream, all of which the model takes out: the logarithms of its deviation and of
/// that of its steps; its mean and its newest value, where they say something.
const STATISTICS: usize = 4;
/// Least deviation whose logarithm is taken.
const LEAST: f64 = 1e-9;

/// Length of the vector of a window.
pub fn pooled_width(config: &TirexConfig, n_variates: usize) -> usize {
    n_variates * width_of_variate(config.width)
}

fn width_of_variate(width: usize) -> usize {
    2 * width + STATISTICS
}

impl Tirex {
    /// How vectors come about, where not by the weights: two programs that say the same here make the same vectors.
    pub fn pooling_recipe() -> String {
        format!("mean and newest of the last block, revision 2, {}", Instructions::best().name())
    }

    /// The vectors of windows, `[windows, pooled_width]`: for each variate the stream behind the last block, its mean over
    /// the tokens and that of the newest token, then the logarithms of the variate's deviation and of that of its steps,
    /// and its mean and newest value, or 0 where it has no level.
    pub fn pooled(&self, windows: &Windows<'_>) -> Vec<f32> {
        let per_pass = (ROWS_PER_PASS / (self.n_tokens(windows) * windows.n_variates())).max(1);
        let places: Vec<usize> = (0..windows.len()).collect();
        let of_pass = |places: &[usize]| {
            let inputs = Inputs::of(self.config(), windows, places, self.n_tokens(windows));
            let pads = self.config().tokens() - inputs.tokens;
            let pass = Pass { inputs: &inputs.values, batch: inputs.batch, pads };
            let stream = self.backbone.run(&pass, &mut |_, _| ());
            pool(&stream, self.config().width, inputs.tokens, &inputs)
        };
        places.par_chunks(per_pass).flat_map_iter(of_pass).collect()
    }

    /// Tokens that hold the values of a window.
    pub(super) fn n_tokens(&self, windows: &Windows<'_>) -> usize {
        windows.length().div_ceil(self.config().patch).min(self.config().tokens())
    }
}

/// What a pass over some windows begins with.
pub(super) struct Inputs {
    /// `[tokens * batch, 2 * patch]`.
    pub(super) values: Vec<f32>,
    pub(super) tokens: usize,
    /// Windows × variates.
    pub(super) batch: usize,
    /// `[batch, STATISTICS]`.
    statistics: Vec<f32>,
}

impl Inputs {
    /// `n_tokens` of each window; those before its values are missing.
    pub(super) fn of(config: &TirexConfig, windows: &Windows<'_>, places: &[usize], n_tokens: usize) -> Self {
        let row = 2 * config.patch;
        let batch = places.len() * windows.n_variates();
        let mut values = vec![0.0; n_tokens * batch * row];
        let mut statistics = Vec::with_capacity(batch * STATISTICS);
        let series = places.iter().flat_map(|place| windows.at(*place).zip(windows.levels()));
        for (member, (series, has_level)) in series.enumerate() {
            let found = tokens(config, series, 0);
            let before = n_tokens - found.inputs.len() / row;
            for (token, inputs) in found.inputs.chunks(row).enumerate() {
                values[((before + token) * batch + member) * row..][..row].copy_from_slice(inputs);
            }
            let steps: Vec<f32> = series.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let logarithm = |scale: f32| f64::from(scale).max(LEAST).ln() as f32;
            statistics.push(logarithm(found.scale.scale));
            statistics.push(logarithm(Scale::of(&steps).scale));
            let newest = series.iter().rev().copied().find(|value| !value.is_nan()).unwrap_or(0.0);
            statistics.extend(if has_level { [found.scale.loc, newest] } else { [0.0; 2] });
        }
        Self { values, tokens: n_tokens, batch, statistics }
    }
}

/// The vectors, from the stream of all tokens, of which the last `own` hold values.
pub(super) fn pool(stream: &[f32], width: usize, own: usize, inputs: &Inputs) -> Vec<f32> {
    let batch = inputs.batch;
    let part = width_of_variate(width);
    let mut pooled = vec![0.0; batch * part];
    let first = stream.len() / width - own * batch;
    for (row, values) in stream.chunks(width).enumerate().skip(first) {
        let out = &mut pooled[row % batch * part..][..part];
        for (mean, value) in out.iter_mut().zip(values) {
            *mean += value / own as f32;
        }
        // The newest token is the last to be written.
        out[width..2 * width].copy_from_slice(values);
    }
    for (out, statistics) in pooled.chunks_mut(part).zip(inputs.statistics.chunks(STATISTICS)) {
        out[2 * width..].copy_from_slice(statistics);
    }
    pooled
}

/// The derivative by the stream, from that by the vectors.
pub(super) fn pool_back(by_pooled: &[f32], width: usize, own: usize, tokens: usize) -> Vec<f32> {
    let part = width_of_variate(width);
    let batch = by_pooled.len() / part;
    let mut by_stream = vec![0.0; tokens * batch * width];
    let first = (tokens - own) * batch;
    let last = (tokens - 1) * batch;
    for (row, by_values) in by_stream.chunks_mut(width).enumerate().skip(first) {
        let by = &by_pooled[row % batch * part..][..part];
        for (place, by_value) in by_values.iter_mut().enumerate() {
            *by_value = by[place] / own as f32 + if row >= last { by[width + place] } else { 0.0 };
        }
    }
    by_stream
}
