//! Making a forecaster, and models that stand on one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use models::ForecasterWeights;
use pipeline::Bundle;
use serde_json::Value;

use crate::bench::{Bench, files, one_line};

const RECIPE: &str = "seed = 3
steps = 2000
batch = 16
learning_rate = 2e-3
warmup_share = 0.1
weight_decay = 0.05
gradient_clip_norm = 1.0
average = 0.9

[model]
patch = 8
quantiles = [0.1, 0.5, 0.9]
width = 16
blocks = 2
heads = 2
feed_forward = 64
patch_hidden = 32
context = 64
";

const CONFIG: &str = r#"name = "tirex"
models = ["tirex"]

[features]
sets = ["seed43"]

[label]
kind = "volatility"
horizon = 6

[validation]
folds = 2

[tirex]
inputs = ["log_close", "rv_12_log_ratio"]
window = 48
row_stride = 2

[report]
bootstrap_draws = 100
importance_rows = 10
importance_windows = 10
importance_repeats = 1
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    let made = bench.run(&["synth", "--bars", "4000", "--out", "bars.csv"]);
    assert!(made.status.success());
    bench.write("recipe.toml", RECIPE);
    bench.write("tirex.toml", CONFIG);
    bench
}

fn pretrain<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["pretrain-tirex", "--config", "recipe.toml", "--out", out][..], more].concat()
}

