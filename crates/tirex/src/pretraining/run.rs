//! Learning to forecast from made-up series.

use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::generators::{gaussian_process::normal, stream};
use super::sample::{Batch, batch, held_out};
use crate::config::TirexConfig;
use crate::error::TirexError;
use crate::training::network::Network;
use crate::training::optimiser::Optimiser;
use crate::weights::names;

/// Where the stream of initial weights begins, so that it is not that of a series.
const WEIGHTS: u64 = 1 << 63;
/// How often in a run held-out series are asked about, and how many.
const JUDGED: u64 = 20;
const HELD_OUT: usize = 128;
/// The learning rate that the schedule ends with.
const LAST_RATE: f64 = 1e-5;

/// How a model is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pretraining {
    /// Sizes of the model.
    pub model: TirexConfig,
    /// Seed of weights, series and masks.
    pub seed: u64,
    /// Steps.
    pub steps: u64,
    /// Series of a step.
    pub batch: usize,
    /// Learning rate at the end of the warm-up.
    pub learning_rate: f64,
    /// Share of the steps over which it rises.
    pub warmup_share: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Largest norm of the derivative.
    pub gradient_clip_norm: f64,
    /// Share of the average of weights that a step leaves.
    pub average: f64,
}

/// How training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Steps done.
    pub step: u64,
    /// Pinball loss of the step.
    pub loss: f64,
    /// That of the averaged weights on held-out series, twenty times in a run.
    pub validation: Option<f64>,
}

impl Pretraining {
    /// The small model and a schedule of so many steps.
    pub fn small(steps: u64) -> Self {
        let model = TirexConfig {
            patch: 16,
            quantiles: (1..10).map(|tenth| f64::from(tenth) / 10.0).collect(),
            width: 128,
            blocks: 6,
            heads: 4,
            feed_forward: 384,
            patch_hidden: 256,
            context: 768,
        };
        Self {
            model,
            seed: 7,
            steps,
            batch: 64,
            learning_rate: 2e-3,
            warmup_share: 0.02,
            weight_decay: 0.05,
            gradient_clip_norm: 1.0,
            average: 0.999,
        }
    }

    /// Weights of the model.
    pub fn n_weights(&self) -> usize {
        self.network().parameters.count()
    }

    /// Trains, and returns the averaged weights as a safetensors file.
    ///
    /// # Errors
    ///
    /// When the sizes make no model, or the loss stops being finite.
    pub fn run(&self, heard: &mut dyn FnMut(Standing)) -> Result<Vec<u8>, TirexError> {
        self.model.validate()?;
        let mut network = self.network();
        let mut optimiser =
            Optimiser::new(&mut network.parameters, self.weight_decay, self.gradient_clip_norm, self.average);
        for step in 0..self.steps {
            let batch = batch(&self.model, self.seed, step, self.batch);
            let loss = self.learn(&mut network, batch);
            let norm = optimiser.step(&mut network.parameters, self.rate(step));
            if !loss.is_finite() || !norm.is_finite() {
                return Err(TirexError::Diverged { step: step + 1, learning_rate: self.learning_rate });
            }
            let judged = (step + 1).is_multiple_of((self.steps / JUDGED).max(1));
            let validation = judged.then(|| {
                let parameters = optimiser.averaged(&network.parameters);
                let own = std::mem::replace(&mut network.parameters, parameters);
                let loss = self.validate(&network);
                network.parameters = own;
                loss
            });
            heard(Standing { step: step + 1, loss, validation });
        }
        let averaged = optimiser.averaged(&network.parameters);
        averaged.to_safetensors(Some(&self.sizes()))
    }

    /// Pinball loss on held-out series.
    fn validate(&self, network: &Network) -> f64 {
        let Batch { inputs, targets, weights } = held_out(&self.model, self.seed, HELD_OUT);
        let (out, _) = network.forward(inputs, HELD_OUT);
        pinball(&self.model, &out, &targets, &weights).0
    }

    fn learn(&self, network: &mut Network, batch: Batch) -> f64 {
        let (out, trace) = network.forward(batch.inputs, self.batch);
        let (loss, gradient) = pinball(&self.model, &out, &batch.targets, &batch.weights);
        network.backward(trace, &gradient);
        loss
    }

    /// Linear warm-up, then a half cosine.
    fn rate(&self, step: u64) -> f64 {
        let warmup = (self.warmup_share * self.steps as f64).max(1.0);
        if (step as f64) < warmup {
            return self.learning_rate * (step + 1) as f64 / warmup;
        }
        let done = (step as f64 - warmup) / (self.steps as f64 - warmup).max(1.0);
        LAST_RATE + 0.5 * (self.learning_rate - LAST_RATE) * (1.0 + (std::f64::consts::PI * done).cos())
    }

