//! The Open Inference Protocol, version 2, with binary tensors.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::live::model::LiveModel;
use crate::serve::App;
use crate::serve::answer::{Answer, json_value};
use crate::serve::fault::Fault;
use crate::serve::guard::body;
use crate::serve::rows::{Rows, Said};

/// Length of the JSON before binary tensors.
const JSON_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");
/// The one input.
const INPUT: &str = "rows";
/// The outputs.
const OUTPUTS: [&str; 2] = ["probabilities", "label"];

#[derive(Deserialize)]
struct InferRequest {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    parameters: Map<String, Value>,
    inputs: Vec<Input>,
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default)]
    data: Option<Value>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

pub(crate) async fn server() -> Answer {
    json_value(&json!({
        "name": "regime-predictor",
        "version": env!("CARGO_PKG_VERSION"),
        "extensions": ["binary_tensor_data"],
    }))
}

pub(crate) async fn health_live() -> Answer {
    json_value(&json!({ "live": true }))
}

pub(crate) async fn health_ready() -> Answer {
    json_value(&json!({ "ready": true }))
}

/// The model that is meant, which is the one that is served.
fn model(app: &App, name: &str, version: Option<&str>) -> Result<Arc<LiveModel>, Fault> {
    let model = app.engine.shared.model();
    let facts = &model.manifest.facts;
    if facts.name != name || version.is_some_and(|version| facts.version != version) {
        let asked = version.map_or_else(|| name.to_owned(), |version| format!("{name}/{version}"));
        return Err(Fault::not_found(
            "unknown_model",
            format!("there is no model {asked:?} here; there is {}", model.version),
        ));
    }
    Ok(model)
}

