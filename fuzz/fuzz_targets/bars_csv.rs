//! Any bytes as a file of bars: an error in one line, or a series with its report; never a panic.
//!
//! Runs on the stable toolchain of the workspace, without a sanitizer (there is no unsafe code to watch):
//!
//!     cargo install cargo-fuzz
//!     RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none bars_csv -- -max_total_time=300
#![no_main]

use std::io::Write;

use data::{Action, ExpansionLimit, LoadOptions, QualityPolicy};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    let limit = ExpansionLimit { max_bytes: 1 << 20, max_ratio: 100, free_bytes: 1 << 16 };
    let drop = QualityPolicy {
        duplicates: Action::Drop,
        out_of_order: Action::Drop,
        invalid_bars: Action::Drop,
        ..QualityPolicy::default()
    };
    for policy in [QualityPolicy::default(), drop] {
        match data::load(file.path(), &LoadOptions { policy, limit, ..LoadOptions::default() }) {
            Ok(loaded) => {
                assert_eq!(loaded.quality.bars as usize, loaded.series.len());
                assert_eq!(loaded.quality.rows, loaded.quality.bars + loaded.quality.dropped);
                assert!(!loaded.quality.to_string().is_empty());
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
});
