//! What one operation does with a block of bars.
//!
//! Each bar's value takes the same operations in the same order whatever the length of the block, and no
//! multiplication is fused with an addition, so neither blocks nor vector units change a bit.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use std::sync::Arc;

use super::elementary;
use super::exponential::{Exponential, ExponentialState};
use super::higher::Higher;
use super::op::Op;
use super::plan::HigherPlan;
use super::runner::STRIDE;
use super::sorted::SortedWindow;
use super::strided::{Computer, strided};
use super::window::Kernel;

/// Relative distance within which two values count as equal in a rank.
const TIE: f64 = 1e-12;

/// What an operation remembers beside past values.
#[derive(Debug, Clone)]
pub(crate) enum Memory {
    None,
    /// The lengths of the windows to join: not remembered, but ready.
    Joint(Joint),
    /// The average.
    Ema(Exponential),
    /// Length of the run and the value that repeats.
    Run {
        length: f64,
        value: f64,
    },
    /// The values of the window in order.
    Sorted(SortedWindow),
    /// Room for the characteristics of a window.
    Strided(Box<Computer>),
    /// What runs on larger bars.
    Higher(Box<Higher>),
}

impl Memory {
    /// At the start of a segment.
    pub(crate) fn start(op: &Op, higher: &[HigherPlan]) -> Self {
        match op {
            Op::Strided { kind, n, .. } => Self::Strided(Box::new(Computer::new(*kind, *n))),
            Op::Higher { plan, .. } => {
                let HigherPlan { plan, from, resampler } = &higher[*plan];
                Self::Higher(Box::new(Higher::new(Arc::clone(plan), *from, resampler.clone())))
            }
            Op::Ema { alpha, .. } => Self::Ema(Exponential::new(alpha.get())),
            Op::JoinM2 { newer, older }
            | Op::JoinCoMoment { newer, older }
            | Op::JoinM3 { newer, older }
            | Op::JoinM4 { newer, older }
            | Op::JoinPathM2 { newer, older }
            | Op::JoinTrend { newer, older } => Self::Joint(Joint::new(*newer, *older)),
            Op::Run => Self::Run { length: 0.0, value: 0.0 },
            Op::Sorted { n } | Op::Quantiles { n, .. } => Self::Sorted(SortedWindow::with_capacity(*n)),
            _ => Self::None,
        }
    }

    /// Forgets everything, in the memory it has.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::None | Self::Joint(_) | Self::Strided(_) => {}
            Self::Higher(higher) => higher.restart(),
            Self::Ema(average) => average.set_state(ExponentialState::default()),
            Self::Run { length, value } => (*length, *value) = (0.0, 0.0),
            Self::Sorted(window) => window.clear(),
        }
    }
}

/// Where a step finds its operands and puts its values: a block of bars, or one bar.
pub(crate) trait Lanes {
    /// Computes each bar's value from the operands at that bar.
    fn map<const N: usize>(&mut self, value: impl Fn([f64; N]) -> f64);

    /// The slices behind it, for operations that look at more than one bar.
    fn block(&mut self) -> Block<'_>;
}

/// A block of bars.
pub(crate) struct Block<'a> {
    /// Everything before the step's own values.
    pub(crate) past: &'a [f64],
    /// Everything from the step's own value at cursor 0 on.
    pub(crate) own: &'a mut [f64],
    /// Place of each operand's value at cursor 0.
    pub(crate) starts: &'a [usize],
    /// Places of the step's own values at cursor 0, one for each output.
    pub(crate) places: &'a [usize],
    /// First bar of the block to compute.
    pub(crate) from: usize,
    /// Bars to compute.
    pub(crate) len: usize,
    /// True when nothing of the step was computed before in this segment.
    pub(crate) begins: bool,
}

