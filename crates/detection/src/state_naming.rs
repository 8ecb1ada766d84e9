//! Which of the six states is which, told without the truth.

use detectors::Observation;
use market::{Trend, TrendVol, Volatility};

/// Names six states by their means (trend, log-volatility) over the training bars: the three with the lower
/// volatility are low, and of each three the one with the lowest trend is bear, then sideways, then bull. The first
/// of equals counts as the lower one.
pub(crate) fn name_states(means: &[Observation; 6]) -> [TrendVol; 6] {
    let mut order: Vec<usize> = (0..6).collect();
    order.sort_by(|a, b| means[*a][1].total_cmp(&means[*b][1]));
    let mut names = [TrendVol::SidewaysLowVol; 6];
    for (half, level) in order.chunks_exact_mut(3).zip(Volatility::ALL) {
        half.sort_by(|a, b| means[*a][0].total_cmp(&means[*b][0]));
        for (state, trend) in half.iter().zip(Trend::ALL) {
            names[*state] = TrendVol::of(*trend, *level);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volatility_decides_the_half_and_trend_the_place_in_it() {
        let means = [[0.1, 1.0], [-0.2, -1.0], [0.3, -0.9], [-0.1, 1.1], [0.0, -1.1], [0.9, 0.9]];
        let names = name_states(&means);
        assert_eq!(names[0], TrendVol::SidewaysHighVol);
        assert_eq!(names[1], TrendVol::BearLowVol);
        assert_eq!(names[2], TrendVol::BullLowVol);
        assert_eq!(names[3], TrendVol::BearHighVol);
        assert_eq!(names[4], TrendVol::SidewaysLowVol);
        assert_eq!(names[5], TrendVol::BullHighVol);
    }
}
