//! `predictor export`: a history as a table.

use anyhow::{Result, bail};
use data::{ColumnValues, OutputColumn};
use history::{Filter, Reader, Recorded};
use market::Timestamp;

use crate::cli::ExportArguments;

/// Rows that are read at a time.
const PAGE: usize = 5000;

/// Writes the predictions of a history, oldest first, with one column for each class's probability. Answers with one line.
pub(crate) fn run(arguments: &ExportArguments) -> Result<String> {
    data::check_table_path(&arguments.output, std::slice::from_ref(&arguments.history))?;
    let rows = read(arguments)?;
    if rows.is_empty() {
        bail!("{} holds no such prediction", arguments.history.display());
    }
    let mut classes: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| &row.classes) {
        if !classes.contains(&name.as_str()) {
            classes.push(name);
        }
    }
    let names: Vec<String> = classes.iter().map(|class| format!("p_{class}")).collect();
    let sets: Vec<Option<String>> = rows.iter().map(set).collect();
    let class_of = |row: usize, class: u8| rows[row].classes.get(usize::from(class)).map(String::as_str);
    let column = |name, values| OutputColumn { name, values };
    let mut columns = vec![
        column("timestamp", ColumnValues::Times(Box::new(|row| rows[row].timestamp))),
        column("symbol", ColumnValues::Texts(Box::new(|row| Some(&rows[row].symbol)))),
        column("model_version", ColumnValues::Texts(Box::new(|row| Some(&rows[row].model_version)))),
        column("content_hash", ColumnValues::Texts(Box::new(|row| Some(&rows[row].content_hash)))),
        column("predicted_regime", ColumnValues::Texts(Box::new(|row| class_of(row, rows[row].regime)))),
    ];
    for (name, class) in names.iter().zip(&classes) {
        let rows = &rows;
        let p = move |row: usize| {
            let place = rows[row].classes.iter().position(|known| known == class)?;
            rows[row].probabilities.get(place).copied()
        };
        columns.push(column(name.as_str(), ColumnValues::Numbers(Box::new(p))));
    }
    columns.extend([
        column("prediction_set", ColumnValues::Texts(Box::new(|row| sets[row].as_deref()))),
        column("source", ColumnValues::Texts(Box::new(|row| Some(&rows[row].source)))),
        column("fallback_level", ColumnValues::Integers(Box::new(|row| Some(rows[row].level.into())))),
        column("fallback_reason", ColumnValues::Texts(Box::new(|row| rows[row].reason.as_deref()))),
        column("latency_ms", ColumnValues::Numbers(Box::new(|row| Some(rows[row].latency_ms)))),
        column("outcome", ColumnValues::Texts(Box::new(|row| class_of(row, rows[row].outcome?)))),
        column(
            "resolved_at",
            ColumnValues::Integers(Box::new(|row| rows[row].resolved_at.map(Timestamp::millis))),
        ),
    ]);
    data::write_table(&arguments.output, rows.len(), &columns)?;
    Ok(format!(
        "{} predictions of {}: {}",
        rows.len(),
        arguments.history.display(),
        arguments.output.display()
    ))
}

fn read(arguments: &ExportArguments) -> Result<Vec<Recorded>> {
    let reader = Reader::open(&arguments.history)?;
    let mut filter = Filter {
        symbol: arguments.symbol.clone(),
        from: arguments.from.map(Timestamp::from_millis),
        to: arguments.to.map(Timestamp::from_millis),
        ..Filter::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = reader.predictions(&filter, PAGE)?;
        rows.extend(page.predictions);
        filter.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    rows.reverse();
    Ok(rows)
}

/// Classes of the prediction set, with `|` between them.
fn set(row: &Recorded) -> Option<String> {
    let names: Vec<&str> = row
        .prediction_set
        .as_ref()?
        .iter()
        .filter_map(|class| row.classes.get(usize::from(*class)).map(String::as_str))
        .collect();
    Some(names.join("|"))
}
