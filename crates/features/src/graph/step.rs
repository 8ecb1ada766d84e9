//! What one operation does with a block of bars.
//!
//! Each bar's value takes the same operations in the same order whatever the length of the block, and no
//! multiplication is fused with an addition, so neither blocks nor vector units change a bit.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use super::elementary;
use super::exponential::{Exponential, ExponentialState};
use super::op::Op;
use super::sorted::SortedWindow;
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
}

impl Memory {
    /// At the start of a segment.
    pub(crate) fn start(op: &Op) -> Self {
        match op {
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
            Self::None | Self::Joint(_) => {}
            Self::Ema(average) => average.set_state(ExponentialState::default()),
            Self::Run { length, value } => (*length, *value) = (0.0, 0.0),
            Self::Sorted(window) => window.clear(),
        }
    }
}

/// The operands of a step: slices into the arena.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    /// Everything before the step's own values.
    pub(crate) arena: &'a [f64],
    /// Place of each operand's value at cursor 0.
    pub(crate) starts: &'a [usize],
    /// First bar of the block to compute.
    pub(crate) from: usize,
    pub(crate) len: usize,
}

impl<'a> Operands<'a> {
    /// Operand `index` over the block.
    #[inline(always)]
    fn get(self, index: usize) -> &'a [f64] {
        &self.arena[self.starts[index] + self.from..][..self.len]
    }

    /// Operand `index` over the block and the `reach` values before it.
    #[inline(always)]
    fn reaching(self, index: usize, reach: usize) -> &'a [f64] {
        &self.arena[self.starts[index] + self.from - reach..][..self.len + reach]
    }
}

macro_rules! each {
    ($from:ident => $out:ident; $($name:ident = $operand:literal),+; $value:expr) => {{
        let len = $out.len();
        $(let $name = &$from.get($operand)[..len];)+
        for i in 0..len {
            $(let $name = $name[i];)+
            $out[i] = $value;
        }
    }};
}

