//! The recurrent part of an LSTM layer, over all time steps at once.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::activation::{sigmoid, tanh};
use crate::fused::{self, FusedOp};

/// Windows whose steps are computed together by one thread. Fixed, so that results never depend on
/// the number of threads.
const GROUP: usize = 16;

/// A product of one row takes a path that is three times slower than that of two rows.
const LEAST_ROWS: usize = 2;

/// Runs an LSTM layer over a batch of windows.
///
/// `projected` is `x W_ih + b`, `[steps * batch, 4 * hidden]` with row `t * batch + b`; `weight` is
/// `W_hh`, `[hidden, 4 * hidden]`. Gates are in the order input, forget, cell, output. The state
/// starts at 0. Returns the hidden states, `[steps * batch, hidden]`.
pub(crate) fn lstm_sequence(projected: Tensor<2>, weight: Tensor<2>, batch: usize) -> Tensor<2> {
    let [hidden, _] = weight.dims();
    let op = LstmSequence { batch, hidden, steps: projected.dims()[0] / batch };
    fused::apply(op, [projected.into(), weight.into()])
}

#[derive(Debug, Clone)]
struct LstmSequence {
    steps: usize,
    batch: usize,
    hidden: usize,
}

/// Rows are `t * batch + b`, as in the input.
#[derive(Debug)]
struct Trace {
    weight: FlexTensor,
    /// Hidden states.
    outputs: FlexTensor,
    /// Gates after their activation, `[.., 4 * hidden]`.
    gates: Vec<f32>,
    /// Cell states and their hyperbolic tangents, `[.., hidden]` each.
    cells: Vec<f32>,
    cell_tanhs: Vec<f32>,
}

/// The rows of one group of windows at every step, as slices of the whole.
struct Group<'a> {
    gates: Vec<&'a mut [f32]>,
    cells: Vec<&'a mut [f32]>,
    cell_tanhs: Vec<&'a mut [f32]>,
    outputs: Vec<&'a mut [f32]>,
}

impl LstmSequence {
    /// Splits `[steps * batch, width]` into groups of windows: one slice per step and group.
    fn split<'a>(&self, values: &'a mut [f32], width: usize) -> Vec<Vec<&'a mut [f32]>> {
        let mut groups: Vec<Vec<&mut [f32]>> =
            (0..self.batch.div_ceil(GROUP)).map(|_| Vec::with_capacity(self.steps)).collect();
        for step in values.chunks_mut(self.batch * width) {
            for (group, rows) in groups.iter_mut().zip(step.chunks_mut(GROUP * width)) {
                group.push(rows);
            }
        }
        groups
    }

    /// First row of a group at a step.
    fn first_row(&self, step: usize, group: usize) -> usize {
        step * self.batch + group * GROUP
    }

    fn run_group(&self, projected: &[f32], weight: &FlexTensor, index: usize, group: &mut Group) {
        let h = self.hidden;
        let rows = group.outputs[0].len() / h;
        let mut state = vec![0.0; rows * h];
        for step in 0..self.steps {
            let first = self.first_row(step, index) * 4 * h;
            let inputs = &projected[first..first + rows * 4 * h];
            let gates = &mut *group.gates[step];
            if step == 0 {
                gates.copy_from_slice(inputs);
            } else {
                let mut before = group.outputs[step - 1].to_vec();
                before.resize(rows.max(LEAST_ROWS) * h, 0.0);
                let before = fused::from_values(before, [rows.max(LEAST_ROWS), h]);
                let recurrent = fused::matmul(before, weight.clone());
                let recurrent = fused::values(&recurrent);
                for ((gate, a), b) in gates.iter_mut().zip(inputs).zip(recurrent) {
                    *gate = a + b;
                }
            }
            let cell_tanhs = &mut *group.cell_tanhs[step];
            let outputs = &mut *group.outputs[step];
            for row in 0..rows {
                cell(
                    &mut gates[row * 4 * h..(row + 1) * 4 * h],
                    &mut state[row * h..(row + 1) * h],
                    &mut cell_tanhs[row * h..(row + 1) * h],
                    &mut outputs[row * h..(row + 1) * h],
                );
            }
            group.cells[step].copy_from_slice(&state);
        }
    }

    /// Walks one group back in time; writes the derivatives by its projected inputs.
    fn walk_back(
        &self,
        trace: &Trace,
        transposed: &FlexTensor,
        gradient: &[f32],
        index: usize,
        by_projected: &mut [&mut [f32]],
    ) {
        let h = self.hidden;
        let rows = by_projected[0].len() / (4 * h);
        let mut by_cell = vec![0.0; rows * h];
        let mut from_later: Option<FlexTensor> = None;
        let zeros = vec![0.0; rows * h];
        for step in (0..self.steps).rev() {
            let first = self.first_row(step, index);
            let later = from_later.as_ref().map_or(&zeros[..], fused::values);
            for row in 0..rows {
                let at = (first + row) * h;
                let cells_before =
                    if step == 0 { &zeros[..h] } else { &trace.cells[at - self.batch * h..][..h] };
                cell_back(
                    &trace.gates[4 * at..4 * (at + h)],
                    cells_before,
                    &trace.cell_tanhs[at..at + h],
                    &gradient[at..at + h],
                    &later[row * h..(row + 1) * h],
                    &mut by_cell[row * h..(row + 1) * h],
                    &mut by_projected[step][row * 4 * h..(row + 1) * 4 * h],
                );
            }
            if step > 0 {
                let gates = fused::from_values(by_projected[step].to_vec(), [rows, 4 * h]);
                from_later = Some(fused::matmul(gates, transposed.clone()));
            }
        }
    }
}

