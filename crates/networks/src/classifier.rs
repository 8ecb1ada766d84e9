//! What training and inference need from either network.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::dropout::DropoutStream;
use crate::inference::Plan;

/// A network from windows to class scores.
pub(crate) trait Classifier: Module {
    /// Scores `[batch, n_classes]` of windows `[batch, length, n_features]`, before the softmax. Dropout
    /// happens when a stream for its masks is given.
    fn logits(&self, windows: Tensor<3>, stream: Option<DropoutStream>) -> Tensor<2>;

    /// The network made ready to answer about windows of so many rows.
    fn plan(&self, length: usize) -> Box<dyn Plan>;
}
