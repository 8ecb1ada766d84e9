//! One row for each way in which a file can be malformed: what is refused, and what the message says.

use data::{ExpansionLimit, LoadOptions, load};

use crate::files::{Folder, HEADER, MINUTE, START, file, gzip, refused, row, zip};

/// A malformed input: the files there are, the one to load, and parts of the message.
struct Case {
    what: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    load: &'static str,
    options: LoadOptions,
    says: Vec<String>,
}

fn case(what: &'static str, name: &'static str, content: impl Into<Vec<u8>>, says: &[&str]) -> Case {
    Case {
        what,
        files: vec![(name, content.into())],
        load: name,
        options: LoadOptions::default(),
        says: says.iter().map(|&part| part.to_owned()).collect(),
    }
}

/// A bad row on line 4 of an otherwise good file.
fn on_line_4(what: &'static str, row_text: &str, says: &str) -> Case {
    let text = format!("{}{row_text}\n{}", file(0..2), row(3));
    case(what, "bars.csv", text, &["bars.csv line 4: ", says])
}

/// Limits that a file of some kilobytes exceeds.
fn small_limit() -> LoadOptions {
    let limit = ExpansionLimit { max_bytes: 1 << 20, max_ratio: 20, free_bytes: 10_000 };
    LoadOptions { limit, ..LoadOptions::default() }
}

fn rows_of_text() -> Vec<Case> {
    vec![
        case("empty file", "bars.csv", "", &["bars.csv is empty"]),
        case("header only", "bars.csv", HEADER, &["bars.csv has a header but no bars below it"]),
        on_line_4("NaN", "1704067320000,NaN,12,9,11,5", "open is \"NaN\", a missing value"),
        case(
            "wrong column",
            "bars.csv",
            "time,open,high,low,price,volume\n1704067200000,10,12,9,11,5\n",
            &["bars.csv line 1: ", "column close is missing", "found are time, open, high, low, price"],
        ),
        on_line_4("text in a number", "1704067320000,10,twelve,9,11,5", "high is \"twelve\", not a number"),
        on_line_4("too few fields", "1704067320000,10,12,9,11", "5 columns instead of 6"),
        on_line_4("too many fields", "1704067320000,10,12,9,11,5,6", "7 columns instead of 6"),
        on_line_4("negative price", "1704067320000,10,12,-9,11,5", "low is -9; prices must be above zero"),
        on_line_4("high below low", "1704067320000,10,1.2,1.3,11,5", "high 1.2 is below low 1.3"),
        on_line_4("duplicate", "1704067260000,10,12,9,11,5", "line 3 already has a bar"),
        on_line_4("out of order", "1704067230000,10,12,9,11,5", "2024-01-01 00:00:30 comes after"),
        on_line_4("seconds among milliseconds", "1704067320,10,12,9,11,5", "is in epoch seconds, but"),
        on_line_4(
            "microseconds from here on",
            "1704067320000000,10,12,9,11,5",
            "is in epoch microseconds, but the file began in epoch milliseconds",
        ),
        on_line_4("ISO among epochs", "2024-01-01T00:02:00Z,10,12,9,11,5", "is in ISO-8601, but"),
    ]
}

