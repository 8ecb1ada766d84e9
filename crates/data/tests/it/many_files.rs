//! Several files as one series, and several symbols at once.

use std::path::PathBuf;

use data::{Action, FindingKind, LoadOptions, QualityPolicy, TimeFormat, load, load_files, load_symbols};
use market::BarSeries;

use crate::files::{Folder, HEADER, MINUTE, START, file, gzip, loaded, row, zip};

fn options() -> LoadOptions {
    LoadOptions::default()
}

fn minutes(series: &BarSeries) -> Vec<i64> {
    series.bars().iter().map(|bar| (bar.open_time.millis() - START) / MINUTE).collect()
}

/// Three months of a symbol, one in microseconds as Binance writes them since 2025, and another symbol.
fn folder() -> Folder {
    let in_micros = |minute: i64| format!("{},10,12,9,11,5\n", (START + minute * MINUTE) * 1000);
    let micros = (20..30).map(in_micros).collect::<Vec<_>>().concat();
    Folder::new(&[
        ("BTCUSDT-1m-2024-11.csv", file(0..10).as_bytes()),
        ("BTCUSDT-1m-2024-12.csv.gz", &gzip(file(10..20).as_bytes())),
        ("BTCUSDT-1m-2025-01.zip", &zip(&[("BTCUSDT-1m-2025-01.csv", micros.as_bytes())])),
        ("ETHUSDT-1m-2024-11.csv", file(5..9).as_bytes()),
        ("BTCUSDT-1m-2025-01.zip.CHECKSUM", b"0123"),
        (".BTCUSDT-1m.csv", b"hidden"),
    ])
}

#[test]
fn a_pattern_joins_files_and_each_has_its_own_unit() {
    let folder = folder();
    let whole = loaded(file(0..30), &options()).unwrap();
    for pattern in ["BTCUSDT-1m-*", "BTC*-1m-202?-*"] {
        // The checksum file fits both patterns and is no bar file, so it is named.
        let error = load(&folder.path(pattern), &options()).unwrap_err().to_string();
        assert!(error.contains("BTCUSDT-1m-2025-01.zip.CHECKSUM"), "{error}");
    }
    let one = load(&folder.path("BTC*-20??-??.[cz]*"), &options()).unwrap_err().to_string();
    assert!(one.contains("no file fits"), "brackets have no meaning: {one}");
    let paths = [folder.path("*-2025-01.zip"), folder.path("BTCUSDT*.csv"), folder.path("BTC*.gz")];
    let joined = load_files(&paths, &options()).unwrap();
    assert_eq!(joined.fingerprint, whole.fingerprint);
    let files: Vec<_> = joined.quality.files.iter().map(|file| (file.time_format, file.rows)).collect();
    let millis = (TimeFormat::EpochMillis, 10);
    assert_eq!(files, [millis, millis, (TimeFormat::EpochMicros, 10)]);
    let text = joined.quality.to_string();
    assert!(
        text.contains("files            3\n") && text.contains("10 rows, OHLCV, times in epoch micro"),
        "{text}"
    );
}

#[test]
fn a_directory_needs_the_symbol_to_be_chosen() {
    let folder = folder();
    let error = load(&folder.path(""), &options()).unwrap_err().to_string();
    assert!(error.contains("ETHUSDT-1m-2024-11.csv is of ETHUSDT"), "{error}");
    let chosen = LoadOptions { symbol: Some("ETHUSDT".to_owned()), ..options() };
    assert_eq!(minutes(&load(&folder.path(""), &chosen).unwrap().series), [5, 6, 7, 8]);
    let unknown = LoadOptions { symbol: Some("SOLUSDT".to_owned()), ..options() };
    let error = load(&folder.path(""), &unknown).unwrap_err().to_string();
    assert!(error.contains("is of ETHUSDT, but"), "{error}");
    let symbols = load_symbols(&[folder.path("")], &options()).unwrap();
    let found: Vec<_> = symbols.iter().map(|bars| (bars.series.symbol(), bars.series.len())).collect();
    assert_eq!(found, [("BTCUSDT", 30), ("ETHUSDT", 4)]);
    assert_eq!(symbols[1].quality.files.len(), 1);
}

