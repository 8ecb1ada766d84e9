//! Class shares on real bars against those measured independently on the same files.
//!
//! The published figures are accuracies of the commonest training class, mean over five expanding folds
//! whose first half is the initial training part. Skipped where the development data is absent.

use std::time::Instant;

use labels::{Definition, LabelBalance, LabelKind, LabelSeries, LabelSpec};
use market::BarSeries;

use crate::bars::{fitted, real_series, spec};

const FOLDS: usize = 5;

fn test_blocks(series: &BarSeries) -> Vec<std::ops::Range<usize>> {
    let half = series.len() / 2;
    let place = |fold: usize| half + fold * (series.len() - half) / FOLDS;
    (0..FOLDS).map(|fold| place(fold)..place(fold + 1)).collect()
}

/// Mean over the folds of the share of the commonest training class, and of right answers of `frozen`.
fn majority(
    series: &BarSeries,
    labels: impl Fn(usize) -> (LabelSeries, Option<Vec<Option<u8>>>),
) -> (f64, f64) {
    let (mut commonest_right, mut frozen_right) = (0.0, 0.0);
    for block in test_blocks(series) {
        let (labels, frozen) = labels(block.start);
        let mut counts = vec![0; labels.classes.len()];
        for label in labels.labels[..block.start].iter().flatten() {
            counts[usize::from(label.class)] += 1;
        }
        let commonest = (0..counts.len()).max_by_key(|class| counts[*class]).unwrap();
        let test: Vec<(usize, u8)> =
            block.filter_map(|t| labels.labels[t].map(|label| (t, label.class))).collect();
        let share = |right: usize| right as f64 / test.len() as f64 / FOLDS as f64;
        commonest_right += share(test.iter().filter(|(_, class)| usize::from(*class) == commonest).count());
        if let Some(frozen) = frozen {
            frozen_right += share(test.iter().filter(|(t, class)| frozen[*t] == Some(*class)).count());
        }
    }
    (commonest_right, frozen_right)
}

fn fixed(spec: &LabelSpec, timeframe: &str) -> Option<(f64, f64)> {
    let series = real_series("BTCUSDT", timeframe)?;
    let labeller = fitted(spec, &series, series.len());
    let labels = labeller.label(&series);
    let balance = LabelBalance::of(&series, &labels);
    println!(
        "{} {timeframe}: mean duration {:.1}, {:.1} switches per 1,000",
        spec.kind.name(),
        balance.mean_duration_bars,
        balance.switches_per_1000_bars
    );
    let began = Instant::now();
    let frozen = labeller.frozen(&series);
    println!("frozen in {:.1} s", began.elapsed().as_secs_f64());
    Some(majority(&series, |_| (labels.clone(), frozen.clone())))
}

fn near(name: &str, got: f64, published: f64, tolerance: f64) {
    println!("{name}: {got:.3}, published {published:.3}");
    assert!((got - published).abs() <= tolerance, "{name}: {got:.4}, published {published}");
}

fn check(spec: &LabelSpec, published: &[(&str, f64)]) {
    for &(timeframe, share) in published {
        let Some((got, _)) = fixed(spec, timeframe) else { return };
        near(&format!("{} {timeframe}", spec.kind.name()), got, share, 0.01);
    }
}

#[test]
fn forward_direction_shares() {
    check(&spec(LabelKind::ForwardDirection), &[("5m", 0.458), ("1h", 0.507)]);
}

#[test]
fn triple_barrier_shares() {
    check(&spec(LabelKind::TripleBarrier), &[("5m", 0.504), ("1h", 0.500)]);
}

#[test]
fn trend_vol_shares() {
    check(&spec(LabelKind::TrendVol), &[("5m", 0.309), ("1h", 0.344)]);
    let fixed = LabelSpec { fixed_threshold: Some(0.001), ..spec(LabelKind::TrendVol) };
    check(&fixed, &[("5m", 0.514)]);
}

#[test]
fn smoothed_trend_shares_and_frozen_price() {
    for (timeframe, share, freeze) in [("5m", 0.737, 0.967), ("1h", 0.699, 0.966)] {
        let Some((got, frozen)) = fixed(&spec(LabelKind::SmoothedTrend), timeframe) else { return };
        near(&format!("smoothed_trend {timeframe}"), got, share, 0.01);
        near(&format!("smoothed_trend {timeframe} frozen"), frozen, freeze, 0.005);
    }
}

/// The published shares are of fits of another program with folds of its own.
fn detector(kind: LabelKind, timeframe: &str, share: f64, tolerance: f64) {
    let Some(series) = real_series("BTCUSDT", timeframe) else { return };
    let definition = Definition::new(&spec(kind), None).unwrap();
    let began = Instant::now();
    let first = definition.fit(&series, series.len() / 2).unwrap();
    println!("fitted in {:.1} s: {:?}", began.elapsed().as_secs_f64(), first.classes().names());
    let (got, _) = majority(&series, |end| {
        let labels = definition.refit(&series, end, &first).unwrap().label(&series);
        println!("counts {:?}", labels.counts());
        (labels, None)
    });
    near(&format!("{} {timeframe}", kind.name()), got, share, tolerance);
}

#[test]
fn hmm_shares_5m() {
    detector(LabelKind::Hmm, "5m", 0.382, 0.02);
}

#[test]
fn hmm_shares_1h() {
    detector(LabelKind::Hmm, "1h", 0.421, 0.02);
}

#[test]
fn jump_shares_5m() {
    detector(LabelKind::Jump, "5m", 0.742, 0.05);
}

#[test]
fn jump_shares_1h() {
    detector(LabelKind::Jump, "1h", 0.810, 0.05);
}
