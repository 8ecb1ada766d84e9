//! Reading, beside the thread that writes.

use std::path::{Path, PathBuf};

use market::{Bar, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use crate::error::HistoryError;
use crate::rows::{DaySummary, Recorded, Summary, classes_of, numbers};
use crate::schema::open_readable;
use crate::step::Snapshot;

/// A connection that reads what is written so far.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

/// Which predictions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this symbol only.
    pub symbol: Option<String>,
    /// Of this model only, by its content hash.
    pub content_hash: Option<String>,
    /// Whose bar closed at this instant or later.
    pub from: Option<Timestamp>,
    /// Whose bar closed before.
    pub to: Option<Timestamp>,
    /// Written before this one.
    pub before: Option<i64>,
    /// Only those whose outcome is known.
    pub resolved: bool,
}

/// Predictions, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// At most as many as asked for.
    pub predictions: Vec<Recorded>,
    /// Where the next page begins; none at the end.
    pub next: Option<i64>,
}

impl Reader {
    /// Opens a history that is there.
    ///
    /// # Errors
    /// When it is not, or can't be read.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        Ok(Self { connection: open_readable(path)?, path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Predictions, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn predictions(&self, filter: &Filter, limit: usize) -> Result<Page, HistoryError> {
        // Only what is asked for is in the statement, so that an index can serve it.
        let Filter { symbol, content_hash, from, to, before, resolved } = filter;
        let mut conditions = vec!["TRUE"];
        let mut given: Vec<(&str, &dyn ToSql)> = Vec::new();
        let (from, to) = (from.map(Timestamp::millis), to.map(Timestamp::millis));
        let (most, mut add) = ((limit + 1) as i64, |condition, name, value| {
            conditions.push(condition);
            given.push((name, value));
        });
        if let Some(symbol) = symbol {
            add("symbol = :symbol", ":symbol", symbol as &dyn ToSql);
        }
        if let Some(hash) = content_hash {
            add("p.content_hash = :hash", ":hash", hash);
        }
        if let Some(from) = &from {
            add("timestamp >= :from", ":from", from);
        }
        if let Some(to) = &to {
            add("timestamp < :to", ":to", to);
        }
        if let Some(before) = before {
            add("p.id < :before", ":before", before);
        }
        given.push((":most", &most));
        if *resolved {
            conditions.push("outcome IS NOT NULL");
        }
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT p.id, open_time, p.content_hash, model_version, classes, symbol, timestamp, regime, probabilities, prediction_set, source,
                    level, reason, latency_ms, outcome, resolved_at
             FROM predictions AS p JOIN models AS m ON m.id = p.model WHERE {} ORDER BY p.id DESC LIMIT :most",
            conditions.join(" AND ")
        ))?;
        let rows = statement.query_map(&given[..], recorded)?;
        let mut predictions: Vec<Recorded> = rows.collect::<Result<_, _>>()?;
        let more = predictions.len() > limit;
        predictions.truncate(limit);
        let next = predictions.last().map(|last| last.id).filter(|_| more);
        Ok(Page { predictions, next })
    }

    /// The days from one on, and the confusion over them.
    ///
    /// # Errors
    /// What the database says.
    pub fn summary(
        &self,
        symbol: &str,
        content_hash: &str,
        from_day: i64,
        n_classes: usize,
    ) -> Result<Summary, HistoryError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT day, predictions, resolved, correct, loss, sets, covered FROM days
             WHERE symbol = ?1 AND content_hash = ?2 AND day >= ?3 ORDER BY day",
        )?;
        let count = |row: &Row<'_>, place: usize| row.get::<_, i64>(place).map(|n| n.max(0).cast_unsigned());
        let days = statement.query_map(params![symbol, content_hash, from_day], |row| {
            Ok(DaySummary {
                day: row.get(0)?,
                predictions: count(row, 1)?,
                resolved: count(row, 2)?,
                correct: count(row, 3)?,
                loss: row.get(4)?,
                sets: count(row, 5)?,
                covered: count(row, 6)?,
            })
        })?;
        let days = days.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT came, said, sum(n) FROM confusion WHERE symbol = ?1 AND content_hash = ?2 AND day >= ?3 GROUP BY came, said",
        )?;
        let mut confusion = vec![vec![0; n_classes]; n_classes];
        let cells = statement.query_map(params![symbol, content_hash, from_day], |row| {
            Ok((count(row, 0)?, count(row, 1)?, count(row, 2)?))
        })?;
        for cell in cells {
            let (came, said, n) = cell?;
            if let Some(cell) = confusion.get_mut(came as usize).and_then(|row| row.get_mut(said as usize)) {
                *cell = n;
            }
        }
        Ok(Summary { days, confusion })
    }

    /// What a process remembered of a symbol last.
    ///
    /// # Errors
    /// What the database says.
    pub fn snapshot(&self, symbol: &str, content_hash: &str) -> Result<Option<Snapshot>, HistoryError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT open_time, state FROM snapshots WHERE symbol = ?1 AND content_hash = ?2",
        )?;
        let found = statement.query_row(params![symbol, content_hash], |row| {
            Ok(Snapshot {
                symbol: symbol.to_owned(),
                content_hash: content_hash.to_owned(),
                at: Timestamp::from_millis(row.get(0)?),
                state: row.get(1)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Bars of a symbol, oldest first: those that open after `after`, and of these the newest `most`.
    ///
    /// # Errors
    /// What the database says.
    pub fn bars(
        &self,
        symbol: &str,
        after: Option<Timestamp>,
        most: usize,
    ) -> Result<Vec<Bar>, HistoryError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT open_time, close_time, open, high, low, close, volume, quote_volume, trades, taker_buy_volume FROM bars
             WHERE symbol = ?1 AND (?2 IS NULL OR open_time > ?2) ORDER BY open_time DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![symbol, after.map(Timestamp::millis), most as i64], bar)?;
        let mut bars: Vec<Bar> = rows.collect::<Result<_, _>>()?;
        bars.reverse();
        Ok(bars)
    }

    /// Symbols that have bars, in order.
    ///
    /// # Errors
    /// What the database says.
    pub fn symbols(&self) -> Result<Vec<String>, HistoryError> {
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT symbol FROM bars ORDER BY symbol")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn bar(row: &Row<'_>) -> rusqlite::Result<Bar> {
    Ok(Bar {
        open_time: Timestamp::from_millis(row.get(0)?),
        close_time: Timestamp::from_millis(row.get(1)?),
        open: row.get(2)?,
        high: row.get(3)?,
        low: row.get(4)?,
        close: row.get(5)?,
        volume: row.get(6)?,
        quote_volume: row.get(7)?,
        trades: row.get::<_, Option<i64>>(8)?.map(i64::cast_unsigned),
        taker_buy_volume: row.get(9)?,
    })
}

fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    let class = |value: Option<i64>| value.and_then(|class| u8::try_from(class).ok());
    Ok(Recorded {
        id: row.get(0)?,
        open_time: Timestamp::from_millis(row.get(1)?),
        content_hash: row.get(2)?,
        model_version: row.get(3)?,
        classes: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
        symbol: row.get(5)?,
        timestamp: Timestamp::from_millis(row.get(6)?),
        regime: class(Some(row.get(7)?)).unwrap_or_default(),
        probabilities: numbers(&row.get::<_, Vec<u8>>(8)?),
        prediction_set: row.get::<_, Option<String>>(9)?.map(|set| classes_of(&set)),
        source: row.get(10)?,
        level: class(Some(row.get(11)?)).unwrap_or_default(),
        reason: row.get(12)?,
        latency_ms: row.get(13)?,
        outcome: class(row.get(14)?),
        resolved_at: row.get::<_, Option<i64>>(15)?.map(Timestamp::from_millis),
    })
}
