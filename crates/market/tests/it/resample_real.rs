//! Resampled real bars against the exchange's own larger bars, where the development data is present.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use market::{Bar, BarSeries, GapPolicy, Timeframe, Timestamp, resample};

/// A symbol's bars in Binance's own layout; none (and a message) where the files are absent.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn real(symbol: &str, timeframe: &str) -> Option<BarSeries> {
    let name = format!("../../../shared/data/{symbol}-{timeframe}.csv.gz");
    let Ok(file) = File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(&name)) else {
        println!("skipped: {name} is absent");
        return None;
    };
    let timeframe: Timeframe = timeframe.parse().unwrap();
    let read = |record: csv::StringRecord| {
        let number = |field: usize| record[field].parse::<f64>().unwrap();
        let open_time = Timestamp::from_millis(record[0].parse().unwrap());
        let bar = Bar::new(open_time, timeframe, [1, 2, 3, 4].map(number), number(5)).unwrap();
        Bar {
            quote_volume: Some(number(7)),
            trades: Some(record[8].parse().unwrap()),
            taker_buy_volume: Some(number(9)),
            ..bar
        }
    };
    let mut reader = csv::Reader::from_reader(MultiGzDecoder::new(file));
    let bars = reader.records().map(|record| read(record.unwrap())).collect();
    Some(BarSeries::new(symbol, timeframe, GapPolicy::CONTINUOUS, bars).unwrap())
}

/// Sums of decimals differ in their last digits.
fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}

fn prices(bar: &Bar) -> [u64; 4] {
    [bar.open, bar.high, bar.low, bar.close].map(f64::to_bits)
}

/// How resampled bars compare with the exchange's over the time that both files cover.
#[derive(Debug, PartialEq)]
struct Comparison {
    equal_prices: usize,
    equal_volumes: usize,
    both: usize,
    only_ours: usize,
    only_theirs: usize,
}

#[expect(clippy::print_stdout, reason = "bars that are left out are named")]
fn compare(symbol: &str, from: &str, to: &str) -> Option<Comparison> {
    let (small, theirs) = (real(symbol, from)?, real(symbol, to)?);
    let ours = resample(&small, theirs.timeframe()).unwrap();
    let (first, last) = (theirs.bars()[0].open_time, theirs.bars()[theirs.len() - 1].open_time);
    let by_time = |series: &BarSeries, from: Timestamp, to: Timestamp| -> BTreeMap<Timestamp, Bar> {
        let inside = series.bars().iter().filter(|bar| (from..=to).contains(&bar.open_time));
        inside.map(|bar| (bar.open_time, *bar)).collect()
    };
    let ours = by_time(&ours, first, last);
    let (our_first, our_last) = (*ours.keys().next().unwrap(), *ours.keys().last().unwrap());
    let theirs = by_time(&theirs, our_first, our_last);
    let both: Vec<(&Bar, &Bar)> =
        ours.iter().filter_map(|(time, bar)| Some((bar, theirs.get(time)?))).collect();
    for time in theirs.keys().filter(|time| !ours.contains_key(time)) {
        println!("{symbol} {from} to {to}: the bar at {time} is left out");
    }
    let volumes_equal = |one: &Bar, other: &Bar| {
        close(one.volume, other.volume)
            && close(one.quote_volume.unwrap(), other.quote_volume.unwrap())
            && close(one.taker_buy_volume.unwrap(), other.taker_buy_volume.unwrap())
            && one.trades == other.trades
    };
    let comparison = Comparison {
        equal_prices: both.iter().filter(|(one, other)| prices(one) == prices(other)).count(),
        equal_volumes: both.iter().filter(|(one, other)| volumes_equal(one, other)).count(),
        both: both.len(),
        only_ours: ours.len() - both.len(),
        only_theirs: theirs.len() - both.len(),
    };
    println!("{symbol} {from} to {to}: {comparison:?}");
    Some(comparison)
}

fn all_equal(both: usize, only_theirs: usize) -> Comparison {
    Comparison { equal_prices: both, equal_volumes: both, both, only_ours: 0, only_theirs }
}

#[test]
fn quarter_hours_give_the_hours_of_the_exchange() {
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        let Some(comparison) = compare(symbol, "15m", "1h") else { return };
        // On 2023-03-24 the exchange stood still: the bars from 13:00 to 13:45 and one before are missing, which
        // cuts the series in the hour of 12:00.
        assert_eq!(comparison, all_equal(24_070, 1));
    }
}

#[test]
fn hours_give_the_days_of_the_exchange() {
    for symbol in ["BTCUSDT", "ETHUSDT", "BNBUSDT"] {
        let Some(comparison) = compare(symbol, "1h", "1d") else { return };
        // Eleven days with an outage of more than three hours are left out.
        assert_eq!(comparison, all_equal(2362, 11));
    }
}
