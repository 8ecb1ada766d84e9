//! The training loop.

use burn::tensor::{Device, Tensor, TensorData};
use market::Purpose;
use rand::seq::SliceRandom;

use crate::checkpoint;
use crate::classifier::Classifier;
use crate::dropout::DropoutStream;
use crate::error::NetworkError;
use crate::history::{EpochReport, StopReason, TrainingHistory, TrainingProgress};
use crate::inference::{Memories, gather, probabilities, softmax_rows};
use crate::optimiser::AdamW;
use crate::schedule::Schedule;
use crate::task::TrainingTask;
use crate::windows::Windows;

/// Windows that are scored in one pass on another device than the CPU.
const WINDOWS_PER_PASS: usize = 256;

/// Training between two steps: all that the next step depends on.
pub(crate) struct State<C> {
    pub(crate) network: C,
    pub(crate) optimiser: AdamW,
    pub(crate) best: Option<Best<C>>,
    pub(crate) epochs: Vec<EpochReport>,
    /// Steps done.
    pub(crate) done: u64,
    /// Of them, steps of the epoch at hand.
    pub(crate) steps: usize,
    /// Sum of their losses.
    pub(crate) sum: f64,
}

/// The weights worth keeping.
pub(crate) struct Best<C> {
    pub(crate) network: C,
    pub(crate) epoch: usize,
    pub(crate) loss: f64,
}

/// One network in training.
pub(crate) struct Run<'a> {
    task: &'a TrainingTask<'a>,
    device: Device,
    schedule: Schedule,
    total_steps: u64,
    steps_per_epoch: usize,
    /// The validation windows that are looked at.
    validation_ends: Vec<usize>,
    validation_classes: Vec<u8>,
}

impl<'a> Run<'a> {
    /// `device` without autodiff.
    pub(crate) fn new(task: &'a TrainingTask<'a>, device: Device) -> Self {
        let config = task.training;
        let stride = task.window_stride;
        let once = task.train.windows.len().div_ceil(stride).div_ceil(config.batch_size);
        let steps_per_epoch = config.steps_per_epoch.unwrap_or(once);
        let all = (config.max_epochs as u64).saturating_mul(steps_per_epoch as u64);
        let total_steps = config.max_steps.map_or(all, |most| most.min(all));
        Self {
            task,
            device,
            schedule: Schedule::new(config.learning_rate, config.warmup_share, total_steps),
            total_steps,
            steps_per_epoch,
            validation_ends: task.validation.windows.ends.iter().copied().step_by(stride).collect(),
            validation_classes: task.validation.classes.iter().copied().step_by(stride).collect(),
        }
    }

    /// Before the first step: a network with initial weights on the autodiff device.
    pub(crate) fn start<C>(&self, network: C) -> State<C> {
        let config = self.task.training;
        State {
            network,
            optimiser: AdamW::new(config.weight_decay, config.gradient_clip_norm),
            best: None,
            epochs: Vec::new(),
            done: 0,
            steps: 0,
            sum: 0.0,
        }
    }

