//! Which correction is the best on rows that come after those it is fitted on.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Calibration, CalibrationMethod, PriorShare};

/// Stretches of time that rows are cut into.
const BLOCKS: usize = 5;

/// Rows to fit on, and later ones to judge by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    /// Rows to fit on.
    learn: Vec<usize>,
    /// Rows to judge by; none of their outcomes overlaps with those to fit on.
    judge: Range<usize>,
}

/// How a method did on later rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationTrial {
    /// Method.
    pub method: CalibrationMethod,
    /// Mean log-loss over all rows that judged.
    pub log_loss: f64,
}

/// Judges every method on `probabilities` `[n, n_classes]` in order of time and what came, in the order of
/// [`CalibrationMethod::CANDIDATES`]. Where there are too few rows to fit on, a method changes nothing.
pub(super) fn judge_methods(
    probabilities: &[f64],
    classes: &[u8],
    n_classes: usize,
    prior: PriorShare,
    judged: &[Judged],
) -> Vec<CalibrationTrial> {
    let of = |row: usize| &probabilities[row * n_classes..][..n_classes];
    let rows: usize = judged.iter().map(|part| part.judge.len()).sum();
    let trial = |method| {
        let mut sum = 0.0;
        for Judged { learn, judge } in judged {
            let said: Vec<f64> = learn.iter().flat_map(|row| of(*row)).copied().collect();
            let came: Vec<u8> = learn.iter().map(|row| classes[*row]).collect();
            let fitted = Calibration::fit(method, &said, &came, n_classes, prior);
            for row in judge.clone() {
                let mut p = of(row).to_vec();
                if let Some(fitted) = &fitted {
                    fitted.apply(&mut p);
                }
                sum -= p[usize::from(classes[row])].max(1e-15).ln();
            }
        }
        CalibrationTrial { method, log_loss: sum / rows.max(1) as f64 }
    };
    CalibrationMethod::CANDIDATES.into_iter().map(trial).collect()
}

/// Each block of rows but the first judges what was fitted on those before it, a twentieth of a block left out in between, and
/// `overlap` rows at least: outcomes of neighbours overlap.
pub(super) fn blocks(n: usize, overlap: usize) -> Vec<Judged> {
    let start = |block: usize| n * block / BLOCKS;
    let gap = (n / BLOCKS / 20).max(overlap);
    let judged = |block: usize| Judged {
        learn: (0..start(block).saturating_sub(gap)).collect(),
        judge: start(block)..start(block + 1),
    };
    (1..BLOCKS).map(judged).collect()
}

impl CalibrationTrial {
    /// The method with the least loss, of equals the first; none without a trial.
    pub fn best(trials: &[Self]) -> CalibrationMethod {
        let better = |best: Self, next: &Self| if next.log_loss < best.log_loss { *next } else { best };
        let first = Self { method: CalibrationMethod::None, log_loss: f64::INFINITY };
        trials.iter().fold(first, better).method
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{normalised, rows};
    use super::*;

    #[test]
    fn the_truth_decides_which_method_is_chosen() {
        let chosen = |truth: &dyn Fn([f64; 3]) -> [f64; 3]| {
            let (probabilities, classes) = rows(20_000, truth);
            let fitted =
                Calibration::fit(CalibrationMethod::Auto, &probabilities, &classes, 3, PriorShare::MODEL);
            fitted.map_or(CalibrationMethod::None, |fitted| fitted.method())
        };
        assert_eq!(
            chosen(&|said| normalised([
                said[0].powf(0.2) * said[1].powf(0.8),
                said[0].powf(0.8) * said[1].powf(0.2),
                said[2]
            ])),
            CalibrationMethod::Dirichlet
        );
        let bent = |said: [f64; 3]| {
            let first = if said[0] < 0.3 { 0.1 } else { 0.6 };
            [first, (1.0 - first) / 2.0, (1.0 - first) / 2.0]
        };
        assert_eq!(chosen(&bent), CalibrationMethod::Isotonic);
        assert_ne!(chosen(&|said| normalised(said.map(|p| p.powf(2.0)))), CalibrationMethod::None);
    }

    #[test]
    fn rows_judge_only_what_was_fitted_on_earlier_ones() {
        let judged = blocks(1_000, 10);
        assert_eq!(judged.len(), 4);
        for part in &judged {
            assert!(part.learn.iter().all(|row| row + 10 < part.judge.start + 1));
            assert!(!part.learn.is_empty());
        }
        assert_eq!(judged[3].judge, 800..1_000);
    }
}
