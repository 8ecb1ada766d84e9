//! Every operation against its definition in double precision, its derivative against central
//! differences: at odd sizes, with every instruction set, with the same bits on one thread and on two.

use crate::reference::{self, differences, weighted, wide};
use crate::testing::{close, values};
use crate::{
    Activation, Attention, DropoutMask, Instructions, Matrix, Norm, Packed, SlstmState, Threads,
    activation_backward, column_sums, cross_entropy, linear_forward, lstm_backward, lstm_forward,
    lstm_states, product, residual_norm_backward, residual_norm_forward, slstm_backward, slstm_forward,
    slstm_states, transposed_product,
};

const FORWARD: f64 = 1e-6;
const GRADIENT: f64 = 5e-6;

/// Runs on one thread and on two, with every instruction set; the results are equal.
fn everywhere<T: PartialEq + Send>(run: impl Fn(Instructions) -> T + Sync) -> Vec<T> {
    Instructions::available()
        .into_iter()
        .map(|instructions| {
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| run(instructions))
            };
            let one = on(1);
            assert!(one == on(2), "threads change a result with {}", instructions.name());
            one
        })
        .collect()
}

fn factors(mask: Option<DropoutMask>, rows: usize, width: usize) -> Vec<f32> {
    let mut out = vec![1.0; rows * width];
    for (row, out) in out.chunks_mut(width).enumerate() {
        if let Some(mask) = mask {
            mask.fill(row, out);
        }
    }
    out
}

#[test]
fn lstm() {
    for (h, batch, steps) in [(1, 1, 1), (5, 3, 4), (17, 2, 3), (33, 5, 2)] {
        let (projected, recurrent) = (values(steps * batch * 4 * h, 1), values(h * 4 * h, 2));
        let weights = values(steps * batch * h, 3);
        let loss = |projected: &[f64], recurrent: &[f64]| {
            weighted(&reference::lstm(projected, recurrent, h, batch), &weights)
        };
        let (p, r) = (wide(&projected), wide(&recurrent));
        let expected = reference::lstm(&p, &r, h, batch);
        let by_projected = differences(&p, |p| loss(p, &r));
        let by_recurrent = differences(&r, |r| loss(&p, r));
        let results = everywhere(|instructions| {
            let matrix = Matrix::new(&recurrent, 4 * h);
            let packed = Packed::new(instructions, matrix);
            let (out, trace) = lstm_forward(instructions, projected.clone(), &packed, batch);
            let (mut gates, mut again) = (projected.clone(), vec![0.0; out.len()]);
            let [mut hidden, mut cells] = [(); 2].map(|()| vec![0.0; batch * h]);
            lstm_states(instructions, &mut gates, &packed, &mut hidden, &mut cells, &mut again);
            assert_eq!(out[..], again[..], "inference has the bits of training");
            let transposed = Packed::new(instructions, matrix.transposed());
            let by = lstm_backward(instructions, trace, &out, &weights, &transposed, batch);
            (out, by.projected, by.recurrent)
        });
        for (out, projected, recurrent) in results {
            close(&out, &expected, FORWARD);
            close(&projected, &by_projected, GRADIENT);
            if steps > 1 {
                close(&recurrent, &by_recurrent, GRADIENT);
            }
        }
    }
}

#[test]
fn slstm_heads_go_on_where_they_were() {
    let (heads, d, batch, steps) = (2, 5, 3, 6);
    let width = heads * d;
    let projected = values(steps * batch * 4 * width, 1);
    let recurrent = values(heads * d * 4 * d, 2);
    for instructions in Instructions::available() {
        let packed: Vec<Packed> = recurrent
            .chunks(d * 4 * d)
            .map(|head| Packed::new(instructions, Matrix::new(head, 4 * d)))
            .collect();
        let (whole, _) = slstm_forward(instructions, projected.clone(), &packed, batch);
        for (head, packed) in packed.iter().enumerate() {
            let own = |values: &[f32], size: usize| -> Vec<f32> {
                values.chunks(heads * size).flat_map(|row| &row[head * size..][..size]).copied().collect()
            };
            let mut gates = own(&projected, 4 * d);
            let mut outputs = vec![0.0; steps * batch * d];
            let mut state = SlstmState::new(1, d).repeated(batch);
            let (first, second) = gates.split_at_mut(2 * batch * 4 * d);
            let (early, late) = outputs.split_at_mut(2 * batch * d);
            let mut seen = Vec::new();
            slstm_states(instructions, first, packed, &mut state, early, |_, state| seen.push(state.clone()));
            assert_eq!(seen.last(), Some(&state));
            slstm_states(instructions, second, packed, &mut state, late, |_, _| ());
            assert_eq!(outputs, own(&whole, d));
        }
    }
}

