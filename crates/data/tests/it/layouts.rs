//! What a file may look like.

use data::{Layout, LoadOptions, TimeFormat, load};
use market::Timeframe;

use crate::files::{HEADER, MINUTE, START, Written, file, gzip, loaded, row};

const BINANCE_HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,\
                              taker_buy_volume,taker_buy_quote_volume,ignore\n";

/// Two Binance rows with times of `per_milli` units per millisecond.
fn binance(per_milli: i64) -> String {
    let row = |minute: i64| {
        let open = (START + minute * MINUTE) * per_milli;
        format!("{open},10,12,9,11,5,{},55,7,2,22,0\n", open + MINUTE * per_milli - 1)
    };
    row(0) + &row(1)
}

#[test]
fn binance_with_and_without_header_in_milliseconds_and_microseconds() {
    let mut fingerprints = Vec::new();
    for (per_milli, format) in [(1, TimeFormat::EpochMillis), (1000, TimeFormat::EpochMicros)] {
        for header in ["", BINANCE_HEADER] {
            let loaded = loaded(header.to_owned() + &binance(per_milli), &LoadOptions::default()).unwrap();
            let quality = &loaded.quality;
            assert_eq!((quality.layout, quality.time_format), (Layout::BinanceKline, format));
            assert_eq!((quality.short_bars, quality.bars, quality.timeframe), (0, 2, Timeframe::MINUTE));
            let bar = loaded.series.bars()[1];
            assert_eq!(
                (bar.open_time.millis(), bar.close_time.millis()),
                (START + MINUTE, START + 2 * MINUTE)
            );
            assert_eq!(
                (bar.quote_volume, bar.trades, bar.taker_buy_volume),
                (Some(55.0), Some(7), Some(2.0))
            );
            fingerprints.push(loaded.fingerprint);
        }
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1);
}

#[test]
fn the_long_binance_names_are_known() {
    let header = "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,\
                  Taker buy base asset volume,Taker buy quote asset volume,Ignore\n";
    let loaded = loaded(header.to_owned() + &binance(1), &LoadOptions::default()).unwrap();
    assert_eq!(loaded.quality.layout, Layout::BinanceKline);
    assert_eq!(loaded.series.bars()[0].trades, Some(7));
}

#[test]
fn columns_in_any_order_with_text_beside_them() {
    let text = "label,Volume,close,low,high,open,Date\n\
                bull,5,11,9,12,10,2024-01-01T00:00:00Z\n\
                \"bear, deep\",6,11.5,9,12,11,2024-01-01T01:00:00Z\n";
    let options =
        LoadOptions { extra_columns: vec!["LABEL".into(), "close".into()], ..LoadOptions::default() };
    let loaded = loaded(text, &options).unwrap();
    assert_eq!(loaded.series.timeframe(), Timeframe::HOUR);
    assert_eq!((loaded.series.bars()[1].open, loaded.series.bars()[1].volume), (11.0, 6.0));
    assert_eq!(loaded.columns[0], ("LABEL".into(), vec!["bull".into(), "bear, deep".into()]));
    assert_eq!(loaded.columns[1].1, ["11", "11.5"]);
}

#[test]
fn yahoo_uses_the_close_that_fits_the_other_prices() {
    let text = "Date,Open,High,Low,Close,Adj Close,Volume\n\
                2024-01-02,10,12,9,11,7.5,100\n2024-01-03,11,12,10,12,8.1,100\n";
    let loaded = loaded(text, &LoadOptions::default()).unwrap();
    assert_eq!((loaded.quality.layout, loaded.quality.time_format), (Layout::Yahoo, TimeFormat::Iso));
    assert_eq!(loaded.series.closes(), [11.0, 12.0]);
    assert_eq!(loaded.series.timeframe(), Timeframe::DAY);
}

#[test]
fn every_way_to_write_times_gives_the_same_bars() {
    let mut fingerprints = Vec::new();
    for times in [
        ["1704067200", "1704067260"],
        ["1704067200000", "1704067260000"],
        ["1704067200000000", "1704067260000000"],
        ["1704067200000000000", "1704067260000000000"],
        ["2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z"],
        ["2024-01-01 00:00:00", "2024-01-01 00:01:00"],
        ["2024-01-01 02:00:00+02:00", "2024-01-01 02:01:00+02:00"],
    ] {
        for header in ["", HEADER] {
            let text = format!("{header}{},10,12,9,11,5\n{},10,12,9,11,5\n", times[0], times[1]);
            fingerprints.push(loaded(text, &LoadOptions::default()).unwrap().fingerprint);
        }
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 1);
}

#[test]
fn byte_order_mark_carriage_returns_and_blank_ends_change_nothing() {
    let plain = file(0..3);
    let expected = loaded(&plain, &LoadOptions::default()).unwrap();
    let windows = format!("\u{feff}{}\r\n\r\n  \r\n", plain.replace('\n', "\r\n"));
    for text in [&windows, plain.trim_end(), &format!("{plain}\n\n")] {
        let loaded = loaded(text, &LoadOptions::default()).unwrap();
        assert_eq!((loaded.fingerprint, loaded.quality.rows), (expected.fingerprint.clone(), 3));
    }
    let headerless = format!("\u{feff}{}{}", row(0), row(1));
    assert_eq!(loaded(headerless, &LoadOptions::default()).unwrap().quality.rows, 2);
}

#[test]
fn gzip_is_told_by_its_bytes() {
    let plain = file(0..500);
    let expected = loaded(&plain, &LoadOptions::default()).unwrap().fingerprint;
    let (first, second) = plain.split_at(plain.len() / 2);
    let two_members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    let marked = gzip(format!("\u{feff}{plain}").as_bytes());
    for (name, content) in
        [("bars.csv.gz", gzip(plain.as_bytes())), ("bars.csv", two_members), ("bars", marked)]
    {
        assert_eq!(Written::new(name, content).load().unwrap().fingerprint, expected);
    }
    assert_eq!(Written::new("bars.csv.gz", plain).load().unwrap().fingerprint, expected);
}

#[test]
fn one_bit_of_a_price_changes_the_fingerprint() {
    let plain = file(0..3);
    let one = loaded(&plain, &LoadOptions::default()).unwrap();
    let price = 11.0_f64.next_up();
    let changed = plain.replacen(",11,", &format!(",{price:?},"), 1);
    assert_ne!(loaded(changed, &LoadOptions::default()).unwrap().fingerprint, one.fingerprint);
    assert_eq!(one.fingerprint, data::fingerprint(&one.series));
}

#[test]
fn symbol_and_timeframe_are_found_or_given() {
    let written = Written::new("BTCUSDT-1m.csv", file([0, 1, 2, 4, 6]));
    let found = written.load().unwrap();
    assert_eq!((found.series.symbol(), found.series.timeframe()), ("BTCUSDT", Timeframe::MINUTE));
    let options = LoadOptions {
        symbol: Some("X".into()),
        timeframe: Some("30s".parse().unwrap()),
        max_missing_bars: Some(1),
        ..LoadOptions::default()
    };
    let given = load(&written.path, &options).unwrap();
    assert_eq!((given.series.symbol(), given.series.timeframe().millis()), ("X", 30_000));
    assert_eq!(given.series.segments(), [0..3, 3..4, 4..5]);
}

#[test]
fn one_bar_with_a_timeframe_is_a_series() {
    let options = LoadOptions { timeframe: Some(Timeframe::MINUTE), ..LoadOptions::default() };
    assert_eq!(loaded(file([0]), &options).unwrap().series.len(), 1);
}
