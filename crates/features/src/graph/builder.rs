//! Combining signals.

use std::collections::HashMap;
use std::sync::Arc;

use market::{Resampler, Timeframe};

use super::op::{Constant, Input, Op};
use super::plan::{HigherPlan, Plan};
use super::strided::Characteristics;
use super::{Signal, WarmUp};
use crate::family::Setting;
use crate::smoothing::settling_bars;

/// A node: an operation, its operands and its warm-up.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) inputs: Vec<Signal>,
    pub(crate) warm_up: WarmUp,
}

/// All nodes that were asked for, each once, operands before their users.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<(Op, Vec<Signal>), u32>,
    higher: Vec<HigherPlan>,
}

impl Graph {
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Plans on larger bars.
    pub(crate) fn higher(&self) -> &[HigherPlan] {
        &self.higher
    }

    /// The signal of an operation; the same one when it was asked for before.
    pub(crate) fn node(&mut self, op: Op, inputs: &[Signal]) -> Signal {
        let key = (op, inputs.to_vec());
        if let Some(&node) = self.known.get(&key) {
            return Signal { node, lag: 0 };
        }
        let node = self.nodes.len() as u32;
        let (op, inputs) = key.clone();
        let before = inputs.iter().map(|input| self.warm_up(*input)).fold(
            WarmUp { first: 1, settled: 1 },
            |all, one| WarmUp { first: all.first.max(one.first), settled: all.settled.max(one.settled) },
        );
        let memory = if let Op::Ema { alpha, .. } = op { settling_bars(alpha.get()) } else { 0 };
        let warm_up =
            WarmUp { first: before.first + op.delay(), settled: before.settled + op.delay() + memory };
        for part in 0..op.outputs() {
            let op = if part == 0 { op.clone() } else { Op::Part };
            let inputs = if part == 0 { inputs.clone() } else { Vec::new() };
            self.nodes.push(Node { op, inputs, warm_up });
        }
        self.known.insert(key, node);
        Signal { node, lag: 0 }
    }

    /// Characteristics of the newest log returns.
    pub(crate) fn characteristics(&mut self, kind: Characteristics, setting: Setting) -> Vec<Signal> {
        let close = self.close();
        let returns = self.log_ratio(close, close.lag(1));
        let place = self.input(Input::GridPlace(setting.timeframe.millis()));
        let op = Op::Strided { kind, n: setting.window_bars, stride: setting.stride_bars };
        let whole = self.node(op, &[returns, place]);
        (0..kind.count()).map(|part| Self::part(whole, part)).collect()
    }

    /// The columns of a plan on larger bars; `warm_ups` are theirs, in larger bars.
    pub(crate) fn columns_of_larger_bars(
        &mut self,
        plan: Arc<Plan>,
        from: Timeframe,
        resampler: Resampler,
        warm_ups: &[WarmUp],
    ) -> Vec<Signal> {
        let factor = (resampler.to().millis() / from.millis()) as usize;
        let op = Op::Higher { plan: self.higher.len(), outputs: warm_ups.len() };
        self.higher.push(HigherPlan { plan, from, resampler });
        let inputs = [
            Input::OpenTime,
            Input::Open,
            Input::High,
            Input::Low,
            Input::Close,
            Input::Volume,
            Input::TakerBuyVolume,
            Input::Trades,
        ]
        .map(|input| self.input(input));
        let whole = self.node(op, &inputs);
        // At worst all but one bar of a bucket are left out before the first whole one.
        let in_bars = |larger: usize| larger * factor + factor - 1;
        let parts = (0..warm_ups.len()).map(|part| Self::part(whole, part));
        parts
            .zip(warm_ups)
            .map(|(signal, warm_up)| {
                let warm_up = WarmUp { first: in_bars(warm_up.first), settled: in_bars(warm_up.settled) };
                self.nodes[signal.node as usize].warm_up = warm_up;
                signal
            })
            .collect()
    }

