//! Forecasts and embeddings against vectors that the reference made with random weights.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it skips")]

use std::path::PathBuf;

use safetensors::SafeTensors;
use serde_json::Value;
use tirex::{Forecast, ForecastOptions, Precision, StatisticsScaler, Tirex, TirexConfig, statistics};

/// The directory of the vectors; none, with a message, where it is absent.
fn directory() -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/golden/tirex"));
    if !path.is_dir() {
        println!("skipped: there are no reference vectors in {}", path.display());
        return None;
    }
    Some(path)
}

struct Golden {
    bytes: Vec<u8>,
    facts: Value,
}

impl Golden {
    fn read(name: &str) -> Option<Self> {
        let directory = directory()?;
        let bytes = std::fs::read(directory.join(format!("{name}_golden.safetensors"))).unwrap();
        let facts = std::fs::read(directory.join(format!("{name}_golden.json"))).unwrap();
        Some(Self { bytes, facts: serde_json::from_slice(&facts).unwrap() })
    }

    fn array(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file.tensor(name).ok()?;
        let (words, _) = view.data().as_chunks::<4>();
        Some((view.shape().to_vec(), words.iter().copied().map(f32::from_le_bytes).collect()))
    }
}

fn worst(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

/// Every case of a model; returns the errors over the series' scale.
fn check(model: &Tirex, golden: &Golden) -> Vec<f32> {
    let mut errors = Vec::new();
    for (case, facts) in golden.facts["cases"].as_object().unwrap() {
        let Some(tolerance) = facts["tolerance_over_scale"].as_f64() else { continue };
        let (_, context) = golden.array(&format!("{case}/context")).unwrap();
        let scale = facts["scale"].as_f64().unwrap() as f32;
        let longest = facts["horizons"].as_array().unwrap().last().unwrap().as_u64().unwrap() as usize;
        for (suffix, patches_per_pass) in [("", 1), ("_accel2", 2), ("_accel3", 3)] {
            let Some((_, expected)) = golden.array(&format!("{case}/f32/h{longest}{suffix}")) else {
                continue;
            };
            let options = ForecastOptions { patches_per_pass, sorted: false };
            let found = model.forecast(&context, longest, options).unwrap();
            let error = worst(&found.values, &expected) / scale;
            assert!(f64::from(error) <= tolerance, "{case}{suffix}: {error}");
            if tolerance < 0.01 {
                errors.push(error);
            }
        }
        // Shorter horizons are prefixes, to the bit.
        let whole = model.forecast(&context, longest, ForecastOptions::default()).unwrap();
        for horizon in facts["horizons"].as_array().unwrap() {
            let horizon = horizon.as_u64().unwrap() as usize;
            let part = model.forecast(&context, horizon, ForecastOptions::default()).unwrap();
            assert_eq!(part.values[..], whole.values[..part.values.len()]);
        }
    }
    errors
}

fn most_are_close(errors: &[f32]) {
    let close = errors.iter().filter(|error| **error <= 1e-5).count();
    println!(
        "{close} of {} within 1e-5 of scale, the worst {:e}",
        errors.len(),
        errors.iter().copied().fold(0.0, f32::max)
    );
    assert!(close * 2 > errors.len(), "{errors:?}");
}

fn batch(model: &Tirex, golden: &Golden) -> Vec<Forecast> {
    let names: Vec<&str> = golden.facts["batch"]["series"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let horizon = golden.facts["batch"]["horizon"].as_u64().unwrap() as usize;
    let series: Vec<Vec<f32>> =
        names.iter().map(|name| golden.array(&format!("{name}/context")).unwrap().1).collect();
    let series: Vec<&[f32]> = series.iter().map(Vec::as_slice).collect();
    let together = model.forecast_batch(&series, horizon, ForecastOptions::default()).unwrap();
    let (_, expected) = golden.array("batch/f32/quantiles").unwrap();
    let size = expected.len() / names.len();
    for (index, forecast) in together.iter().enumerate() {
        let scale = golden.facts["cases"][names[index]]["scale"].as_f64().unwrap() as f32;
        assert!(worst(&forecast.values, &expected[index * size..][..size]) / scale <= 1e-4);
        let alone = model.forecast(series[index], horizon, ForecastOptions::default()).unwrap();
        assert_eq!(&alone, forecast, "a series is forecast as if it were alone");
    }
    together
}

#[test]
fn small_models_of_both_formats() {
    for name in ["tiny", "small"] {
        let Some(golden) = Golden::read(name) else { return };
        let mut forecasts = Vec::new();
        for format in ["ckpt", "safetensors"] {
            let model = Tirex::open(&directory().unwrap().join(format!("{name}.{format}"))).unwrap();
            let errors = check(&model, &golden);
            most_are_close(&errors);
            forecasts.push(batch(&model, &golden));
        }
        assert_eq!(forecasts[0], forecasts[1]);
    }
}

#[test]
fn the_released_configuration() {
    let Some(golden) = Golden::read("full") else { return };
    let model = Tirex::with_hashed_weights(TirexConfig::released_35m(), Precision::F32).unwrap();
    most_are_close(&check(&model, &golden));
    let on_two =
        rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap().install(|| batch(&model, &golden));
    let on_one =
        rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| batch(&model, &golden));
    assert_eq!(on_one, on_two);

    // States behind missing tokens are kept: the same as running over them.
    for case in ["len100", "len512"] {
        let (_, context) = golden.array(&format!("{case}/context")).unwrap();
        let padded = [vec![f32::NAN; 2048 - context.len()], context.clone()].concat();
        let forecast = |series: &[f32]| model.forecast(series, 33, ForecastOptions::default()).unwrap();
        assert_eq!(forecast(&context), forecast(&padded));
    }

    let (_, context) = golden.array("len100/context").unwrap();
    let embedding = model.embed(&context).unwrap();
    // The last tokens of the trace, all of which the series has.
    let (shape, expected) = golden.array("trace/f32/hidden_all_layers").unwrap();
    let own = embedding.tokens.min(shape[0]);
    let size = embedding.blocks * embedding.width;
    let found = &embedding.values[(embedding.tokens - own) * size..];
    let error = worst(found, &expected[(shape[0] - own) * size..]);
    let largest = expected.iter().map(|value| value.abs()).fold(0.0, f32::max);
    assert!(error / largest <= 1e-5, "{error} of {largest}");
}

/// The reference's own numbers. Its matrix product may round the last bit differently, which deep models amplify; so the
/// deeper, the looser, but always closer than computing in 32 bits comes.
#[test]
fn the_cell_rounded_as_the_reference_rounds_it() {
    for (name, most) in [("tiny", 1e-5), ("small", 2e-3), ("full", 2e-2)] {
        let Some(golden) = Golden::read(name) else { return };
        let open = |precision| match name {
            "full" => Tirex::with_hashed_weights(TirexConfig::released_35m(), precision).unwrap(),
            _ => Tirex::open_with(&directory().unwrap().join(format!("{name}.ckpt")), precision).unwrap(),
        };
        let models = [Precision::Bf16Cell, Precision::F32].map(open);
        let (mut sums, mut count) = ([0.0, 0.0], 0.0);
        for (case, facts) in golden.facts["cases"].as_object().unwrap() {
            let tight = facts["tolerance_over_scale"].as_f64().is_some_and(|tolerance| tolerance < 0.01);
            let longest = facts["horizons"].as_array().unwrap().last().unwrap().as_u64().unwrap() as usize;
            let Some((_, expected)) = golden.array(&format!("{case}/ref/h{longest}")).filter(|_| tight)
            else {
                continue;
            };
            let (_, context) = golden.array(&format!("{case}/context")).unwrap();
            let scale = facts["scale"].as_f64().unwrap() as f32;
            for (sum, model) in sums.iter_mut().zip(&models) {
                let found = model.forecast(&context, longest, ForecastOptions::default()).unwrap().values;
                let errors = found.iter().zip(&expected).map(|(one, other)| (one - other).abs() / scale);
                *sum += f64::from(errors.sum::<f32>()) / expected.len() as f64;
            }
            count += 1.0;
        }
        let [rounded, whole] = sums.map(|sum| sum / count);
        println!(
            "{name}: rounded {rounded:.1e} of scale from the reference on average, in 32 bits {whole:.1e}"
        );
        assert!(rounded < most && rounded < whole, "{name}: {rounded}, {whole}");
    }
}

#[test]
fn features_of_samples() {
    for name in ["tiny", "small", "full"] {
        let Some(golden) = Golden::read(name) else { return };
        let model = match name {
            "full" => Tirex::with_hashed_weights(TirexConfig::released_35m(), Precision::F32).unwrap(),
            _ => Tirex::open(&directory().unwrap().join(format!("{name}.ckpt"))).unwrap(),
        };
        for sample in ["uni200", "uni23", "multi100"] {
            let Some((shape, x)) = golden.array(&format!("embed/{sample}/x")) else { continue };
            let (_, plain) = golden.array(&format!("embed/{sample}/f32/plain")).unwrap();
            let (_, augmented) = golden.array(&format!("embed/{sample}/f32/aug")).unwrap();
            let samples: Vec<Vec<&[f32]>> =
                x.chunks(shape[1] * shape[2]).map(|sample| sample.chunks(shape[2]).collect()).collect();
            // The reference scales by the samples that come together.
            let all: Vec<Vec<f64>> = samples.iter().map(|sample| statistics(sample).unwrap()).collect();
            let scaler = StatisticsScaler::fit(&all).unwrap();
            for (index, sample) in samples.iter().enumerate() {
                let size = plain.len() / samples.len();
                let found = model.features(sample).unwrap();
                let error = worst(&found, &plain[index * size..][..size]);
                assert!(error < 1e-4, "{name}: {error}");
                let size = augmented.len() / samples.len();
                let found = model.augmented_features(sample, &scaler).unwrap();
                let error = worst(&found, &augmented[index * size..][..size]);
                assert!(error < 2e-4, "{name}, augmented: {error}");
            }
        }
    }
}