#[test]
fn slstm() {
    for (heads, d, batch, steps) in [(1, 1, 1, 1), (2, 3, 3, 4), (3, 17, 2, 3)] {
        let width = heads * d;
        // Large enough that either gate leads the stabiliser at times.
        let projected: Vec<f32> =
            values(steps * batch * 4 * width, 1).iter().map(|value| 3.0 * value).collect();
        let recurrent = values(heads * d * 4 * d, 2);
        let weights = values(steps * batch * width, 3);
        let loss = |projected: &[f64], recurrent: &[f64]| {
            weighted(&reference::slstm(projected, recurrent, heads, d, batch), &weights)
        };
        let (p, r) = (wide(&projected), wide(&recurrent));
        let expected = reference::slstm(&p, &r, heads, d, batch);
        let by_projected = differences(&p, |p| loss(p, &r));
        let by_recurrent = differences(&r, |r| loss(&p, r));
        let results = everywhere(|instructions| {
            let packed = |transposed: bool| -> Vec<Packed> {
                let heads = recurrent.chunks(d * 4 * d).map(|head| Matrix::new(head, 4 * d));
                let turned = heads.map(|head| if transposed { head.transposed() } else { head });
                turned.map(|head| Packed::new(instructions, head)).collect()
            };
            let (out, trace) = slstm_forward(instructions, projected.clone(), &packed(false), batch);
            let by = slstm_backward(instructions, trace, &out, &weights, &packed(true), batch);
            (out, by.projected, by.recurrent.concat())
        });
        for (out, projected, recurrent) in results {
            close(&out, &expected, FORWARD);
            close(&projected, &by_projected, GRADIENT);
            if steps > 1 {
                close(&recurrent, &by_recurrent, GRADIENT);
            }
        }
    }
}

