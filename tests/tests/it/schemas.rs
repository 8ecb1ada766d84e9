//! The published schemas, and that they refuse what is never written.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use models::ModelKind;
use serde_json::{Value, json};

use crate::workshop::Workshop;

/// The validator of `schemas/<name>.schema.json`, itself checked.
pub(crate) fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../schemas/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

pub(crate) fn assert_follows(validator: &Validator, document: &Value) {
    let errors = validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path()));
    let errors: Vec<String> = errors.collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Every change of a good document must be refused; a change is a JSON pointer and what to put there, or
/// null to take the member away.
fn assert_refuses(validator: &Validator, document: &Value, changes: &[(&str, Option<Value>)]) {
    assert_follows(validator, document);
    for (pointer, change) in changes {
        let mut changed = document.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = changed.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
        match (parent, change) {
            (Value::Object(map), None) => drop(map.shift_remove(key).expect("it was there")),
            (Value::Object(map), Some(value)) => drop(map.insert(key.to_owned(), value.clone())),
            (parent, _) => parent[key.parse::<usize>().unwrap()] = change.clone().unwrap(),
        }
        assert!(!validator.is_valid(&changed), "accepts {pointer} = {change:?}");
    }
}

#[test]
fn bundles_of_every_model_follow_the_schema() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let validator = schema("manifest");
    let kinds = ModelKind::ALL.map(ModelKind::name);
    for (model, forecasts) in kinds.iter().zip([false, true].iter().cycle()) {
        let models = format!("models=[\"{model}\"]");
        let stride = ["forecast.stride_bars=48"].iter().filter(|_| *forecasts);
        let settings: Vec<&str> = stride.copied().chain([&models[..]]).collect();
        let run = workshop.train(&bars, "out", &settings, &["--keep-folds"]);
        assert_follows(&validator, &run.manifest());
        // The first fold has nothing to calibrate its prediction sets on.
        let fold = fs::read_to_string(run.directory.join("folds/0/manifest.json")).unwrap();
        let fold: Value = serde_json::from_str(&fold).unwrap();
        assert_eq!(fold["core"]["conformal"], Value::Null);
        assert_follows(&validator, &fold);
        assert_follows(&schema("prediction"), &workshop.predict(&run.directory.join("folds/0"), &bars)[0]);
        assert_follows(&schema("report"), &run.report);
    }
}

#[test]
fn the_manifest_schema_is_strict() {
    let workshop = Workshop::new();
    let run = workshop.train(&workshop.market("bench", 4000), "out", &["models=[\"lstm\"]"], &[]);
    let changes = [
        ("/surprise", Some(json!(1))),
        ("/format_version", Some(json!(2))),
        ("/manifest_hash", Some(json!("abc"))),
        ("/content_hash", None),
        ("/core/surprise", Some(json!(1))),
        ("/core/horizon", Some(json!(0))),
        ("/core/timeframe", Some(json!("hourly"))),
        ("/core/classes/names", Some(json!(["alone"]))),
        ("/core/conformal/coverage", Some(json!(1.5))),
        ("/facts/version", Some(json!("1"))),
        ("/facts/created_at", Some(json!(1))),
        ("/facts/metrics/out_of_sample/accuracy/low", Some(Value::Null)),
        ("/facts/data/fingerprint", None),
        ("/schema/columns/0/group", Some(json!("astrology"))),
        ("/schema/columns/0/surprise", Some(json!(1))),
        ("/members", Some(json!([]))),
        ("/members/0/weight", Some(json!(0))),
        ("/members/0/model/kind", Some(json!("oracle"))),
        ("/members/0/model/architecture/lstm_attention/layers", Some(json!(0))),
        ("/files/0/path", Some(json!("../weights"))),
        ("/files/0/path", Some(json!("/weights"))),
        ("/files/0/sha256", Some(json!("abc"))),
    ];
    assert_refuses(&schema("manifest"), &run.manifest(), &changes);
}

#[test]
fn the_prediction_schema_is_strict() {
    let workshop = Workshop::new();
    let bars = workshop.market("bench", 4000);
    let run = workshop.train(&bars, "out", &[], &[]);
    let line = workshop.predict(&run.bundles[0], &bars).swap_remove(0);
    let mut changes = vec![
        ("/surprise".to_owned(), Some(json!(1))),
        ("/probabilities/bearish".to_owned(), Some(json!(1.5))),
        ("/probabilities".to_owned(), Some(json!({"alone": 1.0}))),
        ("/confidence".to_owned(), Some(json!(-0.1))),
        ("/taxonomy".to_owned(), Some(json!("weather"))),
        ("/timestamp".to_owned(), Some(json!("2024-01-01"))),
        ("/source".to_owned(), Some(json!("oracle"))),
        ("/members".to_owned(), Some(json!({}))),
        ("/model_version".to_owned(), Some(json!("random_forest"))),
    ];
    changes.extend(line.as_object().unwrap().keys().map(|key| (format!("/{key}"), None)));
    let changes: Vec<_> = changes.iter().map(|(pointer, value)| (pointer.as_str(), value.clone())).collect();
    assert_refuses(&schema("prediction"), &line, &changes);
}
