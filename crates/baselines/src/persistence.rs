//! The last resolved label goes on.

use labels::last_resolved;

use crate::baseline::Outcome;
use crate::contingency::ContingencyTable;
use crate::view::BaselineView;

/// The class of the newest label that was known when the bar closed, turned into probabilities by the training
/// part's table of (persisted class → class). A pair counts when both of its labels are training labels.
///
/// The table is measured at the very distance it is used at, whatever lies between, and knows nothing of that
/// distance; [`markov`](crate::markov) computes what a chain would do on the way.
pub(crate) fn predict(view: &BaselineView<'_>) -> Outcome {
    let persisted = last_resolved(view.series.bars(), view.labels);
    let class = |bar: usize| Some(usize::from(view.labels[persisted[bar]?]?.class));
    let training = view.training_mask();
    let pairs = view.training().map(|(bar, next)| {
        let learnt_from = persisted[bar].is_some_and(|place| training[place]);
        (learnt_from.then(|| class(bar)).flatten(), next)
    });
    let table = ContingencyTable::learn(view.n_classes(), view.n_classes(), pairs);
    Outcome::Answered(view.test.iter().map(|bar| table.answer(class(*bar))).collect())
}
