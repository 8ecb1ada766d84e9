//! The map from patches into the stream and back with its derivative.

use super::linear::Linear;
use super::rows::add_to;
use crate::training::parameters::{Parameters, Place};

#[derive(Debug)]
pub(super) struct PatchMap {
    hidden: Linear,
    output: Linear,
    straight: Linear,
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
