//! Smoothed trend and volatility that have to be convincing before they count.

use detectors::Observation;
use market::{BarSeries, Trend, Volatility};

use crate::answer::{Answer, Answers};
use crate::detector::DetectorError;
use crate::smoothed_inputs::Observations;

/// A trend begins beyond ± this many root mean squares of the trend input over the training bars…
const ENTER: f64 = 0.8;
/// …and ends within ± this many.
const LEAVE: f64 = 0.3;
/// The volatility switches this share of the distance between its two levels beyond the middle between them.
const BAND: f64 = 0.15;
/// Most steps of the search for the two levels; it settles after a few.
const STEPS: usize = 100;

/// The levels that the training bars give.
#[derive(Debug, Clone, Copy)]
struct Levels {
    /// Root mean square of the trend input.
    trend: f64,
    /// Means of the log-volatilities below and above the middle between these means.
    volatility: [f64; 2],
}

impl Levels {
    fn of(training: &[Observation]) -> Self {
        let n = training.len() as f64;
        let trend = (training.iter().map(|x| x[0] * x[0]).sum::<f64>() / n).sqrt();
        let values = || training.iter().map(|x| x[1]);
        let mut volatility =
            [values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max)];
        for _ in 0..STEPS {
            let middle = f64::midpoint(volatility[0], volatility[1]);
            let next = [false, true].map(|above| {
                let inside = values().filter(|value| (*value > middle) == above);
                let (sum, count) = inside.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                if count > 0.0 { sum / count } else { middle }
            });
            let settled = next.iter().zip(&volatility).all(|(a, b)| (a - b).abs() < 1e-12);
            volatility = next;
            if settled {
                break;
            }
        }
        Self { trend, volatility }
    }
}

/// EMA40 of trend and volatility with hysteresis. A trend begins at .8 root mean squares of the trend input over the
/// training bars and ends at .3; volatility is high beyond the middle between its two levels by 15% of their
/// distance and low below it by as much. The levels are the two means of the training bars' log-volatilities.
///
/// # Errors
/// [`DetectorError::ShortTraining`] when no training bar has an observation.
pub(crate) fn answers(series: &BarSeries, training_bars: usize) -> Result<Answers, DetectorError> {
    let observations = Observations::of(series);
    let training = observations.before(training_bars);
    if training.is_empty() {
        let needed = observations.skipped + 1;
        return Err(DetectorError::ShortTraining { bars: training_bars, needed });
    }
    let levels = Levels::of(training);
    let [low, high] = levels.volatility;
    let (middle, band) = (f64::midpoint(low, high), BAND * (high - low));
    let (mut trend, mut volatility) = (Trend::Sideways, Volatility::Low);
    let mut answers: Answers = vec![None; observations.skipped];
    answers.extend(observations.values.iter().map(|x| {
        trend = next_trend(trend, x[0] / levels.trend);
        let boundary = if volatility == Volatility::Low { middle + band } else { middle - band };
        volatility = if x[1] > boundary { Volatility::High } else { Volatility::Low };
        Some(Answer::of(trend, volatility))
    }));
    Ok(answers)
}

/// A trend may turn into its opposite within one bar.
fn next_trend(trend: Trend, z: f64) -> Trend {
    match trend {
        Trend::Bull if z >= LEAVE => Trend::Bull,
        Trend::Bear if z <= -LEAVE => Trend::Bear,
        _ if z > ENTER => Trend::Bull,
        _ if z < -ENTER => Trend::Bear,
        _ => Trend::Sideways,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_are_the_means_of_the_two_clusters() {
        let training = [[3.0, -5.1], [-4.0, -4.9], [0.0, -4.0], [0.0, -4.2], [0.0, -4.1]];
        let levels = Levels::of(&training);
        assert!((levels.trend - 5.0_f64.sqrt()).abs() < 1e-12);
        assert!((levels.volatility[0] + 5.0).abs() < 1e-12 && (levels.volatility[1] + 4.1).abs() < 1e-12);
    }

    #[test]
    fn a_trend_is_left_later_than_it_is_entered() {
        let follow = |levels: &[f64]| levels.iter().fold(Trend::Sideways, |trend, z| next_trend(trend, *z));
        assert_eq!(follow(&[0.79]), Trend::Sideways);
        assert_eq!(follow(&[0.81, 0.31]), Trend::Bull);
        assert_eq!(follow(&[0.81, 0.29]), Trend::Sideways);
        assert_eq!(follow(&[0.81, -0.81, -0.31]), Trend::Bear);
    }
}
