//! What is measured: one `Catch22::compute`, all 22 features of one window, without the making of
//! its room. On what data: cubes of nearly normal numbers, heavy-tailed like five-minute returns and
//! made by a fixed recurrence, in windows of 100, 288 (a day of five minutes) and 1000. What a
//! regression means: the feature set `catch22`, whose cost is this per stride and window, takes that
//! much longer; 288 values are to stay below 1 ms (first measured: 0.14 ms, with 0.68 ms in pycatch22 0.6.0).

use std::hint::black_box;

use characteristics::Catch22;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// Heavy-tailed numbers, the same on every run.
fn returns(count: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| ((0..12).map(|_| uniform()).sum::<f64>() - 6.0).powi(3)).collect()
}

fn compute(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("catch22");
    for window in [100, 288, 1000] {
        let values = returns(window);
        let mut room = Catch22::new(window);
        group.bench_with_input(BenchmarkId::from_parameter(window), &values, |bencher, values| {
            bencher.iter(|| room.compute(black_box(values)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default();
    targets = compute
}
criterion_main!(benches);
