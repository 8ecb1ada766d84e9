//! A run that is killed or stopped goes on with `--resume`, and ends as if nothing had happened.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::bench::Bench;

const CONFIG: &str = r#"name = "networks"
models = ["random_forest", "lstm", "transformer"]

[features]
sets = ["seed43"]

[label]
kind = "volatility"
horizon = 6

[validation]
folds = 2

[random_forest]
trees = 5
min_leaf = 20

[lstm]
lookback = 8
window_stride = 3
[lstm.network]
hidden_size = 8
layers = 2
attention_heads = 2
[lstm.training]
# Many more epochs than any test waits for: a signal may come late on a busy machine.
max_epochs = 24
patience = 24
steps_per_epoch = 60

[transformer]
lookback = 8
[transformer.network]
model_size = 8
heads = 2
layers = 1
feed_forward_size = 16
[transformer.training]
max_epochs = 12
patience = 12
steps_per_epoch = 60

[report]
bootstrap_draws = 100
importance_rows = 10
importance_windows = 10
importance_repeats = 1
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("networks.toml", CONFIG);
    bench
}

fn arguments<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--config", "networks.toml", "--data", "bars.csv", "--out", out];
    all.extend(["--checkpoint-every", "0.02"]);
    all.extend(more);
    all
}

/// Content hash of each model's bundle, and every out-of-sample prediction.
fn result(bench: &Bench, out: &str) -> (Vec<String>, String) {
    let hashes = ["random_forest", "lstm", "transformer"].map(|name| {
        let manifest = bench.path(out).join("models").join(name).join("0.1.0/manifest.json");
        let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
        manifest["content_hash"].as_str().unwrap().to_owned()
    });
    let run = fs::read_dir(bench.path(out).join("runs")).unwrap().next().unwrap().unwrap().path();
    (hashes.to_vec(), fs::read_to_string(run.join("predictions.csv")).unwrap())
}

/// Runs until a line of progress with these words, then does something to the process; the lines until there.
fn until(
    bench: &Bench,
    arguments: &[&str],
    words: &str,
    act: impl FnOnce(&mut Child),
) -> Option<Vec<String>> {
    let mut child = bench.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        said.push(line.unwrap());
        if said.last().unwrap().contains(words) {
            act(&mut child);
            child.wait().unwrap();
            return Some(said);
        }
    }
    child.wait().unwrap();
    None
}

