//! From a vector to probabilities of classes: a linear map, or one with a hidden layer.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::Labelled;
use super::stopping::{Heard, Learner, Training, train};
use crate::error::TirexError;
use crate::training::network::Linear;
use crate::training::optimiser::Optimiser;
use crate::training::parameters::Parameters;

/// Largest norm of a step's derivative.
const CLIP_NORM: f64 = 1.0;
/// Least standard deviation that is divided by.
const LEAST_DEVIATION: f32 = 1e-6;
/// Standardised inputs are cut here: what training never saw says no more than its most extreme.
const FARTHEST: f32 = 8.0;
/// The stream of the initial weights, beside those of the epochs.
const WEIGHTS: u64 = u64::MAX;

const MEAN: &str = "mean";
const DEVIATION: &str = "deviation";
const HIDDEN: &str = "hidden";
const OUT: &str = "out";

/// A classifier of vectors.
#[derive(Debug, Clone)]
pub struct Head {
    n_classes: usize,
    mean: Vec<f32>,
    deviation: Vec<f32>,
    pub(super) parameters: Parameters,
    hidden: Option<Linear>,
    out: Linear,
}

/// Bytes that are no head.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HeadError(pub(super) String);

/// What the derivative needs from a forward pass.
pub(super) struct HeadTrace {
    inputs: Vec<f32>,
    hidden: Option<Vec<f32>>,
}

impl Head {
    /// Learns from vectors `[samples, width]`. `hidden` is the width of the hidden layer; with 0 the head is linear. Inputs are
    /// standardised by the training samples.
    ///
    /// # Errors
    ///
    /// [`TirexError::Diverged`] when the loss stops being finite; [`TirexError::Empty`] without samples.
    pub fn fit(
        hidden: usize,
        training: &Training,
        (train_on, validation): (Labelled<'_, &[f32]>, Labelled<'_, &[f32]>),
        n_classes: usize,
        seed: u64,
        heard: &mut dyn FnMut(Heard) -> bool,
    ) -> Result<Self, TirexError> {
        let n = train_on.classes.len();
        if n == 0 || n_classes == 0 {
            return Err(TirexError::Empty);
        }
        let head = Self::new(hidden, train_on.inputs, train_on.inputs.len() / n, n_classes, seed);
        let (inputs, held_back) = (head.standardise(train_on.inputs), head.standardise(validation.inputs));
        let mut parameters = head.parameters.clone();
        let optimiser = Optimiser::new(&mut parameters, training.weight_decay, CLIP_NORM, 0.0);
        let mut learner = HeadLearner {
            kept: head.parameters.clone(),
            head,
            optimiser,
            train: Labelled { inputs: &inputs, classes: train_on.classes },
            validation: Labelled { inputs: &held_back, classes: validation.classes },
        };
        train(training, n, seed, &mut learner, heard)?;
        Ok(learner.head)
    }