    /// When a signal has values.
    pub(crate) fn warm_up(&self, signal: Signal) -> WarmUp {
        let WarmUp { first, settled } = self.nodes[signal.node as usize].warm_up;
        WarmUp { first: first + signal.lag as usize, settled: settled + signal.lag as usize }
    }

    /// Output `part` of an operation with several.
    pub(crate) fn part(signal: Signal, part: usize) -> Signal {
        Signal { node: signal.node + part as u32, ..signal }
    }

    fn input(&mut self, input: Input) -> Signal {
        self.node(Op::Input(input), &[])
    }

    pub(crate) fn open(&mut self) -> Signal {
        self.input(Input::Open)
    }

    pub(crate) fn high(&mut self) -> Signal {
        self.input(Input::High)
    }

    pub(crate) fn low(&mut self) -> Signal {
        self.input(Input::Low)
    }

    pub(crate) fn close(&mut self) -> Signal {
        self.input(Input::Close)
    }

    pub(crate) fn volume(&mut self) -> Signal {
        self.input(Input::Volume)
    }

    pub(crate) fn taker_buy_volume(&mut self) -> Signal {
        self.input(Input::TakerBuyVolume)
    }

    pub(crate) fn trades(&mut self) -> Signal {
        self.input(Input::Trades)
    }

    pub(crate) fn day_share(&mut self) -> Signal {
        self.input(Input::DayShare)
    }

    pub(crate) fn week_share(&mut self) -> Signal {
        self.input(Input::WeekShare)
    }

    /// Close of the reference at `place`.
    pub(crate) fn reference(&mut self, place: usize) -> Signal {
        self.input(Input::Reference(place))
    }

    pub(crate) fn zero(&mut self) -> Signal {
        self.input(Input::Zero)
    }

    pub(crate) fn ln(&mut self, a: Signal) -> Signal {
        self.node(Op::Ln, &[a])
    }

    pub(crate) fn abs(&mut self, a: Signal) -> Signal {
        self.node(Op::Abs, &[a])
    }

    pub(crate) fn sqrt(&mut self, a: Signal) -> Signal {
        self.node(Op::Sqrt, &[a])
    }

    /// √(scale · a).
    pub(crate) fn scaled_root(&mut self, a: Signal, scale: f64) -> Signal {
        self.node(Op::ScaledRoot(Constant::new(scale)), &[a])
    }

    pub(crate) fn square(&mut self, a: Signal) -> Signal {
        self.node(Op::Square, &[a])
    }

    pub(crate) fn sign(&mut self, a: Signal) -> Signal {
        self.node(Op::Sign, &[a])
    }

    /// max(a, 0).
    pub(crate) fn non_negative(&mut self, a: Signal) -> Signal {
        self.node(Op::NonNegative, &[a])
    }

    /// scale · a + shift.
    pub(crate) fn affine(&mut self, a: Signal, scale: f64, shift: f64) -> Signal {
        self.node(Op::Affine { scale: Constant::new(scale), shift: Constant::new(shift) }, &[a])
    }

    /// scale · a.
    pub(crate) fn scale(&mut self, a: Signal, scale: f64) -> Signal {
        self.affine(a, scale, 0.0)
    }

    pub(crate) fn clip(&mut self, a: Signal, low: f64, high: f64) -> Signal {
        self.node(Op::Clip { low: Constant::new(low), high: Constant::new(high) }, &[a])
    }

    pub(crate) fn above(&mut self, a: Signal, limit: f64) -> Signal {
        self.node(Op::Above(Constant::new(limit)), &[a])
    }

    pub(crate) fn below(&mut self, a: Signal, limit: f64) -> Signal {
        self.node(Op::Below(Constant::new(limit)), &[a])
    }

