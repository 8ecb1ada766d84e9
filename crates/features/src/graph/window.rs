//! Functions of a whole window of values, for features that have no shorter form.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

use super::lanes::Block;
use super::sorted::SortedWindow;

/// Relative distance within which two values count as equal in a rank.
const TIE: f64 = 1e-12;

/// The mean of a term over the newest n values of a, each with b at the newest bar.
#[inline(always)]
pub(crate) fn mean_of(n: usize, mut block: Block<'_>, term: impl Fn(f64, f64) -> f64 + Copy) {
    let (values, references) = (block.reaching(0, n - 1), block.operand(1));
    let out = block.output(0);
    out.fill(0.0);
    let whole = n / 4 * 4;
    for place in (0..whole).step_by(4) {
        let [a, b, c, d] = std::array::from_fn(|k| &values[place + k..]);
        add_terms(out, a, b, c, d, references, |[a, b, c, d], reference| {
            (term(a, reference) + term(b, reference)) + (term(c, reference) + term(d, reference))
        });
    }
    for place in whole..n {
        let a = &values[place..];
        add_terms(out, a, a, a, a, references, |[a, ..], reference| term(a, reference));
    }
    for sum in out {
        *sum /= n as f64;
    }
}

/// Adds a term of four values and a reference at each place; parameters of their own as in [`each`].
#[inline(always)]
fn add_terms(
    out: &mut [f64],
    a: &[f64],
    b: &[f64],
    c: &[f64],
    d: &[f64],
    references: &[f64],
    term: impl Fn([f64; 4], f64) -> f64,
) {
    let n = out.len();
    let (values, references) = ([&a[..n], &b[..n], &c[..n], &d[..n]], &references[..n]);
    for i in 0..n {
        out[i] += term(values.map(|values| values[i]), references[i]);
    }
}

/// [`place`] of the newest among the newest n values.
pub(crate) fn rank(n: usize, tie: f64, mut block: Block<'_>) {
    let values = block.reaching(0, n - 1);
    for (out, window) in block.output(0).iter_mut().zip(values.windows(n)) {
        *out = place(window, tie);
    }
}

/// Place of the newest among the values, 1/n to 1, ties in the middle: values below it and half of those equal,
/// itself included, plus a half, over n. Equal is closer than `tie` of the largest magnitude.
fn place(a: &[f64], tie: f64) -> f64 {
    let newest = a[a.len() - 1];
    let near =
        if tie > 0.0 { tie * a.iter().fold(0.0, |most: f64, value| most.max(value.abs())) } else { 0.0 };
    let (mut below, mut equal) = (0_u64, 0_u64);
    for value in a {
        below += u64::from(*value < newest - near);
        equal += u64::from((value - newest).abs() <= near);
    }
    (below as f64 + 0.5 * (equal as f64 + 1.0)) / a.len() as f64
}

/// Up to where values count as not above `newest`.
#[inline(always)]
pub(crate) fn limit(newest: f64) -> f64 {
    newest + newest.abs() * TIE
}

/// Takes the values of the block, which stand behind the `n` before it, into the sorted window; `read` gets
/// the window when it is full and its newest value, and gives both outputs.
#[inline(always)]
pub(crate) fn sorted(
    window: &mut SortedWindow,
    n: usize,
    mut block: Block<'_>,
    read: impl Fn(&SortedWindow, f64) -> [f64; 2],
) {
    let values = block.reaching(0, n);
    for (i, &newest) in values[n..].iter().enumerate() {
        if window.len() == n {
            window.replace(values[i], newest);
        } else {
            window.insert(newest);
        }
        if window.len() == n {
            let [first, second] = read(window, newest);
            block.output(0)[i] = first;
            block.output(1)[i] = second;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_half_of_what_ties() {
        let rank = |tie: f64, values: &[f64]| place(values, tie);
        let near = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-15, "{got}, not {expected}");
        near(rank(0.0, &[1.0, 2.0, 3.0, 4.0]), 1.0);
        near(rank(0.0, &[4.0, 3.0, 2.0, 1.0]), 0.25);
        near(rank(0.0, &[2.0, 2.0, 2.0, 2.0]), 2.5 / 4.0);
        near(rank(0.0, &[1.0, 2.0, 2.0, 9.0, 2.0]), (1.0 + 2.0) / 5.0);
        // A tie reaches as far as the largest magnitude says, on both sides.
        let apart = [1.0 - 5e-10, 1.0 + 5e-10, 1.0];
        near(rank(0.0, &apart), 2.0 / 3.0);
        near(rank(1e-9, &apart), 2.0 / 3.0);
        near(rank(1e-9, &[1.0 - 5e-10, 1.0 - 5e-10, 1.0]), 2.0 / 3.0);
        near(rank(1e-9, &[1.0 - 2e-9, 1.0 - 2e-9, 1.0]), 1.0);
        near(rank(1e-9, &[1.0 - 2e-9, -3.0, 1.0]), (1.0 + 1.5) / 3.0);
        near(rank(1e-9, &[1.0 + 2e-9, 1.0 + 5e-10, 1.0]), 1.5 / 3.0);
    }
}
