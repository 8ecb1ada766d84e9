//! Columns of the past that a label must not be a threshold on: returns, and how volatile they were.

use features::RollingMedian;
use market::BarSeries;

use super::difference::bars as count;

/// Fewest bars that are looked back over, whatever the horizon.
const LOOK_BACK: usize = 100;
/// Most bars that are looked back over.
const LONGEST: usize = 1000;
/// Standard deviations up to this many bars are tried for every length, longer ones for every fifth.
const EVERY_SCALE: usize = 300;
/// Spans of weighted standard deviations up to this are all tried, then every fifth up to [`EVERY_SCALE`].
const EVERY_SPAN: usize = 30;

/// A column that any bar's past gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PastColumn {
    /// Log return over some bars.
    Return { bars: usize },
    /// The same in standard deviations of the newest log returns.
    ReturnInDeviations { bars: usize, window: usize },
    /// The same in exponentially weighted standard deviations of log returns, by span.
    ReturnInWeightedDeviations { bars: usize, span: usize },
    /// Realised volatility over some bars.
    Volatility { bars: usize },
    /// The same against its median over the newest bars.
    VolatilityToMedian { bars: usize, window: usize },
}

impl std::fmt::Display for PastColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Return { bars } => write!(f, "past log return over {}", count(*bars)),
            Self::ReturnInDeviations { bars, window } => {
                write!(
                    f,
                    "past log return over {} / standard deviation of {window} log returns",
                    count(*bars)
                )
            }
            Self::ReturnInWeightedDeviations { bars, span } => write!(
                f,
                "past log return over {} / exponentially weighted standard deviation of log returns, span {span}",
                count(*bars)
            ),
            Self::Volatility { bars } => write!(f, "past realised volatility over {}", count(*bars)),
            Self::VolatilityToMedian { bars, window } => {
                write!(f, "past realised volatility over {} / its median over {window} bars", count(*bars))
            }
        }
    }
}

/// What the columns are computed from.
pub(crate) struct Past {
    log_closes: Vec<f64>,
    /// Sums of log returns' squares, and of the log returns, from the start of the segment to each bar.
    sums: Vec<[f64; 2]>,
    /// Bars of the segment up to each bar, itself included.
    seen: Vec<usize>,
    /// Exponentially weighted standard deviations of every bar, by span.
    weighted: Vec<(usize, Vec<f32>)>,
    longest: usize,
    medians: Vec<usize>,
}

impl Past {
    /// Prepares for labels that look `horizon` bars ahead; `median_windows` are those that volatility is
    /// usually compared over.
    pub(crate) fn new(series: &BarSeries, horizon: usize, median_windows: &[usize]) -> Self {
        let longest = (4 * horizon).clamp(LOOK_BACK, LONGEST);
        let log_closes: Vec<f64> = series.bars().iter().map(|bar| bar.close.ln()).collect();
        let mut past = Self {
            sums: vec![[0.0; 2]; log_closes.len()],
            seen: vec![0; log_closes.len()],
            weighted: spans().map(|span| (span, vec![0.0; log_closes.len()])).collect(),
            longest,
            medians: median_windows.to_vec(),
            log_closes,
        };
        for segment in series.segments() {
            for bar in segment.clone() {
                past.seen[bar] = bar - segment.start + 1;
                let Some(before) = bar.checked_sub(1).filter(|_| bar > segment.start) else { continue };
                let r = past.log_closes[bar] - past.log_closes[before];
                let [squares, sum] = past.sums[before];
                past.sums[bar] = [squares + r * r, sum + r];
            }
            for (span, deviations) in &mut past.weighted {
                weigh(&past.log_closes[segment.clone()], *span, &mut deviations[segment.clone()]);
            }
        }
        past
    }

    /// Every column worth trying.
    pub(crate) fn columns(&self) -> Vec<PastColumn> {
        let windows = (2..EVERY_SCALE).chain((EVERY_SCALE..=LONGEST).step_by(5));
        let mut columns = Vec::new();
        for bars in 1..=self.longest {
            columns.push(PastColumn::Return { bars });
            columns.push(PastColumn::Volatility { bars });
        }
        for bars in 1..=self.longest {
            columns.extend(windows.clone().map(|window| PastColumn::ReturnInDeviations { bars, window }));
            columns.extend(spans().map(|span| PastColumn::ReturnInWeightedDeviations { bars, span }));
        }
        columns
    }

    /// Columns that take a pass over the bars to compute.
    pub(crate) fn slow_columns(&self) -> Vec<PastColumn> {
        let lengths = 2..=self.longest.min(LOOK_BACK) / 2;
        let of =
            |bars| self.medians.iter().map(move |&window| PastColumn::VolatilityToMedian { bars, window });
        lengths.flat_map(of).collect()
    }

    /// The values of a slow column at every bar.
    pub(crate) fn slow_values(&self, column: PastColumn) -> Vec<Option<f64>> {
        let PastColumn::VolatilityToMedian { bars, window } = column else {
            return (0..self.seen.len()).map(|bar| self.value(column, bar)).collect();
        };
        let mut median = RollingMedian::new(window);
        let mut values = vec![None; self.seen.len()];
        for (bar, ratio) in values.iter_mut().enumerate() {
            if self.seen[bar] == 1 {
                median = RollingMedian::new(window);
            }
            let Some(volatility) = self.value(PastColumn::Volatility { bars }, bar) else { continue };
            let usual = median.update(volatility);
            *ratio = usual.filter(|usual| *usual > 0.0).map(|usual| volatility / usual);
        }
        values
    }

