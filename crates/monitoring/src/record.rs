//! How the newest resolved predictions did.

use std::collections::VecDeque;

use serde::Serialize;

/// The newest resolved predictions.
#[derive(Debug, Clone)]
pub struct Record {
    window: usize,
    /// Bars that neighbouring outcomes share: they are not independent evidence.
    overlap: usize,
    resolved: VecDeque<Resolved>,
}

#[derive(Debug, Clone, Copy)]
struct Resolved {
    likelihood: f64,
    was_right: bool,
    was_covered: Option<bool>,
}

/// Where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Standing {
    /// Predictions it rests on.
    pub resolved: usize,
    /// Share that was right.
    pub accuracy: f64,
    /// Lower end of the 95% interval of the accuracy (Wilson), with as many rows as do not overlap.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// Mean of −ln p of what came.
    pub log_loss: f64,
    /// Share of sets that held what came; none without sets.
    pub coverage: Option<f64>,
}

impl Record {
    /// Over the newest `window`, whose outcomes overlap by `horizon` bars.
    pub fn new(window: usize, horizon: usize) -> Self {
        Self { window, overlap: horizon.max(1), resolved: VecDeque::new() }
    }

    /// Takes a prediction whose outcome is known: the probability of what came, whether it was the predicted class, and
    /// whether it was in the set.
    pub fn resolve(&mut self, likelihood: f64, was_right: bool, was_covered: Option<bool>) {
        if self.resolved.len() == self.window {
            self.resolved.pop_front();
        }
        self.resolved.push_back(Resolved { likelihood, was_right, was_covered });
    }

    /// Where they stand; none without any.
    pub fn standing(&self) -> Option<Standing> {
        let n = self.resolved.len();
        if n == 0 {
            return None;
        }
        let right = self.resolved.iter().filter(|one| one.was_right).count();
        let accuracy = right as f64 / n as f64;
        let loss: f64 = self.resolved.iter().map(|one| -one.likelihood.max(1e-15).ln()).sum();
        let sets: Vec<bool> = self.resolved.iter().filter_map(|one| one.was_covered).collect();
        let held = sets.iter().filter(|held| **held).count();
        Some(Standing {
            resolved: n,
            accuracy,
            lower: wilson(accuracy, n as f64 / self.overlap as f64)[0],
            upper: wilson(accuracy, n as f64 / self.overlap as f64)[1],
            log_loss: loss / n as f64,
            coverage: (!sets.is_empty()).then(|| held as f64 / sets.len() as f64),
        })
    }
}

/// The 95% interval of a share that was found in `n` independent rows.
fn wilson(share: f64, n: f64) -> [f64; 2] {
    const Z: f64 = 1.959_963_984_540_054;
    let z2 = Z * Z;
    let spread = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    [-spread, spread].map(|spread| (share + z2 / (2.0 * n) + spread) / (1.0 + z2 / n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_counted_by_hand() {
        let mut record = Record::new(3, 1);
        assert_eq!(record.standing(), None);
        record.resolve(0.01, false, Some(false));
        for (p, right) in [(0.5, true), (0.25, false), (0.8, true)] {
            record.resolve(p, right, Some(true));
        }
        let standing = record.standing().unwrap();
        assert_eq!((standing.resolved, standing.coverage), (3, Some(1.0)));
        assert!((standing.accuracy - 2.0 / 3.0).abs() < 1e-12);
        assert!((standing.log_loss + (0.5_f64.ln() + 0.25_f64.ln() + 0.8_f64.ln()) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn wilson_as_in_its_tables() {
        // 81 of 263: .255 to .366 (Newcombe 1998).
        let [lower, upper] = wilson(81.0 / 263.0, 263.0);
        assert!((lower - 0.2553).abs() < 1e-4 && (upper - 0.3662).abs() < 1e-4);
        assert!(wilson(0.8, 1000.0 / 12.0)[1] > wilson(0.8, 1000.0)[1]);
    }
}
