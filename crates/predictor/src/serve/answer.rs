//! Answers that are JSON.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use bytes::Bytes;

use crate::serve::fault::Fault;

/// What a request gets.
pub(crate) type Answer = Result<Response<Body>, Fault>;

/// JSON as it is.
pub(crate) fn json_bytes(bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes.into()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn json_value(value: &impl serde::Serialize) -> Answer {
    let bytes = serde_json::to_vec(value).map_err(|error| Fault::internal(error.to_string()))?;
    Ok(json_bytes(bytes))
}
