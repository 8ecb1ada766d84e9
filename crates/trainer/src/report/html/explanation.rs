//! One prediction of a model, taken apart: in words, as a picture and as numbers.

use super::Drawn;
use super::markup::{details, escaped, facts, heads, instant, note, number, paragraph, row, table, topic};
use crate::report::charts::file_name;
use crate::report::document::{Explanation, ModelReport, Report};
use crate::report::numbers::{decimals, percent, signed, significant, thousands, whole_percent};

const HOW_TO_READ: &str = "From the mean output on training rows (base) to the output for this bar, before calibration: \
                           each bar is what one feature adds or takes away. Beside a feature’s name is its value, and the \
                           share of training rows with a smaller one.";

pub(super) fn render(report: &Report, model: &ModelReport, drawn: &Drawn<'_>) -> String {
    let Some(explained) = report.explanation_of(&model.name) else {
        return String::new();
    };
    let bar = format!("{}, closed {} UTC", explained.symbol, instant(explained.time));
    let predicted = format!("{}, {}", explained.class, percent(explained.probability));
    let numbers = table(
        &format!("What each feature adds, in {}", explained.unit),
        &heads(&["", "Value", "Training rows below", "Contribution"]),
        &rows(explained),
    );
    let beside = [
        facts(&[
            ("Bar", escaped(&bar)),
            ("Predicted, after calibration", escaped(&predicted)),
            ("What came", escaped(&explained.actual)),
        ]),
        note(HOW_TO_READ),
        note(&additivity(explained)),
        details("The same as numbers", &numbers),
    ];
    let html = [
        paragraph(&explained.sentence),
        "<div class=\"side-by-side\">\n".to_owned(),
        drawn.figure(&file_name("explanation", &model.name), ""),
        format!("<div class=\"beside\">\n{}</div>\n</div>\n", beside.concat()),
    ];
    topic("One prediction, taken apart", &html.concat())
}

/// How exactly the parts make up the whole.
fn additivity(explained: &Explanation) -> String {
    let rows = match explained.explained_rows {
        1 => "the one row that was explained".to_owned(),
        rows => format!("{} explained rows", thousands(rows as u64)),
    };
    format!(
        "Base and contributions add up to the output: over {rows} the largest difference is {}. They are SHAP values, \
         computed exactly from the trees (path-dependent): they tell how the model came to its answer, not what moves \
         the market.",
        significant(explained.additivity_error, 3)
    )
}

/// Base, contributions, rest and output.
fn rows(explained: &Explanation) -> Vec<String> {
    let line =
        |name: &str, value: &str, below: &str, added: &str| row(name, &[value, below, added].map(number));
    let mut rows = vec![line("base", "", "", &decimals(explained.base, 5))];
    rows.extend(explained.contributions.iter().map(|one| {
        let (value, below) = (significant(one.value, 5), whole_percent(one.share_below));
        line(&one.feature, &value, &below, &signed(one.contribution, 5))
    }));
    if explained.others > 0 {
        let others = format!("{} others", thousands(explained.others as u64));
        rows.push(line(&others, "", "", &signed(explained.rest, 5)));
    }
    rows.push(line("output", "", "", &decimals(explained.output, 5)));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn shown(report: &Report, place: usize) -> String {
        render(report, &report.models[place], &Drawn { charts: &[] })
    }

    #[test]
    fn the_sentence_comes_first_and_the_check_is_told() {
        let report = sample::report();
        let html = shown(&report, 0);
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text} in {html}"));
        let sentence = escaped(&report.explanations[0].sentence);
        assert!(at("One prediction, taken apart") < at(&sentence) && at(&sentence) < at("What came"));
        assert!(html.contains("over 2,000 explained rows the largest difference is 4.4e−16."));
        assert!(html.contains("<td>+0.09120</td>") && html.contains(">12 others</th>"));
    }

    #[test]
    fn a_model_without_an_explanation_shows_nothing() {
        assert!(shown(&sample::report(), 1).is_empty());
    }

    #[test]
    fn nothing_is_said_of_others_where_there_are_none() {
        let mut report = sample::report();
        report.explanations[0].others = 0;
        assert!(!shown(&report, 0).contains("others"));
        report.explanations[0].explained_rows = 1;
        assert!(shown(&report, 0).contains("over the one row that was explained"));
    }
}
