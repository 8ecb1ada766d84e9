//! Dropout masks that depend on the seed and the position only, never on threads or batch order.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use market::{Purpose, Seed};
use rand::Rng as _;
use rayon::prelude::*;

use crate::fused::{self, FusedOp};

/// Where in training a forward pass is: picks its dropout masks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropoutStream {
    pub(crate) seed: Seed,
    pub(crate) epoch: u64,
    pub(crate) step: u64,
}

impl DropoutStream {
    /// The mask of one place in the network; `None` when nothing is dropped there.
    pub(crate) fn mask(&self, place: u64, share: f64) -> Option<Mask> {
        // 1 / 65536 is the resolution of a share.
        let threshold = (share * 65_536.0).round() as u32;
        (threshold > 0).then(|| Mask {
            key: self.seed.stream(Purpose::Dropout, &[self.epoch, self.step, place]).next_u64(),
            threshold,
            scale: (1.0 / (1.0 - share)) as f32,
        })
    }
}

/// A mask over the rows of a matrix, computed where it is needed instead of stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mask {
    key: u64,
    threshold: u32,
    scale: f32,
}

impl Mask {
    /// Writes the factors of one row: 0 for a dropped value, `1 / (1 - share)` for a kept one.
    ///
    /// A counter generator: `SplitMix64` of (key, row, column / 4) gives four 16-bit numbers.
    #[inline]
    pub(crate) fn fill(&self, row: usize, factors: &mut [f32]) {
        let blocks = factors.len().div_ceil(4) as u64;
        let mut counter = self.key.wrapping_add((row as u64 * blocks).wrapping_mul(STEP));
        for block in factors.chunks_mut(4) {
            counter = counter.wrapping_add(STEP);
            let bits = mix(counter);
            for (at, factor) in block.iter_mut().enumerate() {
                let draw = (bits >> (16 * at)) as u32 & 0xffff;
                *factor = if draw < self.threshold { 0.0 } else { self.scale };
            }
        }
    }
}

/// The golden ratio's odd 64-bit constant (Steele, Lea and Flood 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Multiplies the rows of a matrix by a mask; unchanged without one.
pub(crate) fn dropout(rows: Tensor<2>, mask: Option<Mask>) -> Tensor<2> {
    match mask {
        Some(mask) => fused::apply(Dropout(mask), [rows.into()]),
        None => rows,
    }
}

#[derive(Debug, Clone)]
struct Dropout(Mask);

impl Dropout {
    fn masked(&self, tensor: &FlexTensor) -> FlexTensor {
        let tensor = fused::contiguous(tensor);
        let [rows, width] = tensor.layout().shape().dims::<2>();
        let mut out = fused::values(&tensor).to_vec();
        out.par_chunks_mut(width).enumerate().for_each_init(
            || vec![0.0; width],
            |factors, (row, values)| {
                self.0.fill(row, factors);
                for (value, factor) in values.iter_mut().zip(factors.iter()) {
                    *value *= factor;
                }
            },
        );
        fused::from_values(out, [rows, width])
    }
}

impl FusedOp<1> for Dropout {
    type Saved = ();

    fn forward(&self, [rows]: [FlexTensor; 1], _keep: bool) -> (FlexTensor, Option<()>) {
        (self.masked(&rows), Some(()))
    }

    fn backward(&self, (): (), gradient: FlexTensor) -> [FlexTensor; 1] {
        [self.masked(&gradient)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(step: u64, place: u64, share: f64) -> Option<Mask> {
        let stream = DropoutStream { seed: Seed(7), epoch: 1, step };
        stream.mask(place, share)
    }

    #[test]
    fn drops_its_share_and_keeps_the_mean() {
        for share in [0.1, 0.3, 0.5] {
            let mask = mask(0, 0, share).unwrap();
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
    fn rows_steps_and_places_differ_and_repeat() {
        let row = |step, place, row| {
            let mut factors = vec![0.0; 64];
            mask(step, place, 0.5).unwrap().fill(row, &mut factors);
            factors
        };
        assert_eq!(row(0, 0, 0), row(0, 0, 0));
        assert_ne!(row(0, 0, 0), row(0, 0, 1));
        assert_ne!(row(0, 0, 0), row(0, 1, 0));
        assert_ne!(row(0, 0, 0), row(1, 0, 0));
        assert!(mask(0, 0, 0.0).is_none());
    }
}
