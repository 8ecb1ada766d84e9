//! A linear map with its activation.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::operation::{self, Input, Operation, apply, contiguous, into_values, shape, values};
use crate::{
    Activation, Instructions, Matrix, Packed, Start, Threads, activation_backward, column_sums,
    linear_forward, product, transposed_product,
};

/// `activation(rows · weight + bias)`: rows `[n, inputs]`, weight `[inputs, columns]`, bias `[columns]`.
pub fn linear(rows: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Tensor<2> {
    match (Input::new(&rows), Input::new(&weight), Input::new(&bias)) {
        (Some(a), Some(b), Some(c)) => apply(Linear(activation), [a, b, c]),
        _ => composed::linear(rows, weight, bias, activation),
    }
}

#[derive(Debug, Clone)]
struct Linear(Activation);

/// Rows, weight, and what the activation's derivative needs.
type Saved = (FlexTensor, FlexTensor, Vec<f32>);

impl Operation<3> for Linear {
    type Saved = Saved;

    fn forward(&self, inputs: [FlexTensor; 3], keep: bool) -> (FlexTensor, Option<Saved>) {
        let [rows, weight, bias] = inputs.map(contiguous);
        let [n, _] = shape::<2>(&rows);
        let [_, columns] = shape::<2>(&weight);
        let instructions = Instructions::best();
        let packed = Packed::new(instructions, Matrix::new(values(&weight), columns));
        let (out, kept) =
            linear_forward(instructions, values(&rows), &packed, Some(values(&bias)), self.0, keep);
        let out = operation::tensor(out, [n, self.0.width(columns)]);
        (out, keep.then_some((rows, weight, kept)))
    }

    fn backward(
        &self,
        (rows, weight, kept): Saved,
        gradient: FlexTensor,
        wanted: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let instructions = Instructions::best();
        let [inputs, columns] = shape::<2>(&weight);
        let gradient = activation_backward(instructions, self.0, kept, into_values(gradient), columns);
        let [by_rows, by_weight] = linear_gradients(&rows, &weight, &gradient, [wanted[0], wanted[1]]);
        let by_bias = wanted[2].then(|| operation::tensor(column_sums(&gradient, columns), [columns]));
        let n = gradient.len() / columns;
        [
            by_rows.map(|values| operation::tensor(values, [n, inputs])),
            by_weight.map(|values| operation::tensor(values, [inputs, columns])),
            by_bias,
        ]
    }
}

/// Derivatives by rows and weight of `rows · weight` from that by the product.
pub(super) fn linear_gradients(
    rows: &FlexTensor,
    weight: &FlexTensor,
    gradient: &[f32],
    wanted: [bool; 2],
) -> [Option<Vec<f32>>; 2] {
    let instructions = Instructions::best();
    let [inputs, columns] = shape::<2>(weight);
    let by_rows = wanted[0].then(|| {
        let packed = Packed::new(instructions, Matrix::new(values(weight), columns).transposed());
        let mut out = vec![0.0; gradient.len() / columns * inputs];
        product(Threads::Pool, gradient, &packed, Start::Zero, &mut out, &mut [], |_, _, _| ());
        out
    });
    let by_weight = wanted[1].then(|| {
        transposed_product(instructions, Matrix::new(values(rows), inputs), Matrix::new(gradient, columns))
    });
    [by_rows, by_weight]
}
