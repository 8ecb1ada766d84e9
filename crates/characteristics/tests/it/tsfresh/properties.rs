//! What holds of every window: finite numbers, named neutral values, the same bits each time.

use characteristics::{TSFRESH, Tsfresh, TsfreshFeature};

fn features(values: &[f64]) -> Vec<f64> {
    let mut out = vec![f64::NAN; TSFRESH.len()];
    Tsfresh::new(values.len()).compute(values, &mut out);
    out
}

/// The feature `name` of a window.
fn feature(name: &str, values: &[f64]) -> f64 {
    let place = TSFRESH.iter().position(|feature| feature.name() == name).unwrap();
    features(values)[place]
}

/// Numbers without a pattern in [−0.5, 0.5).
fn noise(length: usize, seed: u32) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    (0..length).map(|_| next()).collect()
}

/// Windows in which something is constant, straight, rare or extreme.
fn degenerate(length: usize) -> Vec<Vec<f64>> {
    let each = |value: &dyn Fn(usize) -> f64| (0..length).map(value).collect::<Vec<f64>>();
    let middle = length / 2;
    let mut windows = vec![
        each(&|_| 0.0),
        each(&|_| -0.0),
        each(&|_| 0.1),
        each(&|_| -1e60),
        each(&|_| 5e-324),
        each(&|t| t as f64),
        each(&|t| -0.1 * t as f64),
        each(&|t| 1.0 - 2.0 * (t % 2) as f64),
        each(&|t| (t % 3) as f64),
        each(&|t| f64::from(u8::from(t >= middle))),
        each(&|t| (t as f64 - middle as f64).powi(2)),
        each(&|t| 1.2_f64.powi(t as i32)),
        each(&|t| (0.3 * t as f64).sin()),
        each(&|t| 1e9 + 1e-7 * (t % 5) as f64),
        each(&|t| if t == 0 { f64::MIN_POSITIVE } else { 0.0 }),
        each(&|t| if t + 1 == length { 1.0 + f64::EPSILON } else { 1.0 }),
    ];
    for spike in [0, middle, length - 1] {
        windows.push(each(&|t| f64::from(u8::from(t == spike))));
        windows.push(each(&|t| -1e60 * f64::from(u8::from(t == spike))));
    }
    for scale in [1e-320, 1e-300, 1e-162, 1e-160, 1e-155, 1e-80, 1e-30, 1e-8, 1.0, 1e30, 2e60] {
        windows.push(noise(length, 1).iter().map(|value| value * scale).collect());
        windows.push(each(&|t| scale / 2.0 * (t % 5) as f64 / 4.0));
    }
    windows
}

#[test]
fn every_number_is_finite() {
    for length in (30..70).chain([97, 256, 257, 288, 600]) {
        let mut room = Tsfresh::new(length);
        let mut out = vec![f64::NAN; TSFRESH.len()];
        for values in degenerate(length) {
            out.fill(f64::NAN);
            room.compute(&values, &mut out);
            for (feature, number) in TSFRESH.iter().zip(&out) {
                assert!(number.is_finite(), "{} of {values:?} is {number}", feature.name());
            }
        }
    }
}

