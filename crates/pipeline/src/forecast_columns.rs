//! What a forecaster expects of the price, as columns for the other models: a stage between features and members.
//!
//! A forecast is made of the newest log closes at the first bar of every stretch of a fixed grid in time, and holds for that
//! stretch. It is a function of those bars alone, so batch, stream and replay agree wherever they start.

use std::sync::Arc;

use features::{Column, FeatureSchema, FeatureTable, Group};
use market::{Bar, BarSeries, Timeframe};
use models::{KeptVectors, PredictError, vectors_of, window_key};
use serde::{Deserialize, Serialize};
use tirex::{ForecastOptions, Tirex};

/// How many columns there are.
const COLUMNS: usize = 4;

/// What is forecast, and how often: part of a bundle's core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastSpec {
    /// SHA-256 of the forecaster's weights.
    pub weights_sha256: String,
    /// Log closes that it looks at.
    pub context_bars: usize,
    /// Bars ahead.
    pub horizon_bars: usize,
    /// Bars of the timeframe's grid between two forecasts; in between the last one holds.
    pub stride_bars: usize,
}

impl ForecastSpec {
    /// Refuses what no forecaster with such a context can do, in words.
    pub(crate) fn check(&self, longest: usize) -> Result<(), String> {
        for (name, bars, least, most) in [
            ("context_bars", self.context_bars, 16, longest),
            ("horizon_bars", self.horizon_bars, 1, longest / 2),
            ("stride_bars", self.stride_bars, 1, 10_000),
        ] {
            if !(least..=most).contains(&bars) {
                return Err(format!("{name} is {bars}; it must be from {least} to {most}"));
            }
        }
        Ok(())
    }

    /// Features, and these columns behind them.
    pub fn schema_behind(&self, features: &FeatureSchema) -> FeatureSchema {
        FeatureSchema::new([features.columns(), &self.columns()].concat())
    }

    /// The columns, as the schema has them.
    pub fn columns(&self) -> Vec<Column> {
        let ForecastSpec { weights_sha256, context_bars, horizon_bars, stride_bars } = self;
        let how = format!(
            "of the return over the next {horizon_bars} bars, forecast from {context_bars} log closes at the first bar of every {stride_bars} of the grid by {}",
            weights_sha256.chars().take(16).collect::<String>()
        );
        let column = |name: &str, what: &str, unit: &str, range: &str| Column {
            name: format!("forecast_{name}_{horizon_bars}"),
            group: Group::Forecast,
            formula: format!("{what} {how}"),
            source: "Auer et al. 2025".to_owned(),
            unit: unit.to_owned(),
            range: range.to_owned(),
            first: context_bars + stride_bars - 1,
            settled: context_bars + stride_bars - 1,
            same_as: None,
        };
        vec![
            column("move", "median", "log ratio", "any"),
            column("spread", "highest less lowest quantile", "log ratio", "≥ 0"),
            column("up", "probability above 0", "0–1", "0 to 1"),
            column("skew", "(highest + lowest − 2 median) over their distance", "−1–1", "−1 to 1"),
        ]
    }
}

/// A forecaster at work for a pipeline.
#[derive(Debug, Clone)]
pub struct ForecastColumns {
    spec: ForecastSpec,
    forecaster: Arc<Tirex>,
    timeframe: Timeframe,
}

impl ForecastColumns {
    /// Columns of forecasts on bars of `timeframe`; `forecaster` is the one whose weights the spec names.
    ///
    /// # Errors
    /// What in the spec does not fit the forecaster, in words.
    pub fn new(spec: ForecastSpec, forecaster: Arc<Tirex>, timeframe: Timeframe) -> Result<Self, String> {
        spec.check(forecaster.config().context)?;
        if forecaster.config().quantiles.len() < 2 {
            return Err("weights are of a forecaster of one quantile; two are needed at least".to_owned());
        }
        Ok(Self { spec, forecaster, timeframe })
    }

    /// How often the return lies between the lowest and the highest quantile, as the forecaster says.
    pub fn coverage(&self) -> f64 {
        let levels = &self.forecaster.config().quantiles;
        levels[levels.len() - 1] - levels[0]
    }

    /// What is forecast, and how often.
    pub fn spec(&self) -> &ForecastSpec {
        &self.spec
    }

    /// The stretch of the grid that a bar lies in.
    fn stretch(&self, bar: &Bar) -> i64 {
        let length = self.timeframe.millis() * self.spec.stride_bars as i64;
        bar.open_time.millis().div_euclid(length)
    }

