//! Models that look at other symbols: trained, validated and served with the same numbers.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::LoadOptions;
use market::BarSeries;
use pipeline::{Bundle, PipelineStream, StreamError};

use crate::workshop::{Workshop, command_line};

/// Bars of three symbols; the references begin 50 bars late and early, and have short holes.
fn markets(workshop: &Workshop) -> [PathBuf; 3] {
    let make = |symbol: &str, seed: &str, bars: &str| {
        let path = workshop.path(&format!("{symbol}-1h.csv"));
        let out = path.display().to_string();
        let arguments = ["synth", "--preset", "bench", "--bars", bars, "--seed", seed, "--out", &out];
        trainer::run(command_line(&arguments), &mut Vec::new()).unwrap();
        path
    };
    let without = |path: &Path, missing: &[usize]| {
        let text = fs::read_to_string(path).unwrap();
        let kept = text.lines().enumerate().filter(|(line, _)| !missing.contains(line));
        fs::write(path, kept.map(|(_, line)| line).collect::<Vec<_>>().join("\n")).unwrap();
    };
    let all = [make("BTCUSDT", "7", "4000"), make("ETHUSDT", "8", "4000"), make("SOLUSDT", "9", "4001")];
    without(&all[1], &(1..=50).collect::<Vec<_>>());
    without(&all[2], &[700, 1501, 1502]);
    all
}

fn settings(references: &[PathBuf]) -> String {
    let paths: Vec<String> = references.iter().map(|path| path.display().to_string()).collect();
    format!("data.references={paths:?}")
}

fn with_references(references: &[PathBuf]) -> Vec<String> {
    references.iter().flat_map(|path| ["--reference".to_owned(), path.display().to_string()]).collect()
}

fn predict(workshop: &Workshop, bundle: &Path, bars: &Path, more: &[String]) -> Result<String, String> {
    let output = workshop.path("predictions.jsonl");
    let [model, input, out] = [bundle, bars, &output].map(|path| path.display().to_string());
    let mut arguments = vec!["predict", "--model", &model, "--input", &input, "--output", &out];
    arguments.extend(more.iter().map(String::as_str));
    predictor::run(command_line(&arguments), &mut Vec::new()).map_err(|error| format!("{error:#}"))?;
    Ok(fs::read_to_string(output).unwrap())
}

const FEATURES: &str = "features.sets=[\"cross_asset\", \"log_return_1\"]";

#[test]
fn folds_are_reproduced_and_the_stream_agrees() {
    let workshop = Workshop::new();
    let [own, references @ ..] = markets(&workshop);
    let run = workshop.train(&own, "out", &[FEATURES, &settings(&references)], &["--keep-folds"]);
    assert_eq!(run.manifest()["core"]["features"]["references"], serde_json::json!(["ETHUSDT", "SOLUSDT"]));
    let rows = run.predictions();
    for fold in 0..3 {
        let bundle = run.directory.join("folds").join(fold.to_string());
        // In any order.
        let swapped = [references[1].clone(), references[0].clone()];
        let text = predict(&workshop, &bundle, &own, &with_references(&swapped)).unwrap();
        let answers: HashMap<i64, serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .map(|answer: serde_json::Value| (answer["timestamp"].as_i64().unwrap(), answer))
            .collect();
        let rows: Vec<_> = rows.iter().filter(|row| row.fold == fold).collect();
        assert!(rows.len() > 300, "fold {fold} has {} rows", rows.len());
        for row in rows {
            let answer = &answers[&row.timestamp];
            let p = answer["probabilities"].as_object().unwrap().values().map(|p| p.as_f64().unwrap());
            for (answered, scored) in p.zip(&row.probabilities) {
                assert!((answered - scored).abs() <= 1e-6, "fold {fold}, {}", row.timestamp);
            }
            assert_eq!(answer["predicted_regime"], row.predicted);
        }
    }
    stream_agrees(&run.bundles[0], &own, &references);
    what_is_missing_is_named(&workshop, &run.bundles[0], &own, &references);
}

fn load(path: &Path) -> BarSeries {
    data::load(path, &LoadOptions { max_missing_bars: Some(3), ..LoadOptions::default() }).unwrap().series
}

