//! Features bar by bar.

use market::{Bar, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};

use crate::feature_set::FeatureSet;
use crate::graph::{BarColumns, Runner, RunnerState, STREAM_BLOCK};
use crate::schema::FeatureSchema;
use crate::spec::{FeatureSpec, FeatureSpecError};

/// A streaming feature computer for one symbol. Clone or serialise it to keep its state.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "EngineState", try_from = "EngineState")]
pub struct FeatureEngine {
    set: FeatureSet,
    gaps: GapPolicy,
    runner: Runner,
    /// The bar at hand as columns.
    columns: BarColumns,
    /// The set's columns, in its order.
    row: Vec<f64>,
    previous: Option<Bar>,
}

/// The features of one bar.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRow<'a> {
    schema: &'a FeatureSchema,
    values: &'a [f64],
    /// Bars since the start of the segment, this one included.
    pub bars_seen: usize,
}

impl<'a> FeatureRow<'a> {
    /// The value of column `index`, once it has one.
    pub fn value(&self, index: usize) -> Option<f64> {
        (self.bars_seen >= self.schema.columns()[index].first).then(|| self.values[index])
    }

    /// All values, once every column is settled.
    pub fn settled(&self) -> Option<&'a [f64]> {
        (self.bars_seen >= self.schema.settled()).then_some(self.values)
    }
}

impl FeatureEngine {
    /// An engine at the start of a segment.
    pub fn new(set: &FeatureSet, gaps: GapPolicy) -> Self {
        Self {
            runner: Runner::new(set.plan(), STREAM_BLOCK),
            columns: BarColumns::default(),
            row: vec![0.0; set.schema().len()],
            set: set.clone(),
            gaps,
            previous: None,
        }
    }

    /// The columns of its rows.
    pub fn schema(&self) -> &FeatureSchema {
        self.set.schema()
    }

    /// Length of the bars it takes.
    pub fn timeframe(&self) -> Timeframe {
        self.set.timeframe()
    }

    /// After which holes it restarts.
    pub fn gaps(&self) -> GapPolicy {
        self.gaps
    }

    /// The newest bar it took.
    pub fn newest(&self) -> Option<&Bar> {
        self.previous.as_ref()
    }

    /// Takes the next closed bar. After a hole longer than the gap policy allows all state restarts, so
    /// nothing reaches across it. Allocates nothing.
    ///
    /// # Panics
    /// When the set looks at references: see [`FeatureEngine::update_with`].
    pub fn update(&mut self, bar: &Bar) -> FeatureRow<'_> {
        self.update_with(bar, &[])
    }

    /// [`FeatureEngine::update`] with, for each of [`FeatureSet::references`], the close of its newest bar that
    /// had closed when this one did.
    ///
    /// # Panics
    /// When there is not exactly one close for each reference.
    pub fn update_with(&mut self, bar: &Bar, references: &[f64]) -> FeatureRow<'_> {
        let needed = self.set.references();
        assert!(references.len() == needed.len(), "the features need one close of each of {needed:?}");
        if self.previous.is_some_and(|previous| self.gaps.breaks(&previous, bar, self.set.timeframe())) {
            self.runner.restart();
        }
        self.columns.refill(std::slice::from_ref(bar));
        self.columns.refill_references(references.iter().map(std::slice::from_ref));
        self.runner.advance(&self.columns, 0, 1);
        self.runner.write_newest(&mut self.row);
        self.previous = Some(*bar);
        FeatureRow { schema: self.set.schema(), values: &self.row, bars_seen: self.runner.bars_seen() }
    }

    fn state(&self) -> EngineState {
        EngineState {
            features: self.set.spec().clone(),
            schema_hash: self.set.schema().hash().to_owned(),
            timeframe: self.set.timeframe(),
            gaps: self.gaps,
            previous: self.previous,
            runner: self.runner.state(),
        }
    }
}

impl PartialEq for FeatureEngine {
    fn eq(&self, other: &Self) -> bool {
        self.state() == other.state()
    }
}

/// What an engine is when it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineState {
    features: FeatureSpec,
    schema_hash: String,
    timeframe: Timeframe,
    gaps: GapPolicy,
    previous: Option<Bar>,
    runner: RunnerState,
}

impl From<FeatureEngine> for EngineState {
    fn from(engine: FeatureEngine) -> Self {
        engine.state()
    }
}

impl TryFrom<EngineState> for FeatureEngine {
    type Error = EngineStateError;

    fn try_from(state: EngineState) -> Result<Self, Self::Error> {
        let set = FeatureSet::resolve(&state.features, state.timeframe)?;
        if set.schema().hash() != state.schema_hash {
            return Err(EngineStateError::OtherFormulas);
        }
        let runner =
            Runner::resume(set.plan(), STREAM_BLOCK, &state.runner).ok_or(EngineStateError::Damaged)?;
        Ok(Self { runner, previous: state.previous, ..Self::new(&set, state.gaps) })
    }
}

/// Why a stored engine can't go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineStateError {
    /// Its features are unknown.
    #[error(transparent)]
    Features(#[from] FeatureSpecError),
    /// Stored by another version.
    #[error("the state was stored by a version with other formulas; start again from past bars")]
    OtherFormulas,
    /// Not what an engine stores.
    #[error("the state does not fit its features; start again from past bars")]
    Damaged,
}
