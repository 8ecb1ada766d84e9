//! The document that says what there is.

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// The form of a prediction, the same as of the predictor's files.
const PREDICTION: &str = include_str!("../../../../schemas/prediction.schema.json");

/// Every status that any request may get beside success, and why.
const ALWAYS: [(&str, &str); 3] = [
    ("500", "The service failed; it goes on."),
    ("503", "Overloaded, or ending: try again after Retry-After."),
    ("504", "No answer within the time limit."),
];

/// OpenAPI 3.1, as text.
pub(crate) fn document() -> Bytes {
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Regime predictor",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Calibrated probabilities of market regimes, live. Times are milliseconds since 1970-01-01T00:00:00Z.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths(),
        "components": { "schemas": schemas(), "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
    });
    Bytes::from(document.to_string())
}

fn paths() -> Value {
    let symbol = || json!([path_parameter("symbol", "Symbol, such as BTCUSDT.")]);
    let model = || json!([path_parameter("name", "Name of the bundle.")]);
    let version =
        || json!([path_parameter("name", "Name of the bundle."), path_parameter("version", "Its version.")]);
    let named = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let object = || json!({ "type": "object" });
    let warming = [("404", "There is no such symbol."), ("425", "The symbol is warming up.")];
    let unknown_model = [("404", "There is no such model.")];
    let bad = ("400", "The request is not what the operation takes.");
    let body_faults =
        [bad, ("413", "The body is too large."), ("415", "The body is packed in an unknown way.")];
    let with = |more: &[(&'static str, &'static str)]| [&body_faults[..], more].concat();
    let mut paths = Map::new();
    let mut add = |path: &str, method: &str, operation: Value| {
        let entry = paths.entry(path.to_owned()).or_insert_with(object);
        entry[method] = operation;
    };
    add("/livez", "get", open("livez", "Is the process alive?", object()));
    add("/readyz", "get", open("readyz", "Is a model loaded? The feed is told apart.", object()));
    add("/v1/status", "get", operation("status", "Model, feed, symbols and resources.", &[], object()));
    add(
        "/v1/regime/{symbol}",
        "get",
        parameters(operation("regime", "The newest prediction.", &warming, named("Prediction")), symbol()),
    );
    add(
        "/v1/signals/{symbol}",
        "get",
        parameters(
            operation("signals", "What to do on the newest prediction.", &warming, named("Signal")),
            symbol(),
        ),
    );
    let mut of_bars = symbol();
    push(
        &mut of_bars,
        query("limit", "How many.", json!({ "type": "integer", "minimum": 1, "maximum": 2000 })),
    );
    add(
        "/v1/bars/{symbol}",
        "get",
        parameters(
            operation(
                "bars",
                "The newest bars with what was predicted at each.",
                &[warming[0], bad],
                object(),
            ),
            of_bars,
        ),
    );
    let text = || json!({ "type": "string" });
    let instant = || json!({ "type": "integer" });
    add(
        "/v1/history",
        "get",
        parameters(
            operation(
                "history",
                "Predictions and their outcomes, newest first.",
                &[bad, ("404", "The service keeps no history.")],
                object(),
            ),
            json!([
                query("symbol", "Of this symbol only.", text()),
                query("from", "Whose bar closed at this instant or later.", instant()),
                query("to", "Whose bar closed before.", instant()),
                query("limit", "How many.", json!({ "type": "integer", "minimum": 1, "maximum": 5000 })),
                query("before", "Behind this page: its next.", json!({ "type": "integer", "minimum": 0 })),
            ]),
        ),
    );
    add(
        "/v1/history/summary",
        "get",
        parameters(
            operation(
                "summary",
                "Accuracy by day, and which classes were taken for each other.",
                &[bad, ("404", "The service keeps no history.")],
                object(),
            ),
            json!([
                required(query("symbol", "Of this symbol.", json!({ "type": "string", "minLength": 1 }))),
                query(
                    "days",
                    "Of so many days.",
                    json!({ "type": "integer", "minimum": 1, "maximum": 3650 })
                ),
            ]),
        ),
    );
    add(
        "/v1/monitoring",
        "get",
        operation("monitoring", "Performance beside what was expected, drift, alerts.", &[], object()),
    );
    add("/v1/models", "get", operation("models", "Models that are served.", &[], object()));
    add(
        "/v1/events",
        "get",
        json!({
            "operationId": "events",
            "summary": "What happens, as server-sent events; it does not end.",
            "security": [{ "token": [] }, {}],
            "parameters": [query("symbol", "Of this symbol only.", text())],
            "responses": responses(&[bad, ("401", "The token is missing or wrong.")], json!({ "text/event-stream": {} })),
        }),
    );
    let unprocessable = ("422", "The bars can't be used, or are too few.");
    add(
        "/v1/predict",
        "post",
        bodied(
            operation("predict", "Predict at bars that are sent along.", &with(&[unprocessable]), object()),
            named("PredictRequest"),
        ),
    );
    add("/v2", "get", operation("serverMetadata", "Open Inference Protocol: the server.", &[], object()));
    add("/v2/health/live", "get", operation("serverLive", "Open Inference Protocol: alive?", &[], object()));
    add(
        "/v2/health/ready",
        "get",
        operation("serverReady", "Open Inference Protocol: ready?", &[], object()),
    );
    for (versioned, at) in [(false, "/v2/models/{name}"), (true, "/v2/models/{name}/versions/{version}")] {
        let suffix = if versioned { "Version" } else { "" };
        let places = || if versioned { version() } else { model() };
        add(
            at,
            "get",
            parameters(
                operation(
                    &format!("modelMetadata{suffix}"),
                    "Open Inference Protocol: inputs and outputs.",
                    &unknown_model,
                    object(),
                ),
                places(),
            ),
        );
        add(
            &format!("{at}/ready"),
            "get",
            parameters(
                operation(
                    &format!("modelReady{suffix}"),
                    "Open Inference Protocol: model ready?",
                    &unknown_model,
                    object(),
                ),
                places(),
            ),
        );
        add(
            &format!("{at}/infer"),
            "post",
            bodied(
                parameters(
                    operation(
                        &format!("infer{suffix}"),
                        "Open Inference Protocol: answers for rows of features.",
                        &with(&unknown_model),
                        object(),
                    ),
                    places(),
                ),
                named("InferRequest"),
            ),
        );
    }
    add(
        "/invocations",
        "post",
        bodied(
            operation("invocations", "MLflow: answers for rows of features.", &with(&[]), object()),
            named("Invocations"),
        ),
    );
    for (path, id) in
        [("/ping", "ping"), ("/health", "health"), ("/version", "version"), ("/metrics", "metrics")]
    {
        let mut operation = open(id, "For load balancers and Prometheus.", object());
        operation["responses"]["200"] = json!({ "description": "Text.", "content": { "text/plain": { "schema": { "type": "string" } } } });
        add(path, "get", operation);
    }
    add("/openapi.json", "get", open("openapi", "This document.", object()));
    for (path, id, kind) in [
        ("/", "page", "text/html"),
        ("/dashboard.css", "style", "text/css"),
        ("/dashboard.js", "script", "text/javascript"),
    ] {
        let mut operation = open(id, "The page.", object());
        operation["responses"]["200"] =
            json!({ "description": "Its text.", "content": { kind: { "schema": { "type": "string" } } } });
        add(path, "get", operation);
    }
    paths.into()
}

