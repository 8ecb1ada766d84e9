//! Once in effect, whatever happens on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tracking::{Dataset, Entry, Journal, Metric, Mlflow, Sender, Status, deliver};

use crate::fake::{Fake, State};

/// Epochs that each have two metrics.
const EPOCHS: i64 = 1250;

/// A run with a child, and everything that can be told of it.
fn story() -> Vec<Entry> {
    let run = "parent-1".to_owned();
    let start = |run: &str, parent: Option<&str>, name: &str| Entry::Start {
        run: run.to_owned(),
        parent: parent.map(str::to_owned),
        experiment: "regimes".to_owned(),
        name: name.to_owned(),
        at: 1_000,
        tags: [("git.commit".to_owned(), "abc".to_owned())].into(),
    };
    let metric = |key: &str, step: i64, value: f64| Metric { key: key.to_owned(), step, value };
    let mut story = vec![
        start(&run, None, "whole"),
        Entry::Params {
            run: run.clone(),
            params: [("seed".to_owned(), "7".to_owned()), ("long".to_owned(), "x".repeat(7000))].into(),
        },
        Entry::Dataset {
            run: run.clone(),
            dataset: Dataset {
                name: "BTCUSDT 5m".to_owned(),
                digest: "f".repeat(64),
                source: "bars.csv".to_owned(),
                rows: 100,
            },
        },
        start("child-1", Some(&run), "lstm, fold 0"),
    ];
    for epoch in 0..EPOCHS {
        let value = if epoch == 3 { f64::NAN } else { 1.0 / (1.0 + epoch as f64) };
        story.push(Entry::Metrics {
            run: "child-1".to_owned(),
            at: 2_000 + epoch,
            metrics: vec![metric("loss (training)", epoch, value), metric("validation_loss", epoch, value)],
        });
    }
    story.extend([
        Entry::End { run: "child-1".to_owned(), status: Status::Finished, at: 9_000 },
        Entry::Artifact { run: run.clone(), file: "runs/r/report.json".into(), to: "report.json".to_owned() },
        Entry::Model {
            run: run.clone(),
            name: "lstm".to_owned(),
            version: "0.1.0".to_owned(),
            content_hash: "c0ffee".to_owned(),
            directory: "models/lstm/0.1.0".into(),
        },
        Entry::Alias {
            name: "lstm".to_owned(),
            version: "0.1.0".to_owned(),
            content_hash: "c0ffee".to_owned(),
            alias: "champion".to_owned(),
        },
        Entry::End { run, status: Status::Finished, at: 10_000 },
    ]);
    story
}

/// Artifacts with the files of the story, and the journal of it.
fn told(story: &[Entry]) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("runs/r/report.json", "{\"fine\": true}"),
        ("models/lstm/0.1.0/manifest.json", "{\"content_hash\": \"c0ffee\"}"),
        ("models/lstm/0.1.0/lstm/weights.safetensors", "weights"),
    ] {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = root.path().join("tracking/r.jsonl");
    let journal = Journal::open(&path).unwrap();
    for entry in story {
        journal.add(entry);
    }
    assert_eq!(journal.fault(), None);
    (root, path)
}

fn assert_whole(state: &State) {
    let (parent, child) = (state.run("whole"), state.run("lstm, fold 0"));
    assert_eq!(child.tags["mlflow.parentRunId"], parent.id);
    assert_eq!(parent.tags["git.commit"], "abc");
    assert_eq!((parent.status.as_str(), child.status.as_str()), ("FINISHED", "FINISHED"));
    assert_eq!(child.metrics.len(), 2 * EPOCHS as usize);
    assert!(child.metrics.contains(&("loss _training_".to_owned(), 2_003, 3, "\"NaN\"".to_owned())));
    assert_eq!(parent.params["seed"], "7");
    assert!(parent.params["long"].ends_with("… (cut, 7000 characters)"));
    let file = |name: &str| &state.files[&format!("{}/{}/artifacts/{name}", parent.experiment, parent.id)];
    assert_eq!(file("params/long.txt").len(), 7000);
    assert_eq!(file("report.json"), b"{\"fine\": true}");
    assert_eq!(state.files["1/models/m-0/artifacts/lstm/weights.safetensors"], b"weights");
    assert_eq!((parent.inputs.len(), parent.outputs.len()), (1, 1));
    assert_eq!((state.registered.len(), state.versions.len(), state.logged.len()), (1, 1, 1));
    assert_eq!(state.aliases[&("lstm".to_owned(), "champion".to_owned())], "1");
}

/// Where it is kept how far a journal has come.
fn progress(path: &Path) -> PathBuf {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.display().to_string().contains(".sent-")).unwrap()
}

fn forget(path: &Path) {
    fs::remove_file(progress(path)).unwrap();
}

fn send(path: &Path, root: &TempDir, fake: &Fake) -> tracking::Delivered {
    deliver(path, root.path(), &Mlflow::new(&fake.url()).unwrap()).unwrap()
}

#[test]
fn everything_arrives_and_nothing_twice() {
    let story = story();
    let (root, path) = told(&story);
    let fake = Fake::start();
    let first = send(&path, &root, &fake);
    assert_eq!((first.sent, first.waiting, first.refused.len()), (story.len(), 0, 0), "{first:?}");
    assert_whole(&fake.state.lock().unwrap());
    let calls = fake.state.lock().unwrap().calls.len();
    assert!(calls < 40, "{calls} calls for {} lines", story.len());
    let second = send(&path, &root, &fake);
    assert_eq!((second.sent, second.waiting), (0, 0));
    // Even when how far it came is forgotten.
    forget(&path);
    let third = send(&path, &root, &fake);
    assert_eq!(third.refused, Vec::<String>::new());
    assert_whole(&fake.state.lock().unwrap());
}

