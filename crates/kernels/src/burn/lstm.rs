//! An LSTM layer.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::linear::linear_gradients;
use super::operation::{self, Input, Operation, apply, contiguous, shape, values};
use crate::{
    Instructions, LstmTrace, Matrix, Packed, Start, Threads, column_sums, lstm_backward, lstm_forward,
    product,
};

/// Hidden states `[steps * batch, hidden]` of an LSTM layer over all steps; the state starts at 0.
///
/// Rows `[steps * batch, inputs]` are ordered by time and then by window. `input_weight` is
/// `[inputs, 4 * hidden]`, `recurrent_weight` `[hidden, 4 * hidden]`, `bias` `[4 * hidden]`; gates are in
/// the order input, forget, cell, output.
pub fn lstm(
    rows: Tensor<2>,
    input_weight: Tensor<2>,
    recurrent_weight: Tensor<2>,
    bias: Tensor<1>,
    batch: usize,
) -> Tensor<2> {
    let inputs =
        (Input::new(&rows), Input::new(&input_weight), Input::new(&recurrent_weight), Input::new(&bias));
    match inputs {
        (Some(a), Some(b), Some(c), Some(d)) => apply(Lstm { batch }, [a, b, c, d]),
        _ => composed::lstm(rows, input_weight, recurrent_weight, bias, batch),
    }
}

#[derive(Debug, Clone)]
struct Lstm {
    batch: usize,
}

#[derive(Debug, Clone)]
struct Saved {
    rows: FlexTensor,
    input_weight: FlexTensor,
    recurrent_weight: FlexTensor,
    outputs: FlexTensor,
    trace: LstmTrace,
}

impl Operation<4> for Lstm {
    type Saved = Saved;

    fn forward(&self, inputs: [FlexTensor; 4], keep: bool) -> (FlexTensor, Option<Saved>) {
        let [rows, input_weight, recurrent_weight, bias] = inputs.map(contiguous);
        let instructions = Instructions::best();
        let [n, _] = shape::<2>(&rows);
        let [hidden, columns] = shape::<2>(&recurrent_weight);
        let packed = Packed::new(instructions, Matrix::new(values(&input_weight), columns));
        let mut projected = vec![0.0; n * columns];
        product(
            Threads::Pool,
            values(&rows),
            &packed,
            Start::Row(values(&bias)),
            &mut projected,
            &mut [],
            |_, _, _| (),
        );
        let packed = Packed::new(instructions, Matrix::new(values(&recurrent_weight), columns));
        let (outputs, trace) = lstm_forward(instructions, projected, &packed, self.batch);
        let outputs = operation::tensor(outputs, [n, hidden]);
        let saved =
            keep.then(|| Saved { rows, input_weight, recurrent_weight, outputs: outputs.clone(), trace });
        (outputs, saved)
    }

    fn backward(&self, saved: Saved, gradient: FlexTensor, wanted: [bool; 4]) -> [Option<FlexTensor>; 4] {
        let Saved { rows, input_weight, recurrent_weight, outputs, trace } = saved;
        let instructions = Instructions::best();
        let gradient = contiguous(gradient);
        let [n, inputs] = shape::<2>(&rows);
        let [hidden, columns] = shape::<2>(&recurrent_weight);
        let transposed =
            Packed::new(instructions, Matrix::new(values(&recurrent_weight), columns).transposed());
        let by =
            lstm_backward(instructions, trace, values(&outputs), values(&gradient), &transposed, self.batch);
        let [by_rows, by_input_weight] =
            linear_gradients(&rows, &input_weight, &by.projected, [wanted[0], wanted[1]]);
        let by_bias = wanted[3].then(|| operation::tensor(column_sums(&by.projected, columns), [columns]));
        [
            by_rows.map(|values| operation::tensor(values, [n, inputs])),
            by_input_weight.map(|values| operation::tensor(values, [inputs, columns])),
            Some(operation::tensor(by.recurrent, [hidden, columns])),
            by_bias,
        ]
    }
}