    /// The value of a column at a bar, when its past is long enough.
    pub(crate) fn value(&self, column: PastColumn, bar: usize) -> Option<f64> {
        let has = |bars: usize| self.seen[bar] > bars;
        let past_return = |bars: usize| self.log_closes[bar] - self.log_closes[bar - bars];
        let sums = |bars: usize| [0, 1].map(|part: usize| self.sums[bar][part] - self.sums[bar - bars][part]);
        match column {
            PastColumn::Return { bars } => has(bars).then(|| past_return(bars)),
            PastColumn::Volatility { bars } => has(bars).then(|| sums(bars)[0].max(0.0).sqrt()),
            PastColumn::ReturnInDeviations { bars, window } => {
                if !has(bars.max(window)) {
                    return None;
                }
                let n = window as f64;
                let [squares, sum] = sums(window);
                let deviation = ((squares - sum * sum / n) / (n - 1.0)).max(0.0).sqrt();
                (deviation > 0.0).then(|| past_return(bars) / deviation)
            }
            PastColumn::ReturnInWeightedDeviations { bars, span } => {
                let deviation = f64::from(self.weighted.get(place_of(span))?.1[bar]);
                (has(bars.max(span)) && deviation > 0.0).then(|| past_return(bars) / deviation)
            }
            PastColumn::VolatilityToMedian { .. } => None,
        }
    }
}

fn spans() -> impl Iterator<Item = usize> {
    (2..EVERY_SPAN).chain((EVERY_SPAN..=EVERY_SCALE).step_by(5))
}

/// The place of a span among [`spans`].
fn place_of(span: usize) -> usize {
    if span < EVERY_SPAN { span - 2 } else { EVERY_SPAN - 2 + (span - EVERY_SPAN) / 5 }
}

/// The exponentially weighted standard deviation of log returns with decay 2 / (span + 1), at every bar of a
/// segment: weights sum to one from the first return on, as pandas' `ewm(span).std()` up to a factor.
fn weigh(log_closes: &[f64], span: usize, deviations: &mut [f32]) {
    let keep = 1.0 - 2.0 / (span as f64 + 1.0);
    let (mut weight, mut mean, mut square) = (0.0, 0.0, 0.0);
    for (bar, pair) in log_closes.windows(2).enumerate() {
        let r = pair[1] - pair[0];
        weight = keep * weight + 1.0;
        mean += (r - mean) / weight;
        square += (r * r - square) / weight;
        deviations[bar + 1] = (square - mean * mean).max(0.0).sqrt() as f32;
    }
}

#[cfg(test)]
mod tests {
    use market::{Bar, GapPolicy, Timeframe, Timestamp};

    use super::*;

    /// Closes at these hours.
    fn series(closes: &[(i64, f64)]) -> BarSeries {
        let bar = |&(hour, close): &(i64, f64)| {
            let time = Timestamp::from_millis(hour * 3_600_000);
            Bar::new(time, Timeframe::HOUR, [close; 4], 1.0).unwrap()
        };
        let bars = closes.iter().map(bar).collect();
        BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
    }

    #[test]
    fn values_are_what_their_names_say() {
        let e = std::f64::consts::E;
        let past = Past::new(&series(&[(0, 1.0), (1, e), (2, 1.0), (3, e * e), (4, e * e * e)]), 1, &[2]);
        let close = |column, expected: f64| {
            let value = past.value(column, 4).unwrap();
            assert!((value - expected).abs() < 1e-6, "{column}: {value}");
        };
        close(PastColumn::Return { bars: 2 }, 3.0);
        close(PastColumn::Volatility { bars: 3 }, 6.0_f64.sqrt());
        // Log returns -1, 2, 1: mean 2/3, sum of squares about it 14/3.
        close(PastColumn::ReturnInDeviations { bars: 4, window: 3 }, 3.0 / (7.0 / 3.0_f64).sqrt());
        // Weights 1, 1/2, 1/4, 1/8 of 1, 2, -1, 1 for a span of 3.
        let mean = (1.0 + 1.0 - 0.25 + 0.125) / 1.875;
        let square = (1.0 + 2.0 + 0.25 + 0.125) / 1.875;
        close(
            PastColumn::ReturnInWeightedDeviations { bars: 1, span: 3 },
            1.0 / f64::sqrt(square - mean * mean),
        );
        assert_eq!(past.value(PastColumn::Return { bars: 5 }, 4), None);
        let ratios = past.slow_values(PastColumn::VolatilityToMedian { bars: 2, window: 2 });
        let (a, b) = (5.0_f64.sqrt(), 5.0_f64.sqrt());
        assert!((ratios[4].unwrap() - b / f64::midpoint(a, b)).abs() < 1e-12);
    }

    #[test]
    fn spans_are_found_at_their_places() {
        assert!(spans().enumerate().all(|(place, span)| place_of(span) == place));
    }

    #[test]
    fn no_value_reaches_over_a_hole() {
        let past =
            Past::new(&series(&[(0, 1.0), (1, 2.0), (2, 3.0), (50, 4.0), (51, 5.0), (52, 6.0)]), 1, &[]);
        assert_eq!(past.value(PastColumn::Return { bars: 1 }, 3), None);
        assert_eq!(past.value(PastColumn::Return { bars: 3 }, 5), None);
        assert!(past.value(PastColumn::Return { bars: 2 }, 5).is_some());
    }
}
