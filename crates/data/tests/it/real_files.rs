//! Real market files, where the checkout has them beside it.

use std::path::PathBuf;
use std::time::Instant;

use data::{LoadOptions, LoadedBars, load};

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

#[test]
fn all_files_load() {
    let Some(folder) = folder() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let start = Instant::now();
            let loaded = load(&path, &LoadOptions::default()).unwrap();
            println!("{}({:?})\n", loaded.quality, start.elapsed());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert_eq!(format!("{}-{}.csv.gz", loaded.series.symbol(), loaded.series.timeframe()), name);
            count += 1;
        }
    }
    assert!(count > 0);
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
    assert_eq!((quality.zero_volume_bars, quality.short_bars), (3, 12));
}

#[test]
fn quarter_hourly_crypto_bars_have_one_outage() {
    let Some(LoadedBars { quality, .. }) = real("BTCUSDT-15m.csv.gz") else { return };
    assert_eq!((quality.holes_total, quality.missing_bars), (1, 5));
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
