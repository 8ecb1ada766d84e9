//! The jump model against the jumpmodels package and a plain dynamic programme.

use detectors::{Degeneracy, JumpConfig, JumpError, JumpFilter, JumpModel};
use market::{Seed, Timeframe};

use crate::golden::{expected, models, series};

#[test]
fn online_states_are_those_of_the_whole_value_function() {
    let series = series();
    let model: JumpModel = serde_json::from_value(models()["jump"].clone()).unwrap();
    let expected: Vec<Option<u8>> =
        expected().iter().map(|bar| bar.as_ref().map(|bar| bar.jump_state)).collect();
    assert_eq!(model.filter_series(&series, series.len()), expected);
    let switches = expected.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(switches > 10, "{switches} switches test something");
}

#[test]
fn objectives_are_not_worse_than_those_of_jumpmodels() {
    let (series, models) = (series(), models());
    let end = models["hole"].as_u64().unwrap() as usize;
    for case in models["objectives"].as_array().unwrap() {
        let (states, penalty) =
            (case["states"].as_u64().unwrap() as usize, case["penalty"].as_f64().unwrap());
        let config = JumpConfig { states, penalty, ..JumpConfig::default() };
        let model = JumpModel::fit(&series, end, &config).unwrap();
        let peer = case["objective"].as_f64().unwrap();
        println!("{states} states, penalty {penalty}: {:.9}, jumpmodels {peer:.9}", model.objective());
        assert!(model.objective() <= peer * (1.0 + 1e-9), "{states} states, penalty {penalty}");
        // Far below would mean another objective.
        assert!(model.objective() >= peer * 0.98, "{states} states, penalty {penalty}");
        let levels: Vec<f64> = model.centroids().iter().map(|centroid| centroid[1]).collect();
        assert!(levels.is_sorted(), "{levels:?}");
    }
}

#[test]
fn nothing_after_the_end_of_the_fit_is_looked_at() {
    let series = series();
    let config = JumpConfig { penalty: 5.0, ..JumpConfig::default() };
    let model = JumpModel::fit(&series, 1500, &config).unwrap();
    assert_eq!(JumpModel::fit(&series.part(0..1500).unwrap(), 1500, &config).unwrap(), model);
    assert_ne!(JumpModel::fit(&series, 1501, &config).unwrap(), model);
    let states = model.filter_series(&series, series.len());
    assert_eq!(model.filter_series(&series, 1600), states[..1600]);
    // Behind the hole it begins anew.
    let second = series.segments()[1].clone();
    let alone = series.part(second.clone()).unwrap();
    assert_eq!(model.filter_series(&alone, alone.len()), states[second]);
}

#[test]
fn excess_costs_say_how_far_off_the_other_states_are() {
    let series = series();
    let model: JumpModel = serde_json::from_value(models()["jump"].clone()).unwrap();
    let mut filter = JumpFilter::new(&model, series.timeframe(), series.gaps());
    for bar in series.bars() {
        let Some(state) = filter.update(bar) else { continue };
        let costs = filter.excess_costs();
        assert!(costs[usize::from(state)] == 0.0 && costs.iter().all(|cost| *cost >= 0.0), "{costs:?}");
    }
}

#[test]
fn a_higher_penalty_switches_less() {
    let series = series();
    let switches = |penalty: f64| {
        let config = JumpConfig { penalty, ..JumpConfig::default() };
        let model = JumpModel::fit(&series, 1700, &config).unwrap();
        let states = model.filter_series(&series, 1700);
        states.windows(2).filter(|pair| pair[0] != pair[1]).count()
    };
    let counts = [0.5, 5.0, 50.0].map(switches);
    assert!(counts[0] > counts[1] && counts[1] > counts[2], "{counts:?}");
}

#[test]
fn degenerate_fits_are_refused() {
    let series = series();
    let fit = |end: usize, config: JumpConfig| JumpModel::fit(&series, end, &config).unwrap_err();
    let error = fit(700, JumpConfig::default());
    assert_eq!(error, JumpError::TooFew { observations: 412, needed: 500 });
    let error = fit(1700, JumpConfig { penalty: 1e6, ..JumpConfig::default() });
    assert!(matches!(error, JumpError::Degenerate(Degeneracy::EmptyState { .. })), "{error}");
    assert!(error.to_string().starts_with("the jump model has a state, number "), "{error}");
}

#[test]
fn finds_the_volatility_of_a_known_market() {
    let market =
        synthetic::generate(&synthetic::Preset::Bench.parameters(), 12_000, Timeframe::HOUR, Seed(5));
    let config = JumpConfig { states: 2, penalty: 10.0, ..JumpConfig::default() };
    let model = JumpModel::fit(&market.series, 6000, &config).unwrap();
    let mut right = [[0.0; 2]; 2];
    for (state, regime) in model.filter_series(&market.series, 12_000).iter().zip(&market.regimes).skip(6000)
    {
        right[usize::from(regime.volatility() == market::Volatility::High)][usize::from(state.unwrap())] +=
            1.0;
    }
    let recall = |truth: usize| right[truth][truth] / (right[truth][0] + right[truth][1]);
    let balanced = f64::midpoint(recall(0), recall(1));
    println!("balanced accuracy {balanced:.3}");
    assert!(balanced > 0.65, "{balanced}");
}
