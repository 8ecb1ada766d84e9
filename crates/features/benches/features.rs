//! What is measured: the features of 100,000 bars as a table (`batch`, sets `seed43` and `extended`, on the
//! current rayon pool, in memory that is reused) and bar by bar (`stream`, both sets in one engine that has
//! settled). On what data: a synthetic market of five-minute bars with known regimes. What a regression
//! means: for `batch` that training waits longer before it starts, for `stream` that every prediction, live
//! and in replay, comes later; a bar is to stay below 50 µs in `stream`. Criterion takes wall time: compare
//! on a quiet machine only (first measured, CPU time by the example `race`: 0.9 µs a bar in `batch/extended`,
//! 3.7 µs in `stream`).

use std::cell::RefCell;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureTable};
use market::{BarSeries, Seed, Timeframe};
use synthetic::Preset;

const BARS: usize = 100_000;
/// Bars that one timed piece of a stream takes.
const PIECE: usize = 1000;

fn series() -> BarSeries {
    let timeframe: Timeframe = "5m".parse().expect("a timeframe");
    synthetic::generate(&Preset::Bench.parameters(), BARS, timeframe, Seed(7)).series
}

/// Some sets, without second names.
fn set(names: &[&str], timeframe: Timeframe) -> FeatureSet {
    let sets = names.iter().map(|&name| name.to_owned()).collect();
    FeatureSet::resolve(&FeatureSpec { sets, ..FeatureSpec::default() }, timeframe).expect("known sets")
}

fn batch(criterion: &mut Criterion) {
    let series = series();
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(BARS as u64)).sample_size(10);
    for name in ["seed43", "extended"] {
        let set = set(&[name], series.timeframe());
        let memory = RefCell::new(Vec::new());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let table = FeatureTable::compute_in(memory.take(), &set, black_box(&series), |_| ());
                memory.replace(table.into_values());
            });
        });
    }
    group.finish();
}

fn stream(criterion: &mut Criterion) {
    let series = series();
    let set = set(&["seed43", "extended"], series.timeframe());
    let (past, next) = series.bars().split_at(BARS - PIECE);
    let mut settled = FeatureEngine::new(&set, series.gaps());
    for bar in past {
        settled.update(bar);
    }
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Elements(PIECE as u64)).sample_size(20);
    group.bench_function("seed43+extended", |bencher| {
        bencher.iter_batched(
            || settled.clone(),
            |mut engine| {
                for bar in next {
                    black_box(engine.update(black_box(bar)).value(0));
                }
                engine
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, batch, stream);
criterion_main!(benches);