    pub(crate) fn add(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Add, &[a, b])
    }

    pub(crate) fn sub(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Sub, &[a, b])
    }

    pub(crate) fn mul(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Mul, &[a, b])
    }

    /// a / b, for a b that can't be zero (a price, a count).
    pub(crate) fn div(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Div, &[a, b])
    }

    /// a / b, or `neutral` when b is zero.
    pub(crate) fn div_or(&mut self, a: Signal, b: Signal, neutral: f64) -> Signal {
        self.node(Op::DivOr(Constant::new(neutral)), &[a, b])
    }

    pub(crate) fn larger(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Max, &[a, b])
    }

    pub(crate) fn smaller(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Min, &[a, b])
    }

    /// 1 when a > b, else 0.
    pub(crate) fn greater(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::Greater, &[a, b])
    }

    /// ln(a / b), or 0 unless both are above zero.
    pub(crate) fn log_ratio(&mut self, a: Signal, b: Signal) -> Signal {
        self.node(Op::LogRatio, &[a, b])
    }

    /// b when a > 0, else c.
    pub(crate) fn choose(&mut self, a: Signal, b: Signal, c: Signal) -> Signal {
        self.node(Op::Choose, &[a, b, c])
    }

    /// Exponential average over n bars, alpha = 2 / (n + 1), seeded with the mean of the first n.
    pub(crate) fn ema(&mut self, a: Signal, n: usize) -> Signal {
        self.ema_from(a, n, 0)
    }

    /// The same, started `late` bars after its operand.
    pub(crate) fn ema_from(&mut self, a: Signal, n: usize, late: usize) -> Signal {
        let alpha = Constant::new(2.0 / (n as f64 + 1.0));
        self.node(Op::Ema { late, seed: n, divisor: n, alpha }, &[a])
    }

    /// Exponential average whose weights halve every `half_life` bars, started with the first value.
    pub(crate) fn ema_of_half_life(&mut self, a: Signal, half_life: usize) -> Signal {
        let alpha = Constant::new(1.0 - 0.5_f64.powf(1.0 / half_life as f64));
        self.node(Op::Ema { late: 0, seed: 1, divisor: 1, alpha }, &[a])
    }

    /// Wilder's average over n bars, alpha = 1 / n, seeded with the mean of the first n.
    pub(crate) fn wilder(&mut self, a: Signal, n: usize) -> Signal {
        let alpha = Constant::new(1.0 / n as f64);
        self.node(Op::Ema { late: 0, seed: n, divisor: n, alpha }, &[a])
    }

    /// Wilder's running sum over n bars, divided by n, seeded with the first n − 1 values as `TA_PLUS_DM`.
    pub(crate) fn wilder_sum(&mut self, a: Signal, n: usize) -> Signal {
        let alpha = Constant::new(1.0 / n as f64);
        self.node(Op::Ema { late: 0, seed: n - 1, divisor: n, alpha }, &[a])
    }

    /// Mean absolute distance of the newest n values from their mean.
    pub(crate) fn mean_deviation(&mut self, a: Signal, n: usize) -> Signal {
        let mean = self.mean(a, n);
        self.node(Op::MeanDeviation { n }, &[a, mean])
    }

    /// Median of the newest n values, and the share of them not above the newest.
    pub(crate) fn order(&mut self, a: Signal, n: usize) -> [Signal; 2] {
        let median = self.node(Op::Sorted { n }, &[a]);
        [median, Self::part(median, 1)]
    }

    /// The share of the newest n values that are not above the newest, without their order: for short windows.
    pub(crate) fn share_not_above(&mut self, a: Signal, n: usize) -> Signal {
        self.node(Op::ShareNotAbove { n }, &[a, a])
    }

    /// Two quantiles of the newest n values, interpolated between the places q · (n − 1).
    pub(crate) fn quantiles(&mut self, a: Signal, n: usize, [lower, upper]: [f64; 2]) -> [Signal; 2] {
        let (lower, upper) = (Constant::new(lower), Constant::new(upper));
        let low = self.node(Op::Quantiles { n, lower, upper }, &[a]);
        [low, Self::part(low, 1)]
    }

    /// Place of the newest among the newest n values, from 1/n to 1, ties in the middle. Values closer than
    /// `tie` of the largest magnitude in the window are equal.
    pub(crate) fn rank(&mut self, a: Signal, n: usize, tie: f64) -> Signal {
        self.node(Op::Rank { n, tie: Constant::new(tie) }, &[a])
    }
}
