//! The part of a graph that a set of columns needs, laid out for execution.

use std::sync::Arc;

use market::{Resampler, Timeframe};

use super::builder::Graph;
use super::op::{Input, Op};
use super::{Signal, WarmUp};

/// Where an operand's values lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand {
    /// Position of its step in the plan.
    pub(crate) node: usize,
    /// Bars ago.
    pub(crate) lag: usize,
}

/// One operation of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) inputs: Vec<Operand>,
    /// Bars until it is computed: with its first value, or for what remembers with its operands' first.
    pub(crate) begins: usize,
    /// Past values of it that somebody reads.
    pub(crate) history: usize,
    /// True when it may repeat the value of the bar before.
    holds: bool,
}

/// A column's source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) operand: Operand,
    /// Bars until the column has a value.
    pub(crate) first: usize,
}

/// A plan on bars of a larger timeframe.
#[derive(Debug, Clone)]
pub(crate) struct HigherPlan {
    pub(crate) plan: Arc<Plan>,
    /// Timeframe of the bars that come in.
    pub(crate) from: Timeframe,
    /// Makes the larger bars; at the start of a series.
    pub(crate) resampler: Resampler,
}

/// Operations in order, and the columns they serve.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<Output>,
    /// Plans on larger bars, which operations name by their place.
    pub(crate) higher: Vec<HigherPlan>,
}

impl Plan {
    /// The plan for `columns` of a graph.
    pub(crate) fn new(graph: &Graph, columns: &[Signal]) -> Self {
        let nodes = graph.nodes();
        let mut needed = vec![false; nodes.len()];
        for column in columns {
            needed[column.node as usize] = true;
        }
        for index in (0..nodes.len()).rev() {
            if needed[index] {
                if nodes[index].op == Op::Part {
                    needed[index - 1] = true;
                }
                for input in &nodes[index].inputs {
                    needed[input.node as usize] = true;
                }
            }
        }
        // The outputs of one operation stay together.
        for index in 0..nodes.len() {
            if nodes[index].op == Op::Part {
                needed[index] = needed[index - 1];
            }
        }
        let mut place = vec![usize::MAX; nodes.len()];
        let mut steps: Vec<Step> = Vec::new();
        let operand = |place: &[usize], signal: &Signal| Operand {
            node: place[signal.node as usize],
            lag: signal.lag as usize,
        };
        for (index, node) in nodes.iter().enumerate().filter(|(index, _)| needed[*index]) {
            place[index] = steps.len();
            let inputs: Vec<Operand> = node.inputs.iter().map(|input| operand(&place, input)).collect();
            for input in &inputs {
                let history = &mut steps[input.node].history;
                *history = (*history).max(input.lag + node.op.reach());
            }
            // What has a warm-up of its own for each output begins with the first bar.
            let begins = match node.op {
                Op::Higher { .. } => 1,
                Op::Part => steps.last().map_or(1, |whole: &Step| whole.begins),
                _ => node.warm_up.first - node.op.delay() + node.op.rest(),
            };
            let history = usize::from(match node.op {
                Op::Part => steps.last().is_some_and(|whole| whole.history > 0 && whole.holds),
                _ => node.op.holds(),
            });
            let holds = history > 0;
            steps.push(Step { op: node.op.clone(), inputs, begins, history, holds });
        }
        let outputs: Vec<Output> = columns
            .iter()
            .map(|column| {
                let WarmUp { first, .. } = graph.warm_up(*column);
                Output { operand: operand(&place, column), first }
            })
            .collect();
        for output in &outputs {
            let history = &mut steps[output.operand.node].history;
            *history = (*history).max(output.operand.lag);
        }
        Self { steps, outputs, higher: graph.higher().to_vec() }
    }

    /// True when a column depends on an input, here or on larger bars.
    pub(crate) fn reads(&self, input: Input) -> bool {
        let is_input = |node: usize| self.steps[node].op == Op::Input(input);
        // Larger bars are made of all inputs, whatever is computed on them.
        let here = self.steps.iter().filter(|step| !matches!(step.op, Op::Higher { .. }));
        let of_operations = here.flat_map(|step| &step.inputs).any(|operand| is_input(operand.node));
        let of_columns = self.outputs.iter().any(|output| is_input(output.operand.node));
        of_operations || of_columns || self.higher.iter().any(|higher| higher.plan.reads(input))
    }

    /// For each step the place of its value at cursor 0, and the size of the arena, for blocks of
    /// `block` bars.
    pub(crate) fn places(&self, block: usize) -> (Vec<usize>, usize) {
        let mut size = 0;
        let places = self
            .steps
            .iter()
            .map(|step| {
                let place = size + step.history;
                size = place + block;
                place
            })
            .collect();
        (places, size)
    }
}
