//! Cross-entropy of a softmax.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::composed;
use super::operation::{self, Input, Operation, apply, contiguous, shape, values};

/// Mean cross-entropy in nats, `[1]`, of `softmax(logits)` against target probabilities, both
/// `[rows, classes]`. Targets get no gradient.
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    match (Input::new(&logits), Input::new(&targets)) {
        (Some(a), Some(b)) => apply(CrossEntropy, [a, b]),
        _ => composed::cross_entropy(logits, targets),
    }
}

#[derive(Debug, Clone)]
struct CrossEntropy;

impl Operation<2> for CrossEntropy {
    type Saved = FlexTensor;

    fn forward(&self, inputs: [FlexTensor; 2], keep: bool) -> (FlexTensor, Option<FlexTensor>) {
        let [logits, targets] = inputs.map(contiguous);
        let size = shape::<2>(&logits);
        let (loss, gradient) = crate::cross_entropy(values(&logits), values(&targets), size[1]);
        (operation::tensor(vec![loss], [1]), keep.then(|| operation::tensor(gradient, size)))
    }

    fn backward(
        &self,
        saved: FlexTensor,
        gradient: FlexTensor,
        _wanted: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let gradient = contiguous(gradient);
        let factor = values(&gradient)[0];
        let by_logits = values(&saved).iter().map(|value| value * factor).collect();
        [Some(operation::tensor(by_logits, shape::<2>(&saved))), None]
    }
}
