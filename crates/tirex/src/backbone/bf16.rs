//! The recurrent cell as the reference runs it: inputs, recurrent weights and states rounded to 16 bits (`bfloat16`)
//! at every step, everything between in `f32`. To compare with its forecasts; slow, and no better.

use kernels::{Instructions, Matrix, Packed, Start, Threads, product};

/// The forget gate's summed input is cut here before its logarithm.
const LARGEST_FORGET: f32 = 15.0;

/// A head's recurrent weights, rounded.
#[derive(Debug)]
pub(super) struct RoundedHead {
    recurrent: Packed,
}

/// To the nearest of the numbers with eight bits of fraction, ties to even.
fn rounded(value: f32) -> f32 {
    let bits = value.to_bits();
    f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
}

fn round_all(values: &mut [f32]) {
    for value in values {
        *value = rounded(*value);
    }
}

impl RoundedHead {
    /// From weights `[d, 4 * d]`.
    pub(super) fn new(instructions: Instructions, recurrent: &[f32], d: usize) -> Self {
        let mut values = recurrent.to_vec();
        round_all(&mut values);
        Self { recurrent: Packed::new(instructions, Matrix::new(&values, 4 * d)) }
    }

    /// Outputs `[steps * batch, d]` from zero states; `gates` are projected inputs without bias,
    /// `[steps * batch, 4 * d]`.
    pub(super) fn run(&self, gates: &mut [f32], bias: &[f32], batch: usize) -> Vec<f32> {
        let d = self.recurrent.inner();
        let [mut outputs, mut cells, mut normalisers, mut stabilisers] =
            [(); 4].map(|()| vec![0.0_f32; batch * d]);
        let mut recurrent = vec![0.0; batch * 4 * d];
        let mut all = Vec::with_capacity(gates.len() / 4);
        round_all(gates);
        for (step, gates) in gates.chunks(batch * 4 * d).enumerate() {
            product(
                Threads::Caller,
                &outputs,
                &self.recurrent,
                Start::Zero,
                &mut recurrent,
                &mut [],
                |_, sums, _| round_all(sums),
            );
            for at in 0..batch * d {
                let (series, unit) = (at / d, at % d);
                let gate = |which: usize| {
                    let place = series * 4 * d + which * d + unit;
                    gates[place] + recurrent[place] + bias[which * d + unit]
                };
                let (input, forget, candidate, output) = (gate(0), gate(1), gate(2), gate(3));
                let cut = forget.min(LARGEST_FORGET);
                let log = stabilisers[at] + cut.min(0.0) - (-cut.abs()).exp().ln_1p();
                let highest = if step == 0 { input } else { input.max(log) };
                let (keep, take) = ((log - highest).exp().min(1.0), (input - highest).exp().min(1.0));
                let cell = keep * cells[at] + take * candidate.tanh();
                let normaliser = keep * normalisers[at] + take;
                let out = 1.0 / (1.0 + (-output).exp()) * cell / normaliser;
                outputs[at] = rounded(out);
                cells[at] = rounded(cell);
                normalisers[at] = rounded(normaliser);
                stabilisers[at] = rounded(highest);
            }
            all.extend_from_slice(&outputs);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_nearest_and_ties_to_even() {
        for (value, expected) in [
            (1.0, 1.0),
            (1.0 + 1.0 / 256.0, 1.0),
            (1.0 + 3.0 / 256.0, 1.0 + 4.0 / 256.0),
            (1.0 + 1.1 / 256.0, 1.0 + 2.0 / 256.0),
            (-2.718_5, -2.718_75),
        ] {
            assert_eq!(rounded(value).to_bits(), f32::to_bits(expected), "{value}");
        }
    }
}
