//! Residual connection, dropout and normalisation.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::operation::{self, Input, Operation, apply, contiguous, into_values, shape, values};
use crate::{DropoutMask, Instructions, Norm, NormTrace, residual_norm_backward, residual_norm_forward};

/// `normalise(residual + dropout(branch)) * gain + shift` per row: rows `[n, width]`, gain and shift
/// `[width]`.
pub fn residual_norm(
    norm: Norm,
    residual: Tensor<2>,
    branch: Tensor<2>,
    gain: Tensor<1>,
    shift: Tensor<1>,
    mask: Option<DropoutMask>,
) -> Tensor<2> {
    match (Input::new(&residual), Input::new(&branch), Input::new(&gain), Input::new(&shift)) {
        (Some(a), Some(b), Some(c), Some(d)) => apply(ResidualNorm { norm, mask }, [a, b, c, d]),
        _ => composed::residual_norm(norm, residual, branch, gain, shift, mask),
    }
}

#[derive(Debug, Clone)]
struct ResidualNorm {
    norm: Norm,
    mask: Option<DropoutMask>,
}

impl Operation<4> for ResidualNorm {
    type Saved = (FlexTensor, NormTrace);

    fn forward(&self, inputs: [FlexTensor; 4], keep: bool) -> (FlexTensor, Option<Self::Saved>) {
        let [residual, branch, gain, shift] = inputs;
        let [branch, gain, shift] = [branch, gain, shift].map(contiguous);
        let size = shape::<2>(&residual);
        let (out, trace) = residual_norm_forward(
            Instructions::best(),
            self.norm,
            into_values(residual),
            values(&branch),
            values(&gain),
            values(&shift),
            self.mask,
        );
        (operation::tensor(out, size), keep.then_some((gain, trace)))
    }

    fn backward(
        &self,
        (gain, trace): Self::Saved,
        gradient: FlexTensor,
        _wanted: [bool; 4],
    ) -> [Option<FlexTensor>; 4] {
        let size = shape::<2>(&gradient);
        let by = residual_norm_backward(
            Instructions::best(),
            self.norm,
            trace,
            values(&gain),
            self.mask,
            into_values(gradient),
        );
        let residual = operation::tensor(by.residual, size);
        let branch = if self.mask.is_some() { operation::tensor(by.branch, size) } else { residual.clone() };
        let [gain, shift] = [by.gain, by.shift].map(|values| operation::tensor(values, [size[1]]));
        [Some(residual), Some(branch), Some(gain), Some(shift)]
    }
}
