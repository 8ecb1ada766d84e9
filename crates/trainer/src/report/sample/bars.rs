//! Made-up bars.

use data::{FileReport, Finding, FindingKind, Layout, QualityReport, TimeFormat, Unit};
use market::{Hole, Timeframe, Timestamp};

use super::START;
use crate::report::document::{DataReport, TimelinePoint};

pub(super) fn timeline() -> Vec<TimelinePoint> {
    let point = |bar: i64| {
        let turn = bar as f64 / 60.0;
        TimelinePoint {
            time: Timestamp::from_millis(START).plus_bars(12_000 + bar * 10, Timeframe::HOUR),
            close: 42_000.0 * (turn / 20.0 + (turn / 2.0).sin() * 0.1 + (turn * 11.0).sin() * 0.02).exp(),
            label: u8::from(turn.sin() > 0.1),
            predicted: u8::from((turn - 0.2).sin() + (turn * 17.0).sin() * 0.3 > 0.1),
        }
    };
    (0..1_998).filter(|bar| !(700..760).contains(bar)).map(point).collect()
}

pub(super) fn data() -> DataReport {
    let close = |bar: i64| Timestamp::from_millis(START).plus_bars(bar, Timeframe::HOUR);
    let hole = |after: i64, missing: i64| Hole {
        after: close(after),
        before: close(after + missing + 1),
        missing_bars: missing.cast_unsigned(),
    };
    let outlier = Finding {
        kind: FindingKind::Outliers,
        file: None,
        unit: Unit::Line,
        line: 20_123,
        time: close(20_121),
        detail: "log return −0.2210 is 31 robust deviations".to_owned(),
    };
    let path = "BTCUSDT-1h.csv.gz".to_owned();
    let (layout, time_format) = (Layout::BinanceKline, TimeFormat::EpochMillis);
    let quality = QualityReport {
        path: path.clone(),
        files: vec![FileReport { path, layout, time_format, rows: 33_360 }],
        layout,
        time_format,
        symbol: "BTCUSDT".to_owned(),
        timeframe: Timeframe::HOUR,
        rows: 33_360,
        bars: 33_351,
        first: close(0),
        last: close(34_700),
        missing_bars: 1_350,
        holes: vec![hole(4_000, 2), hole(19_000, 1_348)],
        holes_total: 2,
        breaking_holes: vec![hole(19_000, 1_348)],
        segments: 2,
        max_missing_bars: 3,
        duplicates: 9,
        out_of_order: 0,
        invalid_bars: 0,
        zero_volume_bars: 3,
        longest_zero_volume_run: 2,
        flat_bars: 1_204,
        longest_flat_run: 4,
        outliers: 1,
        off_grid: 0,
        short_bars: 0,
        daylight_saving: 0,
        dropped: 9,
        examples: vec![outlier],
    };
    DataReport {
        path: "data/BTCUSDT-1h.csv.gz".to_owned(),
        symbol: "BTCUSDT".to_owned(),
        timeframe: "1h".to_owned(),
        fingerprint: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".to_owned(),
        quality,
        usable_rows: 32_150,
    }
}
