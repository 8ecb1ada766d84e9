//! Does a model beat the baselines, in plain words?

use std::collections::BTreeMap;

use crate::report::{Difference, Interval};

/// The sentence, and whether the model's log-loss is below every baseline's with the whole interval.
pub(crate) fn verdict(model: &str, versus: &BTreeMap<String, Difference>) -> (String, bool) {
    let group = |belongs: fn(&Interval) -> bool| -> Vec<String> {
        versus
            .iter()
            .filter(|(_, difference)| belongs(&difference.log_loss))
            .map(|(name, difference)| format!("{name} ({})", signed(&difference.log_loss)))
            .collect()
    };
    let beaten = group(|difference| difference.high < 0.0);
    let beats_it = group(|difference| difference.low > 0.0);
    let open = group(|difference| difference.low <= 0.0 && difference.high >= 0.0);
    let all = beats_it.is_empty() && open.is_empty();
    let mut parts = Vec::new();
    if !beaten.is_empty() {
        parts.push(format!("it beats {}", beaten.join(" and ")));
    }
    if !beats_it.is_empty() {
        parts.push(format!("it is worse than {}", beats_it.join(" and ")));
    }
    if !open.is_empty() {
        parts.push(format!("it can't be told apart from {}", open.join(" and ")));
    }
    let headline =
        if all { "beats every baseline out of sample" } else { "does not beat every baseline out of sample" };
    let unit = "log-loss difference in nats with its 95% interval";
    (format!("{model} {headline}: {} ({unit}).", parts.join("; ")), all)
}

/// `−0.031 [−0.040, −0.022]`
fn signed(interval: &Interval) -> String {
    format!("{:+.4} [{:+.4}, {:+.4}]", interval.mean, interval.low, interval.high).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(low: f64, high: f64) -> Difference {
        let log_loss = Interval { mean: f64::midpoint(low, high), low, high };
        Difference { log_loss, accuracy: log_loss }
    }

    fn versus(differences: [(&str, f64, f64); 2]) -> BTreeMap<String, Difference> {
        differences.map(|(name, low, high)| (name.to_owned(), difference(low, high))).into()
    }

    #[test]
    fn beats_only_with_the_whole_interval() {
        let (text, all) = verdict("lstm", &versus([("majority", -0.2, -0.1), ("persistence", -0.03, -0.01)]));
        assert!(
            all && text.starts_with("lstm beats every baseline out of sample: it beats majority (−0.1500")
        );
        let (text, all) = verdict("lstm", &versus([("majority", -0.2, -0.1), ("persistence", -0.03, 0.01)]));
        assert!(!all && text.contains("does not beat every baseline"), "{text}");
        assert!(text.contains("can't be told apart from persistence"), "{text}");
        let (text, all) = verdict("lstm", &versus([("majority", 0.1, 0.2), ("persistence", -0.03, -0.01)]));
        assert!(!all && text.contains("worse than majority"), "{text}");
    }
}
