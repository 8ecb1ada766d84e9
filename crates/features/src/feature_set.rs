//! The features of a run: their schema, and the plan that computes them.

use std::sync::Arc;

use market::{Bar, BarSeries, Timeframe};

use crate::catalogue::Catalogue;
use crate::graph::{Graph, Input, Op, Plan, Signal};
use crate::missing_input::{MissingField, MissingInput, MissingReference};
use crate::schema::{Column, FeatureSchema};
use crate::spec::{FeatureSpec, FeatureSpecError};

/// A resolved set: its schema, and the graph that computes it on bars of one timeframe.
#[derive(Debug, Clone)]
pub struct FeatureSet {
    spec: FeatureSpec,
    timeframe: Timeframe,
    schema: FeatureSchema,
    graph: Arc<Graph>,
    /// The source of each column.
    signals: Vec<Signal>,
    plan: Arc<Plan>,
    reads_taker_volume: bool,
    reads_trades: bool,
}

impl PartialEq for FeatureSet {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec && self.timeframe == other.timeframe && self.schema == other.schema
    }
}

impl FeatureSet {
    /// The set that a spec describes, on bars of `timeframe`.
    ///
    /// # Errors
    /// [`FeatureSpecError`] for a name that is neither a set nor a column, a timeframe that can't be made of
    /// the bars, a window out of bounds, or when nothing is left.
    pub fn resolve(spec: &FeatureSpec, timeframe: Timeframe) -> Result<Self, FeatureSpecError> {
        let setting = spec.setting(timeframe)?;
        let mut catalogue = Catalogue::new(setting);
        let mut chosen: Vec<(Column, Signal)> = Vec::new();
        for name in &spec.sets {
            for feature in catalogue.named(name, setting)? {
                if !chosen.contains(&feature) {
                    chosen.push(feature);
                }
            }
        }
        for name in &spec.drop {
            let dropped = catalogue.named(name, setting)?;
            chosen.retain(|(column, _)| dropped.iter().all(|(other, _)| other.name != column.name));
        }
        if !spec.keep_duplicates {
            let names: Vec<String> = chosen.iter().map(|(column, _)| column.name.clone()).collect();
            chosen.retain(|(column, _)| {
                column.same_as.as_ref().is_none_or(|original| !names.contains(original))
            });
        }
        if chosen.is_empty() {
            return Err(FeatureSpecError::Empty);
        }
        let (columns, signals): (Vec<Column>, Vec<Signal>) = chosen.into_iter().unzip();
        let plan = Arc::new(Plan::new(&catalogue.graph, &signals));
        Ok(Self {
            spec: spec.clone(),
            timeframe,
            schema: FeatureSchema::new(columns),
            graph: Arc::new(catalogue.graph),
            signals,
            reads_taker_volume: plan.reads(Input::TakerBuyVolume),
            reads_trades: plan.reads(Input::Trades),
            plan,
        })
    }

    /// The spec it was made from.
    pub fn spec(&self) -> &FeatureSpec {
        &self.spec
    }

    /// Length of the bars it is computed on.
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Its columns.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Operations per bar that compute all columns.
    pub fn operations(&self) -> usize {
        self.plan.steps.len()
    }

    /// Symbols of the references that it looks at, in the order in which their closes come in: those of the
    /// spec, or none when no column of the set looks at another symbol.
    pub fn references(&self) -> &[String] {
        let looks = self.plan.steps.iter().any(|step| matches!(step.op, Op::Input(Input::Reference(_))));
        if looks { &self.spec.references } else { &[] }
    }

    /// Checks that a series carries the references that this set looks at.
    ///
    /// # Errors
    /// [`MissingReference`] names the first that is missing.
    pub fn check_references(&self, series: &BarSeries) -> Result<(), MissingReference> {
        self.closes_of_references(series).map(|_| ())
    }

