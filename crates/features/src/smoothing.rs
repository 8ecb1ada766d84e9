//! How long exponential smoothing remembers its start.

/// The share of its starting error that a settled recursion may still carry: a fiftieth of the 1e-9 that
/// "settled" promises, because a column's own scale can be smaller than the error it starts with (RSI and
/// the distance of two averages start up to 19 standard deviations off on real bars).
const SETTLED_SHARE: f64 = 2e-11;

/// Bars until an exponential average with weight `alpha` has forgotten its start.
pub fn settling_bars(alpha: f64) -> usize {
    (SETTLED_SHARE.ln() / (1.0 - alpha).ln()).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settling_forgets_the_start() {
        let bars = settling_bars(2.0 / 51.0);
        assert!((1.0 - 2.0_f64 / 51.0).powi(bars as i32) <= SETTLED_SHARE);
        assert!((1.0 - 2.0_f64 / 51.0).powi(bars as i32 - 1) > SETTLED_SHARE);
    }
}