#[test]
fn names_without_a_timeframe_are_one_series_when_the_symbol_is_given() {
    let folder = Folder::new(&[("first.csv", file(0..3).as_bytes()), ("second.csv", file(3..6).as_bytes())]);
    let paths = [folder.path("first.csv"), folder.path("second.csv")];
    let error = load_files(&paths, &options()).unwrap_err().to_string();
    assert!(error.contains("second.csv is of second, but"), "{error}");
    let numbered = Folder::new(&[("x-1.csv", file(0..3).as_bytes()), ("x-2.csv", file(3..6).as_bytes())]);
    assert_eq!(load(&numbered.path(""), &options()).unwrap().series.symbol(), "x");
}

#[test]
fn a_symbol_column_tells_the_symbols() {
    let mut text = format!("{},ticker\n", HEADER.trim_end());
    for minute in 0..4 {
        for symbol in ["B", "A"] {
            text = format!("{text}{},{symbol}\n", row(minute).trim_end());
        }
    }
    let folder = Folder::new(&[("market-1m.csv", text.as_bytes())]);
    let path = folder.path("market-1m.csv");
    let columns = LoadOptions { extra_columns: vec!["ticker".to_owned()], ..options() };
    let both = load_symbols(&[&path], &columns).unwrap();
    for (bars, symbol) in both.iter().zip(["A", "B"]) {
        assert_eq!((bars.series.symbol(), minutes(&bars.series)), (symbol, vec![0, 1, 2, 3]));
        assert_eq!(bars.columns[0].1, [symbol; 4]);
        assert_eq!((bars.quality.rows, bars.quality.dropped), (4, 0));
    }
    let chosen = LoadOptions { symbol: Some("A".to_owned()), ..options() };
    assert_eq!(load(&path, &chosen).unwrap().fingerprint, both[0].fingerprint);
    let missing = LoadOptions { symbol: Some("C".to_owned()), ..options() };
    let error = load(&path, &missing).unwrap_err().to_string();
    assert!(error.contains("has no bars of C; choose one that is there, such as B"), "{error}");
}

#[test]
fn the_policy_holds_across_the_borders_of_files() {
    let (first, second) = (file([0, 1, 2, 4]), file([2, 3, 5, 6]));
    let folder = Folder::new(&[("x-1m-1.csv", first.as_bytes()), ("x-1m-2.csv", second.as_bytes())]);
    let policy =
        QualityPolicy { duplicates: Action::Drop, out_of_order: Action::Drop, ..QualityPolicy::default() };
    let loaded = load(&folder.path("*"), &LoadOptions { policy, ..options() }).unwrap();
    assert_eq!(minutes(&loaded.series), [0, 1, 2, 4, 5, 6]);
    assert_eq!((loaded.quality.duplicates, loaded.quality.out_of_order, loaded.quality.dropped), (1, 1, 2));
    let places: Vec<_> = loaded.quality.examples.iter().map(|finding| (finding.kind, finding.line)).collect();
    assert_eq!(places, [(FindingKind::Duplicates, 2), (FindingKind::OutOfOrder, 3)]);
    assert!(
        loaded.quality.examples.iter().all(|finding| finding.file.as_ref().unwrap().ends_with("x-1m-2.csv"))
    );
    let text = loaded.quality.to_string();
    assert!(
        text.contains("x-1m-2.csv line 2, 2024-01-01 00:02:00: ")
            && text.contains("x-1m-1.csv line 4 already"),
        "{text}"
    );
}

#[test]
fn a_hole_between_files_is_a_hole() {
    let folder = Folder::new(&[("x-1.csv", file(0..10).as_bytes()), ("x-2.csv", file(100..110).as_bytes())]);
    let quality = load(&folder.path(""), &options()).unwrap().quality;
    assert_eq!((quality.missing_bars, quality.segments), (90, 2));
    let policy = QualityPolicy { gaps: Action::Error, ..QualityPolicy::default() };
    let error = load(&folder.path(""), &LoadOptions { policy, ..options() }).unwrap_err().to_string();
    assert!(error.contains("x-2.csv line 2: 90 bars are missing"), "{error}");
}

#[test]
fn no_path_at_all_is_refused() {
    let none: [PathBuf; 0] = [];
    assert!(load_files(&none, &options()).unwrap_err().to_string().contains("name one"));
}
