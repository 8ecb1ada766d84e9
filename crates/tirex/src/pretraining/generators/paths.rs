//! Prices: returns of a GARCH whose regime switches, with heavy tails, added up.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StudentT};

use super::log_uniform;

/// Steps that only warm the variance up.
const WARM_UP: usize = 100;

/// Half of them prices, half their logarithms.
pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let returns = returns(stream, length);
    let mut sum = 0.0;
    let level: Vec<f64> = returns
        .iter()
        .map(|value| {
            sum += value;
            sum
        })
        .collect();
    if stream.random_bool(0.5) {
        level
    } else {
        level.into_iter().map(|value| value.clamp(-20.0, 20.0).exp()).collect()
    }
}

/// Returns of a Markov-switching GARCH(1,1), in half of the cases with a leverage term (GJR), and Student-t shocks.
pub(super) fn returns(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let size = log_uniform(stream, 1e-4, 3e-2);
    let n_regimes = stream.random_range(2..=3);
    let regimes: Vec<(f64, f64)> = (0..n_regimes)
        .map(|_| {
            let volatility = log_uniform(stream, 0.4, 2.5);
            let drift = stream.random_range(-0.15..0.15) * volatility;
            (drift * size, volatility * size)
        })
        .collect();
    let stays = 1.0 - 1.0 / log_uniform(stream, 30.0, 600.0);
    let alpha = stream.random_range(0.02..0.15);
    let leverage = if stream.random_bool(0.5) { stream.random_range(0.0..0.1) } else { 0.0 };
    let beta = stream.random_range(0.75..0.98_f64).min(0.995 - alpha - leverage / 2.0);
    let freedom = stream.random_range(3.0..8.0_f64);
    let shocks = StudentT::new(freedom).expect("degrees of freedom are positive");
    let to_unit = ((freedom - 2.0) / freedom).sqrt();
    let mut regime = stream.random_range(0..n_regimes);
    // In units of the regime's variance, whose mean is 1.
    let mut variance = 1.0_f64;
    let mut values = Vec::with_capacity(length);
    for step in 0..WARM_UP + length {
        if !stream.random_bool(stays) {
            regime = stream.random_range(0..n_regimes);
        }
        let (drift, volatility) = regimes[regime];
        let shock = shocks.sample(stream) * to_unit * variance.sqrt();
        if step >= WARM_UP {
            values.push(drift + volatility * shock);
        }
        let bad = if shock < 0.0 { leverage } else { 0.0 };
        let rest = 1.0 - alpha - beta - leverage / 2.0;
        variance = (rest + (alpha + bad) * shock * shock + beta * variance).min(1e3);
    }
    values
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn size_clusters_and_direction_does_not() {
        let (mut of_sizes, mut of_returns) = (0.0, 0.0);
        for seed in 0..60 {
            let mut stream = ChaCha8Rng::seed_from_u64(seed);
            let values = super::super::standardised(returns(&mut stream, 800));
            let sizes = super::super::standardised(values.iter().map(|value| value.abs()).collect());
            let correlation = |values: &[f64]| {
                values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / values.len() as f64
            };
            of_sizes += correlation(&sizes) / 60.0;
            of_returns += correlation(&values) / 60.0;
        }
        assert!(of_sizes > 0.1 && of_returns.abs() < 0.05, "{of_sizes} {of_returns}");
    }
}
