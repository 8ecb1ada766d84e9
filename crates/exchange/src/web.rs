//! Asking a server, again and again where that helps.

use std::error::Error;
use std::io::Read;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use market::Timestamp;
use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::{FetchError, FetchEvent, FetchProgress, Patience, RetryPolicy, Sleep};

/// Longest answer that is read into memory.
const LONGEST_ANSWER: u64 = 16 << 20;

/// How servers are asked.
pub struct Connection {
    client: Client,
    retry: RetryPolicy,
    patience: Box<dyn Patience>,
    requests: u64,
}

impl Connection {
    /// A connection that gives up on a silent server after `stall`, then repeats as `retry` says.
    ///
    /// # Errors
    /// [`FetchError::Client`] when the system's certificates can't be used.
    pub fn new(retry: RetryPolicy, stall: Duration, patience: Box<dyn Patience>) -> Result<Self, FetchError> {
        let client = Client::builder()
            .user_agent(concat!("regime/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(stall)
            .timeout(stall)
            .build()
            .map_err(|error| FetchError::Client(chain(&error)))?;
        Ok(Self { client, retry, patience, requests: 0 })
    }

    /// The usual one: 30 s of silence, [`RetryPolicy::default`].
    ///
    /// # Errors
    /// As [`Connection::new`].
    pub fn usual() -> Result<Self, FetchError> {
        Self::new(RetryPolicy::default(), Duration::from_secs(30), Box::new(Sleep))
    }

    /// How many requests were made.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The whole answer of an address; none where it does not exist.
    pub(crate) fn get(
        &mut self,
        url: &str,
        progress: &mut dyn FetchProgress,
    ) -> Result<Option<Answer>, FetchError> {
        self.repeat(url, progress, |client, _| {
            let Some(answer) = accepted(client.get(url).send().map_err(passing)?, url)? else {
                return Ok(None);
            };
            let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok()).and_then(instant);
            let date = date.map(|date| Timestamp::from_millis(date.timestamp_millis()));
            let mut bytes = Vec::new();
            answer.take(LONGEST_ANSWER + 1).read_to_end(&mut bytes).map_err(|error| interrupted(&error))?;
            if bytes.len() as u64 > LONGEST_ANSWER {
                return Err(FetchError::TooLong { url: url.to_owned(), limit: LONGEST_ANSWER }.into());
            }
            Ok(Some(Answer { bytes, date }))
        })
    }

    /// Repeats an attempt until it succeeds, fails for good, or has failed too often in a row.
    pub(crate) fn repeat<T>(
        &mut self,
        url: &str,
        progress: &mut dyn FetchProgress,
        mut attempt: impl FnMut(&Client, &mut dyn FetchProgress) -> Result<T, Failure>,
    ) -> Result<T, FetchError> {
        let mut failures = 0;
        loop {
            self.requests += 1;
            let (reason, asked, progressed) = match attempt(&self.client, progress) {
                Ok(done) => return Ok(done),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing { reason, asked, progressed }) => (reason, asked, progressed),
            };
            failures = if progressed { 1 } else { failures + 1 };
            if failures >= self.retry.attempts {
                return Err(FetchError::GaveUp { url: url.to_owned(), attempts: failures, reason });
            }
            let mut wait = self.retry.wait(failures, self.patience.fraction());
            if let Some((status, asked)) = asked {
                if asked > self.retry.longest_asked {
                    let (url, status, seconds) = (url.to_owned(), status.as_u16(), asked.as_secs());
                    return Err(FetchError::AskedToWait { url, status, seconds });
                }
                wait = wait.max(asked);
            }
            progress.event(&FetchEvent::Waiting { url, reason: &reason, wait });
            self.patience.wait(wait);
        }
    }
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// When it was made, by the server's clock; whole seconds.
    pub(crate) date: Option<Timestamp>,
}

/// Why an attempt failed.
pub(crate) enum Failure {
    /// Another attempt may succeed.
    Passing {
        reason: String,
        /// The wait that the server asked for.
        asked: Option<(StatusCode, Duration)>,
        /// True when something useful came before it failed.
        progressed: bool,
    },
    /// No attempt will.
    Final(FetchError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

/// A request that got no answer.
pub(crate) fn passing(error: reqwest::Error) -> Failure {
    if error.is_builder() || error.is_redirect() {
        let url = error.url().map_or(String::new(), ToString::to_string);
        let problem = chain(&error.without_url());
        return FetchError::Request(crate::RequestError::Url { url, problem }).into();
    }
    Failure::Passing { reason: chain(&error.without_url()), asked: None, progressed: false }
}

/// An answer that stopped in the middle.
pub(crate) fn interrupted(error: &std::io::Error) -> Failure {
    let reason = format!("the answer stopped in the middle ({})", chain(error));
    Failure::Passing { reason, asked: None, progressed: false }
}

/// An answer that is a success; none where the address does not exist.
pub(crate) fn accepted(answer: Response, url: &str) -> Result<Option<Response>, Failure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(Some(answer));
    }
    if status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    // 418: the exchange's word for those who went on after 429.
    let slow_down = matches!(status.as_u16(), 408 | 418 | 429);
    if slow_down || status.is_server_error() {
        let asked = asked_wait(answer.headers()).map(|wait| (status, wait));
        return Err(Failure::Passing {
            reason: format!("the server answers {status}"),
            asked,
            progressed: false,
        });
    }
    let mut said = Vec::new();
    // What it says is only for the message; without it the status has to do.
    let _ = answer.take(300).read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = if said.is_empty() { "no explanation".to_owned() } else { said };
    Err(FetchError::Refused { url: url.to_owned(), status: status.as_u16(), said }.into())
}

/// What `Retry-After` asks for: seconds, or an instant, which is compared with the server's own clock.
fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let after = text(RETRY_AFTER)?.trim();
    if let Ok(seconds) = after.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let wait = instant(after)?.signed_duration_since(instant(text(DATE)?)?);
    Some(wait.to_std().unwrap_or(Duration::ZERO))
}

fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc2822(text).ok()
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_an_instant() {
        let asked = |after: &str, date: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            headers.insert(DATE, date.parse().unwrap());
            asked_wait(&headers).map(|wait| wait.as_secs())
        };
        let now = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(asked("7", now), Some(7));
        assert_eq!(asked("Wed, 21 Oct 2015 07:29:30 GMT", now), Some(90));
        assert_eq!(asked("Wed, 21 Oct 2015 07:27:00 GMT", now), Some(0));
        assert_eq!(asked("soon", now), None);
    }
}
