//! A tracking server in this process: the calls that are made, with the rules of the real one (3.17) that matter.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Everything that it was told.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) experiments: BTreeMap<String, String>,
    pub(crate) runs: Vec<Run>,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) logged: Vec<Value>,
    pub(crate) registered: Vec<String>,
    pub(crate) versions: Vec<Value>,
    pub(crate) aliases: BTreeMap<(String, String), String>,
    pub(crate) calls: Vec<String>,
    /// Answers of this status to so many calls.
    pub(crate) out_of_order: Option<(u16, usize)>,
    /// The connection ends behind the call with this number: it was done, but nobody is told.
    pub(crate) silent_at: Option<usize>,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) experiment: String,
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) params: BTreeMap<String, String>,
    /// Key, timestamp, step, value: the real one keeps a set of these too.
    pub(crate) metrics: Vec<(String, i64, i64, String)>,
    pub(crate) inputs: Vec<Value>,
    pub(crate) outputs: Vec<Value>,
    pub(crate) status: String,
}

/// Serves until it is dropped.
pub(crate) struct Fake {
    address: SocketAddr,
    pub(crate) state: Arc<Mutex<State>>,
}

type Answer = Result<Value, (u16, &'static str, String)>;

impl Fake {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || converse(&connection.unwrap(), &state));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn converse(connection: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            if header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut state = state.lock().unwrap();
        let number = state.calls.len();
        state.calls.push(format!("{method} {target}"));
        if let Some((status, left)) = state.out_of_order.filter(|(_, left)| *left > 0) {
            state.out_of_order = Some((status, left - 1));
            respond(connection, status, "overloaded");
            continue;
        }
        let answer = state.answer(&method, &target, &body);
        if state.silent_at == Some(number) {
            return;
        }
        match answer {
            Ok(value) => respond(connection, 200, &value.to_string()),
            Err((status, code, message)) => {
                let said = json!({ "error_code": code, "message": message });
                respond(connection, status, &said.to_string());
            }
        }
    }
}

fn respond(mut connection: &TcpStream, status: u16, body: &str) {
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = connection.write_all(text.as_bytes());
}

fn invalid(message: impl Into<String>) -> (u16, &'static str, String) {
    (400, "INVALID_PARAMETER_VALUE", message.into())
}

fn missing(message: impl Into<String>) -> (u16, &'static str, String) {
    (404, "RESOURCE_DOES_NOT_EXIST", message.into())
}

/// The value of `key = 'value'` in a filter.
fn filtered(filter: &str, key: &str) -> String {
    let rest = filter.split(key).nth(1).unwrap_or_else(|| panic!("{key} in {filter}"));
    rest.split('\'').nth(1).unwrap().to_owned()
}