impl<'a> Block<'a> {
    /// Operand `index` over the block.
    #[inline(always)]
    pub(crate) fn operand(&self, index: usize) -> &'a [f64] {
        &self.past[self.starts[index] + self.from..][..self.len]
    }

    /// Operand `index` over the block and the `reach` values before it.
    #[inline(always)]
    pub(crate) fn reaching(&self, index: usize, reach: usize) -> &'a [f64] {
        &self.past[self.starts[index] + self.from - reach..][..self.len + reach]
    }

    /// Where output `index` goes.
    #[inline(always)]
    pub(crate) fn output(&mut self, index: usize) -> &mut [f64] {
        &mut self.own[self.places[index] - self.places[0] + self.from..][..self.len]
    }
}

impl Block<'_> {
    /// Gives every output at bar `i` the value it had one bar before, or 0 where it had none.
    pub(crate) fn hold(&mut self, i: usize) {
        let at = self.from + i;
        for place in self.places {
            let offset = place - self.places[0] + at;
            let before = match offset.checked_sub(1) {
                _ if self.begins && i == 0 => 0.0,
                Some(before) => self.own[before],
                None => self.past[self.past.len() - 1],
            };
            self.own[offset] = before;
        }
    }
}

impl Lanes for Block<'_> {
    #[inline(always)]
    fn map<const N: usize>(&mut self, value: impl Fn([f64; N]) -> f64) {
        const { assert!(N <= MOST_OPERANDS) };
        // Those beyond N are never read.
        let o: [&[f64]; MOST_OPERANDS] = std::array::from_fn(|k| self.operand(if k < N { k } else { 0 }));
        let out = &mut self.own[self.from..][..self.len];
        if out.len() == STRIDE {
            // The same with a length that the compiler knows.
            each(&mut out[..STRIDE], o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7], value);
        } else {
            each(out, o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7], value);
        }
    }

    #[inline(always)]
    fn block(&mut self) -> Block<'_> {
        Block { own: self.own, ..*self }
    }
}

/// Most operands of an operation that takes them bar by bar.
const MOST_OPERANDS: usize = 8;

/// Writes the value at each place of the first N of eight operands. They are parameters of their own because
/// the compiler then knows that `out` is none of them, and computes several places at once.
#[expect(clippy::too_many_arguments, clippy::many_single_char_names, reason = "see above")]
#[inline(always)]
fn each<const N: usize>(
    out: &mut [f64],
    a: &[f64],
    b: &[f64],
    c: &[f64],
    d: &[f64],
    e: &[f64],
    f: &[f64],
    g: &[f64],
    h: &[f64],
    value: impl Fn([f64; N]) -> f64,
) {
    let n = out.len();
    let operands = [&a[..n], &b[..n], &c[..n], &d[..n], &e[..n], &f[..n], &g[..n], &h[..n]];
    for i in 0..n {
        out[i] = value(std::array::from_fn(|k| operands[k][i]));
    }
}

/// One bar.
pub(crate) struct One<'a> {
    pub(crate) arena: &'a mut [f64],
    /// Place of each operand's value at cursor 0.
    pub(crate) starts: &'a [usize],
    /// Places of the step's own values at cursor 0, one for each output.
    pub(crate) places: &'a [usize],
    /// The cursor.
    pub(crate) at: usize,
    /// True when nothing of the step was computed before in this segment.
    pub(crate) begins: bool,
}

impl Lanes for One<'_> {
    #[inline(always)]
    fn map<const N: usize>(&mut self, value: impl Fn([f64; N]) -> f64) {
        let starts = &self.starts[..N];
        let operands = std::array::from_fn(|index| self.arena[starts[index] + self.at]);
        self.arena[self.places[0] + self.at] = value(operands);
    }

    #[inline(always)]
    fn block(&mut self) -> Block<'_> {
        let (past, own) = self.arena.split_at_mut(self.places[0]);
        Block {
            past,
            own,
            starts: self.starts,
            places: self.places,
            from: self.at,
            len: 1,
            begins: self.begins,
        }
    }
}

