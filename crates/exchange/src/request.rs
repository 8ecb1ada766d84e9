//! What is asked for, and what became of it.

use std::path::PathBuf;

use market::Timestamp;
use serde::Serialize;

use crate::{Interval, Period, Product, RequestError, Symbol};

/// Which bars, from where, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// The pair.
    pub symbol: Symbol,
    /// Bar length.
    pub interval: Interval,
    /// The market.
    pub product: Product,
    /// The month or day with the first bar.
    pub from: Period,
    /// The month or day with the last bar; none for all that has closed.
    pub to: Option<Period>,
    /// Where `SYMBOL-INTERVAL.csv.gz` and `SYMBOL-INTERVAL.parts/` are to be.
    pub out: PathBuf,
    /// Address of the archive; none for [`Product::public_archive`].
    pub archive_url: Option<String>,
    /// Address of the REST service; none for [`Product::public_rest`].
    pub rest_url: Option<String>,
    /// The present instant.
    pub now: Timestamp,
}

/// What a fetch did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// The assembled file.
    pub path: PathBuf,
    /// Its hash.
    pub sha256: String,
    /// Symbol.
    pub symbol: Symbol,
    /// Bar length.
    pub interval: Interval,
    /// Market.
    pub product: Product,
    /// Number of bars.
    pub bars: u64,
    /// Open time of the first bar, epoch milliseconds.
    pub first: Timestamp,
    /// Open time of the last bar.
    pub last: Timestamp,
    /// Bars that are missing between the first bar and the end of the range.
    pub missing_bars: u64,
    /// Past days of the range for which neither archive nor REST has a bar.
    pub days_without_bars: Vec<Period>,
    /// Months in it from the archive.
    pub archive_months: usize,
    /// Days in it from the archive.
    pub archive_days: usize,
    /// Days in it by REST.
    pub rest_days: usize,
    /// Requests that were made; none when everything was here already.
    pub requests: u64,
    /// Bytes of archive files that came.
    pub downloaded_bytes: u64,
}

impl FetchRequest {
    /// Address of the archive.
    pub(crate) fn archive(&self) -> Result<String, RequestError> {
        base(self.archive_url.as_deref().unwrap_or(self.product.public_archive()))
    }

    /// Address of the REST service.
    pub(crate) fn rest(&self) -> Result<String, RequestError> {
        base(self.rest_url.as_deref().unwrap_or(self.product.public_rest()))
    }
}

/// An address without the slash at its end.
pub(crate) fn base(url: &str) -> Result<String, RequestError> {
    let refused = |problem: &str| RequestError::Url { url: url.to_owned(), problem: problem.to_owned() };
    let parsed = reqwest::Url::parse(url).map_err(|error| refused(&error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err(refused("only http and https are spoken"));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refused("it must not have a query"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}
