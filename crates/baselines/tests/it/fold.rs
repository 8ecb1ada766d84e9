//! A fold of a synthetic market, with everything that a baseline may look at.

use baselines::{BaselineView, FeatureRows};
use labels::{Definition, Label, LabelKind, LabelSpec};
use market::{BarSeries, Classes, Purpose, Seed, Timeframe};
use rand::RngExt;
use synthetic::Preset;

/// Columns of the features.
pub(crate) const N_FEATURES: usize = 5;
/// Training bars that are left out, in the middle.
pub(crate) const LEFT_OUT: std::ops::Range<usize> = 700..760;

#[derive(Clone)]
pub(crate) struct Fold {
    pub(crate) series: BarSeries,
    pub(crate) features: Vec<f64>,
    pub(crate) classes: Classes,
    pub(crate) labels: Vec<Option<Label>>,
    pub(crate) frozen: Option<Vec<Option<u8>>>,
    pub(crate) train: Vec<usize>,
    pub(crate) test: Vec<usize>,
}

impl Fold {
    /// 1,900 daily bars with labels of 12 bars: bars 300 to 1,500 to learn from, those left out and the purged
    /// ones excepted, 1,500 to 1,880 to answer for.
    pub(crate) fn of(kind: LabelKind, seed: u64) -> Self {
        let seed = Seed(seed);
        let market = synthetic::generate(&Preset::Easy.parameters(), 1900, Timeframe::DAY, seed);
        let spec = LabelSpec { kind, ..LabelSpec::default() };
        let labels =
            Definition::new(&spec, None).unwrap().fit(&market.series, 1500).unwrap().label(&market.series);
        let mut random = seed.stream(Purpose::Synthetic, &[1]);
        let bars = market.series.bars();
        let mut features = Vec::new();
        let mut frozen = Vec::new();
        for t in 0..bars.len() {
            let past = |age: usize| bars[t.saturating_sub(age)].close;
            features.extend([
                (past(0) / past(20)).ln(),
                (bars[t].high / bars[t].low).ln(),
                (past(0) / past(100)).ln(),
                random.random::<f64>(),
                1.0,
            ]);
            frozen.push((t > 40).then(|| (t % labels.classes.len()) as u8));
        }
        let labelled = |range: std::ops::Range<usize>| range.filter(|bar| labels.labels[*bar].is_some());
        Self {
            train: labelled(300..1488).filter(|bar| !LEFT_OUT.contains(bar)).collect(),
            test: labelled(1500..1880).collect(),
            series: market.series,
            features,
            classes: labels.classes,
            labels: labels.labels,
            frozen: Some(frozen),
        }
    }

    pub(crate) fn view(&self) -> BaselineView<'_> {
        BaselineView {
            series: &self.series,
            features: FeatureRows { values: &self.features, n_features: N_FEATURES },
            classes: &self.classes,
            labels: &self.labels,
            frozen: self.frozen.as_deref(),
            train: &self.train,
            test: &self.test,
        }
    }
}
