//! What a network looked at in a window.

/// Attention weights of a network on one window. A row of a window stands for itself and, in a network of several
/// layers, for whatever the layers below mixed into it.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionWeights {
    /// Layers that attend.
    pub layers: usize,
    /// Heads of each.
    pub heads: usize,
    /// Rows of the window.
    pub length: usize,
    /// `[layers, heads, length, length]`: how much each row (the third index) attends to each row (the fourth); the
    /// latter sum to 1.
    pub values: Vec<f32>,
}

impl AttentionWeights {
    /// How much each row of the window is attended to, `[layers, length]`: the mean over heads and attending rows.
    /// Each layer sums to 1; 1 / length everywhere is a network that looks at nothing in particular.
    pub fn by_row(&self) -> Vec<f64> {
        let (length, attending) = (self.length, self.heads * self.length);
        let mut means = vec![0.0; self.layers * length];
        for (means, layer) in means.chunks_mut(length).zip(self.values.chunks(attending * length)) {
            for row in layer.chunks(length) {
                for (mean, value) in means.iter_mut().zip(row) {
                    *mean += f64::from(*value) / attending as f64;
                }
            }
        }
        means
    }
}
