//! The operations in double precision, written down from their definitions: what the fast ones are
//! checked against. Gradients of these come from central differences.

/// A loss of an operation's result: a fixed weighted sum, so that its derivative by the result is known.
pub(crate) fn weighted(result: &[f64], weights: &[f32]) -> f64 {
    result.iter().zip(weights).map(|(a, b)| a * f64::from(*b)).sum()
}

/// The derivative of a function by each of its arguments, by central differences.
pub(crate) fn differences(arguments: &[f64], mut function: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let mut moved = arguments.to_vec();
    (0..arguments.len())
        .map(|at| {
            moved[at] = arguments[at] + STEP;
            let above = function(&moved);
            moved[at] = arguments[at] - STEP;
            let below = function(&moved);
            moved[at] = arguments[at];
            (above - below) / (2.0 * STEP)
        })
        .collect()
}

pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

pub(crate) fn product(left: &[f64], right: &[f64], inner: usize, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; left.len() / inner * columns];
    for (row, out) in left.chunks(inner).zip(out.chunks_mut(columns)) {
        for (value, right) in row.iter().zip(right.chunks(columns)) {
            for (out, right) in out.iter_mut().zip(right) {
                *out += value * right;
            }
        }
    }
    out
}

pub(crate) fn lstm(projected: &[f64], recurrent: &[f64], h: usize, batch: usize) -> Vec<f64> {
    let (mut hidden, mut cells) = (vec![0.0; batch * h], vec![0.0; batch * h]);
    let mut out = Vec::new();
    for inputs in projected.chunks(batch * 4 * h) {
        let sums = product(&hidden, recurrent, h, 4 * h);
        for row in 0..batch {
            let gate = |which: usize, u: usize| {
                let at = row * 4 * h + which * h + u;
                inputs[at] + sums[at]
            };
            for u in 0..h {
                let cell = &mut cells[row * h + u];
                *cell = sigmoid(gate(1, u)) * *cell + sigmoid(gate(0, u)) * gate(2, u).tanh();
                hidden[row * h + u] = sigmoid(gate(3, u)) * cell.tanh();
            }
        }
        out.extend_from_slice(&hidden);
    }
    out
}

/// Recurrent weights are `[heads, d, 4 * d]`.
pub(crate) fn slstm(projected: &[f64], recurrent: &[f64], heads: usize, d: usize, batch: usize) -> Vec<f64> {
    let width = heads * d;
    let [mut hidden, mut cells, mut normalisers, mut stabilisers] =
        [(); 4].map(|()| vec![0.0_f64; batch * width]);
    let mut out = Vec::new();
    for (step, inputs) in projected.chunks(batch * 4 * width).enumerate() {
        let before = hidden.clone();
        for row in 0..batch {
            for head in 0..heads {
                let y = &before[row * width + head * d..][..d];
                let sums = product(y, &recurrent[head * d * 4 * d..][..d * 4 * d], d, 4 * d);
                for u in 0..d {
                    let [i, f, z, o] = [0, 1, 2, 3].map(|gate| {
                        inputs[row * 4 * width + head * 4 * d + gate * d + u] + sums[gate * d + u]
                    });
                    let at = row * width + head * d + u;
                    let log = stabilisers[at] + sigmoid(f.min(15.0)).ln();
                    let highest = if step == 0 { i } else { i.max(log) };
                    let (input, forget) = ((i - highest).exp(), (log - highest).exp());
                    stabilisers[at] = highest;
                    cells[at] = forget * cells[at] + input * z.tanh();
                    normalisers[at] = forget * normalisers[at] + input;
                    hidden[at] = sigmoid(o) * cells[at] / normalisers[at];
                }
            }
        }
        out.extend_from_slice(&hidden);
    }
    out
}

/// `factors` are of dropout, `[windows, heads, length, length]`.
pub(crate) fn attention(
    packed: &[f64],
    width: usize,
    config: &crate::Attention<'_>,
    factors: &[f32],
) -> Vec<f64> {
    let (length, heads) = (config.length, config.heads);
    let size = width / heads;
    let rows = packed.len() / (3 * width);
    let mut out = vec![0.0; rows * width];
    for window in 0..rows / length {
        for head in 0..heads {
            let at = |row: usize, which: usize, u: usize| {
                packed[(window * length + row) * 3 * width + which * width + head * size + u]
            };
            for query in 0..length {
                let scores: Vec<f64> = (0..length)
                    .map(|key| {
                        let sum: f64 = (0..size).map(|u| at(query, 0, u) * at(key, 1, u)).sum();
                        let mask = config.mask.map_or(0.0, |mask| f64::from(mask[query * length + key]));
                        (sum * f64::from(config.scale) + mask).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                for key in 0..length {
                    let factor = factors[((window * heads + head) * length + query) * length + key];
                    let weight = scores[key] / total.max(1e-300) * f64::from(factor);
                    for u in 0..size {
                        out[(window * length + query) * width + head * size + u] += weight * at(key, 2, u);
                    }
                }
            }
        }
    }
    out
}

pub(crate) fn gelu(x: f64) -> f64 {
    // Φ by its series; arguments of the tests are small.
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        term *= -x * x / (2.0 * f64::from(n));
        sum += term / f64::from(2 * n + 1);
    }
    x * (0.5 + sum / (2.0 * std::f64::consts::PI).sqrt())
}

pub(crate) fn silu(x: f64) -> f64 {
    x * sigmoid(x)
}

pub(crate) fn residual_norm(
    norm: crate::Norm,
    residual: &[f64],
    branch: &[f64],
    gain: &[f64],
    shift: &[f64],
    factors: &[f32],
) -> Vec<f64> {
    let width = gain.len();
    let n = width as f64;
    let mut out = Vec::new();
    for (index, (residual, branch)) in residual.chunks(width).zip(branch.chunks(width)).enumerate() {
        let factors = &factors[index * width..];
        let row: Vec<f64> = residual
            .iter()
            .zip(branch)
            .zip(factors)
            .map(|((a, b), factor)| a + b * f64::from(*factor))
            .collect();
        let (mean, epsilon) = match norm {
            crate::Norm::Layer(epsilon) => (row.iter().sum::<f64>() / n, epsilon),
            crate::Norm::Rms(epsilon) => (0.0, epsilon),
        };
        let square = row.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
        let scale = 1.0 / (square + f64::from(epsilon)).sqrt();
        out.extend(
            row.iter()
                .zip(gain)
                .zip(shift)
                .map(|((value, gain), shift)| (value - mean) * scale * gain + shift),
        );
    }
    out
}

pub(crate) fn cross_entropy(logits: &[f64], targets: &[f64], classes: usize) -> f64 {
    let rows = logits.chunks(classes).zip(targets.chunks(classes));
    let total: f64 = rows
        .map(|(logits, targets)| {
            let log = logits.iter().map(|logit| logit.exp()).sum::<f64>().ln();
            logits.iter().zip(targets).map(|(logit, target)| target * (log - logit)).sum::<f64>()
        })
        .sum();
    total / (logits.len() / classes) as f64
}
