//! Where a step finds its operands and puts its values.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use super::runner::BATCH_BLOCK;

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
        if out.len() == BATCH_BLOCK {
            // The same with a length that the compiler knows.
            each(&mut out[..BATCH_BLOCK], o[0], o[1], o[2], o[3], o[4], o[5], o[6], o[7], value);
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
