//! The documentation of all features, as it stands in `docs/features.md`.
//!
//! `cargo run -p features --example document > docs/features.md`, from the root of the workspace.

use std::io::Write;

use features::documentation;
use market::Timeframe;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = documentation("5m".parse::<Timeframe>()?)?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
