//! The final period that nobody looked at.

use evaluation::Metrics;

use super::interval_mark::Scale;
use super::markup::{bodies, escaped, facts, group, heads, instant, paragraph, row, section};
use super::scores::{DIFFERENCES, METRICS, cells, difference_cells, difference_heads};
use crate::report::document::{Report, SealedReport, SealedScores};
use crate::report::numbers::thousands;

pub(super) fn render(report: &Report) -> String {
    let html = match &report.sealed {
        None => "<p>No final period was sealed in this run: every bar was open to whoever chose models, features and \
                 parameters. <code>validation.sealed = { share = 0.1 }</code> keeps one.</p>\n"
            .to_owned(),
        Some(sealed) => period(sealed),
    };
    section("sealed", "Sealed period", &html)
}

fn period(sealed: &SealedReport) -> String {
    let before = if sealed.opened_before.is_empty() {
        "no".to_owned()
    } else {
        escaped(&format!("yes, by {}", sealed.opened_before.join(", ")))
    };
    let numbers = facts(&[
        ("Sealed from (UTC)", instant(sealed.from)),
        ("Usable rows in it", thousands(sealed.rows as u64)),
        ("Opened before", before),
    ]);
    let rest = match (&sealed.scores, sealed.opened_before.is_empty()) {
        (Some(scores), first) => opened(scores, first),
        (None, true) => paragraph(
            "Nobody has looked at it. It is neither learned from nor answered for; --open-seal opens it, once.",
        ),
        (None, false) => paragraph(
            "This run did not look at it, but others did: whoever knows their scores has chosen by them, and it is no \
             test any more.",
        ),
    };
    [numbers, rest].concat()
}

fn opened(scores: &SealedScores, first: bool) -> String {
    let verdicts: Vec<String> = scores.verdicts.iter().map(|verdict| paragraph(verdict)).collect();
    let lead = if first {
        "<p>This run opened it, for the first time.</p>\n"
    } else {
        "<p><strong>This run opened it again.</strong> The first look was the test; this one only repeats it.</p>\n"
    };
    let line = |(name, metrics): (&String, &Metrics)| row(name, &cells(metrics));
    let groups = [
        group("Models", METRICS.len(), &scores.models.iter().map(line).collect::<Vec<_>>()),
        group("Baselines", METRICS.len(), &scores.baselines.iter().map(line).collect::<Vec<_>>()),
    ];
    [
        lead.to_owned(),
        verdicts.concat(),
        bodies("Mean and 95% interval behind the seal", &heads(&METRICS), &groups),
        differences(scores),
    ]
    .concat()
}

fn differences(scores: &SealedScores) -> String {
    let all = scores.versus.values().flat_map(|against| against.values());
    let scale = Scale::of(all.map(|difference| &difference.log_loss));
    let columns = [heads(&["Baseline"]), difference_heads()].concat();
    let groups: Vec<String> = scores
        .versus
        .iter()
        .filter(|(_, against)| !against.is_empty())
        .map(|(model, against)| {
            let rows: Vec<String> = against
                .iter()
                .map(|(name, difference)| row(name, &difference_cells(difference, scale)))
                .collect();
            group(&format!("{model} minus the baseline"), columns.len(), &rows)
        })
        .collect();
    if groups.is_empty() { String::new() } else { bodies(DIFFERENCES, &columns, &groups) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn told(change: impl Fn(&mut SealedReport)) -> String {
        let mut report = sample::report();
        report.sealed.as_mut().map(change);
        render(&report)
    }

    #[test]
    fn a_closed_seal_shows_no_score() {
        let closed = told(|sealed| sealed.scores = None);
        assert!(closed.contains("Nobody has looked at it") && !closed.contains("<table>"), "{closed}");
        let looked = told(|sealed| {
            sealed.scores = None;
            sealed.opened_before = vec!["<early>".to_owned()];
        });
        assert!(
            looked.contains("yes, by &lt;early&gt;") && !looked.contains("Nobody has looked"),
            "{looked}"
        );
    }

    #[test]
    fn an_opened_seal_shows_scores_and_verdicts() {
        let first = told(|_| {});
        assert!(first.contains("for the first time") && first.contains("Sealed period: random_forest beats"));
        assert!(told(|sealed| sealed.opened_before.push("early".to_owned())).contains("opened it again"));
    }

    #[test]
    fn without_a_seal_the_page_says_so() {
        let mut report = sample::report();
        report.sealed = None;
        assert!(render(&report).contains("No final period was sealed"));
    }
}
