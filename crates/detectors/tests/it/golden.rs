//! What `tests/oracle/detectors.py` wrote.

use std::fs::File;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use market::{Bar, BarSeries, GapPolicy, Timeframe, Timestamp};
use serde_json::Value;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn records(name: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(path(name)).unwrap()));
    reader.records().map(Result::unwrap).collect()
}

/// The made-up market: two segments.
pub(crate) fn series() -> BarSeries {
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        let open_time = Timestamp::from_millis(record[0].parse().unwrap());
        Bar::new(open_time, Timeframe::HOUR, [1, 2, 3, 4].map(number), number(5)).unwrap()
    };
    let bars = records("bars.csv.gz").into_iter().map(read).collect();
    let series = BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
    assert_eq!(series.segments().len(), 2);
    series
}

/// What one bar should give; none while the inputs are cold.
pub(crate) struct Expected {
    pub(crate) observation: [f64; 2],
    pub(crate) probabilities: [f64; 3],
    pub(crate) jump_state: u8,
}

pub(crate) fn expected() -> Vec<Option<Expected>> {
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        (!record[0].is_empty()).then(|| Expected {
            observation: [0, 1].map(number),
            probabilities: [2, 3, 4].map(number),
            jump_state: record[5].parse().unwrap(),
        })
    };
    records("states.csv.gz").into_iter().map(read).collect()
}

/// Parameters and objectives.
pub(crate) fn models() -> Value {
    serde_json::from_reader(File::open(path("models.json")).unwrap()).unwrap()
}
