//! What a run tells, with no server, with one that is away, and after a kill.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::bench::{Bench, one_line};

fn runs(bench: &Bench) -> Vec<Value> {
    let said = bench.run(&["runs", "list", "--artifacts", "out", "--json"]);
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    said["runs"].as_array().unwrap().clone()
}

/// An address that nobody listens at.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_run_is_told_whether_a_server_is_there_or_not() {
    let bench = Bench::new();
    let url = nowhere();
    let arguments = ["--config", "small.toml", "--data", "bars.csv", "--out", "out"];
    let trained = bench.command(&arguments).env("MLFLOW_TRACKING_URI", &url).output().unwrap();
    let said = String::from_utf8(trained.stderr).unwrap();
    assert!(trained.status.success(), "{said}");
    assert!(
        said.contains("not everything is on the tracking server yet") && said.contains("trainer track sync")
    );
    let [run] = &runs(&bench)[..] else { panic!("{:?}", runs(&bench)) };
    assert_eq!(run["status"], "finished");
    assert!(run["scores"]["random_forest"].is_number(), "{run}");
    // Two folds and the final refit.
    let fits = run["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 3);
    assert!(
        fits[..2].iter().all(|fit| fit["test_log_loss"].is_number() && fit["status"] == "finished"),
        "{run}"
    );
    let shown = bench.run(&["runs", "show", run["name"].as_str().unwrap(), "--artifacts", "out"]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains("random_forest, fold 1"));

    let sync = bench.run(&["track", "sync", "--artifacts", "out", "--uri", &url, "--json"]);
    assert_eq!(sync.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&sync.stdout).unwrap();
    assert!(said["waiting"].as_u64().unwrap() > 10 && said["refused"] == 0, "{said}");
    let line =
        one_line(&bench.command(&["track", "sync"]).env_remove("MLFLOW_TRACKING_URI").output().unwrap());
    assert!(line.contains("--uri http://127.0.0.1:5000"), "{line}");
    let line = one_line(&bench.run(&["track", "sync", "--artifacts", "out", "--uri", "mlruns"]));
    assert!(line.contains("no address of a tracking server"), "{line}");
}

#[test]
fn a_run_that_fails_or_is_killed_is_on_record() {
    let bench = Bench::new();
    let settings = [
        "models=[\"lstm\"]",
        "features.sets=[\"seed43\"]",
        "lstm.lookback=8",
        "lstm.training.max_steps=20",
        "lstm.training.learning_rate=1e30",
    ];
    let failed = bench.train(&settings.map(|setting| ["--set", setting]).concat());
    assert_eq!(failed.status.code(), Some(2), "{}", String::from_utf8_lossy(&failed.stderr));
    let arguments = [
        "--config",
        "small.toml",
        "--data",
        "bars.csv",
        "--out",
        "out",
        "--set",
        "random_forest.trees=100000",
    ];
    let mut child = bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("features: ")));
    // The first fit begins right behind the features.
    let has_begun = || {
        let journals = fs::read_dir(bench.path("out/tracking")).into_iter().flatten().flatten();
        journals.into_iter().any(|entry| {
            fs::read_to_string(entry.path()).is_ok_and(|text| text.contains("random_forest, fold 0"))
        })
    };
    for _ in 0..500 {
        if has_begun() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let statuses: Vec<Value> = runs(&bench).iter().map(|run| run["status"].clone()).collect();
    assert_eq!(statuses.len(), 2, "{statuses:?}");
    assert!(statuses.contains(&"failed".into()) && statuses.contains(&"not ended".into()), "{statuses:?}");
}
