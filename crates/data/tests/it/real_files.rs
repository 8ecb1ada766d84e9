//! Real market files, where the checkout has them beside it.

use std::path::PathBuf;
use std::time::Instant;

use data::{Layout, LoadOptions, LoadedBars, load, load_symbols};

/// The folder with real files, or `None` with a message where it is absent.
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no ../shared/data beside the workspace");
    None
}

fn real(name: &str) -> Option<LoadedBars> {
    Some(load(&folder()?.join(name), &LoadOptions::default()).expect("a good file"))
}

/// The folder's own manifest was counted by another program: rows, span, gaps, zero volumes.
#[test]
fn every_file_loads_with_the_counts_of_the_manifest() {
    let Some(folder) = folder() else { return };
    let mut manifest = csv::Reader::from_path(folder.join("MANIFEST.csv")).unwrap();
    let headers = manifest.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let mut count = 0;
    for record in manifest.records() {
        let record = record.unwrap();
        let text = |name: &str| record[column(name)].to_owned();
        let number = |name: &str| text(name).parse::<u64>().unwrap();
        let start = Instant::now();
        let loaded = load(&folder.join(text("file")), &LoadOptions::default()).unwrap();
        let quality = &loaded.quality;
        println!("{quality}({:?})\n", start.elapsed());
        let name = text("file");
        assert_eq!(format!("{}-{}.csv.gz", loaded.series.symbol(), loaded.series.timeframe()), name);
        assert_eq!((quality.rows, quality.bars), (number("rows"), number("rows")), "{name}");
        assert_eq!([quality.first.to_string(), quality.last.to_string()], [text("first"), text("last")]);
        assert_eq!(
            (quality.holes_total, quality.missing_bars),
            (number("gaps"), number("missing")),
            "{name}"
        );
        assert_eq!(quality.zero_volume_bars, number("zero_vol"), "{name}");
        assert_eq!(
            (quality.duplicates, quality.invalid_bars),
            (number("dups"), number("bad_ohlc")),
            "{name}"
        );
        count += 1;
    }
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|end| end == "gz")).count(), count);
}

#[test]
fn the_four_five_minute_files_have_one_hole_that_cuts() {
    for (symbol, missing) in [("BTC", 33_351), ("ETH", 33_351), ("SOL", 33_092), ("XRP", 33_092)] {
        let Some(LoadedBars { series, quality, .. }) = real(&format!("{symbol}USDT-5m.csv.gz")) else {
            return;
        };
        let holes: Vec<u64> = quality.breaking_holes.iter().map(|hole| hole.missing_bars).collect();
        assert_eq!((holes, series.segments().len()), (vec![missing], 2), "{symbol}");
        let first = series.segments()[1].start;
        let jump = series.bars()[first].close / series.bars()[first - 1].close;
        // The README's +0.49 for BTC is the log return; no return may be taken over the hole.
        println!("{symbol}: log return over the hole {:+.4}", jump.ln());
        assert!(symbol != "BTC" || (jump.ln() - 0.49).abs() < 0.03 || (jump - 1.49).abs() < 0.03, "{jump}");
        assert!(quality.to_string().contains("missing, cuts the series"));
    }
}

#[test]
fn five_minute_bars_have_one_breaking_hole() {
    let Some(LoadedBars { quality, .. }) = real("BTCUSDT-5m.csv.gz") else { return };
    assert_eq!((quality.bars, quality.missing_bars, quality.segments), (150_681, 33_351, 2));
    let missing: Vec<u64> = quality.breaking_holes.iter().map(|hole| hole.missing_bars).collect();
    assert_eq!(missing, [33_351]);
    assert!(quality.to_string().contains("33,351 missing, cuts the series"));
}

#[test]
fn hourly_crypto_bars_have_outages_and_placeholders() {
    let Some(LoadedBars { quality, .. }) = real("BTCUSDT-1h.csv.gz") else { return };
    assert_eq!((quality.holes_total, quality.missing_bars), (27, 122));
    assert_eq!((quality.zero_volume_bars, quality.flat_bars, quality.short_bars), (3, 3, 12));
    assert_eq!(quality.layout, Layout::BinanceKline);
}

#[test]
fn quarter_hourly_crypto_bars_have_one_outage() {
    let Some(LoadedBars { quality, .. }) = real("BTCUSDT-15m.csv.gz") else { return };
    assert_eq!((quality.holes_total, quality.missing_bars), (1, 5));
    assert_eq!(quality.holes[0].after.to_string(), "2023-03-24 12:30:00");
    assert_eq!((quality.zero_volume_bars, quality.flat_bars, quality.short_bars), (5, 5, 1));
}

#[test]
fn nights_and_weekends_do_not_cut_a_calendar() {
    for (name, holes, missing) in [("SPY-1h.csv.gz", 5031, 140_094), ("EURUSD-1h.csv.gz", 535, 25_506)] {
        let Some(LoadedBars { quality, .. }) = real(name) else { return };
        assert_eq!((quality.holes_total, quality.missing_bars), (holes, missing));
        assert!(quality.segments < 60, "{name} has {} segments", quality.segments);
    }
}

#[test]
fn a_currency_has_no_volume_and_equities_have_calendars() {
    let Some(LoadedBars { quality, .. }) = real("EURUSD-1h.csv.gz") else { return };
    assert_eq!((quality.zero_volume_bars, quality.longest_zero_volume_run), (62_116, 62_116));
    assert!(quality.to_string().contains("the file has no volume"));
    for name in ["SPY", "AAPL", "IBM", "BAC", "AIG", "IWM", "USO", "WM", "QQQ", "GOOG"] {
        let Some(LoadedBars { quality, .. }) = real(&format!("{name}-1d.csv.gz")) else { return };
        assert!(quality.holes_total > 200 && quality.zero_volume_bars == 0, "{name}");
    }
}

/// Files of the folder chosen by a pattern: one symbol as one series, several side by side.
#[test]
fn a_pattern_over_the_folder_gives_every_symbol() {
    let Some(folder) = folder() else { return };
    let paths = [folder.join("*-5m.csv.gz")];
    let symbols = load_symbols(&paths, &LoadOptions::default()).unwrap();
    let found: Vec<&str> = symbols.iter().map(|bars| bars.series.symbol()).collect();
    assert_eq!(found, ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]);
    let error = load(&paths[0], &LoadOptions::default()).unwrap_err().to_string();
    assert!(
        error.contains("is of ETHUSDT, but") && error.contains("BTCUSDT-5m.csv.gz is of BTCUSDT"),
        "{error}"
    );
}
