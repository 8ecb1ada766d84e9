//! The training loop.

use burn::tensor::{Device, Tensor, TensorData};
use market::{Purpose, Seed};
use rand::seq::SliceRandom;

use crate::classifier::Classifier;
use crate::config::TrainingConfig;
use crate::dropout::DropoutStream;
use crate::error::NetworkError;
use crate::history::{EpochReport, StopReason, TrainingHistory, TrainingProgress};
use crate::inference::{Memories, gather, probabilities};
use crate::optimiser::AdamW;
use crate::schedule::Schedule;
use crate::windows::LabelledWindows;

/// What a network is trained on, and how.
pub(crate) struct Run<'a> {
    pub(crate) config: &'a TrainingConfig,
    pub(crate) train: &'a LabelledWindows<'a>,
    pub(crate) validation: &'a LabelledWindows<'a>,
    pub(crate) n_classes: usize,
    pub(crate) seed: Seed,
}

/// The weights worth keeping.
struct Best<C> {
    network: C,
    epoch: usize,
    loss: f64,
}

impl Run<'_> {
    /// Trains a network with initial weights on the autodiff device; returns the best weights, off it.
    pub(crate) fn fit<C: Classifier + Sync>(
        &self,
        mut network: C,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(C, TrainingHistory), NetworkError> {
        let config = self.config;
        let steps_per_epoch = self.steps_per_epoch();
        let all = (config.max_epochs as u64).saturating_mul(steps_per_epoch as u64);
        let total_steps = config.max_steps.map_or(all, |most| most.min(all));
        let schedule = Schedule::new(config.learning_rate, config.warmup_share, total_steps);
        let mut optimiser = AdamW::new(config.weight_decay, config.gradient_clip_norm);
        let mut best: Option<Best<C>> = None;
        let mut epochs = Vec::new();
        let mut done = 0;
        let stopped = loop {
            let epoch = epochs.len() + 1;
            let order = self.order(epoch);
            let (mut sum, mut steps) = (0.0, 0);
            let mut cancelled = false;
            while steps < steps_per_epoch && done < total_steps {
                if progress.is_cancelled() {
                    cancelled = true;
                    break;
                }
                let batch = self.batch(&order, steps);
                let stream = DropoutStream { seed: self.seed, epoch: epoch as u64, step: steps as u64 };
                let rate = schedule.rate(done);
                let loss = self.loss(&network, &batch, stream);
                let value = f64::from(loss.clone().into_scalar::<f32>());
                let diverged = NetworkError::Diverged {
                    epoch,
                    step: done + 1,
                    loss: value,
                    learning_rate: config.learning_rate,
                };
                if !value.is_finite() {
                    return Err(diverged);
                }
                let (updated, norm) = optimiser.step(network, loss.backward(), rate);
                if !norm.is_finite() {
                    return Err(diverged);
                }
                network = updated;
                done += 1;
                steps += 1;
                sum += value;
                progress.step(done, total_steps, value);
            }
            // A cancelled epoch counts only when there is nothing better to return.
            if cancelled && (best.is_some() || steps == 0) {
                break StopReason::Cancelled;
            }
            let candidate = network.valid();
            let score = self.score(&candidate);
            let loss = score.map_or(0.0, |score| score.loss);
            if !loss.is_finite() {
                return Err(NetworkError::Diverged {
                    epoch,
                    step: done,
                    loss,
                    learning_rate: config.learning_rate,
                });
            }
            let is_best = score.is_none() || best.as_ref().is_none_or(|best| loss < best.loss);
            if is_best {
                best = Some(Best { network: candidate, epoch, loss });
            }
            let report = EpochReport {
                epoch,
                steps: done,
                training_loss: sum / steps as f64,
                validation_loss: score.map(|score| score.loss),
                validation_accuracy: score.map(|score| score.accuracy),
                learning_rate: schedule.rate(done - 1),
                is_best,
            };
            tracing::debug!(
                epoch,
                training_loss = report.training_loss,
                validation_loss = report.validation_loss,
                "epoch done"
            );
            progress.epoch(&report);
            epochs.push(report);
            let best_epoch = best.as_ref().map_or(epoch, |best| best.epoch);
            if cancelled {
                break StopReason::Cancelled;
            }
            if epoch == config.max_epochs {
                break StopReason::Epochs;
            }
            if done == total_steps {
                break StopReason::Steps;
            }
            if epoch - best_epoch >= config.patience {
                break StopReason::Patience;
            }
        };
        let best = best.ok_or(NetworkError::Cancelled)?;
        let history = TrainingHistory { epochs, best_epoch: best.epoch, stopped };
        Ok((best.network, history))
    }

    fn steps_per_epoch(&self) -> usize {
        let once = self.train.windows.len().div_ceil(self.config.batch_size);
        self.config.steps_per_epoch.unwrap_or(once)
    }

    /// All training windows in the epoch's random order.
    fn order(&self, epoch: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.train.windows.len()).collect();
        let mut stream = self.seed.stream(Purpose::WindowOrder, &[epoch as u64]);
        order.shuffle(&mut stream);
        order
    }

    /// The windows of a step: the next part of the order, which starts again when it is used up.
    fn batch(&self, order: &[usize], step: usize) -> Vec<usize> {
        let size = self.config.batch_size;
        let first = step * size;
        let once = order.len().div_ceil(size);
        if step < once {
            return order[first..(first + size).min(order.len())].to_vec();
        }
        (first..first + size).map(|at| order[at % order.len()]).collect()
    }

    /// Mean cross-entropy of a batch in nats, against smoothed targets.
    fn loss<C: Classifier>(&self, network: &C, batch: &[usize], stream: DropoutStream) -> Tensor<1> {
        let device = Device::flex().autodiff();
        let smoothing = self.config.label_smoothing;
        let elsewhere = (smoothing / self.n_classes as f64) as f32;
        let mut targets = vec![elsewhere; batch.len() * self.n_classes];
        for (target, &window) in targets.chunks_mut(self.n_classes).zip(batch) {
            target[usize::from(self.train.classes[window])] += (1.0 - smoothing) as f32;
        }
        let targets =
            Tensor::<2>::from_data(TensorData::new(targets, [batch.len(), self.n_classes]), &device);
        let windows = gather(&self.train.windows, batch, &device);
        let logits = network.logits(windows, Some(stream));
        kernels::burn::cross_entropy(logits, targets)
    }

    /// Log-loss and accuracy on the validation windows, if there are any.
    fn score<C: Classifier + Sync>(&self, network: &C) -> Option<Score> {
        let windows = &self.validation.windows;
        if windows.is_empty() {
            return None;
        }
        let mut predicted = vec![0.0; windows.len() * self.n_classes];
        let plan = network.plan(windows.length);
        probabilities(&*plan, &Memories::default(), windows, self.n_classes, &mut predicted);
        let (mut loss, mut right) = (0.0, 0);
        for (row, &class) in predicted.chunks(self.n_classes).zip(self.validation.classes) {
            let probability = row[usize::from(class)];
            // The smallest normal number, so that a certain miss is dear but not infinite.
            loss -= probability.max(f64::MIN_POSITIVE).ln();
            right += usize::from(row.iter().all(|other| *other <= probability));
            if probability.is_nan() {
                loss = f64::NAN;
            }
        }
        let n = windows.len() as f64;
        Some(Score { loss: loss / n, accuracy: right as f64 / n })
    }
}

#[derive(Clone, Copy)]
struct Score {
    loss: f64,
    accuracy: f64,
}
