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

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`TirexError::Config`] names the first that trains nothing.
    pub fn validate(&self) -> Result<(), TirexError> {
        self.model.validate()?;
        let refuse = |field, reason: String| Err(TirexError::Config { field, reason });
        // The header of the file says the width by a factor, from which readers round up.
        if !self.model.feed_forward.is_multiple_of(64) {
            return refuse(
                "feed_forward",
                format!("must be a multiple of 64, not {}", self.model.feed_forward),
            );
        }
        if !(1..=100_000_000).contains(&self.steps) {
            return refuse("steps", format!("must be from 1 to 100000000, not {}", self.steps));
        }
        if !(1..=65_536).contains(&self.batch) {
            return refuse("batch", format!("must be from 1 to 65536, not {}", self.batch));
        }
        for (field, value, least, most) in [
            ("learning_rate", self.learning_rate, f64::MIN_POSITIVE, 1.0),
            ("warmup_share", self.warmup_share, 0.0, 0.9),
            ("weight_decay", self.weight_decay, 0.0, 100.0),
            ("gradient_clip_norm", self.gradient_clip_norm, f64::MIN_POSITIVE, 1e9),
            ("average", self.average, 0.0, 0.999_999),
        ] {
            if !(least..=most).contains(&value) {
                return refuse(field, format!("must be from {least} to {most}, not {value}"));
            }
        }
        Ok(())
    }

    /// Pinball loss on held-out series.
    fn judge(&self, network: &Network) -> f64 {
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

/// A model being made, step after step.
#[derive(Debug)]
pub struct PretrainingRun {
    recipe: Pretraining,
    network: Network,
    optimiser: Optimiser,
    step: u64,
}

impl PretrainingRun {
    /// Before the first step.
    ///
    /// # Errors
    ///
    /// When the recipe makes no model.
    pub fn start(recipe: &Pretraining) -> Result<Self, TirexError> {
        recipe.validate()?;
        let mut network = recipe.network();
        let optimiser = Optimiser::new(
            &mut network.parameters,
            recipe.weight_decay,
            recipe.gradient_clip_norm,
            recipe.average,
        );
        Ok(Self { recipe: recipe.clone(), network, optimiser, step: 0 })
    }

    /// Goes on from [`PretrainingRun::state`] of the same recipe; none when it is another's, or damaged.
    pub fn resume(recipe: &Pretraining, state: &[u8]) -> Option<Self> {
        let mut run = Self::start(recipe).ok()?;
        let numbers = run.numbers();
        let (step, rest) = state.split_first_chunk::<8>()?;
        let (steps, rest) = rest.split_first_chunk::<4>()?;
        let (words, left_over) = rest.as_chunks::<4>();
        run.step = u64::from_le_bytes(*step);
        if words.len() != numbers || !left_over.is_empty() || run.step > recipe.steps {
            return None;
        }
        let mut values = words.iter().copied().map(f32::from_le_bytes);
        run.optimiser.set_steps(i32::from_le_bytes(*steps));
        run.each(&mut |own| own.iter_mut().zip(&mut values).for_each(|(own, value)| *own = value));
        Some(run)
    }

    /// All that it takes to go on with the same result.
    pub fn state(&mut self) -> Vec<u8> {
        let mut bytes = self.step.to_le_bytes().to_vec();
        bytes.extend(self.optimiser.steps().to_le_bytes());
        self.each(&mut |own| bytes.extend(own.iter().copied().flat_map(f32::to_le_bytes)));
        bytes
    }

    fn each(&mut self, take: &mut dyn FnMut(&mut [f32])) {
        for parameter in self.network.parameters.iter_mut() {
            take(&mut parameter.values);
        }
        self.optimiser.each(take);
    }

    fn numbers(&mut self) -> usize {
        let mut numbers = 0;
        self.each(&mut |own| numbers += own.len());
        numbers
    }

    /// Steps so far.
    pub fn steps_done(&self) -> u64 {
        self.step
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.step >= self.recipe.steps
    }

    /// One step.
    ///
    /// # Errors
    ///
    /// When the loss stops being finite.
    pub fn step(&mut self) -> Result<Standing, TirexError> {
        let Pretraining { steps, learning_rate, .. } = self.recipe;
        let batch = batch(&self.recipe.model, self.recipe.seed, self.step, self.recipe.batch);
        let loss = self.recipe.learn(&mut self.network, batch);
        let norm = self.optimiser.step(&mut self.network.parameters, self.recipe.rate(self.step));
        self.step += 1;
        if !loss.is_finite() || !norm.is_finite() {
            return Err(TirexError::Diverged { step: self.step, learning_rate });
        }
        let judged = self.step.is_multiple_of((steps / JUDGED).max(1));
        let validation = judged.then(|| {
            let averaged = self.optimiser.averaged(&self.network.parameters);
            let own = std::mem::replace(&mut self.network.parameters, averaged);
            let loss = self.recipe.judge(&self.network);
            self.network.parameters = own;
            loss
        });
        Ok(Standing { step: self.step, loss, validation })
    }

    /// The averaged weights as a safetensors file.
    ///
    /// # Errors
    ///
    /// None that a run is known to meet.
    pub fn weights(&self) -> Result<Vec<u8>, TirexError> {
        self.optimiser.averaged(&self.network.parameters).to_safetensors(Some(&self.recipe.sizes()))
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

    /// The file that a recipe makes, and the losses on held-out series on the way.
    fn run(recipe: &Pretraining) -> (Vec<u8>, Vec<f64>) {
        let mut run = PretrainingRun::start(recipe).unwrap();
        let mut losses = Vec::new();
        while !run.is_done() {
            losses.extend(run.step().unwrap().validation);
        }
        (run.weights().unwrap(), losses)
    }

    #[test]
    fn learns_and_its_file_is_a_model() {
        let recipe = tiny(60);
        let (file, losses) = run(&recipe);
        let start = recipe.judge(&recipe.network());
        assert!(losses.len() == 20 && losses[19] < 0.85 * start, "{losses:?} from {start}");

        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &file).unwrap();
        let model = Tirex::open(path.path()).unwrap();
        assert_eq!(*model.config(), recipe.model);
        assert_eq!(file, run(&recipe).0, "the same seed makes the same file");
        let on_one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(file, on_one.install(|| run(&recipe).0), "on one thread as well");
    }

    #[test]
    fn a_run_that_is_taken_up_again_makes_the_same_file() {
        let recipe = tiny(20);
        let mut first = PretrainingRun::start(&recipe).unwrap();
        for _ in 0..7 {
            first.step().unwrap();
        }
        let state = first.state();
        let mut second = PretrainingRun::resume(&recipe, &state).unwrap();
        while !second.is_done() {
            second.step().unwrap();
        }
        assert_eq!(second.weights().unwrap(), run(&recipe).0);
        assert!(PretrainingRun::resume(&recipe, &state[..state.len() - 1]).is_none());
        let wider = TirexConfig { width: 32, ..recipe.model.clone() };
        assert!(PretrainingRun::resume(&Pretraining { model: wider, ..recipe }, &state).is_none());
    }

    #[test]
    fn recipes_that_train_nothing_are_refused() {
        let refused = |recipe: Pretraining| PretrainingRun::start(&recipe).unwrap_err().to_string();
        assert!(refused(Pretraining { steps: 0, ..tiny(1) }).contains("steps"));
        assert!(refused(Pretraining { batch: 0, ..tiny(1) }).contains("batch"));
        assert!(refused(Pretraining { learning_rate: f64::NAN, ..tiny(1) }).contains("learning_rate"));
        assert!(refused(Pretraining { average: 1.0, ..tiny(1) }).contains("average"));
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
