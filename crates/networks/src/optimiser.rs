//! `AdamW` over all weights of a network, with the whole gradient clipped by its norm.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use rayon::prelude::*;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
/// Weights updated by one thread at a time.
const BLOCK: usize = 16_384;

/// Decoupled weight decay (Loshchilov and Hutter 2019), arithmetic as in `PyTorch`.
#[derive(Debug, Default)]
pub(crate) struct AdamW {
    weight_decay: f32,
    clip_norm: f64,
    pub(crate) steps: i32,
    /// Running means of gradient and squared gradient of each tensor, in the network's order.
    pub(crate) moments: Vec<(Vec<f32>, Vec<f32>)>,
}

impl AdamW {
    pub(crate) fn new(weight_decay: f64, clip_norm: f64) -> Self {
        Self { weight_decay: weight_decay as f32, clip_norm, ..Self::default() }
    }

    /// The same optimiser after so many steps.
    pub(crate) fn after(self, steps: i32, moments: Vec<(Vec<f32>, Vec<f32>)>) -> Self {
        Self { steps, moments, ..self }
    }

    /// One step; returns the updated network and the norm of the gradient before clipping.
    ///
    /// With a norm that is not finite the network is returned as it was.
    pub(crate) fn step<M: Module>(
        &mut self,
        network: M,
        mut gradients: Gradients,
        learning_rate: f64,
    ) -> (M, f64) {
        let mut taken = Taken { gradients: &mut gradients, values: Vec::new() };
        network.visit(&mut taken);
        let values = taken.values;
        let norm =
            values.iter().flatten().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return (network, norm);
        }
        self.steps += 1;
        let mut update = Update {
            scale: if norm > self.clip_norm { (self.clip_norm / norm) as f32 } else { 1.0 },
            decay: 1.0 - learning_rate as f32 * self.weight_decay,
            rate: (learning_rate / (1.0 - f64::from(BETA_1).powi(self.steps))) as f32,
            correction: (1.0 / (1.0 - f64::from(BETA_2).powi(self.steps))) as f32,
            optimiser: self,
            gradients: values,
            index: 0,
        };
        (network.map(&mut update), norm)
    }
}

/// Takes the gradients out of the graph, in the network's order.
struct Taken<'a> {
    gradients: &'a mut Gradients,
    values: Vec<Vec<f32>>,
}

impl ModuleVisitor for Taken<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weights = param.val();
        self.values.push(match weights.grad_remove(self.gradients) {
            Some(gradient) => values_of(gradient),
            None => vec![0.0; weights.shape().num_elements()],
        });
    }
}

struct Update<'a> {
    optimiser: &'a mut AdamW,
    gradients: Vec<Vec<f32>>,
    index: usize,
    scale: f32,
    decay: f32,
    rate: f32,
    correction: f32,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let (shape, device) = (tensor.dims(), tensor.device());
        let mut weights = values_of(tensor.inner());
        let moments = &mut self.optimiser.moments;
        if moments.len() == self.index {
            moments.push((vec![0.0; weights.len()], vec![0.0; weights.len()]));
        }
        let (means, squares) = &mut moments[self.index];
        let (scale, decay, rate, correction) = (self.scale, self.decay, self.rate, self.correction);
        weights
            .par_chunks_mut(BLOCK)
            .zip(means.par_chunks_mut(BLOCK))
            .zip(squares.par_chunks_mut(BLOCK))
            .zip(self.gradients[self.index].par_chunks(BLOCK))
            .for_each(|(((weights, means), squares), gradients)| {
                for (((weight, mean), square), gradient) in
                    weights.iter_mut().zip(means).zip(squares).zip(gradients)
                {
                    let gradient = gradient * scale;
                    *mean = BETA_1 * *mean + (1.0 - BETA_1) * gradient;
                    *square = BETA_2 * *square + (1.0 - BETA_2) * gradient * gradient;
                    let step = rate * *mean / ((*square * correction).sqrt() + EPSILON);
                    *weight = *weight * decay - step;
                }
            });
        self.index += 1;
        let updated = Tensor::from_data(TensorData::new(weights, shape), &device).require_grad();
        Param::from_mapped_value(id, updated, mapper)
    }
}

/// The values of a tensor without autodiff.
fn values_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("weights and their gradients are f32")
}

#[cfg(test)]
mod tests {
    use burn::optim::{AdamWConfig, GradientsParams};
    use burn::tensor::Device;
    use market::Seed;

    use super::*;
    use crate::initialise::Initialiser;
    use crate::linear::Linear;

    fn loss(network: &Linear, device: &Device) -> Tensor<1> {
        let rows = Tensor::<2>::from_data([[1.0, -2.0, 0.5], [0.3, 0.7, -1.5]], device);
        let error = network.forward(rows) - 1.0;
        (error.clone() * error).sum()
    }

    #[test]
    fn agrees_with_burns_optimiser() {
        let device = Device::flex().autodiff();
        let start = || Linear::new(3, 4, &mut Initialiser::new(Some(Seed(3)), &device));
        let (mut ours, mut theirs) = (start(), start());
        let mut adam = AdamW::new(0.1, f64::INFINITY);
        let mut reference = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.1).init();
        for step in 1..=20 {
            let rate = 0.01 * f64::from(step);
            ours = adam.step(ours.clone(), loss(&ours, &device).backward(), rate).0;
            let gradients = GradientsParams::from_grads(loss(&theirs, &device).backward(), &theirs);
            theirs = reference.step(rate, theirs, gradients);
        }
        let pairs =
            values_of(ours.weight.val().inner()).into_iter().zip(values_of(theirs.weight.val().inner()));
        for (a, b) in pairs {
            assert!((a - b).abs() < 1e-5, "{a} for {b}");
        }
    }

    #[test]
    fn a_long_gradient_is_clipped_and_an_infinite_one_refused() {
        let device = Device::flex().autodiff();
        let start = Linear::new(3, 4, &mut Initialiser::new(Some(Seed(3)), &device));
        let step = |clip, factor: f32| {
            let gradients = (loss(&start, &device) * factor).backward();
            let mut adam = AdamW::new(0.0, clip);
            let (_, norm) = adam.step(start.clone(), gradients, 0.1);
            let largest = adam
                .moments
                .first()
                .map(|(means, _)| means.iter().map(|mean| mean.abs()).fold(0.0, f32::max));
            (norm, largest)
        };
        let (norm, largest) = step(1e-3, 1.0);
        // A mean after one step is a tenth of the clipped gradient.
        assert!(norm > 1e-3 && largest.unwrap() <= 1.001e-4);
        let (norm, untouched) = step(1.0, f32::INFINITY);
        assert!(!norm.is_finite() && untouched.is_none());
    }
}
