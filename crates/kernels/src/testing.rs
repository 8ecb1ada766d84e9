//! Values and comparisons of the tests.

/// Numbers in ±1 that repeat for equal arguments.
pub(crate) fn values(n: usize, which: u64) -> Vec<f32> {
    let mut state = which.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (f64::from((state >> 33) as u32) / f64::from(1_u32 << 30) - 1.0) as f32
        })
        .collect()
}

/// `max |a - b| / max |b|` is at most the tolerance.
#[track_caller]
pub(crate) fn close(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(1e-30, |most: f64, value| most.max(value.abs()));
    let off = found
        .iter()
        .zip(expected)
        .map(|(a, b)| (f64::from(*a) - b).abs())
        .fold(0.0, |most: f64, off| if off.is_nan() { f64::INFINITY } else { most.max(off) });
    assert!(off / largest <= tolerance, "off by {off} of {largest}: {}", off / largest);
}
