//! Weights as a pure function of a tensor's name and an index: a model of any size without a file, the same everywhere.

use super::names;
use crate::config::TirexConfig;

/// The values of a tensor.
pub(crate) fn values(config: &TirexConfig, name: &str, shape: &[usize]) -> Vec<f32> {
    let key = fnv1a(name.as_bytes());
    let d = config.head_width();
    let spread = |gain: f64, inputs: usize| gain * (3.0 / inputs as f64).sqrt();
    let (factor, shift) = match name.rsplit('.').next().unwrap_or(name) {
        names::CELL_BIAS => (1.0, 0.0),
        names::RECURRENT => (spread(1.5, d), 0.0),
        "bias" => (0.2, 0.0),
        _ if name.ends_with("group_norm.weight") => (0.3, 0.0),
        _ if shape.len() == 1 => (0.3, 1.0),
        _ if shape.len() == 3 => (spread(1.2, d), 0.0),
        _ if name.ends_with("proj_down.weight") => (spread(1.0, shape[1]), 0.0),
        _ => (spread(1.2, shape[1]), 0.0),
    };
    let is_cell_bias = name.ends_with(names::CELL_BIAS);
    (0..shape.iter().product::<usize>())
        .map(|index| {
            // The cell's biases lie by head and then by gate; the second gate forgets, and starts out by keeping.
            let keeps = is_cell_bias && index / d % 4 == 1;
            (factor * unit(key, index as u64) + shift + if keeps { 2.0 } else { 0.0 }) as f32
        })
        .collect()
}

/// Half of the 24 bits that become a value.
const HALF: f64 = (1_u64 << 23) as f64;

/// From -1 to 1.
fn unit(key: u64, index: u64) -> f64 {
    let mut x = key.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^= x >> 31;
    ((x >> 40) as f64 - HALF) / HALF
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
