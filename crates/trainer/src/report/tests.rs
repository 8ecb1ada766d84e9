//! What must hold for every report.

use market::{Classes, Taxonomy};
use serde_json::Value;

use super::document::{EconomicsReport, Report, Status};
use super::sample::NO_ESTIMATE;
use super::{Rendered, render, sample};

fn image<'a>(rendered: &'a Rendered, name: &str) -> &'a [u8] {
    &rendered.images.iter().find(|(known, _)| known == name).expect("there is such an image").1
}

/// Names without their ending, and contents.
fn of_kind<'a>(rendered: &'a Rendered, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    let images = rendered.images.iter();
    images.filter_map(move |(name, bytes)| Some((name.strip_suffix(ending)?, bytes.as_slice())))
}

fn svg<'a>(rendered: &'a Rendered, name: &str) -> &'a str {
    std::str::from_utf8(image(rendered, name)).unwrap()
}

/// Every tag is closed, in order.
pub(crate) fn assert_balanced(text: &str) {
    let mut open = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("every < has its >");
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') || name.starts_with('!') => {}
            None if matches!(name, "meta" | "link") => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn every_chart_comes_as_svg_and_png() {
    let rendered = render(&sample::report()).unwrap();
    let names: Vec<&str> = rendered.images.iter().map(|(name, _)| name.as_str()).collect();
    let stems = [
        "confusion_matrix_random_forest",
        "feature_importance_random_forest",
        "explanation_random_forest",
        "reliability_random_forest",
        "log_loss_by_month_random_forest",
        "confusion_matrix_lstm",
        "feature_importance_lstm",
        "reliability_lstm",
        "log_loss_by_month_lstm",
        "ensemble_weights",
        "folds",
        "equity_random_forest_BTCUSDT",
        "timeline",
    ];
    let expected: Vec<String> =
        stems.iter().flat_map(|stem| [format!("{stem}.png"), format!("{stem}.svg")]).collect();
    assert_eq!(names, expected);
}

#[test]
fn svgs_are_well_formed_and_name_the_classes() {
    let rendered = render(&sample::report()).unwrap();
    for (name, bytes) in of_kind(&rendered, ".svg") {
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.starts_with("<svg role=\"img\"") && text.contains("<title>"), "{name}");
        assert_balanced(text);
    }
    for name in ["confusion_matrix_lstm.svg", "timeline.svg"] {
        assert!(svg(&rendered, name).contains("low") && svg(&rendered, name).contains("high"), "{name}");
    }
}

#[test]
fn pngs_are_twice_the_size_of_their_svgs() {
    let rendered = render(&sample::report()).unwrap();
    for (name, bytes) in of_kind(&rendered, ".png") {
        assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{name}");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let (width, height) = (number(16) / 2, number(20) / 2);
        let text = svg(&rendered, &format!("{name}.svg"));
        assert!(text.contains(&format!("width=\"{width}\" height=\"{height}\" viewBox")), "{name}");
    }
}

#[test]
fn equal_reports_give_equal_bytes() {
    let (one, other) = (render(&sample::report()).unwrap(), render(&sample::report()).unwrap());
    assert_eq!(one.html, other.html);
    assert_eq!(one.json, other.json);
    assert!(one.images == other.images);
}

#[test]
fn the_page_is_one_file_and_asks_for_nothing() {
    let html = render(&sample::report()).unwrap().html;
    assert_balanced(&html.replace("<!doctype html>", ""));
    let without_namespace = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for address in ["http://", "https://", "<script", "<img", "@import", "url(", " src="] {
        assert!(!without_namespace.contains(address), "{address}");
    }
}

