//! Where a finished run lies: what a RUN on the command line means.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// How many known runs an error names.
const NAMED: usize = 5;
/// What a run's directory holds, beside its charts.
const FILES: [&str; 4] = ["report.html", "report.json", "predictions.csv", "run.json"];

/// The files of a finished run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunPlace {
    /// Its directory, as it was given or found.
    pub(crate) directory: PathBuf,
    /// Its report.
    pub(crate) report: PathBuf,
    /// Its out-of-sample predictions, whether they are there or not.
    pub(crate) predictions: PathBuf,
}

impl RunPlace {
    /// A directory, its `report.json`, or a bare name below `artifacts`.
    ///
    /// # Errors
    /// When there is no finished run; the text says which there are.
    pub(crate) fn find(given: &Path, artifacts: &Path) -> Result<Self> {
        if given.is_file() {
            let directory = given.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = directory.unwrap_or_else(|| Path::new("."));
            return Ok(Self::of(directory.to_owned(), given.to_owned()));
        }
        let is_bare = given.components().count() == 1 && given.file_name().is_some();
        let named = artifacts.join("runs").join(given);
        let directory = if given.is_dir() {
            given.to_owned()
        } else if is_bare && named.is_dir() {
            named
        } else if is_bare {
            bail!(
                "there is no run {} here or in {}{}; give a run's directory, its report.json or its name",
                given.display(),
                artifacts.join("runs").display(),
                known(artifacts)
            );
        } else {
            bail!(
                "there is no run at {}; give a run's directory, its report.json or its name",
                given.display()
            );
        };
        let report = directory.join("report.json");
        if !report.is_file() {
            bail!(
                "{} has no report.json, so no run finished there; give a directory that trainer wrote below runs/",
                directory.display()
            );
        }
        Ok(Self::of(directory, report))
    }

    fn of(directory: PathBuf, report: PathBuf) -> Self {
        let predictions = directory.join("predictions.csv");
        Self { directory, report, predictions }
    }

    /// Refuses to write over a file of this run.
    ///
    /// # Errors
    /// When `output` exists and is one of them, under whatever name.
    pub(crate) fn keep(&self, output: &Path) -> Result<()> {
        // What does not exist yet belongs to no run.
        let Ok(written) = output.canonicalize() else { return Ok(()) };
        let files = FILES.map(|name| self.directory.join(name));
        let mut files = files.iter().chain([&self.report]);
        if files.any(|file| file.canonicalize().is_ok_and(|file| file == written)) {
            bail!(
                "{} belongs to a run that is compared, and writing would destroy it; name another file with --html",
                output.display()
            );
        }
        Ok(())
    }
}

/// What can't be read, for errors.
pub(crate) fn unreadable(path: &Path) -> String {
    format!("can't read {}", path.display())
}

/// `, where there are a, b and 3 more`: the newest runs first, by name.
fn known(artifacts: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(artifacts.join("runs"))
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join("report.json").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable_by(|a, b| b.cmp(a));
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match (names.is_empty(), more) {
        (true, _) => ", where no run is".to_owned(),
        (false, 0) => format!(", where there are {}", names.join(", ")),
        (false, more) => format!(", where there are {} and {more} more", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifacts() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for run in ["one", "two"] {
            fs::create_dir_all(directory.path().join("runs").join(run)).unwrap();
            fs::write(directory.path().join("runs").join(run).join("report.json"), "{}").unwrap();
        }
        fs::create_dir_all(directory.path().join("runs/half")).unwrap();
        directory
    }

    #[test]
    fn a_directory_a_report_and_a_name_mean_the_same_run() {
        let artifacts = artifacts();
        let root = artifacts.path();
        let by_directory = RunPlace::find(&root.join("runs/one"), root).unwrap();
        assert_eq!(by_directory, RunPlace::find(&root.join("runs/one/report.json"), root).unwrap());
        assert_eq!(by_directory, RunPlace::find(Path::new("one"), root).unwrap());
        assert!(by_directory.predictions.ends_with("runs/one/predictions.csv"));
    }

    #[test]
    fn a_run_that_is_not_there_is_told_with_those_that_are() {
        let artifacts = artifacts();
        let root = artifacts.path();
        let refused = |given: &Path| RunPlace::find(given, root).unwrap_err().to_string();
        let message = refused(Path::new("three"));
        assert!(message.contains("there are two, one; give"), "{message}");
        assert!(refused(&root.join("runs/three")).contains("no run at"));
        assert!(refused(Path::new("half")).contains("no report.json"));
        assert!(refused(root).contains("no report.json"));
        let message = RunPlace::find(Path::new("one"), &root.join("empty")).unwrap_err().to_string();
        assert!(message.contains("where no run is"), "{message}");
    }

    #[test]
    fn no_file_of_a_run_is_written_over() {
        let artifacts = artifacts();
        let root = artifacts.path();
        let place = RunPlace::find(Path::new("one"), root).unwrap();
        for taken in ["runs/one/report.json", "runs/two/../one/report.json"] {
            assert!(place.keep(&root.join(taken)).is_err(), "{taken}");
        }
        fs::write(root.join("page.html"), "old").unwrap();
        for free in ["runs/one/new.html", "page.html", "nowhere/page.html"] {
            place.keep(&root.join(free)).unwrap();
        }
    }
}
