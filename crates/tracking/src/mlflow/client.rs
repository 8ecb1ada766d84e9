//! Requests and what may come back.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::Value;

/// A server that is there answers within this time, or counts as one that is not.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(30);

/// A tracking server.
#[derive(Debug, Clone)]
pub struct Mlflow {
    client: Client,
    url: String,
    login: Login,
}

#[derive(Debug, Clone)]
enum Login {
    None,
    Token(String),
    Password(String, String),
}

/// Why something is not on the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// It may work later: not reached, overloaded, out of order, or it does not let us in.
    #[error("{0}")]
    NotNow(String),
    /// It never will: the server says that the request makes no sense.
    #[error("{0}")]
    Refused(String),
}

impl Mlflow {
    /// The server at `url`, with the login of `MLFLOW_TRACKING_TOKEN`, or of `MLFLOW_TRACKING_USERNAME` and
    /// `MLFLOW_TRACKING_PASSWORD`.
    ///
    /// # Errors
    /// When `url` is none of http or https.
    pub fn new(url: &str) -> Result<Self, ServerError> {
        let url = url.trim_end_matches('/').to_owned();
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(ServerError::Refused(format!(
                "{url} is no address of a tracking server; write it as http://127.0.0.1:5000"
            )));
        }
        let client = Client::builder().connect_timeout(CONNECT).timeout(ANSWER).build();
        let client = client.map_err(|error| ServerError::NotNow(error.to_string()))?;
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let login = match (
            variable("MLFLOW_TRACKING_TOKEN"),
            variable("MLFLOW_TRACKING_USERNAME"),
            variable("MLFLOW_TRACKING_PASSWORD"),
        ) {
            (Some(token), ..) => Login::Token(token),
            (None, Some(user), Some(password)) => Login::Password(user, password),
            _ => Login::None,
        };
        Ok(Self { client, url, login })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn get(&self, call: &str, query: &[(&str, &str)]) -> Result<Value, ServerError> {
        self.json(call, self.client.get(self.api(call)).query(query))
    }

    pub(super) fn post(&self, call: &str, body: &Value) -> Result<Value, ServerError> {
        self.json(call, self.client.post(self.api(call)).json(body))
    }

    pub(super) fn patch(&self, call: &str, body: &Value) -> Result<Value, ServerError> {
        self.json(call, self.client.patch(self.api(call)).json(body))
    }

    /// Puts a file below an `mlflow-artifacts:` address; putting it again replaces it by itself.
    pub(super) fn put(&self, artifacts: &str, name: &str, bytes: Vec<u8>) -> Result<(), ServerError> {
        let Some(place) = artifacts.strip_prefix("mlflow-artifacts:/") else {
            return Err(ServerError::Refused(format!(
                "files of this run go to {artifacts}, which only the server itself can reach; start it with --serve-artifacts"
            )));
        };
        let place = place.trim_start_matches('/');
        let url = format!("{}/api/2.0/mlflow-artifacts/artifacts/{place}/{name}", self.url);
        // A slow line has a hundred kilobytes a second.
        let most = ANSWER + Duration::from_secs(bytes.len() as u64 / 100_000);
        self.answer(name, self.client.put(url).timeout(most).body(bytes)).map(drop)
    }

    fn api(&self, call: &str) -> String {
        format!("{}/api/2.0/mlflow/{call}", self.url)
    }

    fn json(&self, call: &str, request: RequestBuilder) -> Result<Value, ServerError> {
        let text = self.answer(call, request)?;
        serde_json::from_str(&text).map_err(|_| {
            ServerError::NotNow(format!("what answers at {} is no MLflow server ({call})", self.url))
        })
    }

    fn answer(&self, call: &str, request: RequestBuilder) -> Result<String, ServerError> {
        let request = match &self.login {
            Login::None => request,
            Login::Token(token) => request.bearer_auth(token),
            Login::Password(user, password) => request.basic_auth(user, Some(password)),
        };
        let unreached = |error: reqwest::Error| {
            ServerError::NotNow(format!("{} can't be reached: {}", self.url, innermost(&error)))
        };
        let response = request.send().map_err(unreached)?;
        let status = response.status();
        let text = response.text().map_err(unreached)?;
        if status.is_success() {
            return Ok(text);
        }
        let said: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let word = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        let message = format!("{call}: {status} {} {}", word("error_code"), word("message"));
        let may_pass = status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::REQUEST_TIMEOUT
                    | StatusCode::UNAUTHORIZED
                    | StatusCode::FORBIDDEN
                    | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            )
            // Without MLflow's own words somebody else answers.
            || word("error_code").is_empty()
                && !status.is_redirection()
                && said.is_null()
                && status != StatusCode::PAYLOAD_TOO_LARGE;
        let message = message.trim_end().to_owned();
        Err(if may_pass { ServerError::NotNow(message) } else { ServerError::Refused(message) })
    }
}

/// The cause of causes, which says what happened.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
