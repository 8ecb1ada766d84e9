//! Sums of `f32` slices in one fixed order that vectorises: sixteen running sums, added pairwise.

#![allow(clippy::inline_always, reason = "they must be compiled for the caller's instruction set")]

use rayon::prelude::*;

const LANES: usize = 16;

/// Sum of the values.
#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += value;
        }
    }
    rest.iter().fold(total(lanes), |sum, value| sum + value)
}

/// Sum of the products of two slices of equal length.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks_a, rest_a) = a.as_chunks::<LANES>();
    let (blocks_b, rest_b) = b.as_chunks::<LANES>();
    for (block_a, block_b) in blocks_a.iter().zip(blocks_b) {
        for ((lane, x), y) in lanes.iter_mut().zip(block_a).zip(block_b) {
            *lane += x * y;
        }
    }
    rest_a.iter().zip(rest_b).fold(total(lanes), |sum, (x, y)| sum + x * y)
}

fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// Sums of the columns of a row-major matrix with `width` columns, over blocks of rows of fixed size.
pub fn column_sums(values: &[f32], width: usize) -> Vec<f32> {
    const ROWS: usize = 128;
    let add = |mut total: Vec<f32>, row: &[f32]| {
        for (sum, value) in total.iter_mut().zip(row) {
            *sum += value;
        }
        total
    };
    let partial: Vec<Vec<f32>> =
        values.par_chunks(ROWS * width).map(|rows| rows.chunks(width).fold(vec![0.0; width], add)).collect();
    partial.iter().fold(vec![0.0; width], |total, part| add(total, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_counts_once() {
        for n in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (1..=n).map(|value| value as f32).collect();
            let n = n as f32;
            assert!((sum(&values) - n * (n + 1.0) / 2.0).abs() < 1e-3);
            let squares = n * (n + 1.0) * (2.0 * n + 1.0) / 6.0;
            assert!((dot(&values, &values) - squares).abs() < 0.1);
        }
    }

    #[test]
    fn columns_are_summed_apart() {
        let values: Vec<f32> = (0..1000).flat_map(|_| [1.0, 2.0, -0.5]).collect();
        assert_eq!(column_sums(&values, 3), [1000.0, 2000.0, -500.0]);
    }
}
