//! Models of later runs against those of the first, on the rows that both answered.

use super::super::interval_mark::Scale;
use super::super::markup::{bodies, escaped, heads, number, row, section, text_head};
use super::super::scores::{DIFFERENCES, difference_cells, difference_heads};
use crate::report::comparison::{PairedModels, RunComparison};
use crate::report::numbers::{decimals, thousands};

pub(super) fn render(comparison: &RunComparison) -> String {
    let pairs = &comparison.pairs;
    if pairs.is_empty() {
        let none = "<p>No model of a later run can be set against one of the first run row by row; the sentences \
                    above say why.</p>\n";
        return section("pairs", "Paired differences", none);
    }
    let scale = Scale::of(pairs.iter().map(|pair| &pair.difference.log_loss));
    let groups: Vec<String> = pairs
        .chunk_by(|a, b| a.run == b.run)
        .map(|group| {
            let rows: Vec<String> = group.iter().map(|pair| compared(pair, scale)).collect();
            let pair = &group[0];
            let head = escaped(&format!(
                "{} minus {}, which have {} and {} out-of-sample rows",
                pair.run,
                pair.reference_run,
                thousands(pair.rows as u64),
                thousands(pair.reference_rows as u64)
            ));
            let head = format!("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"7\">{head}</th></tr>\n");
            format!("<tbody>\n{head}{}</tbody>\n", rows.concat())
        })
        .collect();
    let mut columns = vec![text_head("Model")];
    columns.extend(difference_heads());
    columns.push(heads(&["", "Common rows"])[1].clone());
    let html = [bodies(DIFFERENCES, &columns, &groups), how(comparison)];
    section("pairs", "Paired differences", &html.concat())
}

fn compared(pair: &PairedModels, scale: Scale) -> String {
    let mut cells = difference_cells(&pair.difference, scale);
    cells.push(number(&thousands(pair.common_rows as u64)));
    if pair.model == pair.reference_model {
        row(&pair.model, &cells)
    } else {
        row(&format!("{} against {}", pair.model, pair.reference_model), &cells)
    }
}

fn how(comparison: &RunComparison) -> String {
    let mut blocks: Vec<f64> = comparison.pairs.iter().map(|pair| pair.block_length).collect();
    blocks.sort_unstable_by(f64::total_cmp);
    let mut blocks: Vec<String> = blocks.into_iter().map(|rows| decimals(rows, 1)).collect();
    blocks.dedup();
    format!(
        "<p class=\"note\">Intervals are 95%, from a stationary block bootstrap of the common rows with {} draws (seed \
         {}) and a mean block of {} rows; both models are scored on the same draws. The intervals hold the models fixed: \
         the variance of fitting them again is not in them.</p>\n",
        thousands(comparison.bootstrap_draws as u64),
        comparison.bootstrap_seed,
        blocks.join(" or "),
    )
}
