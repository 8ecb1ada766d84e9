//! The bars that the tests run on.

use std::fs::File;
use std::path::Path;

use features::{FeatureSet, FeatureSpec};
use flate2::read::MultiGzDecoder;
use market::{Bar, BarSeries, GapPolicy, Seed, Timeframe, Timestamp};
use synthetic::Preset;

/// Every column of the seed set, second names included.
pub(crate) fn seed43(timeframe: Timeframe) -> FeatureSet {
    let spec =
        FeatureSpec { sets: vec!["seed43".to_owned()], keep_duplicates: true, ..FeatureSpec::default() };
    FeatureSet::resolve(&spec, timeframe).unwrap()
}

/// Hourly bars of a generated market without holes.
pub(crate) fn synthetic_bars(n_bars: usize, seed: u64) -> Vec<Bar> {
    let market = synthetic::generate(&Preset::Bench.parameters(), n_bars, Timeframe::HOUR, Seed(seed));
    market.series.bars().to_vec()
}

/// A symbol's real bars, none (and a message) where the development data is absent.
pub(crate) fn real_series(symbol: &str, timeframe: &str) -> Option<BarSeries> {
    let name = format!("../../../shared/data/{symbol}-{timeframe}.csv.gz");
    let Ok(file) = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)) else {
        println!("skipped: {name} is absent");
        return None;
    };
    let timeframe: Timeframe = timeframe.parse().unwrap();
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        let open_time = Timestamp::from_millis(record[0].parse().unwrap());
        Bar::new(open_time, timeframe, [1, 2, 3, 4].map(number), number(5)).unwrap()
    };
    let mut reader = csv::Reader::from_reader(MultiGzDecoder::new(file));
    let bars = reader.records().map(|record| read(record.unwrap())).collect();
    Some(BarSeries::new(symbol, timeframe, GapPolicy::CONTINUOUS, bars).unwrap())
}

/// The bars of the first segment of at least `shortest` bars, at most `longest` of them.
pub(crate) fn first_segment(series: &BarSeries, shortest: usize, longest: usize) -> Vec<Bar> {
    let range = series.segments().iter().find(|range| range.len() >= shortest).unwrap().clone();
    series.bars()[range].iter().take(longest).copied().collect()
}

/// Bars as a series of their own.
pub(crate) fn series_of(bars: &[Bar], timeframe: Timeframe) -> BarSeries {
    BarSeries::new("TEST", timeframe, GapPolicy::CONTINUOUS, bars.to_vec()).unwrap()
}
