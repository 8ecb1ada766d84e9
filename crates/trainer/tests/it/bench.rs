//! A temporary directory in which the program is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A run small enough for tests.
pub(crate) const CONFIG: &str = r#"name = "small"
models = ["random_forest"]

[label]
kind = "forward_direction"
horizon = 6

[validation]
folds = 2

[random_forest]
trees = 5
min_leaf = 20

[report]
bootstrap_draws = 100
importance_rows = 100
importance_repeats = 1
"#;

pub(crate) struct Bench {
    directory: TempDir,
}

impl Bench {
    /// With `small.toml` and 2,000 synthetic bars in `bars.csv`.
    pub(crate) fn new() -> Self {
        let bench = Self { directory: tempfile::tempdir().unwrap() };
        bench.write("small.toml", CONFIG);
        let made = bench.run(&["synth", "--bars", "2000", "--out", "bars.csv"]);
        assert!(made.status.success());
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// The lines of `bars.csv`; the first is the header.
    pub(crate) fn bars(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("bars.csv")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// The program in this directory, with back traces on.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
        command.args(arguments).current_dir(self.directory.path()).env("RUST_BACKTRACE", "1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Trains the small run on `bars.csv`, with changes to the command line.
    pub(crate) fn train(&self, changes: &[&str]) -> Output {
        let mut arguments = vec!["--quiet", "--out", "out"];
        for (name, value) in [("--config", "small.toml"), ("--data", "bars.csv")] {
            if !changes.contains(&name) {
                arguments.extend([name, value]);
            }
        }
        arguments.extend(changes);
        self.run(&arguments)
    }

    /// The one line with which training is refused. Nothing may be written.
    pub(crate) fn refused(&self, changes: &[&str]) -> String {
        let line = one_line(&self.train(changes));
        assert!(!self.path("out").exists(), "something was written: {line}");
        line
    }
}

/// The text of the only line that a failed command says.
pub(crate) fn one_line(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    let line = said.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {said:?}"));
    assert!(!line.contains('\n'), "more than one line: {said}");
    line.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {said}")).to_owned()
}

/// Every file below a directory with its size, in order.
pub(crate) fn files(directory: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let size = path.metadata().unwrap().len();
                found.push((path, size));
            }
        }
    }
    found.sort();
    found
}
