//! Why bars could not be fetched, and what to do.

use std::path::PathBuf;

use durable::StorageError;
use market::Timeframe;

/// Why a request makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not a name that the exchange could have.
    #[error("`{0}` is not a symbol; write it as the exchange does, such as BTCUSDT")]
    Symbol(String),
    /// A bar length that is not published.
    #[error(
        "the exchange has no bars of {asked}, or they are longer than a day; choose one of {known}, and make longer bars with resampling"
    )]
    Interval {
        /// The length asked for.
        asked: Timeframe,
        /// The lengths there are.
        known: String,
    },
    /// Neither a month nor a day.
    #[error("`{0}` is neither a month such as 2024-01 nor a day such as 2024-01-15")]
    Period(String),
    /// The end is before the beginning.
    #[error("there is nothing from {from} to {to}; the end must not be before the beginning")]
    Reversed {
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
    /// Nothing has happened yet.
    #[error("{from} is in the future; no bar has closed since then")]
    Future {
        /// First day.
        from: String,
    },
    /// Not a web address.
    #[error("`{url}` is not an address ({problem}); write it as https://host or http://host:port")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Futures have no one-second bars.
    #[error("futures have no bars of 1s; choose 1m or longer, or --market spot")]
    NoSeconds,
}

/// Why a fetch ended without a file of bars. What is verified by then stays on disk, and the next fetch
/// goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The request makes no sense.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The disk refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file could not be read or written.
    #[error("can't {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process is at it.
    #[error("another fetch is writing to {}; wait until it ends, or choose another folder", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds bars of another market.
    #[error("{} holds bars of another market or symbol ({found}); choose another folder with --out", folder.display())]
    OtherBars {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        found: String,
    },
    /// No client.
    #[error("can't start a web client: {0}")]
    Client(String),
    /// It kept failing.
    #[error(
        "gave up on {url} after {attempts} attempts: {reason}; run the same command again to go on from here"
    )]
    GaveUp {
        /// Address.
        url: String,
        /// Attempts without progress.
        attempts: u32,
        /// The last fault.
        reason: String,
    },
    /// The server asks for a pause that nobody would sit through.
    #[error("{url} answers {status} and asks to wait {seconds} s; run the same command again after that")]
    AskedToWait {
        /// Address.
        url: String,
        /// HTTP status.
        status: u16,
        /// How long.
        seconds: u64,
    },
    /// A refusal that repeating doesn't change.
    #[error("{url} is refused with {status}: {said}; {}", advice(*status))]
    Refused {
        /// Address.
        url: String,
        /// HTTP status.
        status: u16,
        /// Beginning of the answer.
        said: String,
    },
    /// The checksum file is none.
    #[error("{url} is no checksum file: {problem}; check the archive's address")]
    Checksum {
        /// Address.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that is not what its checksum says, twice.
    #[error(
        "{url} was downloaded twice and is not what its checksum file says (SHA-256 {found} instead of {expected}); nothing was kept. \
         Either something on the way changes it, or the exchange published a wrong checksum: try again later"
    )]
    Mismatch {
        /// Address.
        url: String,
        /// Hash in the checksum file.
        expected: String,
        /// Hash of what came.
        found: String,
    },
    /// More bytes than any file of the archive has.
    #[error("{url} is longer than {limit} bytes, which no archive of klines is; check the archive's address")]
    TooLong {
        /// Address.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// Verified bytes that are not klines of that period.
    #[error("{origin}: {problem}; the file was not kept")]
    Content {
        /// Address or path, and line.
        origin: String,
        /// What is wrong.
        problem: String,
    },
    /// REST rows that are not what was asked for.
    #[error("{url} answers with something that is not klines: {problem}; check the REST address")]
    Rest {
        /// Address.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// Neither archive nor REST has a bar.
    #[error(
        "there are no bars of {symbol} {interval} from {from} to {to}; check the symbol, the dates and the market"
    )]
    NoBars {
        /// Symbol.
        symbol: String,
        /// Bar length.
        interval: String,
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
}

impl FetchError {
    pub(crate) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        400 => "check symbol and interval",
        403 | 451 => {
            "the exchange does not serve this place; give another address with --archive-url or --rest-url"
        }
        _ => "check the address",
    }
}
