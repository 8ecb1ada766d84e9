//! `trainer data resample`: what it writes is what the library makes, and loads again.

use std::fs;

use data::LoadOptions;
use serde_json::Value;

use crate::bench::{Bench, one_line};

fn resample(bench: &Bench, to: &str, out: &str) -> std::process::Output {
    bench.run(&["data", "resample", "--data", "bars.csv", "--to", to, "--out", out])
}

#[test]
fn the_file_holds_what_the_library_makes() {
    let bench = Bench::new();
    let output = resample(&bench, "4h", "four-4h.csv.gz");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("bars of bars 4h from 2,000 bars of 1h") && said.contains("four-4h.csv.gz"),
        "{said}"
    );
    let load = |name: &str| data::load(&bench.path(name), &LoadOptions::default()).unwrap();
    let expected = market::resample(&load("bars.csv").series, "4h".parse().unwrap()).unwrap();
    let written = load("four-4h.csv.gz");
    assert_eq!(written.series.bars(), expected.bars());
    assert_eq!((written.quality.short_bars, written.quality.missing_bars), (0, 0));
    let bytes = fs::read(bench.path("four-4h.csv.gz")).unwrap();
    resample(&bench, "4h", "four-4h.csv.gz");
    assert_eq!(fs::read(bench.path("four-4h.csv.gz")).unwrap(), bytes);
}

#[test]
fn binance_columns_are_kept() {
    let bench = Bench::new();
    let row = |hour: i64| {
        let opens = 1_704_067_200_000 + hour * 3_600_000;
        format!("{opens},10,12,9,11,2.5,{},25.5,7,1.25,12.5,0", opens + 3_599_999)
    };
    let rows: Vec<String> = (0..24).map(row).collect();
    bench.write("BTCUSDT-1h.csv", rows.join("\n"));
    let output = bench.run(&[
        "data",
        "resample",
        "--data",
        "BTCUSDT-1h.csv",
        "--to",
        "12h",
        "--out",
        "BTCUSDT-12h.csv",
        "--json",
    ]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["symbol"], &summary["bars"], &summary["bars_read"]),
        (&"BTCUSDT".into(), &2.into(), &24.into())
    );
    assert_eq!(
        fs::read_to_string(bench.path("BTCUSDT-12h.csv")).unwrap(),
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume\n\
         1704067200000,10.0,12.0,9.0,11.0,30.0,1704110399999,306.0,84,15.0\n\
         1704110400000,10.0,12.0,9.0,11.0,30.0,1704153599999,306.0,84,15.0\n"
    );
}

#[test]
fn the_longest_hole_can_be_told() {
    let bench = Bench::new();
    let mut lines = bench.bars();
    lines.drain(101..106);
    bench.write("bars.csv", lines.join("\n"));
    let segments = |limit: &str| {
        let output = bench.run(&[
            "data",
            "resample",
            "--data",
            "bars.csv",
            "--to",
            "1d",
            "--out",
            "days.csv",
            "--json",
            "--max-missing-bars",
            limit,
        ]);
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["segments"].as_u64().unwrap()
    };
    assert_eq!((segments("5"), segments("4")), (1, 2));
}

#[test]
fn lengths_that_do_not_fit_fail_in_one_line() {
    let bench = Bench::new();
    for (to, said) in [
        ("1h", "choose a timeframe larger than 1h"),
        ("90m", "choose a multiple of 1h"),
        ("1x", "such as 5m, 1h or 1d"),
        ("52w", "hold no whole bar of 52w"),
    ] {
        let message = one_line(&resample(&bench, to, "none.csv"));
        assert!(message.contains(said), "{to}: {message}");
    }
    assert!(!bench.path("none.csv").exists());
}
