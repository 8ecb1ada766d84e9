//! The generated windows of `tests/oracle/catch22.py`, bit for bit.

/// What is in a generated window, in the order in which the kinds are counted.
pub(crate) const KINDS: [&str; 12] = [
    "noise",
    "autoregression",
    "random_walk",
    "wave",
    "wave_and_noise",
    "heavy_tails",
    "quantised",
    "quantised_autoregression",
    "trend",
    "mostly_zero",
    "jump",
    "symmetric",
];

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    /// In [0, 1), a multiple of 2⁻⁵³.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// As good as normal: the sum of twelve uniform numbers less 6.
    fn normal(&mut self) -> f64 {
        (0..12).fold(0.0, |total, _| total + self.uniform()) - 6.0
    }
}

/// A generated window.
pub(crate) fn window(kind: &str, length: usize, seed: u64) -> Vec<f64> {
    let number = KINDS.iter().position(|&other| other == kind).expect("a known kind");
    let mut random = Random(1000 * number as u64 + seed);
    let (mut level, mut before) = (0.0, -1.0);
    let half = length / 2;
    let mut value = |index: usize, values: &[f64]| match kind {
        "noise" => random.normal(),
        "autoregression" => {
            level = 0.9 * level + random.normal();
            level
        }
        "random_walk" => {
            level += random.normal();
            level
        }
        "wave" | "wave_and_noise" => {
            (level, before) = ((1.95 - 0.4 * seed as f64) * level - before, level);
            if kind == "wave" { level } else { level + 0.5 * random.normal() }
        }
        "heavy_tails" => {
            let normal = random.normal();
            normal / (random.uniform() + 0.01)
        }
        "quantised" => (1.5 * random.normal() + 0.5).floor(),
        "quantised_autoregression" => {
            level = 0.9 * level + random.normal();
            (0.7 * level + 0.5).floor()
        }
        "trend" => 0.02 * (seed as f64 + 1.0) * index as f64 + random.normal(),
        "mostly_zero" if random.uniform() < 0.3 => random.normal(),
        "mostly_zero" => 0.0,
        "jump" => random.normal() + if index >= half { 3.0 } else { 0.0 },
        _ if index < half && index.is_multiple_of(3) => 0.0,
        _ if index < half => (64.0 * random.normal() + 0.5).floor() / 64.0,
        _ if index < 2 * half => 0.0 - values[index - half],
        _ => 0.0,
    };
    let mut values = Vec::with_capacity(length);
    for index in 0..length {
        values.push(value(index, &values));
    }
    values
}
