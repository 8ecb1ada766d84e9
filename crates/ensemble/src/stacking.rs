//! Weights that out-of-fold rows ask for.

use crate::weights::normalised;

/// Steps at most; the loss never rises on the way.
const STEPS: usize = 2_000;
/// A step that moves no weight by more ends it.
const SETTLED: f64 = 1e-9;

/// The weights that minimise Σ −ln Σ weight · p(what came) over rows that no member learnt from, shrunk towards the priors
/// as if those had been seen in `prior_rows` rows more: the maximum a posteriori of a mixture with a Dirichlet prior, found by
/// expectation maximisation. The problem is convex, so there is one answer. `likelihoods` holds, for each member, its
/// probability of what came in each row. A prior of zero stays zero.
pub fn learn_weights(likelihoods: &[&[f64]], priors: &[f64], prior_rows: f64) -> Vec<f64> {
    let priors = normalised(priors);
    let n = likelihoods.first().map_or(0, |rows| rows.len());
    let mut weights = priors.clone();
    for _ in 0..STEPS {
        let mut shares = vec![0.0; weights.len()];
        for row in 0..n {
            let mixed: f64 =
                weights.iter().zip(likelihoods).map(|(weight, member)| weight * member[row]).sum();
            if mixed > 0.0 {
                for ((share, weight), member) in shares.iter_mut().zip(&weights).zip(likelihoods) {
                    *share += weight * member[row] / mixed;
                }
            }
        }
        let moved: Vec<f64> =
            shares.iter().zip(&priors).map(|(share, prior)| share + prior_rows * prior).collect();
        let moved = normalised(&moved);
        let most = moved.iter().zip(&weights).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
        weights = moved;
        if most < SETTLED {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Rows of a binary outcome that is drawn from 0.7 of the first member and 0.3 of the second; the third says nothing.
    fn mixture(n: usize) -> [Vec<f64>; 3] {
        let mut random = Seed(5).stream(Purpose::Part, &[]);
        let mut rows = [const { Vec::new() }; 3];
        for _ in 0..n {
            let said: [f64; 2] = std::array::from_fn(|_| random.random_range(0.02..0.98));
            let came = random.random_range(0.0..1.0) < 0.7 * said[0] + 0.3 * said[1];
            let of = |p: f64| if came { p } else { 1.0 - p };
            for (member, p) in rows.iter_mut().zip([of(said[0]), of(said[1]), 0.5]) {
                member.push(p);
            }
        }
        rows
    }

    fn of(rows: &[Vec<f64>; 3]) -> Vec<&[f64]> {
        rows.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn a_mixture_is_found_again() {
        let rows = mixture(40_000);
        let weights = learn_weights(&of(&rows), &[1.0, 1.0, 1.0], 10.0);
        assert!((weights[0] - 0.7).abs() < 0.03 && (weights[1] - 0.3).abs() < 0.03, "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_step_aside_lowers_the_penalised_loss() {
        let rows = mixture(500);
        let priors = [0.4, 0.4, 0.2];
        let weights = learn_weights(&of(&rows), &priors, 50.0);
        let loss = |weights: &[f64]| -> f64 {
            let row = |row: usize| -weights.iter().zip(&rows).map(|(w, m)| w * m[row]).sum::<f64>().ln();
            let prior: f64 = priors.iter().zip(weights).map(|(p, w)| -50.0 * p * w.ln()).sum();
            (0..500).map(row).sum::<f64>() + prior
        };
        let least = loss(&weights);
        for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            let mut other = weights.clone();
            let step = 1e-3 * weights[from];
            other[from] -= step;
            other[to] += step;
            assert!(loss(&other) > least, "{from} → {to}");
        }
    }

    #[test]
    fn without_rows_the_priors_stay_and_with_few_they_hold() {
        let rows = mixture(20);
        let priors = [0.4, 0.4, 0.2];
        assert_eq!(learn_weights(&[&[], &[], &[]], &priors, 10.0), normalised(&priors));
        let far = |prior_rows| (learn_weights(&of(&rows), &priors, prior_rows)[0] - 0.4).abs();
        assert!(far(10_000.0) < 0.002 && far(10_000.0) < far(1.0));
    }
}
