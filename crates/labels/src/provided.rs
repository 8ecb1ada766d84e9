//! L7: the user's own labels.

use std::collections::BTreeSet;

use market::{BarSeries, Classes, Taxonomy, Timestamp};

use crate::error::LabelError;
use crate::label::Label;

/// The text of the two columns, one value for each bar. An empty cell is a bar without a label.
#[derive(Debug, Clone)]
pub struct ProvidedColumns {
    /// Class names.
    pub classes: Vec<String>,
    /// Time of the last bar that each label needs, already read as instants.
    pub until: Vec<Option<Timestamp>>,
}

/// Classes in alphabetical order, and labels whose future starts with the next bar.
pub(crate) fn label(
    series: &BarSeries,
    columns: &ProvidedColumns,
) -> Result<(Classes, Vec<Option<Label>>), LabelError> {
    let names: BTreeSet<&String> = columns.classes.iter().filter(|name| !name.is_empty()).collect();
    let classes = Classes::new(Taxonomy::Provided, names.into_iter().cloned().collect())?;
    let bars = series.bars();
    let mut labels = Vec::with_capacity(bars.len());
    for (t, name) in columns.classes.iter().enumerate() {
        let Some(class) = classes.index(name) else {
            labels.push(None);
            continue;
        };
        let at = bars[t].open_time;
        let until = columns.until[t].ok_or(LabelError::UntilMissing { at })?;
        if until < at {
            return Err(LabelError::UntilBeforeBar { at, until });
        }
        // Without a following bar in the same segment the outcome would reach over a hole or the end.
        let segment = series.segment_of(t);
        let last = bars[segment.end - 1].open_time;
        let inside = t + 1 < segment.end && until <= last;
        labels.push(inside.then(|| Label {
            class,
            from: bars[t + 1].open_time,
            until: until.max(bars[t + 1].open_time),
        }));
    }
    Ok((classes, labels))
}
