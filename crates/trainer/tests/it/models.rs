//! `trainer models`, `reproduce` and `retrain` on real bundles.

use std::fs;
use std::path::Path;
use std::process::Output;

use history::{Resolution, Step, Writer};
use market::{Bar, Prediction, PredictionSource, Taxonomy, Timeframe, Timestamp};
use serde_json::Value;

use crate::bench::{Bench, one_line};

const FOREST: &str = "random_forest";

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(output), String::from_utf8_lossy(&output.stderr)))
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn models(bench: &Bench, arguments: &[&str]) -> Output {
    bench.run(&[&["models"], arguments, &["--artifacts", "out"]].concat())
}

/// Trains with another seed or settings, so that versions differ.
fn version(bench: &Bench, settings: &[&str]) {
    let changes: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let trained = bench.train(&changes);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
}

fn champion(bench: &Bench) -> Value {
    let said = json(&models(bench, &["list", "--json"]));
    let rows = said["models"].as_array().unwrap().clone();
    let is_champion =
        |row: &&Value| row["aliases"].as_array().unwrap().iter().any(|alias| alias == "champion");
    rows.iter().find(is_champion).map_or(Value::Null, |row| row["version"].clone())
}

#[test]
fn a_champion_is_replaced_only_by_a_better_one_unless_forced() {
    let bench = Bench::new();
    assert!(text(&models(&bench, &["list"])).contains("holds no model yet"));
    // One that learnt from shuffled labels, then an honest forest, then the first one again.
    assert!(bench.run(&["synth", "--bars", "6000", "--out", "bars.csv"]).status.success());
    let honest = ["features.sets=[\"seed43\"]", "label.kind=volatility"];
    let poor = [honest[0], honest[1], "validation.shuffle_labels=true"];
    version(&bench, &poor);
    version(&bench, &honest);
    version(&bench, &poor);
    let first = models(&bench, &["promote", "random_forest/0.1.0"]);
    assert_eq!(first.status.code(), Some(0));
    assert_eq!(champion(&bench), "0.1.0");

    let better = models(&bench, &["promote", "random_forest/0.2.0", "--json"]);
    let said = json(&better);
    assert_eq!(better.status.code(), Some(0), "{said}");
    let difference = &said["evidence"]["comparison"]["difference"]["log_loss"];
    assert!(difference["high"].as_f64().unwrap() < 0.0, "{difference}");
    assert_eq!(champion(&bench), "0.2.0");

    let worse = models(&bench, &["promote", "random_forest/0.3.0"]);
    assert_eq!(worse.status.code(), Some(1));
    assert!(text(&worse).contains("is not shown to be better") && text(&worse).contains("--force"));
    assert_eq!(champion(&bench), "0.2.0");
    assert_eq!(models(&bench, &["promote", "random_forest/0.3.0", "--force"]).status.code(), Some(0));
    assert_eq!(champion(&bench), "0.3.0");
    assert!(text(&models(&bench, &["show", "random_forest@champion"])).contains("FORCED"));

    for expected in ["0.2.0", "0.1.0"] {
        assert_eq!(models(&bench, &["rollback", FOREST]).status.code(), Some(0));
        assert_eq!(champion(&bench), expected);
    }
    assert!(one_line(&models(&bench, &["rollback", FOREST])).contains("no champion before this one"));
    assert_eq!(models(&bench, &["promote", "random_forest/0.2.0"]).status.code(), Some(0));
    let differs = text(&models(&bench, &["diff", "random_forest/0.1.0", "random_forest@champion"]));
    assert!(
        differs.contains("config.validation.shuffle_labels") && differs.contains("predict differently"),
        "{differs}"
    );

    // 0.1.0 was the champion before 0.2.0, so that only 0.3.0 may go, and it is among the newest.
    assert!(text(&models(&bench, &["prune", FOREST, "--keep", "1"])).contains("3 of 3 versions kept"));
    version(&bench, &poor);
    let pruned = text(&models(&bench, &["prune", FOREST, "--keep", "1"]));
    assert!(pruned.contains("random_forest/0.3.0 removed") && pruned.contains("3 of 4"), "{pruned}");
}