pub(crate) async fn metadata(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answer {
    json_value(&described(&*model(&app, &name, None)?))
}

pub(crate) async fn version_metadata(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
) -> Answer {
    json_value(&described(&*model(&app, &name, Some(&version))?))
}

pub(crate) async fn model_ready(State(app): State<Arc<App>>, Path(name): Path<String>) -> Answer {
    model(&app, &name, None)?;
    json_value(&json!({ "name": name, "ready": true }))
}

pub(crate) async fn version_ready(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
) -> Answer {
    model(&app, &name, Some(&version))?;
    json_value(&json!({ "name": name, "ready": true }))
}

fn described(model: &LiveModel) -> Value {
    let facts = &model.manifest.facts;
    let (f, l) = (model.pipeline.schema().len() as i64, model.pipeline.lookback() as i64);
    let shape = if l == 1 { vec![-1, f] } else { vec![-1, l, f] };
    let columns: Vec<&str> = model.pipeline.schema().names().collect();
    json!({
        "name": facts.name,
        "versions": [facts.version],
        "platform": "regime",
        "inputs": [{ "name": INPUT, "datatype": "FP64", "shape": shape, "parameters": { "columns": columns } }],
        "outputs": [
            { "name": OUTPUTS[0], "datatype": "FP64", "shape": [-1, model.classes().len()], "parameters": { "classes": model.classes() } },
            { "name": OUTPUTS[1], "datatype": "BYTES", "shape": [-1] },
        ],
    })
}

pub(crate) async fn infer(State(app): State<Arc<App>>, Path(name): Path<String>, request: Request) -> Answer {
    let model = model(&app, &name, None)?;
    inferred(&app, model, request).await
}

pub(crate) async fn version_infer(
    State(app): State<Arc<App>>,
    Path((name, version)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let model = model(&app, &name, Some(&version))?;
    inferred(&app, model, request).await
}

async fn inferred(app: &App, model: Arc<LiveModel>, request: Request) -> Answer {
    let (headers, bytes) = body(app, request).await?;
    app.limits.compute(move || answer(&model, &headers, &bytes)).await?
}

fn answer(model: &LiveModel, headers: &HeaderMap, bytes: &[u8]) -> Answer {
    let (json, binary) = parts(headers, bytes)?;
    let request: InferRequest = serde_json::from_slice(json)
        .map_err(|error| Fault::bad_request(format!("the request is not of the protocol: {error}")))?;
    let [input] = &request.inputs[..] else {
        return Err(Fault::bad_request(format!(
            "there are {} inputs; the model takes one, {INPUT}",
            request.inputs.len()
        )));
    };
    let rows = rows(input, binary)?;
    let wanted = wanted(&request)?;
    let said = rows.answers(model, false)?;
    respond(model, &request, &wanted, &said)
}

/// The JSON and the tensors behind it.
fn parts<'a>(headers: &HeaderMap, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), Fault> {
    let Some(length) = headers.get(JSON_LENGTH) else { return Ok((bytes, &[])) };
    let length: Option<usize> = length.to_str().ok().and_then(|length| length.parse().ok());
    let length = length.filter(|length| *length <= bytes.len());
    length.map(|length| bytes.split_at(length)).ok_or_else(|| {
        Fault::bad_request(format!(
            "Inference-Header-Content-Length is no length within a body of {} bytes",
            bytes.len()
        ))
    })
}

fn rows(input: &Input, binary: &[u8]) -> Result<Rows, Fault> {
    if input.name != INPUT {
        return Err(Fault::bad_request(format!(
            "there is no input {:?}; the model takes {INPUT}",
            input.name
        )));
    }
    let shape: Vec<usize> = input
        .shape
        .iter()
        .map(|length| usize::try_from(*length).ok())
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::bad_request("a length of the shape is below zero"))?;
    let n = shape.iter().try_fold(1_usize, |n, length| n.checked_mul(*length));
    let n = n.filter(|n| *n <= 1 << 28).ok_or_else(|| Fault::bad_request("the shape is too large"))?;
    let values = match (input.parameters.get("binary_data_size"), &input.data) {
        (Some(size), None) => {
            let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
            let size = size.filter(|size| *size == binary.len()).ok_or_else(|| {
                Fault::bad_request(format!(
                    "binary_data_size does not say the {} bytes that follow the JSON",
                    binary.len()
                ))
            })?;
            numbers(&input.datatype, &binary[..size])?
        }
        (None, Some(data)) if binary.is_empty() => {
            width(&input.datatype)?;
            let mut values = Vec::new();
            flatten(data, &mut values)?;
            if input.datatype.starts_with("INT") && values.iter().any(|value| value.fract().abs() > 0.0) {
                return Err(Fault::bad_request(format!(
                    "the data is not of the datatype {}",
                    input.datatype
                )));
            }
            values
        }
        (None, Some(_)) => return Err(Fault::bad_request("bytes follow the JSON that no input names")),
        _ => return Err(Fault::bad_request("an input has either data or parameters.binary_data_size")),
    };
    if values.len() != n {
        return Err(Fault::bad_request(format!("{} values do not make the shape {shape:?}", values.len())));
    }
    Ok(Rows { values, shape })
}

/// Bytes of a value.
fn width(datatype: &str) -> Result<usize, Fault> {
    match datatype {
        "FP64" | "INT64" => Ok(8),
        "FP32" | "INT32" => Ok(4),
        other => Err(Fault::bad_request(format!(
            "the datatype is {other:?}; it must be FP64, FP32, INT64 or INT32"
        ))),
    }
}

fn numbers(datatype: &str, bytes: &[u8]) -> Result<Vec<f64>, Fault> {
    let width = width(datatype)?;
    if !bytes.len().is_multiple_of(width) {
        return Err(Fault::bad_request(format!("{} bytes are no whole number of {datatype}", bytes.len())));
    }
    let (eights, _) = bytes.as_chunks::<8>();
    let (fours, _) = bytes.as_chunks::<4>();
    Ok(match datatype {
        "FP64" => eights.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
        "INT64" => eights.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64).collect(),
        "FP32" => fours.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect(),
        _ => fours.iter().map(|bytes| f64::from(i32::from_le_bytes(*bytes))).collect(),
    })
}

