//! From made-up series to what a step of training sees: token inputs, the patches that follow, and how much each counts.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::generators::{series, stream, to_judge_by, to_learn_from};
use crate::config::TirexConfig;

/// Longest run of patches that are hidden together, and the largest share of them.
const HIDDEN_TOGETHER: usize = 8;
const HIDDEN_SHARE: f64 = 0.3;
/// Chance that the newest patches are hidden, as when a horizon is longer than a patch; and how many at most.
const END_HIDDEN: f64 = 0.5;
const END_PATCHES: usize = 8;
/// Chance that a series is shorter than the context.
const SHORT: f64 = 0.5;
/// Chance that single points are missing.
const HOLES: f64 = 0.15;
/// What a token before the cut counts: its own patch helped to scale it.
const BEFORE_CUT: f32 = 0.25;
/// Targets farther off than this many scales are cut.
const FARTHEST: f32 = 20.0;
/// Where the streams of masks begin, so that they are not those of the series.
const MASKS: u64 = 1 << 62;

/// The samples of a step, by token and then by series.
#[derive(Debug)]
pub(super) struct Batch {
    /// `[tokens * batch, 2 * patch]`.
    pub(super) inputs: Vec<f32>,
    /// `[tokens * batch, patch]`: the next patch, in scaled units.
    pub(super) targets: Vec<f32>,
    /// What each target counts; 0 where nothing is known.
    pub(super) weights: Vec<f32>,
}

struct Sample {
    inputs: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
}

/// The samples of a step; those held out for validation are left out.
pub(super) fn batch(config: &TirexConfig, seed: u64, step: u64, size: usize) -> Batch {
    let first = step * size as u64;
    together(config, seed, (first..first + size as u64).map(to_learn_from).collect())
}

/// Samples for validation.
pub(super) fn held_out(config: &TirexConfig, seed: u64, size: usize) -> Batch {
    together(config, seed, (0..size as u64).map(to_judge_by).collect())
}

fn together(config: &TirexConfig, seed: u64, indices: Vec<u64>) -> Batch {
    let size = indices.len();
    let samples: Vec<Sample> = indices.into_par_iter().map(|index| sample(config, seed, index)).collect();
    let (tokens, patch) = (config.tokens(), config.patch);
    let gather = |part: &dyn Fn(&Sample) -> &[f32], width: usize| {
        let mut all = Vec::with_capacity(tokens * size * width);
        for token in 0..tokens {
            for sample in &samples {
                all.extend_from_slice(&part(sample)[token * width..][..width]);
            }
        }
        all
    };
    Batch {
        inputs: gather(&|sample| &sample.inputs, 2 * patch),
        targets: gather(&|sample| &sample.targets, patch),
        weights: gather(&|sample| &sample.weights, patch),
    }
}

fn sample(config: &TirexConfig, seed: u64, index: u64) -> Sample {
    let (tokens, patch) = (config.tokens(), config.patch);
    let mut values = series(seed, index, (tokens + 1) * patch).values;
    let mut stream = stream(seed, MASKS + index);
    if stream.random_bool(HOLES) {
        let share = stream.random_range(0.01..0.15);
        for value in &mut values {
            if stream.random_bool(share) {
                *value = f32::NAN;
            }
        }
    }
    let start = if stream.random_bool(SHORT) { stream.random_range(0..tokens) } else { 0 };
    let cut = stream.random_range(start + 1..=tokens);
    let (loc, scale) = scale(&values[start * patch..cut * patch]);
    let hidden = hidden(&mut stream, tokens);
    let mut made = Sample {
        inputs: vec![0.0; tokens * 2 * patch],
        targets: vec![0.0; tokens * patch],
        weights: vec![0.0; tokens * patch],
    };
    for token in start..tokens {
        let (own, next) = values[token * patch..(token + 2) * patch].split_at(patch);
        let (scaled, seen) = made.inputs[token * 2 * patch..][..2 * patch].split_at_mut(patch);
        for ((value, scaled), seen) in own.iter().zip(scaled).zip(seen) {
            if !value.is_nan() && !hidden[token] {
                (*scaled, *seen) = (((value - loc) / scale).clamp(-1e3, 1e3), 1.0);
            }
        }
        let targets = made.targets[token * patch..][..patch].iter_mut();
        for ((value, target), weight) in next.iter().zip(targets).zip(&mut made.weights[token * patch..]) {
            if !value.is_nan() {
                *target = ((value - loc) / scale).clamp(-FARTHEST, FARTHEST);
                *weight = if token + 1 >= cut { 1.0 } else { BEFORE_CUT };
            }
        }
    }
    made
}

/// Which tokens see nothing.
fn hidden(stream: &mut ChaCha8Rng, tokens: usize) -> Vec<bool> {
    let together = stream.random_range(1..=HIDDEN_TOGETHER);
    let share = stream.random_range(0.0..HIDDEN_SHARE);
    let mut hidden = Vec::with_capacity(tokens + together);
    while hidden.len() < tokens {
        let is_hidden = stream.random_bool(share);
        hidden.extend(std::iter::repeat_n(is_hidden, together));
    }
    hidden.truncate(tokens);
    if stream.random_bool(END_HIDDEN) {
        let last = stream.random_range(1..=END_PATCHES.min(tokens));
        hidden[tokens - last..].fill(true);
    }
    hidden
}

/// Mean and deviation of what is observed.
fn scale(values: &[f32]) -> (f32, f32) {
    let found = crate::series::Scale::of(values);
    (found.loc, found.scale)
}

#[cfg(test)]
mod tests {
    use super::super::generators::is_held_out;
    use super::*;

    fn config() -> TirexConfig {
        TirexConfig { patch: 4, context: 48, ..TirexConfig::released_35m() }
    }

    #[test]
    fn targets_are_the_patches_that_follow() {
        let config = config();
        let (mut compared, mut unseen) = (0, 0);
        for index in 0..100 {
            let made = sample(&config, 3, index);
            for token in 0..config.tokens() - 1 {
                let next = &made.inputs[(token + 1) * 8..][..8];
                for at in 0..4 {
                    let weight = made.weights[token * 4 + at];
                    if next[4 + at] == 0.0 {
                        unseen += 1;
                    } else if weight > 0.0 {
                        let clipped = next[at].clamp(-FARTHEST, FARTHEST);
                        assert!((made.targets[token * 4 + at] - clipped).abs() < 1e-6);
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 500 && unseen > 500, "{compared} {unseen}");
    }

    #[test]
    fn steps_hold_other_samples_and_none_held_out() {
        let config = config();
        let (one, two) = (batch(&config, 3, 0, 60), batch(&config, 3, 1, 60));
        assert_ne!(one.inputs, two.inputs);
        assert_eq!(one.inputs, batch(&config, 3, 0, 60).inputs);
        assert_eq!(one.inputs.len(), 12 * 60 * 8);
        let learnt: Vec<u64> = (0..98).map(to_learn_from).collect();
        let judged: Vec<u64> = (0..2).map(to_judge_by).collect();
        assert!(
            learnt.iter().all(|index| !is_held_out(*index)) && judged.iter().all(|index| is_held_out(*index))
        );
        let mut all = [learnt, judged].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }
}
