//! What the label would be if the price stood still.

use crate::baseline::Outcome;
use crate::contingency::ContingencyTable;
use crate::view::BaselineView;

/// The projected class of the bar through the training part's table of (projected class → class). Slow states
/// are decided mostly by bars that have closed already; this shows how much of a score is just that.
pub(crate) fn predict(view: &BaselineView<'_>) -> Outcome {
    let Some(frozen) = view.frozen else {
        let why = "the label has no projection of a price that stands still";
        return Outcome::NotApplicable(why.to_owned());
    };
    ContingencyTable::predict(view, view.n_classes(), |bar| frozen[bar].map(usize::from))
}