/// Numbers of nested lists, in order.
pub(crate) fn flatten(value: &Value, values: &mut Vec<f64>) -> Result<(), Fault> {
    match value {
        Value::Number(number) => values.extend(number.as_f64()),
        Value::Array(inner) => inner.iter().try_for_each(|inner| flatten(inner, values))?,
        other => return Err(Fault::bad_request(format!("{} is no number", text(other)))),
    }
    Ok(())
}

/// A value in a message.
fn text(value: &Value) -> String {
    value.to_string().chars().take(40).collect()
}

/// Outputs that are asked for, and whether each is to be binary.
fn wanted(request: &InferRequest) -> Result<Vec<(&'static str, bool)>, Fault> {
    let is_true = |parameters: &Map<String, Value>, name: &str| parameters.get(name).and_then(Value::as_bool);
    let by_default = is_true(&request.parameters, "binary_data_output").unwrap_or(false);
    if request.outputs.is_empty() {
        return Ok(OUTPUTS.iter().map(|name| (*name, by_default)).collect());
    }
    let mut wanted = Vec::new();
    for output in &request.outputs {
        let Some(name) = OUTPUTS.iter().find(|name| **name == output.name) else {
            return Err(Fault::bad_request(format!(
                "there is no output {:?}; there are {}",
                output.name,
                OUTPUTS.join(", ")
            )));
        };
        if wanted.iter().any(|(other, _)| other == name) {
            return Err(Fault::bad_request(format!("the output {name} is asked for twice")));
        }
        wanted.push((*name, is_true(&output.parameters, "binary_data").unwrap_or(by_default)));
    }
    Ok(wanted)
}

fn respond(
    model: &LiveModel,
    request: &InferRequest,
    wanted: &[(&'static str, bool)],
    said: &Said,
) -> Answer {
    let n = said.probabilities.len();
    let (mut outputs, mut tensors) = (Vec::new(), Vec::new());
    for (name, binary) in wanted {
        let labels = || said.probabilities.iter().map(|p| model.classes()[usize::from(p.top())].as_str());
        let (datatype, shape) = match *name {
            "probabilities" => ("FP64", json!([n, model.classes().len()])),
            _ => ("BYTES", json!([n])),
        };
        let mut output = json!({ "name": name, "datatype": datatype, "shape": shape });
        let values = || said.probabilities.iter().flat_map(|p| p.values().iter().copied());
        if *binary {
            let before = tensors.len();
            if datatype == "FP64" {
                values().for_each(|value| tensors.extend(value.to_le_bytes()));
            } else {
                for label in labels() {
                    tensors.extend((label.len() as u32).to_le_bytes());
                    tensors.extend(label.as_bytes());
                }
            }
            output["parameters"] = json!({ "binary_data_size": tensors.len() - before });
        } else if datatype == "FP64" {
            output["data"] = values().collect::<Vec<f64>>().into();
        } else {
            output["data"] = labels().collect::<Vec<_>>().into();
        }
        outputs.push(output);
    }
    let facts = &model.manifest.facts;
    let mut answer = json!({ "model_name": facts.name, "model_version": facts.version, "outputs": outputs });
    if let Some(id) = &request.id {
        answer["id"] = id.clone().into();
    }
    let mut bytes = serde_json::to_vec(&answer).map_err(|error| Fault::internal(error.to_string()))?;
    let json_length = bytes.len();
    let is_binary = wanted.iter().any(|(_, binary)| *binary);
    bytes.extend(tensors);
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let kind = if is_binary { "application/octet-stream" } else { "application/json" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if is_binary {
        response.headers_mut().insert(JSON_LENGTH, HeaderValue::from(json_length));
    }
    Ok(response)
}