/// The server does what it is asked to and dies before it says so: at every single call.
#[test]
fn a_server_that_dies_at_any_call_has_everything_once_in_the_end() {
    let story = story();
    let calls = {
        let (root, path) = told(&story);
        let fake = Fake::start();
        send(&path, &root, &fake);
        let state = fake.state.lock().unwrap();
        state.calls.len()
    };
    for call in 0..calls {
        let (root, path) = told(&story);
        let fake = Fake::start();
        fake.state.lock().unwrap().silent_at = Some(call);
        let broken = send(&path, &root, &fake);
        assert!(broken.ended.is_some() && broken.waiting > 0, "call {call}: {broken:?}");
        let rest = send(&path, &root, &fake);
        assert_eq!((rest.waiting, rest.refused.len()), (0, 0), "call {call}: {rest:?}");
        assert_whole(&fake.state.lock().unwrap());
    }
}

#[test]
fn what_is_refused_is_kept_and_the_rest_goes_on() {
    let mut story = story();
    let lost = Entry::Artifact { run: "parent-1".to_owned(), file: "nowhere".into(), to: "x".to_owned() };
    story.insert(2, lost);
    let changed =
        Entry::Params { run: "parent-1".to_owned(), params: [("seed".to_owned(), "8".to_owned())].into() };
    story.insert(5, changed);
    let (root, path) = told(&story);
    let fake = Fake::start();
    let sent = send(&path, &root, &fake);
    assert_eq!((sent.waiting, sent.refused.len()), (0, 2), "{sent:?}");
    assert!(sent.refused[0].starts_with("line 3: ") && sent.refused[0].contains("nowhere can't be read"));
    assert!(sent.refused[1].contains("changing param seed"), "{sent:?}");
    assert_whole(&fake.state.lock().unwrap());
    assert!(fs::read_to_string(progress(&path)).unwrap().contains("changing param seed"));
}

#[test]
fn a_server_that_lost_everything_is_told_again_and_aliases_never_move_back() {
    let mut story = story();
    let Some(Entry::Alias { name, version, alias, .. }) =
        story.iter().find(|entry| matches!(entry, Entry::Alias { .. })).cloned()
    else {
        panic!("no alias")
    };
    let gone = Entry::Alias { name, version, alias, content_hash: "of a model that is gone".to_owned() };
    story.insert(story.len() - 2, gone);
    let (root, path) = told(&story);
    let fake = Fake::start();
    let first = send(&path, &root, &fake);
    assert_eq!((first.waiting, first.refused.len()), (0, 0), "{first:?}");
    // The same server, without what it had, and a line more.
    *fake.state.lock().unwrap() = State::default();
    let journal = Journal::open(&path).unwrap();
    journal.add(&Entry::Params {
        run: "parent-1".to_owned(),
        params: [("more".to_owned(), "1".to_owned())].into(),
    });
    let again = send(&path, &root, &fake);
    assert_eq!((again.waiting, again.refused.len()), (0, 0), "{again:?}");
    assert_whole(&fake.state.lock().unwrap());
}

#[test]
fn an_overloaded_server_is_asked_again_later() {
    let story = story();
    let (root, path) = told(&story);
    let fake = Fake::start();
    for status in [429, 500, 503, 401, 403] {
        fake.state.lock().unwrap().out_of_order = Some((status, 1));
        let sent = send(&path, &root, &fake);
        assert!(sent.ended.is_some() && sent.refused.is_empty(), "{status}: {sent:?}");
    }
    assert_eq!(send(&path, &root, &fake).waiting, 0);
    assert_whole(&fake.state.lock().unwrap());
}

#[test]
fn in_the_background_while_it_is_told() {
    let (root, path) = told(&[]);
    let fake = Fake::start();
    let journal = Arc::new(Journal::open(&path).unwrap());
    let server = Mlflow::new(&fake.url()).unwrap();
    let sender = Sender::start(Arc::clone(&journal), root.path().to_owned(), server);
    fake.state.lock().unwrap().out_of_order = Some((503, 1));
    for entry in story() {
        journal.add(&entry);
    }
    let sent = sender.finish();
    // The one refusal may be what it ended with; then the next command sends the rest.
    if sent.ended.is_some() {
        send(&path, &root, &fake);
    }
    assert_whole(&fake.state.lock().unwrap());
}

#[test]
fn nobody_waits_for_a_server_that_is_not_there() {
    let (root, path) = told(&[]);
    let journal = Arc::new(Journal::open(&path).unwrap());
    // A port that nobody listens on any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sender = Sender::start(
        Arc::clone(&journal),
        root.path().to_owned(),
        Mlflow::new(&format!("http://{gone}")).unwrap(),
    );
    let began = Instant::now();
    for entry in story() {
        journal.add(&entry);
    }
    let sent = sender.finish();
    assert!(sent.ended.unwrap().contains("can't be reached"));
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(Mlflow::new("file:///mlruns").is_err());
}

/// With `MLFLOW_TEST_URI`: the same story on a real server, which other programs then ask about it.
#[test]
fn a_real_server_takes_it() {
    let Ok(url) = std::env::var("MLFLOW_TEST_URI") else {
        println!("skipped: MLFLOW_TEST_URI names no server; scripts/mlflow-server.sh starts one");
        return;
    };
    let story = story();
    let (root, path) = told(&story);
    let server = Mlflow::new(&url).unwrap();
    for _ in 0..2 {
        let sent = deliver(&path, root.path(), &server).unwrap();
        assert_eq!((sent.waiting, sent.refused.as_slice(), sent.ended.as_deref()), (0, &[][..], None));
        forget(&path);
    }
}
