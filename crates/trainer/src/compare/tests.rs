//! What must hold for every comparison.

use std::fs;
use std::path::PathBuf;
use std::slice::from_ref;

use market::{Classes, Timestamp};
use serde_json::{Value, json};

use super::made_up::{Runs, Said, forest, predictions, report, two};
use super::text::text;
use super::{CompareArguments, run};
use crate::report::tests::assert_balanced;
use crate::report::{Finding, Report, RunComparison, render_comparison};

/// What is changed in a report.
type Change = fn(&mut Report);

/// Compares `b` with `a`.
fn compared(runs: &Runs) -> RunComparison {
    runs.compared(&["a", "b"], None)
}

fn arguments(runs: Vec<PathBuf>) -> CompareArguments {
    CompareArguments { runs, artifacts: PathBuf::from("artifacts"), html: None, seed: None, json: false }
}

fn refused(arguments: &CompareArguments) -> String {
    let mut said = Vec::new();
    let message = format!("{:#}", run(arguments, &mut said).unwrap_err());
    assert!(said.is_empty() && !message.contains('\n'), "{message}");
    message
}

#[test]
fn the_paired_difference_is_the_mean_over_the_common_rows() {
    let (a, b) = (forest(0.6), Said { noise: 2, ..forest(0.7) });
    let comparison = compared(&two(from_ref(&a), from_ref(&b), |_| ()));
    let pair = &comparison.pairs[0];
    let expected: f64 =
        (0..600).map(|row| a.probability(row).ln() - b.probability(row).ln()).sum::<f64>() / 600.0;
    let right = |said: &Said| (0..600).filter(|row| said.probability(*row) > 0.5).count() as f64 / 600.0;
    assert!((pair.difference.log_loss.mean - expected).abs() < 1e-12, "{pair:?}");
    assert!((pair.difference.accuracy.mean - (right(&b) - right(&a))).abs() < 1e-12, "{pair:?}");
    assert!((pair.log_loss - pair.reference_log_loss - expected).abs() < 1e-12);
    assert_eq!((pair.common_rows, pair.relabelled_rows), (600, 0));
    assert_eq!((pair.by_log_loss, pair.by_accuracy), (Finding::Better, Finding::Better));
    assert!(pair.block_length >= 24.0, "twice the horizon");
    let sentence = &comparison.verdicts[0];
    assert!(sentence.starts_with("random_forest of B is better than random_forest of A by log-loss: −0.1"));
    assert!(sentence.contains("nats on 600 common rows; by accuracy it is better: +"), "{sentence}");
    assert_eq!(comparison.notes, ["Not shown to beat every baseline of its run: lstm of A, lstm of B."]);
}

#[test]
fn the_other_way_round_it_is_worse() {
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    let (there, back) = (compared(&runs), runs.compared(&["b", "a"], None));
    assert_eq!(back.pairs[0].by_log_loss, Finding::Worse);
    assert!(back.verdicts[0].contains("random_forest of B is worse than random_forest of A"));
    let sum = there.pairs[0].difference.log_loss.mean + back.pairs[0].difference.log_loss.mean;
    assert!(sum.abs() < 1e-12);
}

#[test]
fn what_only_noise_tells_apart_is_not_told_apart() {
    let comparison = compared(&two(&[forest(0.6)], &[Said { noise: 2, ..forest(0.6) }], |_| ()));
    assert_eq!(comparison.pairs[0].by_log_loss, Finding::NotToldApart);
    assert!(comparison.verdicts[0].contains("of B can't be told apart from random_forest of A"));
    let same = compared(&two(&[forest(0.6)], &[forest(0.6)], |report| report.seed = 43));
    assert!(same.verdicts[0].contains("the same answers as random_forest of A on all 600 common rows"));
}

#[test]
fn rows_of_one_run_alone_do_not_count() {
    let b = Said { rows: 100..800, ..forest(0.7) };
    let runs = two(&[forest(0.6)], from_ref(&b), |report| report.config["validation"] = json!({"folds": 4}));
    let comparison = compared(&runs);
    let pair = &comparison.pairs[0];
    assert_eq!((pair.reference_rows, pair.rows, pair.common_rows), (600, 700, 500));
    let alone = two(&[Said { rows: 100..600, ..forest(0.6) }], &[Said { rows: 100..600, ..b }], |_| ());
    assert_eq!(compared(&alone).pairs[0].difference, pair.difference);
    assert!(compared(&alone).notes[0].starts_with("Not shown"), "all rows are common");
    let part = two(&[forest(0.6)], &[Said { rows: 100..600, ..forest(0.7) }], |_| ());
    assert!(compared(&part).notes[0].starts_with("Of the 600 out-of-sample rows of A and the 500 of B, 500"));
    let note = &comparison.notes[0];
    assert!(note.contains("Of the 600 out-of-sample rows of A and the 700 of B, 500 are common"), "{note}");
    assert!(note.contains("another [validation]") && note.contains("not comparable"), "{note}");
}

