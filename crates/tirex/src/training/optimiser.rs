//! `AdamW` with clipping, and the average of the weights over the steps.

use rayon::prelude::*;

use super::parameters::Parameters;

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.98;
const EPSILON: f32 = 1e-8;

/// Moments of every weight, and its average.
#[derive(Debug)]
pub(crate) struct Optimiser {
    steps: i32,
    weight_decay: f32,
    clip_norm: f64,
    keeps: f32,
    moments: Vec<(Vec<f32>, Vec<f32>)>,
    averages: Vec<Vec<f32>>,
}

impl Optimiser {
    /// `keeps` is the share of the average that a step leaves.
    pub(crate) fn new(parameters: &mut Parameters, weight_decay: f64, clip_norm: f64, keeps: f64) -> Self {
        let zeros = |length: usize| vec![0.0; length];
        Self {
            steps: 0,
            weight_decay: weight_decay as f32,
            clip_norm,
            keeps: keeps as f32,
            moments: parameters.iter_mut().map(|p| (zeros(p.values.len()), zeros(p.values.len()))).collect(),
            averages: parameters.iter_mut().map(|p| p.values.clone()).collect(),
        }
    }

    /// One step with the derivatives, which become 0; returns their norm. When it is not finite nothing is changed.
    pub(crate) fn step(&mut self, parameters: &mut Parameters, rate: f64) -> f64 {
        let squares = |p: &mut super::parameters::Parameter| {
            p.gradient.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>()
        };
        let norm = parameters.iter_mut().map(squares).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return norm;
        }
        self.steps += 1;
        let scale = if norm > self.clip_norm { (self.clip_norm / norm) as f32 } else { 1.0 };
        let first = (rate / (1.0 - f64::from(BETA_1).powi(self.steps))) as f32;
        let second = (1.0 / (1.0 - f64::from(BETA_2).powi(self.steps))) as f32;
        // The average of the first steps must not be that of the start.
        let keeps = self.keeps.min((1 + self.steps) as f32 / (10 + self.steps) as f32);
        let work: Vec<_> = parameters.iter_mut().zip(&mut self.moments).zip(&mut self.averages).collect();
        work.into_par_iter().for_each(|((parameter, (means, squares)), averages)| {
            let decay = if parameter.shape.len() > 1 { 1.0 - rate as f32 * self.weight_decay } else { 1.0 };
            let weights = parameter.values.iter_mut().zip(&mut parameter.gradient);
            for ((((weight, gradient), mean), square), average) in
                weights.zip(means).zip(squares).zip(averages)
            {
                let by = *gradient * scale;
                *gradient = 0.0;
                *mean = BETA_1 * *mean + (1.0 - BETA_1) * by;
                *square = BETA_2 * *square + (1.0 - BETA_2) * by * by;
                *weight = *weight * decay - first * *mean / ((*square * second).sqrt() + EPSILON);
                *average = keeps * *average + (1.0 - keeps) * *weight;
            }
        });
        norm
    }

    /// Steps so far.
    pub(crate) fn steps(&self) -> i32 {
        self.steps
    }

    pub(crate) fn set_steps(&mut self, steps: i32) {
        self.steps = steps;
    }

    /// Hands over moments and averages, in one order.
    pub(crate) fn each(&mut self, take: &mut dyn FnMut(&mut [f32])) {
        for (means, squares) in &mut self.moments {
            take(means);
            take(squares);
        }
        self.averages.iter_mut().for_each(|average| take(average));
    }

    /// The weights replaced by their averages.
    pub(crate) fn averaged(&self, parameters: &Parameters) -> Parameters {
        let mut averaged = parameters.clone();
        for (parameter, average) in averaged.iter_mut().zip(&self.averages) {
            parameter.values.clone_from(average);
        }
        averaged
    }
}
