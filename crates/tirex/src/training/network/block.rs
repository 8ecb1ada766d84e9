//! One block with its derivative.

use kernels::{
    Activation, Instructions, Matrix, NormTrace, Packed, SlstmTrace, activation_backward, column_sums,
    residual_norm_backward, slstm_backward, slstm_forward,
};

use super::rows::{add_to, by_weight, columns, normalised, normalised_back, put_columns, times, times_back};
use crate::backbone::{HEAD_NORM, RMS};
use crate::config::TirexConfig;
use crate::training::parameters::{Parameters, Place};
use crate::weights::names;

#[derive(Debug)]
pub(super) struct Block {
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
pub(crate) struct BlockTrace {
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

impl Block {
    pub(super) fn new(
        config: &TirexConfig,
        index: usize,
        add: &mut dyn FnMut(String, &[usize]) -> Place,
    ) -> Self {
        let (width, d, inside) = (config.width, config.head_width(), config.feed_forward);
        let mut add = |part: &str, shape: &[usize]| add(format!("blocks.{index}.{part}"), shape);
        Self {
            cell_norm: add("norm_slstm.weight", &[width]),
            gates: names::GATES.map(|gate| add(&format!("slstm_layer.{gate}.weight"), &[config.heads, d, d])),
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
    }

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

    pub(super) fn forward(
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
    pub(super) fn backward(
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
