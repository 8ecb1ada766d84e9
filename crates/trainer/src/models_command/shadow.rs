//! What champion and challenger said of the same bars while one of them was served and the other predicted unseen.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use history::{Filter, Reader};

use crate::compare::{Answers, RowKey};

/// Rows that are read at a time.
const PAGE: usize = 5000;

/// The resolved predictions of a model, by its content hash, in a history that `predictor serve --history` kept. Those that no
/// member gave are left out, and those at bars that open at `learnt_until` (epoch milliseconds) or before.
///
/// # Errors
/// When the history can't be read, or holds none.
pub(crate) fn answers(
    history: &Path,
    content_hash: &str,
    version: &str,
    learnt_until: i64,
) -> Result<Answers> {
    let reader = Reader::open(history)?;
    let mut filter =
        Filter { content_hash: Some(content_hash.to_owned()), resolved: true, ..Filter::default() };
    let is_evidence = |row: &history::Recorded| row.level <= 2 && row.open_time.millis() > learnt_until;
    let mut rows = Vec::new();
    loop {
        let page = reader.predictions(&filter, PAGE)?;
        rows.extend(page.predictions.into_iter().filter(is_evidence));
        filter.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    if rows.is_empty() {
        bail!(
            "{} has no resolved prediction of {version} behind all bars that it or the champion learnt from; serve NAME@champion with --history for a while, the challenger predicts along",
            history.display()
        );
    }
    rows.sort_by(|a, b| (a.timestamp, &a.symbol).cmp(&(b.timestamp, &b.symbol)));
    let mut answers = Answers::default();
    for row in rows {
        answers.keys.push(RowKey {
            time: row.timestamp.millis(),
            symbol: Arc::from(row.symbol.as_str()),
            fold: 0,
        });
        answers.classes.push(row.outcome.unwrap_or_default());
        answers.probabilities.extend(row.probabilities);
    }
    Ok(answers)
}
