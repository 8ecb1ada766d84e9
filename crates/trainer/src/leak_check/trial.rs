//! What every test shares: the bars, where they are cut, and the progress.

use std::cell::Cell;

use anyhow::Result;
use market::{BarSeries, Seed};

use super::cuts::Cuts;
use crate::progress::Stage;

/// The bars under test.
pub(crate) struct Trial<'a> {
    pub(crate) series: &'a BarSeries,
    pub(crate) cuts: Cuts,
    pub(crate) seed: Seed,
    stage: &'a Stage<'a>,
    done: Cell<u64>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(series: &'a BarSeries, cuts: Cuts, seed: Seed, stage: &'a Stage<'a>) -> Self {
        Self { series, cuts, seed, stage, done: Cell::new(0) }
    }

    /// Does one step of the work and shows it.
    pub(crate) fn step<T>(&self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.stage.set(self.done.get(), what);
        let result = work();
        self.done.set(self.done.get() + 1);
        self.stage.set(self.done.get(), what);
        result
    }
}
