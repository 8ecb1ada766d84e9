//! Quantiles of what comes next.

use crate::backbone::{Backbone, Pass};
use crate::error::TirexError;
use crate::series::{Scale, check, tokens};

/// Rows (tokens × series) of one pass: more do not make products faster.
const ROWS_PER_PASS: usize = 512;

/// How a forecast is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForecastOptions {
    /// Patches that one pass forecasts. With 1, as the reference does it, every patch is a pass of its own over a
    /// context that ends in missing values; with more, missing tokens follow the context and their outputs are
    /// read together: faster, and slightly different.
    pub patches_per_pass: usize,
    /// Put the quantiles of each step in order; the model's own may cross.
    pub sorted: bool,
}

impl Default for ForecastOptions {
    fn default() -> Self {
        Self { patches_per_pass: 1, sorted: false }
    }
}

/// The forecasts of one series, `[horizon, quantiles]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Steps ahead.
    pub horizon: usize,
    /// The levels of the columns.
    pub levels: Vec<f64>,
    /// `[horizon, levels]`.
    pub values: Vec<f32>,
}

impl Forecast {
    /// Quantiles of a step, from 0.
    pub fn step(&self, step: usize) -> &[f32] {
        &self.values[step * self.levels.len()..][..self.levels.len()]
    }
}

/// A series of a pass.
struct Member {
    /// Its place among all.
    index: usize,
    scale: Scale,
    /// Inputs of its tokens.
    inputs: Vec<f32>,
}

/// Forecasts of every series.
pub(crate) fn forecast(
    backbone: &Backbone,
    series: &[&[f32]],
    horizon: usize,
    options: ForecastOptions,
) -> Result<Vec<Forecast>, TirexError> {
    let config = &backbone.config;
    if !(1..=config.context).contains(&horizon) {
        return Err(TirexError::Horizon { horizon, longest: config.context });
    }
    for series in series {
        check(series)?;
    }
    let (patch, n_levels) = (config.patch, config.quantiles.len());
    let patches = horizon.div_ceil(patch);
    let mut values = vec![Vec::with_capacity(patches * patch * n_levels); series.len()];
    let mut done = 0;
    while done < patches {
        let ahead = (patches - done).min(options.patches_per_pass.max(1)).min(config.tokens());
        // Series with as many tokens go together.
        let mut groups: Vec<(usize, Vec<Member>)> = Vec::new();
        for (index, series) in series.iter().enumerate() {
            let tokens = tokens(config, series, done * patch);
            let n_tokens = tokens.inputs.len() / (2 * patch);
            let member = Member { index, scale: tokens.scale, inputs: tokens.inputs };
            match groups.iter_mut().find(|(n, _)| *n == n_tokens) {
                Some((_, members)) => members.push(member),
                None => groups.push((n_tokens, vec![member])),
            }
        }
        for (n_tokens, members) in &groups {
            for members in members.chunks((ROWS_PER_PASS / (n_tokens + ahead - 1)).max(1)) {
                one_pass(backbone, *n_tokens, members, ahead, &mut values);
            }
        }
        done += ahead;
    }
    let finish = |mut values: Vec<f32>| {
        values.truncate(horizon * n_levels);
        if options.sorted {
            values.chunks_mut(n_levels).for_each(|step| step.sort_by(f32::total_cmp));
        }
        Forecast { horizon, levels: config.quantiles.clone(), values }
    };
    Ok(values.into_iter().map(finish).collect())
}

/// Appends `ahead` patches to the values of each member.
fn one_pass(backbone: &Backbone, n_tokens: usize, members: &[Member], ahead: usize, values: &mut [Vec<f32>]) {
    let config = &backbone.config;
    let (batch, patch, width, n_levels) = (members.len(), config.patch, config.width, config.quantiles.len());
    // By token and then by series; tokens behind the context are missing, so zero.
    let mut inputs = vec![0.0; (n_tokens + ahead - 1) * batch * 2 * patch];
    for (place, member) in members.iter().enumerate() {
        for (token, values) in member.inputs.chunks(2 * patch).enumerate() {
            inputs[(token * batch + place) * 2 * patch..][..2 * patch].copy_from_slice(values);
        }
    }
    let pads = config.tokens() - n_tokens;
    let stream = backbone.run(&Pass { inputs: &inputs, batch, pads }, &mut |_, _| ());
    let outputs = backbone.read(&stream[(n_tokens - 1) * batch * width..]);
    for (row, output) in outputs.chunks(config.outputs()).enumerate() {
        let Member { index, scale, .. } = &members[row % batch];
        for step in 0..patch {
            for level in 0..n_levels {
                values[*index].push(output[level * patch + step] * scale.scale + scale.loc);
            }
        }
    }
}
