//! How long to wait before asking again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// How often a request is repeated, and how long waits may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in a row without progress before giving up.
    pub attempts: u32,
    /// Longest wait before the second attempt; it doubles with each further one.
    pub first_wait: Duration,
    /// Longest wait between two attempts, unless the server asks for more.
    pub longest_wait: Duration,
    /// Longest wait that a server may ask for.
    pub longest_asked: Duration,
}

impl Default for RetryPolicy {
    /// Six attempts, 0.5 s doubling to 30 s, up to five minutes when the server asks for it.
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            longest_asked: Duration::from_mins(5),
        }
    }
}

impl RetryPolicy {
    /// The wait after `failures` failed attempts, with full jitter: a share `fraction` in [0, 1) of the
    /// doubled bound, so that many clients don't come back at the same time.
    pub(crate) fn wait(&self, failures: u32, fraction: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let bound = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        bound.mul_f64(fraction.clamp(0.0, 1.0))
    }
}

/// How a process waits, and its source of jitter.
pub trait Patience {
    /// A random number in [0, 1). Nothing that is written depends on it.
    fn fraction(&mut self) -> f64;
    /// Waits.
    fn wait(&mut self, duration: Duration);
}

/// Sleeps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sleep;

impl Patience for Sleep {
    fn fraction(&mut self) -> f64 {
        // Each hasher of the standard library has its own random keys.
        (RandomState::new().hash_one(0) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn wait(&mut self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_double_up_to_the_longest() {
        let policy = RetryPolicy::default();
        let bounds: Vec<f64> = (1..=9).map(|failures| policy.wait(failures, 1.0).as_secs_f64()).collect();
        let expected = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];
        assert!(
            bounds.iter().zip(expected).all(|(bound, wanted)| (bound - wanted).abs() < 1e-9),
            "{bounds:?}"
        );
        assert_eq!(policy.wait(u32::MAX, 0.0), Duration::ZERO);
    }

    #[test]
    fn jitter_is_spread_over_the_unit_interval() {
        let draws: Vec<f64> = (0..2000).map(|_| Sleep.fraction()).collect();
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        let mean = draws.iter().sum::<f64>() / 2000.0;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }
}
