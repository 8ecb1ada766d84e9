//! The tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::HistoryError;

/// The format that this program writes.
pub(crate) const FORMAT: i64 = 1;

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_millis(250);

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL,
    open_time INTEGER NOT NULL,
    close_time INTEGER NOT NULL,
    open REAL NOT NULL,
    high REAL NOT NULL,
    low REAL NOT NULL,
    close REAL NOT NULL,
    volume REAL NOT NULL,
    quote_volume REAL,
    trades INTEGER,
    taker_buy_volume REAL,
    PRIMARY KEY (symbol, open_time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS models (
    id INTEGER PRIMARY KEY,
    content_hash TEXT NOT NULL,
    model_version TEXT NOT NULL,
    classes TEXT NOT NULL,
    UNIQUE (content_hash, model_version)
);
CREATE TABLE IF NOT EXISTS predictions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    symbol TEXT NOT NULL,
    open_time INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    model INTEGER NOT NULL,
    regime INTEGER NOT NULL,
    probabilities BLOB NOT NULL,
    prediction_set TEXT,
    source TEXT NOT NULL,
    level INTEGER NOT NULL,
    reason TEXT,
    latency_ms REAL NOT NULL,
    outcome INTEGER,
    resolved_at INTEGER,
    UNIQUE (symbol, open_time, content_hash)
);
CREATE INDEX IF NOT EXISTS predictions_by_time ON predictions (timestamp);
CREATE INDEX IF NOT EXISTS predictions_by_symbol ON predictions (symbol, content_hash);
CREATE TABLE IF NOT EXISTS days (
    symbol TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    day INTEGER NOT NULL,
    predictions INTEGER NOT NULL DEFAULT 0,
    resolved INTEGER NOT NULL DEFAULT 0,
    correct INTEGER NOT NULL DEFAULT 0,
    loss REAL NOT NULL DEFAULT 0,
    sets INTEGER NOT NULL DEFAULT 0,
    covered INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (symbol, content_hash, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS confusion (
    symbol TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    day INTEGER NOT NULL,
    came INTEGER NOT NULL,
    said INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (symbol, content_hash, day, came, said)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS snapshots (
    symbol TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    open_time INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (symbol, content_hash)
) WITHOUT ROWID;
";

/// Opens a file for writing, and makes the tables where they are missing.
pub(crate) fn open_writable(path: &Path) -> Result<Connection, HistoryError> {
    let refused = |cause| HistoryError::Open { path: path.to_owned(), cause };
    let connection = Connection::open(path).map_err(refused)?;
    connection.busy_timeout(BUSY).map_err(refused)?;
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refused)?;
    if found != 0 && found != FORMAT {
        return Err(HistoryError::Format { path: path.to_owned(), found, known: FORMAT });
    }
    // NORMAL: a commit is with the system, and survives the process; a power cut may take the last ones, never the file.
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 1000; {TABLES} PRAGMA user_version = {FORMAT};"
        ))
        .map_err(refused)?;
    Ok(connection)
}

/// Opens a file that is there for reading.
pub(crate) fn open_readable(path: &Path) -> Result<Connection, HistoryError> {
    let refused = |cause| HistoryError::Open { path: path.to_owned(), cause };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(refused)?;
    connection.busy_timeout(BUSY).map_err(refused)?;
    Ok(connection)
}

/// The day of an instant, counted from 1970-01-01.
pub(crate) fn day_of(millis: i64) -> i64 {
    millis.div_euclid(86_400_000)
}