/// One unit row of one step: turns summed inputs into gates, advances the cell, writes the output.
pub(crate) fn cell(gates: &mut [f32], state: &mut [f32], tanhs: &mut [f32], out: &mut [f32]) {
    let h = state.len();
    let (input, rest) = gates.split_at_mut(h);
    let (forget, rest) = rest.split_at_mut(h);
    let (candidate, output) = rest.split_at_mut(h);
    for (((i, f), g), (o, (c, (t, y)))) in input
        .iter_mut()
        .zip(forget)
        .zip(candidate)
        .zip(output.iter_mut().zip(state.iter_mut().zip(tanhs.iter_mut().zip(out))))
    {
        *i = sigmoid(*i);
        *f = sigmoid(*f);
        *g = tanh(*g);
        *o = sigmoid(*o);
        *c = *f * *c + *i * *g;
        *t = tanh(*c);
        *y = *o * *t;
    }
}

/// The derivative of [`cell`]: `by_cell` holds the derivative by the next cell state and becomes that
/// by the one before.
fn cell_back(
    gates: &[f32],
    cells_before: &[f32],
    tanhs: &[f32],
    gradient: &[f32],
    later: &[f32],
    by_cell: &mut [f32],
    by_gates: &mut [f32],
) {
    let h = by_cell.len();
    let [i, f, g, o] = [0, 1, 2, 3].map(|gate| &gates[gate * h..(gate + 1) * h]);
    let (by_i, rest) = by_gates.split_at_mut(h);
    let (by_f, rest) = rest.split_at_mut(h);
    let (by_g, by_o) = rest.split_at_mut(h);
    let (cells_before, tanhs) = (&cells_before[..h], &tanhs[..h]);
    let (gradient, later, by_o) = (&gradient[..h], &later[..h], &mut by_o[..h]);
    for u in 0..h {
        let by_out = gradient[u] + later[u];
        let c = by_cell[u] + by_out * o[u] * (1.0 - tanhs[u] * tanhs[u]);
        by_i[u] = c * g[u] * i[u] * (1.0 - i[u]);
        by_f[u] = c * cells_before[u] * f[u] * (1.0 - f[u]);
        by_g[u] = c * i[u] * (1.0 - g[u] * g[u]);
        by_o[u] = by_out * tanhs[u] * o[u] * (1.0 - o[u]);
        by_cell[u] = c * f[u];
    }
}

impl FusedOp<2> for LstmSequence {
    type Saved = Arc<Trace>;

    fn forward(&self, [projected, weight]: [FlexTensor; 2], keep: bool) -> (FlexTensor, Option<Arc<Trace>>) {
        let (h, rows) = (self.hidden, self.steps * self.batch);
        let projected = fused::contiguous(&projected);
        let projected = fused::values(&projected);
        let weight = fused::contiguous(&weight);
        let mut gates = vec![0.0; rows * 4 * h];
        let [mut cells, mut cell_tanhs, mut outputs] = [(); 3].map(|()| vec![0.0; rows * h]);
        let groups: Vec<Group<'_>> = self
            .split(&mut gates, 4 * h)
            .into_iter()
            .zip(self.split(&mut cells, h))
            .zip(self.split(&mut cell_tanhs, h))
            .zip(self.split(&mut outputs, h))
            .map(|(((gates, cells), cell_tanhs), outputs)| Group { gates, cells, cell_tanhs, outputs })
            .collect();
        groups.into_par_iter().enumerate().for_each(|(index, mut group)| {
            self.run_group(projected, &weight, index, &mut group);
        });
        let outputs = fused::from_values(outputs, [rows, h]);
        let trace =
            keep.then(|| Arc::new(Trace { weight, outputs: outputs.clone(), gates, cells, cell_tanhs }));
        (outputs, trace)
    }

