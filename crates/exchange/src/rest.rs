//! Klines by REST, page by page.

use market::Timestamp;
use serde_json::Value;

use crate::kline::Kline;
use crate::{Connection, FetchError, FetchProgress, Interval, Product, Symbol};

/// Rows that are asked for at a time.
const PAGE: usize = 1000;

/// Where and what to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Klines<'a> {
    pub(crate) base: &'a str,
    pub(crate) product: Product,
    pub(crate) symbol: &'a Symbol,
    pub(crate) interval: Interval,
}

/// A row with its open time, as a line of CSV.
pub(crate) type Row = (Timestamp, String);

impl Klines<'_> {
    /// The bars that open from `start` on and before `end`, and whose close time lies before `now`, by this
    /// machine's clock and by the server's.
    pub(crate) fn closed(
        &self,
        [start, end]: [Timestamp; 2],
        now: Timestamp,
        connection: &mut Connection,
        progress: &mut dyn FetchProgress,
    ) -> Result<Vec<Row>, FetchError> {
        let until = end.min(self.interval.closed_until(now));
        let mut rows = Vec::new();
        let mut next = start;
        while next < until {
            let url = self.url(next, end);
            let refused =
                |status, said: &str| FetchError::Refused { url: url.clone(), status, said: said.to_owned() };
            let answer = connection.get(&url, progress)?.ok_or_else(|| refused(404, "there is nothing"))?;
            let now = answer.date.map_or(now, |date| date.min(now));
            let page = Self::page(&answer.bytes, next, end, now)
                .map_err(|problem| FetchError::Rest { url, problem })?;
            let Some(last) = page.last_open else { break };
            rows.extend(page.closed);
            // Each page is asked for behind the last row of the one before, so the loop ends.
            next = last.plus_bars(1, self.interval.timeframe());
        }
        Ok(rows)
    }

    fn url(&self, start: Timestamp, end: Timestamp) -> String {
        format!(
            "{}/{}?symbol={}&interval={}&startTime={}&endTime={}&limit={PAGE}",
            self.base,
            self.product.klines_path(),
            self.symbol,
            self.interval,
            start.millis(),
            end.millis() - 1
        )
    }

    fn page(bytes: &[u8], start: Timestamp, end: Timestamp, now: Timestamp) -> Result<Page, String> {
        let rows: Vec<Vec<Value>> =
            serde_json::from_slice(bytes).map_err(|error| format!("not a list of rows ({error})"))?;
        if rows.len() > PAGE {
            return Err(format!("{} rows instead of at most {PAGE}", rows.len()));
        }
        let mut page = Page { closed: Vec::with_capacity(rows.len()), last_open: None };
        for (index, row) in rows.iter().enumerate() {
            let texts: Vec<String> = row.iter().map(text).collect();
            let fields: Vec<&str> = texts.iter().map(String::as_str).collect();
            let fault = |problem: String| format!("row {}: {problem}", index + 1);
            let kline = Kline::parse(&fields).map_err(fault)?;
            let time = kline.open_time;
            if time < start || time >= end {
                return Err(fault(format!("{time} was not asked for")));
            }
            if page.last_open.is_some_and(|last| last >= time) {
                return Err(fault("the rows are not in order of time".to_owned()));
            }
            page.last_open = Some(time);
            if kline.close_time < now {
                page.closed.push((time, kline.line()));
            }
        }
        Ok(page)
    }
}

struct Page {
    closed: Vec<Row>,
    last_open: Option<Timestamp>,
}

/// A cell: numbers come as text where their digits matter.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str, now: i64) -> Result<Vec<i64>, String> {
        let at = Timestamp::from_millis;
        let page = Klines::page(text.as_bytes(), at(0), at(600_000), at(now))?;
        Ok(page.closed.iter().map(|(time, _)| time.millis()).collect())
    }

    fn row(open: i64) -> String {
        format!(r#"[{open},"1.0","2.0","0.5","1.5","7.0",{},"9.0",3,"1.0","1.0","0"]"#, open + 59_999)
    }

    #[test]
    fn a_row_is_closed_when_its_close_time_is_past() {
        let text = format!("[{},{}]", row(0), row(60_000));
        assert_eq!(page(&text, 120_000).unwrap(), [0, 60_000]);
        assert_eq!(page(&text, 119_999).unwrap(), [0]);
        assert_eq!(page("[]", 0).unwrap(), [] as [i64; 0]);
    }

    #[test]
    fn answers_that_are_not_what_was_asked_for_are_refused() {
        for (text, said) in [
            (r#"{"code":-1121,"msg":"Invalid symbol."}"#.to_owned(), "not a list"),
            ("[[1,2]]".to_owned(), "2 columns instead of 12"),
            (format!("[{},{}]", row(60_000), row(0)), "not in order"),
            (format!("[{}]", row(600_000)), "was not asked for"),
            (format!("[{}]", row(0).replace("\"1.5\"", "null")), "close is \"null\", not a number"),
        ] {
            let error = page(&text, 1_000_000).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
