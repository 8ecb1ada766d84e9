//! Activation functions as branch-free `f32` arithmetic the compiler turns into vector instructions.

#![allow(clippy::inline_always, reason = "they must be compiled for the caller's instruction set")]

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// `e^x` to about 2 units in the last place; the argument is clamped to `[-87.3, 88]`, NaN stays NaN.
///
/// Range reduction and polynomial of the Cephes library's `expf` (Moshier).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.3, 88.0);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, so that n times the first is exact.
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let mantissa = p * r * r + r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    mantissa * power
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let t = exp(-2.0 * x.abs());
    ((1.0 - t) / (1.0 + t)).copysign(x)
}

/// `x Φ(x)` with the normal distribution function Φ, and its derivative.
///
/// Φ by formula 7.1.26 of Abramowitz and Stegun, absolute error below 1e-7.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> (f32, f32) {
    let a = x.abs() * FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_8;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    let bell = exp(-a * a);
    let tail = 0.5 * p * t * bell;
    let below = if x < 0.0 { tail } else { 1.0 - tail };
    (x * below, below + x * bell * 0.398_942_3)
}

/// `x σ(x)` with the logistic function σ, and its derivative.
#[inline(always)]
pub(crate) fn silu(x: f32) -> (f32, f32) {
    let s = sigmoid(x);
    (x * s, s * (1.0 + x * (1.0 - s)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_double_precision() {
        for step in -4000..=4000 {
            let x = step as f32 * 0.005;
            let exact = f64::from(x);
            let near = |value: f32, expected: f64, tolerance: f64| {
                assert!((f64::from(value) - expected).abs() <= tolerance, "at {x}: {value} for {expected}");
            };
            near(exp(x), exact.exp(), 3e-7 * exact.exp());
            near(sigmoid(x), 1.0 / (1.0 + (-exact).exp()), 2e-7);
            near(tanh(x), exact.tanh(), 2e-7);
        }
    }

    #[test]
    fn gelu_agrees_with_tables_and_its_own_slope() {
        // Φ(1) = 0.841344746, Φ(-2) = 0.022750132, Φ(0.5) = 0.691462461.
        for (x, phi) in [(1.0, 0.841_344_8), (-2.0, 0.022_750_13), (0.5, 0.691_462_5)] {
            assert!((gelu(x).0 - x * phi).abs() < 3e-7, "at {x}");
        }
        for step in -40..=40 {
            let x = step as f32 * 0.1;
            let slope = (gelu(x + 0.01).0 - gelu(x - 0.01).0) / 0.02;
            assert!((gelu(x).1 - slope).abs() < 1e-4, "at {x}");
        }
    }

    #[test]
    fn extremes_saturate_and_nan_stays() {
        assert!((sigmoid(1e30) - 1.0).abs() < 1e-7 && sigmoid(-1e30) < 1e-30);
        assert!((tanh(1e30) - 1.0).abs() < 1e-7 && (tanh(-1e30) + 1.0).abs() < 1e-7);
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
        assert!(sigmoid(f32::NAN).is_nan() && gelu(f32::NAN).0.is_nan());
    }
}
