//! What is dropped, kept and reported.

use std::fmt::Write as _;

use data::{Action, FindingKind, LoadOptions, QualityPolicy};

use crate::files::{HEADER, MINUTE, START, file, loaded, row};

fn with(policy: QualityPolicy) -> LoadOptions {
    LoadOptions { policy, ..LoadOptions::default() }
}

/// A row with this open, high, low, close and volume.
fn bar(minute: i64, values: &str) -> String {
    format!("{},{values}\n", START + minute * MINUTE)
}

#[test]
fn dropped_rows_are_counted_with_examples() {
    let policy = QualityPolicy {
        duplicates: Action::Drop,
        out_of_order: Action::Drop,
        invalid_bars: Action::Drop,
        ..QualityPolicy::default()
    };
    let text = format!(
        "{}{}{}{}{}{}",
        file([0, 1, 2, 4]),
        bar(1, "10,99,9,11,5"),
        row(3),
        bar(5, "10,8,9,11,5"),
        bar(5, ",,,,"),
        row(5)
    );
    let options = LoadOptions { extra_columns: vec!["high".into()], ..with(policy) };
    let loaded = loaded(text, &options).unwrap();
    let quality = &loaded.quality;
    assert_eq!((quality.rows, quality.bars, quality.dropped), (9, 5, 4));
    assert_eq!((quality.duplicates, quality.out_of_order, quality.invalid_bars), (1, 1, 2));
    assert_eq!(quality.missing_bars, 1);
    assert_eq!(loaded.columns[0].1, ["12"; 5]);
    let lines: Vec<_> = quality.examples.iter().map(|example| (example.kind, example.line)).collect();
    let expected = [
        (FindingKind::Duplicates, 6),
        (FindingKind::OutOfOrder, 7),
        (FindingKind::InvalidBars, 8),
        (FindingKind::InvalidBars, 9),
    ];
    assert_eq!(lines, expected);
    assert!(
        quality.to_string().contains("line 6, 2024-01-01 00:01:00: line 3 already has a bar"),
        "{quality}"
    );
}

#[test]
fn options_are_read_from_toml_and_unknown_keys_refused() {
    let text = "timeframe = \"5m\"\npolicy = { duplicates = \"drop\" }\nextra_columns = [\"label\"]";
    let options: LoadOptions = toml::from_str(text).unwrap();
    assert_eq!(options.timeframe.unwrap().millis(), 5 * MINUTE);
    let expected = QualityPolicy { duplicates: Action::Drop, ..QualityPolicy::default() };
    assert_eq!((options.policy, options.extra_columns), (expected, vec!["label".to_owned()]));
    for text in ["symbols = \"X\"", "policy = { gap = \"error\" }", "policy = { gaps = \"ignore\" }"] {
        assert!(toml::from_str::<LoadOptions>(text).is_err(), "{text}");
    }
}

#[test]
fn a_clean_file_says_so() {
    let quality = loaded(file(0..30), &LoadOptions::default()).unwrap().quality;
    assert!(quality.is_clean() && quality.examples.is_empty());
    assert!(quality.to_string().contains("findings         none"), "{quality}");
}

#[test]
fn holes_are_listed_with_their_numbers() {
    let loaded =
        loaded(file((0..600).chain(603..610).chain(33_961..33_970)), &LoadOptions::default()).unwrap();
    let quality = &loaded.quality;
    assert_eq!((quality.missing_bars, quality.holes_total, quality.segments), (33_354, 2, 2));
    assert_eq!((quality.max_missing_bars, quality.holes.len(), quality.breaking_holes.len()), (3, 2, 1));
    let hole = quality.breaking_holes[0];
    assert_eq!((hole.after.millis(), hole.before.millis()), (START + 609 * MINUTE, START + 33_961 * MINUTE));
    let text = quality.to_string();
    assert!(
        text.contains("2024-01-01 10:09:00 to 2024-01-24 14:01:00: 33,351 missing, cuts the series"),
        "{text}"
    );
    assert!(text.contains("2024-01-01 09:59:00 to 2024-01-01 10:03:00: 3 missing\n"), "{text}");
}

#[test]
fn many_holes_are_listed_up_to_the_longest_hundred() {
    let options = LoadOptions { max_missing_bars: Some(0), ..LoadOptions::default() };
    let minutes = (0..450).filter(|minute| minute % 3 != 2).chain([455]);
    let quality = loaded(file(minutes), &options).unwrap().quality;
    assert_eq!((quality.holes_total, quality.holes.len(), quality.breaking_holes.len()), (150, 100, 100));
    assert_eq!((quality.segments, quality.holes[99].missing_bars), (151, 6));
    assert!(quality.to_string().contains("and 140 shorter or equal ones"), "{quality}");
}

