//! All 22 features of generated and of real windows against pycatch22 0.6.0, to 1e-6.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use characteristics::{CATCH22, Catch22, Catch22Feature};
use flate2::read::MultiGzDecoder;

use super::windows::window;

/// |ours − theirs| ≤ TOLERANCE · max(1, |theirs|).
const TOLERANCE: f64 = 1e-6;

/// A stored window: the three fields that name it, its last value, the oracle's 22 features.
struct Golden {
    key: [String; 3],
    last: f64,
    features: Vec<f64>,
}

fn stored(name: &str) -> Vec<Golden> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let names: Vec<&str> = CATCH22.iter().map(Catch22Feature::name).collect();
    assert_eq!(header[4..], names, "the oracle's names and order");
    let number = |field: &str| field.parse::<f64>().unwrap();
    lines
        .map(|fields| Golden {
            key: [0, 1, 2].map(|index| fields[index].to_owned()),
            last: number(fields[3]),
            features: fields[4..].iter().map(|&field| number(field)).collect(),
        })
        .collect()
}

/// Holds each stored window's features against ours; the failure lists every difference by feature.
fn compare(stored: &[Golden], mut values_of: impl FnMut(&Golden) -> Vec<f64>) {
    let mut rooms = BTreeMap::new();
    let mut differences: BTreeMap<&str, String> = BTreeMap::new();
    for golden in stored {
        let values = values_of(golden);
        assert_eq!(
            values.last().unwrap().to_bits(),
            golden.last.to_bits(),
            "{:?}: another window",
            golden.key
        );
        let room = rooms.entry(values.len()).or_insert_with(|| Catch22::new(values.len()));
        let ours = room.compute(&values);
        for ((feature, ours), theirs) in CATCH22.iter().zip(ours).zip(&golden.features) {
            assert!(theirs.is_finite());
            let close = (ours - theirs).abs() <= TOLERANCE * theirs.abs().max(1.0);
            if !close {
                let list = differences.entry(feature.name()).or_default();
                writeln!(list, "  {:?}: {ours}, not {theirs}", golden.key).unwrap();
            }
        }
    }
    let lists: Vec<String> = differences.iter().map(|(name, list)| format!("{name}\n{list}")).collect();
    assert!(lists.is_empty(), "{}", lists.concat());
}

#[test]
fn generated_windows() {
    let stored = stored("catch22_synthetic.csv");
    assert_eq!(stored.len(), 12 * 8 * 3);
    compare(&stored, |golden| {
        let [kind, length, seed] = &golden.key;
        window(kind, length.parse().unwrap(), seed.parse().unwrap())
    });
}

#[test]
fn real_returns() {
    let stored = stored("catch22_real.csv");
    assert_eq!(stored.len(), 200 * 3);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !folder.is_dir() {
        println!("skipped: there is no ../shared/data beside the workspace");
        return;
    }
    let mut files = BTreeMap::new();
    compare(&stored, |golden| {
        let [name, length, start] = &golden.key;
        let returns = files.entry(name.clone()).or_insert_with(|| log_returns(&folder.join(name)));
        let start: usize = start.parse().unwrap();
        returns[start..start + length.parse::<usize>().unwrap()].to_vec()
    });
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
