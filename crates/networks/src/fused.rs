//! Operations with a hand-written derivative, recorded as one node of Burn's autodiff graph.
//!
//! Burn's CPU backend runs element-wise operations one by one on one thread. A sequence of them that
//! belongs together (an LSTM's time steps, softmax with dropout, ...) is written here as one operation.

use std::fmt::Debug;
use std::marker::PhantomData;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};

/// Burn's tensor with its place in the autodiff graph.
type AutodiffTensor = FloatTensor<Autodiff<Flex>>;

/// A differentiable function of `N` tensors.
pub(crate) trait FusedOp<const N: usize>: Clone + Send + Debug + 'static {
    /// What the derivative needs from the forward pass.
    type Saved: Clone + Send + Debug + 'static;

    /// The value, and what to keep for the derivative when `keep` is set.
    fn forward(&self, inputs: [FlexTensor; N], keep: bool) -> (FlexTensor, Option<Self::Saved>);

    /// Derivatives of the loss by each input, from its derivative by the output.
    fn backward(&self, saved: Self::Saved, gradient: FlexTensor) -> [FlexTensor; N];
}

/// A tensor without its rank, with or without autodiff.
pub(crate) enum Input {
    Plain(FlexTensor),
    Tracked(AutodiffTensor),
}

impl<const D: usize> From<Tensor<D>> for Input {
    fn from(tensor: Tensor<D>) -> Self {
        const CPU: &str = "networks only ever places tensors on the flex CPU device";
        if tensor.is_autodiff() {
            Self::Tracked(tensor.try_into_primitive::<Autodiff<Flex>>().expect(CPU))
        } else {
            Self::Plain(tensor.try_into_primitive::<Flex>().expect(CPU))
        }
    }
}

/// Applies an operation; all inputs are on the autodiff device, or none is.
pub(crate) fn apply<Op: FusedOp<N>, const N: usize, const D: usize>(op: Op, inputs: [Input; N]) -> Tensor<D> {
    let tracked = matches!(inputs[0], Input::Tracked(_));
    if !tracked {
        let plain = inputs.map(|input| match input {
            Input::Plain(tensor) => tensor,
            Input::Tracked(tensor) => tensor.into_primitive(),
        });
        return Tensor::from_primitive::<Flex>(op.forward(plain, false).0);
    }
    let inputs = inputs.map(|input| match input {
        Input::Tracked(tensor) => tensor,
        Input::Plain(tensor) => <Autodiff<Flex> as burn::backend::AutodiffBackend>::from_inner(tensor),
    });
    let guards = inputs.each_ref().map(AutodiffTensor::node);
    let plain = inputs.map(AutodiffTensor::into_primitive);
    let step = Step::<Op, N>(PhantomData);
    let output = match step.prepare::<NoCheckpointing>(guards).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (value, saved) = op.forward(plain, true);
            prepared.finish((op, saved), value)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(op.forward(plain, false).0),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(output)
}

#[derive(Debug)]
struct Step<Op, const N: usize>(PhantomData<Op>);

impl<Op: FusedOp<N>, const N: usize> Backward<Flex, N> for Step<Op, N> {
    type State = (Op, Option<Op::Saved>);

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        let (op, saved) = ops.state;
        let saved = saved.expect("a tracked operation keeps what its derivative needs");
        for (parent, value) in ops.parents.into_iter().zip(op.backward(saved, gradient)) {
            if let Some(parent) = parent {
                gradients.register::<Flex>(parent.id, value);
            }
        }
    }
}

/// A tensor from its values.
pub(crate) fn from_values<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The tensor with its values in one row-major block, so that [`values`] can read them.
pub(crate) fn contiguous(tensor: &FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor.clone() } else { tensor.to_contiguous() }
}

/// The values of a contiguous tensor, row-major.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("the tensor is a contiguous f32 tensor")
}

/// Matrix product.
pub(crate) fn matmul(left: FlexTensor, right: FlexTensor) -> FlexTensor {
    Flex::float_matmul(left, right)
}
