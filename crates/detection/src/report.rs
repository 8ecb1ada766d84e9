//! What a study found, as data and as text.

use std::fmt;

use serde::Serialize;
use synthetic::Preset;

use crate::detector::{Detector, Knowledge};
use crate::gates::{GATE_BARS, Gate, Side, Verdict, gate_draws};
use crate::scores::Scores;
use crate::summary::{Spread, Summary};

/// Detectors against the truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The generator's parameters by name.
    pub preset: Preset,
    /// Bars that detectors are fitted on.
    pub training_bars: usize,
    /// Bars behind them that they are judged on.
    pub test_bars: usize,
    /// The seed of each draw.
    pub seeds: Vec<u64>,
    /// Every detector.
    pub detectors: Vec<DetectorReport>,
    /// The preset's gates; empty for one that has none.
    pub gates: Vec<Gate>,
}

/// One detector.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetectorReport {
    /// Which.
    pub detector: Detector,
    /// What it was told.
    pub knows: Knowledge,
    /// Means over the draws; none when it failed on one of them.
    pub summary: Option<Summary>,
    /// Each draw.
    pub draws: Vec<DrawReport>,
}

/// One detector on one draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawReport {
    /// The draw's seed.
    pub seed: u64,
    /// Its scores.
    pub scores: Option<Scores>,
    /// Why it has none.
    pub failure: Option<String>,
}

impl Report {
    /// False when a gate is missed.
    pub fn passes(&self) -> bool {
        self.gates.iter().all(|gate| gate.verdict != Verdict::Missed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.seeds.first().copied(), self.seeds.last().copied());
        writeln!(
            f,
            "Preset {}, {} draws (seeds {} to {}), fitted on {} bars, judged on the {} behind them. Mean ± standard \
             deviation of a draw.",
            self.preset.name(),
            self.seeds.len(),
            first.unwrap_or_default(),
            last.unwrap_or_default(),
            self.training_bars,
            self.test_bars
        )?;
        writeln!(
            f,
            "\n{:<15}{:<17}{:<16}{:<16}{:<16}{:>8}{:>8}{:>8}{:>8}{:>7}{:>9}{:>8}",
            "detector",
            "is told",
            "six states",
            "trend",
            "volatility",
            "Δ six",
            "Δ trend",
            "t.delay",
            "t.flick",
            "t.seen",
            "v.delay",
            "v.flick"
        )?;
        for one in &self.detectors {
            write!(f, "{:<15}{:<17}", one.detector.name(), one.knows.words())?;
            let Some(summary) = one.summary else {
                let failed = one.draws.iter().find_map(|draw| Some((draw.seed, draw.failure.as_ref()?)));
                let (seed, reason) = failed.map_or((0, ""), |(seed, reason)| (seed, reason));
                writeln!(f, "failed at seed {seed}: {reason}")?;
                continue;
            };
            let accuracy = summary.balanced_accuracy;
            for spread in [accuracy.six_state, accuracy.trend, accuracy.volatility] {
                let sd = spread.sd.map_or(String::new(), |sd| format!(" ± {sd:.3}"));
                write!(f, "{:<16}", format!("{:.3}{sd}", spread.mean))?;
            }
            let versus = |of: fn(crate::summary::BalancedAccuracies) -> Spread| {
                summary.versus_bayes_filter.map_or("–".to_owned(), |one| format!("{:+.3}", of(one).mean))
            };
            let mean = |spread: Option<Spread>, digits: usize| {
                spread.map_or("–".to_owned(), |spread| format!("{:.digits$}", spread.mean))
            };
            let (trend, volatility) = (summary.trend_switches, summary.volatility_switches);
            writeln!(
                f,
                "{:>8}{:>8}{:>8}{:>8}{:>7}{:>9}{:>8}",
                versus(|one| one.six_state),
                versus(|one| one.trend),
                mean(trend.delay, 1),
                mean(trend.flicker, 1),
                mean(trend.seen, 2),
                mean(volatility.delay, 1),
                mean(volatility.flicker, 1)
            )?;
        }
        self.write_gates(f)
    }
}

impl Report {
    fn write_gates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nBalanced accuracies; Δ against the Bayes filter of the same draws; delay in bars until right for three in \
             a row (median over the switches seen); flicker: switches for each true one."
        )?;
        if self.gates.is_empty() {
            return writeln!(f, "Preset {} has no gates.", self.preset.name());
        }
        for gate in &self.gates {
            let verdict = match gate.verdict {
                Verdict::Met => "met",
                Verdict::Missed => "MISSED",
                Verdict::NotJudged => "not judged",
            };
            let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
            let sign = if gate.side == Side::AtLeast { "≥" } else { "≤" };
            let who = gate.detector.map_or("", Detector::name);
            writeln!(
                f,
                "{verdict:<11}{:<36}{:>8} {sign} {:<7} {who}",
                gate.name,
                number(gate.value),
                number(gate.bound)
            )?;
        }
        if self.gates.iter().any(|gate| gate.verdict == Verdict::NotJudged) {
            writeln!(
                f,
                "The gates of {} are for {} draws or more of {GATE_BARS} bars or more.",
                self.preset.name(),
                gate_draws(self.preset)
            )?;
        }
        Ok(())
    }
}
