//! Labels that are a Markov chain whose matrix is known.

use baselines::{Baseline, BaselineView, FeatureRows, Outcome};
use labels::Label;
use market::{Bar, BarSeries, ClassProbabilities, Classes, GapPolicy, Timeframe, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bars until a label is known.
const REACH: usize = 7;

fn series(n: usize, open: impl Fn(usize) -> i64) -> BarSeries {
    let bar =
        |t| Bar::new(Timestamp::from_millis(open(t) * 60_000), Timeframe::MINUTE, [1.0; 4], 0.0).unwrap();
    BarSeries::new("TEST", Timeframe::MINUTE, GapPolicy::CONTINUOUS, (0..n).map(bar).collect()).unwrap()
}

fn labels(series: &BarSeries, classes: &[u8]) -> Vec<Option<Label>> {
    let time = |t: usize| series.bars().get(t).map(|bar| bar.open_time);
    let label =
        |(t, class): (usize, &u8)| Some(Label { class: *class, from: time(t + 1)?, until: time(t + REACH)? });
    classes.iter().enumerate().map(label).collect()
}

fn answers(
    baseline: Baseline,
    series: &BarSeries,
    labels: &[Option<Label>],
    train: &[usize],
    test: &[usize],
) -> Vec<ClassProbabilities> {
    let values = vec![0.0; series.len()];
    let view = BaselineView {
        series,
        features: FeatureRows { values: &values, n_features: 1 },
        classes: &Classes::direction(),
        labels,
        frozen: None,
        train,
        test,
    };
    match baseline.predict(&view).unwrap() {
        Outcome::Answered(answers) => answers,
        Outcome::NotApplicable(why) => panic!("{why}"),
    }
}

const CHAIN: [[f64; 3]; 3] = [[0.90, 0.08, 0.02], [0.05, 0.90, 0.05], [0.01, 0.14, 0.85]];

/// Row `from` of the chain after some steps, one step after the other.
fn ahead(from: u8, steps: usize) -> [f64; 3] {
    let mut row = [0.0; 3];
    row[usize::from(from)] = 1.0;
    for _ in 0..steps {
        row = [0, 1, 2].map(|to| (0..3).map(|state| row[state] * CHAIN[state][to]).sum());
    }
    row
}

fn simulated(n: usize) -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut state = 0_usize;
    (0..n)
        .map(|_| {
            let draw: f64 = random.random();
            let row = CHAIN[state];
            state = if draw < row[0] {
                0
            } else if draw < row[0] + row[1] {
                1
            } else {
                2
            };
            state as u8
        })
        .collect()
}

#[test]
fn markov_and_persistence_recover_the_chain() {
    let n = 60_000;
    let series = series(n, |t| t as i64);
    let classes = simulated(n);
    let labels = labels(&series, &classes);
    let train: Vec<usize> = (0..59_000).collect();
    let test: Vec<usize> = (59_007..59_500).collect();
    for (baseline, tolerance) in [(Baseline::Markov, 0.02), (Baseline::Persistence, 0.025)] {
        for (bar, answer) in test.iter().zip(answers(baseline, &series, &labels, &train, &test)) {
            let expected = ahead(classes[bar - REACH], REACH);
            for (p, expected) in answer.values().iter().zip(expected) {
                assert!((p - expected).abs() < tolerance, "{}: {answer:?}, {expected:?}", baseline.name());
            }
        }
    }
}

/// The chain knows how old the last resolved label is; persistence does not ask.
#[test]
fn markov_forgets_with_the_age_of_the_label() {
    let n = 40_000;
    let series = series(n, |t| t as i64);
    let classes = simulated(n);
    let mut labels = labels(&series, &classes);
    labels[39_001..].fill(None);
    let train: Vec<usize> = (0..38_000).collect();
    let test: Vec<usize> = (39_007..39_900).step_by(50).collect();
    let markov = answers(Baseline::Markov, &series, &labels, &train, &test);
    for (bar, answer) in test.iter().zip(&markov) {
        let expected = ahead(classes[39_000], bar - 39_000);
        assert!(
            answer.values().iter().zip(expected).all(|(p, expected)| (p - expected).abs() < 0.02),
            "{bar}"
        );
    }
    let persistence = answers(Baseline::Persistence, &series, &labels, &train, &test);
    assert!(persistence.iter().all(|answer| *answer == persistence[0]));
}

/// Every segment keeps one class and the next has another: within segments nothing ever changes.
#[test]
fn no_transition_crosses_a_hole() {
    let (n, length) = (6_000, 100);
    let series = series(n, |t| (t + t / length * 50) as i64);
    assert_eq!(series.segments().len(), n / length);
    let classes: Vec<u8> = (0..n).map(|t| (t / length % 3) as u8).collect();
    let labels = labels(&series, &classes);
    let train: Vec<usize> = (0..5_000).collect();
    let test = [5_050];
    let answer = &answers(Baseline::Markov, &series, &labels, &train, &test)[0];
    // Only the smoothing leaves the class: 7 steps, 3 pseudo-rows among some 1,650.
    let stay = answer.values()[usize::from(classes[5_043])];
    assert!(stay > 1.0 - 7.0 * 3.0 / 1_500.0, "{answer:?}");
}

#[test]
fn without_a_resolved_label_the_shares_answer() {
    let series = series(300, |t| t as i64);
    let labels = labels(&series, &simulated(300));
    let train: Vec<usize> = (100..250).collect();
    let test: Vec<usize> = (0..REACH).collect();
    let shares = answers(Baseline::Majority, &series, &labels, &train, &test);
    for baseline in [Baseline::Markov, Baseline::Persistence] {
        assert_eq!(answers(baseline, &series, &labels, &train, &test), shares);
    }
}
