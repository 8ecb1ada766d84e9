//! Returns and what is made of them: their size, their square, their volatility over a while; and log volatility with a
//! long memory.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::gaussian_process::normal;
use super::{log_uniform, paths};

pub(super) fn draw(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    match stream.random_range(0..5) {
        0 => paths::returns(stream, length),
        1 => paths::returns(stream, length).into_iter().map(f64::abs).collect(),
        2 => paths::returns(stream, length).into_iter().map(|value| value * value).collect(),
        3 => realised(stream, length),
        _ => long_memory(stream, length),
    }
}

/// Volatility of the last returns, every step.
fn realised(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let window = log_uniform(stream, 4.0, 60.0) as usize;
    let returns = paths::returns(stream, length + window);
    let mut sum: f64 = returns[..window].iter().map(|value| value * value).sum();
    (0..length)
        .map(|step| {
            sum += returns[step + window].powi(2) - returns[step].powi(2);
            (sum.max(0.0) / window as f64).sqrt()
        })
        .collect()
}

/// A heterogeneous autoregression: today's log volatility from the last day, week and month.
fn long_memory(stream: &mut ChaCha8Rng, length: usize) -> Vec<f64> {
    let (day, week, month) =
        (stream.random_range(0.2..0.5), stream.random_range(0.1..0.4), stream.random_range(0.0..0.15));
    let size = stream.random_range(0.1..0.5);
    let exponential = stream.random_bool(0.5);
    let mut values: Vec<f64> = vec![0.0; 22];
    for _ in 0..length + 100 {
        let mean = |n: usize| values[values.len() - n..].iter().sum::<f64>() / n as f64;
        let next = day * mean(1) + week * mean(5) + month * mean(22) + size * normal(stream);
        values.push(next.clamp(-20.0, 20.0));
    }
    let newest = values.split_off(values.len() - length);
    if exponential { newest.into_iter().map(f64::exp).collect() } else { newest }
}