/// Everything that is not 0 for a window of 100 equal values, besides what says the value itself.
#[test]
fn a_constant_window_has_neutral_values() {
    let neutral: &[(&str, f64)] = &[
        ("percentage_of_reoccurring_datapoints_to_all_datapoints", 1.0),
        ("percentage_of_reoccurring_values_to_all_values", 1.0),
        ("ratio_value_number_to_time_series_length", 0.01),
        ("last_location_of_maximum", 1.0),
        ("last_location_of_minimum", 1.0),
        ("energy_ratio_by_chunks__num_segments_10__segment_focus_0", 0.1),
        ("energy_ratio_by_chunks__num_segments_10__segment_focus_9", 0.1),
        ("index_mass_quantile__q_0.1", 0.1),
        ("index_mass_quantile__q_0.4", 0.4),
        ("index_mass_quantile__q_0.6", 0.6),
        ("index_mass_quantile__q_0.9", 0.9),
        // 13 words of 1 … 13 letters.
        ("lempel_ziv_complexity__bins_3", 0.13),
        ("lempel_ziv_complexity__bins_10", 0.13),
        // All templates are similar: 99 · 98 pairs of two, 98 · 97 of three.
        ("sample_entropy", (99.0_f64 / 97.0).ln()),
    ];
    // A power of two, so that sums and products are exact.
    let two: &[(&str, f64)] = &[
        ("sum_values", 200.0),
        ("median", 2.0),
        ("mean", 2.0),
        ("root_mean_square", 2.0),
        ("maximum", 2.0),
        ("absolute_maximum", 2.0),
        ("minimum", 2.0),
        ("abs_energy", 400.0),
        ("quantile__q_0.1", 2.0),
        ("quantile__q_0.2", 2.0),
        ("quantile__q_0.3", 2.0),
        ("quantile__q_0.7", 2.0),
        ("quantile__q_0.8", 2.0),
        ("quantile__q_0.9", 2.0),
        ("mean_n_absolute_max__number_of_maxima_7", 2.0),
        // One digit of nine has all: the correlation of (0 1 0 …) with log₁₀(1 + 1/d), d = 2.
        ("benford_correlation", benford_of_digit(2)),
        ("sum_of_reoccurring_values", 2.0),
        ("sum_of_reoccurring_data_points", 200.0),
        ("c3__lag_1", 8.0),
        ("c3__lag_2", 8.0),
        ("c3__lag_3", 8.0),
        // The shortest solution of 2 = φ₀ + 2 (φ₁ + … + φ₁₀).
        ("ar_coefficient__coeff_0__k_10", 2.0 / 41.0),
        ("ar_coefficient__coeff_1__k_10", 4.0 / 41.0),
        ("ar_coefficient__coeff_2__k_10", 4.0 / 41.0),
        ("linear_trend__attr_\"intercept\"", 2.0),
    ];
    let zero: &[(&str, f64)] = &[("value_count__value_0", 100.0)];
    for (value, own) in [(2.0, two), (0.0, zero)] {
        let ours = features(&[value; 100]);
        for (feature, ours) in TSFRESH.iter().zip(ours) {
            let named = neutral.iter().chain(own).find(|(name, _)| *name == feature.name());
            let expected = named.map_or(0.0, |(_, expected)| *expected);
            assert!((ours - expected).abs() < 1e-12, "{} of {value}: {ours}, not {expected}", feature.name());
        }
    }
}

/// Correlation of the first digits' law with a window of which every value begins with `digit`.
fn benford_of_digit(digit: usize) -> f64 {
    let law: Vec<f64> = (1..10).map(|d| (1.0 + 1.0 / f64::from(d)).log10()).collect();
    let spread: f64 = law.iter().map(|share| (share - 1.0 / 9.0).powi(2)).sum();
    (law[digit - 1] - 1.0 / 9.0) / (spread * 8.0 / 9.0).sqrt()
}

