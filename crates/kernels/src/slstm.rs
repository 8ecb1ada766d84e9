//! The sLSTM cell of xLSTM (Beck and others 2024) over all time steps: forward and backward.
//!
//! Exponential input gate, sigmoid forget gate in log space, normaliser and stabiliser. Recurrent weights
//! are block diagonal: one block per head. Rows are ordered by time and then by sequence, as in
//! [`crate::lstm_forward`]; a row of gates is head after head, in each head input, forget, cell, output.

use rayon::prelude::*;

use crate::activation::{exp, sigmoid, tanh};
use crate::instructions::{Instructions, vectorised};
use crate::matrix::Matrix;
use crate::parts::Parts;
use crate::product::{Packed, transposed_product};

/// What the derivative of an sLSTM layer needs from its forward pass.
#[derive(Debug, Clone)]
pub struct SlstmTrace {
    /// Stabilised input gate, forget gate, cell candidate and output gate, `[steps * batch, 4 * width]`.
    gates: Vec<f32>,
    /// Slope of the log of the forget gate, cell states, normalisers: `[steps * batch, width]` each.
    forget_slopes: Vec<f32>,
    cells: Vec<f32>,
    normalisers: Vec<f32>,
}

/// Derivatives by what went into [`slstm_forward`].
#[derive(Debug, Clone)]
pub struct SlstmGradients {
    /// By the summed inputs of the gates, `[steps * batch, 4 * width]`.
    pub projected: Vec<f32>,
    /// By the recurrent weights of each head, `[width / heads, 4 * width / heads]`.
    pub recurrent: Vec<Vec<f32>>,
}

/// Outputs `[steps * batch, width]` of an sLSTM layer.
///
/// `projected` is input projection and bias, `[steps * batch, 4 * width]`; `recurrent` has one matrix
/// `[width / heads, 4 * width / heads]` per head. States start at 0.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn slstm_forward(
    instructions: Instructions,
    projected: Vec<f32>,
    recurrent: &[Packed],
    batch: usize,
) -> (Vec<f32>, SlstmTrace) {
    let d = recurrent[0].inner();
    let width = d * recurrent.len();
    let rows = projected.len() / (4 * width);
    assert!(recurrent.iter().all(|head| head.inner() == d && head.columns() == 4 * d), "heads are alike");
    assert!(rows.is_multiple_of(batch), "sizes of an sLSTM layer fit");
    let mut gates = projected;
    let [mut forget_slopes, mut cells, mut normalisers, mut outputs] =
        [(); 4].map(|()| vec![0.0; rows * width]);
    let parts = Parts::new(batch);
    let work: Vec<_> = parts
        .split(&mut gates, 4 * width)
        .into_iter()
        .zip(parts.split(&mut forget_slopes, width))
        .zip(parts.split(&mut cells, width))
        .zip(parts.split(&mut normalisers, width))
        .zip(parts.split(&mut outputs, width))
        .collect();
    work.into_par_iter().for_each(
        |((((mut gates, mut slopes), mut cells), mut normalisers), mut outputs)| {
            let n = outputs[0].len() / width;
            let mut stabilisers = vec![0.0; n * width];
            let mut head_sums = vec![0.0; n * 4 * d];
            for step in 0..gates.len() {
                let (before, now) = outputs.split_at_mut(step);
                let (cells_before, cells) = cells.split_at_mut(step);
                let (normalisers_before, normalisers) = normalisers.split_at_mut(step);
                if let Some(before) = before.last() {
                    for (head, recurrent) in recurrent.iter().enumerate() {
                        head_sums.fill(0.0);
                        recurrent.add_rows(&before[head * d..], width, &mut head_sums);
                        for (gates, sums) in gates[step].chunks_mut(4 * width).zip(head_sums.chunks(4 * d)) {
                            for (gate, sum) in gates[head * 4 * d..][..4 * d].iter_mut().zip(sums) {
                                *gate += sum;
                            }
                        }
                    }
                    cells[0].copy_from_slice(cells_before[step - 1]);
                    normalisers[0].copy_from_slice(normalisers_before[step - 1]);
                }
                cell_rows(
                    instructions,
                    d,
                    step == 0,
                    gates[step],
                    slopes[step],
                    cells[0],
                    normalisers[0],
                    &mut stabilisers,
                    now[0],
                );
            }
        },
    );
    (outputs, SlstmTrace { gates, forget_slopes, cells, normalisers })
}

/// One head of an sLSTM layer between two steps: states `[batch, d]` of as many series.
#[derive(Debug, Clone, PartialEq)]
pub struct SlstmState {
    /// Gated outputs, which go into the next step.
    outputs: Vec<f32>,
    cells: Vec<f32>,
    normalisers: Vec<f32>,
    stabilisers: Vec<f32>,
    /// Before the first step, in which there is nothing to forget.
    is_fresh: bool,
}

