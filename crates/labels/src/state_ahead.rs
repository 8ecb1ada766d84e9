//! States that a rule computes bar by bar, as they will stand some bars ahead.

use market::{Bar, BarSeries};

use crate::label::Label;

/// A rule that carries its state from bar to bar of one segment. A clone goes its own way.
pub(crate) trait Recursion: Clone {
    /// Takes the next bar; answers with the class once the rule is warm.
    fn update(&mut self, bar: &Bar) -> Option<u8>;
}

/// The class that `rule`, begun anew with each segment, will give at t + `horizon`: known when that bar has
/// closed.
pub(crate) fn label(series: &BarSeries, horizon: usize, rule: &impl Recursion) -> Vec<Option<Label>> {
    let bars = series.bars();
    let mut labels = vec![None; bars.len()];
    for segment in series.segments() {
        let mut rule = rule.clone();
        for ahead in segment.clone() {
            let class = rule.update(&bars[ahead]);
            // The segment's first `horizon` bars are nobody's future.
            if let (Some(class), true) = (class, ahead >= segment.start + horizon) {
                let t = ahead - horizon;
                labels[t] = Some(Label { class, from: bars[t + 1].open_time, until: bars[ahead].open_time });
            }
        }
    }
    labels
}

/// For each bar t the class that `rule` would give at t + `horizon` if the price stayed at the close of t:
/// returns of zero, bars without range. Needs nothing after t, so the newest bars have one too.
pub(crate) fn frozen(series: &BarSeries, horizon: usize, rule: &impl Recursion) -> Vec<Option<u8>> {
    let bars = series.bars();
    let mut classes = vec![None; bars.len()];
    for segment in series.segments() {
        let mut rule = rule.clone();
        for t in segment.clone() {
            rule.update(&bars[t]);
            let mut still = rule.clone();
            for step in 1..=horizon {
                classes[t] = still.update(&standstill(series, t, step));
            }
        }
    }
    classes
}

/// The bar `step` bars after t in a market that has stopped at its close.
fn standstill(series: &BarSeries, t: usize, step: usize) -> Bar {
    let bar = series.bars()[t];
    Bar {
        open_time: bar.open_time.plus_bars(step as i64, series.timeframe()),
        close_time: bar.close_time.plus_bars(step as i64, series.timeframe()),
        open: bar.close,
        high: bar.close,
        low: bar.close,
        volume: 0.0,
        quote_volume: bar.quote_volume.map(|_| 0.0),
        trades: bar.trades.map(|_| 0),
        taker_buy_volume: bar.taker_buy_volume.map(|_| 0.0),
        ..bar
    }
}
