//! The Transformer encoder.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use kernels::burn::residual_norm;
use kernels::{Activation, DropoutMask};

use crate::attention::SelfAttention;
use crate::classifier::Classifier;
use crate::config::TransformerConfig;
use crate::dropout::DropoutStream;
use crate::inference::{Plan, TransformerPlan};
use crate::initialise::Initialiser;
use crate::linear::Linear;
use crate::network::NetworkShape;

/// Layer normalisation with `PyTorch`'s constant.
pub(crate) const LAYER_NORM: kernels::Norm = kernels::Norm::Layer(1e-5);

/// Gain and shift of a layer normalisation, `[width]` each.
#[derive(Module, Debug)]
pub(crate) struct Norm {
    pub(crate) gain: Param<Tensor<1>>,
    pub(crate) shift: Param<Tensor<1>>,
}

impl Norm {
    fn new(width: usize, weights: &mut Initialiser<'_>) -> Self {
        Self { gain: weights.constant([width], 1.0), shift: weights.constant([width], 0.0) }
    }

    /// Normalises the sum of residual and branch.
    fn after(&self, residual: Tensor<2>, branch: Tensor<2>, mask: Option<DropoutMask>) -> Tensor<2> {
        residual_norm(LAYER_NORM, residual, branch, self.gain.val(), self.shift.val(), mask)
    }
}

/// One post-norm encoder layer.
#[derive(Module, Debug)]
pub(crate) struct EncoderLayer {
    pub(crate) attention: SelfAttention,
    pub(crate) attention_norm: Norm,
    pub(crate) widen: Linear,
    pub(crate) narrow: Linear,
    pub(crate) feed_forward_norm: Norm,
}

/// Places of dropout in a layer: attention weights, attention branch, hidden units, feed-forward branch.
const PLACES: u64 = 4;

impl EncoderLayer {
    fn new(config: &TransformerConfig, weights: &mut Initialiser<'_>) -> Self {
        let width = config.model_size;
        Self {
            attention: SelfAttention::new(width, config.heads, weights),
            attention_norm: Norm::new(width, weights),
            widen: Linear::new(width, config.feed_forward_size, weights),
            narrow: Linear::new(config.feed_forward_size, width, weights),
            feed_forward_norm: Norm::new(width, weights),
        }
    }

    fn forward(
        &self,
        rows: Tensor<2>,
        length: usize,
        mask: impl Fn(u64) -> Option<DropoutMask>,
    ) -> Tensor<2> {
        let attended = self.attention.forward(rows.clone(), length, mask(0));
        let rows = self.attention_norm.after(rows, attended, mask(1));
        let hidden = self.widen.activated(rows.clone(), Activation::Gelu(mask(2)));
        let fed = self.narrow.forward(hidden);
        self.feed_forward_norm.after(rows, fed, mask(3))
    }
}

/// Input projection, learned positions, encoder layers, mean over time, classes.
#[derive(Module, Debug)]
pub(crate) struct Transformer {
    pub(crate) input: Linear,
    /// `[1, length, width]`.
    pub(crate) positions: Param<Tensor<3>>,
    pub(crate) encoder: Vec<EncoderLayer>,
    pub(crate) head: Linear,
    #[module(skip)]
    dropout: f64,
}

impl Transformer {
    pub(crate) fn new(
        config: &TransformerConfig,
        shape: NetworkShape,
        weights: &mut Initialiser<'_>,
    ) -> Self {
        let width = config.model_size;
        Self {
            input: Linear::new(shape.n_features, width, weights),
            positions: weights.normal([1, shape.length, width], 0.02),
            encoder: (0..config.layers).map(|_| EncoderLayer::new(config, weights)).collect(),
            head: Linear::new(width, shape.n_classes, weights),
            dropout: config.dropout,
        }
    }
}

impl Classifier for Transformer {
    fn plan(&self, length: usize) -> Box<dyn Plan> {
        Box::new(TransformerPlan::new(self, length))
    }

    fn logits(&self, windows: Tensor<3>, stream: Option<DropoutStream>) -> Tensor<2> {
        let [batch, length, n_features] = windows.dims();
        let rows = self.input.forward(windows.reshape([batch * length, n_features]));
        let width = rows.dims()[1];
        let placed = rows.reshape([batch, length, width]) + self.positions.val();
        let mut rows: Tensor<2> = placed.reshape([batch * length, width]);
        for (index, layer) in self.encoder.iter().enumerate() {
            let first = index as u64 * PLACES;
            rows =
                layer.forward(rows, length, |place| stream.and_then(|s| s.mask(first + place, self.dropout)));
        }
        let mean = rows.reshape([batch, length, width]).mean_dim(1).reshape([batch, width]);
        self.head.forward(mean)
    }
}