/// Thirty calm bars, and among them: two without volume and of one price, one bad tick, one off the grid.
fn unusual() -> String {
    let mut text = HEADER.to_owned();
    for minute in 0..30 {
        let time = START + minute * MINUTE;
        let calm = 10.0 + (minute * minute * 7 % 23) as f64 * 0.004;
        let (time, values) = match minute {
            10 | 11 => (time, "10,10,10,10,0".to_owned()),
            20 => (time, "10,90,9,10,5".to_owned()),
            25 => (time + 7000, format!("{calm},10.1,9.9,{calm},5")),
            _ => (time, format!("{calm},10.1,9.9,{calm},5")),
        };
        writeln!(text, "{time},{values}").expect("a string takes any text");
    }
    text
}

#[test]
fn unusual_bars_are_kept_and_reported() {
    let quality = loaded(unusual(), &LoadOptions::default()).unwrap().quality;
    assert_eq!((quality.bars, quality.dropped), (30, 0));
    assert_eq!((quality.zero_volume_bars, quality.longest_zero_volume_run), (2, 2));
    assert_eq!((quality.flat_bars, quality.longest_flat_run), (2, 2));
    assert_eq!((quality.outliers, quality.off_grid), (1, 1));
    let details: Vec<_> =
        quality.examples.iter().map(|example| (example.line, example.detail.as_str())).collect();
    assert_eq!(details[0], (12, "2 bars in a row without volume"));
    assert_eq!(details[1], (12, "2 bars in a row of one price"));
    assert!(details[2].0 == 22 && details[2].1.starts_with("ln(high / low) 2.3026 is "), "{details:?}");
    assert_eq!(details[3], (27, "opens 7s after the grid of 1m bars"));
}

#[test]
fn unusual_bars_are_dropped_or_refused_as_the_policy_says() {
    let drop = QualityPolicy {
        zero_volume_runs: Action::Drop,
        flat_bars: Action::Drop,
        outliers: Action::Drop,
        off_grid: Action::Drop,
        ..QualityPolicy::default()
    };
    let quality = loaded(unusual(), &with(drop)).unwrap().quality;
    assert_eq!((quality.bars, quality.dropped, quality.missing_bars), (26, 4, 4));
    let default = QualityPolicy::default();
    for (policy, part) in [
        (
            QualityPolicy { zero_volume_runs: Action::Error, ..default },
            "line 12: 2 bars in a row without volume",
        ),
        (QualityPolicy { flat_bars: Action::Error, ..default }, "line 12: 2 bars in a row of one price"),
        (QualityPolicy { outliers: Action::Error, ..default }, "line 22: ln(high / low)"),
        (QualityPolicy { off_grid: Action::Error, ..default }, "line 27: opens 7s after"),
    ] {
        let text = loaded(unusual(), &with(policy)).unwrap_err().to_string();
        assert!(text.contains(part) && text.contains("set data.policy."), "{text}");
    }
}

#[test]
fn a_file_without_volume_is_summarised_once() {
    let text = file(0..5).replace(",5\n", ",0\n");
    let quality = loaded(&text, &LoadOptions::default()).unwrap().quality;
    assert_eq!(
        (quality.zero_volume_bars, quality.longest_zero_volume_run, quality.examples.len()),
        (5, 5, 1)
    );
    assert_eq!(quality.examples[0].detail, "the file has no volume");
    let drop = QualityPolicy { zero_volume_runs: Action::Drop, ..QualityPolicy::default() };
    let text = loaded(&text, &with(drop)).unwrap_err().to_string();
    assert!(text.contains("data.policy.zero_volume_runs = \"drop\" left none of the 5 rows"), "{text}");
}

#[test]
fn short_bars_are_told_by_their_close_time() {
    let header = "open_time,open,high,low,close,volume,close_time\n";
    let row = |minute: i64, length: i64| {
        let open = START + minute * MINUTE;
        format!("{open},10,12,9,11,5,{}\n", open + length)
    };
    // Inclusive, exclusive, and after 41 of 60 seconds.
    let text =
        header.to_owned() + &row(0, MINUTE - 1) + &row(1, MINUTE) + &row(2, 40_999) + &row(3, MINUTE - 1);
    let quality = loaded(&text, &LoadOptions::default()).unwrap().quality;
    assert_eq!((quality.short_bars, quality.examples[0].line), (1, 4));
    let drop = QualityPolicy { short_bars: Action::Drop, ..QualityPolicy::default() };
    assert_eq!(loaded(&text, &with(drop)).unwrap().quality.dropped, 1);
    let refuse = QualityPolicy { short_bars: Action::Error, ..QualityPolicy::default() };
    let error = loaded(&text, &with(refuse)).unwrap_err().to_string();
    assert!(
        error.contains("bars.csv line 4: closes at") && error.contains("data.policy.short_bars"),
        "{error}"
    );
    assert_eq!(quality.examples[0].detail, "closes at 2024-01-01 00:02:40.999, not 1m after it opens");
}

