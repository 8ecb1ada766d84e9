//! Dropout masks that depend on a key and the position only, never on threads or batch order.

#![allow(clippy::inline_always, reason = "masks are computed inside loops of an instruction set")]

/// A mask over the rows of a matrix, computed where it is needed instead of stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropoutMask {
    key: u64,
    threshold: u32,
    scale: f32,
}

impl DropoutMask {
    /// The mask of a key that drops a share of all values; `None` when nothing is dropped. Shares are
    /// rounded to 1 / 65,536.
    pub fn new(key: u64, share: f64) -> Option<Self> {
        let threshold = (share * 65_536.0).round() as u32;
        (threshold > 0).then_some(Self { key, threshold, scale: (1.0 / (1.0 - share)) as f32 })
    }

    /// Writes the factors of one row: 0 for a dropped value, `1 / (1 - share)` for a kept one.
    ///
    /// A counter generator: `SplitMix64` of (key, row, column / 4) gives four 16-bit numbers.
    #[inline(always)]
    pub fn fill(&self, row: usize, factors: &mut [f32]) {
        let blocks = factors.len().div_ceil(4) as u64;
        let start = self.key.wrapping_add((row as u64 * blocks).wrapping_mul(STEP));
        let (threshold, scale) = (self.threshold, self.scale);
        let factor = |bits: u64, at: usize| {
            if (bits >> (16 * at)) as u32 & 0xffff < threshold { 0.0 } else { scale }
        };
        let (whole, rest) = factors.as_chunks_mut::<4>();
        for (index, block) in whole.iter_mut().enumerate() {
            let bits = mix(start.wrapping_add((index as u64 + 1).wrapping_mul(STEP)));
            *block = [factor(bits, 0), factor(bits, 1), factor(bits, 2), factor(bits, 3)];
        }
        let bits = mix(start.wrapping_add(blocks.wrapping_mul(STEP)));
        for (at, value) in rest.iter_mut().enumerate() {
            *value = factor(bits, at);
        }
    }

    /// Multiplies a row by its factors, which are written to `factors`.
    #[inline(always)]
    pub(crate) fn apply(&self, row: usize, values: &mut [f32], factors: &mut [f32]) {
        let factors = &mut factors[..values.len()];
        self.fill(row, factors);
        for (value, factor) in values.iter_mut().zip(factors) {
            *value *= *factor;
        }
    }
}

/// The golden ratio's odd 64-bit constant (Steele, Lea and Flood 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline(always)]
fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_its_share_and_keeps_the_mean() {
        for share in [0.1, 0.3, 0.5] {
            let mask = DropoutMask::new(7, share).unwrap();
            let mut factors = vec![0.0; 1001];
            let (mut dropped, mut sum) = (0, 0.0);
            for row in 0..200 {
                mask.fill(row, &mut factors);
                dropped += factors.iter().filter(|factor| **factor < 0.5).count();
                sum += factors.iter().map(|factor| f64::from(*factor)).sum::<f64>();
            }
            let n = 200.0 * 1001.0;
            assert!((dropped as f64 / n - share).abs() < 0.005, "{dropped}");
            assert!((sum / n - 1.0).abs() < 0.01, "{sum}");
        }
    }

    #[test]
    fn rows_and_keys_differ_and_repeat() {
        let row = |key, row| {
            let mut factors = vec![0.0; 66];
            DropoutMask::new(key, 0.5).unwrap().fill(row, &mut factors);
            factors
        };
        assert_eq!(row(0, 0), row(0, 0));
        assert_ne!(row(0, 0), row(0, 1));
        assert_ne!(row(0, 0), row(1, 0));
        assert!(DropoutMask::new(1, 0.0).is_none());
    }
}
