//! The document that says what there is.

use bytes::Bytes;
use serde_json::Value;

/// `OpenAPI` 3.1, without the program's version and the form of a prediction.
const DOCUMENT: &str = include_str!("../../../../schemas/openapi.json");
/// The form of a prediction, the same as in the predictor's files.
const PREDICTION: &str = include_str!("../../../../schemas/prediction.schema.json");

/// The document as text.
pub(crate) fn document() -> Bytes {
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    // Its own definition of a probability is the document's.
    let prediction = PREDICTION.replace("#/$defs/probability", "#/components/schemas/Probability");
    let mut prediction: Value = serde_json::from_str(&prediction).unwrap_or_default();
    if let Some(prediction) = prediction.as_object_mut() {
        prediction.retain(|key, _| key != "$schema" && key != "$defs");
    }
    document["components"]["schemas"]["Prediction"] = prediction;
    Bytes::from(document.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let document: Value = serde_json::from_slice(&document()).unwrap();
        let described: BTreeSet<String> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
            })
            .collect();
        let routes: BTreeSet<String> = include_str!("mod.rs")
            .lines()
            .filter_map(|line| line.trim().strip_prefix(".route(\""))
            .map(|line| {
                let (path, rest) = line.split_once("\", ").unwrap();
                format!("{} {path}", rest.split_once('(').unwrap().0)
            })
            .collect();
        assert!(routes.len() > 25);
        assert_eq!(described, routes);
    }

    #[test]
    fn nothing_is_referred_to_that_is_not_there() {
        let text = String::from_utf8(document().to_vec()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let known = document["components"]["schemas"].as_object().unwrap();
        let mut references = 0;
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(known.contains_key(name), "{name}");
            references += 1;
        }
        assert!(references > 20 && !text.contains("$defs"));
    }
}
