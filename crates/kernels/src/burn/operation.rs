//! Operations with a hand-written derivative, recorded as one node of Burn's autodiff graph.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::OnceLock;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};
use burn::tensor::{Tensor, TensorData};

/// Burn's tensor with its place in the autodiff graph.
type AutodiffTensor = FloatTensor<Autodiff<Flex>>;

/// A differentiable function of `N` tensors.
pub(crate) trait Operation<const N: usize>: Clone + Send + Debug + 'static {
    /// What the derivative needs from the forward pass.
    type Saved: Clone + Send + Debug + 'static;

    /// The value, and what to keep for the derivative when `keep` is set.
    fn forward(&self, inputs: [FlexTensor; N], keep: bool) -> (FlexTensor, Option<Self::Saved>);

    /// Derivatives of the loss by each input that is wanted, from its derivative by the output.
    fn backward(
        &self,
        saved: Self::Saved,
        gradient: FlexTensor,
        wanted: [bool; N],
    ) -> [Option<FlexTensor>; N];
}

/// A tensor without its rank, with or without autodiff.
pub(crate) enum Input {
    Plain(FlexTensor),
    Tracked(AutodiffTensor),
}

impl Input {
    /// `None` for a tensor of another device, or when the environment variable `KERNELS_PATH` is
    /// `composed`.
    pub(crate) fn new<const D: usize>(tensor: &Tensor<D>) -> Option<Self> {
        static COMPOSED: OnceLock<bool> = OnceLock::new();
        if *COMPOSED.get_or_init(|| std::env::var("KERNELS_PATH").is_ok_and(|path| path == "composed")) {
            return None;
        }
        if tensor.is_autodiff() {
            tensor.clone().try_into_primitive::<Autodiff<Flex>>().ok().map(Self::Tracked)
        } else {
            tensor.clone().try_into_primitive::<Flex>().ok().map(Self::Plain)
        }
    }
}

/// Applies an operation to tensors of the flex device; they are on its autodiff device if any is.
pub(crate) fn apply<Op: Operation<N>, const N: usize, const D: usize>(
    operation: Op,
    inputs: [Input; N],
) -> Tensor<D> {
    if inputs.iter().all(|input| matches!(input, Input::Plain(_))) {
        let plain = inputs.map(|input| match input {
            Input::Plain(tensor) => tensor,
            Input::Tracked(tensor) => tensor.into_primitive(),
        });
        return Tensor::from_primitive::<Flex>(operation.forward(plain, false).0);
    }
    let inputs = inputs.map(|input| match input {
        Input::Tracked(tensor) => tensor,
        Input::Plain(tensor) => <Autodiff<Flex> as AutodiffBackend>::from_inner(tensor),
    });
    let guards = inputs.each_ref().map(AutodiffTensor::node);
    let plain = inputs.map(AutodiffTensor::into_primitive);
    let step = Step::<Op, N>(PhantomData);
    let output = match step.prepare::<NoCheckpointing>(guards).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (value, saved) = operation.forward(plain, true);
            prepared.finish((operation, saved), value)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(operation.forward(plain, false).0),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(output)
}

#[derive(Debug)]
struct Step<Op, const N: usize>(PhantomData<Op>);

impl<Op: Operation<N>, const N: usize> Backward<Flex, N> for Step<Op, N> {
    type State = (Op, Option<Op::Saved>);

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let gradient = gradients.consume::<Flex>(&ops.node);
        // A tracked operation has kept what its derivative needs.
        let (operation, Some(saved)) = ops.state else { return };
        let wanted = ops.parents.each_ref().map(Option::is_some);
        for (parent, value) in ops.parents.into_iter().zip(operation.backward(saved, gradient, wanted)) {
            if let (Some(parent), Some(value)) = (parent, value) {
                gradients.register::<Flex>(parent.id, value);
            }
        }
    }
}

/// A tensor from its values.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// The tensor with its values in one row-major block, so that [`values`] can read them.
pub(crate) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The values of a contiguous tensor, row-major.
///
/// # Panics
///
/// When the tensor is not of `f32`.
pub(crate) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("fused operations are for contiguous f32 tensors")
}

/// The values of a tensor, row-major; without a copy when nobody else holds it.
///
/// # Panics
///
/// When the tensor is not of `f32`.
pub(crate) fn into_values(tensor: FlexTensor) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("fused operations are for f32 tensors")
}

/// The lengths of a tensor's dimensions.
pub(crate) fn shape<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    tensor.layout().shape().dims::<D>()
}
