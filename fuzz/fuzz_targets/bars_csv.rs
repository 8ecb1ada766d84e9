//! Any bytes as a file of bars: an error in one line, or a series with its report; never a panic.
#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("it can be written");
    match data::load(file.path(), &data::LoadOptions::default()) {
        Ok(loaded) => assert_eq!(loaded.quality.bars as usize, loaded.series.len()),
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
