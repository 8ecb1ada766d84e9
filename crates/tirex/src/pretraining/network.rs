//! The model with its derivative, on the kernels' own forward and backward passes. Rows are ordered by token and then by
//! series, weights lie as in checkpoints.

use kernels::{
    Activation, Instructions, Matrix, Norm, NormTrace, Packed, SlstmTrace, Start, Threads,
    activation_backward, column_sums, product, residual_norm_backward, residual_norm_forward, slstm_backward,
    slstm_forward, transposed_product,
};

use super::parameters::{Parameters, Place};
use crate::config::TirexConfig;
use crate::weights::names;

const RMS: Norm = Norm::Rms(1e-6);
const HEAD_NORM: Norm = Norm::Layer(1e-5);

/// Makes the values that weights begin with: name, shape.
pub(super) type Initialise<'a> = &'a mut dyn FnMut(&str, &[usize]) -> Vec<f32>;

/// The whole network.
#[derive(Debug)]
pub(super) struct Network {
    config: TirexConfig,
    pub(super) parameters: Parameters,
    input: PatchMap,
    blocks: Vec<Block>,
    out_norm: Place,
    output: PatchMap,
}

#[derive(Debug)]
struct PatchMap {
    hidden: Linear,
    output: Linear,
    straight: Linear,
}

#[derive(Debug, Clone, Copy)]
struct Linear {
    weight: Place,
    bias: Place,
    inputs: usize,
    outputs: usize,
}

#[derive(Debug)]
struct Block {
    cell_norm: Place,
    gates: [Place; 4],
    recurrent: Place,
    bias: Place,
    head_gain: Place,
    map_norm: Place,
    gate: Place,
    up: Place,
    down: Place,
}

/// What the derivative needs from a forward pass.
#[derive(Debug)]
pub(super) struct Trace {
    batch: usize,
    inputs: Vec<f32>,
    input_hidden: Vec<f32>,
    blocks: Vec<BlockTrace>,
    out_norm: NormTrace,
    normal: Vec<f32>,
    output_hidden: Vec<f32>,
}

#[derive(Debug)]
struct BlockTrace {
    cell_norm: NormTrace,
    cell_inputs: Vec<f32>,
    cell: SlstmTrace,
    cell_outputs: Vec<f32>,
    head_norm: NormTrace,
    head_normal: Vec<f32>,
    map_norm: NormTrace,
    map_inputs: Vec<f32>,
    sums: Vec<f32>,
    inside: Vec<f32>,
}

impl Network {
    pub(super) fn new(config: &TirexConfig, initialise: Initialise<'_>) -> Self {
        let mut parameters = Parameters::default();
        let mut add = |name: String, shape: &[usize]| {
            let values = initialise(&name, shape);
            parameters.add(name, shape, values)
        };
        let (patch, width, hidden) = (config.patch, config.width, config.patch_hidden);
        let (d, inside) = (config.head_width(), config.feed_forward);
        let input = PatchMap::new(names::INPUT, [2 * patch, hidden, width], &mut add);
        let blocks = (0..config.blocks)
            .map(|index| {
                let mut add = |part: &str, shape: &[usize]| add(format!("blocks.{index}.{part}"), shape);
                Block {
                    cell_norm: add("norm_slstm.weight", &[width]),
                    gates: names::GATES
                        .map(|gate| add(&format!("slstm_layer.{gate}.weight"), &[config.heads, d, d])),
                    recurrent: add(
                        &format!("slstm_layer.slstm_cell.{}", names::RECURRENT),
                        &[config.heads, d, 4 * d],
                    ),
                    bias: add(&format!("slstm_layer.slstm_cell.{}", names::CELL_BIAS), &[4 * width]),
                    head_gain: add("slstm_layer.group_norm.weight", &[width]),
                    map_norm: add("norm_ffn.weight", &[width]),
                    gate: add("ffn.proj_up_gate.weight", &[inside, width]),
                    up: add("ffn.proj_up.weight", &[inside, width]),
                    down: add("ffn.proj_down.weight", &[width, inside]),
                }
            })
            .collect();
        let out_norm = add(names::OUT_NORM.to_owned(), &[width]);
        let output = PatchMap::new(names::OUTPUT, [width, hidden, config.outputs()], &mut add);
        Self { config: config.clone(), parameters, input, blocks, out_norm, output }
    }

