//! What readers see of a symbol.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use market::{Bar, Prediction, Timestamp};
use regime::{Ladder, Signal};
use serde::Serialize;
use tokio::sync::watch;

use crate::live::ingest::IngestCounts;
use crate::live::model::LiveModel;

/// Bars that are shown.
const SHOWN_BARS: usize = 4096;

/// The newest prediction with everything that belongs to it: made together, swapped together.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) prediction: Prediction,
    /// The same as text.
    pub(crate) json: Bytes,
    pub(crate) signal: Bytes,
    /// Who made it.
    pub(crate) model: Arc<LiveModel>,
    /// What is answered once it is too old.
    pub(crate) ladder: Ladder,
}

impl Published {
    pub(crate) fn new(
        prediction: Prediction,
        signal: &Signal,
        model: Arc<LiveModel>,
        ladder: Ladder,
    ) -> Self {
        let text = |value: Result<Vec<u8>, serde_json::Error>| Bytes::from(value.unwrap_or_default());
        Self {
            json: text(serde_json::to_vec(&prediction)),
            signal: text(serde_json::to_vec(signal)),
            prediction,
            model,
            ladder,
        }
    }
}

/// A bar with what was predicted at it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ShownBar {
    pub(crate) open_time: Timestamp,
    pub(crate) close_time: Timestamp,
    pub(crate) open: f64,
    pub(crate) high: f64,
    pub(crate) low: f64,
    pub(crate) close: f64,
    pub(crate) volume: f64,
    pub(crate) regime: Option<String>,
    pub(crate) confidence: Option<f64>,
    pub(crate) probabilities: Option<Vec<f64>>,
    pub(crate) prediction_set: Option<Vec<String>>,
    pub(crate) fallback_level: Option<u8>,
    pub(crate) outcome: Option<String>,
}

impl ShownBar {
    pub(crate) fn new(bar: &Bar, prediction: Option<&Prediction>) -> Self {
        Self {
            open_time: bar.open_time,
            close_time: bar.close_time,
            open: bar.open,
            high: bar.high,
            low: bar.low,
            close: bar.close,
            volume: bar.volume,
            regime: prediction.map(|p| p.predicted_regime.clone()),
            confidence: prediction.map(|p| p.confidence),
            probabilities: prediction.map(|p| p.probabilities.iter().map(|(_, p)| *p).collect()),
            prediction_set: prediction.and_then(|p| p.prediction_set.clone()),
            fallback_level: prediction.map(|p| p.fallback_level),
            outcome: None,
        }
    }
}

impl ShownBar {
    /// What a history remembers of it.
    pub(crate) fn recall(&mut self, one: &history::Recorded) {
        let name = |class: u8| one.classes.get(usize::from(class)).cloned();
        self.regime = name(one.regime);
        self.confidence = one.probabilities.get(usize::from(one.regime)).copied();
        self.probabilities = Some(one.probabilities.clone());
        self.prediction_set =
            one.prediction_set.as_ref().map(|set| set.iter().filter_map(|class| name(*class)).collect());
        self.fallback_level = Some(one.level);
        self.outcome = one.outcome.and_then(name);
    }
}

/// What is shown of a symbol beside its newest prediction.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// The newest, oldest first.
    pub(crate) bars: VecDeque<ShownBar>,
    pub(crate) counts: IngestCounts,
    /// Bars that are missing until the first prediction.
    pub(crate) warming_up: usize,
    /// Bars since the process began to count.
    pub(crate) taken: u64,
    /// When the newest bar came, by this machine's clock.
    pub(crate) heard_at: Option<i64>,
    /// Why outcomes are not known, when they are not.
    pub(crate) outcomes_unknown: Option<String>,
}

/// One symbol, for readers.
#[derive(Debug)]
pub(crate) struct SymbolView {
    pub(crate) symbol: String,
    pub(crate) newest: watch::Sender<Option<Arc<Published>>>,
    shown: Mutex<Shown>,
}

impl SymbolView {
    pub(crate) fn new(symbol: &str) -> Self {
        Self { symbol: symbol.to_owned(), newest: watch::Sender::new(None), shown: Mutex::default() }
    }

    /// The newest prediction.
    pub(crate) fn published(&self) -> Option<Arc<Published>> {
        self.newest.borrow().clone()
    }

    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    /// Adds a bar behind the others.
    pub(crate) fn push(&mut self, bar: ShownBar) {
        if self.bars.len() >= SHOWN_BARS {
            self.bars.pop_front();
        }
        self.bars.push_back(bar);
    }

    /// The bar that opened at an instant.
    pub(crate) fn at(&mut self, open_time: Timestamp) -> Option<&mut ShownBar> {
        let place = self.bars.binary_search_by_key(&open_time, |bar| bar.open_time).ok()?;
        self.bars.get_mut(place)
    }
}