    fn new(hidden: usize, inputs: &[f32], width: usize, n_classes: usize, seed: u64) -> Self {
        let n = (inputs.len() / width) as f64;
        let (mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
        for row in inputs.chunks(width) {
            for ((value, sum), square) in row.iter().zip(&mut sums).zip(&mut squares) {
                *sum += f64::from(*value);
                *square += f64::from(*value).powi(2);
            }
        }
        let mean: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
        let deviation =
            squares.iter().zip(&mean).map(|(square, mean)| (square / n - mean * mean).max(0.0).sqrt());
        let deviation = deviation.map(|deviation| (deviation as f32).max(LEAST_DEVIATION)).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(WEIGHTS);
        let mut parameters = Parameters::default();
        let mut add = |name: String, shape: &[usize]| {
            let is_hidden = name.starts_with(HIDDEN) && shape.len() > 1;
            let values = (0..shape.iter().product())
                .map(|_| {
                    let value: f32 = StandardNormal.sample(&mut random);
                    // The last map begins at 0: at first every class is as likely as any other.
                    if is_hidden { value / (width as f32).sqrt() } else { 0.0 }
                })
                .collect();
            parameters.add(name, shape, values)
        };
        let inner = if hidden > 0 { hidden } else { width };
        let first = (hidden > 0).then(|| Linear::new(HIDDEN, [width, hidden], &mut add));
        let out = Linear::new(OUT, [inner, n_classes], &mut add);
        let mean = mean.into_iter().map(|mean| mean as f32).collect();
        Self { n_classes, mean, deviation, parameters, hidden: first, out }
    }

    /// Length of the vectors it takes.
    pub fn width(&self) -> usize {
        self.mean.len()
    }

    /// Classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Probabilities of classes, `[vectors, classes]`.
    pub fn predict(&self, pooled: &[f32]) -> Vec<f64> {
        self.forward(self.standardise(pooled)).0.chunks(self.n_classes).flat_map(softmax).collect()
    }

    pub(super) fn standardise(&self, pooled: &[f32]) -> Vec<f32> {
        let scaled = |row: &[f32]| -> Vec<f32> {
            let columns = row.iter().zip(&self.mean).zip(&self.deviation);
            columns.map(|((value, mean), by)| ((value - mean) / by).clamp(-FARTHEST, FARTHEST)).collect()
        };
        pooled.chunks(self.width()).flat_map(scaled).collect()
    }

    /// Logits of standardised vectors.
    pub(super) fn forward(&self, inputs: Vec<f32>) -> (Vec<f32>, HeadTrace) {
        let hidden = self.hidden.map(|map| {
            let mut values = map.forward(&self.parameters, &inputs);
            for value in &mut values {
                *value = value.max(0.0);
            }
            values
        });
        let logits = self.out.forward(&self.parameters, hidden.as_ref().unwrap_or(&inputs));
        (logits, HeadTrace { inputs, hidden })
    }

    /// Adds the derivatives by the weights; returns that by the vectors before they were standardised.
    pub(super) fn backward(&mut self, trace: &HeadTrace, by_logits: &[f32]) -> Vec<f32> {
        let last = trace.hidden.as_ref().unwrap_or(&trace.inputs);
        let mut by_inputs = self.out.backward(&mut self.parameters, last, by_logits);
        if let (Some(map), Some(hidden)) = (self.hidden, &trace.hidden) {
            for (by, value) in by_inputs.iter_mut().zip(hidden) {
                *by = if *value > 0.0 { *by } else { 0.0 };
            }
            by_inputs = map.backward(&mut self.parameters, &trace.inputs, &by_inputs);
        }
        for (by, inputs) in by_inputs.chunks_mut(self.mean.len()).zip(trace.inputs.chunks(self.mean.len())) {
            for ((by, input), deviation) in by.iter_mut().zip(inputs).zip(&self.deviation) {
                *by = if input.abs() < FARTHEST { *by / deviation } else { 0.0 };
            }
        }
        by_inputs
    }

    /// A safetensors file.
    ///
    /// # Errors
    ///
    /// None that a fitted head is known to meet.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, TirexError> {
        let mut all = self.parameters.clone();
        for (name, values) in [(MEAN, &self.mean), (DEVIATION, &self.deviation)] {
            all.add(name.to_owned(), &[values.len()], values.clone());
        }
        all.to_safetensors(None)
    }

    /// Reads [`Head::to_safetensors`].
    ///
    /// # Errors
    ///
    /// When the bytes are no such file, or hold a value that is not finite.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, HeadError> {
        let wrong = |reason: &str| HeadError(reason.to_owned());
        let tensors = read_tensors(bytes)?;
        let take = |name: &str| tensors.iter().find(|(found, _, _)| found == name);
        let shape_of = |name: &str| take(name).map(|(_, shape, _)| &shape[..]);
        let (Some([width]), Some([n_classes, inner])) = (shape_of(MEAN), shape_of("out.weight")) else {
            return Err(wrong("it is not the file of a head"));
        };
        let (width, n_classes, inner) = (*width, *n_classes, *inner);
        let hidden = shape_of("hidden.weight").is_some();
        if width == 0 || n_classes == 0 || inner == 0 || (!hidden && inner != width) {
            return Err(wrong("its sizes do not fit each other"));
        }
        let mut parameters = Parameters::default();
        let mut refused = None;
        let mut used = 2;
        let mut add = |name: String, shape: &[usize]| {
            used += 1;
            let values = match take(&name) {
                Some((_, found, values)) if found == shape => values.clone(),
                _ => {
                    refused.get_or_insert(HeadError(format!("tensor `{name}` is not of shape {shape:?}")));
                    return parameters.add(name, &[0], Vec::new());
                }
            };
            parameters.add(name, shape, values)
        };
        let first = hidden.then(|| Linear::new(HIDDEN, [width, inner], &mut add));
        let out = Linear::new(OUT, [inner, n_classes], &mut add);
        let values_of =
            |name: &str| take(name).filter(|(_, shape, _)| shape[..] == [width]).map(|(_, _, v)| v.clone());
        let (Some(mean), Some(deviation)) = (values_of(MEAN), values_of(DEVIATION)) else {
            return Err(wrong("means and deviations do not fit each other"));
        };
        if let Some(error) = refused {
            return Err(error);
        }
        if used != tensors.len() || deviation.iter().any(|value| *value <= 0.0) {
            return Err(wrong("it holds what is not part of a head"));
        }
        Ok(Self { n_classes, mean, deviation, parameters, hidden: first, out })
    }
}

