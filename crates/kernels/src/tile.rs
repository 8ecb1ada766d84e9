//! The innermost loop of a matrix product: one block of results, summed in registers.

#![allow(unsafe_code, reason = "packed panels are read by pointer")]
#![allow(clippy::inline_always, reason = "generic vector code must be inlined into its instruction set")]

use pulp::{Simd, WithSimd};

use crate::instructions::{Instructions, Set};

/// Length of a block of the inner dimension: a panel of it stays in the first-level cache.
pub(crate) const INNER: usize = 128;
/// Distance between rows of a packed left block: [`INNER`] and a little, so that rows do not share cache
/// sets.
pub(crate) const LEFT_STRIDE: usize = INNER + 16;
/// Most results of a tile.
const MOST_RESULTS: usize = 12 * 32;

impl Instructions {
    /// Rows and columns of the block of results that is held in registers.
    pub(crate) fn tile(self) -> (usize, usize) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => (12, 32),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => (6, 16),
            Set::Portable => (4, 4),
        }
    }
}

/// How the left block of a tile lies in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// Row after row, [`LEFT_STRIDE`] apart.
    Rows,
    /// Inner index after inner index, as many rows apart as a tile has.
    Columns,
}

/// `out += left · right` for one block of results.
pub(crate) struct Tile<'a> {
    pub(crate) layout: Layout,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) inner: usize,
    pub(crate) left: &'a [f32],
    /// One panel, rows of the full width of a tile, or for a single row two.
    pub(crate) right: &'a [f32],
    pub(crate) out: &'a mut [f32],
    pub(crate) stride: usize,
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 => self.of_height::<S, 2, 12>(simd),
            8 => self.of_height::<S, 2, 6>(simd),
            _ => self.of_height::<S, 4, 4>(simd),
        }
    }
}

impl Tile<'_> {
    /// A tile of one row and nothing else.
    fn empty() -> Self {
        Self {
            layout: Layout::Rows,
            rows: 1,
            columns: 0,
            inner: 0,
            left: &[],
            right: &[],
            out: &mut [],
            stride: 0,
        }
    }

    #[inline(always)]
    fn of_height<S: Simd, const VECTORS: usize, const MOST: usize>(self, simd: S) {
        match (self.layout, self.rows) {
            (Layout::Rows, 1) if self.right.len() > self.inner * VECTORS * S::F32_LANES => {
                self.two_panels::<S, VECTORS>(simd);
            }
            (Layout::Rows, 1) => self.sum::<S, 1, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, 2) => self.sum::<S, 2, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, 3) => self.sum::<S, 3, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, 4) => self.sum::<S, 4, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, 5..=6) if MOST == 6 => self.sum::<S, 6, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, 5..=8) => self.sum::<S, 8, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Rows, _) => self.sum::<S, 12, VECTORS, LEFT_STRIDE, 1>(simd),
            (Layout::Columns, _) => self.sum::<S, MOST, VECTORS, 1, MOST>(simd),
        }
    }

    /// Sums `HEIGHT` rows in registers, of which the first `self.rows` are added to `out`.
    #[inline(always)]
    fn sum<S: Simd, const HEIGHT: usize, const VECTORS: usize, const ROW: usize, const STEP: usize>(
        self,
        simd: S,
    ) {
        let lanes = S::F32_LANES;
        let width = VECTORS * lanes;
        let inner = self.inner;
        assert!(self.right.len() == inner * width, "the panel is whole");
        assert!(self.left.len() > (HEIGHT - 1) * ROW + (inner - 1) * STEP, "the left block is whole");
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; HEIGHT];
        let (left, right) = (self.left.as_ptr(), self.right.as_ptr());
        for at in 0..inner {
            let mut values = [simd.splat_f32s(0.0); VECTORS];
            for (vector, value) in values.iter_mut().enumerate() {
                // SAFETY: `at * width + vector * lanes + lanes <= right.len()`.
                *value = unsafe { right.add(at * width + vector * lanes).cast::<S::f32s>().read_unaligned() };
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: asserted above for the largest row and `at`.
                let factor = simd.splat_f32s(unsafe { *left.add(row * ROW + at * STEP) });
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(factor, value, *sum);
                }
            }
        }
        self.add(simd, &sums);
    }

    /// One row by two panels.
    #[inline(always)]
    fn two_panels<S: Simd, const VECTORS: usize>(self, simd: S) {
        let lanes = S::F32_LANES;
        let width = VECTORS * lanes;
        let inner = self.inner;
        assert!(self.right.len() == 2 * inner * width && self.left.len() >= inner, "both panels are whole");
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; 2];
        let right = self.right.as_ptr();
        for at in 0..inner {
            let factor = simd.splat_f32s(self.left[at]);
            for (panel, sums) in sums.iter_mut().enumerate() {
                for (vector, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: below `2 * inner * width`, asserted above.
                    let value = unsafe {
                        right
                            .add((panel * inner + at) * width + vector * lanes)
                            .cast::<S::f32s>()
                            .read_unaligned()
                    };
                    *sum = simd.mul_add_e_f32s(factor, value, *sum);
                }
            }
        }
        let [first, second] = sums;
        let (columns, stride) = (self.columns, self.stride);
        let (out, rest) = self.out.split_at_mut(width);
        let tile = |columns, out| Tile { columns, out, stride, ..Tile::empty() };
        tile(width, out).add(simd, &[first]);
        tile(columns - width, rest).add(simd, &[second]);
    }

    /// Adds sums to the results.
    #[inline(always)]
    fn add<S: Simd, const HEIGHT: usize, const VECTORS: usize>(
        self,
        simd: S,
        sums: &[[S::f32s; VECTORS]; HEIGHT],
    ) {
        let lanes = S::F32_LANES;
        let width = VECTORS * lanes;
        assert!(self.out.len() >= (self.rows - 1) * self.stride + self.columns, "the results have a place");
        if self.columns == width {
            let out = self.out.as_mut_ptr();
            for (row, sums) in sums.iter().enumerate() {
                if row < self.rows {
                    for (vector, sum) in sums.iter().enumerate() {
                        // SAFETY: the row is below `self.rows`, the columns are whole: asserted above.
                        unsafe {
                            let place = out.add(row * self.stride + vector * lanes).cast::<S::f32s>();
                            place.write_unaligned(simd.add_f32s(place.read_unaligned(), *sum));
                        }
                    }
                }
            }
        } else {
            let mut whole = [0.0_f32; MOST_RESULTS];
            for (row, sums) in sums.iter().enumerate() {
                for (vector, sum) in sums.iter().enumerate() {
                    simd.partial_store_f32s(&mut whole[row * width + vector * lanes..][..lanes], *sum);
                }
            }
            for row in 0..self.rows {
                let out = &mut self.out[row * self.stride..][..self.columns];
                for (out, sum) in out.iter_mut().zip(&whole[row * width..]) {
                    *out += sum;
                }
            }
        }
    }
}
