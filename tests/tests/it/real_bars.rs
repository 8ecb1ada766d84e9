//! A real market, where the checkout has one beside it.

use std::path::Path;

use crate::workshop::Workshop;

#[test]
fn a_forest_trains_on_real_bars() {
    let bars = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/BTCUSDT-1h.csv.gz");
    if !bars.is_file() {
        println!("skipped: there is no ../shared/data/BTCUSDT-1h.csv.gz beside the workspace");
        return;
    }
    let workshop = Workshop::new();
    let settings = ["random_forest.trees=10", "random_forest.min_leaf=200", "label.horizon=12"];
    let run = workshop.train(&bars, "out", &settings, &[]);
    let model = &run.report["models"][0];
    assert_eq!(model["status"], "ok", "{}", model["verdict"]);
    assert_eq!(run.report["data"]["symbol"], "BTCUSDT");
    assert_eq!(run.report["data"]["timeframe"], "1h");
    // Nobody forecasts the direction of an hourly market this well: more than that is a leak.
    let accuracy = model["metrics"]["accuracy"]["mean"].as_f64().unwrap();
    assert!((0.2..0.65).contains(&accuracy), "{accuracy}");
    let predictions = workshop.predict(&run.bundles[0], &bars);
    assert!(predictions.len() > 10_000);
    assert!(predictions.iter().all(|prediction| prediction["symbol"] == "BTCUSDT"));
}
