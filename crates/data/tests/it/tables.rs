//! Tables that are written: the same bits come back, and a file is whole or not there.

use std::io::Read;
use std::path::Path;

use data::{ColumnValues, LoadOptions, OutputColumn, load, write_table};
use flate2::read::GzDecoder;
use market::Timestamp;

use crate::files::{Folder, HEADER, MINUTE, START};

/// Numbers whose shortest text is long, short, tiny, huge, negative zero, or none.
const NUMBERS: [Option<f64>; 8] = [
    Some(0.1 + 0.2),
    Some(1.0),
    None,
    Some(f64::MIN_POSITIVE / 8.0),
    Some(-1.797_693_134_862_315_7e308),
    Some(-0.0),
    Some(5e-324),
    Some(f64::NAN),
];
const LABELS: [Option<&str>; 8] =
    [Some("bull"), None, Some("a,\"b\"\n"), Some(""), None, Some("bear"), Some("é"), Some("x")];

fn time(row: usize) -> Timestamp {
    Timestamp::from_millis(START + row as i64 * MINUTE)
}

fn columns() -> [OutputColumn<'static>; 3] {
    [
        OutputColumn { name: "open_time", values: ColumnValues::Times(Box::new(time)) },
        OutputColumn { name: "rsi_14", values: ColumnValues::Numbers(Box::new(|row| NUMBERS[row % 8])) },
        OutputColumn { name: "label", values: ColumnValues::Texts(Box::new(|row| LABELS[row % 8])) },
    ]
}

fn written(name: &str, rows: usize) -> Vec<u8> {
    let folder = Folder::new(&[]);
    write_table(&folder.path(name), rows, &columns()).expect("a writable directory");
    let names = std::fs::read_dir(folder.path("")).expect("a directory");
    assert_eq!(names.count(), 1, "nothing is left beside it");
    std::fs::read(folder.path(name)).expect("the file written")
}

#[test]
fn csv_reads_back_to_the_same_bits() {
    let text = String::from_utf8(written("features.csv", 8)).unwrap();
    assert!(
        text.starts_with("open_time,rsi_14,label\n2024-01-01T00:00:00Z,0.30000000000000004,bull\n"),
        "{text}"
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for (row, record) in reader.records().enumerate() {
        let record = record.unwrap();
        assert_eq!(data::parse_time(&record[0]), Some(time(row)));
        match NUMBERS[row] {
            Some(number) => assert_eq!(record[1].parse::<f64>().unwrap().to_bits(), number.to_bits()),
            None => assert_eq!(&record[1], ""),
        }
        assert_eq!(&record[2], LABELS[row].unwrap_or_default());
    }
    let mut unpacked = String::new();
    GzDecoder::new(written("features.csv.gz", 8).as_slice()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, text);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reads_back_to_the_same_bits() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    let rows = 70_000;
    let bytes = written("features.parquet", rows);
    assert_eq!(bytes, written("features.parquet", rows), "the same table gives the same bytes");
    let folder = Folder::new(&[("a.parquet", &bytes)]);
    let reader = SerializedFileReader::new(std::fs::File::open(folder.path("a.parquet")).unwrap()).unwrap();
    assert_eq!(reader.num_row_groups(), 2);
    let mut count = 0;
    for (row, record) in reader.get_row_iter(None).unwrap().enumerate() {
        let fields: Vec<(String, Field)> =
            record.unwrap().get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect();
        assert_eq!(fields[0], ("open_time".to_owned(), Field::TimestampMillis(time(row).millis())));
        match (&fields[1].1, NUMBERS[row % 8]) {
            (Field::Double(read), Some(number)) => assert_eq!(read.to_bits(), number.to_bits()),
            (Field::Null, None) => {}
            other => panic!("{other:?}"),
        }
        let label = LABELS[row % 8].map_or(Field::Null, |label| Field::Str(label.to_owned()));
        assert_eq!(fields[2].1, label);
        count += 1;
    }
    assert_eq!(count, rows);
}

/// Bars that were written can be loaded again.
#[test]
fn bars_survive_a_round_trip() {
    let row = |minute: i64| {
        let close = 100.0 / 3.0 + minute as f64 / 7.0;
        let (time, high, low) = (START + minute * MINUTE, close + 1.0, close - 1.0);
        format!("{time},{close:?},{high:?},{low:?},{close:?},0.1\n")
    };
    let text = HEADER.to_owned() + &(0..50).map(row).collect::<Vec<_>>().concat();
    let source = crate::files::loaded(&text, &LoadOptions::default()).unwrap();
    let bars = source.series.bars();
    let number = |value: fn(&market::Bar) -> f64| {
        ColumnValues::Numbers(Box::new(move |row: usize| Some(value(&bars[row]))))
    };
    let columns = [
        OutputColumn { name: "open_time", values: ColumnValues::Times(Box::new(|row| bars[row].open_time)) },
        OutputColumn { name: "open", values: number(|bar| bar.open) },
        OutputColumn { name: "high", values: number(|bar| bar.high) },
        OutputColumn { name: "low", values: number(|bar| bar.low) },
        OutputColumn { name: "close", values: number(|bar| bar.close) },
        OutputColumn { name: "volume", values: number(|bar| bar.volume) },
    ];
    let folder = Folder::new(&[]);
    let names: &[&str] =
        if cfg!(feature = "parquet") { &["b.csv", "b.csv.gz", "b.parquet"] } else { &["b.csv", "b.csv.gz"] };
    for name in names {
        write_table(&folder.path(name), bars.len(), &columns).unwrap();
        let again = load(&folder.path(name), &LoadOptions::default()).unwrap();
        assert_eq!(again.fingerprint, source.fingerprint, "{name}");
    }
}

#[test]
fn what_cannot_be_written_is_refused_and_leaves_what_was_there() {
    let folder = Folder::new(&[("old.csv", b"old"), ("taken.csv/inside", b"")]);
    let refused =
        |path: &Path, columns: &[OutputColumn]| write_table(path, 8, columns).unwrap_err().to_string();
    let text = refused(&folder.path("features.xlsx"), &columns());
    assert!(text.contains("features.xlsx") && text.contains("name it .csv, .csv.gz or .parquet"), "{text}");
    let twice = [columns(), columns()].into_iter().flatten().collect::<Vec<_>>();
    assert!(refused(&folder.path("old.csv"), &twice).contains("two columns open_time"));
    assert!(refused(&folder.path("old.csv"), &[]).contains("no columns"));
    assert_eq!(std::fs::read(folder.path("old.csv")).unwrap(), b"old");
    assert!(refused(&folder.path("taken.csv"), &columns()).contains("taken.csv"));
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 2);
}