/// Trains and returns the bundle's manifest.
fn train(bench: &Bench, out: &str, more: &[&str]) -> Value {
    let arguments = ["--quiet", "--config", "tirex.toml", "--data", "bars.csv", "--out", out];
    let done = bench.run(&[&arguments, more].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let manifest = fs::read(bench.path(out).join("models/tirex/0.1.0/manifest.json")).unwrap();
    serde_json::from_slice(&manifest).unwrap()
}

#[test]
fn a_forecaster_that_was_stopped_is_made_as_if_it_had_not_been() {
    let bench = bench();
    let whole = bench.run(&pretrain("whole.safetensors", &["--json", "--quiet", "--threads", "1"]));
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let told: Value = serde_json::from_slice(&whole.stdout).unwrap();
    assert_eq!(told["held_out"].as_array().unwrap().len(), 6);
    let bytes = fs::read(bench.path("whole.safetensors")).unwrap();
    assert_eq!(told["sha256"], durable::sha256_hex(&bytes));

    let arguments = pretrain("stopped.safetensors", &["--resume", "--threads", "2"]);
    let mut child = bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut said = Vec::new();
    for line in lines {
        let is_first = line.starts_with("step 100:");
        said.push(line);
        if is_first {
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
    assert!(said.last().unwrap().contains("add --resume"), "{said:?}");
    assert!(!bench.path("stopped.safetensors").exists());

    let resumed = bench.run(&arguments);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    assert!(!String::from_utf8_lossy(&resumed.stderr).contains("step 100:"), "it began anew");
    assert!(fs::read(bench.path("stopped.safetensors")).unwrap() == bytes);
    assert!(!bench.path("stopped.safetensors.unfinished").exists());
    let table = String::from_utf8(resumed.stdout).unwrap();
    assert!(table.contains("Seasonal") && table.contains("in 10–90%"), "{table}");
}

#[test]
fn a_recipe_that_makes_nothing_is_refused_by_its_line() {
    let bench = bench();
    let refused = |from: &str, to: &str| {
        bench.write("recipe.toml", RECIPE.replacen(from, to, 1));
        let line = one_line(&bench.run(&pretrain("none.safetensors", &["--quiet"])));
        assert!(!bench.path("none.safetensors").exists());
        line
    };
    assert!(refused("batch = 16", "batsh = 16").starts_with("recipe.toml:3: "));
    assert!(refused("steps = 2000", "steps = 0").contains("steps must be from 1"));
    assert!(refused("heads = 2", "heads = 3").contains("num_heads"));
    let missing = one_line(&bench.run(&["pretrain-tirex", "--config", "nowhere.toml"]));
    assert!(missing.contains("nowhere.toml"), "{missing}");
}

#[test]
fn what_is_known_of_windows_is_used_again_and_changes_nothing() {
    let bench = bench();
    let first = train(&bench, "out", &[]);
    let kept = files(&bench.path("out/cache"));
    assert!(!kept.is_empty());
    let tirex = &first["members"][0]["model"];
    assert_eq!((&tirex["kind"], &tirex["lookback"]), (&"tirex".into(), &48.into()));
    assert_eq!(tirex["tirex"]["levels"], serde_json::json!([false, true]));
    let columns = first["schema"]["columns"].as_array().unwrap();
    let seen = tirex["columns"].as_array().unwrap().iter();
    let seen: Vec<&Value> = seen.map(|place| &columns[place.as_u64().unwrap() as usize]["name"]).collect();
    assert_eq!(seen, ["log_close", "rv_12_log_ratio"]);

    let again = train(&bench, "out2", &["--set", "tirex.cache=false"]);
    assert_eq!(first["content_hash"], again["content_hash"]);
    assert!(!bench.path("out2/cache").exists());
    fs::remove_dir_all(bench.path("out/models")).unwrap();
    let later = train(&bench, "out", &[]);
    assert_eq!(first["content_hash"], later["content_hash"]);
    assert_eq!(files(&bench.path("out/cache")), kept);
}

#[test]
fn weights_of_ones_own_are_asked_for_by_their_hash() {
    let bench = bench();
    assert!(bench.run(&pretrain("own.safetensors", &["--quiet"])).status.success());
    let more = ["tirex.weights=own.safetensors", "tirex.tuned_blocks=1", "forecast.weights=own.safetensors"];
    let more = more.iter().flat_map(|setting| ["--set", setting]).chain([
        "--set",
        "forecast.context_bars=64",
        "--set",
        "forecast.horizon_bars=4",
    ]);
    let manifest = train(&bench, "out", &more.collect::<Vec<_>>());
    let own = durable::sha256_hex(&fs::read(bench.path("own.safetensors")).unwrap());
    assert_eq!(manifest["members"][0]["model"]["tirex"]["weights_sha256"], own);
    assert_eq!(manifest["core"]["forecast"]["weights_sha256"], own);
    let paths = manifest["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap());
    assert_eq!(paths.collect::<Vec<_>>(), ["tirex/head.safetensors", "tirex/blocks.safetensors"]);

    let bundle = bench.path("out/models/tirex");
    let error = Bundle::load_with(&bundle, &ForecasterWeights::default()).unwrap_err().to_string();
    assert!(error.contains(&own) && error.contains("set TIREX_WEIGHTS"), "{error}");
    let weights = ForecasterWeights::default().with(Some(&bench.path("own.safetensors")));
    assert!(Bundle::load_with(&bundle, &weights).is_ok());
}

#[test]
fn faults_of_the_section_are_told_with_their_key() {
    let bench = bench();
    let refused = |setting: &str| {
        let arguments =
            ["--quiet", "--config", "tirex.toml", "--data", "bars.csv", "--out", "out", "--set", setting];
        let line = one_line(&bench.run(&arguments));
        assert!(!bench.path("out/models").exists());
        line
    };
    for (setting, part) in [
        ("tirex.weights=nowhere.ckpt", "nowhere.ckpt"),
        ("tirex.window=4", "tirex.window"),
        ("tirex.window=1000", "tirex.window, is 768, less than the 1000"),
        ("tirex.row_stride=200", "tirex with row_stride 200 needs at least 100"),
        ("tirex.inputs=[]", "tirex.inputs"),
        ("tirex.inputs=[\"log_clsoe\"]", "log_close"),
        ("tirex.head.patience=0", "tirex.head"),
        ("tirex.tuned_blocks=9", "tirex.tuned_blocks, is 6, less than the 9"),
        ("features.drop=[\"log_close\"]", "tirex.inputs"),
        ("forecast.context_bars=5000", "context_bars"),
        ("forecast.weights=nowhere.ckpt", "nowhere.ckpt"),
    ] {
        let line = refused(setting);
        assert!(line.contains(part), "{setting}: {line}");
    }
    bench.write("damaged.ckpt", b"PK\x03\x04 and nothing else");
    let line = refused("tirex.weights=damaged.ckpt");
    assert!(line.contains("damaged.ckpt is no checkpoint"), "{line}");
}
