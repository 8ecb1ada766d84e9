//! Epochs over shuffled samples, until the loss on held-back ones no longer falls.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::TirexError;

/// Share of the steps over which the learning rate rises; behind it, it falls like a half cosine.
const WARM_UP: f64 = 0.05;

/// How something is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Most epochs.
    pub max_epochs: usize,
    /// Samples of a step.
    pub batch_size: usize,
    /// Largest learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Epochs without a better validation loss before training stops.
    pub patience: usize,
}

impl Training {
    /// Refuses settings that train nothing.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        for (name, count) in
            [("max_epochs", self.max_epochs), ("batch_size", self.batch_size), ("patience", self.patience)]
        {
            if !(1..=100_000).contains(&count) {
                return Err(format!("{name} is {count}; it must be between 1 and 100000"));
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(format!("learning_rate is {}; it must be above 0 and at most 1", self.learning_rate));
        }
        if !(0.0..=100.0).contains(&self.weight_decay) {
            return Err(format!("weight_decay is {}; it must be between 0 and 100", self.weight_decay));
        }
        Ok(())
    }
}

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// Steps done since the start.
    pub steps: u64,
    /// Mean loss of its steps, in nats.
    pub training_loss: f64,
    /// Log-loss on the validation samples, in nats; none without any.
    pub validation_loss: Option<f64>,
    /// Share of validation samples whose likeliest class is right.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Whether these are the best weights so far; without validation samples the latest are.
    pub is_best: bool,
}

/// What a caller hears while something is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heard {
    /// So many steps of at most so many are done, with this loss.
    Step(u64, u64, f64),
    /// An epoch ended.
    Epoch(Epoch),
}

/// What is trained.
pub(super) trait Learner {
    /// One step on some samples; their loss.
    fn learn(&mut self, places: &[usize], rate: f64) -> f64;
    /// Log-loss and accuracy on the validation samples.
    fn judge(&mut self) -> Option<(f64, f64)>;
    /// Keeps the weights as they are.
    fn keep(&mut self);
    /// Returns to the weights that were kept.
    fn return_to_kept(&mut self);
}

/// Trains on `n` samples; the best weights are those that are left. Ends early when `heard` returns false.
pub(super) fn train(
    training: &Training,
    n: usize,
    seed: u64,
    learner: &mut dyn Learner,
    heard: &mut dyn FnMut(Heard) -> bool,
) -> Result<(), TirexError> {
    let Training { max_epochs, batch_size, learning_rate, patience, .. } = *training;
    let total = (max_epochs * n.div_ceil(batch_size)) as u64;
    // Weights that are better than those to begin with are what is asked for.
    learner.keep();
    let mut best = learner.judge().map(|(loss, _)| loss);
    let mut waited = 0;
    let mut steps = 0;
    for number in 1..=max_epochs {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(number as u64);
        let mut places: Vec<usize> = (0..n).collect();
        places.shuffle(&mut random);
        let (mut sum, mut rate) = (0.0, 0.0);
        for batch in places.chunks(batch_size) {
            rate = learning_rate * share((steps as f64 + 0.5) / total as f64);
            let loss = learner.learn(batch, rate);
            steps += 1;
            if !loss.is_finite() {
                return Err(TirexError::Diverged { step: steps, learning_rate });
            }
            sum += loss * batch.len() as f64;
            if !heard(Heard::Step(steps, total, loss)) {
                learner.return_to_kept();
                return Ok(());
            }
        }
        let judged = learner.judge();
        let is_best = match (judged, best) {
            (Some((loss, _)), Some(best)) => loss < best,
            _ => true,
        };
        if is_best {
            learner.keep();
            best = judged.map(|(loss, _)| loss);
        }
        waited = if is_best { 0 } else { waited + 1 };
        let epoch = Epoch {
            number,
            steps,
            training_loss: sum / n as f64,
            validation_loss: judged.map(|(loss, _)| loss),
            validation_accuracy: judged.map(|(_, accuracy)| accuracy),
            learning_rate: rate,
            is_best,
        };
        if !heard(Heard::Epoch(epoch)) || waited >= patience {
            break;
        }
    }
    learner.return_to_kept();
    Ok(())
}

/// The learning rate's share of its largest, from how much is done.
fn share(done: f64) -> f64 {
    if done < WARM_UP {
        return done / WARM_UP;
    }
    0.5 * (1.0 + (std::f64::consts::PI * (done - WARM_UP) / (1.0 - WARM_UP)).cos())
}
