//! The gates themselves, half a minute each in release: run with `REGIME_LONG_TESTS=1`.

use detection::{GATE_BARS, Study, gate_draws};
use synthetic::Preset;

fn passes(preset: Preset) {
    if std::env::var_os("REGIME_LONG_TESTS").is_none() {
        println!("skipped: set REGIME_LONG_TESTS=1 to run");
        return;
    }
    let study = Study { preset, first_seed: 1, draws: gate_draws(preset), bars: GATE_BARS };
    let report = study.run(&|_| ()).unwrap();
    println!("{report}");
    assert!(!report.gates.is_empty());
    assert!(report.passes(), "{report}");
}

#[test]
fn bench_is_seen() {
    passes(Preset::Bench);
}

#[test]
fn nobody_sees_what_can_not_be_seen() {
    passes(Preset::Realistic);
}
