//! The same market upside down.

use market::{Bar, BarSeries, Trend, TrendVol};

/// The series in which every price p is c²/p, with c the first open: each log return has the other sign, the highest
/// price of a bar is its lowest, volume is what it was.
///
/// # Panics
/// When the series has no bar, or prices so far apart that a mirrored one is no number.
pub(crate) fn mirrored(series: &BarSeries) -> BarSeries {
    let square = series.bars()[0].open.powi(2);
    let mirrored = |bar: &Bar| {
        let prices = [bar.open, bar.low, bar.high, bar.close].map(|price| square / price);
        Bar::new(bar.open_time, series.timeframe(), prices, bar.volume).expect("order is turned round twice")
    };
    let bars = series.bars().iter().map(mirrored).collect();
    BarSeries::new(series.symbol(), series.timeframe(), series.gaps(), bars).expect("the times are the same")
}

/// The state of a bar in the mirrored market: bull and bear change places.
pub(crate) fn mirrored_state(state: TrendVol) -> TrendVol {
    let trend = match state.trend() {
        Trend::Bull => Trend::Bear,
        Trend::Sideways => Trend::Sideways,
        Trend::Bear => Trend::Bull,
    };
    TrendVol::of(trend, state.volatility())
}

#[cfg(test)]
mod tests {
    use market::{Seed, Timeframe};

    use super::*;

    #[test]
    fn returns_change_their_sign_and_twice_mirrored_is_the_same() {
        let parameters = synthetic::Preset::Easy.parameters();
        let series = synthetic::generate(&parameters, 300, Timeframe::HOUR, Seed(4)).series;
        let other = mirrored(&series);
        for (bar, turned) in series.bars().iter().zip(other.bars()) {
            let sum = (bar.close / bar.open).ln() + (turned.close / turned.open).ln();
            assert!(sum.abs() < 1e-12, "{sum}");
            assert!(((bar.high / bar.low) / (turned.high / turned.low) - 1.0).abs() < 1e-12);
        }
        for (bar, again) in series.bars().iter().zip(mirrored(&other).bars()) {
            assert!((bar.close / again.close - 1.0).abs() < 1e-12);
        }
        for state in TrendVol::ALL {
            assert_eq!(mirrored_state(mirrored_state(*state)), *state);
            assert_eq!(mirrored_state(*state).direction() as i8 - 1, 1 - state.direction() as i8);
        }
    }
}