    fn backward(&self, trace: Arc<Trace>, gradient: FlexTensor) -> [FlexTensor; 2] {
        let (h, rows) = (self.hidden, self.steps * self.batch);
        let gradient = fused::contiguous(&gradient);
        let gradient = fused::values(&gradient);
        let transposed = trace.weight.transpose(0, 1).to_contiguous();
        let mut by_projected = vec![0.0; rows * 4 * h];
        self.split(&mut by_projected, 4 * h).into_par_iter().enumerate().for_each(|(index, mut group)| {
            self.walk_back(&trace, &transposed, gradient, index, &mut group);
        });
        let by_projected = fused::from_values(by_projected, [rows, 4 * h]);
        // W_hh meets the output of step t - 1 at step t.
        let pairs = rows - self.batch;
        let by_weight = if pairs == 0 {
            fused::from_values(vec![0.0; h * 4 * h], [h, 4 * h])
        } else {
            fused::matmul(
                trace.outputs.narrow(0, 0, pairs).transpose(0, 1),
                by_projected.narrow(0, self.batch, pairs),
            )
        };
        [by_projected, by_weight]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use burn::tensor::activation;
    use burn::tensor::{Device, TensorData};
    use market::{Purpose, Seed};
    use rand::RngExt as _;

    use super::*;

    pub(crate) fn random<const D: usize>(shape: [usize; D], which: u64, device: &Device) -> Tensor<D> {
        let mut stream = Seed(11).stream(Purpose::Weights, &[which]);
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.random_range(-1.0..1.0)).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// The same layer from Burn's own operations.
    pub(crate) fn stock(projected: &Tensor<2>, weight: &Tensor<2>, batch: usize) -> Tensor<2> {
        let [rows, width] = projected.dims();
        let h = width / 4;
        let mut state = Tensor::<2>::zeros([batch, h], &projected.device());
        let mut hidden = state.clone();
        let mut outputs = Vec::new();
        for step in 0..rows / batch {
            let inputs = projected.clone().narrow(0, step * batch, batch);
            let gates = inputs + hidden.matmul(weight.clone());
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates.clone().narrow(1, gate * h, h));
            state = activation::sigmoid(f) * state + activation::sigmoid(i) * activation::tanh(g);
            hidden = activation::sigmoid(o) * activation::tanh(state.clone());
            outputs.push(hidden.clone());
        }
        Tensor::cat(outputs, 0)
    }

    pub(crate) fn close<const D: usize>(a: Tensor<D>, b: Tensor<D>, tolerance: f32) {
        let (a, b) = (a.into_data(), b.into_data());
        for (a, b) in a.iter::<f32>().zip(b.iter::<f32>()) {
            assert!((a - b).abs() < tolerance, "{a} for {b}");
        }
    }

    #[test]
    fn values_and_gradients_agree_with_burns_graph() {
        // 37 windows: two full groups and a part of one.
        let (steps, batch, h) = (6, 37, 5);
        let device = Device::flex().autodiff();
        let projected = random([steps * batch, 4 * h], 1, &device).require_grad();
        let weight = random([h, 4 * h], 2, &device).require_grad();
        let factor = random([steps * batch, h], 3, &device);
        let ours = lstm_sequence(projected.clone(), weight.clone(), batch);
        let theirs = stock(&projected, &weight, batch);
        close(ours.clone().inner(), theirs.clone().inner(), 1e-6);
        let by_ours = (ours * factor.clone()).sum().backward();
        let by_theirs = (theirs * factor).sum().backward();
        for tensor in [&projected, &weight] {
            close(tensor.grad(&by_ours).unwrap(), tensor.grad(&by_theirs).unwrap(), 2e-5);
        }
    }

    #[test]
    fn one_cell_step_by_hand() {
        // Summed inputs of one unit: i = 0, f = ln 3, g = 0.5, o = -ln 3; the cell state before is 2.
        let third = 3.0_f32.ln();
        let mut gates = [0.0, third, 0.5, -third];
        let (mut state, mut tanhs, mut out) = ([2.0], [0.0], [0.0]);
        cell(&mut gates, &mut state, &mut tanhs, &mut out);
        // i = 0.5, f = 0.75, g = tanh 0.5 = 0.462117, o = 0.25:
        // c = 0.75 * 2 + 0.5 * 0.462117 = 1.731059; h = 0.25 * tanh 1.731059 = 0.234827.
        for (value, expected) in gates.iter().zip([0.5, 0.75, 0.462_117, 0.25]) {
            assert!((value - expected).abs() < 1e-6, "{value} for {expected}");
        }
        assert!((state[0] - 1.731_059).abs() < 1e-6);
        assert!((out[0] - 0.25 * 1.731_059_f32.tanh()).abs() < 1e-6);
    }
}
