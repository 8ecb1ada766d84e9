//! A linear map with its derivative.

use kernels::column_sums;

use super::rows::{by_weight, times, times_back};
use crate::training::parameters::{Parameters, Place};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Linear {
    weight: Place,
    bias: Place,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    pub(crate) fn new(
        name: &str,
        [inputs, outputs]: [usize; 2],
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        let weight = add(format!("{name}.weight"), &[outputs, inputs]);
        Self { weight, bias: add(format!("{name}.bias"), &[outputs]), inputs, outputs }
    }

    pub(crate) fn forward(&self, parameters: &Parameters, rows: &[f32]) -> Vec<f32> {
        let bias = Some(parameters.values(self.bias));
        times(rows, parameters.values(self.weight), self.inputs, self.outputs, bias)
    }

    /// The derivative by the rows.
    pub(crate) fn backward(&self, parameters: &mut Parameters, rows: &[f32], gradient: &[f32]) -> Vec<f32> {
        let by_weight = by_weight(rows, gradient, self.inputs, self.outputs);
        parameters.accumulate(self.weight, &by_weight);
        parameters.accumulate(self.bias, &column_sums(gradient, self.outputs));
        times_back(gradient, parameters.values(self.weight), self.inputs)
    }
}