fn decoded(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = std::str::from_utf8(&bytes[at + 1..at + 3]).unwrap();
            out.push(u8::from_str_radix(hex, 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

fn tags(body: &Value) -> BTreeMap<String, String> {
    let pairs = body["tags"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    pairs.map(|pair| (text(&pair["key"]), text(&pair["value"]))).collect()
}

impl State {
    pub(crate) fn run(&self, name: &str) -> &Run {
        let mut named = self.runs.iter().filter(|run| run.name == name);
        let found = named.next().unwrap_or_else(|| panic!("no run {name}"));
        assert!(named.next().is_none(), "two runs {name}");
        found
    }

    fn run_mut(&mut self, body: &Value) -> Result<&mut Run, (u16, &'static str, String)> {
        let id = body["run_id"].as_str().unwrap_or_default().to_owned();
        self.runs.iter_mut().find(|run| run.id == id).ok_or_else(|| missing(format!("no run {id}")))
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each call")]
    fn answer(&mut self, method: &str, target: &str, bytes: &[u8]) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if let Some(file) = path.strip_prefix("/api/2.0/mlflow-artifacts/artifacts/") {
            self.files.insert(decoded(file), bytes.to_vec());
            return Ok(json!({}));
        }
        let call = path.strip_prefix("/api/2.0/mlflow/").ok_or_else(|| missing(path))?;
        let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        let query: BTreeMap<String, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match (method, call) {
            ("GET", "experiments/get-by-name") => {
                let name = &query["experiment_name"];
                let id = self.experiments.get(name).ok_or_else(|| missing("no experiment"))?;
                Ok(json!({ "experiment": { "experiment_id": id } }))
            }
            ("POST", "experiments/create") => {
                let id = (self.experiments.len() + 1).to_string();
                self.experiments.insert(text(&body["name"]), id.clone());
                Ok(json!({ "experiment_id": id }))
            }
            ("POST", "runs/search") => {
                let wanted = filtered(&text(&body["filter"]), "tags.client_run_key");
                let found = self.runs.iter().find(|run| run.tags.get("client_run_key") == Some(&wanted));
                Ok(found.map_or_else(|| json!({}), |run| json!({ "runs": [run.shown()] })))
            }
            ("POST", "runs/create") => {
                let run = Run {
                    id: format!("run{}", self.runs.len()),
                    experiment: text(&body["experiment_id"]),
                    name: text(&body["run_name"]),
                    tags: tags(&body),
                    status: "RUNNING".to_owned(),
                    ..Run::default()
                };
                self.runs.push(run.clone());
                Ok(json!({ "run": run.shown() }))
            }
            ("POST", "runs/log-batch") => self.run_mut(&body)?.log(&body),
            ("POST", "runs/log-inputs") => {
                let inputs = body["datasets"].as_array().unwrap().clone();
                let run = self.run_mut(&body)?;
                let fresh: Vec<Value> =
                    inputs.into_iter().filter(|input| !run.inputs.contains(input)).collect();
                run.inputs.extend(fresh);
                Ok(json!({}))
            }
            ("POST", "runs/outputs") => {
                let outputs = body["models"].as_array().unwrap().clone();
                let run = self.run_mut(&body)?;
                if outputs.iter().any(|output| run.outputs.contains(output)) {
                    return Err((400, "BAD_REQUEST", "UNIQUE constraint failed: inputs".to_owned()));
                }
                run.outputs.extend(outputs);
                Ok(json!({}))
            }
            ("GET", "runs/get") => {
                let run = self.run_mut(&json!({ "run_id": query["run_id"] }))?;
                Ok(json!({ "run": { "outputs": { "model_outputs": run.outputs } } }))
            }
            ("POST", "runs/update") => {
                let run = self.run_mut(&body)?;
                run.status = text(&body["status"]);
                Ok(json!({}))
            }
            ("POST", "logged-models/search") => {
                let wanted = filtered(&text(&body["filter"]), "tags.sha256");
                let is = |model: &&Value| tags(&model["info"]).get("sha256") == Some(&wanted);
                Ok(json!({ "models": self.logged.iter().filter(is).collect::<Vec<_>>() }))
            }
            ("POST", "logged-models") => {
                let id = format!("m-{}", self.logged.len());
                let uri = format!("mlflow-artifacts:/{}/models/{id}/artifacts", text(&body["experiment_id"]));
                let model = json!({ "info": { "model_id": id, "artifact_uri": uri, "tags": body["tags"] } });
                self.logged.push(model.clone());
                Ok(json!({ "model": model }))
            }
            ("PATCH", call) if call.starts_with("logged-models/") => Ok(json!({})),
            ("POST", "registered-models/create") => {
                let name = text(&body["name"]);
                if self.registered.contains(&name) {
                    return Err((400, "RESOURCE_ALREADY_EXISTS", format!("RESOURCE_ALREADY_EXISTS: {name}")));
                }
                self.registered.push(name);
                Ok(json!({}))
            }
            ("GET", "model-versions/search") => {
                let (name, hash) =
                    (filtered(&query["filter"], "name"), filtered(&query["filter"], "tags.sha256"));
                let is =
                    |version: &&Value| version["name"] == name.as_str() && tags(version)["sha256"] == hash;
                Ok(json!({ "model_versions": self.versions.iter().filter(is).collect::<Vec<_>>() }))
            }
            ("POST", "model-versions/create") => {
                let mut version = body.clone();
                version["version"] = json!((self.versions.len() + 1).to_string());
                self.versions.push(version.clone());
                Ok(json!({ "model_version": version }))
            }
            ("POST", "registered-models/alias") => {
                self.aliases.insert((text(&body["name"]), text(&body["alias"])), text(&body["version"]));
                Ok(json!({}))
            }
            _ => Err(missing(format!("{method} {call}"))),
        }
    }
}

impl Run {
    fn shown(&self) -> Value {
        let artifacts = format!("mlflow-artifacts:/{}/{}/artifacts", self.experiment, self.id);
        json!({ "info": { "run_id": self.id, "artifact_uri": artifacts } })
    }

    fn log(&mut self, body: &Value) -> Answer {
        let of = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let (metrics, params) = (of("metrics"), of("params"));
        if metrics.len() > 1000 || params.len() > 100 {
            return Err(invalid("too many at once"));
        }
        for param in &params {
            let (key, value) = (param["key"].as_str().unwrap(), param["value"].as_str().unwrap());
            if value.chars().count() > 6000 {
                return Err(invalid("param too long"));
            }
            if self.params.get(key).is_some_and(|known| known != value) {
                return Err(invalid(format!("changing param {key}")));
            }
        }
        for metric in &metrics {
            let value = &metric["value"];
            let is_word = matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
            if !(value.is_number() || is_word) || metric["key"].as_str().unwrap().contains(['(', ',']) {
                return Err(invalid(format!("metric {metric}")));
            }
        }
        for param in params {
            let text = |name: &str| param[name].as_str().unwrap().to_owned();
            self.params.insert(text("key"), text("value"));
        }
        for metric in metrics {
            let row = (
                metric["key"].as_str().unwrap().to_owned(),
                metric["timestamp"].as_i64().unwrap(),
                metric["step"].as_i64().unwrap(),
                metric["value"].to_string(),
            );
            if !self.metrics.contains(&row) {
                self.metrics.push(row);
            }
        }
        Ok(json!({}))
    }
}
