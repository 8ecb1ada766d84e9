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

/// Labels whose future starts with the next bar. The classes are those that are `known`, or without any those
/// of the column in alphabetical order.
pub(crate) fn label(
    series: &BarSeries,
    columns: &ProvidedColumns,
    known: Option<&[String]>,
) -> Result<(Classes, Vec<Option<Label>>), LabelError> {
    let found: BTreeSet<&String> = columns.classes.iter().filter(|name| !name.is_empty()).collect();
    let names = known.map_or_else(|| found.into_iter().cloned().collect(), <[String]>::to_vec);
    let classes = Classes::new(Taxonomy::Provided, names)?;
    let bars = series.bars();
    let mut labels = Vec::with_capacity(bars.len());
    for (t, name) in columns.classes.iter().enumerate() {
        let at = bars[t].open_time;
        let Some(class) = classes.index(name) else {
            if !name.is_empty() {
                return Err(LabelError::UnknownClass {
                    at,
                    name: name.clone(),
                    known: classes.names().join(", "),
                });
            }
            labels.push(None);
            continue;
        };
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
