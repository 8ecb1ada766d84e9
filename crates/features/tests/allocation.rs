//! Memory: a settled stream allocates nothing, and a table peaks below three times what it gives out.
//!
//! In a binary of its own because the counting allocator is global. It counts per thread: everything here
//! runs on one.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are tests too")]

use allocation_counter::measure;
use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureTable};
use market::{BarSeries, GapPolicy, Seed, Timeframe};
use synthetic::Preset;

fn series(n_bars: usize) -> BarSeries {
    let timeframe: Timeframe = "5m".parse().unwrap();
    synthetic::generate(&Preset::Bench.parameters(), n_bars, timeframe, Seed(7)).series
}

fn set(names: &[&str], timeframe: Timeframe) -> FeatureSet {
    let sets = names.iter().map(|&name| name.to_owned()).collect();
    FeatureSet::resolve(&FeatureSpec { sets, ..FeatureSpec::default() }, timeframe).unwrap()
}

#[test]
fn a_settled_stream_allocates_nothing() {
    let series = series(10_000);
    let set = set(&["seed43", "extended"], series.timeframe());
    let mut engine = FeatureEngine::new(&set, series.gaps());
    let (past, next) = series.bars().split_at(set.schema().settled());
    let warm_up = measure(|| {
        for bar in past {
            engine.update(bar);
        }
    });
    assert!(!next.is_empty());
    let mut checksum = 0.0;
    let settled = measure(|| {
        for bar in next {
            checksum += engine.update(bar).settled().unwrap().iter().sum::<f64>();
        }
    });
    println!("warm-up: {warm_up:?}; {} bars after it: {settled:?}", next.len());
    assert!(f64::is_finite(checksum));
    assert_eq!(settled.count_total, 0, "{} bytes over {} bars", settled.bytes_total, next.len());
    // A hole restarts everything, in the memory that is there.
    let mut engine = FeatureEngine::new(&set, GapPolicy::CONTINUOUS);
    engine.update(&past[0]);
    let mut bars_seen = 0;
    let restarted = measure(|| {
        for bar in past[1..100].iter().chain(&past[110..]) {
            bars_seen = engine.update(bar).bars_seen;
        }
    });
    assert_eq!(bars_seen, past.len() - 110, "the hole restarts");
    assert_eq!(restarted.count_total, 0, "{} bytes around a restart", restarted.bytes_total);
}

/// Peak memory of a table, the values it gives out included, as a multiple of those values.
fn peak_of_table(n_bars: usize, names: &[&str]) -> f64 {
    let series = series(n_bars);
    let set = set(names, series.timeframe());
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one_thread.install(|| {
        let mut output = 0;
        let memory = measure(|| {
            let table = FeatureTable::compute(&set, &series, |_| ());
            output = size_of_val(table.values());
        });
        let ratio = memory.bytes_max as f64 / output as f64;
        println!(
            "{names:?}, {n_bars} bars: output {output} bytes, peak {} bytes ({ratio:.4} of it), {} allocations",
            memory.bytes_max, memory.count_total
        );
        assert!(memory.bytes_max >= output as u64, "the counter missed the table itself");
        ratio
    })
}

#[test]
fn a_table_peaks_below_three_times_its_output() {
    assert!(peak_of_table(100_000, &["seed43"]) < 3.0);
    assert!(peak_of_table(100_000, &["seed43", "extended"]) < 3.0);
}

/// Takes a million bars: runs with `REGIME_LONG_TESTS=1`.
#[test]
fn a_long_table_peaks_below_three_times_its_output() {
    if std::env::var_os("REGIME_LONG_TESTS").is_none() {
        println!("skipped: set REGIME_LONG_TESTS=1 to run");
        return;
    }
    assert!(peak_of_table(1_000_000, &["seed43", "extended"]) < 3.0);
}
