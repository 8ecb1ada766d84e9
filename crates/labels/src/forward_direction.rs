//! L1: which way, and by more than noise.

use features::{Window, sample_std};
use market::{BarSeries, Direction};

use crate::label::Label;

/// bullish / neutral / bearish by the log return over the next `horizon` bars against ±`k·σ_t·√horizon`,
/// where `σ_t` is the sample standard deviation of the last `sigma_window` log returns.
pub(crate) fn label(series: &BarSeries, horizon: usize, k: f64, sigma_window: usize) -> Vec<Option<Label>> {
    let bars = series.bars();
    let mut labels = vec![None; bars.len()];
    for segment in series.segments() {
        let mut returns = Window::new(sigma_window);
        for t in segment.clone() {
            if t > segment.start {
                returns.push((bars[t].close / bars[t - 1].close).ln());
            }
            if returns.is_full() && t + horizon < segment.end {
                let threshold = k * sample_std(returns.values()) * (horizon as f64).sqrt();
                let forward = (bars[t + horizon].close / bars[t].close).ln();
                let direction = if forward > threshold {
                    Direction::Bullish
                } else if forward < -threshold {
                    Direction::Bearish
                } else {
                    Direction::Neutral
                };
                labels[t] = Some(Label {
                    class: direction as u8,
                    from: bars[t + 1].open_time,
                    until: bars[t + horizon].open_time,
                });
            }
        }
    }
    labels
}