#[test]
fn the_verdict_comes_before_the_scores() {
    let html = render(&sample::report()).unwrap().html;
    let at = |text: &str| html.find(text).unwrap();
    let order =
        ["<h1>", "class=\"verdicts\"", "id=\"scores\"", "id=\"label\"", "id=\"folds\"", "id=\"models\""];
    let linked = html.match_indices("href=\"#").map(|(place, start)| &html[place + start.len()..]);
    for id in linked.filter_map(|rest| Some(rest.split_once('"')?.0)) {
        assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    assert!(html.contains("1,234 model × configuration pairs have been scored"));
}

/// Of the first model, which has the same name.
fn evil_importance(report: &mut Report, evil: &str) {
    let theirs = report.feature_importance.iter_mut().filter(|row| row.model == "random_forest");
    theirs.for_each(|row| evil.clone_into(&mut row.model));
    let theirs = report.cluster_importance.iter_mut().filter(|row| row.model == "random_forest");
    theirs.for_each(|row| evil.clone_into(&mut row.model));
    evil.clone_into(&mut report.feature_importance[0].feature);
    evil.clone_into(&mut report.feature_clusters[0].features[0]);
    let explained = &mut report.explanations[0];
    let texts = [
        &mut explained.model,
        &mut explained.unit,
        &mut explained.symbol,
        &mut explained.class,
        &mut explained.actual,
        &mut explained.sentence,
        &mut explained.contributions[0].feature,
    ];
    for text in texts {
        evil.clone_into(text);
    }
}

#[test]
fn names_from_users_are_text_and_never_markup() {
    let evil = "<script>alert(1)</script>\"'&";
    let mut report = sample::report();
    evil.clone_into(&mut report.data.symbol);
    evil.clone_into(&mut report.data.path);
    evil.clone_into(&mut report.run);
    evil.clone_into(&mut report.models[0].name);
    evil_importance(&mut report, evil);
    report.models[2].folds[2].failure = Some(evil.to_owned());
    report.pool = vec![report.data.clone(), report.data.clone()];
    for best in &mut report.label.best_features {
        evil.clone_into(&mut best.symbol);
        evil.clone_into(&mut best.feature);
        best.alarming.push(evil.to_owned());
    }
    for symbol in &mut report.label.symbols {
        evil.clone_into(&mut symbol.symbol);
        evil.clone_into(&mut symbol.balance.classes[0].name);
    }
    report.label.symbols.push(report.label.symbols[0].clone());
    for group in report.models[0].groups.iter_mut().flat_map(|group| &mut group.groups) {
        evil.clone_into(&mut group.group);
    }
    let fold = &mut report.validation.folds[1];
    (fold.left_out, fold.symbol_left_out) = (true, Some(evil.to_owned()));
    fold.notes.push(evil.to_owned());
    report.changed_bars.insert(evil.to_owned(), NO_ESTIMATE);
    let economics = &mut report.economics;
    evil.clone_into(&mut economics.rule);
    evil.clone_into(&mut economics.models[0].symbol);
    evil.clone_into(&mut economics.models[0].model);
    evil.clone_into(&mut economics.models[0].groups[0].groups[0].group);
    economics.sharpe_ratios.insert(evil.to_owned(), 0.5);
    economics.overfitting = None;
    economics.overfitting_missing = Some(evil.to_owned());
    let sealed = report.sealed.as_mut().unwrap();
    sealed.opened_before.push(evil.to_owned());
    sealed.scores.as_mut().unwrap().verdicts.push(evil.to_owned());
    report.config = serde_json::json!({ "label": evil });
    report.label.classes = Classes::new(Taxonomy::Provided, vec![evil.to_owned(), "b".to_owned()]).unwrap();
    let rendered = render(&report).unwrap();
    assert!(!rendered.html.contains("<script") && rendered.html.contains("&lt;script&gt;"));
    assert!(
        rendered.html.contains("One prediction, taken apart") && rendered.html.contains("Shuffled together")
    );
    assert_balanced(&rendered.html.replace("<!doctype html>", ""));
    for (name, _) in &rendered.images {
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)), "{name}");
    }
    for (_, bytes) in of_kind(&rendered, ".svg") {
        assert_balanced(std::str::from_utf8(bytes).unwrap());
    }
}

#[test]
fn a_run_without_any_fitted_model_is_reported() {
    let mut report = sample::report();
    report.models.retain(|model| model.status == Status::Failed);
    report.timeline.clear();
    report.feature_importance.clear();
    report.feature_clusters.clear();
    report.cluster_importance.clear();
    report.explanations.clear();
    report.economics = EconomicsReport {
        not_applicable: Some("none of the classes <up> says which way the price goes".to_owned()),
        ..EconomicsReport::default()
    };
    report.changed_bars.clear();
    report.ensemble = None;
    report.sealed = None;
    let rendered = render(&report).unwrap();
    assert!(rendered.html.contains("training diverged in epoch 3"));
    assert!(
        rendered.html.contains("none of the classes &lt;up&gt; says which way the price goes"),
        "why there is no strategy"
    );
    assert_eq!(rendered.images.len(), 2);
    assert_balanced(&rendered.html.replace("<!doctype html>", ""));
}

