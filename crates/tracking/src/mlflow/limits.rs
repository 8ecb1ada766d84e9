//! What the server takes at once, and how long names and values may be.

use std::collections::BTreeMap;

use crate::entry::Metric;

/// Metrics in a batch.
const METRICS: usize = 1000;
/// Parameters in a batch.
const PARAMS: usize = 100;
/// Characters of a name.
const KEY: usize = 250;
/// Characters of a parameter; longer ones are cut, and whole in a file.
const PARAM: usize = 6000;
/// Characters of a tag.
const TAG: usize = 8000;

/// A name that the server takes: other characters become `_`, what is too long is cut.
pub(super) fn key(name: &str) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-. :/".contains(letter);
    name.chars().take(KEY).map(|letter| if is_allowed(letter) { letter } else { '_' }).collect()
}

/// A value that fits, and whether it was cut. What was cut says so.
pub(super) fn param(value: &str) -> (String, bool) {
    cut(value, PARAM)
}

/// A tag that fits.
pub(super) fn tag(value: &str) -> String {
    cut(value, TAG).0
}

fn cut(value: &str, most: usize) -> (String, bool) {
    let length = value.chars().count();
    if length <= most {
        return (value.to_owned(), false);
    }
    let note = format!("… (cut, {length} characters)");
    let kept: String = value.chars().take(most - note.chars().count()).collect();
    (kept + &note, true)
}

/// Metrics with their times, at most a thousand together.
pub(crate) fn batches(metrics: &[(i64, Metric)]) -> impl Iterator<Item = &[(i64, Metric)]> {
    metrics.chunks(METRICS)
}

/// Parameters, at most a hundred together.
pub(super) fn param_batches(params: &BTreeMap<String, String>) -> Vec<Vec<(&String, &String)>> {
    params.iter().collect::<Vec<_>>().chunks(PARAMS).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit() {
        assert_eq!(key("loss (train), σ"), "loss _train__ _");
        assert_eq!(key(&"x".repeat(300)).len(), 250);
    }

    #[test]
    fn what_is_cut_says_so() {
        let (kept, was_cut) = param(&"ä".repeat(7000));
        assert!(was_cut && kept.chars().count() == 6000 && kept.ends_with("… (cut, 7000 characters)"));
        assert_eq!(param("short"), ("short".to_owned(), false));
    }
}