impl SlstmState {
    /// Before the first step of `batch` series.
    pub fn new(batch: usize, d: usize) -> Self {
        let zeros = vec![0.0; batch * d];
        Self {
            outputs: zeros.clone(),
            cells: zeros.clone(),
            normalisers: zeros.clone(),
            stabilisers: zeros,
            is_fresh: true,
        }
    }

    /// The state of one series for `batch` of them.
    #[must_use]
    pub fn repeated(&self, batch: usize) -> Self {
        Self {
            outputs: self.outputs.repeat(batch),
            cells: self.cells.repeat(batch),
            normalisers: self.normalisers.repeat(batch),
            stabilisers: self.stabilisers.repeat(batch),
            is_fresh: self.is_fresh,
        }
    }
}

/// One head on this thread and without a trace: advances its states over some steps. The same bits as
/// [`slstm_forward`].
///
/// `gates` are projected inputs `[steps * batch, 4 * d]` and are overwritten; `outputs` is `[steps * batch, d]`;
/// `behind` sees the state behind each step.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn slstm_states(
    instructions: Instructions,
    gates: &mut [f32],
    recurrent: &Packed,
    state: &mut SlstmState,
    outputs: &mut [f32],
    mut behind: impl FnMut(usize, &SlstmState),
) {
    let (d, size) = (recurrent.inner(), state.outputs.len());
    assert!(
        recurrent.columns() == 4 * d
            && gates.len() == 4 * outputs.len()
            && outputs.len().is_multiple_of(size),
        "sizes of an sLSTM head fit"
    );
    let mut slopes = vec![0.0; size];
    let steps = gates.chunks_mut(4 * size).zip(outputs.chunks_mut(size));
    for (step, (gates, outputs)) in steps.enumerate() {
        if !state.is_fresh {
            recurrent.add_rows(&state.outputs, d, gates);
        }
        cell_rows(
            instructions,
            d,
            state.is_fresh,
            gates,
            &mut slopes,
            &mut state.cells,
            &mut state.normalisers,
            &mut state.stabilisers,
            outputs,
        );
        state.outputs.copy_from_slice(outputs);
        state.is_fresh = false;
        behind(step, state);
    }
}

/// Derivatives of a loss by the operands of [`slstm_forward`], from its derivative by the outputs.
/// `transposed` has the transposed recurrent weights of each head, `[4 * width / heads, width / heads]`.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn slstm_backward(
    instructions: Instructions,
    trace: SlstmTrace,
    outputs: &[f32],
    gradient: &[f32],
    transposed: &[Packed],
    batch: usize,
) -> SlstmGradients {
    let d = transposed[0].columns();
    let width = d * transposed.len();
    assert!(
        gradient.len() == outputs.len() && outputs.len() == trace.cells.len(),
        "sizes of an sLSTM layer fit"
    );
    let SlstmTrace { mut gates, forget_slopes, cells, normalisers } = trace;
    let parts = Parts::new(batch);
    parts.split(&mut gates, 4 * width).into_par_iter().enumerate().for_each(|(part, mut gates)| {
        let n = gates[0].len() / (4 * width);
        let [mut by_cell, mut by_normaliser, mut by_out] = [(); 3].map(|()| vec![0.0; n * width]);
        let start = vec![0.0; n * width];
        let mut head_sums = vec![0.0; n * d];
        for step in (0..gates.len()).rev() {
            let first = (step * batch + part * parts.windows) * width;
            let range = first..first + n * width;
            for (by_out, gradient) in by_out.iter_mut().zip(&gradient[range.clone()]) {
                *by_out += gradient;
            }
            cell_rows_back(
                instructions,
                d,
                gates[step],
                &forget_slopes[range.clone()],
                &cells[range.clone()],
                &normalisers[range.clone()],
                parts.before(&cells, range.clone(), width, &start),
                parts.before(&normalisers, range.clone(), width, &start),
                &by_out,
                &mut by_cell,
                &mut by_normaliser,
            );
            for (head, transposed) in transposed.iter().enumerate() {
                head_sums.fill(0.0);
                transposed.add_rows(&gates[step][head * 4 * d..], 4 * width, &mut head_sums);
                for (by_out, sums) in by_out.chunks_mut(width).zip(head_sums.chunks(d)) {
                    by_out[head * d..(head + 1) * d].copy_from_slice(sums);
                }
            }
        }
    });
    let pairs = outputs.len() / width - batch;
    let recurrent = (0..transposed.len())
        .map(|head| {
            if pairs == 0 {
                return vec![0.0; d * 4 * d];
            }
            let part = |values: &[f32], width: usize, size: usize| -> Vec<f32> {
                values.chunks(width).flat_map(|row| &row[head * size..(head + 1) * size]).copied().collect()
            };
            let before = part(&outputs[..pairs * width], width, d);
            let by_gates = part(&gates[batch * 4 * width..], 4 * width, 4 * d);
            transposed_product(instructions, Matrix::new(&before, d), Matrix::new(&by_gates, 4 * d))
        })
        .collect();
    SlstmGradients { projected: gates, recurrent }
}

