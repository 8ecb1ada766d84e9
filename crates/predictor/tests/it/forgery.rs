//! Manifests whose hashes are right and whose contents are not acceptable.

use std::fs;

use features::{Column, FeatureSchema};
use serde_json::{Value, json};

use crate::bench::Bench;

const MANIFEST: &str = "forest/0.1.0/manifest.json";

/// A change of a manifest.
type Change = fn(&mut Value);

/// Changes the forest's manifest and writes both of its hashes anew, as their documentation says.
fn forge(bench: &Bench, change: impl Fn(&mut Value)) {
    let mut manifest: Value = serde_json::from_str(&bench.read(MANIFEST)).unwrap();
    change(&mut manifest);
    let decisive = json!({
        "format_version": manifest["format_version"],
        "core": manifest["core"],
        "schema": manifest["schema"]["hash"],
        "members": manifest["members"],
        "files": manifest["files"],
    });
    manifest["content_hash"] = json!(durable::sha256_hex(decisive.to_string().as_bytes()));
    manifest["manifest_hash"] = json!("0".repeat(64));
    let blank = serde_json::to_string_pretty(&manifest).unwrap();
    manifest["manifest_hash"] = json!(durable::sha256_hex(blank.as_bytes()));
    bench.write(MANIFEST, serde_json::to_string_pretty(&manifest).unwrap());
}

/// What is said about a bundle with a forged manifest.
fn refused(change: impl Fn(&mut Value)) -> String {
    let bench = Bench::new();
    forge(&bench, change);
    bench.refused("forest", "bars.csv")
}

/// Otherwise the refusals below would only show that the forger gets the hashes wrong.
#[test]
fn a_harmless_change_is_accepted() {
    let bench = Bench::new();
    forge(&bench, |manifest| {
        manifest["facts"]["run"] = json!("another");
        manifest["core"]["conformal"]["score"] = json!(0.5);
    });
    bench.predicted("forest", "bars.csv", "out.jsonl", &[]);
}

#[test]
fn hashes_are_compared() {
    let bench = Bench::new();
    let text = bench.read(MANIFEST).replace("\"run\": \"test\"", "\"run\": \"tess\"");
    bench.write(MANIFEST, text);
    assert!(bench.refused("forest", "bars.csv").contains("manifest.json is damaged"));

    // The manifest's own hash is right again, but what decides predictions was changed.
    let bench = Bench::new();
    let stated: Value = serde_json::from_str(&bench.read(MANIFEST)).unwrap();
    forge(&bench, |manifest| manifest["core"]["horizon"] = json!(9));
    let mut manifest: Value = serde_json::from_str(&bench.read(MANIFEST)).unwrap();
    manifest["content_hash"] = stated["content_hash"].clone();
    manifest["manifest_hash"] = json!("0".repeat(64));
    let blank = serde_json::to_string_pretty(&manifest).unwrap();
    manifest["manifest_hash"] = json!(durable::sha256_hex(blank.as_bytes()));
    bench.write(MANIFEST, serde_json::to_string_pretty(&manifest).unwrap());
    assert!(bench.refused("forest", "bars.csv").contains("content hash"));
}

#[test]
fn paths_that_leave_the_bundle() {
    for path in
        ["../forest/forest.safetensors", "forest/../../x", "/etc/hostname", "./forest/forest.safetensors"]
    {
        let message = refused(|manifest| manifest["files"][0]["path"] = json!(path));
        assert!(message.contains("not a plain file") || message.contains("damaged"), "{path}: {message}");
    }
    // Also when such a file exists and is the right one.
    let bench = Bench::new();
    fs::copy(bench.path("forest/0.1.0/forest/forest.safetensors"), bench.path("forest/outside")).unwrap();
    forge(&bench, |manifest| manifest["files"][0]["path"] = json!("../outside"));
    assert!(bench.refused("forest", "bars.csv").contains("`../outside`"));
}

#[cfg(unix)]
#[test]
fn links_instead_of_files() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    let file = bench.path("forest/0.1.0/forest/forest.safetensors");
    fs::rename(&file, bench.path("elsewhere")).unwrap();
    symlink(bench.path("elsewhere"), &file).unwrap();
    assert!(bench.refused("forest", "bars.csv").contains("not a plain file"));

    // A directory that is a link leads outside just as well.
    let bench = Bench::new();
    let directory = bench.path("forest/0.1.0/forest");
    fs::rename(&directory, bench.path("elsewhere")).unwrap();
    symlink(bench.path("elsewhere"), &directory).unwrap();
    assert!(bench.refused("forest", "bars.csv").contains("not a plain file"));
}

#[test]
fn an_unknown_format() {
    for format in [json!(0), json!(2), json!(1.5), json!("1"), Value::Null] {
        let message = refused(|manifest| manifest["format_version"] = format.clone());
        assert!(message.contains("format") && message.contains("manifest.json"), "{format}: {message}");
    }
}

#[test]
fn features_of_another_program() {
    let columns = |manifest: &Value| -> Vec<Column> {
        serde_json::from_value(manifest["schema"]["columns"].clone()).unwrap()
    };
    let put = |manifest: &mut Value, columns: Vec<Column>| {
        manifest["schema"] = serde_json::to_value(FeatureSchema::new(columns)).unwrap();
    };
    let changed_formula = refused(|manifest| {
        let mut columns = columns(manifest);
        columns[1].formula = "computed in another way".to_owned();
        put(manifest, columns);
    });
    assert!(changed_formula.contains("schema") && changed_formula.contains("vol_20"), "{changed_formula}");
    let other_order = refused(|manifest| {
        let mut columns = columns(manifest);
        columns.swap(0, 1);
        put(manifest, columns);
    });
    assert!(other_order.contains("returns_1"), "{other_order}");
    let one_less = refused(|manifest| {
        let mut columns = columns(manifest);
        columns.pop();
        put(manifest, columns);
    });
    assert!(one_less.contains("close_position"), "{one_less}");
    let unknown = refused(|manifest| manifest["core"]["features"]["sets"] = json!(["astrology"]));
    assert!(unknown.contains("astrology"), "{unknown}");
}

#[test]
fn parts_that_do_not_fit() {
    let changes: [(&str, Change); 8] = [
        ("no member", |m| m["members"] = json!([])),
        ("a weight of zero", |m| m["members"][0]["weight"] = json!(0.0)),
        ("another number of classes", |m| m["core"]["classes"]["names"] = json!(["a", "b", "c"])),
        ("another number of features", |m| m["members"][0]["model"]["n_features"] = json!(5)),
        ("another kind of model", |m| m["members"][0]["model"]["kind"] = json!("lstm")),
        ("another member's files", |m| m["members"][0]["name"] = json!("other")),
        ("an unknown key", |m| m["surprise"] = json!(1)),
        ("one class", |m| m["core"]["classes"]["names"] = json!(["a"])),
    ];
    for (what, change) in changes {
        let message = refused(change);
        assert!(!message.is_empty(), "{what}");
    }
}

#[test]
fn a_manifest_that_is_none() {
    let bench = Bench::new();
    for text in ["", "{}", "[]", "null", "not JSON", "{\"format_version\": 1}"] {
        bench.write(MANIFEST, text);
        assert!(bench.refused("forest", "bars.csv").contains("manifest.json"));
    }
}
