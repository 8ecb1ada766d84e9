//! Members that are not asked for a while.

/// Failures in a row after which it is not asked any more.
const FAILURES: u32 = 5;
/// Predictions that are then made without it, before it is tried once.
const PAUSE: u32 = 20;

/// Counts what one member does. After more than five failures in a row it is left out of the next 20 predictions and then
/// tried once: when that succeeds it is back, otherwise it is left out again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    left_out: u32,
}

impl Breaker {
    /// True when the member is to be asked for the next prediction.
    pub fn asks(&mut self) -> bool {
        if self.failures <= FAILURES {
            return true;
        }
        self.left_out += 1;
        if self.left_out > PAUSE {
            self.left_out = 0;
            return true;
        }
        false
    }

    /// Takes what came of asking it.
    pub fn told(&mut self, answered: bool) {
        self.failures = if answered { 0 } else { self.failures.saturating_add(1) };
    }

    /// True while it is left out.
    pub fn is_open(&self) -> bool {
        self.failures > FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_six_failures_and_tries_again() {
        let mut breaker = Breaker::default();
        for _ in 0..6 {
            assert!(breaker.asks() && !breaker.is_open());
            breaker.told(false);
        }
        assert!(breaker.is_open());
        let asked: Vec<u32> = (0..42).filter(|_| breaker.asks()).collect();
        assert_eq!(asked, [20, 41]);
        breaker.told(true);
        assert!(breaker.asks() && !breaker.is_open());
    }
}