#[test]
fn a_fold_that_is_left_out_is_seen_with_its_reason() {
    let mut report = sample::report();
    let before = render(&report).unwrap();
    assert!(!svg(&before, "folds.svg").contains("left out") && !before.html.contains("left out:"));
    let fold = &mut report.validation.folds[3];
    fold.left_out = true;
    fold.notes.push("class high is missing from its training rows".to_owned());
    let after = render(&report).unwrap();
    let chart = svg(&after, "folds.svg");
    assert!(chart.contains("left out: class high is missing"), "the reason is in the picture");
    assert!(chart.matches("<polyline").count() > svg(&before, "folds.svg").matches("<polyline").count() + 20);
    assert!(after.html.contains("<li>Fold 3: class high is missing from its training rows</li>"));
    assert!(after.html.contains("left out; class high is missing from its training rows</td>"));
}

#[test]
fn a_pool_shows_every_symbol() {
    let mut report = sample::report();
    let mut other = report.data.clone();
    "ETHUSDT".clone_into(&mut other.symbol);
    report.pool = vec![report.data.clone(), other];
    let mut balance = report.label.symbols[0].clone();
    "ETHUSDT".clone_into(&mut balance.symbol);
    report.label.symbols.push(balance);
    let mut one = report.economics.models[0].clone();
    "ETHUSDT".clone_into(&mut one.symbol);
    report.economics.models.push(one);
    let rendered = render(&report).unwrap();
    for text in [
        "BTCUSDT, ETHUSDT 1h",
        "<h3>ETHUSDT</h3>",
        "ETHUSDT, 26.7 switches",
        "After costs random_forest on ETHUSDT has",
    ] {
        assert!(rendered.html.contains(text), "{text}");
    }
    assert!(!image(&rendered, "equity_random_forest_ETHUSDT.png").is_empty());
    assert_balanced(&rendered.html.replace("<!doctype html>", ""));
}

#[test]
fn every_part_of_the_document_is_on_the_page() {
    let html = render(&sample::report()).unwrap().html;
    for text in [
        "0.267 <span class=\"range\">[0.237, 0.297]",
        "0.0183 <span class=\"range\">[0.0123, 0.0243]",
        "Parts of the Brier score",
        "Accuracy where the model is surest",
        "62.0% <span class=\"range\">[58.0%, 66.0%]",
        "By change: the class that came",
        "Changed bars",
        "realised_volatility_rank",
        "Mean duration, bars",
        "Embargoed",
        "Deflated Sharpe ratio",
        "<td>+0.05 <span class=\"range\">[−0.35, +0.45]",
        "Sharpe ratio, 1 bar later",
        "Sealed period: random_forest beats every baseline",
        "0.02890 <span class=\"range\">[0.02433, 0.03347]",
        "All 5 clusters of features that move together",
        "One prediction, taken apart",
        "random_forest calls high mostly because",
        "the largest difference is 4.4e−16",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn not_a_number_is_never_shown() {
    let rendered = render(&sample::broken()).unwrap();
    let svgs = of_kind(&rendered, ".svg").map(|(_, bytes)| std::str::from_utf8(bytes).unwrap());
    for text in svgs.chain([rendered.html.as_str(), rendered.json.as_str()]) {
        for bad in ["NaN", ">inf", " inf", "-inf", "−inf"] {
            assert!(!text.contains(bad), "{bad}");
        }
    }
}

fn validator() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn report_json_follows_its_schema() {
    let validator = validator();
    let mut report = sample::report();
    report.validation.folds[0].early_stopping = None;
    report.git.commit = None;
    let document: Value = serde_json::from_str(&render(&report).unwrap().json).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_schema_refuses_what_the_document_never_holds() {
    let validator = validator();
    let document: Value = serde_json::from_str(&render(&sample::report()).unwrap().json).unwrap();
    let changes: [fn(&mut Value); 9] = [
        |document| document["surprise"] = Value::from(1),
        |document| document["models"][0]["surprise"] = Value::from(1),
        |document| document["models"][0]["status"] = Value::from("maybe"),
        |document| document["models"][0]["metrics"]["log_loss"]["low"] = Value::Null,
        |document| document["seed"] = Value::from("42"),
        |document| document["feature_importance"][0]["permutation"] = Value::from(0.1),
        |document| document["feature_clusters"][0]["features"] = Value::from(Vec::<String>::new()),
        |document| document["cluster_importance"][0]["cluster"] = Value::from(-1),
        |document| document["explanations"][0]["contributions"][0]["surprise"] = Value::from(1),
    ];
    for change in changes {
        let mut changed = document.clone();
        change(&mut changed);
        assert!(!validator.is_valid(&changed));
    }
}
