//! The rule of the textbooks: a mean return above a fixed number is a trend.

use features::{RollingMedian, Window, mean, sample_std};
use market::{BarSeries, Trend, Volatility};

use crate::answer::{Answer, Answers};

/// Returns that the rule looks at.
const WINDOW: usize = 20;
/// Mean log return above which the market trends.
const THRESHOLD: f64 = 0.001;
/// Bars whose median volatility is the usual one.
const REFERENCE: usize = 252;

/// Bull when the mean of the last 20 log returns exceeds .001, bear below −.001, else sideways; high volatility when
/// their standard deviation exceeds its median over the last 252 bars. Learns nothing.
pub(crate) fn answers(series: &BarSeries) -> Answers {
    let mut returns = Window::new(WINDOW);
    let mut usual = RollingMedian::new(REFERENCE);
    let mut previous: Option<f64> = None;
    let mut answer = |close: f64| {
        let before = previous.replace(close)?;
        returns.push((close / before).ln());
        let (drift, volatility) = (mean(returns.last(WINDOW)?), sample_std(returns.values()));
        let usual = usual.update(volatility)?;
        let trend = match drift {
            _ if drift > THRESHOLD => Trend::Bull,
            _ if drift < -THRESHOLD => Trend::Bear,
            _ => Trend::Sideways,
        };
        Some(Answer::of(trend, if volatility > usual { Volatility::High } else { Volatility::Low }))
    };
    series.bars().iter().map(|bar| answer(bar.close)).collect()
}
