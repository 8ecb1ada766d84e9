//! An sLSTM layer's recurrence.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::operation::{self, Input, Operation, apply, contiguous, into_values, shape, values};
use crate::{Instructions, Matrix, Packed, SlstmTrace, slstm_backward, slstm_forward};

/// Outputs `[steps * batch, width]` of an sLSTM over all steps; states start at 0.
///
/// `projected` `[steps * batch, 4 * width]` are input projection and bias, ordered by time and then by
/// sequence, each row head after head, in each head input, forget, cell, output. `recurrent` is
/// `[heads, width / heads, 4 * width / heads]`.
pub fn slstm(projected: Tensor<2>, recurrent: Tensor<3>, batch: usize) -> Tensor<2> {
    match (Input::new(&projected), Input::new(&recurrent)) {
        (Some(a), Some(b)) => apply(Slstm { batch }, [a, b]),
        _ => composed::slstm(projected, recurrent, batch),
    }
}

#[derive(Debug, Clone)]
struct Slstm {
    batch: usize,
}

/// Recurrent weights, outputs and trace.
type Saved = (FlexTensor, FlexTensor, SlstmTrace);

fn packed(recurrent: &FlexTensor, transposed: bool) -> Vec<Packed> {
    let [_, d, columns] = shape::<3>(recurrent);
    values(recurrent)
        .chunks(d * columns)
        .map(|head| {
            let matrix = Matrix::new(head, columns);
            Packed::new(Instructions::best(), if transposed { matrix.transposed() } else { matrix })
        })
        .collect()
}

impl Operation<2> for Slstm {
    type Saved = Saved;

    fn forward(&self, [projected, recurrent]: [FlexTensor; 2], keep: bool) -> (FlexTensor, Option<Saved>) {
        let recurrent = contiguous(recurrent);
        let [n, columns] = shape::<2>(&projected);
        let (outputs, trace) = slstm_forward(
            Instructions::best(),
            into_values(projected),
            &packed(&recurrent, false),
            self.batch,
        );
        let outputs = operation::tensor(outputs, [n, columns / 4]);
        let saved = keep.then(|| (recurrent, outputs.clone(), trace));
        (outputs, saved)
    }

    fn backward(
        &self,
        (recurrent, outputs, trace): Saved,
        gradient: FlexTensor,
        _wanted: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let gradient = contiguous(gradient);
        let [n, width] = shape::<2>(&outputs);
        let by = slstm_backward(
            Instructions::best(),
            trace,
            values(&outputs),
            values(&gradient),
            &packed(&recurrent, true),
            self.batch,
        );
        [
            Some(operation::tensor(by.projected, [n, 4 * width])),
            Some(operation::tensor(by.recurrent.concat(), shape::<3>(&recurrent))),
        ]
    }
}
