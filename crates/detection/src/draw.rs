//! One market of the generator, its training half and its test half.

use std::ops::Range;

use market::{BarSeries, Seed, Timeframe, TrendVol};
use synthetic::{MarketParameters, SyntheticMarket};

/// A synthetic market whose first bars are for training and whose other bars are for the test.
#[derive(Debug, Clone)]
pub struct Draw {
    parameters: MarketParameters,
    seed: Seed,
    market: SyntheticMarket,
    training_bars: usize,
}

impl Draw {
    /// Draws `training_bars` bars and, right behind them, `test_bars` bars of the same market.
    ///
    /// # Panics
    /// When both are zero, or the parameters describe no market.
    pub fn new(parameters: &MarketParameters, training_bars: usize, test_bars: usize, seed: Seed) -> Self {
        let market = synthetic::generate(parameters, training_bars + test_bars, Timeframe::HOUR, seed);
        Self { parameters: *parameters, seed, market, training_bars }
    }

    /// The bars, those for training first.
    pub fn series(&self) -> &BarSeries {
        &self.market.series
    }

    /// What the generator was told.
    pub fn parameters(&self) -> &MarketParameters {
        &self.parameters
    }

    /// The seed it was drawn with.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Number of bars for training.
    pub fn training_bars(&self) -> usize {
        self.training_bars
    }

    /// The bars of the test.
    pub fn test(&self) -> Range<usize> {
        self.training_bars..self.market.regimes.len()
    }

    /// The state that made each bar.
    pub fn truth(&self) -> &[TrendVol] {
        &self.market.regimes
    }

    /// The states that made the training bars.
    pub fn training_truth(&self) -> &[TrendVol] {
        &self.market.regimes[..self.training_bars]
    }

    /// The same bars with other states said to have made the training bars, for checks of who looks at them.
    ///
    /// # Panics
    /// When there are not as many states as training bars.
    #[must_use]
    pub fn with_training_truth(mut self, states: &[TrendVol]) -> Self {
        self.market.regimes[..self.training_bars].copy_from_slice(states);
        self
    }
}
