//! Made-up finished runs in a temporary directory.

use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::finished_run::FinishedRun;
use super::run_place::RunPlace;
use super::side_by_side::side_by_side;
use crate::report::{Report, RunComparison, sample};

/// Close time of row 0.
const START: i64 = 1_704_067_200_000;
/// One bar.
const HOUR: i64 = 3_600_000;

/// How the models of a made-up run answer.
#[derive(Clone)]
pub(super) struct Said {
    /// Name of the model.
    pub(super) model: &'static str,
    /// Probability of the true class, before noise.
    pub(super) skill: f64,
    /// What makes its noise its own.
    pub(super) noise: u64,
    /// Rows that it answered.
    pub(super) rows: Range<u64>,
}

/// The forest, on 600 rows.
pub(super) fn forest(skill: f64) -> Said {
    Said { model: "random_forest", skill, noise: 1, rows: 0..600 }
}

/// A number in [0, 1) that looks random.
fn noise(stream: u64, row: u64) -> f64 {
    let mut z = (stream << 32 | row).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether the true class of a row is the second one.
fn is_high(row: u64) -> bool {
    noise(0, row / 9) < 0.45
}

impl Said {
    /// The probability that the model gives the true class of a row.
    pub(super) fn probability(&self, row: u64) -> f64 {
        (self.skill + 0.5 * (noise(self.noise, row) - 0.5)).clamp(0.01, 0.99)
    }
}

/// `predictions.csv` of a run with the classes low and high.
pub(super) fn predictions(said: &[Said]) -> String {
    let mut text = String::from("model,fold,timestamp,label,predicted,p_low,p_high\n");
    for said in said {
        for row in said.rows.clone() {
            let p = said.probability(row);
            let (label, [low, high]) =
                if is_high(row) { ("high", [1.0 - p, p]) } else { ("low", [p, 1.0 - p]) };
            let predicted = if high > low { "high" } else { "low" };
            let time = START + row as i64 * HOUR;
            writeln!(text, "{},{},{time},{label},{predicted},{low},{high}", said.model, row / 300).unwrap();
        }
    }
    text
}

/// A run's report that names its run; everything else is the sample's, with fewer draws.
pub(super) fn report(run: &str) -> Report {
    let mut report = sample::report();
    run.clone_into(&mut report.run);
    report.validation.bootstrap_draws = 200;
    report.validation.out_of_sample_rows = 600;
    report
}

/// A directory of runs.
pub(super) struct Runs {
    directory: TempDir,
}

impl Runs {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a finished run.
    pub(super) fn write(&self, report: &Report, predictions: &str) -> PathBuf {
        let directory = self.path(&format!("runs/{}", report.run));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("report.json"), serde_json::to_string_pretty(report).unwrap()).unwrap();
        fs::write(directory.join("predictions.csv"), predictions).unwrap();
        directory
    }

    /// Compares runs by name.
    pub(super) fn compared(&self, names: &[&str], seed: Option<u64>) -> RunComparison {
        let find = |name: &&str| RunPlace::find(Path::new(name), self.directory.path()).unwrap();
        let places = names.iter().map(find).collect();
        side_by_side(&FinishedRun::load_all(places).unwrap(), seed)
    }
}

/// Two forests, `a` and `b`, that answered as said, after a change to the report of `b`.
pub(super) fn two(a: &[Said], b: &[Said], change: impl FnOnce(&mut Report)) -> Runs {
    let runs = Runs::new();
    runs.write(&report("a"), &predictions(a));
    let mut second = report("b");
    change(&mut second);
    runs.write(&second, &predictions(b));
    runs
}
