//! Linear maps, and the map from patches into the stream and back with its derivative.

use kernels::column_sums;

use super::rows::{add_to, by_weight, times, times_back};
use crate::pretraining::parameters::{Parameters, Place};

#[derive(Debug)]
pub(super) struct PatchMap {
    hidden: Linear,
    output: Linear,
    straight: Linear,
}

#[derive(Debug, Clone, Copy)]
struct Linear {
    weight: Place,
    bias: Place,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    pub(super) fn new(
        name: &str,
        [inputs, outputs]: [usize; 2],
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        let weight = add(format!("{name}.weight"), &[outputs, inputs]);
        Self { weight, bias: add(format!("{name}.bias"), &[outputs]), inputs, outputs }
    }

    pub(super) fn forward(&self, parameters: &Parameters, rows: &[f32]) -> Vec<f32> {
        let bias = Some(parameters.values(self.bias));
        times(rows, parameters.values(self.weight), self.inputs, self.outputs, bias)
    }

    /// The derivative by the rows.
    pub(super) fn backward(&self, parameters: &mut Parameters, rows: &[f32], gradient: &[f32]) -> Vec<f32> {
        let by_weight = by_weight(rows, gradient, self.inputs, self.outputs);
        parameters.accumulate(self.weight, &by_weight);
        parameters.accumulate(self.bias, &column_sums(gradient, self.outputs));
        times_back(gradient, parameters.values(self.weight), self.inputs)
    }
}

impl PatchMap {
    pub(super) fn new(
        name: &str,
        [inputs, hidden, outputs]: [usize; 3],
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        Self {
            hidden: Linear::new(&format!("{name}.hidden_layer"), [inputs, hidden], add),
            output: Linear::new(&format!("{name}.output_layer"), [hidden, outputs], add),
            straight: Linear::new(&format!("{name}.residual_layer"), [inputs, outputs], add),
        }
    }

    /// The result, and the hidden layer.
    pub(super) fn forward(&self, parameters: &Parameters, rows: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let mut hidden = self.hidden.forward(parameters, rows);
        for value in &mut hidden {
            *value = value.max(0.0);
        }
        let mut out = self.output.forward(parameters, &hidden);
        add_to(&mut out, &self.straight.forward(parameters, rows));
        (out, hidden)
    }

    pub(super) fn backward(
        &self,
        parameters: &mut Parameters,
        rows: &[f32],
        hidden: &[f32],
        gradient: &[f32],
    ) -> Vec<f32> {
        let mut by_hidden = self.output.backward(parameters, hidden, gradient);
        for (by, value) in by_hidden.iter_mut().zip(hidden) {
            if *value <= 0.0 {
                *by = 0.0;
            }
        }
        let mut by_rows = self.hidden.backward(parameters, rows, &by_hidden);
        add_to(&mut by_rows, &self.straight.backward(parameters, rows, gradient));
        by_rows
    }
}
