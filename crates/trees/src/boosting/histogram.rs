//! Sums of derivatives by bin, in whole numbers: the same in any order.

use crate::boosting::objective::Derivatives;
use crate::boosting::tiles::TILE;

/// Sums of first derivatives (upper half, signed) and of second ones (lower half) over rows, both as whole numbers
/// of a unit: adding two of them is one addition, and whoever adds in whatever order gets the same.
pub(crate) type PackedSum = i64;

/// One for each bin of each column of a tile.
pub(crate) type TileHistogram = [[PackedSum; 256]; TILE];

/// The first and second derivatives that a sum is made of, in units.
pub(crate) fn unpack(sum: PackedSum) -> (f64, f64) {
    (f64::from((sum >> 32) as i32), f64::from(sum as u32))
}

/// The rows' derivatives in units, chosen so fine that no sum over rows overflows its half.
#[derive(Debug)]
pub(crate) struct PackedRows {
    pub(crate) values: Vec<PackedSum>,
    /// Units in one.
    pub(crate) gradient_scale: f64,
    pub(crate) hessian_scale: f64,
}

impl PackedRows {
    /// Packs the derivatives of `rows`; other rows get zero. A rounded sum of n rows is off by at most n / 2 units of
    /// about 2^31: less than a millionth of all rows' sum up to a million rows.
    pub(crate) fn new(derivatives: &Derivatives, rows: &[u32]) -> Self {
        let of = |values: &[f32], row: u32| f64::from(values[row as usize].abs());
        let sum = |values: &[f32]| rows.iter().map(|&row| of(values, row)).sum::<f64>();
        // Each row's rounding may add half a unit, or a whole one where none would be left.
        let room = 0.99 * f64::from(i32::MAX) - rows.len() as f64;
        let scale = |sum: f64, room: f64| if sum > 0.0 { room / sum } else { 1.0 };
        let gradient_scale = scale(sum(&derivatives.gradients), room);
        let hessian_scale = scale(sum(&derivatives.hessians), 2.0 * room);
        let mut values = vec![0; derivatives.gradients.len()];
        for &row in rows {
            let (g, h) = (derivatives.gradients[row as usize], derivatives.hessians[row as usize]);
            let gradient = (f64::from(g) * gradient_scale).round() as i64;
            // A row always counts: its second derivative is never zero.
            let hessian = ((f64::from(h) * hessian_scale).round() as i64).max(1);
            values[row as usize] = (gradient << 32) + hessian;
        }
        Self { values, gradient_scale, hessian_scale }
    }
}

/// Adds rows to a tile's histogram. `packed[i]` is what row `rows[i]` adds.
pub(crate) fn accumulate(
    histogram: &mut TileHistogram,
    tile: &[[u8; TILE]],
    rows: &[u32],
    packed: &[PackedSum],
) {
    for (&row, &value) in rows.iter().zip(packed) {
        let codes = &tile[row as usize];
        for (bins, &code) in histogram.iter_mut().zip(codes) {
            bins[usize::from(code)] += value;
        }
    }
}

/// Takes a part out of a histogram.
pub(crate) fn subtract(whole: &mut TileHistogram, part: &TileHistogram) {
    for (whole, part) in whole.as_flattened_mut().iter_mut().zip(part.as_flattened()) {
        *whole -= part;
    }
}

/// How many rows are in each bin of one column of a tile.
pub(crate) fn count_rows(tile: &[[u8; TILE]], place: usize, rows: &[u32]) -> [u32; 256] {
    let mut counts = [0; 256];
    for &row in rows {
        counts[usize::from(tile[row as usize][place])] += 1;
    }
    counts
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// No rows.
    #[expect(clippy::large_stack_arrays, reason = "the histograms of a tile lie together")]
    pub(crate) fn empty() -> Box<TileHistogram> {
        Box::new([[0; 256]; TILE])
    }

    #[test]
    fn sums_are_those_of_the_rows() {
        let derivatives =
            Derivatives { gradients: vec![0.5, -0.25, 9.0, -0.75], hessians: vec![0.25, 0.125, 9.0, 0.0] };
        let rows = [0, 1, 3];
        let packed = PackedRows::new(&derivatives, &rows);
        assert_eq!(packed.values[2], 0);
        let total: PackedSum = rows.iter().map(|&row| packed.values[row as usize]).sum();
        let (g, h) = unpack(total);
        assert!((g / packed.gradient_scale + 0.5).abs() < 1e-8, "{g}");
        assert!((h / packed.hessian_scale - 0.375).abs() < 1e-8, "{h}");
        let negative = unpack(packed.values[3]);
        assert!(negative.0 < 0.0 && (negative.1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn extreme_rows_do_not_overflow() {
        for n in [1, 3, 100_000] {
            for sign in [-1.0_f32, 1.0] {
                let derivatives = Derivatives { gradients: vec![sign * 1e30; n], hessians: vec![1e-30; n] };
                let rows: Vec<u32> = (0..n as u32).collect();
                let packed = PackedRows::new(&derivatives, &rows);
                let (g, h) = unpack(packed.values.iter().sum());
                assert!(
                    (g / packed.gradient_scale / (f64::from(sign) * 1e30 * n as f64) - 1.0).abs() < 1e-4,
                    "{g}"
                );
                assert!((h / packed.hessian_scale / (1e-30 * n as f64) - 1.0).abs() < 1e-4, "{h}");
            }
        }
    }

    #[test]
    fn a_sibling_is_the_rest_of_its_parent() {
        let tile: Vec<[u8; TILE]> =
            (0..50_u8).map(|row| std::array::from_fn(|c| row.wrapping_mul(c as u8 + 3))).collect();
        let packed: Vec<PackedSum> = (0..50).map(|i| ((i - 20) << 32) + i + 1).collect();
        let of = |rows: &[u32]| {
            let mut histogram = empty();
            let packed: Vec<PackedSum> = rows.iter().map(|&row| packed[row as usize]).collect();
            accumulate(&mut histogram, &tile, rows, &packed);
            histogram
        };
        let (left, right): (Vec<u32>, Vec<u32>) = (0..50).partition(|row| row % 3 == 0);
        let mut rest = of(&(0..50).collect::<Vec<_>>());
        subtract(&mut rest, &of(&left));
        assert!(rest == of(&right));
        assert_eq!(count_rows(&tile, 0, &left).iter().sum::<u32>(), 17);
    }
}