fn stream_agrees(bundle: &Path, own: &Path, references: &[PathBuf]) {
    let pipeline = Bundle::load(bundle).unwrap().pipeline;
    let references: Vec<BarSeries> = references.iter().map(|path| load(path)).collect();
    let series = load(own).with_references(&references).unwrap();
    assert_eq!(series.len(), 3950);
    let table = pipeline.compute_features(&series, |_| ()).unwrap();
    let answerable = pipeline.answerable(&table);
    let answers = pipeline.answer(&table, &answerable).unwrap();
    let mut expected = answerable.iter().zip(&answers).peekable();
    let mut stream = PipelineStream::new(Arc::clone(&pipeline));
    // What a live feed knows when a bar closes: the newest closed bar of each reference.
    let mut newest = vec![0; references.len()];
    for (position, bar) in series.bars().iter().enumerate() {
        for (newest, reference) in newest.iter_mut().zip(&references) {
            let closed =
                |at: usize| reference.bars().get(at).is_some_and(|next| next.close_time <= bar.close_time);
            while closed(*newest + 1) {
                *newest += 1;
            }
        }
        let closes: Vec<f64> =
            newest.iter().zip(&references).map(|(at, reference)| reference.bars()[*at].close).collect();
        let batch = expected.next_if(|(at, _)| **at == position);
        let live = stream.update_with(bar, &closes).unwrap();
        let bits = |answer: &pipeline::Answer| -> Vec<u64> {
            answer.combined.values().iter().map(|p| p.to_bits()).collect()
        };
        assert_eq!(live.as_ref().map(bits), batch.map(|(_, answer)| bits(answer)), "bar {position}");
    }
    assert!(expected.next().is_none() && answers.len() > 3000);
    let bar = &series.bars()[0];
    assert!(matches!(stream.update(bar), Err(StreamError::References { given: 0, .. })));
    assert!(matches!(stream.update_with(bar, &[1.0, f64::NAN]), Err(StreamError::Close { .. })));
}

fn what_is_missing_is_named(workshop: &Workshop, bundle: &Path, own: &Path, references: &[PathBuf]) {
    let assert_says = |message: &str, parts: &[&str]| {
        for part in parts {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
    };
    let none = predict(workshop, bundle, own, &[]).unwrap_err();
    assert_says(&none, &["ETHUSDT", "SOLUSDT", "BTCUSDT", "no references", "--reference"]);
    let one = predict(workshop, bundle, own, &with_references(&references[..1])).unwrap_err();
    assert_says(&one, &["no closes of SOLUSDT", "only of ETHUSDT", "--reference"]);
    let itself = predict(workshop, bundle, own, &with_references(&[own.to_owned()])).unwrap_err();
    assert_says(&itself, &["--reference", "BTCUSDT is the series itself"]);

    let refused = |settings: &[&str]| {
        let [config, bars, out] =
            ["small.toml", "BTCUSDT-1h.csv", "refused"].map(|name| workshop.path(name).display().to_string());
        let mut arguments = vec!["--config", &config, "--data", &bars, "--out", &out, "--quiet"];
        for setting in settings {
            arguments.extend(["--set", *setting]);
        }
        format!("{:#}", trainer::run(command_line(&arguments), &mut Vec::new()).unwrap_err())
    };
    assert_says(&refused(&[FEATURES]), &["looks at other symbols, and there are none", "data.references"]);
    let wanted = "features.references=[\"ETHUSDT\", \"XRPUSDT\"]";
    let message = refused(&[FEATURES, &settings(references), wanted]);
    assert_says(&message, &["no closes of XRPUSDT", "only of ETHUSDT, SOLUSDT", "data.references"]);
    // A hole in a reference while the own bars go on.
    let text = fs::read_to_string(&references[0]).unwrap();
    let kept = text.lines().enumerate().filter(|(line, _)| !(2000..2010).contains(line));
    let holed = workshop.path("XRPUSDT-1h.csv");
    fs::write(&holed, kept.map(|(_, line)| line).collect::<Vec<_>>().join("\n")).unwrap();
    let message = refused(&[FEATURES, &settings(&[holed])]);
    assert_says(&message, &["data.references", "XRPUSDT has no bar between", "max_missing_bars"]);
}

/// The leak check replaces what references do behind a cut too, and finds nothing.
#[test]
fn the_features_are_free_of_the_future() {
    let workshop = Workshop::new();
    let [own, references @ ..] = markets(&workshop);
    let (bars, settings) = (own.display().to_string(), settings(&references));
    let arguments = [
        "leak-check",
        "--data",
        &bars,
        "--features",
        "cross_asset",
        "--set",
        &settings,
        "--bars",
        "1500",
        "--json",
        "--quiet",
    ];
    let mut said = Vec::new();
    trainer::run(command_line(&arguments), &mut said).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(report["clean"], true, "{report}");
    assert_eq!(report["subjects"][0]["columns"], 18);
}
