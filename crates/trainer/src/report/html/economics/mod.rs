//! What trading on the predictions would have brought, after costs.

mod costs;
mod overfitting;
mod parts;
mod performance;

use evaluation::Estimate;

use super::Drawn;
use super::markup::{escaped, estimate, note, paragraph, section, subsection};
use crate::report::charts::equity_name;
use crate::report::document::{EconomicsReport, ModelEconomics, Report};
use crate::report::numbers::{decimals, signed};

pub(super) fn render(report: &Report, drawn: &Drawn<'_>) -> String {
    let economics = &report.economics;
    if let Some(why) = &economics.not_applicable {
        let text = format!("There is no strategy to judge: {why}.");
        return section("economics", "Economics", &paragraph(&text));
    }
    if economics.models.is_empty() {
        return section("economics", "Economics", "<p>No model has answers to trade on.</p>\n");
    }
    let is_pool = !report.pool.is_empty();
    let sentences: Vec<String> =
        economics.models.iter().map(|one| format!("<p>{}</p>\n", sentence(one, is_pool))).collect();
    let models: Vec<String> = economics
        .models
        .iter()
        .map(|one| model(one, is_pool, report.validation.repeats_test_rows, drawn))
        .collect();
    let html = [sentences.concat(), rule(economics), models.concat(), overfitting::render(report)];
    section("economics", "Economics", &html.concat())
}

fn rule(economics: &EconomicsReport) -> String {
    let rule = note(&format!("The rule: {}.", economics.rule));
    let scope = note(
        "Out-of-sample rows only. No financing, borrowing costs, taxes or market impact; what is traded is the close of \
         the bars. Returns are of one unit of capital.",
    );
    [rule, scope].concat()
}

/// Whose strategy it is.
fn name(one: &ModelEconomics, is_pool: bool) -> String {
    if is_pool { format!("{} on {}", one.model, one.symbol) } else { one.model.clone() }
}

/// The result in one plain sentence.
fn sentence(one: &ModelEconomics, is_pool: bool) -> String {
    let ratio = |estimate: Option<&Estimate>| {
        estimate.map_or_else(
            || "none, as its returns never vary".to_owned(),
            |found| inline(found, |v| decimals(v, 2)),
        )
    };
    let result = &one.result;
    let lead = format!(
        "After costs {} has a Sharpe ratio of {}, buy-and-hold {}",
        escaped(&name(one, is_pool)),
        ratio(result.strategy.sharpe.as_ref()),
        ratio(result.buy_and_hold.sharpe.as_ref())
    );
    match &result.sharpe_above_buy_and_hold {
        None => format!("{lead}; a difference can’t be computed."),
        Some(difference) => {
            let shown = inline(difference, |value| signed(value, 2));
            format!("{lead}; the difference {shown} {}.", against_zero(difference))
        }
    }
}

/// `value [low, high]` in running text.
fn inline(found: &Estimate, show: impl Fn(f64) -> String) -> String {
    match found.low.zip(found.high) {
        Some((low, high)) => format!("{} [{}, {}]", show(found.value), show(low), show(high)),
        None => format!("{} (too few periods for an interval)", show(found.value)),
    }
}

/// Smaller distances from zero are rounding of the arithmetic and no difference.
const ROUNDING: f64 = 1e-9;

/// What the interval of a difference says.
fn against_zero(difference: &Estimate) -> &'static str {
    match difference.low.zip(difference.high) {
        Some((low, high)) if low.abs().max(high.abs()) < ROUNDING => {
            "is none: its returns are those of the market at one constant exposure"
        }
        Some((low, _)) if low > ROUNDING => "is above zero",
        Some((_, high)) if high < -ROUNDING => "is below zero",
        Some((low, high)) if low.is_finite() && high.is_finite() => "can’t be told apart from zero",
        _ => "has no interval, so it says nothing",
    }
}

fn model(one: &ModelEconomics, is_pool: bool, repeats: bool, drawn: &Drawn<'_>) -> String {
    let html = [
        performance::table(one, repeats),
        paths(one),
        drawn.figure(&equity_name(one), "wide"),
        parts::render(one),
        costs::render(one),
    ];
    format!("<article>{}</article>\n", subsection(&name(one, is_pool), &html.concat()))
}

/// Ratios of all paths, where there are several.
fn paths(one: &ModelEconomics) -> String {
    if one.path_sharpe_ratios.len() < 2 {
        return String::new();
    }
    let shown: Vec<String> =
        one.path_sharpe_ratios.iter().map(|ratio| super::markup::optional(*ratio, 2)).collect();
    let mut known: Vec<f64> =
        one.path_sharpe_ratios.iter().flatten().copied().filter(|ratio| ratio.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let spread = match (known.first(), known.last()) {
        (Some(low), Some(high)) => format!(
            ": from {} to {}, {} of {} above zero",
            decimals(*low, 2),
            decimals(*high, 2),
            known.iter().filter(|ratio| **ratio > 0.0).count(),
            known.len()
        ),
        _ => String::new(),
    };
    let lead = format!("Sharpe ratios of the {} paths through the rows{spread}. In order: ", shown.len());
    paragraph(&format!("{lead}{}.", shown.join(", ")))
}

/// A Sharpe ratio in a cell.
fn ratio_cell(found: Option<&Estimate>) -> String {
    super::markup::number(&found.map_or_else(
        || crate::report::numbers::DASH.to_owned(),
        |found| estimate(found, |value| decimals(value, 2)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn of(low: f64, high: f64) -> &'static str {
        against_zero(&Estimate { value: f64::midpoint(low, high), low: Some(low), high: Some(high) })
    }

    #[test]
    fn the_words_follow_the_interval() {
        assert_eq!([of(0.1, 0.5), of(-0.5, -0.1)], ["is above zero", "is below zero"]);
        assert_eq!([of(-0.1, 0.5), of(1e-16, 0.5)], ["can’t be told apart from zero"; 2]);
        assert!(of(-1e-16, 1e-15).starts_with("is none"));
        assert!(against_zero(&Estimate { value: 1.0, low: None, high: None }).contains("no interval"));
        assert!(of(f64::NAN, 0.5).contains("no interval"));
    }

    #[test]
    fn the_plain_sentence_comes_first() {
        let html = render(&sample::report(), &Drawn { charts: &[] });
        let told = "After costs random_forest has a Sharpe ratio of 0.74 [−0.16, 1.64], buy-and-hold 0.69 [−0.21, 1.59]; \
                    the difference +0.05 [−0.35, +0.45] can’t be told apart from zero.";
        assert!(html.find(told).unwrap() < html.find("<table>").unwrap(), "{html}");
    }

    #[test]
    fn several_paths_are_told_and_one_is_not() {
        let mut one = sample::report().economics.models[0].clone();
        assert!(paths(&one).is_empty());
        one.path_sharpe_ratios = vec![Some(0.5), None, Some(-0.25)];
        let html = paths(&one);
        assert!(html.contains("from −0.25 to 0.50, 1 of 2 above zero. In order: 0.50, –, −0.25."), "{html}");
    }
}
