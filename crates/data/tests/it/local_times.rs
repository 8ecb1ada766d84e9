//! Local times without an offset, around the days on which clocks change.

use data::{Action, LoadOptions, QualityPolicy};

use crate::files::{HEADER, loaded};

/// Bars at these times.
fn bars(times: impl IntoIterator<Item = String>) -> String {
    let rows: Vec<String> = times.into_iter().map(|time| format!("{time},10,12,9,11,5\n")).collect();
    HEADER.to_owned() + &rows.concat()
}

/// Half-hourly local times of a Sunday from midnight to six; an hour is left out, or another comes twice.
fn sunday(date: &str, skipped: Option<u32>, repeated: Option<u32>, zone: &str) -> String {
    let mut times = Vec::new();
    for hour in (0..6).filter(|hour| Some(*hour) != skipped) {
        for _ in 0..if Some(hour) == repeated { 2 } else { 1 } {
            times.extend(["00", "30"].map(|minute| format!("{date} {hour:02}:{minute}:00{zone}")));
        }
    }
    bars(times)
}

#[test]
fn the_skipped_hour_is_a_hole_with_a_remark() {
    let quality = loaded(sunday("2024-03-10", Some(2), None, ""), &LoadOptions::default()).unwrap().quality;
    assert_eq!((quality.daylight_saving, quality.holes_total, quality.missing_bars), (1, 1, 2));
    assert!(!quality.is_clean());
    let text = quality.to_string();
    assert!(
        text.contains("skipped hours    1\n    line 6, 2024-03-10 03:00:00: no bars for the hour before"),
        "{text}"
    );
    assert!(text.contains("America/New_York: if the times are local, write them in UTC"), "{text}");
}

#[test]
fn a_hole_elsewhere_or_with_an_offset_has_no_remark() {
    for text in [
        sunday("2024-03-10", Some(4), None, ""),
        sunday("2024-03-17", Some(2), None, ""),
        sunday("2024-03-10", Some(2), None, "Z"),
        sunday("2024-03-10", Some(2), None, "+00:00"),
    ] {
        let quality = loaded(&text, &LoadOptions::default()).unwrap().quality;
        assert_eq!((quality.daylight_saving, quality.missing_bars), (0, 2), "{text}");
    }
}

#[test]
fn the_repeated_hour_is_duplicates_with_a_remark() {
    let text = sunday("2024-11-03", None, Some(1), "");
    let error = loaded(&text, &LoadOptions::default()).unwrap_err().to_string();
    assert!(error.contains("bars.csv line 6: line 4 already has a bar at 2024-11-03 01:00:00"), "{error}");
    assert!(error.contains("clocks repeat in America/New_York"), "{error}");
    let policy = QualityPolicy { duplicates: Action::Drop, ..QualityPolicy::default() };
    let dropped = loaded(&text, &LoadOptions { policy, ..LoadOptions::default() }).unwrap();
    assert_eq!((dropped.quality.duplicates, dropped.series.len()), (2, 12));
    let plain = loaded(sunday("2024-11-10", None, Some(1), ""), &LoadOptions::default()).unwrap_err();
    assert!(!plain.to_string().contains("clocks"), "{plain}");
    let utc = loaded(sunday("2024-11-03", None, Some(1), "Z"), &LoadOptions::default()).unwrap_err();
    assert!(!utc.to_string().contains("clocks"), "{utc}");
}

#[test]
fn times_with_offsets_are_converted_and_have_no_seam() {
    let times = ["01:00:00-04:00", "01:30:00-04:00", "01:00:00-05:00", "01:30:00-05:00", "02:00:00-05:00"];
    let text = bars(times.map(|time| format!("2024-11-03T{time}")));
    let loaded = loaded(&text, &LoadOptions::default()).unwrap();
    assert!(loaded.quality.is_clean(), "{}", loaded.quality);
    assert_eq!(loaded.series.bars()[2].open_time.to_string(), "2024-11-03 06:00:00");
}

#[test]
fn the_policy_for_skipped_hours_is_error_or_keep() {
    let refuse = QualityPolicy { daylight_saving: Action::Error, ..QualityPolicy::default() };
    let text = sunday("2024-03-31", Some(2), None, "");
    let error = loaded(&text, &LoadOptions { policy: refuse, ..LoadOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("bars.csv line 6: no bars for the hour before"), "{error}");
    let drop = QualityPolicy { daylight_saving: Action::Drop, ..QualityPolicy::default() };
    assert!(drop.validate().unwrap_err().to_string().contains("daylight_saving"));
}
