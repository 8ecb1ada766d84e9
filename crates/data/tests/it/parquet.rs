//! Parquet files that another program wrote (`tests/fixtures/make_parquet.py`), and the catalogue.

use std::path::PathBuf;

use data::{Action, Layout, LoadOptions, LoadedBars, QualityPolicy, TimeFormat, Unit, load, load_symbols};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn loaded(name: &str) -> LoadedBars {
    let loaded = load(&fixture(name), &LoadOptions::default());
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

const BINANCE: &str = "catalogue/data/bar/BTCUSDT-PERP.BINANCE-1-HOUR-LAST-EXTERNAL";
const KRAKEN: &str = "catalogue/data/bar/BTCUSDT-PERP.KRAKEN-60-MINUTE-LAST-EXTERNAL";

#[test]
fn every_form_holds_the_same_bits() {
    let reference = loaded("bars.csv");
    assert_eq!(reference.series.len(), 24);
    for (name, format) in [
        ("epoch_ms.parquet", TimeFormat::EpochMillis),
        ("epoch_s.parquet", TimeFormat::EpochSeconds),
        ("epoch_ns.parquet", TimeFormat::EpochNanos),
        ("timestamp_s.parquet", TimeFormat::EpochMillis),
        ("timestamp_ms_utc.parquet", TimeFormat::EpochMillis),
        ("timestamp_us.parquet", TimeFormat::EpochMicros),
        ("timestamp_ns_zone.parquet", TimeFormat::EpochNanos),
        ("iso.parquet", TimeFormat::Iso),
        ("numbers.parquet", TimeFormat::EpochMillis),
        (BINANCE, TimeFormat::EpochNanos),
        (KRAKEN, TimeFormat::EpochNanos),
    ] {
        let loaded = loaded(name);
        assert_eq!(loaded.fingerprint, reference.fingerprint, "{name}");
        assert_eq!(loaded.quality.time_format, format, "{name}");
    }
}

#[test]
fn further_columns_and_row_groups() {
    let options = LoadOptions {
        extra_columns: ["label", "trades", "open_time"].map(str::to_owned).to_vec(),
        ..LoadOptions::default()
    };
    let loaded = load(&fixture("numbers.parquet"), &options).unwrap();
    assert_eq!(loaded.series.symbol(), "BTCUSDT");
    let bars = loaded.series.bars();
    assert_eq!((bars[20].trades, bars[20].quote_volume), (Some(30), Some(20.0)));
    assert_eq!((bars[2].taker_buy_volume, bars[3].taker_buy_volume), (Some(2.0), None));
    assert_eq!(loaded.columns[0].1[..3], ["", "up", ""]);
    assert_eq!(loaded.columns[1].1[23], "33");
    assert_eq!(data::parse_time(&loaded.columns[2].1[23]), Some(bars[23].open_time));
}

#[test]
fn the_catalogue_tells_symbol_and_timeframe_and_times_of_the_close() {
    for directory in [BINANCE, KRAKEN] {
        let loaded = loaded(directory);
        assert_eq!(loaded.series.symbol(), "BTCUSDT-PERP");
        assert_eq!(loaded.quality.layout, Layout::NautilusCatalogue);
        assert_eq!(loaded.series.timeframe(), market::Timeframe::HOUR);
        assert_eq!(loaded.quality.files.len(), 2);
        assert_eq!(loaded.series.bars()[0].open_time.to_string(), "2024-03-01 00:00:00");
        assert_eq!(loaded.series.bars()[23].close_time.to_string(), "2024-03-02 00:00:00");
    }
    let one_file = format!("{BINANCE}/2024-03-01T10_2024-03-01T23.parquet");
    assert_eq!(loaded(&one_file).series.len(), 14);
    let all = load_symbols(&[fixture("catalogue/data/bar/*KRAKEN*")], &LoadOptions::default()).unwrap();
    assert_eq!((all.len(), all[0].series.symbol()), (1, "BTCUSDT-PERP"));
}

#[test]
fn a_catalogue_without_metadata_is_told_by_its_directory() {
    let file = std::fs::read(fixture(&format!("{KRAKEN}/2024-03-01T00_2024-03-01T09.parquet"))).unwrap();
    // The key of the metadata made unrecognisable, wherever it stands.
    let mut unnamed = file.clone();
    for at in 0..unnamed.len() - 8 {
        if &unnamed[at..at + 8] == b"bar_type" {
            unnamed[at..at + 8].copy_from_slice(b"bar_kind");
        }
    }
    let name = "BTCUSDT-PERP.KRAKEN-60-MINUTE-LAST-EXTERNAL/part.parquet";
    let folder = crate::files::Folder::new(&[(name, &unnamed), ("elsewhere/part.parquet", &unnamed)]);
    let loaded = load(&folder.path(name), &LoadOptions::default()).unwrap();
    assert_eq!((loaded.series.symbol(), loaded.series.len()), ("BTCUSDT-PERP", 10));
    let error = load(&folder.path("elsewhere/part.parquet"), &LoadOptions::default()).unwrap_err();
    assert!(error.to_string().contains("neither its metadata nor its directory tells"), "{error}");
}

#[test]
fn rows_without_a_value_follow_the_policy() {
    let policy = QualityPolicy { invalid_bars: Action::Drop, ..QualityPolicy::default() };
    let options = LoadOptions { policy, ..LoadOptions::default() };
    let quality = load(&fixture("missing_values.parquet"), &options).unwrap().quality;
    assert_eq!((quality.invalid_bars, quality.bars, quality.missing_bars), (2, 22, 2));
    let found: Vec<_> =
        quality.examples.iter().map(|one| (one.unit, one.line, one.detail.as_str())).collect();
    assert_eq!(found[0], (Unit::Row, 5, "high is \"null\", a missing value"));
    assert_eq!(found[1], (Unit::Row, 9, "volume is \"NaN\", a missing value"));
    assert!(quality.to_string().contains("    row 5, 2024-03-01 04:00:00: high is"), "{quality}");
}

/// Damage anywhere in a file is an error in one line or other bars, never a panic that gets out.
#[test]
fn damaged_files_never_panic() {
    let names = ["numbers.parquet", "timestamp_us.parquet", "timestamp_ms_utc.parquet", "iso.parquet"];
    let files = names.map(|name| std::fs::read(fixture(name)).unwrap());
    let folder = crate::files::Folder::new(&[]);
    let path = folder.path("bars.parquet");
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut refused, mut rounds) = (0, 0);
    for round in 0..600 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len() - 8) + 4;
            bytes[at] ^= 1 << next(8);
        }
        std::fs::write(&path, &bytes).unwrap();
        rounds += 1;
        if let Err(error) = load(&path, &LoadOptions::default()) {
            assert!(!error.to_string().contains('\n'), "{error}");
            refused += 1;
        }
    }
    assert!(refused > rounds / 4, "{refused} of {rounds}");
}
