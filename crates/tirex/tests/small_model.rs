//! What the model that comes with the crate can do: on made-up series that it did not learn from, and on real ones.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use tirex::pretraining::{SeriesKind, held_out_quality, held_out_series};
use tirex::quality::{Naive, Quality, quality};
use tirex::{ForecastOptions, Tirex};

const HORIZON: usize = 16;
/// The seed of the recipe, whose held-out series are asked about.
const SEED: u64 = 7;

#[test]
fn on_held_out_series_it_beats_the_naive_forecasts() {
    let model = Tirex::small().unwrap();
    let found = held_out_quality(&model, SEED, 400).unwrap();
    let of = |kind: SeriesKind| -> &Quality { &found.iter().find(|(other, _)| *other == kind).unwrap().1 };
    for (kind, quality) in &found {
        println!("{kind:?} {quality:?}");
    }
    assert!(of(SeriesKind::PricePath).ratio(Naive::LastValue) < 0.97);
    let [smooth, seasonal] = [SeriesKind::GaussianProcess, SeriesKind::Seasonal].map(of);
    let naive = |quality: &Quality| quality.naive[Naive::Seasonal as usize];
    assert!((smooth.pinball + seasonal.pinball) / (naive(smooth) + naive(seasonal)) < 0.75);
    let cases: usize = found.iter().map(|(_, quality)| quality.cases).sum();
    let inside: f64 = found.iter().map(|(_, quality)| quality.coverage * quality.cases as f64).sum();
    assert!((0.78..=0.82).contains(&(inside / cases as f64)), "{}", inside / cases as f64);
}

/// A horizon of several patches in one pass is as good as one that goes on from its own missing values.
#[test]
fn one_pass_over_a_long_horizon_is_not_worse() {
    let model = Tirex::small().unwrap();
    let length = model.config().context + 64;
    for kind in [SeriesKind::GaussianProcess, SeriesKind::Volatility] {
        let series: Vec<Vec<f32>> =
            (0..200).map(|number| held_out_series(kind, SEED, number, length)).collect();
        let series: Vec<&[f32]> = series.iter().map(Vec::as_slice).collect();
        let of = |patches_per_pass| {
            let options = ForecastOptions { patches_per_pass, sorted: true };
            quality(&model, &series, 64, options).unwrap().pinball
        };
        let (at_once, patch_by_patch) = (of(4), of(1));
        assert!(at_once < 1.1 * patch_by_patch, "{kind:?}: {at_once} and {patch_by_patch}");
    }
}

/// Log returns, and the volatility of blocks of bars behind each other; returns over holes are left out.
fn real_series(name: &str, block: usize, longest_hole: i64) -> Option<[Vec<f32>; 2]> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let file = File::open(directory.join(format!("{name}.csv.gz"))).ok()?;
    let mut lines = BufReader::new(GzDecoder::new(file)).lines().map(Result::unwrap);
    let close = lines.next()?.split(',').position(|column| column == "close")?;
    let bars: Vec<(i64, f64)> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0].parse().unwrap(), fields[close].parse().unwrap())
        })
        .collect();
    let length = bars.windows(2).map(|pair| pair[1].0 - pair[0].0).min()?;
    let (mut returns, mut volatility, mut squares) = (Vec::new(), Vec::new(), Vec::new());
    for pair in bars.windows(2) {
        if pair[1].0 - pair[0].0 > longest_hole * length {
            squares.clear();
            continue;
        }
        let change = (pair[1].1 / pair[0].1).ln();
        returns.push(change as f32);
        squares.push(change * change);
        if squares.len() == block {
            volatility.push(squares.drain(..).sum::<f64>().sqrt() as f32);
        }
    }
    Some([returns, volatility])
}

/// Forecasts from places spread over a series; from the first on there are at least 256 values behind them.
fn judged(model: &Tirex, series: &[f32]) -> Quality {
    const PLACES: usize = 200;
    let (context, least) = (model.config().context, 256);
    let spare = series.len() - HORIZON - least;
    let ends = (0..PLACES).map(|place| least + spare * place / (PLACES - 1));
    let cases: Vec<&[f32]> = ends.map(|end| &series[end.saturating_sub(context)..end + HORIZON]).collect();
    quality(model, &cases, HORIZON, ForecastOptions::default()).unwrap()
}

/// Bars that the model never saw: none of them, nor any other real series, was learnt from.
#[test]
fn on_real_series_its_bands_hold_and_volatility_is_foreseen() {
    let model = Tirex::small().unwrap();
    for (name, block, longest_hole) in [
        ("BTCUSDT-5m", 12, 20),
        ("ETHUSDT-5m", 12, 20),
        ("SOLUSDT-5m", 12, 20),
        ("XRPUSDT-5m", 12, 20),
        ("BTCUSDT-1h", 12, 20),
        ("EURUSD-1h", 12, 100),
        ("SPY-1d", 5, 100),
        ("AAPL-1d", 5, 100),
    ] {
        let Some([returns, volatility]) = real_series(name, block, longest_hole) else {
            println!("skipped: there are no bars of {name}");
            return;
        };
        let (of_returns, of_volatility) = (judged(&model, &returns), judged(&model, &volatility));
        let best = |quality: &Quality| quality.ratio(quality.best_naive());
        println!(
            "{name}: returns {:.3} of the best naive forecast, {:.3} inside; volatility {:.3}, {:.3} inside",
            best(&of_returns),
            of_returns.coverage,
            best(&of_volatility),
            of_volatility.coverage
        );
        assert!(best(&of_returns) <= 1.02 && best(&of_volatility) < 1.0);
        for quality in [&of_returns, &of_volatility] {
            assert!((0.76..=0.84).contains(&quality.coverage));
        }
    }
}