/// A history in which one model is much surer of what came than the other, on `n` bars that open after an instant.
fn live_history(path: &Path, hashes: [&str; 2], sure: [f64; 2], (after, n): (i64, i64)) {
    let writer = Writer::open(path).unwrap();
    let hour = Timeframe::HOUR.millis();
    let class = |place: i64| u8::from(place * 7919 % 11 < 5);
    let at = |place: i64| Timestamp::from_millis(after + (place + 1) * hour);
    for place in 0..n {
        let bar = Bar::new(at(place), Timeframe::HOUR, [1.0; 4], 1.0).unwrap();
        let predictions = hashes.iter().zip(sure).map(|(hash, sure)| {
            let high = if class(place) == 1 { sure } else { 1.0 - sure };
            ((*hash).to_owned(), prediction(&bar, high))
        });
        let resolved = (place > 0).then(|| place - 1);
        let resolutions = resolved.into_iter().flat_map(|earlier| {
            hashes.map(|hash| Resolution {
                content_hash: hash.to_owned(),
                at: at(earlier),
                class: class(earlier),
            })
        });
        let step = Step {
            symbol: "BARS".to_owned(),
            bar,
            predictions: predictions.collect(),
            resolutions: resolutions.collect(),
        };
        writer.record(step, None);
    }
    writer.flush().unwrap();
}

fn prediction(bar: &Bar, high: f64) -> Prediction {
    Prediction {
        symbol: "BARS".to_owned(),
        taxonomy: Taxonomy::Volatility,
        predicted_regime: if high > 0.5 { "high" } else { "low" }.to_owned(),
        probabilities: vec![("low".to_owned(), 1.0 - high), ("high".to_owned(), high)],
        confidence: high.max(1.0 - high),
        quality_score: 1.0,
        horizon: 1,
        timestamp: bar.close_time,
        prediction_set: None,
        abstained: None,
        forecast_interval: None,
        uncertainty: 0.5,
        disagreement: 0.0,
        members: Vec::new(),
        weights: Vec::new(),
        missing: Vec::new(),
        source: PredictionSource::Model,
        fallback_level: 0,
        fallback_reason: None,
        model_version: "random_forest/0.1.0".to_owned(),
        latency_ms: 0.1,
    }
}

