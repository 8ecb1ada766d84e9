//! Where a strategy earns: by predicted class, volatility and month.

use evaluation::GroupEconomics;

use super::super::markup::{bodies, details, group, heads, note, number, row, table};
use super::ratio_cell;
use crate::report::document::ModelEconomics;
use crate::report::numbers::{DASH, decimals, percent, thousands};

const HEADS: [&str; 8] = [
    "",
    "Periods",
    "Sum of returns",
    "Of the market",
    "Sharpe ratio",
    "Hit rate",
    "Mean exposure",
    "Turnover",
];

pub(super) fn render(one: &ModelEconomics) -> String {
    let of = |by: &str| {
        let groups = one.groups.iter().find(|groups| groups.by == by);
        groups.map_or(&[][..], |groups| &groups.groups).iter().map(part).collect::<Vec<String>>()
    };
    let shown: Vec<String> = [
        ("By the predicted class", of("regime")),
        ("By recent volatility: thirds of these bars", of("volatility")),
    ]
    .iter()
    .filter(|(_, rows)| !rows.is_empty())
    .map(|(title, rows)| group(title, HEADS.len(), rows))
    .collect();
    let mut html = String::new();
    if !shown.is_empty() {
        html.push_str(&bodies("Where it comes from, after costs", &heads(&HEADS), &shown));
        html.push_str(&note(
            "Sums of returns are not compounded, so parts add up. The Sharpe ratio of a part is that of a year made of \
             such periods; none has an interval where too few draws hold them.",
        ));
    }
    let months = of("month");
    if !months.is_empty() {
        let summary = format!("{} by month, {} months", one.model, months.len());
        html.push_str(&details(&summary, &table("By month (UTC), after costs", &heads(&HEADS), &months)));
    }
    html
}

fn part(part: &GroupEconomics) -> String {
    row(
        &part.group,
        &[
            number(&thousands(part.periods)),
            number(&percent(part.net_return)),
            number(&percent(part.market_return)),
            ratio_cell(part.sharpe.as_ref()),
            number(&part.hit_rate.map_or_else(|| DASH.to_owned(), percent)),
            number(&decimals(part.mean_exposure, 2)),
            number(&decimals(part.turnover, 1)),
        ],
    )
}
