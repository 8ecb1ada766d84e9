//! What is left when trading costs more or comes later.

use evaluation::CostPoint;

use super::super::markup::{heads, note, number, optional, row, table};
use crate::report::document::ModelEconomics;
use crate::report::numbers::{DASH, decimals, percent};

pub(super) fn render(one: &ModelEconomics) -> String {
    let points = &one.sensitivity;
    let mut delays: Vec<u64> = points.iter().map(|point| point.delay_bars).collect();
    delays.sort_unstable();
    delays.dedup();
    let mut fees: Vec<f64> = points.iter().map(|point| point.fee_bps).collect();
    fees.sort_by(f64::total_cmp);
    fees.dedup_by(|one, other| one.total_cmp(other).is_eq());
    if fees.is_empty() {
        return String::new();
    }
    let mut columns = vec!["Fee a side, bp".to_owned()];
    for delay in &delays {
        let delay = match delay {
            0 => "at once".to_owned(),
            1 => "1 bar later".to_owned(),
            bars => format!("{bars} bars later"),
        };
        columns.extend([format!("Sharpe ratio, {delay}"), format!("Sum of returns, {delay}")]);
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let rows: Vec<String> = fees
        .iter()
        .map(|fee| {
            let cells = delays.iter().flat_map(|delay| cells(point(points, *fee, *delay)));
            row(&short(*fee), &cells.collect::<Vec<_>>())
        })
        .collect();
    [
        table("The same decisions at other fees and delays", &heads(&columns), &rows),
        note(
            "Delay: bars between the close that decides and the one that trades. A result that needs the very first bar \
             or the lowest fee is not one to trade on.",
        ),
    ]
    .concat()
}

fn point(points: &[CostPoint], fee: f64, delay: u64) -> Option<&CostPoint> {
    points.iter().find(|point| point.fee_bps.total_cmp(&fee).is_eq() && point.delay_bars == delay)
}

fn cells(point: Option<&CostPoint>) -> [String; 2] {
    let net = point.map_or_else(|| DASH.to_owned(), |point| percent(point.net_return));
    [number(&optional(point.and_then(|point| point.sharpe), 2)), number(&net)]
}

/// A fee without decimals that say nothing.
fn short(fee: f64) -> String {
    let text = decimals(fee, 2);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn each_fee_is_a_row_and_each_delay_two_columns() {
        let mut one = sample::report().economics.models[0].clone();
        let html = render(&one);
        assert_eq!(html.matches("<tr>").count(), 1 + 3);
        assert!(html.contains("Sharpe ratio, at once") && html.contains("Sum of returns, 1 bar later"));
        one.sensitivity.pop();
        assert_eq!(render(&one).matches(&number(DASH)).count(), 2);
        one.sensitivity.clear();
        assert!(render(&one).is_empty());
        assert_eq!([short(0.0), short(20.0), short(2.5)], ["0", "20", "2.5"]);
    }
}
