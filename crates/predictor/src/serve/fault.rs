//! Answers that are no success, in the form of the protocol that was spoken.

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::json;

/// Why there is no success. The protocol's form is given to it on the way out, see [`Fault::response`].
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    /// For machines.
    pub(crate) code: &'static str,
    /// What is wrong, and what to do.
    pub(crate) message: String,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u64>,
}

/// Which form errors have on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Native,
    OpenInference,
    Mlflow,
}

impl Protocol {
    pub(crate) fn of(path: &str) -> Self {
        match path {
            _ if path == "/v2" || path.starts_with("/v2/") => Self::OpenInference,
            "/invocations" | "/ping" | "/health" | "/version" => Self::Mlflow,
            _ => Self::Native,
        }
    }
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// Too much is asked at once.
    pub(crate) fn overloaded() -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "too many requests at once; try again after Retry-After",
            )
        }
    }

    /// It took too long.
    pub(crate) fn timed_out(limit_ms: u128) -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "timed_out",
                format!(
                    "there was no answer within {limit_ms} ms; ask for less at once, or try again after Retry-After"
                ),
            )
        }
    }

    /// The answer in a protocol's form.
    pub(crate) fn response(&self, protocol: Protocol, request_id: &str) -> Response<Body> {
        let body = match protocol {
            Protocol::Native => {
                json!({ "error": { "code": self.code, "message": self.message, "request_id": request_id } })
            }
            Protocol::OpenInference => json!({ "error": self.message }),
            Protocol::Mlflow => {
                json!({ "error_code": self.code.to_uppercase(), "message": self.message })
            }
        };
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::SERVICE_UNAVAILABLE) {
            // The rest of the body is not read: the next request needs another connection.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Fault {
    /// An answer that still has to be given its form.
    fn into_response(self) -> axum::response::Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}
