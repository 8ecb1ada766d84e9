//! Features as a graph of small operations over the bars.
//!
//! A family describes its columns by combining [`Signal`]s: `close`, `sub`, `mean`, `ema` … Equal parts
//! exist once, whoever asks for them. Warm-ups follow from the parts and are never typed. One [`Runner`]
//! executes the graph for one bar or for a block of bars with the same operations in the same order, so
//! that batch and stream agree to the last bit.

mod builder;
mod elementary;
mod exponential;
mod higher;
mod inputs;
mod joint;
mod lanes;
mod memory;
mod moments;
mod op;
mod plan;
mod runner;
mod sorted;
mod step;
mod strided;
mod trend_line;
mod window;

pub(crate) use builder::Graph;
pub use inputs::BarColumns;
pub(crate) use op::{Input, Op};
pub(crate) use plan::Plan;
pub(crate) use runner::{BATCH_BLOCK, Runner, RunnerState, STREAM_BLOCK};
pub(crate) use sorted::SortedWindow;
pub(crate) use strided::Characteristics;

/// A stream of numbers: what a node computes, some bars ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Signal {
    node: u32,
    lag: u32,
}

impl Signal {
    /// The same numbers, `bars` bars later.
    pub(crate) fn lag(self, bars: usize) -> Self {
        Self { lag: self.lag + bars as u32, ..self }
    }
}

/// Bars until a signal has a value, and until a cold start agrees with a start long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WarmUp {
    pub(crate) first: usize,
    pub(crate) settled: usize,
}
