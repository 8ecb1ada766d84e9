//! An LSTM layer over all time steps: forward and backward.
//!
//! Rows are ordered by time and then by window: row `step * batch + window`. Gates are in the order
//! input, forget, cell, output, as in `PyTorch`. The state starts at 0. Windows are independent, so each
//! thread takes a part of them through the whole sequence.

use rayon::prelude::*;

use crate::activation::{sigmoid, tanh};
use crate::instructions::{Instructions, vectorised};
use crate::matrix::Matrix;
use crate::parts::Parts;
use crate::product::{Packed, transposed_product};

/// What the derivative of an LSTM layer needs from its forward pass.
#[derive(Debug, Clone)]
pub struct LstmTrace {
    /// Gates after their activation, `[steps * batch, 4 * hidden]`.
    gates: Vec<f32>,
    /// Cell states and their hyperbolic tangents, `[steps * batch, hidden]` each.
    cells: Vec<f32>,
    cell_tanhs: Vec<f32>,
}

/// Derivatives by what went into [`lstm_forward`].
#[derive(Debug, Clone)]
pub struct LstmGradients {
    /// By the projected inputs, `[steps * batch, 4 * hidden]`.
    pub projected: Vec<f32>,
    /// By the recurrent weights, `[hidden, 4 * hidden]`.
    pub recurrent: Vec<f32>,
}

/// Hidden states `[steps * batch, hidden]` of an LSTM layer.
///
/// `projected` is `x W_ih + b`, `[steps * batch, 4 * hidden]`; `recurrent` is `W_hh`,
/// `[hidden, 4 * hidden]`.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn lstm_forward(
    instructions: Instructions,
    projected: Vec<f32>,
    recurrent: &Packed,
    batch: usize,
) -> (Vec<f32>, LstmTrace) {
    let h = recurrent.inner();
    let rows = projected.len() / (4 * h);
    assert!(recurrent.columns() == 4 * h && rows.is_multiple_of(batch), "sizes of an LSTM layer fit");
    let mut gates = projected;
    let [mut cells, mut cell_tanhs, mut outputs] = [(); 3].map(|()| vec![0.0; rows * h]);
    let parts = Parts::new(batch);
    let work: Vec<_> = parts
        .split(&mut gates, 4 * h)
        .into_iter()
        .zip(parts.split(&mut cells, h))
        .zip(parts.split(&mut cell_tanhs, h))
        .zip(parts.split(&mut outputs, h))
        .collect();
    work.into_par_iter().for_each(|(((mut gates, mut cells), mut cell_tanhs), mut outputs)| {
        for step in 0..gates.len() {
            let (before, now) = outputs.split_at_mut(step);
            if let Some(before) = before.last() {
                recurrent.add_rows(before, h, gates[step]);
            }
            let (before, cells) = cells.split_at_mut(step);
            match before.last() {
                Some(before) => cells[0].copy_from_slice(before),
                None => cells[0].fill(0.0),
            }
            cell_rows(instructions, h, gates[step], cells[0], cell_tanhs[step], now[0]);
        }
    });
    (outputs, LstmTrace { gates, cells, cell_tanhs })
}

/// The same on this thread and without a trace: advances the states of `batch` windows over some steps and
/// allocates nothing.
///
/// `gates` are projected inputs `[steps * batch, 4 * hidden]` and are overwritten; `hidden` and `cells` are
/// the states before, `[batch, hidden]`, and become those behind; `outputs` is `[steps * batch, hidden]`.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn lstm_states(
    instructions: Instructions,
    gates: &mut [f32],
    recurrent: &Packed,
    hidden: &mut [f32],
    cells: &mut [f32],
    outputs: &mut [f32],
) {
    let (h, size) = (recurrent.inner(), hidden.len());
    assert!(cells.len() == size && gates.len() == 4 * outputs.len(), "sizes of an LSTM layer fit");
    for (gates, outputs) in gates.chunks_mut(4 * size).zip(outputs.chunks_mut(size)) {
        recurrent.add_rows(hidden, h, gates);
        // The hidden states have been read, so they take the tangents.
        cell_rows(instructions, h, gates, cells, hidden, outputs);
        hidden.copy_from_slice(outputs);
    }
}

