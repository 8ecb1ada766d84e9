//! What to call states that nobody named.

use crate::inputs::Observation;

/// Least difference between the highest and the lowest trend mean, in standard deviations of the trend
/// input over the bars of the fit, at which trends are worth a name.
const TREND_DIFFERENCE: f64 = 0.5;

/// Names of states whose means are standardised (drift, log-volatility), in their order.
///
/// Volatility comes first: `low`, `high` for two states, `low`, `mid`, `high` for three, `state_0`… for
/// more. Where the trend means lie more than 0.5 standard deviations apart each name has a trend behind it:
/// `_bull` for a mean more than 0.25 above the average bar's, `_bear` for one more than 0.25 below it,
/// `_sideways` between.
pub(crate) fn state_names(means: &[Observation]) -> Vec<String> {
    let trend = |state: &Observation| state[0];
    let highest = means.iter().map(trend).fold(f64::NEG_INFINITY, f64::max);
    let lowest = means.iter().map(trend).fold(f64::INFINITY, f64::min);
    let trends = highest - lowest > TREND_DIFFERENCE;
    let volatility = |state: usize| match (means.len(), state) {
        (2 | 3, 0) => "low".to_owned(),
        (3, 1) => "mid".to_owned(),
        (2, 1) | (3, 2) => "high".to_owned(),
        _ => format!("state_{state}"),
    };
    let name = |(state, mean): (usize, &Observation)| {
        let side = match mean[0] {
            _ if !trends => "",
            trend if trend > TREND_DIFFERENCE / 2.0 => "_bull",
            trend if trend < -TREND_DIFFERENCE / 2.0 => "_bear",
            _ => "_sideways",
        };
        volatility(state) + side
    };
    means.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trends_are_named_only_where_they_differ() {
        // As fitted on BTCUSDT 5m: volatility regimes.
        assert_eq!(state_names(&[[0.03, -1.07], [0.05, 0.10], [-0.10, 1.19]]), ["low", "mid", "high"]);
        // Half a standard deviation is not more than half.
        assert_eq!(state_names(&[[0.25, -1.0], [-0.25, 1.0]]), ["low", "high"]);
        assert_eq!(
            state_names(&[[0.02, -0.26], [1.05, 1.16], [-1.03, 1.33]]),
            ["low_sideways", "mid_bull", "high_bear"]
        );
        let names = state_names(&[[0.0, -1.0], [0.0, -0.5], [0.0, 0.5], [0.6, 1.0]]);
        assert_eq!(names, ["state_0_sideways", "state_1_sideways", "state_2_sideways", "state_3_bull"]);
    }
}
