//! What the models were asked to say.

use market::Timeframe;

use super::best_features;
use super::markup::{bodies, code, details, escaped, facts, group, heads, number, optional, row, section};
use crate::report::document::{LabelReport, Report, SymbolBalance};
use crate::report::numbers::{DASH, decimals, percent, thousands};

pub(super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let label = &report.label;
    let duration = format!(
        "{} bars{}",
        decimals(label.mean_duration_bars, 1),
        length(&report.data.timeframe, label.mean_duration_bars)
    );
    let horizon = format!("{} bars{}", label.horizon, length(&report.data.timeframe, label.horizon as f64));
    let definition = match report.config.get("label") {
        Some(value) => details(
            "Parameters of the definition",
            &format!("<pre>{}</pre>\n", escaped(&serde_json::to_string_pretty(value)?)),
        ),
        None => String::new(),
    };
    let html = [
        if label.shuffled { SHUFFLED.to_owned() } else { String::new() },
        alarm_again(label),
        format!("<p>{} {}</p>\n", code(&label.kind), meaning(&label.kind)),
        facts(&[
            ("Horizon", horizon),
            ("Taxonomy", code(label.classes.taxonomy().name())),
            ("Mean duration of a regime", duration),
            ("Switches per 1,000 bars", decimals(label.switches_per_1000_bars, 1)),
        ]),
        balance(label),
        best_features::render(label),
        definition,
    ];
    Ok(section("label", "Label", &html.concat()))
}

const SHUFFLED: &str = "<p class=\"banner\"><strong>Shuffled on purpose.</strong> The training labels of this run carry \
                        no information; the balance below is that of the true labels.</p>\n";

fn meaning(kind: &str) -> &'static str {
    match kind {
        "forward_direction" => {
            "compares the return over the next bars with a band as wide as the usual noise: above it, inside it or below it."
        }
        "triple_barrier" => {
            "is the barrier that the price touches first: the upper one, the lower one, or neither in time."
        }
        "trend_vol" => "is the trend and the volatility by a rule on recent returns, some bars ahead.",
        "smoothed_trend" => {
            "is the direction of a slow average, some bars ahead. It changes seldom: look at what the price frozen scores."
        }
        "jump" => "is the state of a statistical jump model, some bars ahead.",
        "volatility" => "compares the realised volatility of the next bars with its trailing median.",
        "hmm" => "is the filtered state of a hidden Markov model, some bars ahead.",
        "provided" => "is a column of the user’s own file.",
        _ => "",
    }
}

/// `(12h)` after a count of bars, where the timeframe is known.
fn length(timeframe: &str, bars: f64) -> String {
    let Ok(timeframe) = timeframe.parse::<Timeframe>() else {
        return String::new();
    };
    let hours = bars * timeframe.millis() as f64 / 3_600_000.0;
    let (count, unit) = match hours {
        0.0..1.0 => (hours * 60.0, "minutes"),
        1.0..48.0 => (hours, "hours"),
        48.0.. => (hours / 24.0, "days"),
        _ => return String::new(),
    };
    let count = decimals(count, 1);
    format!(" ({} {unit})", count.strip_suffix(".0").unwrap_or(&count))
}

/// The alarm stands at the top of the page; here it points to the table.
fn alarm_again(label: &LabelReport) -> String {
    if best_features::alarm(label).is_empty() {
        return String::new();
    }
    "<p><strong>Some features have probably seen the outcome: see the best single feature below.</strong></p>\n".to_owned()
}

/// One balance, or that of all symbols and of each.
fn balance(label: &LabelReport) -> String {
    let names = label.classes.names();
    let total: usize = label.counts.iter().sum();
    let all = names.iter().zip(&label.counts).map(|(name, count)| (name.as_str(), *count));
    let duration = |symbol: &SymbolBalance, class: usize| {
        optional(symbol.balance.classes.get(class).map(|class| class.mean_duration_bars), 1)
    };
    let rows = |of: &[(&str, usize)], total: usize, symbol: Option<&SymbolBalance>| -> Vec<String> {
        let shown = of.iter().enumerate().map(|(class, (name, count))| {
            let duration = symbol.map(|symbol| duration(symbol, class));
            class_row(name, *count, total, duration)
        });
        shown.collect()
    };
    let all: Vec<(&str, usize)> = all.collect();
    let groups = match label.symbols.as_slice() {
        [] => vec![group("All rows", COLUMNS, &rows(&all, total, None))],
        [only] => vec![format!("<tbody>\n{}</tbody>\n", rows(&all, total, Some(only)).concat())],
        several => {
            let of_symbol = several.iter().map(|symbol| {
                let classes = &symbol.balance.classes;
                let of: Vec<(&str, usize)> =
                    classes.iter().map(|class| (class.name.as_str(), class.bars)).collect();
                let name = format!(
                    "{}, {} switches per 1,000 bars",
                    symbol.symbol,
                    decimals(symbol.balance.switches_per_1000_bars, 1)
                );
                group(&name, COLUMNS, &rows(&of, symbol.balance.labelled, Some(symbol)))
            });
            std::iter::once(group("All symbols", COLUMNS, &rows(&all, total, None)))
                .chain(of_symbol)
                .collect()
        }
    };
    let mut columns = heads(&["Class", "Rows", "Share", "Mean duration, bars"]);
    columns.push("<td class=\"balance\"></td>".to_owned());
    bodies("Class balance on all usable rows", &columns, &groups)
}

/// Of the table of balances.
const COLUMNS: usize = 5;

fn class_row(name: &str, count: usize, total: usize, duration: Option<String>) -> String {
    let share = count as f64 / total.max(1) as f64;
    let bar =
        format!("<td class=\"text\"><span class=\"bar\" style=\"width:{:.1}%\"></span></td>", share * 100.0);
    let duration = duration.unwrap_or_else(|| DASH.to_owned());
    row(name, &[number(&thousands(count as u64)), number(&percent(share)), number(&duration), bar])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_become_a_length_of_time() {
        assert_eq!(length("5m", 6.0), " (30 minutes)");
        assert_eq!(length("5m", 18.0), " (1.5 hours)");
        assert_eq!(length("1d", 5.0), " (5 days)");
        assert_eq!([length("?", 5.0), length("1d", f64::NAN)], ["", ""]);
    }
}
