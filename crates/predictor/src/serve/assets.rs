//! The page, which is in the program.

use axum::body::Body;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};

fn asset(text: &'static str, kind: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let policy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

pub(crate) async fn page() -> Response<Body> {
    asset(include_str!("../dashboard/dashboard.html"), "text/html; charset=utf-8")
}

pub(crate) async fn style() -> Response<Body> {
    asset(include_str!("../dashboard/dashboard.css"), "text/css; charset=utf-8")
}

pub(crate) async fn script() -> Response<Body> {
    asset(include_str!("../dashboard/dashboard.js"), "text/javascript; charset=utf-8")
}
