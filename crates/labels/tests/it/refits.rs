//! Refits that keep the identity of the states.

use labels::{Definition, LabelError, LabelKind, LabelSpec};
use market::Taxonomy;

use crate::bars::{broken_market, fitted, spec};

#[test]
fn a_refit_keeps_classes_and_names() {
    let series = broken_market(6000, 5000, 12);
    for (kind, states) in [(LabelKind::Hmm, 3), (LabelKind::Jump, 3), (LabelKind::Jump, 2)] {
        let spec = LabelSpec { states, jump_penalty: 5.0, ..spec(kind) };
        let definition = Definition::new(&spec, None).unwrap();
        assert!(definition.is_fitted_on_data());
        let first = definition.fit(&series, 4500).unwrap();
        let refit = definition.refit(&series, 5000, &first).unwrap();
        assert_eq!(refit.classes(), first.classes());
        assert_eq!(first.classes().taxonomy(), Taxonomy::States);
        assert!(first.classes().names()[0].starts_with("low"), "{:?}", first.classes());
        let (a, b) = (first.label(&series).labels, refit.label(&series).labels);
        let known = a.iter().flatten().count();
        let same = a.iter().zip(&b).filter(|(a, b)| a.is_some() && a == b).count();
        assert!(same * 10 > known * 8, "{kind:?}: {same} of {known}");
    }
}

#[test]
fn only_the_same_definition_can_be_kept() {
    let series = broken_market(2500, 2000, 12);
    let hmm = fitted(&spec(LabelKind::Hmm), &series, 2000);
    let volatility = Definition::new(&spec(LabelKind::Volatility), None).unwrap();
    let error = volatility.refit(&series, 2000, &hmm).unwrap_err();
    assert!(matches!(error, LabelError::OtherKind { .. }), "{error}");
    let two = Definition::new(&LabelSpec { states: 2, ..spec(LabelKind::Hmm) }, None).unwrap();
    let error = two.refit(&series, 2000, &hmm).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a detector with 2 states can't be matched to one with 3; refit with the same number of states"
    );
    // What learns nothing is fitted as ever.
    let fixed = volatility.fit(&series, 2000).unwrap();
    assert_eq!(volatility.refit(&series, 2000, &fixed).unwrap().label(&series), fixed.label(&series));
}
