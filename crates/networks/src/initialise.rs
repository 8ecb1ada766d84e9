//! Initial weights with `PyTorch`'s default distributions, drawn from the run's seed.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use market::{Purpose, Seed};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};

/// Draws initial weights; every tensor gets a stream of its own, numbered in order of creation.
pub(crate) struct Initialiser<'a> {
    seed: Option<Seed>,
    device: &'a Device,
    next: u64,
}

impl<'a> Initialiser<'a> {
    /// Draws from the seed; without one every random weight is 0, to be replaced by loaded ones.
    pub(crate) fn new(seed: Option<Seed>, device: &'a Device) -> Self {
        Self { seed, device, next: 0 }
    }

    /// Uniform in `±bound`.
    pub(crate) fn uniform<const D: usize>(&mut self, shape: [usize; D], bound: f64) -> Param<Tensor<D>> {
        let range = symmetric(bound);
        self.draw(shape, |stream| range.sample(stream))
    }

    /// Sum of two draws uniform in `±bound`.
    pub(crate) fn sum_of_uniforms<const D: usize>(
        &mut self,
        shape: [usize; D],
        bound: f64,
    ) -> Param<Tensor<D>> {
        let range = symmetric(bound);
        self.draw(shape, |stream| range.sample(stream) + range.sample(stream))
    }

    /// Normal with mean 0.
    pub(crate) fn normal<const D: usize>(&mut self, shape: [usize; D], deviation: f32) -> Param<Tensor<D>> {
        self.draw(shape, |stream| {
            let value: f32 = StandardNormal.sample(stream);
            value * deviation
        })
    }

    /// One value everywhere.
    pub(crate) fn constant<const D: usize>(&mut self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.draw(shape, |_| value)
    }

    fn draw<const D: usize>(
        &mut self,
        shape: [usize; D],
        mut value: impl FnMut(&mut dyn Rng) -> f32,
    ) -> Param<Tensor<D>> {
        let size = shape.iter().product();
        let values: Vec<f32> = match self.seed {
            Some(seed) => {
                let mut stream = seed.stream(Purpose::Weights, &[self.next]);
                (0..size).map(|_| value(&mut stream)).collect()
            }
            None => vec![0.0; size],
        };
        self.next += 1;
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), self.device))
    }
}

fn symmetric(bound: f64) -> Uniform<f32> {
    let bound = bound as f32;
    Uniform::new_inclusive(-bound, bound).expect("a layer has inputs, so the bound is a number")
}
