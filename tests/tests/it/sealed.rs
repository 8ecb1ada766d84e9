//! The final period that nobody looks at.

use crate::workshop::{Workshop, command_line};

const SETTINGS: [&str; 3] =
    ["random_forest.trees=5", "features.sets=[\"seed43\"]", "validation.sealed={share=0.2}"];

#[test]
fn nothing_depends_on_what_is_sealed() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let first = workshop.train(&bars, "out", &SETTINGS, &[]);
    let sealed = &first.report["sealed"];
    let from = sealed["from"].as_i64().unwrap();
    assert!(sealed["rows"].as_u64().unwrap() > 500 && sealed["scores"].is_null());
    assert!(first.predictions().iter().all(|row| row.timestamp <= from));
    // Other bars behind the seal, the same run.
    let text = std::fs::read_to_string(&bars).unwrap();
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            match cells[0].parse::<i64>() {
                Ok(time) if time >= from => {
                    let price = 100.0 + (number * 7919 % 13) as f64;
                    format!("{time},{price},{price},{price},{price},1")
                }
                _ => cells[..6].join(","),
            }
        })
        .collect();
    let other = workshop.path("other.csv");
    std::fs::write(&other, changed.join("\n")).unwrap();
    let second = workshop.train(&other, "out", &SETTINGS, &[]);
    assert_eq!(first.content_hash(), second.content_hash());
    assert_eq!(first.report["models"][0]["metrics"], second.report["models"][0]["metrics"]);
    assert_eq!(first.report["label"]["counts"], second.report["label"]["counts"]);
}

#[test]
fn labels_that_learn_do_not_look_behind_the_seal_either() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let settings = [&SETTINGS[..], &["label.kind=hmm"]].concat();
    let run = workshop.train(&bars, "out", &settings, &["--open-seal"]);
    assert!(run.report["sealed"]["scores"]["models"]["random_forest"]["accuracy"]["mean"].is_number());
    let labelled: u64 =
        serde_json::from_value::<Vec<u64>>(run.report["label"]["counts"].clone()).unwrap().iter().sum();
    assert!(labelled < 3_400, "{labelled} labels before the seal");
}

#[test]
fn it_is_opened_once() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let closed = workshop.train(&bars, "out", &SETTINGS, &[]);
    let opened = workshop.train(&bars, "out", &SETTINGS, &["--open-seal"]);
    assert_eq!(closed.content_hash(), opened.content_hash());
    let scores = &opened.report["sealed"]["scores"];
    assert!(scores["versus"]["random_forest"]["majority"]["log_loss"]["mean"].is_number(), "{scores}");
    assert!(opened.report["verdicts"][1].as_str().unwrap().starts_with("Sealed period: random_forest"));
    assert_eq!(
        opened.manifest()["facts"]["metrics"]["sealed_period"]["scores"],
        *scores,
        "recorded in the bundle"
    );
    // Once more the same: the same answer, and it says that it is not the first.
    let again = workshop.train(&bars, "out", &SETTINGS, &["--open-seal"]);
    assert_eq!(again.report["sealed"]["scores"], *scores);
    assert_eq!(again.report["sealed"]["opened_before"].as_array().unwrap().len(), 1);
    // Another configuration may not look.
    let [config, data, out] =
        [workshop.path("small.toml"), bars, workshop.path("out")].map(|path| path.display().to_string());
    let arguments = [
        &["--config", &config, "--data", &data, "--out", &out, "--quiet", "--open-seal"][..],
        &["--set", SETTINGS[1], "--set", SETTINGS[2], "--set", "random_forest.trees=6"],
    ]
    .concat();
    let error = trainer::run(command_line(&arguments), &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("was opened by run") && error.contains("another configuration"), "{error}");
}

#[test]
fn there_must_be_a_seal_to_open() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000).display().to_string();
    let config = workshop.path("small.toml").display().to_string();
    let arguments = ["--config", &config, "--data", &bars, "--quiet", "--open-seal"];
    let error = trainer::run(command_line(&arguments), &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("validation.sealed"), "{error}");
}