    fn network(&self) -> Network {
        let mut random = stream(self.seed, WEIGHTS);
        let (d, blocks) = (self.model.head_width(), self.model.blocks as f64);
        let mut initialise = |name: &str, shape: &[usize]| -> Vec<f32> {
            let length = shape.iter().product();
            let part = name.rsplit('.').next().unwrap_or(name);
            if part == names::RECURRENT || part == "bias" || name.contains("group_norm") {
                return vec![0.0; length];
            }
            if part == names::CELL_BIAS {
                // Heads remember for different whiles; inputs begin nearly shut.
                let bias = |at: usize| match at / d % 4 {
                    0 => random.random_range(-1.0..0.0),
                    1 => 2.0 + 4.0 * (at % d) as f32 / d as f32,
                    _ => 0.0,
                };
                return (0..length).map(bias).collect();
            }
            if shape.len() == 1 {
                return vec![1.0; length];
            }
            let fan_in = shape[shape.len() - 1] as f64;
            let is_last = name.contains("proj_down") || name.ends_with("output_layer.weight");
            let size = if is_last { 1.0 / (2.0 * blocks).sqrt() } else { 1.0 } / fan_in.sqrt();
            (0..length).map(|_| (size * normal(&mut random)) as f32).collect()
        };
        Network::new(&self.model, &mut initialise)
    }

    /// The model's sizes, as checkpoints write them.
    fn sizes(&self) -> String {
        let model = &self.model;
        serde_json::json!({
            "model_config": {
                "input_patch_size": model.patch,
                "output_patch_size": model.patch,
                "quantiles": model.quantiles,
                "input_ff_dim": model.patch_hidden,
                "block_kwargs": {
                    "all_slstm": true,
                    "embedding_dim": model.width,
                    "num_blocks": model.blocks,
                    "num_heads": model.heads,
                    "ffn_proj_factor": (model.feed_forward as f64 - 0.5) / model.width as f64,
                },
            },
            "train_ctx_len": model.context,
        })
        .to_string()
    }
}

/// Mean pinball loss of quantiles `[rows, quantiles * patch]` against targets `[rows, patch]`, and its derivative.
fn pinball(config: &TirexConfig, out: &[f32], targets: &[f32], weights: &[f32]) -> (f64, Vec<f32>) {
    let (patch, levels) = (config.patch, &config.quantiles);
    let total = weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() * levels.len() as f64;
    let per = if total > 0.0 { 1.0 / total } else { 0.0 };
    let mut gradient = vec![0.0; out.len()];
    let mut loss = 0.0;
    let rows = out.chunks(config.outputs()).zip(gradient.chunks_mut(config.outputs()));
    for ((out, gradient), (targets, weights)) in rows.zip(targets.chunks(patch).zip(weights.chunks(patch))) {
        for ((out, gradient), level) in out.chunks(patch).zip(gradient.chunks_mut(patch)).zip(levels) {
            for (((out, by), target), weight) in out.iter().zip(gradient).zip(targets).zip(weights) {
                let error = f64::from(target - out);
                let slope = if error > 0.0 { *level } else { *level - 1.0 };
                loss += f64::from(*weight) * slope * error;
                *by = (-slope * f64::from(*weight) * per) as f32;
            }
        }
    }
    (loss * per, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tirex;

    fn tiny(steps: u64) -> Pretraining {
        let model = TirexConfig {
            patch: 8,
            quantiles: vec![0.1, 0.5, 0.9],
            width: 16,
            blocks: 2,
            heads: 2,
            feed_forward: 64,
            patch_hidden: 32,
            context: 64,
        };
        Pretraining { model, batch: 32, ..Pretraining::small(steps) }
    }

    #[test]
    fn learns_and_its_file_is_a_model() {
        let pretraining = tiny(60);
        let mut losses = Vec::new();
        let file = pretraining.run(&mut |standing| losses.push(standing.loss)).unwrap();
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
        assert!(mean(&losses[50..]) < 0.8 * mean(&losses[..5]), "{losses:?}");
        let start = pretraining.validate(&pretraining.network());
        assert!((mean(&losses[..3]) - start).abs() < 0.5 * start);

        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &file).unwrap();
        let model = Tirex::open(path.path()).unwrap();
        assert_eq!(*model.config(), pretraining.model);
        assert_eq!(file, pretraining.run(&mut |_| ()).unwrap(), "the same seed makes the same file");
        let on_one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(file, on_one.install(|| pretraining.run(&mut |_| ()).unwrap()), "on one thread as well");
    }

    #[test]
    fn the_pinball_loss_is_least_at_the_quantile() {
        let config = TirexConfig { patch: 1, quantiles: vec![0.2, 0.8], ..TirexConfig::released_35m() };
        let (loss, gradient) = pinball(&config, &[1.0, 1.0], &[2.0], &[1.0]);
        assert!((loss - 0.5).abs() < 1e-9);
        assert!((gradient[0] + 0.1).abs() < 1e-6 && (gradient[1] + 0.4).abs() < 1e-6);
        let (loss, gradient) = pinball(&config, &[1.0, 1.0], &[0.0], &[0.0]);
        assert!(loss == 0.0 && gradient.iter().all(|by| *by == 0.0));
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let small = Pretraining::small(100);
        let rates: Vec<f64> = (0..100).map(|step| small.rate(step)).collect();
        assert!((rates[1] - 2e-3).abs() < 1e-9 && rates[99] < 2e-5);
        assert!(rates[2..].is_sorted_by(|one, next| one >= next));
        assert_eq!(small.n_weights(), 1_221_024);
    }
}
