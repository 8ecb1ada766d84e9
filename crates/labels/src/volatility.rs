//! L4: will prices move more than they usually did?

use features::{RollingMedian, Window, sum};
use market::{BarSeries, Volatility};

use crate::label::Label;

/// high when RV over the next `horizon` bars exceeds the median of RV over the trailing `median_window`
/// bars (known at t), else low; `RV_t` = √Σ r² over `horizon` bars.
pub(crate) fn label(series: &BarSeries, horizon: usize, median_window: usize) -> Vec<Option<Label>> {
    let bars = series.bars();
    let mut labels = vec![None; bars.len()];
    for segment in series.segments() {
        let mut squares = Window::new(horizon);
        let mut median = RollingMedian::new(median_window);
        let mut realised = Vec::with_capacity(segment.len());
        let mut trailing = Vec::with_capacity(segment.len());
        for t in segment.clone() {
            if t > segment.start {
                let log_return = (bars[t].close / bars[t - 1].close).ln();
                squares.push(log_return * log_return);
            }
            let volatility = squares.is_full().then(|| sum(squares.values()).sqrt());
            realised.push(volatility);
            trailing.push(volatility.and_then(|volatility| median.update(volatility)));
        }
        for (offset, usual) in trailing.iter().enumerate() {
            if let (Some(usual), Some(Some(ahead))) = (usual, realised.get(offset + horizon)) {
                let t = segment.start + offset;
                let class = if ahead > usual { Volatility::High } else { Volatility::Low };
                labels[t] = Some(Label {
                    class: class as u8,
                    from: bars[t + 1].open_time,
                    until: bars[t + horizon].open_time,
                });
            }
        }
    }
    labels
}
