//! Signals that several families start from.

use crate::graph::{Graph, Op, Signal};

impl Graph {
    /// `close / close[n bars ago] − 1`.
    pub(super) fn simple_return(&mut self, n: usize) -> Signal {
        let close = self.close();
        let growth = self.div(close, close.lag(n));
        self.affine(growth, 1.0, -1.0)
    }

    /// `ln(close / close[n bars ago])`.
    pub(super) fn log_return(&mut self, n: usize) -> Signal {
        let close = self.close();
        self.log_ratio(close, close.lag(n))
    }

    /// `(high + low + close) / 3`.
    pub(super) fn typical_price(&mut self) -> Signal {
        let (high, low, close) = (self.high(), self.low(), self.close());
        let sum = self.add(high, low);
        let sum = self.add(sum, close);
        self.scale(sum, 1.0 / 3.0)
    }

    /// Always `value`.
    pub(super) fn constant(&mut self, value: f64) -> Signal {
        let zero = self.zero();
        self.affine(zero, 1.0, value)
    }

    /// The close's place between the lowest low and the highest high of n bars, 0 to 1; 0.5 without range.
    pub(super) fn channel_position(&mut self, n: usize) -> Signal {
        let (high, low, close) = (self.high(), self.low(), self.close());
        let (top, bottom) = (self.highest(high, n), self.lowest(low, n));
        let (above, range) = (self.sub(close, bottom), self.sub(top, bottom));
        self.div_or(above, range, 0.5)
    }

    /// `ln(1 + volume)`.
    pub(super) fn log_volume(&mut self) -> Signal {
        let volume = self.volume();
        let one_more = self.affine(volume, 1.0, 1.0);
        self.ln(one_more)
    }

    /// Sine and cosine of a share of a full turn.
    pub(super) fn on_circle(&mut self, share: Signal) -> [Signal; 2] {
        [self.node(Op::SineOfTurn, &[share]), self.node(Op::CosineOfTurn, &[share])]
    }

    /// `max(high, close before) − min(low, close before)`.
    pub(super) fn true_range(&mut self) -> Signal {
        let (high, low, before) = (self.high(), self.low(), self.close().lag(1));
        let (top, bottom) = (self.larger(high, before), self.smaller(low, before));
        self.sub(top, bottom)
    }

    /// Wilder's average of the true range.
    pub(super) fn average_true_range(&mut self, n: usize) -> Signal {
        let range = self.true_range();
        self.wilder(range, n)
    }

    /// EMA(fast) − EMA(slow) of the close, both seeded at the same bar as TA-Lib does: the fast one starts
    /// `slow − fast` bars late.
    pub(super) fn macd(&mut self, fast: usize, slow: usize) -> Signal {
        let close = self.close();
        let (fast, slow) = (self.ema_from(close, fast, slow - fast), self.ema(close, slow));
        self.sub(fast, slow)
    }

    /// Mean ± 2σ of the newest n closes, σ with n in the denominator: upper and lower band.
    pub(super) fn bollinger(&mut self, n: usize) -> [Signal; 2] {
        let close = self.close();
        let (centre, spread) = (self.mean(close, n), self.population_std(close, n));
        let band = self.scale(spread, 2.0);
        [self.add(centre, band), self.sub(centre, band)]
    }

    /// Parkinson's volatility: √(mean(ln(high/low)², n) / (4 ln 2)).
    pub(super) fn parkinson(&mut self, n: usize) -> Signal {
        let (high, low) = (self.high(), self.low());
        let range = self.log_ratio(high, low);
        let square = self.square(range);
        let sum = self.sum(square, n);
        self.scaled_root(sum, 1.0 / (4.0 * std::f64::consts::LN_2 * n as f64))
    }
}
