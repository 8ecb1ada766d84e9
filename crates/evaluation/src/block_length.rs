//! How long the blocks of the bootstrap must be, and what dependent rows are worth.

/// Autocovariances at lags 0..=`most`.
fn autocovariances(values: &[f64], most: usize) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    (0..=most).map(|lag| centred.iter().zip(&centred[lag..]).map(|(a, b)| a * b).sum::<f64>() / n).collect()
}

/// Sums of autocovariances under the flat-top lag window, cut where they stop being significant
/// (Politis and White 2004, with the correction of Patton, Politis and White 2009).
struct Spectrum {
    n: f64,
    variance: f64,
    /// Σ λ(k/M) γ(k): the long-run variance.
    long_run_variance: f64,
    /// Σ λ(k/M) |k| γ(k).
    slope: f64,
}

impl Spectrum {
    fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 20 {
            return None;
        }
        let most = ((n as f64).sqrt().ceil() as usize + 5_usize.max((n as f64).log10() as usize)).min(n - 1);
        let gamma = autocovariances(values, most);
        if gamma[0] <= 0.0 {
            return None;
        }
        // The first lag of five in a row whose correlations are insignificant, as Patton's own program has it:
        // the paper's is one less.
        let quiet = 5.max((n as f64).log10() as usize);
        let bound = 2.0 * ((n as f64).log10() / n as f64).sqrt();
        let significant = |lag: usize| (gamma[lag] / gamma[0]).abs() > bound;
        let first = (1..=most - quiet).find(|m| (*m..m + quiet).all(|lag| !significant(lag)));
        let window = first.map_or(most, |first| 2 * first).min(most);
        let weight = |lag: usize| {
            let share = lag as f64 / window as f64;
            if share <= 0.5 { 1.0 } else { (2.0 * (1.0 - share)).max(0.0) }
        };
        let lags = 1..=window;
        let long_run_variance =
            gamma[0] + 2.0 * lags.clone().map(|lag| weight(lag) * gamma[lag]).sum::<f64>();
        let slope = 2.0 * lags.map(|lag| weight(lag) * lag as f64 * gamma[lag]).sum::<f64>();
        Some(Self { n: n as f64, variance: gamma[0], long_run_variance, slope })
    }
}

/// Mean block length of the stationary bootstrap for the mean of `values`, at least `least`, at most a third
/// of the rows.
pub fn mean_block_length(values: &[f64], least: f64) -> f64 {
    let automatic = Spectrum::of(values).map_or(1.0, |spectrum| {
        let scale = 2.0 * spectrum.long_run_variance.powi(2);
        if scale > 0.0 { (2.0 * spectrum.slope.powi(2) / scale * spectrum.n).cbrt() } else { 1.0 }
    });
    automatic.max(least).min((values.len() as f64 / 3.0).max(1.0))
}

/// How many independent rows have the same variance of the mean: n · γ(0) / long-run variance.
pub fn effective_rows(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    Spectrum::of(values).map_or(n, |spectrum| {
        if spectrum.long_run_variance > 0.0 {
            (n * spectrum.variance / spectrum.long_run_variance).min(n)
        } else {
            n
        }
    })
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    fn autoregressive(phi: f64, n: usize) -> Vec<f64> {
        let mut random = Seed(4).stream(Purpose::ScoreBootstrap, &[]);
        let mut value = 0.0;
        (0..n)
            .map(|_| {
                value = phi * value + random.random_range(-1.0..1.0);
                value
            })
            .collect()
    }

    #[test]
    fn effective_rows_follow_the_theory_of_ar1() {
        for phi in [0.0, 0.5, 0.8] {
            let expected = 20_000.0 * (1.0 - phi) / (1.0 + phi);
            let rows = effective_rows(&autoregressive(phi, 20_000));
            assert!((rows / expected - 1.0).abs() < 0.3, "φ {phi}: {rows} against {expected}");
        }
    }

    #[test]
    fn blocks_grow_with_dependence() {
        let length = |phi| mean_block_length(&autoregressive(phi, 5000), 1.0);
        assert!(length(0.0) < 8.0 && length(0.5) > 5.0 && length(0.9) > 2.0 * length(0.5));
        assert!((mean_block_length(&autoregressive(0.0, 5000), 24.0) - 24.0).abs() < 1e-12);
    }
}