/// The forget gate's summed input is cut here before its logarithm, as in the reference.
const LARGEST_FORGET: f32 = 15.0;

vectorised! {
    /// One step of some sequences. `gates` are summed inputs and become activated gates; cell states,
    /// normalisers and stabilisers advance.
    fn cell_rows(
        d: usize,
        is_first: bool,
        gates: &mut [f32],
        forget_slopes: &mut [f32],
        cells: &mut [f32],
        normalisers: &mut [f32],
        stabilisers: &mut [f32],
        out: &mut [f32],
    ) {
        for (head, gates) in gates.chunks_mut(4 * d).enumerate() {
            let range = head * d..(head + 1) * d;
            let (input, rest) = gates.split_at_mut(d);
            let (forget, rest) = rest.split_at_mut(d);
            let (candidate, output) = rest.split_at_mut(d);
            let (slopes, cells) = (&mut forget_slopes[range.clone()], &mut cells[range.clone()]);
            let (normalisers, stabilisers) = (&mut normalisers[range.clone()], &mut stabilisers[range.clone()]);
            let (output, out) = (&mut output[..d], &mut out[range]);
            for u in 0..d {
                let cut = forget[u].min(LARGEST_FORGET);
                // ln σ(x) = min(x, 0) - ln(1 + e^-|x|)
                let bell = exp(-cut.abs());
                let log = stabilisers[u] + cut.min(0.0) - log1p(bell);
                let highest = if is_first { input[u] } else { input[u].max(log) };
                // 1 - σ(x), for the derivative.
                slopes[u] = if forget[u] > LARGEST_FORGET { 0.0 } else { sigmoid(-cut) };
                input[u] = exp(input[u] - highest).min(1.0);
                forget[u] = exp(log - highest).min(1.0);
                candidate[u] = tanh(candidate[u]);
                output[u] = sigmoid(output[u]);
                stabilisers[u] = highest;
                cells[u] = forget[u] * cells[u] + input[u] * candidate[u];
                normalisers[u] = forget[u] * normalisers[u] + input[u];
                out[u] = output[u] * cells[u] / normalisers[u];
            }
        }
    }
}

/// `ln(1 + x)` for `0 <= x <= 1`, absolute error below 2e-7: `2 artanh(x / (2 + x))` as a series.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for the caller's instruction set")]
fn log1p(x: f32) -> f32 {
    let t = x / (2.0 + x);
    let square = t * t;
    let mut p = 1.0 / 13.0;
    for odd in [11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        p = p * square + 1.0 / odd;
    }
    2.0 * t * p
}

vectorised! {
    /// The derivative of [`cell_rows`]. The output does not depend on the stabilisers, so they count as
    /// constants.
    fn cell_rows_back(
        d: usize,
        gates: &mut [f32],
        forget_slopes: &[f32],
        cells: &[f32],
        normalisers: &[f32],
        cells_before: &[f32],
        normalisers_before: &[f32],
        by_out: &[f32],
        by_cell: &mut [f32],
        by_normaliser: &mut [f32],
    ) {
        for (head, gates) in gates.chunks_mut(4 * d).enumerate() {
            let range = head * d..(head + 1) * d;
            let (i, rest) = gates.split_at_mut(d);
            let (f, rest) = rest.split_at_mut(d);
            let (z, o) = rest.split_at_mut(d);
            let o = &mut o[..d];
            let (slopes, by_out) = (&forget_slopes[range.clone()], &by_out[range.clone()]);
            let (cells, normalisers) = (&cells[range.clone()], &normalisers[range.clone()]);
            let (c_before, n_before) = (&cells_before[range.clone()], &normalisers_before[range.clone()]);
            let (by_c, by_n) = (&mut by_cell[range.clone()], &mut by_normaliser[range]);
            for u in 0..d {
                let inverse = 1.0 / normalisers[u];
                let ratio = cells[u] * inverse;
                let c = by_c[u] + by_out[u] * o[u] * inverse;
                let n = by_n[u] - by_out[u] * o[u] * ratio * inverse;
                let by_i = (c * z[u] + n) * i[u];
                let by_f = (c * c_before[u] + n * n_before[u]) * f[u] * slopes[u];
                let by_z = c * i[u] * (1.0 - z[u] * z[u]);
                o[u] = by_out[u] * ratio * o[u] * (1.0 - o[u]);
                (by_c[u], by_n[u]) = (c * f[u], n * f[u]);
                (i[u], f[u], z[u]) = (by_i, by_f, by_z);
            }
        }
    }
}
