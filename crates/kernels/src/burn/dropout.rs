//! Dropout of the values of rows.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::composed;
use super::operation::{self, Input, Operation, apply, into_values, shape};
use crate::DropoutMask;

/// Multiplies rows by a mask; unchanged without one.
pub fn dropout(rows: Tensor<2>, mask: Option<DropoutMask>) -> Tensor<2> {
    match (mask, Input::new(&rows)) {
        (None, _) => rows,
        (Some(mask), Some(input)) => apply(Dropout(mask), [input]),
        (Some(mask), None) => composed::dropout(rows, Some(mask)),
    }
}

#[derive(Debug, Clone)]
struct Dropout(DropoutMask);

impl Dropout {
    fn masked(&self, tensor: FlexTensor) -> FlexTensor {
        let [rows, width] = shape::<2>(&tensor);
        let mut out = into_values(tensor);
        out.par_chunks_mut(width)
            .with_min_len(64)
            .enumerate()
            .for_each_init(|| vec![0.0; width], |factors, (row, values)| self.0.apply(row, values, factors));
        operation::tensor(out, [rows, width])
    }
}

impl Operation<1> for Dropout {
    type Saved = ();

    fn forward(&self, [rows]: [FlexTensor; 1], _keep: bool) -> (FlexTensor, Option<()>) {
        (self.masked(rows), Some(()))
    }

    fn backward(&self, (): (), gradient: FlexTensor, _wanted: [bool; 1]) -> [Option<FlexTensor>; 1] {
        [Some(self.masked(gradient))]
    }
}
