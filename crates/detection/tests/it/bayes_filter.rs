//! The Bayes filter against an enumeration of every path of states, and its promise to be calibrated.

use detection::{BayesFilter, Draw};
use market::{Seed, Trend, TrendVol, Volatility};
use synthetic::{MarketParameters, Preset};

/// Bars whose paths are enumerated: 6^7 of them.
const BARS: usize = 7;

fn short_lived(garch_alpha: f64) -> MarketParameters {
    MarketParameters {
        signal_to_noise: 0.6,
        minimum_duration_bars: 2,
        mean_trend_duration_bars: 3.5,
        mean_volatility_duration_bars: 4.0,
        garch_alpha,
        ..Preset::Bench.parameters()
    }
}

/// The probability of a path of one chain: stays of the minimum plus a geometric number of bars, the last one cut off.
fn path_probability(path: &[usize], states: usize, minimum: usize, mean: f64) -> f64 {
    let end = 1.0 / (1.0 + mean - minimum as f64);
    let mut probability = 1.0 / states as f64;
    let stays: Vec<usize> = path.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    for stay in &stays[..stays.len() - 1] {
        if *stay < minimum {
            return 0.0;
        }
        probability *= end * (1.0 - end).powi((stay - minimum) as i32) / (states - 1) as f64;
    }
    let last = stays[stays.len() - 1];
    probability * (1.0 - end).powi(last.saturating_sub(minimum) as i32)
}

/// The likelihood of the returns along a path of states, with its own variance recursion.
fn likelihood(returns: &[f64], path: &[TrendVol], p: &MarketParameters) -> f64 {
    let degrees = p.shock_degrees_of_freedom;
    let scale = ((degrees - 2.0) / degrees).sqrt();
    let (mut g, mut likelihood) = (1.0, 1.0);
    for (log_return, state) in returns.iter().zip(path) {
        let high = state.volatility() == Volatility::High;
        let sigma = p.low_volatility * if high { p.volatility_ratio } else { 1.0 };
        let direction = f64::from(state.trend() as i8) - 1.0;
        let strength = if high { p.volatility_ratio.sqrt() } else { 1.0 };
        let drift = direction * p.signal_to_noise * p.low_volatility * strength;
        // A Student t of `degrees` has the variance degrees / (degrees − 2), which `scale` undoes.
        let t = (log_return - drift) / (sigma * f64::sqrt(g) * scale);
        likelihood *= (1.0 + t * t / degrees).powf(-(degrees + 1.0) / 2.0) / (sigma * f64::sqrt(g));
        let shock = t * scale;
        g = 1.0 - p.garch_alpha - p.garch_beta + g * (p.garch_alpha * shock * shock + p.garch_beta);
    }
    likelihood
}

/// The posterior of the last bar's state, from all paths.
fn enumerated(returns: &[f64], p: &MarketParameters) -> [f64; 6] {
    let mut sums = [0.0; 6];
    for number in 0..6_usize.pow(returns.len() as u32) {
        let path: Vec<TrendVol> =
            (0..returns.len()).map(|bar| TrendVol::ALL[number / 6_usize.pow(bar as u32) % 6]).collect();
        let trends: Vec<usize> = path.iter().map(|state| state.trend() as usize).collect();
        let levels: Vec<usize> = path.iter().map(|state| state.volatility() as usize).collect();
        let minimum = p.minimum_duration_bars;
        let prior = path_probability(&trends, Trend::ALL.len(), minimum, p.mean_trend_duration_bars)
            * path_probability(&levels, Volatility::ALL.len(), minimum, p.mean_volatility_duration_bars);
        if prior > 0.0 {
            sums[path[path.len() - 1] as usize] += prior * likelihood(returns, &path, p);
        }
    }
    let total: f64 = sums.iter().sum();
    sums.map(|sum| sum / total)
}

/// Largest difference to the enumeration over some draws and all their bars.
fn largest_difference(parameters: &MarketParameters) -> f64 {
    let mut largest = 0.0_f64;
    for seed in 1..=3 {
        let draw = Draw::new(parameters, 0, BARS, Seed(seed));
        let mut filter = BayesFilter::new(parameters);
        let mut returns = Vec::new();
        for bar in draw.series().bars() {
            returns.push((bar.close / bar.open).ln() - synthetic::pull(bar.open));
            let filtered = filter.update(bar);
            for (ours, exact) in filtered.iter().zip(enumerated(&returns, parameters)) {
                largest = largest.max((ours - exact).abs());
            }
        }
    }
    largest
}

#[test]
fn with_a_constant_variance_it_is_exact() {
    let difference = largest_difference(&short_lived(0.0));
    assert!(difference < 1e-10, "{difference}");
}

#[test]
fn collapsing_the_variance_hardly_matters() {
    let difference = largest_difference(&short_lived(0.07));
    println!("largest difference to the enumeration: {difference:.2e}");
    assert!(difference < 5e-3, "{difference}");
    // Without the collapse there would be none, so the test sees it.
    assert!(difference > 1e-10, "{difference}");
}

/// What it calls p probable is right in a share p of the cases, which an approximation that mattered would spoil.
#[test]
fn probabilities_sum_to_one_and_are_calibrated() {
    let parameters = Preset::Easy.parameters();
    // Bins of confidence: cases, sum of probabilities, hits.
    let mut bins = [[0.0; 3]; 4];
    for seed in 1..=4 {
        let draw = Draw::new(&parameters, 0, 15_000, Seed(seed));
        let mut filter = BayesFilter::new(&parameters);
        for (bar, truth) in draw.series().bars().iter().zip(draw.truth()) {
            let probabilities = filter.update(bar);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{probabilities:?}");
            assert!(probabilities.iter().all(|p| (0.0..=1.0).contains(p)), "{probabilities:?}");
            for (state, probability) in TrendVol::ALL.iter().zip(probabilities) {
                let bin = &mut bins[((probability * 4.0) as usize).min(3)];
                bin[0] += 1.0;
                bin[1] += probability;
                bin[2] += f64::from(u8::from(state == truth));
            }
        }
    }
    for [cases, sum, hits] in bins {
        println!("{cases:>7} cases of mean probability {:.3}: right in {:.3}", sum / cases, hits / cases);
        assert!((sum / cases - hits / cases).abs() < 0.03, "{} against {}", sum / cases, hits / cases);
    }
}