/// Derivatives of a loss by the operands of [`lstm_forward`], from its derivative by the outputs.
/// `transposed` is `W_hhᵀ`, `[4 * hidden, hidden]`.
///
/// # Panics
///
/// When the sizes do not fit.
pub fn lstm_backward(
    instructions: Instructions,
    trace: LstmTrace,
    outputs: &[f32],
    gradient: &[f32],
    transposed: &Packed,
    batch: usize,
) -> LstmGradients {
    let h = transposed.columns();
    assert!(
        gradient.len() == outputs.len() && outputs.len() == trace.cells.len(),
        "sizes of an LSTM layer fit"
    );
    let LstmTrace { mut gates, cells, cell_tanhs } = trace;
    let parts = Parts::new(batch);
    parts.split(&mut gates, 4 * h).into_par_iter().enumerate().for_each(|(part, mut gates)| {
        let rows = gates[0].len() / (4 * h);
        let [mut by_cell, mut later] = [(); 2].map(|()| vec![0.0; rows * h]);
        let start = vec![0.0; rows * h];
        for step in (0..gates.len()).rev() {
            let first = (step * batch + part * parts.windows) * h;
            let range = first..first + rows * h;
            let cells_before = parts.before(&cells, range.clone(), h, &start);
            cell_rows_back(
                instructions,
                h,
                gates[step],
                cells_before,
                &cell_tanhs[range.clone()],
                &gradient[range],
                &later,
                &mut by_cell,
            );
            later.fill(0.0);
            transposed.add_rows(gates[step], 4 * h, &mut later);
        }
    });
    // W_hh meets the output of step t - 1 at step t.
    let pairs = gates.len() / (4 * h) - batch;
    let recurrent = if pairs == 0 {
        vec![0.0; h * 4 * h]
    } else {
        transposed_product(
            instructions,
            Matrix::new(&outputs[..pairs * h], h),
            Matrix::new(&gates[batch * 4 * h..], 4 * h),
        )
    };
    LstmGradients { projected: gates, recurrent }
}

vectorised! {
    /// One step of some windows: turns summed inputs `[rows, 4 * hidden]` into gates, advances the cell
    /// states, writes the outputs.
    pub(crate) fn cell_rows(h: usize, gates: &mut [f32], cells: &mut [f32], tanhs: &mut [f32], out: &mut [f32]) {
        for (((gates, cells), tanhs), out) in
            gates.chunks_mut(4 * h).zip(cells.chunks_mut(h)).zip(tanhs.chunks_mut(h)).zip(out.chunks_mut(h))
        {
            // One pass for each function: a loop over few slices becomes vector instructions.
            let (input_forget, rest) = gates.split_at_mut(2 * h);
            let (candidate, output) = rest.split_at_mut(h);
            for value in input_forget.iter_mut() {
                *value = sigmoid(*value);
            }
            for value in candidate.iter_mut() {
                *value = tanh(*value);
            }
            for value in output.iter_mut() {
                *value = sigmoid(*value);
            }
            let (input, forget) = input_forget.split_at(h);
            for (((cell, input), forget), candidate) in cells.iter_mut().zip(input).zip(forget).zip(candidate) {
                *cell = *forget * *cell + *input * *candidate;
            }
            for (tanh_of, cell) in tanhs.iter_mut().zip(cells) {
                *tanh_of = tanh(*cell);
            }
            for ((out, output), tanh_of) in out.iter_mut().zip(output).zip(tanhs) {
                *out = *output * *tanh_of;
            }
        }
    }
}

vectorised! {
    /// The derivative of [`cell_rows`]: `gates` become the derivatives by the summed inputs, `by_cell`
    /// (by the next cell states) that by the ones before.
    fn cell_rows_back(
        h: usize,
        gates: &mut [f32],
        cells_before: &[f32],
        tanhs: &[f32],
        gradient: &[f32],
        later: &[f32],
        by_cell: &mut [f32],
    ) {
        for (row, gates) in gates.chunks_mut(4 * h).enumerate() {
            let range = row * h..(row + 1) * h;
            let (i, rest) = gates.split_at_mut(h);
            let (f, rest) = rest.split_at_mut(h);
            let (g, o) = rest.split_at_mut(h);
            let (before, tanhs, o) = (&cells_before[range.clone()], &tanhs[range.clone()], &mut o[..h]);
            let (gradient, later) = (&gradient[range.clone()], &later[range.clone()]);
            let by_cell = &mut by_cell[range];
            for u in 0..h {
                let by_out = gradient[u] + later[u];
                let c = by_cell[u] + by_out * o[u] * (1.0 - tanhs[u] * tanhs[u]);
                let by_i = c * g[u] * i[u] * (1.0 - i[u]);
                let by_f = c * before[u] * f[u] * (1.0 - f[u]);
                let by_g = c * i[u] * (1.0 - g[u] * g[u]);
                o[u] = by_out * tanhs[u] * o[u] * (1.0 - o[u]);
                by_cell[u] = c * f[u];
                (i[u], f[u], g[u]) = (by_i, by_f, by_g);
            }
        }
    }
}