fn daylight_saving() -> Vec<Case> {
    let rows = |times: &[&str]| {
        let rows: Vec<String> = times.iter().map(|time| format!("{time},10,12,9,11,5\n")).collect();
        HEADER.to_owned() + &rows.concat()
    };
    let autumn = rows(&["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]);
    let spring = rows(&["2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 03:00", "2024-03-31 04:00"]);
    let mut hole = case(
        "hole where clocks go forward",
        "bars.csv",
        spring,
        &["bars.csv line 4: ", "which clocks skip in Europe/Berlin", "UTC", "data.policy.daylight_saving"],
    );
    hole.options.policy.daylight_saving = data::Action::Error;
    vec![
        case(
            "hour repeated where clocks go back",
            "bars.csv",
            autumn,
            &["bars.csv line 4: line 3 already", "clocks repeat in Europe/Berlin", "with their offset"],
        ),
        hole,
    ]
}

fn archives() -> Vec<Case> {
    let text = file(0..5000);
    let packed = gzip(text.as_bytes());
    let archive = zip(&[("bars.csv", text.as_bytes())]);
    let long = file(0..40_000);
    let mut bomb = case(
        "gzip that expands beyond its limit",
        "bars.csv.gz",
        gzip("x".repeat(100_000).as_bytes()),
        &["bars.csv.gz line 1: the unpacked text is longer than the 10,000 bytes"],
    );
    bomb.options = small_limit();
    let mut zip_bomb = case(
        "zip whose directory tells of too much",
        "bars.zip",
        zip(&[("bars.csv", long.as_bytes())]),
        &["bars.zip would expand to ", "more than the "],
    );
    zip_bomb.options = LoadOptions {
        limit: ExpansionLimit { max_ratio: 2, ..small_limit().limit },
        ..LoadOptions::default()
    };
    let mut encrypted = archive.clone();
    for start in headers(&encrypted) {
        encrypted[start] |= 1;
    }
    let mut damaged = archive.clone();
    let directory = headers(&damaged)[1];
    let checksum = directory + 8;
    damaged[checksum] ^= 1;
    vec![
        case(
            "truncated gzip",
            "bars.csv.gz",
            &packed[..packed.len() / 2],
            &["bars.csv.gz line 2", "the gzip data ends in the middle", "download or copy it again"],
        ),
        bomb,
        case(
            "truncated zip",
            "bars.zip",
            &archive[..archive.len() / 2],
            &["bars.zip (bars.csv) line 2", "the zip archive ends here", "download or copy it again"],
        ),
        zip_bomb,
        case(
            "zip with more text than its directory tells",
            "bars.zip",
            lying(&archive, text.len() as u32, 1000),
            &["bars.zip (bars.csv) line ", "longer than the 1,000 bytes"],
        ),
        case(
            "zip with less text than its directory tells",
            "bars.zip",
            lying(&archive, text.len() as u32, text.len() as u32 + 9),
            &["bars.zip (bars.csv) line 5001: the zip data is damaged", "shorter than"],
        ),
        case(
            "damaged zip",
            "bars.zip",
            damaged,
            &["bars.zip (bars.csv) line 5001: the zip data is damaged", "checksum"],
        ),
        case(
            "empty zip",
            "bars.zip",
            zip(&[]),
            &["bars.zip is a zip archive without a CSV file", "no files"],
        ),
        case(
            "zip without CSV",
            "bars.zip",
            zip(&[("a.txt", b"x"), ("b.txt", b"y")]),
            &["bars.zip is a zip archive without a CSV file", "a.txt, b.txt"],
        ),
        case("encrypted zip", "bars.zip", encrypted, &["bars.zip (bars.csv) is encrypted"]),
        case(
            "fault inside a zip",
            "bars.zip",
            zip(&[("a.csv", file(0..3).as_bytes()), ("b.csv", format!("{HEADER}{}", row(1)).as_bytes())]),
            &["bars.zip (b.csv) line 2: ", "bars.zip (a.csv) line 3 already has a bar"],
        ),
    ]
}

/// Positions of the general flags in the local headers and in the directory.
fn headers(archive: &[u8]) -> Vec<usize> {
    (0..archive.len() - 4)
        .filter_map(|at| match &archive[at..at + 4] {
            b"PK\x03\x04" => Some(at + 6),
            b"PK\x01\x02" => Some(at + 8),
            _ => None,
        })
        .collect()
}

/// The archive with another unpacked size in its headers.
fn lying(archive: &[u8], size: u32, told: u32) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let found: Vec<usize> =
        (0..archive.len() - 4).filter(|&at| archive[at..at + 4] == size.to_le_bytes()).collect();
    assert!(!found.is_empty());
    for at in found {
        archive[at..at + 4].copy_from_slice(&told.to_le_bytes());
    }
    archive
}

fn directories() -> Vec<Case> {
    let several = |what, files: &[(&'static str, String)], load, says: &[&str]| Case {
        files: files.iter().map(|(name, text)| (*name, text.clone().into_bytes())).collect(),
        load,
        ..case(what, "", "", says)
    };
    let hours: String = (0..12).map(|hour| row(hour * 60)).collect();
    vec![
        several(
            "directory without bar files",
            &[("empty/README.md", String::new())],
            "empty",
            &["empty is a directory without bar files", "it holds README.md"],
        ),
        several(
            "two symbols in a directory",
            &[("bars/BTCUSDT-1m.csv", file(0..3)), ("bars/ETHUSDT-1m.csv", file(3..6))],
            "bars",
            &["bars/ETHUSDT-1m.csv is of ETHUSDT, but ", "bars/BTCUSDT-1m.csv is of BTCUSDT", "data.symbol"],
        ),
        several(
            "two timeframes by their names",
            &[("bars/X-1m-1.csv", file(0..3)), ("bars/X-1h-1.csv", file(60..63))],
            "bars",
            &["X-1h-1.csv holds 1h bars, but ", "X-1m-1.csv holds 1m bars"],
        ),
        several(
            "two timeframes by their bars",
            &[("bars/a.csv", file(-20..-1)), ("bars/a-2.csv", HEADER.to_owned() + &hours)],
            "bars",
            &["a-2.csv holds 1h bars, but ", "a.csv holds 1m bars"],
        ),
        several(
            "two symbols in a column",
            &[("bars.csv", format!("symbol,{HEADER}A,{}B,{}", row(0), row(1)))],
            "bars.csv",
            &["bars.csv line 3 is of B, but ", "bars.csv is of A", "data.symbol"],
        ),
        several(
            "overlapping files",
            &[("bars/a-1.csv", file(0..5)), ("bars/a-2.csv", file(4..9))],
            "bars",
            &["a-2.csv line 2: ", "a-1.csv line 6 already has a bar at 2024-01-01 00:04:00"],
        ),
        several(
            "interleaved files",
            &[("bars/a-1.csv", file([0, 1, 2, 4])), ("bars/a-2.csv", file([3, 5]))],
            "bars",
            &["a-2.csv line 2: 2024-01-01 00:03:00 comes after 2024-01-01 00:04:00 of ", "a-1.csv line 5"],
        ),
        several("pattern that nothing fits", &[], "bars-*.csv", &["no file fits ", "bars-*.csv"]),
    ]
}

#[cfg(feature = "parquet")]
fn parquet() -> Vec<Case> {
    let fixture = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        std::fs::read(path).expect("a fixture")
    };
    let good = fixture("epoch_ms.parquet");
    let mut damaged = good.clone();
    damaged[60..200].fill(0xa5);
    vec![
        case(
            "Parquet with missing columns",
            "bars.parquet",
            fixture("missing_columns.parquet"),
            &["bars.parquet: the columns high, low, close, volume are missing", "found are open_time, open"],
        ),
        case(
            "truncated Parquet",
            "bars.parquet",
            &good[..good.len() / 2],
            &["bars.parquet has no Parquet footer", "write or copy it again"],
        ),
        case(
            "other bytes called Parquet",
            "bars.parquet",
            file(0..3),
            &["bars.parquet is called Parquet but does not begin as a Parquet file"],
        ),
        case(
            "damaged Parquet",
            "bars.parquet",
            damaged,
            &["bars.parquet row 1: the Parquet data is damaged"],
        ),
        case(
            "missing values in Parquet",
            "bars.parquet",
            fixture("missing_values.parquet"),
            &["bars.parquet row 5: high is \"null\", a missing value", "data.policy.invalid_bars"],
        ),
        case(
            "Parquet packed in a way that is not read",
            "bars.parquet",
            fixture("brotli.parquet"),
            &["bars.parquet: column open_time is packed by BROTLI", "write it with Snappy"],
        ),
        case(
            "nested column in Parquet",
            "bars.parquet",
            fixture("wrong_type.parquet"),
            &["bars.parquet: column open_time is a nested type, which can't be read as times"],
        ),
    ]
}

#[cfg(not(feature = "parquet"))]
fn parquet() -> Vec<Case> {
    vec![case("Parquet", "bars.parquet", "PAR1", &["bars.parquet is a Parquet file", "feature `parquet`"])]
}

#[test]
fn every_malformed_input_is_refused_with_its_place() {
    let table =
        [rows_of_text(), daylight_saving(), archives(), directories(), parquet()].into_iter().flatten();
    for Case { what, files, load: name, options, says } in table {
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, content)| (*name, content.as_slice())).collect();
        let folder = Folder::new(&files);
        let path = folder.path(name);
        let text = refused(load(&path, &options), &path);
        for part in says {
            assert!(text.contains(&part), "{what}: `{part}` is not in: {text}");
        }
    }
}

/// The good file that the bad ones are made of loads.
#[test]
fn the_table_is_about_the_faults_alone() {
    let folder = Folder::new(&[("bars.csv", file(0..3).as_bytes())]);
    let loaded = load(&folder.path("bars.csv"), &small_limit()).unwrap();
    assert_eq!(loaded.series.bars()[2].open_time.millis(), START + 2 * MINUTE);
}
