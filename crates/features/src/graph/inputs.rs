//! Bars as columns.

use market::Bar;

use super::op::Input;

/// Bars column by column, as the graph reads them. A field that a source does not have holds 0.
#[derive(Debug, Clone, Default)]
pub struct BarColumns {
    pub(crate) open_times: Vec<i64>,
    pub(crate) open: Vec<f64>,
    pub(crate) high: Vec<f64>,
    pub(crate) low: Vec<f64>,
    pub(crate) close: Vec<f64>,
    pub(crate) volume: Vec<f64>,
    pub(crate) taker_buy_volume: Vec<f64>,
    pub(crate) trades: Vec<f64>,
    /// Closes of the references, in the order of the spec.
    pub(crate) references: Vec<Vec<f64>>,
}

impl BarColumns {
    /// The columns of `bars`.
    pub fn new(bars: &[Bar]) -> Self {
        let mut columns = Self::default();
        columns.refill(bars);
        columns
    }

    /// The columns with the closes of references, in the order of the features' spec; of each one for every
    /// bar.
    #[must_use]
    pub fn with_references(self, references: Vec<Vec<f64>>) -> Self {
        Self { references, ..self }
    }

    /// Number of bars.
    pub fn len(&self) -> usize {
        self.open_times.len()
    }

    /// True without bars.
    pub fn is_empty(&self) -> bool {
        self.open_times.is_empty()
    }

    /// Holds `bars` instead, in the memory it has.
    pub(crate) fn refill(&mut self, bars: &[Bar]) {
        let fill = |column: &mut Vec<f64>, of: fn(&Bar) -> f64| {
            column.clear();
            column.extend(bars.iter().map(of));
        };
        self.open_times.clear();
        self.open_times.extend(bars.iter().map(|bar| bar.open_time.millis()));
        fill(&mut self.open, |bar| bar.open);
        fill(&mut self.high, |bar| bar.high);
        fill(&mut self.low, |bar| bar.low);
        fill(&mut self.close, |bar| bar.close);
        fill(&mut self.volume, |bar| bar.volume);
        fill(&mut self.taker_buy_volume, |bar| bar.taker_buy_volume.unwrap_or(0.0));
        fill(&mut self.trades, |bar| bar.trades.unwrap_or(0) as f64);
    }

    /// Holds the closes of `references` instead, in the memory it has.
    pub(crate) fn refill_references<'a>(&mut self, references: impl ExactSizeIterator<Item = &'a [f64]>) {
        self.references.resize_with(references.len(), Vec::new);
        for (column, closes) in self.references.iter_mut().zip(references) {
            column.clear();
            column.extend_from_slice(closes);
        }
    }

    /// Writes one input of the bars from `start` on.
    pub(crate) fn write(&self, input: Input, start: usize, out: &mut [f64]) {
        let range = start..start + out.len();
        let column = match input {
            Input::Open => &self.open,
            Input::High => &self.high,
            Input::Low => &self.low,
            Input::Close => &self.close,
            Input::Volume => &self.volume,
            Input::TakerBuyVolume => &self.taker_buy_volume,
            Input::Trades => &self.trades,
            Input::DayShare => return self.write_times(range, out, |time| share_of(DAY, time)),
            // The epoch was a Thursday.
            Input::WeekShare => {
                return self.write_times(range, out, |time| share_of(7 * DAY, time + 3 * DAY));
            }
            Input::OpenTime => return self.write_times(range, out, |time| time as f64),
            Input::GridPlace(millis) => {
                return self.write_times(range, out, |time| time.div_euclid(millis) as f64);
            }
            Input::Reference(place) => &self.references[place],
            Input::Zero => return out.fill(0.0),
        };
        out.copy_from_slice(&column[range]);
    }

    fn write_times(&self, range: std::ops::Range<usize>, out: &mut [f64], of: impl Fn(i64) -> f64) {
        for (value, time) in out.iter_mut().zip(&self.open_times[range]) {
            *value = of(*time);
        }
    }
}

/// Milliseconds.
const DAY: i64 = 86_400_000;

/// The share of a period that has passed.
fn share_of(period: i64, time: i64) -> f64 {
    time.rem_euclid(period) as f64 / period as f64
}
