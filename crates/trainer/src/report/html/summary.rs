//! What the run says, in plain words, before any number.

use std::collections::BTreeSet;

use super::best_features::alarm;
use super::markup::escaped;
use crate::report::document::{ModelReport, Report, Status};

/// How a model did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Good,
    Bad,
    Neutral,
    Failed,
}

impl Mark {
    fn of(model: &ModelReport) -> Self {
        if model.status == Status::Failed {
            Self::Failed
        } else if model.beats_every_baseline {
            Self::Good
        } else if model.versus.values().any(|difference| difference.log_loss.low > 0.0) {
            Self::Bad
        } else {
            Self::Neutral
        }
    }

    /// Style class, sign and words.
    fn shown(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Good => ("good", "✓", "beats every baseline"),
            Self::Bad => ("bad", "✗", "worse than a baseline"),
            Self::Neutral => ("neutral", "=", "not shown to beat every baseline"),
            Self::Failed => ("failed", "!", "failed"),
        }
    }
}

pub(super) fn render(report: &Report) -> String {
    let models: Vec<String> = report.models.iter().map(verdict).collect();
    let told = |sentence: &&String| report.models.iter().all(|model| model.verdict != **sentence);
    let others: Vec<String> = report
        .verdicts
        .iter()
        .filter(told)
        .map(|sentence| format!("<p>{}</p>\n", escaped(sentence)))
        .collect();
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"subtitle\">{} {}, label {}, {} bars ahead · {}</p>\n</header>\n{}{}\
         <section id=\"verdict\" aria-label=\"Verdict\">\n<ul class=\"verdicts\">\n{}</ul>\n{}</section>\n",
        escaped(&report.run),
        escaped(&symbols(report)),
        escaped(&report.data.timeframe),
        escaped(&report.label.kind),
        report.label.horizon,
        escaped(&report.created_at),
        if report.label.shuffled { BANNER } else { "" },
        alarm(&report.label),
        models.concat(),
        others.concat(),
    )
}

/// The symbol, or those of the pool.
fn symbols(report: &Report) -> String {
    if report.pool.is_empty() {
        return report.data.symbol.clone();
    }
    report.pool.iter().map(|data| data.symbol.as_str()).collect::<Vec<_>>().join(", ")
}

const BANNER: &str = "<p class=\"banner\" role=\"alert\"><strong>The training labels were shuffled on purpose.</strong> \
                      This is a negative control: no model can have learned anything. One that still beats a \
                      baseline points to a leak.</p>\n";

fn verdict(model: &ModelReport) -> String {
    item(Mark::of(model).shown(), &model.name, &model.verdict, &failures(model))
}

/// An item of the list of verdicts: style class, sign and words of its mark, whom it is about, the sentence and
/// what follows it.
pub(super) fn item(mark: (&str, &str, &str), who: &str, sentence: &str, html: &str) -> String {
    let (class, sign, words) = mark;
    format!(
        "<li class=\"{class}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span><div><p class=\"who\">{} \
         <span class=\"mark\">{words}</span></p><p>{}</p>{html}</div></li>\n",
        escaped(who),
        escaped(sentence),
    )
}

/// Why a model failed, each reason once.
fn failures(model: &ModelReport) -> String {
    let mut seen = BTreeSet::new();
    let failed = model.folds.iter().filter_map(|fold| Some((fold.fold, fold.failure.as_deref()?)));
    let reasons: Vec<String> = failed
        .filter(|(_, reason)| seen.insert(*reason))
        .map(|(fold, reason)| format!("<li>Fold {fold}: {}</li>", escaped(reason)))
        .collect();
    if reasons.is_empty() {
        String::new()
    } else {
        format!("<ul class=\"reasons\">{}</ul>", reasons.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn each_outcome_has_its_mark() {
        let report = sample::report();
        let marks: Vec<Mark> = report.models.iter().map(Mark::of).collect();
        assert_eq!(marks, [Mark::Good, Mark::Neutral, Mark::Failed]);
        let mut worse = report.models[1].clone();
        worse.versus.values_mut().for_each(|difference| difference.log_loss.low = 0.01);
        assert_eq!(Mark::of(&worse), Mark::Bad);
    }

    #[test]
    fn a_shuffled_label_is_announced_first() {
        let mut report = sample::report();
        assert!(!render(&report).contains("negative control"));
        report.label.shuffled = true;
        let html = render(&report);
        assert!(html.find("negative control") < html.find("verdicts"));
    }

    #[test]
    fn features_that_have_seen_the_outcome_are_announced_first() {
        let mut report = sample::report();
        assert!(!render(&report).contains("seen the outcome"));
        report.label.best_features[0].alarming.push("tomorrow".to_owned());
        let html = render(&report);
        assert!(html.find("seen the outcome").unwrap() < html.find("verdicts").unwrap());
    }
}
