//! The model with its derivative, on the kernels' own forward and backward passes. Rows are ordered by token and then by
//! series, weights lie as in checkpoints.

mod block;
mod linear;
mod patch_map;
mod rows;
mod tail;

use block::{Block, BlockTrace};
use kernels::NormTrace;
pub(crate) use linear::Linear;
use patch_map::PatchMap;
use rows::{normalised, normalised_back};
pub(crate) use tail::Tail;

use super::parameters::{Parameters, Place};
use crate::backbone::RMS;
use crate::config::TirexConfig;
use crate::weights::names;

/// Makes the values that weights begin with: name, shape.
pub(crate) type Initialise<'a> = &'a mut dyn FnMut(&str, &[usize]) -> Vec<f32>;

/// The whole network.
#[derive(Debug)]
pub(crate) struct Network {
    config: TirexConfig,
    pub(crate) parameters: Parameters,
    input: PatchMap,
    blocks: Vec<Block>,
    out_norm: Place,
    output: PatchMap,
}

/// What the derivative needs from a forward pass.
#[derive(Debug)]
pub(crate) struct Trace {
    batch: usize,
    inputs: Vec<f32>,
    input_hidden: Vec<f32>,
    blocks: Vec<BlockTrace>,
    out_norm: NormTrace,
    normal: Vec<f32>,
    output_hidden: Vec<f32>,
}

impl Network {
    pub(crate) fn new(config: &TirexConfig, initialise: Initialise<'_>) -> Self {
        let mut parameters = Parameters::default();
        let mut add = |name: String, shape: &[usize]| {
            let values = initialise(&name, shape);
            parameters.add(name, shape, values)
        };
        let (patch, width, hidden) = (config.patch, config.width, config.patch_hidden);
        let input = PatchMap::new(names::INPUT, [2 * patch, hidden, width], &mut add);
        let blocks = (0..config.blocks).map(|index| Block::new(config, index, &mut add)).collect();
        let out_norm = add(names::OUT_NORM.to_owned(), &[width]);
        let output = PatchMap::new(names::OUTPUT, [width, hidden, config.outputs()], &mut add);
        Self { config: config.clone(), parameters, input, blocks, out_norm, output }
    }

    /// Quantiles of the next patch of every token, `[tokens * batch, quantiles * patch]`, in scaled units.
    pub(crate) fn forward(&self, inputs: Vec<f32>, batch: usize) -> (Vec<f32>, Trace) {
        let (mut stream, input_hidden) = self.input.forward(&self.parameters, &inputs);
        let mut blocks = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            blocks.push(block.forward(&self.config, &self.parameters, &mut stream, batch));
        }
        let (normal, out_norm) = normalised(RMS, stream, self.parameters.values(self.out_norm));
        let (out, output_hidden) = self.output.forward(&self.parameters, &normal);
        (out, Trace { batch, inputs, input_hidden, blocks, out_norm, normal, output_hidden })
    }

    /// Adds the derivatives by all weights, from that by the result of [`Network::forward`].
    pub(crate) fn backward(&mut self, trace: Trace, gradient: &[f32]) {
        let Trace { batch, inputs, input_hidden, blocks, out_norm, normal, output_hidden } = trace;
        let parameters = &mut self.parameters;
        let by_normal = self.output.backward(parameters, &normal, &output_hidden, gradient);
        let mut by_stream = normalised_back(RMS, parameters, self.out_norm, out_norm, by_normal);
        for (block, trace) in self.blocks.iter().zip(blocks).rev() {
            by_stream = block.backward(&self.config, parameters, trace, by_stream, batch);
        }
        self.input.backward(parameters, &inputs, &input_hidden, &by_stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Tirex;
    use crate::precision::Precision;

    fn config() -> TirexConfig {
        TirexConfig {
            patch: 4,
            quantiles: vec![0.1, 0.5, 0.9],
            width: 12,
            blocks: 2,
            heads: 3,
            feed_forward: 64,
            patch_hidden: 7,
            context: 32,
        }
    }

    fn network(config: &TirexConfig) -> Network {
        let mut initialise = |name: &str, shape: &[usize]| crate::weights::hashed_values(config, name, shape);
        Network::new(config, &mut initialise)
    }

    fn inputs(rows: usize, width: usize) -> Vec<f32> {
        (0..rows * width).map(|at| (at as f32 * 0.73).sin()).collect()
    }

    #[test]
    fn forecasts_as_the_packed_model_does() {
        let config = config();
        let model = Tirex::with_hashed_weights(config.clone(), Precision::F32).unwrap();
        let series: Vec<f32> = (0..32).map(|time| (time as f32 * 0.4).sin() * 3.0 + 1.0).collect();
        let expected = model.forecast(&series, 4, crate::ForecastOptions::default()).unwrap();
        let tokens = crate::series::tokens(&config, &series, 0);
        let (out, _) = network(&config).forward(tokens.inputs, 1);
        let last = &out[out.len() - config.outputs()..];
        for step in 0..4 {
            for (level, expected) in expected.step(step).iter().enumerate() {
                let found = last[level * 4 + step] * tokens.scale.scale + tokens.scale.loc;
                assert!((found - expected).abs() < 1e-4, "{found} for {expected}");
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let config = config();
        let (tokens, batch) = (5, 2);
        let rows = inputs(tokens * batch, 2 * config.patch);
        let weights: Vec<f32> =
            (0..tokens * batch * config.outputs()).map(|at| (at as f32 * 0.31).cos()).collect();
        let loss = |network: &Network| -> f64 {
            let (out, _) = network.forward(rows.clone(), batch);
            out.iter().zip(&weights).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
        };
        let mut own = network(&config);
        let (_, trace) = own.forward(rows.clone(), batch);
        own.backward(trace, &weights);
        let parameters: Vec<(String, Vec<f32>)> =
            own.parameters.iter_mut().map(|p| (p.name.clone(), p.gradient.clone())).collect();
        for (index, (name, gradient)) in parameters.iter().enumerate() {
            let largest = gradient.iter().map(|value| value.abs()).fold(0.0, f32::max);
            for at in [0, gradient.len() / 3, gradient.len() - 1] {
                let shifted = |step: f32| {
                    let mut other = network(&config);
                    other.parameters.iter_mut().nth(index).unwrap().values[at] += step;
                    loss(&other)
                };
                let step = 4e-3;
                let expected = (shifted(step) - shifted(-step)) / f64::from(2.0 * step);
                let error = (f64::from(gradient[at]) - expected).abs();
                assert!(
                    error < 2e-3 * f64::from(largest) + 2e-3,
                    "{name}[{at}]: {} for {expected}",
                    gradient[at]
                );
            }
        }
    }
}