    /// Quantiles of the next patch of every token, `[tokens * batch, quantiles * patch]`, in scaled units.
    pub(super) fn forward(&self, inputs: Vec<f32>, batch: usize) -> (Vec<f32>, Trace) {
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
    pub(super) fn backward(&mut self, trace: Trace, gradient: &[f32]) {
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

impl Linear {
    fn new(
        name: &str,
        [inputs, outputs]: [usize; 2],
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        let weight = add(format!("{name}.weight"), &[outputs, inputs]);
        Self { weight, bias: add(format!("{name}.bias"), &[outputs]), inputs, outputs }
    }

    fn forward(&self, parameters: &Parameters, rows: &[f32]) -> Vec<f32> {
        let bias = Some(parameters.values(self.bias));
        times(rows, parameters.values(self.weight), self.inputs, self.outputs, bias)
    }

    /// The derivative by the rows.
    fn backward(&self, parameters: &mut Parameters, rows: &[f32], gradient: &[f32]) -> Vec<f32> {
        let by_weight = by_weight(rows, gradient, self.inputs, self.outputs);
        parameters.accumulate(self.weight, &by_weight);
        parameters.accumulate(self.bias, &column_sums(gradient, self.outputs));
        times_back(gradient, parameters.values(self.weight), self.inputs)
    }
}

impl PatchMap {
    fn new(
        name: &str,
        [inputs, hidden, outputs]: [usize; 3],
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        Self {
            hidden: Linear::new(&format!("{name}.hidden_layer"), [inputs, hidden], add),
            output: Linear::new(&format!("{name}.output_layer"), [hidden, outputs], add),
            straight: Linear::new(&format!("{name}.residual_layer"), [inputs, outputs], add),
        }
    }

    /// The result, and the hidden layer.
    fn forward(&self, parameters: &Parameters, rows: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let mut hidden = self.hidden.forward(parameters, rows);
        for value in &mut hidden {
            *value = value.max(0.0);
        }
        let mut out = self.output.forward(parameters, &hidden);
        add_to(&mut out, &self.straight.forward(parameters, rows));
        (out, hidden)
    }

    fn backward(
        &self,
        parameters: &mut Parameters,
        rows: &[f32],
        hidden: &[f32],
        gradient: &[f32],
    ) -> Vec<f32> {
        let mut by_hidden = self.output.backward(parameters, hidden, gradient);
        for (by, value) in by_hidden.iter_mut().zip(hidden) {
            if *value <= 0.0 {
                *by = 0.0;
            }
        }
        let mut by_rows = self.hidden.backward(parameters, rows, &by_hidden);
        add_to(&mut by_rows, &self.straight.backward(parameters, rows, gradient));
        by_rows
    }
}

impl Block {
    /// Each head's maps into its gates below each other, `[4 * d, d]`.
    fn gate_maps(&self, parameters: &Parameters, head: usize, d: usize) -> Vec<f32> {
        self.gates
            .iter()
            .flat_map(|gate| &parameters.values(*gate)[head * d * d..][..d * d])
            .copied()
            .collect()
    }

    fn recurrent(&self, config: &TirexConfig, parameters: &Parameters, transposed: bool) -> Vec<Packed> {
        let d = config.head_width();
        let heads = parameters.values(self.recurrent).chunks(4 * d * d).map(|head| Matrix::new(head, 4 * d));
        let turned = heads.map(|head| if transposed { head.transposed() } else { head });
        turned.map(|head| Packed::new(Instructions::best(), head)).collect()
    }

    fn forward(
        &self,
        config: &TirexConfig,
        parameters: &Parameters,
        stream: &mut [f32],
        batch: usize,
    ) -> BlockTrace {
        let (width, inside, d, heads) =
            (config.width, config.feed_forward, config.head_width(), config.heads);
        let (cell_inputs, cell_norm) = normalised(RMS, stream.to_vec(), parameters.values(self.cell_norm));
        let mut projected = vec![0.0; 4 * stream.len()];
        for head in 0..heads {
            let own = columns(&cell_inputs, width, head * d, d);
            let bias = &parameters.values(self.bias)[head * 4 * d..][..4 * d];
            let gates = times(&own, &self.gate_maps(parameters, head, d), d, 4 * d, Some(bias));
            put_columns(&gates, 4 * d, &mut projected, 4 * width, head * 4 * d);
        }
        let recurrent = self.recurrent(config, parameters, false);
        let (cell_outputs, cell) = slstm_forward(Instructions::best(), projected, &recurrent, batch);
        let (head_normal, head_norm) = normalised(HEAD_NORM, cell_outputs.clone(), &vec![1.0; d]);
        let gain = parameters.values(self.head_gain);
        for (row, normal) in stream.chunks_mut(width).zip(head_normal.chunks(width)) {
            for ((value, normal), gain) in row.iter_mut().zip(normal).zip(gain) {
                *value += normal * (1.0 + gain);
            }
        }
        let (map_inputs, map_norm) = normalised(RMS, stream.to_vec(), parameters.values(self.map_norm));
        let both = [parameters.values(self.gate), parameters.values(self.up)].concat();
        let packed = Packed::new(Instructions::best(), Matrix::new(&both, width).transposed());
        let (inside_values, sums) = kernels::linear_forward(
            Instructions::best(),
            &map_inputs,
            &packed,
            None,
            Activation::SiluGated,
            true,
        );
        let down = times(&inside_values, parameters.values(self.down), inside, width, None);
        add_to(stream, &down);
        BlockTrace {
            cell_norm,
            cell_inputs,
            cell,
            cell_outputs,
            head_norm,
            head_normal,
            map_norm,
            map_inputs,
            sums,
            inside: inside_values,
        }
    }

    /// The derivative by the stream before the block.
    fn backward(
        &self,
        config: &TirexConfig,
        parameters: &mut Parameters,
        trace: BlockTrace,
        mut by_stream: Vec<f32>,
        batch: usize,
    ) -> Vec<f32> {
        let (width, inside, d, heads) =
            (config.width, config.feed_forward, config.head_width(), config.heads);
        let instructions = Instructions::best();
        parameters.accumulate(self.down, &by_weight(&trace.inside, &by_stream, inside, width));
        let by_inside = times_back(&by_stream, parameters.values(self.down), inside);
        let by_sums =
            activation_backward(instructions, Activation::SiluGated, trace.sums, by_inside, 2 * inside);
        let by_both = by_weight(&trace.map_inputs, &by_sums, width, 2 * inside);
        parameters.accumulate(self.gate, &by_both[..inside * width]);
        parameters.accumulate(self.up, &by_both[inside * width..]);
        let both = [parameters.values(self.gate), parameters.values(self.up)].concat();
        let by_map_inputs = times_back(&by_sums, &both, width);
        add_to(
            &mut by_stream,
            &normalised_back(RMS, parameters, self.map_norm, trace.map_norm, by_map_inputs),
        );

        let mut by_gain = vec![0.0; width];
        let gain = parameters.values(self.head_gain);
        let mut by_normal = by_stream.clone();
        for (row, normal) in by_normal.chunks_mut(width).zip(trace.head_normal.chunks(width)) {
            for (((by, normal), gain), by_gain) in row.iter_mut().zip(normal).zip(gain).zip(&mut by_gain) {
                *by_gain += *by * normal;
                *by *= 1.0 + gain;
            }
        }
        parameters.accumulate(self.head_gain, &by_gain);
        let ones = vec![1.0; d];
        let by_outputs =
            residual_norm_backward(instructions, HEAD_NORM, trace.head_norm, &ones, None, by_normal).residual;
        let turned = self.recurrent(config, parameters, true);
        let by_cell =
            slstm_backward(instructions, trace.cell, &trace.cell_outputs, &by_outputs, &turned, batch);
        parameters.accumulate(self.recurrent, &by_cell.recurrent.concat());
        parameters.accumulate(self.bias, &column_sums(&by_cell.projected, 4 * width));
        let mut by_inputs = vec![0.0; by_stream.len()];
        let mut by_gates = vec![vec![0.0; heads * d * d]; 4];
        for head in 0..heads {
            let own = columns(&trace.cell_inputs, width, head * d, d);
            let by_own_gates = columns(&by_cell.projected, 4 * width, head * 4 * d, 4 * d);
            let by_maps = by_weight(&own, &by_own_gates, d, 4 * d);
            for (by_gate, by_map) in by_gates.iter_mut().zip(by_maps.chunks(d * d)) {
                by_gate[head * d * d..][..d * d].copy_from_slice(by_map);
            }
            let by_own = times_back(&by_own_gates, &self.gate_maps(parameters, head, d), d);
            put_columns(&by_own, d, &mut by_inputs, width, head * d);
        }
        for (gate, by_gate) in self.gates.iter().zip(&by_gates) {
            parameters.accumulate(*gate, by_gate);
        }
        add_to(&mut by_stream, &normalised_back(RMS, parameters, self.cell_norm, trace.cell_norm, by_inputs));
        by_stream
    }
}

/// `rows · weightᵀ + bias` with `weight` `[outputs, inputs]`.
fn times(rows: &[f32], weight: &[f32], inputs: usize, outputs: usize, bias: Option<&[f32]>) -> Vec<f32> {
    let packed = Packed::new(Instructions::best(), Matrix::new(weight, inputs).transposed());
    let mut out = vec![0.0; rows.len() / inputs * outputs];
    let start = bias.map_or(Start::Zero, Start::Row);
    product(Threads::Pool, rows, &packed, start, &mut out, &mut [], |_, _, _| ());
    out
}

/// `gradient · weight`: the derivative by the rows of [`times`].
fn times_back(gradient: &[f32], weight: &[f32], inputs: usize) -> Vec<f32> {
    let packed = Packed::new(Instructions::best(), Matrix::new(weight, inputs));
    let mut out = vec![0.0; gradient.len() / packed.inner() * inputs];
    product(Threads::Pool, gradient, &packed, Start::Zero, &mut out, &mut [], |_, _, _| ());
    out
}

/// The derivative by the weight of [`times`].
fn by_weight(rows: &[f32], gradient: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    transposed_product(Instructions::best(), Matrix::new(gradient, outputs), Matrix::new(rows, inputs))
}

fn normalised(norm: Norm, rows: Vec<f32>, gain: &[f32]) -> (Vec<f32>, NormTrace) {
    let nothing = vec![0.0; rows.len()];
    let shift = vec![0.0; gain.len()];
    residual_norm_forward(Instructions::best(), norm, rows, &nothing, gain, &shift, None)
}

fn normalised_back(
    norm: Norm,
    parameters: &mut Parameters,
    gain: Place,
    trace: NormTrace,
    gradient: Vec<f32>,
) -> Vec<f32> {
    let found =
        residual_norm_backward(Instructions::best(), norm, trace, parameters.values(gain), None, gradient);
    parameters.accumulate(gain, &found.gain);
    found.residual
}

fn columns(rows: &[f32], width: usize, first: usize, count: usize) -> Vec<f32> {
    rows.chunks(width).flat_map(|row| &row[first..first + count]).copied().collect()
}

fn put_columns(part: &[f32], count: usize, rows: &mut [f32], width: usize, first: usize) {
    for (row, part) in rows.chunks_mut(width).zip(part.chunks(count)) {
        row[first..first + count].copy_from_slice(part);
    }
}

fn add_to(values: &mut [f32], more: &[f32]) {
    for (value, more) in values.iter_mut().zip(more) {
        *value += more;
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
