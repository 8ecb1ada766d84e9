//! The bars that the tests run on.

use std::fs::File;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use labels::{Definition, LabelKind, LabelSpec, Labeller};
use market::{Bar, BarSeries, GapPolicy, Timeframe, Timestamp};

/// Records of a packed table under `tests/golden`.
pub(crate) fn golden(name: &str) -> csv::Reader<MultiGzDecoder<File>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    csv::Reader::from_reader(MultiGzDecoder::new(File::open(path).unwrap()))
}

fn series_from(
    symbol: &str,
    timeframe: Timeframe,
    mut reader: csv::Reader<MultiGzDecoder<File>>,
) -> BarSeries {
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        let open_time = Timestamp::from_millis(record[0].parse().unwrap());
        Bar::new(open_time, timeframe, [1, 2, 3, 4].map(number), number(5)).unwrap()
    };
    let bars = reader.records().map(|record| read(record.unwrap())).collect();
    BarSeries::new(symbol, timeframe, GapPolicy::CONTINUOUS, bars).unwrap()
}

/// The made-up market of `tests/oracle/labels.py`: two segments, the first with a hole that does not break.
pub(crate) fn golden_series() -> BarSeries {
    let series = series_from("TEST", Timeframe::HOUR, golden("bars.csv.gz"));
    assert_eq!(series.segments(), [0..650, 650..1100]);
    series
}

/// A symbol's real bars, none (and a message) where the development data is absent.
pub(crate) fn real_series(symbol: &str, timeframe: &str) -> Option<BarSeries> {
    let name = format!("../../../shared/data/{symbol}-{timeframe}.csv.gz");
    let Ok(file) = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)) else {
        println!("skipped: {name} is absent");
        return None;
    };
    let reader = csv::Reader::from_reader(MultiGzDecoder::new(file));
    Some(series_from(symbol, timeframe.parse().unwrap(), reader))
}

/// The defaults of a kind.
pub(crate) fn spec(kind: LabelKind) -> LabelSpec {
    LabelSpec { kind, ..LabelSpec::default() }
}

/// A definition fitted on the bars before `end`.
pub(crate) fn fitted(spec: &LabelSpec, series: &BarSeries, end: usize) -> Labeller {
    Definition::new(spec, None).unwrap().fit(series, end).unwrap()
}

/// A generated market in two segments: the second begins ten bars late behind `cut` bars.
pub(crate) fn broken_market(n_bars: usize, cut: usize, seed: u64) -> BarSeries {
    let parameters = synthetic::Preset::Bench.parameters();
    let market = synthetic::generate(&parameters, n_bars, Timeframe::HOUR, market::Seed(seed));
    let late = |(index, bar): (usize, &Bar)| {
        let by = if index < cut { 0 } else { 10 };
        Bar {
            open_time: bar.open_time.plus_bars(by, Timeframe::HOUR),
            close_time: bar.close_time.plus_bars(by, Timeframe::HOUR),
            ..*bar
        }
    };
    let bars = market.series.bars().iter().enumerate().map(late).collect();
    BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
}