#[test]
fn where_tsfresh_has_no_number_the_documented_one_stands() {
    let quiet: Vec<f64> = noise(100, 3).iter().map(|value| 1e-5 * value).collect();
    let loud: Vec<f64> = quiet.iter().map(|value| 1e5 * value).collect();
    // Of quiet returns tsfresh has no autocorrelation; ours does not know the scale.
    for lag in [1, 2, 3, 4, 5, 9] {
        let name = format!("autocorrelation__lag_{lag}");
        assert!((feature(&name, &quiet) - feature(&name, &loud)).abs() < 1e-12);
        assert!(feature(&name, &quiet).abs() > 1e-6);
    }
    // As in tsfresh: variance below 1e-10.
    assert!(feature("agg_autocorrelation__f_agg_\"var\"__maxlag_40", &quiet) <= 0.0);
    assert!(feature("agg_autocorrelation__f_agg_\"var\"__maxlag_40", &loud) > 0.0);

    // Lag 1 tells all, nothing is left to the others.
    let alternating: Vec<f64> = (0..60).map(|t| 1.0 - 2.0 * f64::from(t % 2)).collect();
    let partial =
        [1, 2, 3, 4, 5].map(|lag| feature(&format!("partial_autocorrelation__lag_{lag}"), &alternating));
    for (partial, expected) in partial.into_iter().zip([-1.0, 0.0, 0.0, 0.0, 0.0]) {
        assert!((partial - expected).abs() < 1e-12, "{partial}, not {expected}");
    }
    assert!(
        feature("augmented_dickey_fuller__attr_\"teststat\"__autolag_\"AIC\"", &alternating).abs() <= 0.0
    );
    // All the spectrum is at one frequency.
    assert!((feature("fft_aggregated__aggtype_\"centroid\"", &alternating) - 30.0).abs() < 1e-12);
    assert!(feature("fft_aggregated__aggtype_\"skew\"", &alternating).abs() <= 0.0);
    assert!(feature("fft_aggregated__aggtype_\"kurtosis\"", &alternating).abs() <= 0.0);
    // Chunks have equal means and variances.
    for attribute in ["mean", "var"] {
        let name = format!("agg_linear_trend__attr_\"rvalue\"__chunk_len_10__f_agg_\"{attribute}\"");
        assert!(feature(&name, &alternating).abs() <= 0.0);
    }
}

/// 0.1 and 0.7 in turn: φ₀ = 0.4 (1 − S) with S the sum of the others, those at even lags less those at odd ones
/// make 1, and the shortest solution has S = 8/13.
#[test]
fn of_many_autoregressions_the_shortest_is_taken() {
    let turns: Vec<f64> = (0..60).map(|t| [0.1, 0.7][t % 2]).collect();
    for (coefficient, expected) in [2.0 / 13.0, -1.0 / 26.0, 21.0 / 130.0].into_iter().enumerate() {
        let ours = feature(&format!("ar_coefficient__coeff_{coefficient}__k_10"), &turns);
        assert!((ours - expected).abs() < 1e-12, "{coefficient}: {ours}, not {expected}");
    }
}

#[test]
fn variances_that_differ_by_rounding_have_no_trend() {
    let line: Vec<f64> = (0..100).map(|t| 0.1 * f64::from(t)).collect();
    assert!(feature("agg_linear_trend__attr_\"rvalue\"__chunk_len_10__f_agg_\"var\"", &line).abs() <= 0.0);
}

#[test]
fn nothing_is_kept_of_the_window_before() {
    let mut used = Tsfresh::new(100);
    let (mut again, mut fresh) = (vec![0.0; TSFRESH.len()], vec![0.0; TSFRESH.len()]);
    for values in degenerate(100) {
        used.compute(&values, &mut again);
        Tsfresh::new(100).compute(&values, &mut fresh);
        for ((feature, again), fresh) in TSFRESH.iter().zip(&again).zip(&fresh) {
            assert_eq!(again.to_bits(), fresh.to_bits(), "{} of {values:?}", feature.name());
        }
    }
}

#[test]
fn names_are_told_apart_and_documented() {
    let mut names: Vec<&str> = TSFRESH.iter().map(TsfreshFeature::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TSFRESH.len());
    for feature in TSFRESH {
        assert!(![feature.formula(), feature.unit(), feature.range()].contains(&""), "{}", feature.name());
    }
}

#[test]
#[should_panic(expected = "tsfresh needs windows of at least 30 values, not 29")]
fn a_short_window_is_refused() {
    let _ = Tsfresh::new(29);
}

#[test]
#[should_panic(expected = "values must be finite")]
fn a_missing_value_is_refused() {
    let mut values = noise(30, 1);
    values[7] = f64::NAN;
    features(&values);
}

#[test]
#[should_panic(expected = "values must be one window")]
fn another_length_is_refused() {
    Tsfresh::new(31).compute(&[0.0; 30], &mut vec![0.0; TSFRESH.len()]);
}
