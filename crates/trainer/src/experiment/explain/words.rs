//! The strongest contributions to one answer, in words.

use crate::report::{Contribution, Explanation};

/// Contributions that are named on a side.
const NAMED: usize = 3;
/// A side's contributions below this share of its strongest are not worth a word.
const WORTH_A_WORD: f64 = 0.15;

/// What spoke for the predicted class and what against it.
pub(super) fn sentence(explanation: &Explanation) -> String {
    let Explanation { class, probability, unit, base, output, .. } = explanation;
    let list = |positive: bool| {
        let side = explanation.contributions.iter().filter(|c| (c.contribution > 0.0) == positive);
        let side: Vec<&Contribution> = side.filter(|c| c.contribution.abs() > 0.0).collect();
        let least = side.first().map_or(0.0, |c| WORTH_A_WORD * c.contribution.abs());
        let named: Vec<String> =
            side.iter().filter(|c| c.contribution.abs() >= least).take(NAMED).map(|c| named(c)).collect();
        match named.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => "nothing".to_owned(),
        }
    };
    // A minus sign as the rest of the report writes it; names of features and classes keep theirs.
    let number = |value: f64| format!("{value:.3}").replace('-', "−");
    format!(
        "{class} with probability {probability:.2}: the {unit} is {} where {} is usual. For it spoke {}; against it {}.",
        number(*output),
        number(*base),
        list(true),
        list(false)
    )
}

fn named(contribution: &Contribution) -> String {
    let Contribution { feature, share_below, contribution, .. } = contribution;
    let height = match share_below {
        share if *share >= 0.995 => "the highest of the training rows".to_owned(),
        share if *share < 0.005 => "the lowest of the training rows".to_owned(),
        share => format!("above {:.0}% of the training rows", 100.0 * share),
    };
    let signed = format!("{contribution:+.3}").replace('-', "−");
    format!("{feature} ({height}, {signed})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::Timestamp;

    fn contribution(feature: &str, share_below: f64, contribution: f64) -> Contribution {
        Contribution { feature: feature.to_owned(), value: 1.0, share_below, contribution }
    }

    #[test]
    fn both_sides_are_named_by_strength() {
        let mut explanation = Explanation {
            model: "boosting".to_owned(),
            unit: "log-odds".to_owned(),
            symbol: "X".to_owned(),
            time: Timestamp::from_millis(0),
            class: "high".to_owned(),
            actual: "low".to_owned(),
            probability: 0.8,
            base: -0.1,
            output: 1.5,
            contributions: vec![
                contribution("vol", 0.93, 1.2),
                contribution("hour", 0.5, -0.3),
                contribution("atr", 1.0, 0.4),
                contribution("rsi", 0.001, 0.3),
                contribution("tiny", 0.2, 0.1),
            ],
            rest: 0.0,
            others: 0,
            additivity_error: 0.0,
            explained_rows: 1,
            sentence: String::new(),
        };
        assert_eq!(
            sentence(&explanation),
            "high with probability 0.80: the log-odds is 1.500 where −0.100 is usual. For it spoke vol (above 93% of the \
             training rows, +1.200), atr (the highest of the training rows, +0.400) and rsi (the lowest of the training \
             rows, +0.300); against it hour (above 50% of the training rows, −0.300)."
        );
        explanation.contributions.retain(|c| c.contribution > 0.0);
        assert!(sentence(&explanation).ends_with("against it nothing."));
    }
}
