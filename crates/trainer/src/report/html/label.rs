//! What the models were asked to say.

use market::Timeframe;

use super::markup::{code, details, escaped, facts, heads, number, row, section, table};
use crate::report::document::{LabelReport, Report};
use crate::report::numbers::{decimals, percent, thousands};

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
        format!("<p>{} {}</p>\n", code(&label.kind), meaning(&label.kind)),
        facts(&[
            ("Horizon", horizon),
            ("Taxonomy", code(label.classes.taxonomy().name())),
            ("Mean duration of a regime", duration),
            ("Switches per 1,000 bars", decimals(label.switches_per_1000_bars, 1)),
        ]),
        balance(label),
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

fn balance(label: &LabelReport) -> String {
    let total: usize = label.counts.iter().sum();
    let rows: Vec<String> = label
        .classes
        .names()
        .iter()
        .zip(&label.counts)
        .map(|(name, count)| {
            let share = *count as f64 / total.max(1) as f64;
            let bar = format!(
                "<td class=\"text\"><span class=\"bar\" style=\"width:{:.1}%\"></span></td>",
                share * 100.0
            );
            row(name, &[number(&thousands(*count as u64)), number(&percent(share)), bar])
        })
        .collect();
    let mut columns = heads(&["Class", "Rows", "Share"]);
    columns.push("<td class=\"balance\"></td>".to_owned());
    table("Class balance on all usable rows", &columns, &rows)
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