    /// Trains on to the end; returns the best weights, without autodiff.
    pub(crate) fn fit<C: Classifier + Sync>(
        &self,
        mut state: State<C>,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(C, TrainingHistory), NetworkError> {
        let config = self.task.training;
        let stopped = loop {
            let epoch = state.epochs.len() + 1;
            let cancelled;
            (state, cancelled) = self.epoch(state, epoch, progress)?;
            // A cancelled epoch counts only when there is nothing better to return.
            if cancelled && (state.best.is_some() || state.steps == 0) {
                break StopReason::Cancelled;
            }
            let report = self.judge(&mut state, epoch)?;
            tracing::debug!(
                epoch,
                training_loss = report.training_loss,
                validation_loss = report.validation_loss,
                "epoch done"
            );
            progress.epoch(&report);
            state.epochs.push(report);
            (state.steps, state.sum) = (0, 0.0);
            let best_epoch = state.best.as_ref().map_or(epoch, |best| best.epoch);
            if cancelled {
                break StopReason::Cancelled;
            }
            if epoch == config.max_epochs {
                break StopReason::Epochs;
            }
            if state.done == self.total_steps {
                break StopReason::Steps;
            }
            if epoch - best_epoch >= config.patience {
                break StopReason::Patience;
            }
        };
        let best = state.best.ok_or(NetworkError::Cancelled)?;
        let history = TrainingHistory { epochs: state.epochs, best_epoch: best.epoch, stopped };
        Ok((best.network, history))
    }

    /// The epoch's steps that are still to do; true when they were cancelled.
    fn epoch<C: Classifier>(
        &self,
        mut state: State<C>,
        epoch: usize,
        progress: &mut dyn TrainingProgress,
    ) -> Result<(State<C>, bool), NetworkError> {
        let order = self.order(epoch);
        while state.steps < self.steps_per_epoch && state.done < self.total_steps {
            if progress.is_cancelled() {
                progress.checkpoint(&checkpoint::save(&state, self.task)?);
                return Ok((state, true));
            }
            let batch = self.batch(&order, state.steps);
            let stream =
                DropoutStream { seed: self.task.seed, epoch: epoch as u64, step: state.steps as u64 };
            let rate = self.schedule.rate(state.done);
            let loss = self.loss(&state.network, &batch, stream);
            let value = f64::from(loss.clone().into_scalar::<f32>());
            if !value.is_finite() {
                return Err(self.diverged(epoch, &state, &batch, value));
            }
            let (updated, norm) = state.optimiser.step(state.network, loss.backward(), rate);
            state.network = updated;
            if !norm.is_finite() {
                return Err(self.diverged(epoch, &state, &batch, value));
            }
            state.done += 1;
            state.steps += 1;
            state.sum += value;
            progress.step(state.done, self.total_steps, value);
            if progress.wants_checkpoint() {
                progress.checkpoint(&checkpoint::save(&state, self.task)?);
            }
        }
        Ok((state, false))
    }

    /// Scores the weights after an epoch, and keeps them when they are the best.
    fn judge<C: Classifier + Sync>(
        &self,
        state: &mut State<C>,
        epoch: usize,
    ) -> Result<EpochReport, NetworkError> {
        let candidate = state.network.valid();
        let score = self.score(&candidate);
        let loss = score.map_or(0.0, |score| score.loss);
        if !loss.is_finite() {
            return Err(NetworkError::DivergedWeights {
                epoch,
                learning_rate: self.task.training.learning_rate,
            });
        }
        let is_best = score.is_none() || state.best.as_ref().is_none_or(|best| loss < best.loss);
        if is_best {
            state.best = Some(Best { network: candidate, epoch, loss });
        }
        Ok(EpochReport {
            epoch,
            steps: state.done,
            training_loss: state.sum / state.steps as f64,
            validation_loss: score.map(|score| score.loss),
            validation_accuracy: score.map(|score| score.accuracy),
            learning_rate: self.schedule.rate(state.done - 1),
            is_best,
        })
    }

    /// Which batch it was, and the value in it that stands out.
    fn diverged<C>(&self, epoch: usize, state: &State<C>, batch: &[usize], loss: f64) -> NetworkError {
        let windows = &self.task.train.windows;
        let (mut largest, mut row, mut feature) = (0.0_f32, 0, 0);
        for &window in batch {
            for (place, value) in windows.rows(window).iter().enumerate() {
                if value.abs() > largest.abs() {
                    largest = *value;
                    row = windows.ends[window] + 1 - windows.length + place / windows.n_features;
                    feature = place % windows.n_features;
                }
            }
        }
        NetworkError::Diverged {
            epoch,
            step: state.done + 1,
            batch: state.steps + 1,
            loss,
            rate: self.schedule.rate(state.done),
            learning_rate: self.task.training.learning_rate,
            largest,
            row,
            feature,
        }
    }

    /// The windows of an epoch in its random order: every `window_stride`-th. Epochs take turns over where they
    /// begin, so that in as many epochs as the stride every window comes up once.
    fn order(&self, epoch: usize) -> Vec<usize> {
        let (seed, stride) = (self.task.seed, self.task.window_stride);
        let turn = (epoch - 1) % stride;
        let first = if stride == 1 {
            0
        } else {
            let mut firsts: Vec<usize> = (0..stride).collect();
            let round = ((epoch - 1) / stride) as u64;
            firsts.shuffle(&mut seed.stream(Purpose::WindowOrder, &[round, stride as u64]));
            firsts[turn]
        };
        let n_windows = self.task.train.windows.len();
        // With fewer windows than the stride an epoch may have none of its own.
        let first = if first < n_windows { first } else { 0 };
        let mut order: Vec<usize> = (first..n_windows).step_by(stride).collect();
        order.shuffle(&mut seed.stream(Purpose::WindowOrder, &[epoch as u64]));
        order
    }

    /// The windows of a step: the next part of the order, which starts again when it is used up.
    fn batch(&self, order: &[usize], step: usize) -> Vec<usize> {
        let size = self.task.training.batch_size;
        let first = step * size;
        let once = order.len().div_ceil(size);
        if step < once {
            return order[first..(first + size).min(order.len())].to_vec();
        }
        (first..first + size).map(|at| order[at % order.len()]).collect()
    }

    /// Mean cross-entropy of a batch in nats, against smoothed targets.
    fn loss<C: Classifier>(&self, network: &C, batch: &[usize], stream: DropoutStream) -> Tensor<1> {
        let device = self.device.clone().autodiff();
        let (train, n_classes) = (&self.task.train, self.task.n_classes);
        let smoothing = self.task.training.label_smoothing;
        let elsewhere = (smoothing / n_classes as f64) as f32;
        let mut targets = vec![elsewhere; batch.len() * n_classes];
        for (target, &window) in targets.chunks_mut(n_classes).zip(batch) {
            target[usize::from(train.classes[window])] += (1.0 - smoothing) as f32;
        }
        let targets = Tensor::<2>::from_data(TensorData::new(targets, [batch.len(), n_classes]), &device);
        let windows = gather(&train.windows, batch, &device);
        let logits = network.logits(windows, Some(stream));
        kernels::burn::cross_entropy(logits, targets)
    }

    /// Log-loss and accuracy on the validation windows, if there are any.
    fn score<C: Classifier + Sync>(&self, network: &C) -> Option<Score> {
        let windows = Windows { ends: &self.validation_ends, ..self.task.validation.windows };
        if windows.is_empty() {
            return None;
        }
        let n_classes = self.task.n_classes;
        let mut predicted = vec![0.0; windows.len() * n_classes];
        if self.device == Device::flex() {
            let plan = network.plan(windows.length);
            probabilities(&*plan, &Memories::default(), &windows, n_classes, &mut predicted);
        } else {
            probabilities_on(&self.device, network, &windows, n_classes, &mut predicted);
        }
        let (mut loss, mut right) = (0.0, 0);
        for (row, &class) in predicted.chunks(n_classes).zip(&self.validation_classes) {
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

/// Probabilities of every window by the graph of tensors, on a device that the network is on.
pub(crate) fn probabilities_on<C: Classifier>(
    device: &Device,
    network: &C,
    windows: &Windows<'_>,
    n_classes: usize,
    out: &mut [f64],
) {
    let all: Vec<usize> = (0..windows.len()).collect();
    for (indices, out) in all.chunks(WINDOWS_PER_PASS).zip(out.chunks_mut(WINDOWS_PER_PASS * n_classes)) {
        let logits = network.logits(gather(windows, indices, device), None);
        let logits: Vec<f32> = logits.into_data().try_into_vec().expect("scores are f32");
        softmax_rows(&logits, n_classes, out);
    }
}

#[derive(Clone, Copy)]
struct Score {
    loss: f64,
    accuracy: f64,
}

#[cfg(test)]
mod tests {
    use market::Seed;

    use super::*;
    use crate::config::{Architecture, LstmAttentionConfig, TrainingConfig};
    use crate::device::ComputeDevice;
    use crate::windows::LabelledWindows;

    /// The windows of each of so many epochs, in order.
    fn epochs(n_windows: usize, window_stride: usize, n_epochs: usize) -> Vec<Vec<usize>> {
        let values = vec![0.0; n_windows];
        let ends: Vec<usize> = (0..n_windows).collect();
        let classes = vec![0; n_windows];
        let windows = LabelledWindows::new(Windows::new(&values, 1, 1, &ends).unwrap(), &classes).unwrap();
        let task = TrainingTask {
            architecture: &Architecture::LstmAttention(LstmAttentionConfig::default()),
            training: &TrainingConfig::default(),
            train: windows,
            validation: windows,
            window_stride,
            n_classes: 2,
            seed: Seed(5),
            device: ComputeDevice::Cpu,
        };
        let run = Run::new(&task, Device::flex());
        let sorted = |mut order: Vec<usize>| {
            order.sort_unstable();
            order
        };
        (1..=n_epochs).map(|epoch| sorted(run.order(epoch))).collect()
    }

    #[test]
    fn epochs_take_turns_over_the_windows() {
        let orders = epochs(10, 3, 9);
        for round in orders.chunks(3) {
            let mut all = round.concat();
            all.sort_unstable();
            assert_eq!(all, (0..10).collect::<Vec<_>>());
            assert!(round.iter().flat_map(|order| order.windows(2)).all(|pair| pair[1] == pair[0] + 3));
        }
        assert_ne!(orders[..3], orders[3..6]);
        assert_eq!(epochs(10, 1, 2), vec![(0..10).collect::<Vec<_>>(); 2]);
        // An epoch is never empty.
        assert!(epochs(2, 5, 10).iter().all(|order| order.len() == 1));
    }
}