/// What both said live decides, on bars that neither learnt from.
#[test]
fn a_challenger_is_promoted_by_what_it_said_live() {
    let bench = Bench::new();
    assert!(bench.run(&["synth", "--bars", "3000", "--out", "bars.csv"]).status.success());
    for seed in ["seed=1", "seed=2"] {
        version(&bench, &["features.sets=[\"seed43\"]", "label.kind=volatility", seed]);
    }
    let manifest = |version: &str| -> Value {
        let path = bench.path(&format!("out/models/random_forest/{version}/manifest.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let (first, second) = (manifest("0.1.0"), manifest("0.2.0"));
    let hashes = [&first, &second].map(|manifest| manifest["content_hash"].as_str().unwrap());
    let last = first["facts"]["data"]["last"].as_i64().unwrap();
    live_history(&bench.path("better.db"), hashes, [0.55, 0.8], (last, 400));
    live_history(&bench.path("worse.db"), hashes, [0.8, 0.55], (last, 400));
    // The same, on bars that both learnt from.
    live_history(&bench.path("learnt.db"), hashes, [0.55, 0.8], (last - 500 * 3_600_000, 400));
    assert_eq!(models(&bench, &["promote", "random_forest/0.1.0"]).status.code(), Some(0));
    assert_eq!(
        models(&bench, &["promote", "random_forest/0.2.0", "--to", "challenger"]).status.code(),
        Some(0)
    );
    for (history, said) in [
        ("worse.db", "on 399 common live rows"),
        ("learnt.db", "behind all bars that it or the champion learnt from"),
    ] {
        let refused = models(&bench, &["promote", FOREST, "--history", history]);
        assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
        assert!(text(&refused).contains(said), "{}", text(&refused));
    }
    assert_eq!(champion(&bench), "0.1.0");
    assert_eq!(models(&bench, &["promote", FOREST, "--history", "better.db"]).status.code(), Some(0));
    assert_eq!(champion(&bench), "0.2.0");
}

#[test]
fn a_damaged_version_is_found_and_never_promoted() {
    let bench = Bench::new();
    version(&bench, &[]);
    version(&bench, &["seed=8"]);
    assert!(models(&bench, &["promote", "random_forest/0.1.0"]).status.success());
    assert_eq!(models(&bench, &["verify"]).status.code(), Some(0));
    let weights = bench.path("out/models/random_forest/0.2.0/random_forest/forest.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let checked = models(&bench, &["verify"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked).contains("DAMAGED  random_forest/0.2.0"), "{}", text(&checked));
    let line = one_line(&models(&bench, &["promote", "random_forest/0.2.0", "--force"]));
    assert!(line.contains("only a sound bundle") && line.contains("is damaged"), "{line}");
    assert_eq!(champion(&bench), "0.1.0");
    for (arguments, expected) in [
        (&["show", "nothing"][..], "holds no model nothing; there are: random_forest"),
        (&["show", "random_forest/9.9.9"], "has no version 9.9.9; there are: 0.1.0, 0.2.0"),
        (&["show", "random_forest@challenger"], "has no challenger"),
        (&["rollback", "random_forest"], "had no champion before this one"),
    ] {
        let line = one_line(&models(&bench, arguments));
        assert!(line.contains(expected), "{line}");
    }
}

/// Each of two processes that promote at once sees what the other did, or comes first.
#[test]
fn promotions_at_once_follow_each_other() {
    let bench = Bench::new();
    for seed in ["seed=7", "seed=8", "seed=9"] {
        version(&bench, &[seed]);
    }
    for _ in 0..5 {
        let mut running: Vec<_> = ["0.1.0", "0.2.0", "0.3.0"]
            .map(|version| {
                let target = format!("random_forest/{version}");
                let arguments = ["models", "promote", &target, "--force", "--artifacts", "out"];
                bench.command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap()
            })
            .into();
        assert!(running.iter_mut().all(|child| child.wait().unwrap().success()));
    }
    let aliases: Value =
        serde_json::from_slice(&fs::read(bench.path("out/models/random_forest/aliases.json")).unwrap())
            .unwrap();
    let history = aliases["history"].as_array().unwrap();
    assert!(history.len() > 5);
    assert!(history.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{history:?}");
    assert_eq!(history.last().unwrap()["to"], aliases["aliases"]["champion"]);
}

#[test]
fn a_bundle_is_trained_again_bit_for_bit() {
    let bench = Bench::new();
    version(
        &bench,
        &["models=[\"random_forest\", \"boosting\"]", "boosting.rounds=10", "ensemble.prior_rows=5"],
    );
    let again = bench.run(&["reproduce", "out/models/ensemble", "--quiet", "--json"]);
    assert_eq!(again.status.code(), Some(0));
    let said = json(&again);
    assert_eq!((&said["same_content"], &said["same_weights"]), (&Value::Bool(true), &Value::Bool(true)));
    // Other bars are told by their fingerprint.
    assert!(bench.run(&["synth", "--bars", "1999", "--out", "other.csv"]).status.success());
    let line = one_line(&bench.run(&["reproduce", "out/models/ensemble", "--quiet", "--data", "other.csv"]));
    assert!(line.contains("these are not the bars"), "{line}");
}

#[test]
fn a_challenger_is_judged_on_bars_that_the_champion_never_saw() {
    let bench = Bench::new();
    assert!(bench.run(&["synth", "--bars", "3000", "--out", "newer/bars.csv"]).status.success());
    let without = one_line(&{
        version(&bench, &["random_forest.trees=1", "random_forest.max_depth=1"]);
        bench.run(&["retrain", FOREST, "--data", "newer/bars.csv", "--artifacts", "out", "--quiet"])
    });
    assert!(without.contains("has no champion to train again"), "{without}");
    assert!(models(&bench, &["promote", FOREST]).status.success());
    let arguments =
        ["retrain", FOREST, "--data", "newer/bars.csv", "--artifacts", "out", "--quiet", "--json"];
    let said = json(&bench.run(&arguments));
    assert_eq!(said["challenger"], "random_forest/0.2.0");
    let run = said["training"]["directory"].as_str().unwrap();
    let files = fs::read_dir(bench.path(run)).unwrap().map(|entry| entry.unwrap().path());
    let is_of_champion = |path: &std::path::PathBuf| path.display().to_string().contains("champion-");
    let champion_said = fs::read_to_string(files.into_iter().find(is_of_champion).unwrap()).unwrap();
    assert!(champion_said.lines().count() > 600, "{}", champion_said.lines().count());
    let common =
        said["gate"]["comparison"]["common_rows"].as_u64().unwrap_or_else(|| panic!("{}", said["gate"]));
    assert!(common > 600, "{}", said["gate"]);
    let shown = text(&models(&bench, &["show", "random_forest@challenger"]));
    assert!(shown.contains("challenger from nowhere to 0.2.0 by retrain"), "{shown}");
}
