//! Other futures: the bars from a cut on, replaced by valid bars that never were.

use market::{Bar, BarSeries, Purpose, Reference, Seed};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Bars that the volatility and volume of the past are measured on.
const REFERENCE: usize = 500;
/// The price stays within e^±4 of the last one kept.
const FARTHEST: f64 = 4.0;

/// How prices go on behind a cut. The three contradict each other in direction, volatility and volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Future {
    /// Up, four times as volatile, on five times the volume.
    Rally,
    /// Down, four times as volatile, on half the volume.
    Slump,
    /// A twentieth of the volatility, on a tenth of the volume.
    Calm,
}

impl Future {
    pub(crate) const ALL: [Self; 3] = [Self::Rally, Self::Slump, Self::Calm];

    /// Drift and volatility in standard deviations of the past's log returns, and the factor of its volume.
    fn scales(self) -> [f64; 3] {
        match self {
            Self::Rally => [2.0, 4.0, 5.0],
            Self::Slump => [-2.0, 4.0, 0.5],
            Self::Calm => [0.0, 0.05, 0.1],
        }
    }
}

/// The bars before `cut`.
pub(crate) fn truncated(series: &BarSeries, cut: usize) -> BarSeries {
    series.part(0..cut).expect("at least one bar is kept")
}

/// The bars before `cut`, and from there to `end` others at the same times: a random walk.
pub(crate) fn replaced(series: &BarSeries, cut: usize, end: usize, future: Future, seed: Seed) -> BarSeries {
    let mut random = seed.stream(Purpose::LeakCheck, &[1, cut as u64, future as u64]);
    let [drift, volatility, activity] = future.scales();
    let past = &series.bars()[..cut];
    let sigma = usual_move(past);
    let usual_volume = usual_volume(past) * activity;
    let anchor = past[cut - 1].close;
    let mut bars = past.to_vec();
    // Log distance from the last price kept, and the direction of the drift, which turns at the borders.
    let (mut distance, mut direction) = (0.0_f64, 1.0_f64);
    for bar in &series.bars()[cut..end] {
        let open = anchor * (distance + 0.1 * volatility * sigma * normal(&mut random)).exp();
        distance += direction * drift * sigma + volatility * sigma * normal(&mut random);
        if distance.abs() > FARTHEST {
            distance = FARTHEST.copysign(distance) * 2.0 - distance;
            direction = -direction;
        }
        distance = distance.clamp(-FARTHEST, FARTHEST);
        let close = anchor * distance.exp();
        let mut wick = || (0.5 * volatility * sigma * normal(&mut random).abs()).exp();
        let high = open.max(close) * wick();
        let low = open.min(close) / wick();
        let volume = usual_volume * normal(&mut random).exp();
        let bought = volume * random.random_range(0.0..1.0);
        bars.push(Bar {
            open,
            high,
            low,
            close,
            volume,
            quote_volume: bar.quote_volume.map(|_| volume * close),
            trades: bar.trades.map(|_| 1 + (200.0 * activity * normal(&mut random).exp()) as u64),
            taker_buy_volume: bar.taker_buy_volume.map(|_| bought),
            ..*bar
        });
    }
    let mut other = |reference: &Reference| {
        let mut closes = reference.closes[..cut].to_vec();
        let mut price = closes[cut - 1];
        closes.extend((cut..end).map(|_| {
            price = closes_after(price, reference.closes[cut - 1], volatility * sigma * normal(&mut random));
            price
        }));
        Reference { symbol: reference.symbol.clone(), closes }
    };
    let references = series.references().iter().map(&mut other).collect();
    rebuilt(series, bars, references)
}

/// A price one log return further, as long as it stays within e^±4 of the last one kept.
fn closes_after(price: f64, anchor: f64, step: f64) -> f64 {
    let distance = (price / anchor).ln() + step;
    anchor * distance.clamp(-FARTHEST, FARTHEST).exp()
}

fn normal(random: &mut impl RngExt) -> f64 {
    random.sample(StandardNormal)
}

/// The root mean square of the newest log returns; 0.001 where the price never moved.
fn usual_move(past: &[Bar]) -> f64 {
    let newest = &past[past.len().saturating_sub(REFERENCE)..];
    let squares: Vec<f64> =
        newest.windows(2).map(|pair| (pair[1].close / pair[0].close).ln().powi(2)).collect();
    let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64;
    // Beyond a tenth per bar the walk would only bounce between its borders.
    if mean > 0.0 { mean.sqrt().clamp(1e-6, 0.1) } else { 0.001 }
}

/// The mean volume of the newest bars; 1000 where there is none.
fn usual_volume(past: &[Bar]) -> f64 {
    let newest = &past[past.len().saturating_sub(REFERENCE)..];
    let mean = newest.iter().map(|bar| bar.volume).sum::<f64>() / newest.len() as f64;
    if mean > 0.0 { mean } else { 1000.0 }
}

fn rebuilt(series: &BarSeries, bars: Vec<Bar>, references: Vec<Reference>) -> BarSeries {
    BarSeries::new(series.symbol(), series.timeframe(), series.gaps(), bars)
        .expect("the times are those of a series, and at least one bar is kept")
        .carrying(references)
        .expect("there is a close for each bar")
}

#[cfg(test)]
mod tests {
    use synthetic::Preset;

    use super::*;

    fn market() -> BarSeries {
        let parameters = Preset::ALL[0].parameters();
        synthetic::generate(&parameters, 2000, market::Timeframe::HOUR, Seed(1)).series
    }

    #[test]
    fn the_past_stays_and_the_future_is_valid_and_other() {
        let series = market();
        for future in Future::ALL {
            let other = replaced(&series, 700, 2000, future, Seed(7));
            assert_eq!(other.bars()[..700], series.bars()[..700]);
            assert_eq!(other.segments(), series.segments());
            for (bar, old) in other.bars()[700..].iter().zip(&series.bars()[700..]) {
                let ohlc = [bar.open, bar.high, bar.low, bar.close];
                let valid = Bar::new(old.open_time, series.timeframe(), ohlc, bar.volume).unwrap();
                assert_eq!(valid.close_time, bar.close_time);
                assert!((bar.close - old.close).abs() > 0.0);
            }
        }
    }

    #[test]
    fn futures_contradict_each_other() {
        let series = market();
        let after = |future| {
            let other = replaced(&series, 700, 712, future, Seed(7));
            let moves: Vec<f64> =
                other.bars()[699..].windows(2).map(|pair| (pair[1].close / pair[0].close).ln()).collect();
            (moves.iter().sum::<f64>(), moves.iter().map(|r| r * r).sum::<f64>())
        };
        let [rally, slump, calm] = Future::ALL.map(after);
        assert!(rally.0 > 0.0 && slump.0 < 0.0);
        assert!(calm.1 * 100.0 < rally.1.min(slump.1));
    }
}
