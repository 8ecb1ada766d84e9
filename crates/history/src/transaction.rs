//! What a transaction writes of a step.

use market::{Bar, Prediction};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::rows::{classes_of, numbers};
use crate::schema::day_of;
use crate::step::{Resolution, Step};

/// What one transaction added.
#[derive(Default)]
pub(crate) struct Added {
    pub(crate) predictions: u64,
    pub(crate) resolved: u64,
}

/// Writes steps, all of them or none.
pub(crate) fn transaction<'s>(
    connection: &mut Connection,
    steps: impl Iterator<Item = &'s Step>,
) -> rusqlite::Result<Added> {
    let transaction = connection.transaction()?;
    let mut added = Added::default();
    for step in steps {
        insert_bar(&transaction, "INSERT OR IGNORE", &step.symbol, &step.bar)?;
        let open_time = step.bar.open_time.millis();
        for (content_hash, prediction) in &step.predictions {
            added.predictions += add(&transaction, open_time, content_hash, prediction)?;
        }
        for resolution in &step.resolutions {
            added.resolved += resolve(&transaction, &step.symbol, open_time, resolution)?;
        }
    }
    transaction.commit()?;
    Ok(added)
}

/// `verb` says what becomes of a bar that is there already.
pub(crate) fn insert_bar(
    connection: &Connection,
    verb: &str,
    symbol: &str,
    bar: &Bar,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(&format!(
            "{verb} INTO bars (symbol, open_time, close_time, open, high, low, close, volume, quote_volume, trades, taker_buy_volume)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
        ))?
        .execute(params![
            symbol,
            bar.open_time.millis(),
            bar.close_time.millis(),
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.quote_volume,
            bar.trades.map(u64::cast_signed),
            bar.taker_buy_volume
        ])
}

fn add(
    transaction: &Transaction<'_>,
    open_time: i64,
    content_hash: &str,
    prediction: &Prediction,
) -> rusqlite::Result<u64> {
    let names: Vec<&str> = prediction.probabilities.iter().map(|(name, _)| name.as_str()).collect();
    let place = |class: &String| names.iter().position(|name| name == class).unwrap_or_default();
    let probabilities: Vec<u8> = prediction.probabilities.iter().flat_map(|(_, p)| p.to_le_bytes()).collect();
    let set = prediction.prediction_set.as_ref().map(|set| {
        let places: Vec<String> = set.iter().map(|class| place(class).to_string()).collect();
        places.join(",")
    });
    let source = serde_json::to_value(prediction.source).unwrap_or_default();
    let model = model(transaction, content_hash, prediction, &names)?;
    let n = transaction
        .prepare_cached(
            "INSERT INTO predictions (symbol, open_time, timestamp, content_hash, model, regime, probabilities, prediction_set, source, level, reason, latency_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            prediction.symbol,
            open_time,
            prediction.timestamp.millis(),
            content_hash,
            model,
            place(&prediction.predicted_regime) as i64,
            probabilities,
            set,
            source.as_str().unwrap_or_default(),
            prediction.fallback_level,
            prediction.fallback_reason,
            prediction.latency_ms,
        ])?;
    if n > 0 {
        transaction
            .prepare_cached(
                "INSERT INTO days (symbol, content_hash, day, predictions) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT DO UPDATE SET predictions = predictions + 1",
            )?
            .execute(params![prediction.symbol, content_hash, day_of(prediction.timestamp.millis())])?;
    }
    Ok(n as u64)
}

/// The number of a model, which is given once.
fn model(
    transaction: &Transaction<'_>,
    content_hash: &str,
    prediction: &Prediction,
    classes: &[&str],
) -> rusqlite::Result<i64> {
    let key = params![content_hash, prediction.model_version];
    let found = transaction
        .prepare_cached("SELECT id FROM models WHERE content_hash = ?1 AND model_version = ?2")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let classes = serde_json::to_string(classes).unwrap_or_default();
    transaction
        .prepare_cached("INSERT INTO models (content_hash, model_version, classes) VALUES (?1, ?2, ?3)")?
        .insert(params![content_hash, prediction.model_version, classes])
}

fn resolve(
    transaction: &Transaction<'_>,
    symbol: &str,
    known_at: i64,
    resolution: &Resolution,
) -> rusqlite::Result<u64> {
    let Resolution { content_hash, at, class } = resolution;
    let found = transaction
        .prepare_cached(
            "UPDATE predictions SET outcome = ?1, resolved_at = ?2
             WHERE symbol = ?3 AND open_time = ?4 AND content_hash = ?5 AND outcome IS NULL
             RETURNING timestamp, regime, probabilities, prediction_set",
        )?
        .query_row(params![class, known_at, symbol, at.millis(), content_hash], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })
        .optional()?;
    let Some((timestamp, regime, probabilities, set)) = found else { return Ok(0) };
    let class_index = usize::from(*class);
    let probabilities = numbers(&probabilities);
    let covered = set.map(|set| classes_of(&set).contains(class));
    let p = probabilities.get(class_index).copied().unwrap_or(0.0);
    let was_right = regime == i64::from(*class);
    let day = day_of(timestamp);
    transaction
        .prepare_cached(
            "UPDATE days SET resolved = resolved + 1, correct = correct + ?1, loss = loss + ?2, sets = sets + ?3, covered = covered + ?4
             WHERE symbol = ?5 AND content_hash = ?6 AND day = ?7",
        )?
        .execute(params![
            was_right,
            -p.max(1e-15).ln(),
            covered.is_some(),
            covered.unwrap_or_default(),
            symbol,
            content_hash,
            day
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO confusion (symbol, content_hash, day, came, said, n) VALUES (?1, ?2, ?3, ?4, ?5, 1)
             ON CONFLICT DO UPDATE SET n = n + 1",
        )?
        .execute(params![symbol, content_hash, day, class, regime])?;
    Ok(1)
}
