//! What one operation does with a block of bars.
//!
//! Each bar's value takes the same operations in the same order whatever the length of the block, and no
//! multiplication is fused with an addition, so neither blocks nor vector units change a bit.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use super::elementary;
use super::lanes::Lanes;
use super::memory::Memory;
use super::op::Op;
use super::strided::strided;
use super::window::{limit, mean_of, rank, sorted};

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
        Op::Rank { n, tie } => rank(*n, tie.get(), lanes.block()),
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