/// A bad row, or one behind a hole, and the setting that it falls under. `dropped` is how many rows `drop`
/// leaves out, `None` where it is refused, and `kept` whether `keep` is accepted.
struct Fault {
    key: &'static str,
    bad: &'static str,
    dropped: Option<u64>,
    kept: bool,
}

const FAULTS: [Fault; 9] = [
    Fault { key: "duplicates", bad: "2024-03-31 00:19:00,10,12,9,11,5", dropped: Some(1), kept: false },
    Fault { key: "out_of_order", bad: "2024-03-31 00:18:30,10,12,9,11,5", dropped: Some(1), kept: false },
    Fault { key: "invalid_bars", bad: "2024-03-31 00:20:00,10,9,12,11,5", dropped: Some(1), kept: false },
    Fault {
        key: "zero_volume_runs",
        bad: "2024-03-31 00:20:00,10,10.1,9.9,10,0",
        dropped: Some(1),
        kept: true,
    },
    Fault { key: "flat_bars", bad: "2024-03-31 00:20:00,10,10,10,10,5", dropped: Some(1), kept: true },
    Fault { key: "outliers", bad: "2024-03-31 00:20:00,10,90,9,10,5", dropped: Some(1), kept: true },
    Fault { key: "off_grid", bad: "2024-03-31 00:20:07,10,10.1,9.9,10,5", dropped: Some(1), kept: true },
    Fault { key: "gaps", bad: "2024-03-31 00:25:00,10,10.1,9.9,10,5", dropped: None, kept: true },
    Fault { key: "daylight_saving", bad: "2024-03-31 02:00:00,10,10.1,9.9,10,5", dropped: None, kept: true },
];

/// Twenty calm minutes before the row and ten behind it.
fn around(fault: &Fault) -> String {
    let mut text = HEADER.to_owned();
    // The hour from 01:00 on is the one that clocks skip in London.
    let (before, hour, behind) = match fault.key {
        "daylight_saving" => (40, 2, 1),
        "gaps" => (0, 0, 26),
        _ => (0, 0, 21),
    };
    let calm = |hour: i32, minute: i32| {
        let close = 10.0 + f64::from(minute * minute * 7 % 23) * 0.004;
        format!("2024-03-31 {hour:02}:{minute:02}:00,{close},10.1,9.9,{close},5\n")
    };
    text.extend((before..before + 20).map(|minute| calm(0, minute)));
    text.push_str(fault.bad);
    text.push('\n');
    text.extend((behind..behind + 10).map(|minute| calm(hour, minute)));
    text
}

#[test]
fn each_kind_has_its_own_policy() {
    for fault in &FAULTS {
        let text = around(fault);
        let with = |action: &str| {
            let policy = format!("policy = {{ {} = \"{action}\" }}", fault.key);
            loaded(&text, &toml::from_str(&policy).unwrap()).map_err(|error| error.to_string())
        };
        let error = with("error").unwrap_err();
        assert!(error.contains("bars.csv line 22: "), "{}: {error}", fault.key);
        assert!(error.contains(&format!("data.policy.{} ", fault.key)), "{}: {error}", fault.key);
        match (with("drop"), fault.dropped) {
            (Ok(loaded), Some(count)) => assert_eq!(loaded.quality.dropped, count, "{}", fault.key),
            (Err(error), None) => assert!(error.contains("\"drop\" is refused"), "{error}"),
            (Ok(loaded), None) => panic!("{}: {}", fault.key, loaded.quality),
            (Err(error), Some(_)) => panic!("{}: {error}", fault.key),
        }
        match with("keep") {
            Ok(loaded) => {
                assert!(fault.kept && !loaded.quality.is_clean(), "{}: {}", fault.key, loaded.quality);
                assert_eq!(loaded.quality.dropped, 0);
            }
            Err(error) => assert!(!fault.kept && error.contains("\"keep\" is refused"), "{error}"),
        }
    }
}
