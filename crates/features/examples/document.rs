//! The documentation of all features, as it stands in `docs/features.md`.
//!
//! `cargo run -p features --example document > docs/features.md`, from the root of the workspace.

use features::documentation;
use market::Timeframe;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    print!("{}", documentation("5m".parse::<Timeframe>()?)?);
    Ok(())
}
