//! The Transformer encoder.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::attention::SelfAttention;
use crate::classifier::Classifier;
use crate::config::TransformerConfig;
use crate::dropout::DropoutStream;
use crate::gelu::bias_gelu_dropout;
use crate::initialise::Initialiser;
use crate::linear::Linear;
use crate::network::NetworkShape;
use crate::residual_norm::residual_norm;

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
        batch: usize,
        mask: impl Fn(u64) -> Option<crate::dropout::Mask>,
    ) -> Tensor<2> {
        let attended = self.attention.forward(rows.clone(), batch, mask(0));
        let norm = &self.attention_norm;
        let rows = residual_norm(rows, attended, norm.gain.val(), norm.shift.val(), mask(1));
        let hidden =
            bias_gelu_dropout(rows.clone().matmul(self.widen.weight.val()), self.widen.bias.val(), mask(2));
        let fed = self.narrow.forward(hidden);
        let norm = &self.feed_forward_norm;
        residual_norm(rows, fed, norm.gain.val(), norm.shift.val(), mask(3))
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
    fn logits(&self, windows: Tensor<3>, stream: Option<DropoutStream>) -> Tensor<2> {
        let [batch, length, n_features] = windows.dims();
        let rows = self.input.forward(windows.reshape([batch * length, n_features]));
        let width = rows.dims()[1];
        let placed = rows.reshape([batch, length, width]) + self.positions.val();
        let mut rows: Tensor<2> = placed.reshape([batch * length, width]);
        for (index, layer) in self.encoder.iter().enumerate() {
            let first = index as u64 * PLACES;
            rows =
                layer.forward(rows, batch, |place| stream.and_then(|s| s.mask(first + place, self.dropout)));
        }
        let mean = rows.reshape([batch, length, width]).mean_dim(1).reshape([batch, width]);
        self.head.forward(mean)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use burn::tensor::activation::gelu;
    use market::Seed;

    use super::*;
    use crate::attention::tests::stock as stock_attention;
    use crate::lstm_sequence::tests::{close, random};

    fn stock_norm(rows: Tensor<2>, norm: &Norm) -> Tensor<2> {
        let centred = rows.clone() - rows.mean_dim(1);
        let variance = centred.clone().square().mean_dim(1);
        centred / (variance + 1e-5).sqrt() * norm.gain.val().unsqueeze() + norm.shift.val().unsqueeze()
    }

    #[test]
    fn agrees_with_the_network_from_burns_own_operations() {
        let device = Device::flex();
        let shape = NetworkShape { n_features: 41, n_classes: 3, length: 100 };
        let config = TransformerConfig::default();
        let network = Transformer::new(&config, shape, &mut Initialiser::new(Some(Seed(1)), &device));
        let windows = random([3, 100, 41], 9, &device) * 3.0;
        let rows: Tensor<2> = network.input.forward(windows.clone().reshape([300, 41]));
        let placed = rows.reshape([3, 100, 256]) + network.positions.val();
        let mut rows: Tensor<2> = placed.reshape([300, 256]);
        for layer in &network.encoder {
            let attended = stock_attention(&layer.attention, &rows, 3);
            rows = stock_norm(rows + attended, &layer.attention_norm);
            let fed = layer.narrow.forward(gelu(layer.widen.forward(rows.clone())));
            rows = stock_norm(rows + fed, &layer.feed_forward_norm);
        }
        let mean: Tensor<2> = rows.reshape([3, 100, 256]).mean_dim(1).reshape([3, 256]);
        close(network.logits(windows, None), network.head.forward(mean), 1e-5);
    }
}
