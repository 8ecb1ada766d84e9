//! Every detector on a number of draws.

use std::sync::atomic::{AtomicUsize, Ordering};

use market::Seed;
use rayon::prelude::*;
use synthetic::Preset;

use crate::detector::Detector;
use crate::draw::Draw;
use crate::gates::{GATE_BARS, gate_draws, gates};
use crate::report::{DetectorReport, DrawReport, Report};
use crate::scores::Scores;
use crate::summary::Summary;

/// Fewer bars leave the forest hardly any row behind the warm-up of its columns.
pub const MINIMUM_BARS: usize = 1000;

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Study {
    /// How hard the regimes are to see.
    pub preset: Preset,
    /// Seed of the first draw; the others follow it.
    pub first_seed: u64,
    /// Number of draws.
    pub draws: usize,
    /// Bars for training, and as many behind them for the test.
    pub bars: usize,
}

/// A study that can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StudyError {
    /// No draw.
    #[error("0 seeds draw no market; ask for at least one")]
    NoDraws,
    /// Too short a market.
    #[error(
        "{0} bars are too few to fit a detector on; ask for {MINIMUM_BARS} at least, {GATE_BARS} for the gates"
    )]
    TooFewBars(usize),
}

impl Study {
    /// Draws the markets and judges every detector on each, on the current rayon pool. The same study gives the same
    /// report, at any number of threads. `progress` is told after every draw how many are done, by whichever thread
    /// judged it.
    ///
    /// # Errors
    /// [`StudyError`] when there is nothing to judge. A detector that fails on a draw is reported as failed.
    pub fn run(&self, progress: &(dyn Fn(usize) + Sync)) -> Result<Report, StudyError> {
        if self.draws == 0 {
            return Err(StudyError::NoDraws);
        }
        if self.bars < MINIMUM_BARS {
            return Err(StudyError::TooFewBars(self.bars));
        }
        let seeds: Vec<u64> = (0..self.draws as u64).map(|draw| self.first_seed.wrapping_add(draw)).collect();
        let done = AtomicUsize::new(0);
        let judge = |seed: &u64| {
            let reports = self.judge(*seed);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            reports
        };
        let by_draw: Vec<Vec<DrawReport>> = seeds.par_iter().map(judge).collect();
        let by_detector = |index: usize| -> Vec<DrawReport> {
            by_draw.iter().map(|reports| reports[index].clone()).collect()
        };
        let scores =
            |reports: &[DrawReport]| reports.iter().map(|one| one.scores).collect::<Option<Vec<_>>>();
        let filter = Detector::ALL.iter().position(|detector| *detector == Detector::BayesFilter);
        let bayes_filter = filter.and_then(|index| scores(&by_detector(index)));
        let detectors: Vec<DetectorReport> = Detector::ALL
            .into_iter()
            .enumerate()
            .map(|(index, detector)| {
                let draws = by_detector(index);
                let summary = scores(&draws).and_then(|all| Summary::of(&all, bayes_filter.as_deref()));
                DetectorReport { detector, knows: detector.knows(), summary, draws }
            })
            .collect();
        let judged = self.draws >= gate_draws(self.preset) && self.bars >= GATE_BARS;
        Ok(Report {
            preset: self.preset,
            training_bars: self.bars,
            test_bars: self.bars,
            seeds,
            gates: gates(self.preset, &detectors, judged),
            detectors,
        })
    }

    /// Every detector on one draw.
    fn judge(&self, seed: u64) -> Vec<DrawReport> {
        let draw = Draw::new(&self.preset.parameters(), self.bars, self.bars, Seed(seed));
        let judge = |detector: &Detector| match detector.answers(&draw) {
            Ok(answers) => {
                let scores = Scores::of(&draw, &answers);
                let silent = || "has no answer for a bar of the test; ask for more bars".to_owned();
                DrawReport { seed, scores, failure: scores.is_none().then(silent) }
            }
            Err(error) => DrawReport { seed, scores: None, failure: Some(error.to_string()) },
        };
        Detector::ALL.iter().map(judge).collect()
    }
}