/// Computes one operation for a block: `out` holds its values of the block, `second` those of its second
/// output where it has one.
#[inline(always)]
pub(crate) fn step(op: &Op, memory: &mut Memory, from: Operands<'_>, out: &mut [f64], second: &mut [f64]) {
    match op {
        Op::Input(_) | Op::Part => {}
        Op::Ln => each!(from => out; a = 0; elementary::ln(a)),
        Op::Abs => each!(from => out; a = 0; a.abs()),
        Op::Sqrt => each!(from => out; a = 0; a.sqrt()),
        Op::ScaledRoot(scale) => {
            let scale = scale.get();
            each!(from => out; a = 0; (scale * a).sqrt());
        }
        Op::Square => each!(from => out; a = 0; a * a),
        Op::Sign => each!(from => out; a = 0; sign(a)),
        Op::NonNegative => each!(from => out; a = 0; if a > 0.0 { a } else { 0.0 }),
        Op::SineOfTurn => each!(from => out; a = 0; elementary::sine_of_turn(a)),
        Op::CosineOfTurn => each!(from => out; a = 0; elementary::cosine_of_turn(a)),
        Op::Affine { scale, shift } => {
            let (scale, shift) = (scale.get(), shift.get());
            each!(from => out; a = 0; scale * a + shift);
        }
        Op::Clip { low, high } => {
            let (low, high) = (low.get(), high.get());
            each!(from => out; a = 0; if a < low {
                low
            } else if a > high {
                high
            } else {
                a
            });
        }
        Op::Above(limit) => {
            let limit = limit.get();
            each!(from => out; a = 0; if a > limit { 1.0 } else { 0.0 });
        }
        Op::Below(limit) => {
            let limit = limit.get();
            each!(from => out; a = 0; if a < limit { 1.0 } else { 0.0 });
        }
        Op::Add => each!(from => out; a = 0, b = 1; a + b),
        Op::Sub => each!(from => out; a = 0, b = 1; a - b),
        Op::Mul => each!(from => out; a = 0, b = 1; a * b),
        Op::Div => each!(from => out; a = 0, b = 1; a / b),
        Op::DivOr(neutral) => {
            let neutral = neutral.get();
            each!(from => out; a = 0, b = 1; if b.abs() > 0.0 { a / b } else { neutral });
        }
        Op::Max => each!(from => out; a = 0, b = 1; if a > b { a } else { b }),
        Op::Min => each!(from => out; a = 0, b = 1; if a < b { a } else { b }),
        Op::Greater => each!(from => out; a = 0, b = 1; if a > b { 1.0 } else { 0.0 }),
        Op::LogRatio => each!(from => out; a = 0, b = 1; if a > 0.0 && b > 0.0 {
            elementary::ln(a / b)
        } else {
            0.0
        }),
        Op::SignedPower => each!(from => out; a = 0, b = 1; sign(a) * a.abs().powf(b)),
        Op::Choose => {
            each!(from => out; a = 0, b = 1, c = 2; if a > 0.0 { b } else { c });
        }
        Op::JoinM2 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            each!(from => out; s = 0, m = 1, t = 2, k = 3; joint
                .m2([s, m], [t, k]));
        }
        Op::JoinCoMoment { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            each!(from => out; x = 0, y = 1, c = 2, u = 3, v = 4, d = 5; joint.co_moment([x, y, c], [u, v, d]));
        }
        Op::JoinM3 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            each!(from => out; s = 0, m = 1, c = 2, t = 3, k = 4, d = 5; joint.m3([s, m, c], [t, k, d]));
        }
        Op::JoinM4 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            each!(from => out; s = 0, m = 1, c = 2, q = 3, t = 4, k = 5, d = 6, r = 7; joint.m4([s, m, c, q], [t, k, d, r]));
        }
        Op::JoinPathSum { newer } => {
            let newer = *newer as f64;
            each!(from => out; s = 0, total = 1, t = 2; (s + newer * total) + t);
        }
        Op::JoinPathM2 { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            each!(from => out; s = 0, m = 1, total = 2, t = 3, k = 4; joint.path_m2([s, m], [total, t, k]));
        }
        Op::JoinAge { lag } => {
            let lag = *lag as f64;
            each!(from => out; a = 0, p = 1, b = 2, q = 3; if a >= b {
                p
            } else {
                q + lag
            });
        }
        Op::JoinOldestAge { lag } => {
            let lag = *lag as f64;
            each!(from => out; a = 0, p = 1, b = 2, q = 3; if a > b {
                p
            } else {
                q + lag
            });
        }
        Op::JoinTrend { .. } => {
            let Memory::Joint(joint) = *memory else { return };
            let weight = 0.5 * joint.newer;
            each!(from => out; s = 0, c = 1, t = 2, d = 3; (c + d) + weight * joint.distance(s, t));
        }
        Op::UnlessFlat { n } => {
            let n = *n as f64;
            each!(from => out; a = 0, run = 1; if run >= n { 0.0 } else { a });
        }
        Op::Ema { seed, divisor, .. } => {
            if let Memory::Ema(average) = memory {
                average.update([*seed, *divisor], from.get(0), out);
            }
        }
        Op::Run => {
            if let Memory::Run { length, value } = memory {
                for (out, &a) in out.iter_mut().zip(from.get(0)) {
                    *length = if a.to_bits() == value.to_bits() { *length + 1.0 } else { 1.0 };
                    *value = a;
                    *out = *length;
                }
            }
        }
        Op::MeanDeviation { n } => {
            let (values, means) = (from.reaching(0, n - 1), from.get(1));
            out.fill(0.0);
            for place in 0..*n {
                for ((sum, x), mean) in out.iter_mut().zip(&values[place..]).zip(means) {
                    *sum += (x - mean).abs();
                }
            }
            let scale = 1.0 / *n as f64;
            for sum in out {
                *sum *= scale;
            }
        }
        Op::Window { kernel, n } => window(*kernel, *n, from, out),
        Op::Sorted { n } => {
            if let Memory::Sorted(window) = memory {
                sorted(window, *n, from.reaching(0, *n), |window, newest, i| {
                    out[i] = window.median();
                    second[i] = window.not_above(newest + newest.abs() * TIE) as f64 / *n as f64;
                });
            }
        }
        Op::Quantiles { n, lower, upper } => {
            if let Memory::Sorted(window) = memory {
                sorted(window, *n, from.reaching(0, *n), |window, _, i| {
                    out[i] = window.quantile(lower.get());
                    second[i] = window.quantile(upper.get());
                });
            }
        }
    }
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

#[inline(always)]
fn window(kernel: Kernel, n: usize, from: Operands<'_>, out: &mut [f64]) {
    let a = from.reaching(0, n - 1);
    if from.starts.len() == 1 {
        for (i, out) in out.iter_mut().enumerate() {
            *out = kernel.value(&[&a[i..i + n]]);
        }
    } else {
        let b = from.reaching(1, n - 1);
        for (i, out) in out.iter_mut().enumerate() {
            *out = kernel.value(&[&a[i..i + n], &b[i..i + n]]);
        }
    }
}

/// Takes the values of the block, which stand behind the `n` before it, into the sorted window; `read` gets
/// the window when it is full, its newest value and the place in the block.
fn sorted(
    window: &mut SortedWindow,
    n: usize,
    values: &[f64],
    mut read: impl FnMut(&SortedWindow, f64, usize),
) {
    for (i, &newest) in values[n..].iter().enumerate() {
        if window.len() == n {
            window.replace(values[i], newest);
        } else {
            window.insert(newest);
        }
        if window.len() == n {
            read(window, newest, i);
        }
    }
}
