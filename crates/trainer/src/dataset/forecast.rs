//! Forecasts as columns behind the features.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use features::FeatureTable;
use market::{BarSeries, Timeframe};
use models::{FitProgress as _, KeptVectors, open_forecaster};
use pipeline::{ForecastColumns, ForecastSpec};
use tirex::Tirex;

use crate::config::Config;
use crate::interrupt;
use crate::progress::Progress;

/// What makes the forecasts of a run.
pub(crate) struct Forecast {
    columns: ForecastColumns,
    pub(crate) forecaster: Arc<Tirex>,
    kept: Option<Arc<Mutex<KeptVectors>>>,
}

impl Forecast {
    /// The forecasts that a config asks for; none without its section. `kept` is where those that were made are kept.
    pub(super) fn of(config: &Config, timeframe: Timeframe, kept: Option<&Path>) -> Result<Option<Self>> {
        let Some(asked) = &config.forecast else { return Ok(None) };
        let (forecaster, weights_sha256) =
            open_forecaster(asked.weights.as_deref()).context("forecast.weights")?;
        let forecaster = Arc::new(forecaster);
        let spec = ForecastSpec {
            weights_sha256,
            context_bars: asked.context_bars,
            horizon_bars: asked.horizon_bars.unwrap_or(config.label.horizon),
            stride_bars: asked.stride_bars,
        };
        let columns = ForecastColumns::new(spec, Arc::clone(&forecaster), timeframe)
            .map_err(|why| anyhow!("forecast.{why}"))?;
        let (recipe, width) = columns.recipe();
        let kept = kept.map(|root| KeptVectors::shared(root, &recipe, width));
        Ok(Some(Self { columns, forecaster, kept }))
    }

    /// How often a return should lie in the forecast interval.
    pub(crate) fn coverage(&self) -> f64 {
        self.columns.coverage()
    }

    pub(crate) fn spec(&self) -> &ForecastSpec {
        self.columns.spec()
    }

    /// A table with these columns behind its own.
    pub(super) fn extend(
        &self,
        table: FeatureTable,
        series: &BarSeries,
        name: &str,
        progress: &Progress,
    ) -> Result<FeatureTable> {
        let stage = progress.stage(name, 1);
        let mut kept = self.kept.as_ref().map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        let mut made = 0;
        let extended = self.columns.extend(table, series, kept.as_deref_mut(), &mut |done, all| {
            stage.step(done as u64, all as u64, "forecasts");
            made = all;
            !interrupt::requested()
        })?;
        interrupt::check(name)?;
        let extended = extended.context("stopped")?;
        stage.finish(&format!("{made} forecasts"));
        Ok(extended)
    }
}