fn push(list: &mut Value, one: Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(one);
    }
}

fn path_parameter(name: &str, what: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": what, "schema": { "type": "string", "minLength": 1 } })
}

fn query(name: &str, what: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "query", "description": what, "schema": schema })
}

fn required(mut parameter: Value) -> Value {
    parameter["required"] = true.into();
    parameter
}

/// An operation that needs the token.
fn operation(id: &str, summary: &str, faults: &[(&str, &str)], schema: Value) -> Value {
    let faults = [faults, &[("401", "The token is missing or wrong.")]].concat();
    json!({
        "operationId": id,
        "summary": summary,
        "security": [{ "token": [] }, {}],
        "responses": responses(&faults, json!({ "application/json": { "schema": schema } })),
    })
}

/// An operation that everybody may ask for.
fn open(id: &str, summary: &str, schema: Value) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "responses": responses(&[], json!({ "application/json": { "schema": schema } })),
    })
}

fn parameters(mut operation: Value, parameters: Value) -> Value {
    operation["parameters"] = parameters;
    operation
}

fn bodied(mut operation: Value, schema: Value) -> Value {
    operation["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    operation
}

fn responses(faults: &[(&str, &str)], content: Value) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": "Done.", "content": content }));
    for (status, why) in faults.iter().chain(&ALWAYS) {
        responses.insert((*status).to_owned(), json!({ "description": why, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Fault" } } } }));
    }
    responses.into()
}

fn schemas() -> Value {
    let mut prediction: Value = serde_json::from_str(PREDICTION).unwrap_or_default();
    // Its own definitions are one: a probability.
    let probability = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    if let Some(prediction) = prediction.as_object_mut() {
        for key in ["$schema", "$defs"] {
            prediction.remove(key);
        }
    }
    let prediction =
        prediction.to_string().replace("#/$defs/probability", "#/components/schemas/Probability");
    let prediction: Value = serde_json::from_str(&prediction).unwrap_or_default();
    let bar = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["open_time", "open", "high", "low", "close", "volume"],
        "properties": {
            "symbol": { "type": ["string", "null"] },
            "open_time": { "type": "integer", "description": "First instant of the bar." },
            "close_time": { "type": ["integer", "null"] },
            "open": { "type": "number" },
            "high": { "type": "number" },
            "low": { "type": "number" },
            "close": { "type": "number" },
            "volume": { "type": "number" },
            "quote_volume": { "type": ["number", "null"] },
            "trades": { "type": ["integer", "null"] },
            "taker_buy_volume": { "type": ["number", "null"] },
        },
    });
    let rows = json!({ "type": "array", "items": {} });
    json!({
        "Probability": probability,
        "Prediction": prediction,
        "Bar": bar,
        "PredictRequest": {
            "type": "object",
            "additionalProperties": false,
            "required": ["bars"],
            "properties": {
                "symbol": { "type": ["string", "null"] },
                "bars": { "type": "array", "items": { "$ref": "#/components/schemas/Bar" }, "description": "Oldest first." },
                "references": {
                    "type": "object",
                    "additionalProperties": { "type": "array", "items": { "$ref": "#/components/schemas/Bar" } },
                },
                "all": { "type": "boolean", "description": "Answer for every bar that has enough past, not for the newest only." },
            },
        },
        "Signal": {
            "type": "object",
            "additionalProperties": false,
            "required": ["symbol", "timestamp", "signal", "strength", "position_size", "confidence", "probabilities", "reason", "model_version", "fallback_level"],
            "properties": {
                "symbol": { "type": "string" },
                "timestamp": { "type": "integer" },
                "signal": { "type": "string", "enum": ["long", "short", "neutral", "exposure"] },
                "strength": { "type": "number", "minimum": 0, "maximum": 1 },
                "position_size": { "type": "number", "description": "Share of capital; below zero for a short." },
                "confidence": { "$ref": "#/components/schemas/Probability" },
                "probabilities": { "type": "object", "additionalProperties": { "$ref": "#/components/schemas/Probability" } },
                "reason": { "type": "string" },
                "model_version": { "type": "string" },
                "fallback_level": { "type": "integer", "minimum": 0, "maximum": 4 },
            },
        },
        "InferRequest": {
            "type": "object",
            "required": ["inputs"],
            "properties": {
                "id": { "type": "string" },
                "inputs": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["name", "shape", "datatype"],
                        "properties": {
                            "name": { "type": "string" },
                            "shape": { "type": "array", "items": { "type": "integer" } },
                            "datatype": { "type": "string" },
                            "data": rows,
                        },
                    },
                },
            },
        },
        "Invocations": {
            "type": "object",
            "description": "Exactly one of dataframe_split, dataframe_records, instances and inputs.",
            "properties": {
                "dataframe_split": { "type": "object" },
                "dataframe_records": { "type": "array", "items": { "type": "object" } },
                "instances": rows,
                "inputs": {},
            },
        },
        "Fault": {
            "type": "object",
            "description": "error is an object below /v1 and a text below /v2; MLflow's paths have error_code and message.",
            "properties": { "error": {}, "error_code": { "type": "string" }, "message": { "type": "string" } },
        },
    })
}
