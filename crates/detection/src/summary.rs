//! Means over draws.

use serde::Serialize;

use crate::scores::Scores;

/// A mean over draws and how much single draws scatter around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of a draw, with n − 1; none for one draw. The mean's standard error is √n times smaller.
    pub sd: Option<f64>,
}

impl Spread {
    /// Of values in the order of their draws; none without any.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        Some(Self { mean, sd: (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()) })
    }

    /// Of values that some draws lack: none then, as a mean over the draws that went well would flatter.
    fn of_all(values: impl Iterator<Item = Option<f64>>) -> Option<Self> {
        Self::of(&values.collect::<Option<Vec<f64>>>()?)
    }
}

/// The scores of a detector over all draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Balanced accuracies.
    pub balanced_accuracy: BalancedAccuracies,
    /// The same less those of the Bayes filter on the same draws; none when that has no scores.
    pub versus_bayes_filter: Option<BalancedAccuracies>,
    /// How the trend's switches are followed.
    pub trend_switches: SwitchSummary,
    /// How the volatility's switches are followed.
    pub volatility_switches: SwitchSummary,
}

/// Balanced accuracies, or differences of them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BalancedAccuracies {
    /// Of the six states.
    pub six_state: Spread,
    /// Of the trend.
    pub trend: Spread,
    /// Of the volatility.
    pub volatility: Spread,
}

/// How switches are followed; see [`crate::SwitchScores`]. None where a draw has no such number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SwitchSummary {
    /// Median bars until right, over the switches that are seen.
    pub delay: Option<Spread>,
    /// The same over all switches.
    pub delay_of_all: Option<Spread>,
    /// Share of the switches that are seen.
    pub seen: Option<Spread>,
    /// Switches of the detector for each of the truth.
    pub flicker: Option<Spread>,
}

impl Summary {
    /// Of the scores of every draw, beside those of the Bayes filter; none when there is no draw.
    pub(crate) fn of(scores: &[Scores], bayes_filter: Option<&[Scores]>) -> Option<Self> {
        let switches = |which: fn(&Scores) -> crate::scores::SwitchScores| SwitchSummary {
            delay: Spread::of_all(scores.iter().map(|one| which(one).delay)),
            delay_of_all: Spread::of_all(scores.iter().map(|one| which(one).delay_of_all)),
            seen: Spread::of_all(scores.iter().map(|one| which(one).seen)),
            flicker: Spread::of_all(scores.iter().map(|one| which(one).flicker)),
        };
        Some(Self {
            balanced_accuracy: BalancedAccuracies::of(scores, |draw, of| of(&scores[draw]))?,
            versus_bayes_filter: bayes_filter.and_then(|best| {
                BalancedAccuracies::of(scores, |draw, of| of(&scores[draw]) - of(&best[draw]))
            }),
            trend_switches: switches(|one| one.trend_switches),
            volatility_switches: switches(|one| one.volatility_switches),
        })
    }
}

impl BalancedAccuracies {
    fn of(scores: &[Scores], value: impl Fn(usize, fn(&Scores) -> f64) -> f64) -> Option<Self> {
        let spread = |of: fn(&Scores) -> f64| {
            Spread::of(&(0..scores.len()).map(|draw| value(draw, of)).collect::<Vec<_>>())
        };
        Some(Self {
            six_state: spread(|one| one.six_state)?,
            trend: spread(|one| one.trend)?,
            volatility: spread(|one| one.volatility)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_by_hand() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[2.0]), Some(Spread { mean: 2.0, sd: None }));
        assert_eq!(Spread::of(&[1.0, 3.0, 5.0]), Some(Spread { mean: 3.0, sd: Some(2.0) }));
        assert_eq!(Spread::of_all([Some(1.0), None].into_iter()), None);
    }
}