#[test]
fn attention() {
    let causal: Vec<f32> = (0..49).map(|at| if at % 7 > at / 7 { f32::NEG_INFINITY } else { 0.0 }).collect();
    let dropout = DropoutMask::new(5, 0.3);
    for (heads, size, length, windows, mask, dropout) in [
        (1, 1, 1, 1, None, None),
        (2, 5, 7, 3, None, dropout),
        (3, 4, 7, 2, Some(&causal[..]), None),
        (2, 9, 19, 1, None, dropout),
    ] {
        let width = heads * size;
        let packed = values(windows * length * 3 * width, 1);
        let weights = values(windows * length * width, 2);
        let config = Attention { heads, length, scale: 0.7, mask, dropout };
        let factors = factors(dropout, windows * heads * length, length);
        let p = wide(&packed);
        let expected = reference::attention(&p, width, &config, &factors);
        let by_packed =
            differences(&p, |p| weighted(&reference::attention(p, width, &config, &factors), &weights));
        let results = everywhere(|instructions| {
            let mut out = vec![0.0; windows * length * width];
            config.forward(instructions, Threads::Pool, &packed, width, &mut out);
            let mut again = vec![0.0; out.len()];
            config.forward(instructions, Threads::Caller, &packed, width, &mut again);
            assert_eq!(out[..], again[..]);
            let by = config.backward(instructions, &packed, &weights, width);
            (out, by, config.weights(instructions, &packed, width))
        });
        for (out, by, attended) in results {
            close(&out, &expected, FORWARD);
            close(&by, &by_packed, GRADIENT);
            for row in attended.chunks(length) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn a_query_that_may_attend_to_nothing_gets_nothing() {
    let forbidden = [f32::NEG_INFINITY; 4];
    let packed = values(2 * 3 * 3, 1);
    let config = Attention { heads: 1, length: 2, scale: 1.0, mask: Some(&forbidden), dropout: None };
    for instructions in Instructions::available() {
        let mut out = vec![f32::NAN; 6];
        config.forward(instructions, Threads::Caller, &packed, 3, &mut out);
        assert_eq!(out[..], [0.0; 6]);
        assert_eq!(config.backward(instructions, &packed, &[1.0; 6], 3)[..], [0.0; 18]);
    }
}

#[test]
fn linear_with_activation() {
    let mask = DropoutMask::new(9, 0.2);
    for (rows, inputs, columns, activation) in [
        (1, 1, 1, Activation::Identity),
        (7, 5, 9, Activation::Identity),
        (7, 5, 33, Activation::Gelu(None)),
        (19, 3, 17, Activation::Gelu(mask)),
        (5, 7, 34, Activation::SiluGated),
    ] {
        let (x, w, b) = (values(rows * inputs, 1), values(inputs * columns, 2), values(columns, 3));
        let out_width = activation.width(columns);
        let weights = values(rows * out_width, 4);
        let mask = if let Activation::Gelu(mask) = activation { mask } else { None };
        let factors = factors(mask, rows, columns);
        let function = |x: &[f64], w: &[f64], b: &[f64]| -> Vec<f64> {
            let mut sums = reference::product(x, w, inputs, columns);
            for row in sums.chunks_mut(columns) {
                row.iter_mut().zip(b).for_each(|(sum, bias)| *sum += bias);
            }
            match activation {
                Activation::Identity => sums,
                Activation::Gelu(_) => sums
                    .iter()
                    .zip(&factors)
                    .map(|(sum, factor)| reference::gelu(*sum) * f64::from(*factor))
                    .collect(),
                Activation::SiluGated => sums
                    .chunks(columns)
                    .flat_map(|row| {
                        let (gate, up) = row.split_at(columns / 2);
                        gate.iter().zip(up).map(|(gate, up)| reference::silu(*gate) * up).collect::<Vec<_>>()
                    })
                    .collect(),
            }
        };
        let (xs, ws, bs) = (wide(&x), wide(&w), wide(&b));
        let expected = function(&xs, &ws, &bs);
        let by_x = differences(&xs, |x| weighted(&function(x, &ws, &bs), &weights));
        let by_w = differences(&ws, |w| weighted(&function(&xs, w, &bs), &weights));
        let by_b = differences(&bs, |b| weighted(&function(&xs, &ws, b), &weights));
        let results = everywhere(|instructions| {
            let matrix = Matrix::new(&w, columns);
            let packed = Packed::new(instructions, matrix);
            let (out, kept) = linear_forward(instructions, &x, &packed, Some(&b), activation, true);
            if mask.is_none() {
                let (again, _) = linear_forward(instructions, &x, &packed, Some(&b), activation, false);
                assert_eq!(out[..], again[..]);
            }
            let by = activation_backward(instructions, activation, kept, weights.clone(), columns);
            let mut by_x = vec![0.0; x.len()];
            let turned = Packed::new(instructions, matrix.transposed());
            product(Threads::Pool, &by, &turned, crate::Start::Zero, &mut by_x, &mut [], |_, _, _| ());
            let by_w = transposed_product(instructions, Matrix::new(&x, inputs), Matrix::new(&by, columns));
            (out, by_x, by_w, column_sums(&by, columns))
        });
        for (out, x, w, b) in results {
            close(&out, &expected, FORWARD);
            close(&x, &by_x, GRADIENT);
            close(&w, &by_w, GRADIENT);
            close(&b, &by_b, GRADIENT);
        }
    }
}

#[test]
fn residual_and_norm() {
    for (rows, width, norm, mask) in [
        (1, 3, Norm::Layer(1e-5), None),
        (7, 11, Norm::Layer(1e-5), DropoutMask::new(3, 0.3)),
        (67, 19, Norm::Rms(1e-6), None),
        (3, 33, Norm::Rms(1e-6), DropoutMask::new(4, 0.1)),
    ] {
        let [residual, branch, weights] = [1, 2, 3].map(|which| values(rows * width, which));
        let [gain, shift] = [4, 5].map(|which| values(width, which));
        let factors = factors(mask, rows, width);
        let [r, b, g, s] = [&residual, &branch, &gain, &shift].map(|values| wide(values));
        let function =
            |r: &[f64], b: &[f64], g: &[f64], s: &[f64]| reference::residual_norm(norm, r, b, g, s, &factors);
        let expected = function(&r, &b, &g, &s);
        let by_r = differences(&r, |r| weighted(&function(r, &b, &g, &s), &weights));
        let by_b = differences(&b, |b| weighted(&function(&r, b, &g, &s), &weights));
        let by_g = differences(&g, |g| weighted(&function(&r, &b, g, &s), &weights));
        let by_s = differences(&s, |s| weighted(&function(&r, &b, &g, s), &weights));
        let results = everywhere(|instructions| {
            let (out, trace) =
                residual_norm_forward(instructions, norm, residual.clone(), &branch, &gain, &shift, mask);
            if mask.is_none() {
                let mut again = residual.clone();
                crate::residual_norm(instructions, norm, &mut again, &branch, &gain, &shift);
                assert_eq!(out[..], again[..]);
            }
            let by = residual_norm_backward(instructions, norm, trace, &gain, mask, weights.clone());
            (out, by.residual, by.branch, by.gain, by.shift)
        });
        for (out, residual, branch, gain, shift) in results {
            close(&out, &expected, FORWARD);
            close(&residual, &by_r, GRADIENT);
            close(if mask.is_some() { &branch } else { &residual }, &by_b, GRADIENT);
            close(&gain, &by_g, GRADIENT);
            close(&shift, &by_s, GRADIENT);
        }
    }
}

#[test]
fn softmax_cross_entropy() {
    let (rows, classes) = (7, 5);
    let logits: Vec<f32> = values(rows * classes, 1).iter().map(|value| 4.0 * value).collect();
    let mut targets = vec![0.02; rows * classes];
    for row in 0..rows {
        targets[row * classes + row % classes] += 0.9;
    }
    let (l, t) = (wide(&logits), wide(&targets));
    let (loss, gradient) = cross_entropy(&logits, &targets, classes);
    close(&[loss], &[reference::cross_entropy(&l, &t, classes)], FORWARD);
    close(&gradient, &differences(&l, |l| reference::cross_entropy(l, &t, classes)), GRADIENT);
}
