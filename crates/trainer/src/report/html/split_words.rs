//! How the rows were split, in plain sentences, and what a score of such a split is worth.

use evaluation::{SplitScheme, TestBlocks, TrainingWindow};

use super::markup::paragraph;
use crate::report::document::ValidationReport;
use crate::report::numbers::{round_percent, thousands};

/// Paragraphs before the picture of the folds.
pub(super) fn intro(validation: &ValidationReport) -> String {
    let mut html = paragraph(&method(&validation.split, validation.folds.len()));
    if !validation.trains_on_past_only {
        html.push_str(
            "<p><strong>It learns from later rows as well, so it tells how stable a score is, not what would have \
             happened live.</strong></p>\n",
        );
    }
    html.push_str(&paragraph(&rows(validation)));
    html
}

fn method(split: &SplitScheme, folds: usize) -> String {
    match split {
        SplitScheme::WalkForward(scheme) => {
            let blocks = match scheme.blocks {
                TestBlocks::Folds(folds) => format!("{folds} test blocks"),
                TestBlocks::Rows(rows) => format!("test blocks of {} rows", thousands(rows as u64)),
            };
            let window = match scheme.window {
                TrainingWindow::Anchored => "all rows before it",
                TrainingWindow::Rolling => "a window of the rows just before it, which moves along",
            };
            format!(
                "Walk-forward: behind the first {} of the rows, {blocks} follow each other. Each is answered by models \
                 that learned from {window}.",
                round_percent(scheme.initial_train)
            )
        }
        SplitScheme::TimeSeries(scheme) => format!(
            "Expanding k-fold in time order: {} test blocks follow each other. Each is answered by models that \
             learned from all rows before it.",
            scheme.folds
        ),
        SplitScheme::MonteCarlo(scheme) => format!(
            "Monte Carlo: {} times, at a random place, {} of the rows are learned from and the {} right behind them are \
             answered for.",
            scheme.draws,
            round_percent(scheme.train),
            round_percent(scheme.test)
        ),
        SplitScheme::PurgedKFold(scheme) => format!(
            "Purged k-fold: the rows are cut into {} blocks. Each is answered once, by models that learned from all the \
             others, before it and behind it.",
            scheme.folds
        ),
        SplitScheme::Combinatorial(scheme) => format!(
            "Combinatorial purged cross-validation: of {} groups of rows every choice of {} is answered for by models \
             that learned from the others, {folds} folds in all. Their answers make {} paths through all rows.",
            scheme.groups,
            scheme.test_groups,
            scheme.n_paths()
        ),
    }
}

fn rows(validation: &ValidationReport) -> String {
    let folds = &validation.folds;
    let mut sentences = Vec::new();
    if folds.iter().any(|fold| fold.symbol_left_out.is_some()) {
        sentences.push(
            "Each symbol is answered for by models that never saw it: they learned from the other symbols only.".to_owned(),
        );
    }
    let answered = thousands(validation.out_of_sample_rows as u64);
    sentences.push(if validation.repeats_test_rows {
        format!(
            "Rows are answered several times: the {answered} out-of-sample rows below count each answer, and the \
             intervals know that answers to one row hang together."
        )
    } else {
        format!("{answered} out-of-sample rows are answered, each once.")
    });
    sentences.push("Training rows whose label looks into rows that are answered for are purged.".to_owned());
    if folds.iter().any(|fold| fold.embargoed_rows > 0) {
        sentences.push(
            "Training rows behind them are embargoed for as long as they or their features look back into them."
                .to_owned(),
        );
    }
    let left_out = folds.iter().filter(|fold| fold.left_out).count();
    if left_out > 0 {
        sentences.push(format!(
            "{left_out} of {} folds are left out: no score says anything about their rows.",
            folds.len()
        ));
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use evaluation::{Combinatorial, MonteCarlo, PurgedKFold, TimeSeries, WalkForward};

    use super::*;
    use crate::report::sample;

    fn told(split: SplitScheme) -> String {
        let mut validation = sample::report().validation;
        validation.trains_on_past_only = split.trains_on_past_only();
        validation.repeats_test_rows = split.repeats_test_rows();
        validation.split = split;
        intro(&validation)
    }

    #[test]
    fn a_split_that_learns_from_later_rows_says_so() {
        let (later, again) = ("learns from later rows as well", "answered several times");
        let holds = |split| {
            let text = told(split);
            [text.contains(later), text.contains(again)]
        };
        assert_eq!(holds(SplitScheme::WalkForward(WalkForward::default())), [false, false]);
        assert_eq!(holds(SplitScheme::TimeSeries(TimeSeries::default())), [false, false]);
        assert_eq!(holds(SplitScheme::MonteCarlo(MonteCarlo::default())), [false, true]);
        assert_eq!(holds(SplitScheme::PurgedKFold(PurgedKFold::default())), [true, false]);
        assert_eq!(holds(SplitScheme::Combinatorial(Combinatorial::default())), [true, true]);
    }

    #[test]
    fn left_out_folds_and_symbols_are_told() {
        let mut validation = sample::report().validation;
        assert!(!intro(&validation).contains("left out") && !intro(&validation).contains("never saw it"));
        validation.folds[1].left_out = true;
        validation.folds[2].symbol_left_out = Some("ETHUSDT".to_owned());
        let text = intro(&validation);
        assert!(text.contains("1 of 5 folds are left out") && text.contains("never saw it"), "{text}");
    }
}