fn kept(bench: &Bench, out: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(bench.path(out).join("unfinished")) else { return Vec::new() };
    let run = entries.map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    let files = run.into_iter().flat_map(|run| fs::read_dir(run).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

fn checkpoint(bench: &Bench, out: &str) -> PathBuf {
    let ends = |path: &PathBuf| path.extension().is_some_and(|end| end == "checkpoint");
    kept(bench, out).into_iter().find(ends).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn killed_again_and_again_it_ends_as_if_never_killed() {
    let bench = bench();
    let whole = bench.run(&arguments("whole", &["--threads", "1"]));
    assert!(whole.status.success(), "{}", text(&whole.stderr));
    assert!(!bench.path("whole/unfinished").exists(), "nothing is left of a run that ended well");

    let kill = |child: &mut Child| child.kill().unwrap();
    let more = ["--resume", "--threads", "2"];
    for words in [
        "lstm, fold 0: epoch 2,",
        "lstm, fold 0: epoch 4,",
        "transformer, fold 0: epoch 1,",
        "lstm, fold 1: epoch 1,",
        "lstm, final: epoch 3,",
        "transformer, final: epoch 2,",
    ] {
        let said = until(&bench, &arguments("killed", &more), words, kill).unwrap();
        assert!(said.iter().filter(|line| line.contains("fitted on")).all(|line| {
            // Whatever was done before is not done again.
            line.contains("before") || !line.contains("random_forest, fold 0") || words.contains("epoch 2")
        }));
        assert!(!bench.path("killed/models").exists());
    }
    let resumed = bench.run(&arguments("killed", &more));
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert!(text(&resumed.stderr).contains("lstm, fold 1: was fitted on"), "{}", text(&resumed.stderr));
    assert_eq!(result(&bench, "killed"), result(&bench, "whole"));
    assert!(!bench.path("killed/unfinished").exists());
}

#[test]
fn a_damaged_checkpoint_is_told_and_the_fit_begins_anew() {
    let bench = bench();
    let kill = |child: &mut Child| child.kill().unwrap();
    until(&bench, &arguments("out", &[]), "lstm, fold 0: epoch 3,", kill).unwrap();
    let path = checkpoint(&bench, "out");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let forest =
        kept(&bench, "out").into_iter().find(|path| path.ends_with("random_forest--fold-0")).unwrap();
    let fit = forest.join("fit.json");
    let whole = fs::read(&fit).unwrap();
    fs::write(&fit, &whole[..whole.len() / 2]).unwrap();
    let resumed = bench.run(&arguments("out", &["--resume"]));
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    let said = text(&resumed.stderr);
    assert!(said.contains("the checkpoint of lstm--fold-0 in") && said.contains("begins anew"), "{said}");
    assert!(said.contains("random_forest--fold-0 in"), "{said}");
    let fresh = bench.run(&arguments("fresh", &["--quiet"]));
    assert!(fresh.status.success());
    assert_eq!(result(&bench, "out"), result(&bench, "fresh"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_keeps_what_was_done() {
    let bench = bench();
    let interrupt = |child: &mut Child| {
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
    };
    until(&bench, &arguments("out", &[]), "lstm, fold 1: epoch 2,", interrupt).unwrap();
    assert!(!bench.path("out/models").exists() && !bench.path("out/runs").exists());
    let before = fs::read(checkpoint(&bench, "out")).unwrap();

    // Another run at the same place would spoil what is kept.
    let lock = fs::read_dir(bench.path("out/unfinished")).unwrap().map(|entry| entry.unwrap().path());
    let lock = lock.into_iter().find(|path| path.extension().is_some_and(|end| end == "lock")).unwrap();
    let held = fs::File::options().write(true).open(lock).unwrap();
    held.lock().unwrap();
    let refused = bench.run(&arguments("out", &["--resume", "--quiet"]));
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("another process"), "{}", text(&refused.stderr));
    drop(held);
    assert_eq!(fs::read(checkpoint(&bench, "out")).unwrap(), before);

    // Without --resume it begins anew, and says that it need not have.
    let kill = |child: &mut Child| child.kill().unwrap();
    let said = until(&bench, &arguments("copy", &[]), "features", kill).unwrap();
    assert!(!said.iter().any(|line| line.contains("interrupted")));
    let said = until(&bench, &arguments("out", &[]), "with --resume it would go on", kill).unwrap();
    assert!(said.last().unwrap().contains("interrupted"), "{said:?}");
    assert_eq!(fs::read(checkpoint(&bench, "out")).unwrap(), before, "nothing newer is there to keep");

    // The best so far of the one that was stopped; the others are fitted to their end.
    let resumed = bench.run(&arguments("out", &["--resume", "--keep-best"]));
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    assert!(report(&bench.path("out")).contains(r#""stopped": "cancelled""#));
    let fresh = bench.run(&arguments("fresh", &["--quiet"]));
    assert!(fresh.status.success());
    assert!(!report(&bench.path("fresh")).contains(r#""stopped": "cancelled""#));
    // The bundles are of the final refit, which was not stopped.
    assert_eq!(result(&bench, "out").0[0], result(&bench, "fresh").0[0]);
}

fn report(out: &Path) -> String {
    let run = fs::read_dir(out.join("runs")).unwrap().next().unwrap().unwrap().path();
    fs::read_to_string(run.join("report.json")).unwrap()
}

#[test]
fn with_nothing_to_resume_it_says_so_and_begins() {
    let bench = bench();
    let run = bench.run(&arguments("out", &["--resume", "--set", "models=[\"random_forest\"]"]));
    assert!(run.status.success());
    assert!(text(&run.stderr).contains("nothing to go on with"), "{}", text(&run.stderr));
}
