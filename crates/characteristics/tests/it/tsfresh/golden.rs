//! Every feature of made-up and of real windows against tsfresh 0.21.2.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use characteristics::{TSFRESH, Tsfresh, TsfreshFeature};
use flate2::read::MultiGzDecoder;

/// The contract: |ours − theirs| ≤ CONTRACT · max(1, |theirs|).
const CONTRACT: f64 = 1e-6;
/// What is held besides, as the contract says little of small numbers: |ours − theirs| ≤ TOLERANCE · the
/// largest |theirs| of the feature among windows of its kind.
const TOLERANCE: f64 = 1e-9;

/// Lines of numbers behind a name.
fn stored(file: &str) -> Vec<(String, Vec<f64>)> {
    text(file).lines().map(fields).collect()
}

/// What the oracle says of named windows; its columns are the features in our order.
fn expected(file: &str) -> Vec<(String, Vec<f64>)> {
    let text = text(file);
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').skip(1).collect();
    let names: Vec<&str> = TSFRESH.iter().map(TsfreshFeature::name).collect();
    assert_eq!(header, names, "the oracle's names and order");
    lines.map(fields).collect()
}

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    std::fs::read_to_string(path).unwrap()
}

fn fields(line: &str) -> (String, Vec<f64>) {
    let (name, numbers) = line.split_once('\t').unwrap();
    (name.to_owned(), numbers.split('\t').map(|number| number.parse().unwrap()).collect())
}

/// Holds the oracle's answers against ours; the failure lists every difference by feature. Returns the windows
/// and features of which the oracle has no finite number.
fn compare(
    expected: &[(String, Vec<f64>)],
    kind: impl Fn(&str) -> String,
    values: impl Fn(&str) -> Vec<f64>,
) -> Vec<String> {
    let mut largest: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (window, theirs) in expected {
        let largest = largest.entry(kind(window)).or_insert_with(|| vec![0.0; TSFRESH.len()]);
        for (largest, theirs) in largest.iter_mut().zip(theirs).filter(|(_, theirs)| theirs.is_finite()) {
            *largest = largest.max(theirs.abs());
        }
    }
    let mut differences: BTreeMap<&str, String> = BTreeMap::new();
    let mut without = Vec::new();
    for (window, theirs) in expected {
        let values = values(window);
        let mut ours = vec![f64::NAN; TSFRESH.len()];
        Tsfresh::new(values.len()).compute(&values, &mut ours);
        for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            assert!(ours.is_finite(), "{} of {window}: {ours}", TSFRESH[place].name());
            if !theirs.is_finite() {
                without.push(format!("{} of {window}", TSFRESH[place].name()));
                continue;
            }
            let limit = (CONTRACT * theirs.abs().max(1.0)).min(TOLERANCE * largest[&kind(window)][place]);
            if (ours - theirs).abs() > limit {
                let list = differences.entry(TSFRESH[place].name()).or_default();
                writeln!(list, "  {window}: {ours:e}, not {theirs:e}").unwrap();
            }
        }
    }
    let differences: Vec<String> = differences.iter().map(|(name, list)| format!("{name}\n{list}")).collect();
    assert!(differences.is_empty(), "{}", differences.concat());
    without
}

#[test]
fn synthetic_windows() {
    let windows: HashMap<String, Vec<f64>> = stored("tsfresh_windows.tsv").into_iter().collect();
    let expected = expected("tsfresh_synthetic.tsv");
    assert_eq!(expected.len(), 9 * 3 + 4 * 2);
    let kind = |window: &str| window.split_once('_').unwrap().0.to_owned();
    let without = compare(&expected, kind, |window| windows[window].clone());
    assert_eq!(without, ["sample_entropy of walk_30"]);
}

#[test]
fn real_returns() {
    let expected = expected("tsfresh_returns.tsv");
    assert_eq!(expected.len(), 100);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data beside the workspace");
        return;
    }
    let (file, _) = expected[0].0.split_once('@').unwrap();
    let returns = log_returns(&folder.join(file));
    let without = compare(
        &expected,
        |_| "returns".to_owned(),
        |window| {
            let (name, start) = window.split_once('@').unwrap();
            assert_eq!(name, file);
            let start: usize = start.parse().unwrap();
            returns[start..start + 288].to_vec()
        },
    );
    assert!(without.is_empty(), "{without:?}");
}

/// `ln(close[i + 1] / close[i])` of a compressed table with a column `close`.
fn log_returns(path: &Path) -> Vec<f64> {
    let mut text = String::new();
    MultiGzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let close = lines.next().unwrap().split(',').position(|name| name == "close").unwrap();
    let closes: Vec<f64> = lines.map(|line| line.split(',').nth(close).unwrap().parse().unwrap()).collect();
    closes.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
}