#[test]
fn runs_that_were_asked_other_questions_are_not_paired() {
    let changes: [(Change, &str); 4] = [
        (
            |report| report.label.horizon = 24,
            "the label is volatility, 12 bars ahead in A and volatility, 24 bars",
        ),
        (
            |report| {
                report.label.classes =
                    Classes::new(report.label.classes.taxonomy(), vec!["high".to_owned(), "low".to_owned()])
                        .unwrap();
            },
            "the classes are low, high in A and high, low in B",
        ),
        (
            |report| {
                "other".clone_into(&mut report.data.fingerprint);
                "ETHUSDT".clone_into(&mut report.data.symbol);
            },
            "the bars are BTCUSDT 1h in A and ETHUSDT 1h in B",
        ),
        (|report| report.models.retain(|model| model.name == "lstm"), "no model of B answered in every fold"),
    ];
    for (change, expected) in changes {
        let comparison = compared(&two(&[forest(0.6)], &[forest(0.7)], change));
        assert!(comparison.pairs.is_empty());
        let sentence = &comparison.verdicts[0];
        assert!(sentence.starts_with("B can't be compared with A row by row: "), "{sentence}");
        assert!(sentence.contains(expected), "{sentence}");
        assert_eq!(&comparison.not_paired[0].sentence, sentence);
        // The scores are shown nevertheless.
        assert!(
            text(&comparison).contains("A random_forest") && text(&comparison).contains("0.6120 [0.5990")
        );
    }
}

#[test]
fn longer_bars_of_the_same_series_are_compared_where_they_overlap() {
    let longer = |report: &mut Report| "longer".clone_into(&mut report.data.fingerprint);
    let b = Said { rows: 200..900, ..forest(0.7) };
    let comparison = compared(&two(&[forest(0.6)], &[b], longer));
    assert_eq!(comparison.pairs[0].common_rows, 400);
    assert!(comparison.notes[0].contains("other bars"), "{:?}", comparison.notes);
}

#[test]
fn too_few_common_rows_have_no_interval() {
    let b = Said { rows: 550..800, ..forest(0.7) };
    let sentence = compared(&two(&[forest(0.6)], &[b], |_| ())).verdicts[0].clone();
    assert!(sentence.contains("50 are common, and an interval needs 100"), "{sentence}");
    let b = Said { rows: 700..800, ..forest(0.7) };
    let sentence = compared(&two(&[forest(0.6)], &[b], |_| ())).verdicts[0].clone();
    assert!(sentence.contains("none of which is common (A from 2025-"), "{sentence}");
}

