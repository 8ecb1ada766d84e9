//! Features of bars of a larger timeframe, seen from the smaller one.

use std::sync::Arc;

use market::{Bar, Resampler, Timeframe, Timestamp};
use serde::{Deserialize, Serialize};

use super::BarColumns;
use super::lanes::Block;
use super::plan::Plan;
use super::runner::{Runner, RunnerState, STREAM_BLOCK};

/// Operands in order.
const OPEN_TIME: usize = 0;
const PRICES: [usize; 4] = [1, 2, 3, 4];
const VOLUME: usize = 5;
const TAKER_BUY_VOLUME: usize = 6;
const TRADES: usize = 7;

/// A plan that runs on larger bars, each of which is seen from the bar on with which it closes.
#[derive(Debug, Clone)]
pub(crate) struct Higher {
    from: Timeframe,
    resampler: Resampler,
    runner: Runner,
    columns: BarColumns,
    row: Vec<f64>,
}

/// What it remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HigherState {
    resampler: Resampler,
    runner: RunnerState,
    /// The values of the newest larger bar.
    row: Vec<f64>,
}

impl Higher {
    pub(crate) fn new(plan: Arc<Plan>, from: Timeframe, resampler: Resampler) -> Self {
        let runner = Runner::new(plan, STREAM_BLOCK);
        let row = vec![0.0; runner.n_columns()];
        Self { from, resampler, runner, columns: BarColumns::default(), row }
    }

    pub(crate) fn restart(&mut self) {
        self.resampler.restart();
        self.runner.restart();
        self.row.fill(0.0);
    }

    pub(crate) fn state(&self) -> HigherState {
        HigherState { resampler: self.resampler.clone(), runner: self.runner.state(), row: self.row.clone() }
    }

    /// Goes on from `state`; false when it is of another plan.
    pub(crate) fn resume(&mut self, plan: Arc<Plan>, state: &HigherState) -> bool {
        let Some(runner) = Runner::resume(plan, STREAM_BLOCK, &state.runner) else { return false };
        if state.row.len() != self.row.len() {
            return false;
        }
        self.resampler = state.resampler.clone();
        self.runner = runner;
        self.row.clone_from(&state.row);
        true
    }

    /// Takes the bars of the block, which its operands put together again.
    pub(crate) fn update(&mut self, mut block: Block<'_>) {
        for i in 0..block.len {
            let bar = self.bar(&block, i);
            for closed in self.resampler.update(&bar) {
                self.columns.refill(&[closed]);
                self.runner.advance(&self.columns, 0, 1);
                self.runner.write_newest(&mut self.row);
            }
            for (output, value) in self.row.iter().enumerate() {
                block.output(output)[i] = *value;
            }
        }
    }

    fn bar(&self, block: &Block<'_>, i: usize) -> Bar {
        let [open, high, low, close] = PRICES.map(|operand| block.operand(operand)[i]);
        let open_time = Timestamp::from_millis(block.operand(OPEN_TIME)[i] as i64);
        Bar {
            open_time,
            close_time: open_time.plus_bars(1, self.from),
            open,
            high,
            low,
            close,
            volume: block.operand(VOLUME)[i],
            quote_volume: None,
            trades: Some(block.operand(TRADES)[i] as u64),
            taker_buy_volume: Some(block.operand(TAKER_BUY_VOLUME)[i]),
        }
    }
}
