//! Exponential averages, several bars at a time.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

/// Bars between two anchors.
const SPAN: usize = 8;

/// An exponential average: the mean of the first values, then `previous + alpha · (value − previous)`.
///
/// From bar to bar that recursion is one long chain of dependent operations. Here only every eighth value,
/// the anchor, depends on the one before; the others are `base + (1 − alpha)^k · (anchor − base) + local`,
/// where base is the first value behind the anchor and local the average's own recursion over the
/// differences from it. Both are exactly the constant value on a constant series.
#[derive(Debug, Clone)]
pub(crate) struct Exponential {
    alpha: f64,
    /// Powers 1 to 8 of 1 − alpha.
    powers: [f64; SPAN],
    state: ExponentialState,
}

/// What an exponential average remembers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ExponentialState {
    /// Values seen.
    pub(crate) seen: usize,
    /// The newest anchor; while the seed is collected the mean so far.
    pub(crate) anchor: f64,
    pub(crate) base: f64,
    pub(crate) local: f64,
}

impl Exponential {
    pub(crate) fn new(alpha: f64) -> Self {
        let mut powers = [1.0 - alpha; SPAN];
        for k in 1..SPAN {
            powers[k] = powers[k - 1] * (1.0 - alpha);
        }
        Self { alpha, powers, state: ExponentialState::default() }
    }

    pub(crate) fn state(&self) -> ExponentialState {
        self.state
    }

    pub(crate) fn set_state(&mut self, state: ExponentialState) {
        self.state = state;
    }

    /// Takes the next values; `out` holds the averages, from the `seed`-th value on.
    #[inline(always)]
    pub(crate) fn update(&mut self, [seed, divisor]: [usize; 2], values: &[f64], out: &mut [f64]) {
        let mut at = 0;
        while at < values.len() && self.state.seen < seed {
            out[at] = self.collect([seed, divisor], values[at]);
            at += 1;
        }
        while at < values.len() && !(self.state.seen - seed).is_multiple_of(SPAN) {
            out[at] = self.one((self.state.seen - seed) % SPAN, values[at]);
            at += 1;
        }
        let whole = (values.len() - at) / SPAN * SPAN;
        self.spans(&values[at..at + whole], &mut out[at..at + whole]);
        for at in at + whole..values.len() {
            out[at] = self.one((self.state.seen - seed) % SPAN, values[at]);
        }
    }

    /// A value of the seed: a running mean, because unlike sum / n that of equal values is exactly theirs.
    fn collect(&mut self, [seed, divisor]: [usize; 2], value: f64) -> f64 {
        let state = &mut self.state;
        state.seen += 1;
        state.anchor += (value - state.anchor) / state.seen as f64;
        if state.seen == seed && seed != divisor {
            state.anchor *= seed as f64 / divisor as f64;
        }
        state.anchor
    }

    /// The value `place` bars behind the one that follows the anchor.
    #[inline(always)]
    fn one(&mut self, place: usize, value: f64) -> f64 {
        let state = &mut self.state;
        state.seen += 1;
        if place == 0 {
            (state.base, state.local) = (value, 0.0);
        } else {
            state.local = (1.0 - self.alpha) * state.local + self.alpha * (value - state.base);
        }
        let average = state.base + (self.powers[place] * (state.anchor - state.base) + state.local);
        if place == SPAN - 1 {
            state.anchor = average;
        }
        average
    }

    /// Whole spans from an anchor on: the same numbers as from [`Exponential::one`].
    #[inline(always)]
    fn spans(&mut self, values: &[f64], out: &mut [f64]) {
        let (alpha, rest, powers) = (self.alpha, 1.0 - self.alpha, self.powers);
        let mut state = self.state;
        for (values, out) in values.chunks_exact(SPAN).zip(out.chunks_exact_mut(SPAN)) {
            let base = values[0];
            let mut locals = [0.0; SPAN];
            for k in 1..SPAN {
                locals[k] = rest * locals[k - 1] + alpha * (values[k] - base);
            }
            let distance = state.anchor - base;
            for k in 0..SPAN {
                out[k] = base + (powers[k] * distance + locals[k]);
            }
            state.anchor = out[SPAN - 1];
            (state.base, state.local) = (base, locals[SPAN - 1]);
        }
        state.seen += values.len();
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(n: usize, values: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        Exponential::new(2.0 / (n as f64 + 1.0)).update([n, n], values, &mut out);
        out.split_off(n - 1)
    }

    #[test]
    fn seeded_with_the_mean_then_recursive() {
        assert_eq!(run(3, &[1.0, 2.0, 3.0, 6.0, 2.0]), [2.0, 4.0, 3.0]);
    }

    #[test]
    fn pieces_of_any_length_give_the_same_bits() {
        let values: Vec<f64> = (0..300).map(|i| f64::from(i * i % 17) + 100.0).collect();
        let whole: Vec<u64> = run(20, &values).iter().map(|v| v.to_bits()).collect();
        for piece in [1, 2, 3, 7, 8, 9, 64] {
            let mut average = Exponential::new(2.0 / 21.0);
            let mut out = Vec::new();
            for values in values.chunks(piece) {
                let mut part = vec![0.0; values.len()];
                average.update([20, 20], values, &mut part);
                out.extend(part.iter().map(|v| v.to_bits()));
            }
            assert_eq!(&out[19..], whole, "pieces of {piece}");
        }
    }

    #[test]
    fn agrees_with_the_plain_recursion() {
        let values: Vec<f64> = (0..2000).map(|i| 1e4 + f64::from(i * 7919 % 1013)).collect();
        let averages = run(12, &values);
        let mut plain = values[..12].iter().sum::<f64>() / 12.0;
        for (average, value) in averages[1..].iter().zip(&values[12..]) {
            plain += 2.0 / 13.0 * (value - plain);
            assert!((average - plain).abs() < 1e-10, "{average}, {plain}");
        }
    }

    #[test]
    fn a_constant_series_has_itself_as_average() {
        for value in [0.1, 42_283.58, 1e-9] {
            assert!(run(50, &[value; 400]).iter().all(|average| average.to_bits() == value.to_bits()));
        }
    }
}