/// Name, shape and values.
pub(super) type Tensor = (String, Vec<usize>, Vec<f32>);

/// The tensors of a safetensors file of finite `f32`.
pub(super) fn read_tensors(bytes: &[u8]) -> Result<Vec<Tensor>, HeadError> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| HeadError(error.to_string()))?;
    let mut all = Vec::new();
    for (name, view) in file.tensors() {
        let (words, _) = view.data().as_chunks::<4>();
        let values: Vec<f32> = words.iter().copied().map(f32::from_le_bytes).collect();
        if view.dtype() != Dtype::F32 || values.iter().any(|value| !value.is_finite()) {
            return Err(HeadError(format!("tensor `{name}` is not of finite f32")));
        }
        all.push((name, view.shape().to_vec(), values));
    }
    Ok(all)
}

/// Mean loss of logits and its derivative.
pub(super) fn loss(logits: &[f32], classes: impl Iterator<Item = u8>, n_classes: usize) -> (f64, Vec<f32>) {
    let mut targets = vec![0.0; logits.len()];
    for (row, class) in targets.chunks_mut(n_classes).zip(classes) {
        row[usize::from(class)] = 1.0;
    }
    let (loss, gradient) = kernels::cross_entropy(logits, &targets, n_classes);
    (f64::from(loss), gradient)
}

/// Log-loss and accuracy of probabilities.
pub(super) fn judged(probabilities: &[f64], classes: &[u8]) -> Option<(f64, f64)> {
    let n_classes = probabilities.len().checked_div(classes.len())?;
    let (mut loss, mut right) = (0.0, 0.0);
    for (row, class) in probabilities.chunks(n_classes).zip(classes) {
        let own = row[usize::from(*class)];
        loss -= own.max(1e-12).ln();
        right += f64::from(u8::from(row.iter().all(|p| *p <= own)));
    }
    let n = classes.len() as f64;
    Some((loss / n, right / n))
}

fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// A head that learns from standardised vectors.
struct HeadLearner<'a> {
    head: Head,
    kept: Parameters,
    optimiser: Optimiser,
    train: Labelled<'a, &'a [f32]>,
    validation: Labelled<'a, &'a [f32]>,
}

impl Learner for HeadLearner<'_> {
    fn learn(&mut self, places: &[usize], rate: f64) -> f64 {
        let width = self.head.width();
        let rows = places.iter().flat_map(|place| &self.train.inputs[place * width..][..width]);
        let (logits, trace) = self.head.forward(rows.copied().collect());
        let classes = places.iter().map(|place| self.train.classes[*place]);
        let (loss, by_logits) = loss(&logits, classes, self.head.n_classes);
        self.head.backward(&trace, &by_logits);
        let norm = self.optimiser.step(&mut self.head.parameters, rate);
        if norm.is_finite() { loss } else { f64::NAN }
    }

    fn judge(&mut self) -> Option<(f64, f64)> {
        let (logits, _) = self.head.forward(self.validation.inputs.to_vec());
        let probabilities: Vec<f64> = logits.chunks(self.head.n_classes).flat_map(softmax).collect();
        judged(&probabilities, self.validation.classes)
    }

    fn keep(&mut self) {
        self.kept.clone_from(&self.head.parameters);
    }

    fn return_to_kept(&mut self) {
        self.head.parameters.clone_from(&self.kept);
    }
}
