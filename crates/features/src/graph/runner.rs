//! Executes a plan.

use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};
use serde::{Deserialize, Serialize};

use super::BarColumns;
use super::exponential::ExponentialState;
use super::higher::HigherState;
use super::lanes::{Block, One};
use super::memory::Memory;
use super::op::Op;
use super::plan::Plan;
use super::step::step;

/// Bars per block when many come at once, which are computed together: few enough for the values of all nodes to
/// stay near.
pub(crate) const BATCH_BLOCK: usize = 128;
/// Bars per block when they come one by one.
pub(crate) const STREAM_BLOCK: usize = 64;

/// A plan at work on one symbol. Values of each node lie in one arena: its history, then a block.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    plan: Arc<Plan>,
    block: usize,
    /// Place of each node's value at cursor 0.
    places: Vec<usize>,
    arena: Vec<f64>,
    memories: Vec<Memory>,
    /// Bars of the block that are done.
    cursor: usize,
    /// Bars since the start of the segment.
    bars_seen: usize,
    /// The steps, without what only the layout needs.
    tasks: Vec<Task>,
    /// For each step its operands' places at cursor 0, lags taken off, one after the other.
    operands: Vec<usize>,
}

/// Bars to take, for the widest vector unit there is.
struct Advance<'a> {
    runner: &'a mut Runner,
    bars: &'a BarColumns,
    start: usize,
    len: usize,
}

impl NullaryFnOnce for Advance<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn call(self) {
        self.runner.compute(self.bars, self.start, self.len);
    }
}

/// What a step is while it runs.
#[derive(Debug, Clone)]
struct Task {
    op: Op,
    begins: usize,
    n_operands: usize,
    n_outputs: usize,
}

/// Everything a runner knows, without what follows from the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunnerState {
    bars_seen: usize,
    /// For each node the past values that are read, oldest first.
    histories: Vec<Vec<f64>>,
    /// For each recursion what it remembers.
    recursions: Vec<[f64; 4]>,
    /// Those on larger bars.
    higher: Vec<HigherState>,
}

impl Runner {
    /// A runner at the start of a segment.
    pub(crate) fn new(plan: Arc<Plan>, block: usize) -> Self {
        let (places, size) = plan.places(block);
        let memories = plan.steps.iter().map(|step| Memory::start(&step.op, &plan.higher)).collect();
        let operands = plan
            .steps
            .iter()
            .flat_map(|step| &step.inputs)
            .map(|input| places[input.node] - input.lag)
            .collect();
        let tasks = plan
            .steps
            .iter()
            .map(|step| Task {
                op: step.op.clone(),
                begins: step.begins,
                n_operands: step.inputs.len(),
                n_outputs: step.op.outputs(),
            })
            .collect();
        Self {
            plan,
            block,
            tasks,
            places,
            arena: vec![0.0; size],
            memories,
            cursor: 0,
            bars_seen: 0,
            operands,
        }
    }

    /// Starts a new segment.
    pub(crate) fn restart(&mut self) {
        self.memories.iter_mut().for_each(Memory::restart);
        self.cursor = 0;
        self.bars_seen = 0;
    }

    /// Bars since the start of the segment.
    pub(crate) fn bars_seen(&self) -> usize {
        self.bars_seen
    }

    /// How many bars the next call can take at most.
    pub(crate) fn room(&self) -> usize {
        if self.cursor == self.block { self.block } else { self.block - self.cursor }
    }

    /// Takes bars `start..start + len` of `bars`, the next ones of the segment; at most [`Runner::room`].
    pub(crate) fn advance(&mut self, bars: &BarColumns, start: usize, len: usize) {
        if self.cursor == self.block {
            self.wrap();
        }
        if len == 1 {
            self.compute_one(bars, start);
        } else {
            Arch::new().dispatch(Advance { runner: self, bars, start, len });
        }
        self.cursor += len;
        self.bars_seen += len;
    }

    /// Computes bars `start..start + len` of `bars`.
    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn compute(&mut self, bars: &BarColumns, start: usize, len: usize) {
        let Self { tasks, places, arena, memories, operands, cursor, bars_seen, .. } = self;
        let mut operands = operands.as_slice();
        for ((index, task), memory) in tasks.iter().enumerate().zip(memories) {
            let (starts, others) = operands.split_at(task.n_operands);
            operands = others;
            let (past, own) = arena.split_at_mut(places[index]);
            if let Op::Input(input) = task.op {
                bars.write(input, start, &mut own[*cursor..*cursor + len]);
                continue;
            }
            // Nothing is computed before all operands have values.
            let skipped = task.begins.saturating_sub(*bars_seen + 1);
            if skipped < len {
                let (from, len) = (*cursor + skipped, len - skipped);
                let own_places = &places[index..index + task.n_outputs];
                let begins = task.begins == *bars_seen + 1 + skipped;
                let mut block = Block { past, own, starts, places: own_places, from, len, begins };
                step(&task.op, memory, &mut block);
            }
        }
    }

    /// [`Runner::compute`] for one bar.
    fn compute_one(&mut self, bars: &BarColumns, start: usize) {
        let Self { tasks, places, arena, memories, operands, cursor, bars_seen, .. } = self;
        let (mut operands, at) = (operands.as_slice(), *cursor);
        for ((index, task), memory) in tasks.iter().enumerate().zip(memories) {
            let (starts, others) = operands.split_at(task.n_operands);
            operands = others;
            if let Op::Input(input) = task.op {
                bars.write(input, start, &mut arena[places[index] + at..][..1]);
            } else if task.begins <= *bars_seen + 1 {
                let own_places = &places[index..index + task.n_outputs];
                let begins = task.begins == *bars_seen + 1;
                step(&task.op, memory, &mut One { arena, starts, places: own_places, at, begins });
            }
        }
    }

