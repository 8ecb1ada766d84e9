//! The one way from bars to feature rows.

use market::{Bar, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};

use crate::family::{BarContext, Family, FeatureFamily};
use crate::schema::FeatureSchema;
use crate::sets::FeatureSet;

/// A streaming feature computer for one symbol. Clone or serialise it to keep its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureEngine {
    set: FeatureSet,
    timeframe: Timeframe,
    gaps: GapPolicy,
    families: Vec<Family>,
    /// Every family's columns side by side.
    scratch: Vec<f64>,
    /// The set's columns, in its order.
    row: Vec<f64>,
    previous: Option<Bar>,
    bars_seen: usize,
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

    /// The raw row; a column that has no value yet holds 0.
    pub(crate) fn raw(&self) -> &'a [f64] {
        self.values
    }
}

impl FeatureEngine {
    /// An engine at the start of a segment.
    pub fn new(set: &FeatureSet, timeframe: Timeframe, gaps: GapPolicy) -> Self {
        let families = set.start_families();
        let width = families.iter().map(|family| family.columns().len()).sum();
        Self {
            row: vec![0.0; set.schema().len()],
            scratch: vec![0.0; width],
            set: set.clone(),
            timeframe,
            gaps,
            families,
            previous: None,
            bars_seen: 0,
        }
    }

    /// The columns of its rows.
    pub fn schema(&self) -> &FeatureSchema {
        self.set.schema()
    }

    /// Takes the next closed bar. After a hole longer than the gap policy allows all state restarts, so
    /// nothing reaches across it.
    pub fn update(&mut self, bar: &Bar) -> FeatureRow<'_> {
        if self.previous.is_some_and(|previous| self.gaps.breaks(&previous, bar, self.timeframe)) {
            *self = Self::new(&self.set, self.timeframe, self.gaps);
        }
        let context = BarContext { bar, previous: self.previous.as_ref() };
        let mut offset = 0;
        for (family, width) in self.families.iter_mut().zip(self.set.family_widths()) {
            family.update(&context, &mut self.scratch[offset..offset + width]);
            offset += width;
        }
        for (value, &source) in self.row.iter_mut().zip(self.set.sources()) {
            *value = self.scratch[source];
        }
        self.previous = Some(*bar);
        self.bars_seen += 1;
        FeatureRow { schema: self.set.schema(), values: &self.row, bars_seen: self.bars_seen }
    }
}
