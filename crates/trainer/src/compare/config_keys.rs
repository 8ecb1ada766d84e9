//! Configurations as dotted keys, and which of them differ.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::report::ConfigDifference;

/// `label.horizon` and so on, each with its value. A list is one value; a key without a value is left out.
pub(crate) fn flattened(config: &Value) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    collect("", config, &mut flat);
    flat
}

fn collect(key: &str, value: &Value, flat: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(section) => {
            for (name, value) in section {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                collect(&key, value, flat);
            }
        }
        Value::Null => {}
        value => {
            flat.insert(key.to_owned(), value.clone());
        }
    }
}

/// The keys whose value is not the same in every configuration, in order.
pub(crate) fn differences<'a>(configs: impl IntoIterator<Item = &'a Value>) -> Vec<ConfigDifference> {
    let configs: Vec<BTreeMap<String, Value>> = configs.into_iter().map(flattened).collect();
    let mut keys: Vec<&String> = configs.iter().flat_map(BTreeMap::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter()
        .map(|key| ConfigDifference {
            key: key.clone(),
            values: configs.iter().map(|config| config.get(key).cloned()).collect(),
        })
        .filter(|difference| difference.values.windows(2).any(|pair| pair[0] != pair[1]))
        .collect()
}

/// Keys below a section that differ between two configurations.
pub(crate) fn differing_keys(section: &str, a: &Value, b: &Value) -> Vec<String> {
    let inside = |key: &str| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
    differences([a, b]).into_iter().map(|difference| difference.key).filter(|key| inside(key)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_values_that_differ_are_told() {
        let a = json!({"seed": 7, "label": {"kind": "volatility", "horizon": 12, "theta": null}, "models": ["lstm"]});
        let b = json!({"seed": 7, "label": {"kind": "volatility", "horizon": 24}, "models": ["lstm"], "labels": {"x": 1}});
        let told: Vec<(String, Vec<Option<Value>>)> =
            differences([&a, &b]).into_iter().map(|one| (one.key, one.values)).collect();
        assert_eq!(
            told,
            [
                ("label.horizon".to_owned(), vec![Some(json!(12)), Some(json!(24))]),
                ("labels.x".to_owned(), vec![None, Some(json!(1))]),
            ]
        );
        assert_eq!(differing_keys("label", &a, &b), ["label.horizon"]);
    }

    #[test]
    fn the_order_of_keys_is_no_difference() {
        let texts = [r#"{"a": 1, "b": {"c": 2, "d": 3}}"#, r#"{"b": {"d": 3, "c": 2}, "a": 1}"#];
        let [a, b] = texts.map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert!(differences([&a, &b]).is_empty());
    }
}
