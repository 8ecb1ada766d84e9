//! What a label looks like before anybody forecasts it.

use market::BarSeries;
use serde::{Deserialize, Serialize};

use crate::label::{Label, LabelSeries};

/// Class balance and persistence of a label, over the bars that have one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelBalance {
    /// Bars with a label.
    pub labelled: usize,
    /// One entry for each class, in class order.
    pub classes: Vec<ClassBalance>,
    /// Labelled bars per run. A run is a stretch of neighbouring bars of one class; a bar without a label
    /// and a breaking hole end it.
    pub mean_duration_bars: f64,
    /// Changes of class from one bar to the next, per 1,000 labelled bars.
    pub switches_per_1000_bars: f64,
}

/// One class of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassBalance {
    /// Its name.
    pub name: String,
    /// Bars that have it.
    pub bars: usize,
    /// Their share of the labelled bars; 0 when there are none.
    pub share: f64,
    /// Bars per run of this class; 0 when there is none.
    pub mean_duration_bars: f64,
}

impl LabelBalance {
    /// Counts over the whole series.
    ///
    /// # Panics
    /// When the labels are not those of the series' bars.
    pub fn of(series: &BarSeries, labels: &LabelSeries) -> Self {
        assert_eq!(series.len(), labels.labels.len(), "one label for each bar");
        let counts = labels.counts();
        let mut runs = vec![0_usize; counts.len()];
        let mut switches = 0;
        for segment in series.segments() {
            let mut previous: Option<u8> = None;
            for label in &labels.labels[segment.clone()] {
                let class = label.map(|label: Label| label.class);
                if let Some(class) = class.filter(|class| previous != Some(*class)) {
                    runs[usize::from(class)] += 1;
                    switches += usize::from(previous.is_some());
                }
                previous = class;
            }
        }
        let labelled: usize = counts.iter().sum();
        let per = |part: f64, whole: usize| if whole == 0 { 0.0 } else { part / whole as f64 };
        let classes = labels
            .classes
            .names()
            .iter()
            .enumerate()
            .map(|(class, name)| ClassBalance {
                name: name.clone(),
                bars: counts[class],
                share: per(counts[class] as f64, labelled),
                mean_duration_bars: per(counts[class] as f64, runs[class]),
            })
            .collect();
        Self {
            labelled,
            classes,
            mean_duration_bars: per(labelled as f64, runs.iter().sum()),
            switches_per_1000_bars: per(1000.0 * switches as f64, labelled),
        }
    }
}