/// Computes one operation.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
#[inline(always)]
pub(crate) fn step(op: &Op, memory: &mut Memory, lanes: &mut impl Lanes) {
    match op {
        Op::Input(_) | Op::Part => {}
        Op::Ln => lanes.map(|[a]| elementary::ln(a)),
        Op::Abs => lanes.map(|[a]| a.abs()),
        Op::Sqrt => lanes.map(|[a]| a.sqrt()),
        Op::ScaledRoot(scale) => {
            let scale = scale.get();
            lanes.map(|[a]| (scale * a).sqrt());
        }
        Op::Square => lanes.map(|[a]| a * a),
        Op::Sign => lanes.map(|[a]| sign(a)),
        Op::NonNegative => lanes.map(|[a]| if a > 0.0 { a } else { 0.0 }),
        Op::SineOfTurn => lanes.map(|[a]| elementary::sine_of_turn(a)),
        Op::CosineOfTurn => lanes.map(|[a]| elementary::cosine_of_turn(a)),
        Op::Affine { scale, shift } => {
            let (scale, shift) = (scale.get(), shift.get());
            lanes.map(|[a]| scale * a + shift);
        }
        Op::Clip { low, high } => {
            let (low, high) = (low.get(), high.get());
            lanes.map(|[a]| {
                if a < low {
                    low
                } else if a > high {
                    high
                } else {
                    a
                }
            });
        }
        Op::Above(limit) => {
            let limit = limit.get();
            lanes.map(|[a]| if a > limit { 1.0 } else { 0.0 });
        }
        Op::Below(limit) => {
            let limit = limit.get();
            lanes.map(|[a]| if a < limit { 1.0 } else { 0.0 });
        }
        Op::Add => lanes.map(|[a, b]| a + b),
        Op::Sub => lanes.map(|[a, b]| a - b),
        Op::Mul => lanes.map(|[a, b]| a * b),
        Op::Div => lanes.map(|[a, b]| a / b),
        Op::DivOr(neutral) => {
            let neutral = neutral.get();
            lanes.map(|[a, b]| if b.abs() > 0.0 { a / b } else { neutral });
        }
        Op::Max => lanes.map(|[a, b]| if a > b { a } else { b }),
        Op::Min => lanes.map(|[a, b]| if a < b { a } else { b }),
        Op::Greater => lanes.map(|[a, b]| if a > b { 1.0 } else { 0.0 }),
        Op::LogRatio => lanes.map(|[a, b]| if a > 0.0 && b > 0.0 { elementary::ln(a / b) } else { 0.0 }),
        Op::Choose => {
            lanes.map(|[a, b, c]| if a > 0.0 { b } else { c });
        }
        Op::JoinM2 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            lanes.map(|[s, m, t, k]| joint.m2([s, m], [t, k]));
        }
        Op::JoinCoMoment { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            lanes.map(|[x, y, c, u, v, d]| joint.co_moment([x, y, c], [u, v, d]));
        }
        Op::JoinM3 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            lanes.map(|[s, m, c, t, k, d]| joint.m3([s, m, c], [t, k, d]));
        }
        Op::JoinM4 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            lanes.map(|[s, m, c, q, t, k, d, r]| joint.m4([s, m, c, q], [t, k, d, r]));
        }
        Op::JoinPathSum { newer } => {
            let newer = *newer as f64;
            lanes.map(|[s, total, t]| (s + newer * total) + t);
        }
        Op::JoinPathM2 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            lanes.map(|[s, m, total, t, k]| joint.path_m2([s, m], [total, t, k]));
        }
        Op::JoinAge { lag } => {
            let lag = *lag as f64;
            lanes.map(|[a, p, b, q]| if a >= b { p } else { q + lag });
        }
        Op::JoinOldestAge { lag } => {
            let lag = *lag as f64;
            lanes.map(|[a, p, b, q]| if a > b { p } else { q + lag });
        }
        Op::JoinTrend { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            let weight = 0.5 * joint.newer;
            lanes.map(|[s, c, t, d]| (c + d) + weight * joint.distance(s, t));
        }
        Op::UnlessFlat { n } => {
            let n = *n as f64;
            lanes.map(|[a, run]| if run >= n { 0.0 } else { a });
        }
        Op::Ema { seed, divisor, .. } => {
            let mut block = lanes.block();
            if let Memory::Ema(average) = memory {
                average.update([*seed, *divisor], block.operand(0), block.output(0));
            }
        }
        Op::Run => {
            let mut block = lanes.block();
            if let Memory::Run { length, value } = memory {
                for (&a, out) in block.operand(0).iter().zip(block.output(0)) {
                    *length = if a.to_bits() == value.to_bits() { *length + 1.0 } else { 1.0 };
                    *value = a;
                    *out = *length;
                }
            }
        }
        Op::MeanDeviation { n } => mean_of(*n, lanes.block(), |value, mean| (value - mean).abs()),
        Op::ShareNotAbove { n } => {
            let is_not_above = |value, newest: f64| if value <= limit(newest) { 1.0 } else { 0.0 };
            mean_of(*n, lanes.block(), is_not_above);
        }
        Op::Window { kernel, n } => window(*kernel, *n, lanes.block()),
        Op::Sorted { n } => {
            if let Memory::Sorted(window) = memory {
                sorted(window, *n, lanes.block(), |window, newest| {
                    [window.median(), window.not_above(limit(newest)) as f64 / *n as f64]
                });
            }
        }
        Op::Strided { n, stride, .. } => {
            if let Memory::Strided(computer) = memory {
                strided(*n, *stride, computer, lanes.block());
            }
        }
        Op::Higher { .. } => {
            if let Memory::Higher(higher) = memory {
                higher.update(lanes.block());
            }
        }
        Op::Quantiles { n, lower, upper } => {
            if let Memory::Sorted(window) = memory {
                sorted(window, *n, lanes.block(), |window, _| {
                    [window.quantile(lower.get()), window.quantile(upper.get())]
                });
            }
        }
    }
}