    /// The bars that forecasts are made at.
    fn origins(&self, series: &BarSeries) -> Origins {
        let bars = series.bars();
        let mut origins = Origins { bars: Vec::new(), of_bar: Vec::with_capacity(bars.len()) };
        for segment in series.segments() {
            let mut grid = Grid::default();
            let mut newest = None;
            for bar in segment.clone() {
                if grid.begins(self, &bars[bar]) {
                    let seen = bar + 1 - segment.start;
                    newest = (seen >= self.spec.context_bars).then_some(origins.bars.len());
                    origins.bars.extend(newest.map(|_| bar));
                }
                origins.of_bar.push(newest);
            }
        }
        origins
    }

    /// A table with these columns behind its own. `kept` are forecasts that were made before; `heard` is told how many of
    /// how many are done, and ends it by returning false: then there is no table.
    ///
    /// # Errors
    /// When the forecaster refuses: a close that is no price.
    pub fn extend(
        &self,
        table: FeatureTable,
        series: &BarSeries,
        kept: Option<&mut KeptVectors>,
        heard: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Option<FeatureTable>, PredictError> {
        let closes: Vec<f32> = series.bars().iter().map(log_close).collect();
        let Origins { bars: origins, of_bar } = self.origins(series);
        let window = |origin: usize| &closes[origins[origin] + 1 - self.spec.context_bars..=origins[origin]];
        let mut make = |places: &[usize]| -> Result<Vec<f32>, PredictError> {
            let windows: Vec<&[f32]> = places.iter().map(|place| window(*place)).collect();
            Ok(self.expected(&windows)?.concat())
        };
        let key = |place: usize| window_key(window(place).iter().copied());
        let n = origins.len();
        let found = vectors_of(kept, n, &key, &mut make, &mut |done| heard(done, n))?;
        let Some(found) = found else { return Ok(None) };
        let none = [0.0; COLUMNS];
        let of = |origin: &Option<usize>| origin.map_or(&none[..], |at| &found[at * COLUMNS..][..COLUMNS]);
        let values: Vec<f64> = of_bar.iter().flat_map(of).map(|value| f64::from(*value)).collect();
        Ok(Some(table.with_columns(&self.spec.columns(), &values)))
    }

    /// What a store of forecasts depends on beside its windows, and how many numbers each has.
    pub fn recipe(&self) -> (String, usize) {
        let ForecastSpec { weights_sha256, horizon_bars, .. } = &self.spec;
        (
            format!(
                "forecast columns, revision 1\n{horizon_bars}\n{}\n{weights_sha256}",
                Tirex::pooling_recipe()
            ),
            COLUMNS,
        )
    }

    /// The columns' values from windows of log closes.
    fn expected(&self, windows: &[&[f32]]) -> Result<Vec<[f32; COLUMNS]>, PredictError> {
        let horizon = self.spec.horizon_bars;
        let patches = horizon.div_ceil(self.forecaster.config().patch);
        let options = ForecastOptions { patches_per_pass: patches, sorted: true };
        let forecasts = self.forecaster.forecast_batch(windows, horizon, options)?;
        let of = |(forecast, window): (&tirex::Forecast, &&[f32])| {
            let last = window[window.len() - 1];
            let returns: Vec<f32> = forecast.step(horizon - 1).iter().map(|value| value - last).collect();
            columns_of(&returns, &forecast.levels)
        };
        Ok(forecasts.iter().zip(windows).map(of).collect())
    }
}

/// When the next forecast is due.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grid {
    stretch: Option<i64>,
    bars: usize,
}

impl Grid {
    /// Takes the next bar of a segment: true when it is the first of a stretch. Bars that do not lie on the grid of the
    /// timeframe may be more than a stretch should hold; it then ends early, so that no forecast is older than it should be.
    fn begins(&mut self, columns: &ForecastColumns, bar: &Bar) -> bool {
        let stretch = columns.stretch(bar);
        let begins = self.stretch != Some(stretch) || self.bars == columns.spec.stride_bars;
        self.stretch = Some(stretch);
        self.bars = if begins { 1 } else { self.bars + 1 };
        begins
    }
}

/// Where forecasts are made.
struct Origins {
    /// Bars that one is made at.
    bars: Vec<usize>,
    /// Of each bar, the place of the newest among them.
    of_bar: Vec<Option<usize>>,
}

/// The lowest and the highest quantile of the return, from the columns of a row: the last ones.
pub fn forecast_interval(row: &[f64]) -> Option<(f64, f64)> {
    let &[.., middle, spread, _, skew] = row else { return None };
    let sum = skew * spread + 2.0 * middle;
    Some((f64::midpoint(sum, -spread), f64::midpoint(sum, spread)))
}

