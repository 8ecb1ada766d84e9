//! A strategy beside buy-and-hold and doing nothing.

use evaluation::Economics;

use super::super::markup::{heads, note, number, optional, optional_estimate, row, table as plain_table};
use super::ratio_cell;
use crate::report::document::ModelEconomics;
use crate::report::numbers::{DASH, decimals, grouped, percent, signed, thousands};

pub(super) fn table(one: &ModelEconomics, repeats: bool) -> String {
    let result = &one.result;
    let three = [&result.strategy, &result.buy_and_hold, &result.always_flat];
    let line =
        |name: &str, show: &dyn Fn(&Economics) -> String| row(name, &three.map(|of| number(&show(of))));
    let share = |value: Option<f64>| value.map_or_else(|| DASH.to_owned(), percent);
    let mut rows = vec![row("Sharpe ratio, a year ↑", &three.map(|of| ratio_cell(of.sharpe.as_ref())))];
    let above = optional_estimate(result.sharpe_above_buy_and_hold.as_ref(), |value| signed(value, 2));
    rows.push(row(
        "Above buy-and-hold, on the same draws ↑",
        &[above, String::new(), String::new()].map(|html| number(&html)),
    ));
    rows.extend([
        line("Probabilistic Sharpe ratio ↑", &|of| optional(of.probabilistic_sharpe, 3)),
        line("Deflated Sharpe ratio ↑", &|of| optional(of.deflated_sharpe, 3)),
        line("Return over all periods ↑", &|of| percent(of.net_return)),
        line("The same before costs", &|of| percent(of.gross_return)),
        line("Return a year ↑", &|of| share(of.annual_return)),
        line("Volatility a year", &|of| share(of.annual_volatility)),
        line("Largest drawdown ↓", &|of| percent(of.maximum_drawdown)),
        line("Turnover a year, × capital", &|of| grouped(of.annual_turnover, 1)),
        line("Costs, of capital", &|of| percent(of.costs)),
        line("Break-even costs, bp", &|of| {
            of.break_even_bps.map_or_else(|| DASH.to_owned(), |bps| grouped(bps, 1))
        }),
        line("Hit rate", &|of| share(of.hit_rate)),
        line("Mean exposure", &|of| decimals(of.mean_exposure, 2)),
        line("Time in the market", &|of| percent(of.time_in_market)),
        line("Periods", &|of| thousands(of.periods)),
        line("Independent periods that they are worth", &|of| grouped(of.effective_periods, 0)),
    ]);
    let caption = if repeats {
        "After costs, on the first of the paths through the rows"
    } else {
        "After costs, on the out-of-sample rows"
    };
    let html = [
        plain_table(caption, &heads(&["", "Strategy", "Buy-and-hold", "Always flat"]), &rows),
        note(
            "Probabilistic: probability that the true Sharpe ratio is above zero. Deflated: that it is above what the best \
             of all worthless tries on these bars would show. Break-even: costs of trading at which nothing is left, in \
             hundredths of a percent of the value traded.",
        ),
    ];
    html.concat()
}