/// Up to where values count as not above `newest`.
#[inline(always)]
fn limit(newest: f64) -> f64 {
    newest + newest.abs() * TIE
}

#[inline(always)]
fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// Two windows that are joined, by their lengths; formulas of Chan et al. (1979) and Pébay (2008) with
/// n = newer + older and d the difference of the means. It is taken from the sums as older · d: that is
/// exactly 0 for equal values while one part is a multiple of the other by a power of two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joint {
    newer: f64,
    older: f64,
    n: f64,
    per_older: f64,
    /// older / newer.
    ratio: f64,
    /// newer · older / n, over older².
    weight: f64,
}

impl Joint {
    #[inline(always)]
    fn new(newer: usize, older: usize) -> Self {
        let (newer, older) = (newer as f64, older as f64);
        let n = newer + older;
        Self { newer, older, n, per_older: 1.0 / older, ratio: older / newer, weight: newer / (n * older) }
    }

    /// Mean of the newer minus mean of the older part, times the older length, from their sums.
    #[inline(always)]
    fn distance(self, newer_sum: f64, older_sum: f64) -> f64 {
        newer_sum * self.ratio - older_sum
    }

    #[inline(always)]
    fn m2(self, [s, m]: [f64; 2], [t, k]: [f64; 2]) -> f64 {
        let d = self.distance(s, t);
        (m + k) + self.weight * (d * d)
    }

    #[inline(always)]
    fn co_moment(self, [x, y, c]: [f64; 3], [u, v, d]: [f64; 3]) -> f64 {
        (c + d) + self.weight * (self.distance(x, u) * self.distance(y, v))
    }