/// Move, spread, probability of a rise and skew from sorted quantiles of a return.
fn columns_of(returns: &[f32], levels: &[f64]) -> [f32; COLUMNS] {
    let (lowest, highest) = (returns[0], returns[returns.len() - 1]);
    let middle = at_level(returns, levels, 0.5);
    let spread = highest - lowest;
    let skew = if spread > 0.0 { (highest + lowest - 2.0 * middle) / spread } else { 0.0 };
    [middle, spread, 1.0 - share_below_zero(returns, levels), skew]
}

/// The quantile of a level, on straight lines between the given ones.
fn at_level(returns: &[f32], levels: &[f64], level: f64) -> f32 {
    let above = levels.partition_point(|other| *other < level).clamp(1, levels.len().max(2) - 1);
    let (low, high) = (levels[above - 1], levels[above]);
    let share = ((level - low) / (high - low)) as f32;
    returns[above - 1] + share * (returns[above] - returns[above - 1])
}

/// The level at which the quantiles pass 0, on straight lines between them and in a straight line beyond.
fn share_below_zero(returns: &[f32], levels: &[f64]) -> f32 {
    let above = returns.partition_point(|value| *value < 0.0).clamp(1, returns.len() - 1);
    let (low, high) = (returns[above - 1], returns[above]);
    let (level, next) = (levels[above - 1], levels[above]);
    if high <= low {
        return if low > 0.0 {
            0.0
        } else if high < 0.0 {
            1.0
        } else {
            0.5
        };
    }
    let passed = level + (next - level) * f64::from(-low / (high - low));
    passed.clamp(0.0, 1.0) as f32
}

fn log_close(bar: &Bar) -> f32 {
    bar.close.ln() as f32
}

/// The columns one bar at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForecastStream {
    /// The newest log closes, at most twice those of a window.
    closes: Vec<f32>,
    grid: Grid,
    newest: Option<[f32; COLUMNS]>,
}

impl ForecastStream {
    pub(crate) fn new() -> Self {
        Self { closes: Vec::new(), grid: Grid::default(), newest: None }
    }

    /// True when it can be one of such columns.
    pub(crate) fn fits(&self, columns: Option<&ForecastColumns>) -> bool {
        let most = columns.map_or(0, |columns| 2 * columns.spec.context_bars);
        let newest = self.newest.iter().flatten().all(|value| value.is_finite());
        self.closes.len() <= most && self.closes.iter().all(|close| close.is_finite()) && newest
    }

    /// Takes the next bar, the `seen`-th of its segment; the columns once they have values.
    pub(crate) fn update(
        &mut self,
        columns: &ForecastColumns,
        bar: &Bar,
        seen: usize,
    ) -> Result<Option<[f64; COLUMNS]>, PredictError> {
        let context = columns.spec.context_bars;
        if seen == 1 {
            *self = Self::new();
        }
        if self.closes.len() == 2 * context {
            self.closes.drain(..context);
        }
        self.closes.push(log_close(bar));
        if self.grid.begins(columns, bar) {
            self.newest = if seen >= context {
                columns.expected(&[&self.closes[self.closes.len() - context..]])?.pop()
            } else {
                None
            };
        }
        Ok(self.newest.map(|values| values.map(f64::from)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_become_columns() {
        let levels: Vec<f64> = (1..10).map(|tenth| f64::from(tenth) / 10.0).collect();
        let returns: Vec<f32> = (1..10).map(|place| (place - 3) as f32).collect();
        let [middle, spread, up, skew] = columns_of(&returns, &levels);
        let row = [9.0, f64::from(middle), f64::from(spread), f64::from(up), f64::from(skew)];
        let (low, high) = forecast_interval(&row).unwrap();
        assert!((low - f64::from(returns[0])).abs() < 1e-5 && (high - f64::from(returns[8])).abs() < 1e-5);
        assert!((middle - 2.0).abs() < 1e-6 && (spread - 8.0).abs() < 1e-6 && skew.abs() < 1e-6);
        assert!((up - 0.7).abs() < 1e-6);
        // All above zero: the first straight line goes on, to 0 at the most.
        let risen: Vec<f32> = returns.iter().map(|value| value + 2.5).collect();
        assert!((columns_of(&risen, &levels)[2] - 0.95).abs() < 1e-6);
        let far: Vec<f32> = returns.iter().map(|value| value + 50.0).collect();
        assert!((columns_of(&far, &levels)[2] - 1.0).abs() < 1e-9);
        assert!(
            columns_of(&[0.0; 9], &levels)
                .iter()
                .zip([0.0, 0.0, 0.5, 0.0])
                .all(|(a, b)| (a - b).abs() < 1e-9)
        );
        let even: Vec<f64> = vec![0.25, 0.75];
        assert!((columns_of(&[-1.0, 3.0], &even)[0] - 1.0).abs() < 1e-6);
    }
}