#[test]
fn rows_with_another_label_are_left_out_where_the_label_is_learnt_and_refused_otherwise() {
    let swapped = |text: &str| {
        let lines = text.lines().enumerate().map(|(number, line)| {
            let mut fields: Vec<&str> = line.split(',').collect();
            if (300..307).contains(&number) {
                fields[3] = if fields[3] == "low" { "high" } else { "low" };
            }
            fields.join(",")
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    let second = runs.path("runs/b/predictions.csv");
    fs::write(&second, swapped(&fs::read_to_string(&second).unwrap())).unwrap();
    let comparison = compared(&runs);
    assert_eq!((comparison.pairs[0].common_rows, comparison.pairs[0].relabelled_rows), (593, 7));
    assert!(comparison.notes[0].contains("7 rows are left out because their label"));

    let mut other = report("b");
    other.config["label"]["sigma_window"] = json!(99);
    runs.write(&other, &swapped(&predictions(&[forest(0.7)])));
    let sentence = compared(&runs).verdicts[0].clone();
    assert!(sentence.contains("the label of 7 of 600 rows"), "{sentence}");
    assert!(sentence.contains("(label.sigma_window differ)"), "{sentence}");
    runs.write(&other, &predictions(&[forest(0.7)]));
    assert_eq!(compared(&runs).pairs.len(), 1, "the parameter changes no label");
}

#[test]
fn a_model_without_namesake_is_set_against_each() {
    let lstm = |skill| Said { model: "lstm", noise: 3, ..forest(skill) };
    let pairs = |a: &[Said], b: &[Said]| -> Vec<(String, String)> {
        let pairs = compared(&two(a, b, |_| ())).pairs.into_iter();
        pairs.map(|pair| (pair.model, pair.reference_model)).collect()
    };
    let named = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let both = [forest(0.6), lstm(0.6)];
    assert_eq!(pairs(&both, &both), named(&[("random_forest", "random_forest"), ("lstm", "lstm")]));
    assert_eq!(pairs(&both, &both[1..]), named(&[("lstm", "lstm")]));
    assert_eq!(pairs(&both[..1], &both[1..]), named(&[("lstm", "random_forest")]));
    let transformer = Said { model: "transformer", ..lstm(0.7) };
    assert_eq!(
        pairs(&both, &[transformer]),
        named(&[("transformer", "random_forest"), ("transformer", "lstm")])
    );
}

#[test]
fn rows_of_several_folds_belong_together_by_their_folds() {
    let twice = |text: &str| {
        let again = text.lines().skip(1).map(|line| line.replacen(",0,", ",5,", 1).replacen(",1,", ",6,", 1));
        text.lines().map(str::to_owned).chain(again).collect::<Vec<_>>().join("\n")
    };
    let runs = Runs::new();
    runs.write(&report("a"), &twice(&predictions(&[forest(0.6)])));
    runs.write(&report("b"), &twice(&predictions(&[forest(0.7)])));
    let pair = &compared(&runs).pairs[0];
    assert_eq!(pair.common_rows, 1200);
    assert!(pair.block_length >= 48.0, "both rows of a time stay in a block: {}", pair.block_length);
    let mut other = report("b");
    other.validation.folds.truncate(3);
    runs.write(&other, &twice(&predictions(&[forest(0.7)])));
    let sentence = compared(&runs).verdicts[0].clone();
    assert!(sentence.contains("answers rows several times"), "{sentence}");
}

#[test]
fn a_run_without_predictions_is_still_shown() {
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    fs::remove_file(runs.path("runs/a/predictions.csv")).unwrap();
    let comparison = compared(&runs);
    assert_eq!(comparison.verdicts, ["B can't be compared with A row by row: A has no predictions.csv."]);
    assert!(text(&comparison).contains("B random_forest"));
}

#[test]
fn the_seed_moves_the_interval_and_not_the_difference() {
    let runs = two(&[forest(0.6)], &[Said { noise: 2, ..forest(0.62) }], |_| ());
    let of = |seed| runs.compared(&["a", "b"], seed);
    assert_eq!(of(None), of(Some(42)), "the first run's seed");
    assert_eq!(of(None).bootstrap_seed, 42);
    let [one, other] = [of(None), of(Some(1))].map(|comparison| comparison.pairs[0].difference.log_loss);
    assert!((one.mean - other.mean).abs() < 1e-15 && (one.low - other.low).abs() > 1e-9);
}

#[test]
fn what_is_shared_and_what_differs_is_told() {
    let comparison = compared(&two(&[forest(0.6)], &[forest(0.7)], |report| {
        report.seed = 43;
        report.config["seed"] = json!(43);
        report.config["label"]["theta"] = json!(0.5);
        report.data.quality.last = Timestamp::from_millis(0);
    }));
    let part = |name: &str| comparison.parts.iter().find(|part| part.name == name).unwrap().clone();
    assert!(part("Label").same && part("Fingerprint").same && part("Classes").same);
    assert_eq!((part("Seed").same, part("Seed").values), (false, vec!["42".to_owned(), "43".to_owned()]));
    assert!(!part("Period (UTC)").same);
    let keys: Vec<&str> = comparison.config_differences.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(keys, ["label.theta", "seed"]);
    let text = text(&comparison);
    for part in
        ["The same in all:\n  Bars: BTCUSDT 1h\n", "label.theta", "–", "1,234 model × configuration pairs"]
    {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn scores_and_the_nearest_baseline_come_from_the_report() {
    let comparison = compared(&two(&[forest(0.6)], &[forest(0.7)], |_| ()));
    let model = &comparison.runs[0].models[0];
    let scores = model.scores.unwrap();
    assert_eq!((scores.log_loss.mean, scores.ece.unwrap().mean), (Some(0.612), Some(0.0183)));
    let nearest = model.nearest_baseline.as_ref().unwrap();
    assert_eq!(nearest.baseline, "hmm", "the smallest lead");
    assert!((nearest.log_loss.mean.unwrap() + 0.043).abs() < 1e-12);
    assert!(comparison.runs[0].models[2].scores.is_none());
}

fn page(comparison: &RunComparison) -> String {
    render_comparison(comparison).unwrap()
}

#[test]
fn the_page_is_one_file_that_asks_for_nothing_and_says_the_verdict_first() {
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    let html = page(&compared(&runs));
    assert_eq!(html, page(&compared(&runs)));
    assert_balanced(&html.replace("<!doctype html>", ""));
    let without_namespace = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for address in ["http://", "https://", "<script", "<img", "@import", "url(", " src="] {
        assert!(!without_namespace.contains(address), "{address}");
    }
    let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}"));
    let order =
        ["<h1>", "is better than", "id=\"pairs\"", "id=\"scores\"", "<svg role", "id=\"differences\""];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    assert!(html.contains("trainer --config lstm.toml --data BTCUSDT-5m.csv.gz --seed 7"));
    assert!(html.matches("<figure").count() == 2 && html.contains("Accuracy, more is better"));
}

#[test]
fn names_from_users_are_text_and_numbers_that_are_none_are_dashes() {
    let evil = "<script>alert(1)</script>\"'&";
    let runs = two(&[forest(0.6)], &[forest(0.7)], |report| {
        evil.clone_into(&mut report.program_version);
        evil.clone_into(&mut report.models[1].name);
        evil.clone_into(&mut report.models[0].verdict);
        report.command.push(evil.to_owned());
        report.config[evil] = json!(evil);
        report.baselines_left_out.insert(evil.to_owned(), evil.to_owned());
        let metrics = report.models[0].metrics.as_mut().unwrap();
        (metrics.log_loss.mean, metrics.accuracy.low) = (f64::NAN, f64::INFINITY);
        report.models[0].versus.values_mut().for_each(|versus| versus.accuracy.high = f64::NAN);
    });
    let comparison = compared(&runs);
    let html = page(&comparison);
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
    assert_balanced(&html.replace("<!doctype html>", ""));
    for shown in [html, text(&comparison), serde_json::to_string(&comparison).unwrap()] {
        for bad in ["NaN", "inf]", " inf", "Infinity"] {
            assert!(!shown.contains(bad), "{bad} in {shown}");
        }
    }
}

#[test]
fn a_run_is_compared_with_itself_neither_by_another_name_nor_as_a_copy() {
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    let [a, b] = ["a", "b"].map(|name| runs.path(&format!("runs/{name}")));
    for again in [a.clone(), a.join("report.json"), b.join("../a")] {
        let message = refused(&arguments(vec![a.clone(), b.clone(), again]));
        assert!(message.contains("is the same run as"), "{message}");
    }
    fs::create_dir(runs.path("copy")).unwrap();
    fs::copy(a.join("report.json"), runs.path("copy/report.json")).unwrap();
    assert!(refused(&arguments(vec![a, runs.path("copy")])).contains("is the same run as"));
}

#[test]
fn the_page_is_written_whole_and_over_no_file_of_a_run() {
    let runs = two(&[forest(0.6)], &[forest(0.7)], |_| ());
    let [a, b] = ["a", "b"].map(|name| runs.path(&format!("runs/{name}")));
    for taken in [a.join("report.json"), b.join("predictions.csv")] {
        let before = fs::read(&taken).unwrap();
        let message =
            refused(&CompareArguments { html: Some(taken.clone()), ..arguments(vec![a.clone(), b.clone()]) });
        assert!(message.contains("name another file with --html"), "{message}");
        assert_eq!(fs::read(&taken).unwrap(), before);
    }
    let page = runs.path("new/page.html");
    let mut said = Vec::new();
    run(
        &CompareArguments { html: Some(page.clone()), json: true, ..arguments(vec![a.clone(), b]) },
        &mut said,
    )
    .unwrap();
    assert!(fs::read_to_string(&page).unwrap().ends_with("</html>\n"));
    assert_eq!(fs::read_dir(runs.path("new")).unwrap().count(), 1);
    let said: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(said["pairs"][0]["by_log_loss"], "better");

    fs::remove_file(&page).unwrap();
    fs::write(a.join("predictions.csv"), "model,fold\n").unwrap();
    let damaged = CompareArguments { html: Some(page.clone()), ..arguments(vec![a, runs.path("runs/b")]) };
    assert!(refused(&damaged).contains("predictions.csv:1: the predictions are damaged"));
    assert!(!page.exists());
}