    #[inline(always)]
    fn m3(self, [s, m2, m3]: [f64; 3], [t, k2, k3]: [f64; 3]) -> f64 {
        let d = self.distance(s, t) * self.per_older;
        let (a, b, n) = (self.newer, self.older, self.n);
        (m3 + k3) + a * b / n * (b - a) / n * (d * d * d) + 3.0 / n * d * (b * m2 - a * k2)
    }

    #[inline(always)]
    fn m4(self, [s, m2, m3, m4]: [f64; 4], [t, k2, k3, k4]: [f64; 4]) -> f64 {
        let d = self.distance(s, t) * self.per_older;
        let (a, b, n) = (self.newer, self.older, self.n);
        (m4 + k4)
            + a * b / n * (a * a - a * b + b * b) / (n * n) * ((d * d) * (d * d))
            + 6.0 / (n * n) * (d * d) * (b * b * m2 + a * a * k2)
            + 4.0 / n * d * (b * m3 - a * k3)
    }

    /// `m2` of a running total: the newer part starts where the older ended.
    #[inline(always)]
    fn path_m2(self, [s, m]: [f64; 2], [total, t, k]: [f64; 3]) -> f64 {
        let d = self.distance(s, t) + self.older * total;
        (m + k) + self.weight * (d * d)
    }
}

/// The mean of a term over the newest n values of a, each with b at the newest bar.
#[inline(always)]
fn mean_of(n: usize, mut block: Block<'_>, term: impl Fn(f64, f64) -> f64 + Copy) {
    let (values, references) = (block.reaching(0, n - 1), block.operand(1));
    let out = block.output(0);
    out.fill(0.0);
    let whole = n / 4 * 4;
    for place in (0..whole).step_by(4) {
        let [a, b, c, d] = std::array::from_fn(|k| &values[place + k..]);
        add_terms(out, a, b, c, d, references, |[a, b, c, d], reference| {
            (term(a, reference) + term(b, reference)) + (term(c, reference) + term(d, reference))
        });
    }
    for place in whole..n {
        let a = &values[place..];
        add_terms(out, a, a, a, a, references, |[a, ..], reference| term(a, reference));
    }
    for sum in out {
        *sum /= n as f64;
    }
}

/// Adds a term of four values and a reference at each place; parameters of their own as in [`each`].
#[inline(always)]
fn add_terms(
    out: &mut [f64],
    a: &[f64],
    b: &[f64],
    c: &[f64],
    d: &[f64],
    references: &[f64],
    term: impl Fn([f64; 4], f64) -> f64,
) {
    let n = out.len();
    let (values, references) = ([&a[..n], &b[..n], &c[..n], &d[..n]], &references[..n]);
    for i in 0..n {
        out[i] += term(values.map(|values| values[i]), references[i]);
    }
}

fn window(kernel: Kernel, n: usize, mut block: Block<'_>) {
    let a = block.reaching(0, n - 1);
    if block.starts.len() == 1 {
        for (i, out) in block.output(0).iter_mut().enumerate() {
            *out = kernel.value(&[&a[i..i + n]]);
        }
    } else {
        let b = block.reaching(1, n - 1);
        for (i, out) in block.output(0).iter_mut().enumerate() {
            *out = kernel.value(&[&a[i..i + n], &b[i..i + n]]);
        }
    }
}

/// Takes the values of the block, which stand behind the `n` before it, into the sorted window; `read` gets
/// the window when it is full and its newest value, and gives both outputs.
#[inline(always)]
fn sorted(
    window: &mut SortedWindow,
    n: usize,
    mut block: Block<'_>,
    read: impl Fn(&SortedWindow, f64) -> [f64; 2],
) {
    let values = block.reaching(0, n);
    for (i, &newest) in values[n..].iter().enumerate() {
        if window.len() == n {
            window.replace(values[i], newest);
        } else {
            window.insert(newest);
        }
        if window.len() == n {
            let [first, second] = read(window, newest);
            block.output(0)[i] = first;
            block.output(1)[i] = second;
        }
    }
}
