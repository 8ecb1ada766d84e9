//! Logarithm and circular functions of our own: the same bits on every machine and, because they have no
//! branches, several values at once where the processor can.
//!
//! Errors stay below 2 units in the last place (tested against the standard library).
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use std::f64::consts::{PI, SQRT_2};

/// 2⁵²: added to a small whole number in the low bits of a float, it makes that number a float.
const TWO_52: f64 = 4_503_599_627_370_496.0;
/// The high part of ln 2, exact in 32 bits of the mantissa, so that its multiples are exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
/// ln 2 − [`LN_2_HIGH`].
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Natural logarithm of a normal number above zero.
///
/// x = 2^k · m with m in [√½, √2); ln m = 2 artanh(s) with s = (m − 1)/(m + 1), as a series in s².
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = f64::from_bits((bits >> 52) | TWO_52.to_bits()) - TWO_52 - 1023.0;
    let mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 1.0_f64.to_bits());
    let above = mantissa > SQRT_2;
    let m = if above { 0.5 * mantissa } else { mantissa };
    let k = if above { exponent + 1.0 } else { exponent };
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let (z2, z4) = (z * z, (z * z) * (z * z));
    // Σ z^n / (2n + 3), n = 0 … 9, in pairs.
    let low = (1.0 / 3.0 + z * (1.0 / 5.0)) + z2 * (1.0 / 7.0 + z * (1.0 / 9.0));
    let middle = (1.0 / 11.0 + z * (1.0 / 13.0)) + z2 * (1.0 / 15.0 + z * (1.0 / 17.0));
    let high = 1.0 / 19.0 + z * (1.0 / 21.0);
    let tail = z * (low + z4 * (middle + z4 * high));
    // ln(1 + f) = f − s · (f − 2 · tail), free of cancellation for small f.
    let logarithm = f - s * (f - 2.0 * tail);
    k * LN_2_HIGH + (k * LN_2_LOW + logarithm)
}

/// sin and cos of 2πr for |r| ≤ ⅛.
#[inline(always)]
fn near_zero(r: f64) -> [f64; 2] {
    let x = 2.0 * PI * r;
    let z = x * x;
    let sine = -1.0 / 6.0
        + z * (1.0 / 120.0
            + z * (-1.0 / 5040.0
                + z * (1.0 / 362_880.0
                    + z * (-1.0 / 39_916_800.0 + z * (1.0 / 6_227_020_800.0 - z / 1_307_674_368_000.0)))));
    let cosine = 1.0 / 24.0
        + z * (-1.0 / 720.0
            + z * (1.0 / 40_320.0
                + z * (-1.0 / 3_628_800.0
                    + z * (1.0 / 479_001_600.0 + z * (-1.0 / 87_178_291_200.0 + z / 20_922_789_888_000.0)))));
    [x + x * z * sine, (1.0 - 0.5 * z) + z * z * cosine]
}

/// sin(2πx) for x in [0, 1).
#[inline(always)]
pub(crate) fn sine_of_turn(x: f64) -> f64 {
    let quarter = (4.0 * x + TWO_52) - TWO_52;
    let [sine, cosine] = near_zero(x - 0.25 * quarter);
    // Quarters 0 to 4: sin, cos, −sin, −cos, sin.
    let odd = (quarter - 1.0).abs() < 0.5 || (quarter - 3.0).abs() < 0.5;
    let value = if odd { cosine } else { sine };
    if quarter > 1.5 && quarter < 3.5 { -value } else { value }
}

/// cos(2πx) for x in [0, 1).
#[inline(always)]
pub(crate) fn cosine_of_turn(x: f64) -> f64 {
    let quarter = (4.0 * x + TWO_52) - TWO_52;
    let [sine, cosine] = near_zero(x - 0.25 * quarter);
    // Quarters 0 to 4: cos, −sin, −cos, sin, cos.
    let odd = (quarter - 1.0).abs() < 0.5 || (quarter - 3.0).abs() < 0.5;
    let value = if odd { sine } else { cosine };
    if quarter > 0.5 && quarter < 2.5 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;

    #[test]
    fn constants_are_what_they_say() {
        assert_eq!(LN_2_HIGH.to_bits() & 0x1F_FFFF, 0);
        assert!((LN_2_HIGH + LN_2_LOW - LN_2).abs() < 1e-17);
    }

    /// Distance in units of the last place of the larger value.
    fn ulps(got: f64, expected: f64) -> f64 {
        (got - expected).abs() / (expected.abs().max(f64::MIN_POSITIVE) * f64::EPSILON)
    }

    #[test]
    fn logarithms_agree_with_the_standard_library() {
        let mut worst = 0.0_f64;
        let mut check = |x: f64| {
            let error = ulps(ln(x), x.ln());
            worst = worst.max(error);
            assert!(error <= 2.0, "ln({x}) is {} for {}", ln(x), x.ln());
        };
        for step in 1..200_000_u64 {
            check(step as f64 * 1e-5);
            check(1.0 + (step as f64 - 100_000.0) * 1e-9);
            let bits = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 1;
            let any = f64::from_bits(bits);
            if any.is_normal() {
                check(any);
            }
        }
        assert_eq!(ln(1.0).to_bits(), 0);
        println!("worst {worst:.2} ulp");
    }

    #[test]
    fn circular_functions_agree_with_the_standard_library() {
        for step in 0..100_000 {
            let x = f64::from(step) / 100_000.0;
            let angle = 2.0 * PI * x;
            assert!((sine_of_turn(x) - angle.sin()).abs() < 1e-15, "sin at {x}");
            assert!((cosine_of_turn(x) - angle.cos()).abs() < 1e-15, "cos at {x}");
        }
        let bits = |values: [f64; 3]| values.map(f64::to_bits);
        let zeros = [sine_of_turn(0.0), cosine_of_turn(0.25), sine_of_turn(0.5)].map(f64::abs);
        assert_eq!(bits(zeros), bits([0.0; 3]));
        let ones = [cosine_of_turn(0.0), sine_of_turn(0.25), cosine_of_turn(0.5)];
        assert_eq!(bits(ones), bits([1.0, 1.0, -1.0]));
    }
}
