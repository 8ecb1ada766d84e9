//! Bars in zip archives.

use data::{LoadOptions, load};

use crate::files::{Folder, file, loaded, row, zip};

#[test]
fn zip_is_told_by_its_bytes_and_names_the_symbol() {
    let text = file(0..500);
    let expected = loaded(&text, &LoadOptions::default()).unwrap().fingerprint;
    let deflated = zip(&[("BTCUSDT-1m-2024-01.csv", text.as_bytes())]);
    let folder = Folder::new(&[("BTCUSDT-1m-2024-01.zip", &deflated), ("other.csv", &deflated)]);
    for name in ["BTCUSDT-1m-2024-01.zip", "other.csv"] {
        let loaded = load(&folder.path(name), &LoadOptions::default()).unwrap();
        assert_eq!((loaded.series.symbol(), &loaded.fingerprint), ("BTCUSDT", &expected), "{name}");
    }
}

#[test]
fn several_files_of_an_archive_are_one_series_in_time_order() {
    let (early, late) = (file(0..250), file(250..500));
    let archive = zip(&[
        ("b-2.csv", early.as_bytes()),
        ("b-1.CSV", late.as_bytes()),
        ("notes.txt", b"not bars"),
        ("__MACOSX/._b-1.csv", b"\0\x05\x16\x07"),
        ("../../escape/", b""),
    ]);
    let folder = Folder::new(&[("all.zip", &archive)]);
    let loaded = load(&folder.path("all.zip"), &LoadOptions::default()).unwrap();
    assert_eq!(loaded.series.len(), 500);
    let files: Vec<&str> = loaded.quality.files.iter().map(|file| file.path.as_str()).collect();
    assert!(files.len() == 2 && files[0].ends_with("all.zip (b-2.csv)"), "{files:?}");
    assert_eq!(
        loaded.fingerprint,
        crate::files::loaded(file(0..500), &LoadOptions::default()).unwrap().fingerprint
    );
}

#[test]
fn a_single_file_counts_whatever_its_name() {
    let folder = Folder::new(&[("bars.zip", &zip(&[("data.txt", file(0..3).as_bytes())]))]);
    assert_eq!(load(&folder.path("bars.zip"), &LoadOptions::default()).unwrap().series.len(), 3);
}

/// A truncated archive tells how far its text goes, to within what the decoder holds back.
#[test]
fn the_line_reached_grows_with_the_part_that_is_there() {
    let text = format!("{}{}", file(0..20_000), row(20_001));
    let archive = zip(&[("bars.csv", text.as_bytes())]);
    let mut lines = Vec::new();
    for share in [4, 2] {
        let folder = Folder::new(&[("bars.zip", &archive[..archive.len() / share])]);
        let error = load(&folder.path("bars.zip"), &LoadOptions::default()).unwrap_err().to_string();
        let line = error.split(" line ").nth(1).unwrap().split(':').next().unwrap();
        lines.push(line.parse::<u64>().unwrap());
    }
    assert!((3000..7000).contains(&lines[0]) && (7000..13_000).contains(&lines[1]), "{lines:?}");
}
