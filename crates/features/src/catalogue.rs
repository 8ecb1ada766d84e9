//! Every feature there is, and which of them a name stands for.

use std::ops::Range;

use market::{Resampler, Timeframe};

use crate::family::{Family, Feature, Setting};
use crate::feature_set::FeatureSet;
use crate::graph::{Graph, Signal, WarmUp};
use crate::schema::Column;
use crate::sets::{ALPHAS, EXTENDED, ORDER_FLOW, SEED43, set_names};
use crate::spec::{FeatureSpec, FeatureSpecError};

/// Every column there is on bars of one timeframe, in a set or not.
pub(crate) fn every_column(timeframe: Timeframe) -> Vec<Column> {
    FeatureSpec::documented().setting(timeframe).map_or_else(
        |_| Vec::new(),
        |setting| Catalogue::new(setting).features.into_iter().map(|(column, _)| column).collect(),
    )
}

/// Every feature there is on bars of one timeframe.
pub(crate) struct Catalogue {
    pub(crate) graph: Graph,
    features: Vec<(Column, Signal)>,
    /// Where the features of each family stand.
    families: Vec<(Family, Range<usize>)>,
}

impl Catalogue {
    pub(crate) fn new(setting: Setting) -> Self {
        let mut graph = Graph::default();
        let mut features: Vec<(Column, Signal)> = Vec::new();
        let mut families = Vec::with_capacity(Family::ALL.len());
        for family in Family::ALL {
            let start = features.len();
            for feature in family.features(&mut graph, setting) {
                let (column, signal) = column_of(feature, &graph);
                features.push((column, signal));
            }
            families.push((*family, start..features.len()));
        }
        Self { graph, features, families }
    }

    /// Names of all columns of some families.
    fn names_of(&self, families: &[Family]) -> Vec<&str> {
        let chosen = self.families.iter().filter(|(family, _)| families.contains(family));
        chosen
            .flat_map(|(_, range)| &self.features[range.clone()])
            .map(|(column, _)| column.name.as_str())
            .collect()
    }

    /// The features that a name of the spec stands for: a set's, or one, perhaps on larger bars.
    pub(crate) fn named(
        &mut self,
        name: &str,
        setting: Setting,
    ) -> Result<Vec<(Column, Signal)>, FeatureSpecError> {
        if let Some((inner, timeframe)) = name.split_once('@') {
            return self.on_larger_bars(name, inner, timeframe, setting);
        }
        let members: Vec<&str> = match name {
            "seed43" => SEED43.to_vec(),
            "extended" => EXTENDED.to_vec(),
            "order_flow" => ORDER_FLOW.to_vec(),
            "alphas" => self.names_of(&ALPHAS),
            "logarithms" => self.names_of(&[Family::BarLogarithms]),
            "catch22" => self.names_of(&[Family::Catch22]),
            "tsfresh" => self.names_of(&[Family::Tsfresh]),
            "cross_asset" if setting.references.is_empty() => {
                return Err(FeatureSpecError::NoReferences { name: name.to_owned() });
            }
            "cross_asset" => self.names_of(&[Family::CrossAsset]),
            column => vec![column],
        };
        let find = |member: &str| {
            let found = self.features.iter().find(|(column, _)| column.name == member);
            found.cloned().ok_or_else(|| self.unknown(member))
        };
        members.into_iter().map(find).collect()
    }

    /// The features `inner` on bars of `timeframe`.
    fn on_larger_bars(
        &mut self,
        name: &str,
        inner: &str,
        timeframe: &str,
        setting: Setting,
    ) -> Result<Vec<(Column, Signal)>, FeatureSpecError> {
        let refused = |reason: String| FeatureSpecError::Timeframe { name: name.to_owned(), reason };
        let larger: Timeframe =
            timeframe.parse().map_err(|error: market::TimeError| refused(error.to_string()))?;
        let resampler =
            Resampler::new(setting.timeframe, larger).map_err(|error| refused(error.to_string()))?;
        let spec = FeatureSpec {
            sets: vec![inner.to_owned()],
            drop: Vec::new(),
            keep_duplicates: true,
            window_bars: setting.window_bars,
            stride_bars: setting.stride_bars,
            references: setting.references.to_vec(),
        };
        let set = FeatureSet::resolve(&spec, larger)?;
        if !set.references().is_empty() {
            let reason = "what looks at references is known on the bars at hand only; leave the @ out";
            return Err(refused(reason.to_owned()));
        }
        let warm_ups: Vec<WarmUp> = set
            .schema()
            .columns()
            .iter()
            .map(|column| WarmUp { first: column.first, settled: column.settled })
            .collect();
        let signals = self.graph.columns_of_larger_bars(set.plan(), setting.timeframe, resampler, &warm_ups);
        Ok(set
            .schema()
            .columns()
            .iter()
            .zip(signals)
            .map(|(column, signal)| {
                let WarmUp { first, settled } = self.graph.warm_up(signal);
                let column = Column {
                    name: format!("{}@{larger}", column.name),
                    formula: format!("{} on {larger} bars", column.formula),
                    same_as: column.same_as.as_ref().map(|original| format!("{original}@{larger}")),
                    first,
                    settled,
                    ..column.clone()
                };
                (column, signal)
            })
            .collect())
    }

    fn unknown(&self, name: &str) -> FeatureSpecError {
        let sets: Vec<&str> = set_names().collect();
        let names = self.features.iter().map(|(column, _)| column.name.as_str()).chain(sets);
        let likeness = |known: &&str| strsim::jaro_winkler(name, known);
        let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default();
        FeatureSpecError::Unknown { name: name.to_owned(), nearest: nearest.to_owned() }
    }
}

fn column_of(feature: Feature, graph: &Graph) -> (Column, Signal) {
    let warm_up = graph.warm_up(feature.signal);
    let column = Column {
        name: feature.name,
        group: feature.group,
        formula: feature.formula,
        source: feature.source.to_owned(),
        unit: feature.unit.to_owned(),
        range: feature.range.to_owned(),
        first: warm_up.first,
        settled: warm_up.settled,
        same_as: feature.same_as.map(str::to_owned),
    };
    (column, feature.signal)
}
