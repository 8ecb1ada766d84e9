//! A server in a process of its own, and what it is asked.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, Response};
use serde_json::Value;

/// A running `predictor serve`; killed when dropped.
pub(crate) struct Served {
    child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) base: String,
    pub(crate) client: Client,
}

impl Served {
    /// Starts it in a directory, on a free port, and waits until it listens.
    pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predictor"));
        command.arg("serve").args(arguments).args(["--bind", "127.0.0.1:0"]).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, base) =
            line.trim().split_once("is served at ").unwrap_or_else(|| panic!("it did not start: {line:?}"));
        let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { stdin: child.stdin.take(), base: base.to_owned(), child, client }
    }

    pub(crate) fn send(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.base)).send().unwrap()
    }

    /// The JSON of an address, and its status.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let response = self.send(path);
        (response.status().as_u16(), response.json().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response =
            self.client.post(format!("{}{path}", self.base)).body(body.to_string()).send().unwrap();
        (response.status().as_u16(), response.json().unwrap())
    }

    /// Lines on its standard input.
    pub(crate) fn feed<'l>(&mut self, lines: impl IntoIterator<Item = &'l str>) {
        let stdin = self.stdin.as_mut().unwrap();
        for line in lines {
            stdin.write_all(line.as_bytes()).unwrap();
            stdin.write_all(b"\n").unwrap();
        }
        stdin.flush().unwrap();
    }

    /// Waits until something holds; what was last found otherwise.
    pub(crate) fn wait(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let (_, found) = self.get(path);
            if holds(&found) {
                return found;
            }
            assert!(Instant::now() < until, "{path} stays {found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every prediction in the history, oldest first.
    pub(crate) fn history(&self) -> Vec<Value> {
        let (mut rows, mut before) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.get(&format!("/v1/history?limit=500{before}"));
            assert_eq!(status, 200, "{page}");
            rows.extend(page["predictions"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_i64() else { break };
            before = format!("&before={next}");
        }
        rows.reverse();
        rows
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and until it has ended: true when it says that all went well.
    pub(crate) fn end(mut self) -> bool {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        killed.success() && self.child.wait().unwrap().success()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