    /// The closes of [`FeatureSet::references`], in their order, whatever their order in the series.
    pub(crate) fn closes_of_references<'s>(
        &self,
        series: &'s BarSeries,
    ) -> Result<Vec<&'s [f64]>, MissingReference> {
        let needed = self.references();
        let closes = |symbol: &String| {
            let found = series.references().iter().find(|one| one.symbol == *symbol);
            found.map(|one| one.closes.as_slice()).ok_or_else(|| MissingReference {
                symbol: symbol.clone(),
                series: series.symbol().to_owned(),
                needed: needed.to_vec(),
                carried: series.references().iter().map(|one| one.symbol.clone()).collect(),
            })
        };
        needed.iter().map(closes).collect()
    }

    /// Checks that a series carries everything that this set is computed from.
    ///
    /// # Errors
    /// [`MissingInput`] names the first thing that is missing.
    pub fn check(&self, series: &BarSeries) -> Result<(), MissingInput> {
        self.check_bars(series.bars())?;
        self.check_references(series)?;
        Ok(())
    }

    /// Checks that bars carry what this set is computed from.
    ///
    /// # Errors
    /// [`MissingField`] names what the first incomplete bar lacks: taker volume or number of trades.
    pub fn check_bars(&self, bars: &[Bar]) -> Result<(), MissingField> {
        let find = |field, lacks: fn(&Bar) -> bool| {
            bars.iter().find(|bar| lacks(bar)).map(|bar| MissingField { field, at: bar.open_time })
        };
        let mut missing = None;
        if self.reads_taker_volume {
            missing = find("taker_buy_volume", |bar| bar.taker_buy_volume.is_none());
        }
        if self.reads_trades {
            missing = missing.or_else(|| find("trades", |bar| bar.trades.is_none()));
        }
        missing.map_or(Ok(()), Err)
    }

    /// What computes all columns.
    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    /// What computes the columns in `parts` pieces of about equal work, in order.
    pub(crate) fn shares(&self, parts: usize) -> Vec<Arc<Plan>> {
        let parts = parts.clamp(1, self.signals.len());
        if parts == 1 {
            return vec![self.plan()];
        }
        let per_part = self.signals.len().div_ceil(parts);
        self.signals.chunks(per_part).map(|signals| Arc::new(Plan::new(&self.graph, signals))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets::SEED43;

    const MINUTE: Timeframe = Timeframe::MINUTE;

    fn spec(sets: &[&str]) -> FeatureSpec {
        FeatureSpec { sets: sets.iter().map(|&set| set.to_owned()).collect(), ..FeatureSpec::default() }
    }

    #[test]
    fn the_seed_set_has_43_columns_of_which_41_are_distinct() {
        let all =
            FeatureSet::resolve(&FeatureSpec { keep_duplicates: true, ..spec(&["seed43"]) }, MINUTE).unwrap();
        assert_eq!(all.schema().names().collect::<Vec<_>>(), SEED43);
        let distinct = FeatureSet::resolve(&spec(&["seed43"]), MINUTE).unwrap();
        assert_eq!(distinct.schema().len(), 41);
        assert!(distinct.schema().names().all(|name| name != "roc_5" && name != "roc_10"));
        assert_ne!(all.schema().hash(), distinct.schema().hash());
    }

    #[test]
    fn a_set_of_columns_needs_only_its_parts() {
        let set = FeatureSet::resolve(&spec(&["vol_20", "rsi"]), MINUTE).unwrap();
        assert_eq!(set.schema().names().collect::<Vec<_>>(), ["vol_20", "rsi"]);
        let every = FeatureSet::resolve(&FeatureSpec::default(), MINUTE).unwrap();
        assert!(set.plan.steps.len() * 2 < every.plan.steps.len());
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(matches!(
            FeatureSet::resolve(&spec(&["seed44"]), MINUTE),
            Err(FeatureSpecError::Unknown { .. })
        ));
        assert!(matches!(FeatureSet::resolve(&spec(&[]), MINUTE), Err(FeatureSpecError::Empty)));
    }
}
