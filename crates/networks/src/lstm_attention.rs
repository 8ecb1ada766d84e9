//! The LSTM with self-attention.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use kernels::burn::{dropout, lstm};

use crate::attention::SelfAttention;
use crate::classifier::Classifier;
use crate::config::LstmAttentionConfig;
use crate::dropout::DropoutStream;
use crate::inference::{LstmAttentionPlan, Plan};
use crate::initialise::Initialiser;
use crate::linear::Linear;
use crate::network::NetworkShape;

/// One LSTM layer; gates in the order input, forget, cell, output.
#[derive(Module, Debug)]
pub(crate) struct LstmLayer {
    /// `[inputs, 4 * hidden]`.
    pub(crate) weight_ih: Param<Tensor<2>>,
    /// `[hidden, 4 * hidden]`.
    pub(crate) weight_hh: Param<Tensor<2>>,
    /// `[4 * hidden]`: `PyTorch`'s two biases, of which only the sum matters.
    pub(crate) bias: Param<Tensor<1>>,
}

impl LstmLayer {
    fn new(inputs: usize, hidden: usize, weights: &mut Initialiser<'_>) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        Self {
            weight_ih: weights.uniform([inputs, 4 * hidden], bound),
            weight_hh: weights.uniform([hidden, 4 * hidden], bound),
            bias: weights.sum_of_uniforms([4 * hidden], bound),
        }
    }

    /// Maps rows `[length * batch, inputs]`, ordered by time, to `[length * batch, hidden]`.
    pub(crate) fn forward(&self, rows: Tensor<2>, batch: usize) -> Tensor<2> {
        lstm(rows, self.weight_ih.val(), self.weight_hh.val(), self.bias.val(), batch)
    }
}

/// LSTM layers, self-attention over their outputs with a residual, mean over time, classes.
#[derive(Module, Debug)]
pub(crate) struct LstmAttention {
    pub(crate) lstm: Vec<LstmLayer>,
    pub(crate) attention: SelfAttention,
    pub(crate) head: Linear,
    #[module(skip)]
    dropout: f64,
    #[module(skip)]
    attention_dropout: f64,
}

impl LstmAttention {
    pub(crate) fn new(
        config: &LstmAttentionConfig,
        shape: NetworkShape,
        weights: &mut Initialiser<'_>,
    ) -> Self {
        let hidden = config.hidden_size;
        let lstm = (0..config.layers)
            .map(|layer| {
                let inputs = if layer == 0 { shape.n_features } else { hidden };
                LstmLayer::new(inputs, hidden, weights)
            })
            .collect();
        Self {
            lstm,
            attention: SelfAttention::new(hidden, config.attention_heads, weights),
            head: Linear::new(hidden, shape.n_classes, weights),
            dropout: config.dropout,
            attention_dropout: config.attention_dropout,
        }
    }
}

impl Classifier for LstmAttention {
    fn plan(&self, length: usize) -> Box<dyn Plan> {
        Box::new(LstmAttentionPlan::new(self, length))
    }

    fn logits(&self, windows: Tensor<3>, stream: Option<DropoutStream>) -> Tensor<2> {
        let [batch, length, n_features] = windows.dims();
        let mask = |place: usize, share| stream.and_then(|s| s.mask(place as u64, share));
        let mut rows = windows.swap_dims(0, 1).reshape([length * batch, n_features]);
        for (index, layer) in self.lstm.iter().enumerate() {
            rows = layer.forward(rows, batch);
            if index + 1 < self.lstm.len() {
                rows = dropout(rows, mask(index, self.dropout));
            }
        }
        let [n_rows, hidden] = rows.dims();
        let rows: Tensor<2> = rows.reshape([length, batch, hidden]).swap_dims(0, 1).reshape([n_rows, hidden]);
        let attention_mask = mask(self.lstm.len(), self.attention_dropout);
        let mixed = self.attention.forward(rows.clone(), length, attention_mask);
        let mean = (rows + mixed).reshape([batch, length, hidden]).mean_dim(1).reshape([batch, hidden]);
        self.head.forward(mean)
    }
}
