//! What a detector says of a bar.

use market::{Trend, TrendVol, Volatility};

/// The states that a detector believes a bar to be in. The trend and the volatility need not be the halves of the
/// state: the most probable trend need not belong to the most probable of the six states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// One of the six states.
    pub state: TrendVol,
    /// The trend.
    pub trend: Trend,
    /// The volatility.
    pub volatility: Volatility,
}

/// The answer to each bar of a series; none before a detector can say anything.
pub type Answers = Vec<Option<Answer>>;

impl Answer {
    /// The state and its halves.
    pub fn of(trend: Trend, volatility: Volatility) -> Self {
        Self { state: TrendVol::of(trend, volatility), trend, volatility }
    }

    /// The most probable state, trend and volatility, the first of equals, from the probability of each state in
    /// the order of [`TrendVol::ALL`].
    pub fn most_probable(probabilities: &[f64]) -> Self {
        let sum = |belongs: &dyn Fn(TrendVol) -> bool| {
            let states = TrendVol::ALL.iter().zip(probabilities);
            states.filter(|(state, _)| belongs(**state)).map(|(_, p)| p).sum::<f64>()
        };
        let trends: Vec<f64> = Trend::ALL.iter().map(|trend| sum(&|state| state.trend() == *trend)).collect();
        let volatilities: Vec<f64> =
            Volatility::ALL.iter().map(|level| sum(&|state| state.volatility() == *level)).collect();
        Self {
            state: TrendVol::ALL[largest(probabilities)],
            trend: Trend::ALL[largest(&trends)],
            volatility: Volatility::ALL[largest(&volatilities)],
        }
    }
}

/// The index of the largest value, the first of equals.
pub(crate) fn largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_probable_trend_need_not_be_that_of_the_most_probable_state() {
        // bull low, bull high, bear low, bear high, sideways low, sideways high
        let answer = Answer::most_probable(&[0.30, 0.05, 0.25, 0.22, 0.05, 0.13]);
        assert_eq!(answer.state, TrendVol::BullLowVol);
        assert_eq!(answer.trend, Trend::Bear);
        assert_eq!(answer.volatility, Volatility::Low);
    }
}
