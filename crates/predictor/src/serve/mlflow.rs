//! The scoring protocol of an MLflow model server.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use serde_json::{Map, Value, json};

use crate::live::model::LiveModel;
use crate::serve::App;
use crate::serve::answer::{Answer, json_value};
use crate::serve::fault::Fault;
use crate::serve::guard::body;
use crate::serve::oip::flatten;
use crate::serve::rows::Rows;

/// The forms of which a request has exactly one.
const FORMS: [&str; 4] = ["dataframe_split", "dataframe_records", "instances", "inputs"];

pub(crate) async fn ping() -> Answer {
    Ok(text("\n"))
}

pub(crate) async fn health() -> Answer {
    Ok(text("OK"))
}

/// The version of the protocol's server that this one answers like.
pub(crate) async fn version() -> Answer {
    Ok(text(env!("CARGO_PKG_VERSION")))
}

fn text(text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

pub(crate) async fn invocations(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (_, bytes) = body(&app, request).await?;
    let model = app.engine.shared.model();
    app.limits.compute(move || answer(&model, &bytes)).await?
}

fn answer(model: &LiveModel, bytes: &[u8]) -> Answer {
    let request: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| Fault::bad_request(format!("the body is no JSON object: {error}")))?;
    let given: Vec<&str> = FORMS.into_iter().filter(|form| request.contains_key(*form)).collect();
    let [form] = given[..] else {
        return Err(Fault::bad_request(format!("the body must have exactly one of {}", FORMS.join(", "))));
    };
    let value = &request[form];
    let names: Vec<&str> = model.pipeline.schema().names().collect();
    let rows = match (form, value) {
        ("dataframe_split", Value::Object(frame)) => split(frame, &names)?,
        ("dataframe_records" | "instances", Value::Array(records))
            if records.first().is_some_and(Value::is_object) =>
        {
            by_records(records, &names)?
        }
        ("instances" | "inputs", Value::Array(_)) => nested(value)?,
        ("inputs", Value::Object(columns)) => by_columns(columns, &names)?,
        _ => {
            return Err(Fault::bad_request(format!(
                "{form} does not have the form of its name; see /openapi.json"
            )));
        }
    };
    let said = rows.answers(model, true)?;
    let predictions: Vec<Value> = said
        .probabilities
        .iter()
        .map(|p| {
            let of_class: Map<String, Value> =
                model.classes().iter().cloned().zip(p.values().iter().map(|p| json!(p))).collect();
            json!({ "regime": model.classes()[usize::from(p.top())], "probabilities": of_class })
        })
        .collect();
    json_value(&json!({ "predictions": predictions }))
}

/// Where each of the model's columns is among those that are given; each must be there once.
fn places(given: &[&str], names: &[&str]) -> Result<Vec<usize>, Fault> {
    if let Some(unknown) = given.iter().find(|name| !names.contains(name)) {
        return Err(Fault::bad_request(format!("{unknown:?} is no column of the model")));
    }
    if given.len() != names.len() {
        let missing = names.iter().find(|name| !given.contains(name));
        let what = missing
            .map_or("a column stands twice".to_owned(), |name| format!("the column {name:?} is missing"));
        return Err(Fault::bad_request(what));
    }
    names
        .iter()
        .map(|name| given.iter().position(|other| other == name))
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::bad_request("a column stands twice"))
}

fn split(frame: &Map<String, Value>, names: &[&str]) -> Result<Rows, Fault> {
    let wrong =
        || Fault::bad_request("dataframe_split has columns, a list of names, and data, a list of rows");
    let columns = frame.get("columns").and_then(Value::as_array).ok_or_else(wrong)?;
    let columns: Vec<&str> = columns.iter().map(Value::as_str).collect::<Option<_>>().ok_or_else(wrong)?;
    let places = places(&columns, names)?;
    let data = frame.get("data").and_then(Value::as_array).ok_or_else(wrong)?;
    let mut values = Vec::with_capacity(data.len() * names.len());
    for row in data {
        let row = row.as_array().filter(|row| row.len() == columns.len()).ok_or_else(wrong)?;
        for place in &places {
            flatten_one(&row[*place], &mut values)?;
        }
    }
    Ok(Rows { values, shape: vec![data.len(), names.len()] })
}

fn by_records(records: &[Value], names: &[&str]) -> Result<Rows, Fault> {
    let mut values = Vec::with_capacity(records.len() * names.len());
    for record in records {
        let record = record.as_object().ok_or_else(|| Fault::bad_request("a record is no object"))?;
        places(&record.keys().map(String::as_str).collect::<Vec<_>>(), names)?;
        for name in names {
            flatten_one(&record[*name], &mut values)?;
        }
    }
    Ok(Rows { values, shape: vec![records.len(), names.len()] })
}

fn by_columns(columns: &Map<String, Value>, names: &[&str]) -> Result<Rows, Fault> {
    places(&columns.keys().map(String::as_str).collect::<Vec<_>>(), names)?;
    let of_name: Vec<&Vec<Value>> = names
        .iter()
        .map(|name| columns[*name].as_array())
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::bad_request("a column is no list"))?;
    let n = of_name.first().map_or(0, |column| column.len());
    if of_name.iter().any(|column| column.len() != n) {
        return Err(Fault::bad_request("the columns have different lengths"));
    }
    let mut values = Vec::with_capacity(n * names.len());
    for row in 0..n {
        for column in &of_name {
            flatten_one(&column[row], &mut values)?;
        }
    }
    Ok(Rows { values, shape: vec![n, names.len()] })
}

fn flatten_one(value: &Value, values: &mut Vec<f64>) -> Result<(), Fault> {
    if value.is_array() {
        return Err(Fault::bad_request("a cell holds a list instead of a number"));
    }
    flatten(value, values)
}

/// A tensor of nested lists, whose lengths must fit.
fn nested(value: &Value) -> Result<Rows, Fault> {
    let mut shape = Vec::new();
    let mut first = value;
    while let Value::Array(inner) = first {
        shape.push(inner.len());
        match inner.first() {
            Some(next) if shape.len() < 4 => first = next,
            _ => break,
        }
    }
    check(value, &shape)?;
    let mut values = Vec::new();
    flatten(value, &mut values)?;
    Ok(Rows { values, shape })
}

fn check(value: &Value, shape: &[usize]) -> Result<(), Fault> {
    match (value, shape) {
        (Value::Array(inner), [length, rest @ ..]) if inner.len() == *length => {
            inner.iter().try_for_each(|inner| check(inner, rest))
        }
        (Value::Number(_), []) => Ok(()),
        _ => Err(Fault::bad_request("the lists are of different lengths, or hold what is no number")),
    }
}
