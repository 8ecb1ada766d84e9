//! All tsfresh-style features of one window.
//!
//! What: CPU time of `Tsfresh::compute`, one thread, room made before. Data: made-up log returns with fat
//! tails, of 100, 288 and 1000 values (288 five-minute bars are a day). A regression means that a feature set
//! with `tsfresh` takes longer to compute, in training and live: 288 values are to stay below 1 ms
//! (first measured: 0.36 ms).

use std::hint::black_box;

use characteristics::{TSFRESH, Tsfresh};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// Cubes of uniform numbers, scaled to five-minute returns.
fn returns(length: usize) -> Vec<f64> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    (0..length).map(|_| 0.01 * next().powi(3)).collect()
}

fn tsfresh(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tsfresh");
    for length in [100, 288, 1000] {
        let values = returns(length);
        let mut room = Tsfresh::new(length);
        let mut out = vec![0.0; TSFRESH.len()];
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| room.compute(black_box(&values), &mut out));
        });
    }
    group.finish();
}

criterion_group!(benches, tsfresh);
criterion_main!(benches);