    /// Makes room: moves what is still read before the block.
    fn wrap(&mut self) {
        for (step, place) in self.plan.steps.iter().zip(&self.places) {
            let end = place + self.block;
            self.arena.copy_within(end - step.history..end, place - step.history);
        }
        self.cursor = 0;
    }

    /// Values of column `column` for the newest `len` bars, valid where it has one.
    fn column(&self, column: usize, len: usize) -> &[f64] {
        let output = &self.plan.outputs[column];
        let end = self.places[output.operand.node] + self.cursor - output.operand.lag;
        &self.arena[end - len..end]
    }

    /// Writes column `column` for the newest `out.len()` bars (at most those of the last
    /// [`Runner::advance`]), 0 where it has no value yet.
    pub(crate) fn write_column(&self, column: usize, out: &mut [f64]) {
        let without = (self.first(column) + out.len()).saturating_sub(self.bars_seen + 1).min(out.len());
        let len = out.len();
        out.copy_from_slice(self.column(column, len));
        out[..without].fill(0.0);
    }

    /// Appends column `column` for the newest `len` bars, 0 where it has no value yet.
    pub(crate) fn push_column(&self, column: usize, len: usize, out: &mut Vec<f64>) {
        let without = (self.first(column) + len).saturating_sub(self.bars_seen + 1).min(len);
        out.resize(out.len() + without, 0.0);
        out.extend_from_slice(&self.column(column, len)[without..]);
    }

    /// Writes the newest value of every column, 0 where it has none yet.
    pub(crate) fn write_newest(&self, row: &mut [f64]) {
        for (value, output) in row.iter_mut().zip(&self.plan.outputs) {
            let place = self.places[output.operand.node] + self.cursor - 1 - output.operand.lag;
            *value = if self.bars_seen < output.first { 0.0 } else { self.arena[place] };
        }
    }

    fn first(&self, column: usize) -> usize {
        self.plan.outputs[column].first
    }

    /// Number of columns.
    pub(crate) fn n_columns(&self) -> usize {
        self.plan.outputs.len()
    }

    /// What a later runner of the same plan needs to go on.
    pub(crate) fn state(&self) -> RunnerState {
        let histories = self
            .plan
            .steps
            .iter()
            .zip(&self.places)
            .map(|(step, place)| {
                let known = (self.bars_seen + 1).saturating_sub(step.begins).min(step.history);
                let end = place + self.cursor;
                self.arena[end - known..end].to_vec()
            })
            .collect();
        let recursions = self
            .memories
            .iter()
            .filter_map(|memory| match memory {
                Memory::Ema(average) => {
                    let ExponentialState { seen, anchor, base, local } = average.state();
                    Some([seen as f64, anchor, base, local])
                }
                Memory::Run { length, value } => Some([*length, *value, 0.0, 0.0]),
                _ => None,
            })
            .collect();
        let higher = self
            .memories
            .iter()
            .filter_map(
                |memory| if let Memory::Higher(higher) = memory { Some(higher.state()) } else { None },
            )
            .collect();
        RunnerState { bars_seen: self.bars_seen, histories, recursions, higher }
    }

    /// A runner that goes on from `state`; none when the state is of another plan.
    pub(crate) fn resume(plan: Arc<Plan>, block: usize, state: &RunnerState) -> Option<Self> {
        let mut runner = Self::new(plan, block);
        let n_recursions =
            runner.memories.iter().filter(|m| matches!(m, Memory::Ema(_) | Memory::Run { .. })).count();
        if state.histories.len() != runner.places.len() || state.recursions.len() != n_recursions {
            return None;
        }
        runner.bars_seen = state.bars_seen;
        for ((step, place), history) in runner.plan.steps.iter().zip(&runner.places).zip(&state.histories) {
            let known = (state.bars_seen + 1).saturating_sub(step.begins).min(step.history);
            if history.len() != known {
                return None;
            }
            runner.arena[place - known..*place].copy_from_slice(history);
        }
        let (mut recursions, mut higher) = (state.recursions.iter(), state.higher.iter());
        for (index, at) in runner.plan.steps.iter().enumerate() {
            match &mut runner.memories[index] {
                Memory::Ema(average) => {
                    let [seen, anchor, base, local] = *recursions.next()?;
                    average.set_state(ExponentialState { seen: seen as usize, anchor, base, local });
                }
                Memory::Run { length, value } => [*length, *value, ..] = *recursions.next()?,
                Memory::Sorted(window) => {
                    let (Op::Sorted { n } | Op::Quantiles { n, .. }) = at.op else { return None };
                    let known = (state.bars_seen + 1).saturating_sub(at.begins).min(n);
                    let end = runner.places[at.inputs[0].node] - at.inputs[0].lag;
                    runner.arena[end - known..end].iter().for_each(|value| window.insert(*value));
                }
                Memory::Higher(own) => {
                    let Op::Higher { plan, .. } = at.op else { return None };
                    let plan = Arc::clone(&runner.plan.higher[plan].plan);
                    if !own.resume(plan, higher.next()?) {
                        return None;
                    }
                }
                Memory::None | Memory::Joint(_) | Memory::Strided(_) => {}
            }
        }
        Some(runner)
    }
}
