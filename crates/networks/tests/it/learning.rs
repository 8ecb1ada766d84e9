//! What the networks learn, and what they must not.

use market::{Purpose, Seed};
use networks::TrainingConfig;
use rand::RngExt as _;

use super::{Data, accuracy, fit, tiny, without_dropout};

/// Windows with one event A, one event B and a marker of ±1: class 1 where A comes before B if the marker is
/// positive, and where B comes before A if it is negative. No value of a window, and no sum of them, tells.
fn order_of_events(seed: u64, n_windows: usize) -> Data {
    const LENGTH: usize = 12;
    let mut stream = Seed(seed).stream(Purpose::Synthetic, &[1]);
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    for _ in 0..n_windows {
        let first = stream.random_range(0..LENGTH - 1);
        let second = stream.random_range(first + 1..LENGTH);
        let marked = stream.random_range(0..LENGTH);
        let (a_first, positive) = (stream.random_bool(0.5), stream.random_bool(0.5));
        let (a, b) = if a_first { (first, second) } else { (second, first) };
        for at in 0..LENGTH {
            let marker = if positive { 1.0 } else { -1.0 };
            values.extend([f32::from(at == a), f32::from(at == b), if at == marked { marker } else { 0.0 }]);
        }
        classes.push(u8::from(a_first == positive));
    }
    let ends = (1..=n_windows).map(|window| window * LENGTH - 1).collect();
    Data { values, n_features: 3, length: LENGTH, ends, classes }
}

/// Accuracy on `test` of a logistic regression over all values of a window, by gradient descent.
fn logistic_accuracy(train: &Data, test: &Data) -> f64 {
    let width = train.length * train.n_features;
    let mut weights = vec![0.0; width + 1];
    let score = |weights: &[f64], window: &[f32]| {
        weights[width]
            + window.iter().zip(weights).map(|(value, weight)| f64::from(*value) * weight).sum::<f64>()
    };
    for _ in 0..300 {
        let mut gradient = vec![0.0; width + 1];
        for (window, class) in train.values.chunks(width).zip(&train.classes) {
            let off = 1.0 / (1.0 + (-score(&weights, window)).exp()) - f64::from(*class);
            for (gradient, value) in gradient.iter_mut().zip(window.iter().chain(&[1.0])) {
                *gradient += off * f64::from(*value);
            }
        }
        for (weight, gradient) in weights.iter_mut().zip(gradient) {
            *weight -= 5.0 * gradient / train.classes.len() as f64;
        }
    }
    let windows = test.values.chunks(width).zip(&test.classes);
    let right = windows.filter(|(window, class)| (score(&weights, window) > 0.0) == (**class == 1)).count();
    right as f64 / test.classes.len() as f64
}

#[test]
fn sixty_four_random_windows_are_learnt_by_heart() {
    let data = Data::random(8, 64, 8, 3);
    for architecture in tiny() {
        let config =
            TrainingConfig { max_epochs: 300, learning_rate: 1e-2, weight_decay: 0.0, ..Default::default() };
        let architecture = without_dropout(architecture);
        let (network, _) = fit(&architecture, &config, &data.labelled(), &data.none(), 1);
        assert!(accuracy(&network, &data) > 0.999, "{architecture:?}");
    }
}

#[test]
fn the_sign_of_a_sum_is_learnt_and_holds_on_new_windows() {
    let (train, validation, test) = (Data::signs(1, 1500), Data::signs(2, 300), Data::signs(3, 1000));
    for architecture in tiny() {
        let config = TrainingConfig { max_epochs: 15, learning_rate: 5e-3, ..Default::default() };
        let (network, history) = fit(&architecture, &config, &train.labelled(), &validation.labelled(), 1);
        let held_out = accuracy(&network, &test);
        assert!(held_out > 0.9, "{held_out} for {architecture:?}");
        // The weights are those of the best epoch: scoring them gives that epoch's figures again.
        let best = &history.epochs[history.best_epoch - 1];
        assert!(best.is_best);
        let lowest =
            history.epochs.iter().filter_map(|epoch| epoch.validation_loss).fold(f64::INFINITY, f64::min);
        assert!((best.validation_loss.unwrap() - lowest).abs() < 1e-12);
        let again = accuracy(&network, &validation);
        assert!((again - best.validation_accuracy.unwrap()).abs() < 1e-12);
    }
}

#[test]
fn the_order_of_two_events_is_learnt_where_a_linear_model_is_blind() {
    let (train, validation, test) =
        (order_of_events(1, 3000), order_of_events(2, 500), order_of_events(3, 1000));
    let linear = logistic_accuracy(&train, &test);
    assert!(linear <= 0.6, "a logistic regression reaches {linear}");
    for architecture in tiny() {
        let config = TrainingConfig { max_epochs: 40, learning_rate: 5e-3, ..Default::default() };
        let architecture = without_dropout(architecture);
        let (network, _) = fit(&architecture, &config, &train.labelled(), &validation.labelled(), 1);
        let held_out = accuracy(&network, &test);
        assert!(held_out >= 0.95, "{held_out} for {architecture:?}");
    }
}

#[test]
fn on_shuffled_classes_nothing_is_better_than_the_prior() {
    let (train, validation, test) =
        (Data::random(1, 1500, 10, 2), Data::random(2, 300, 10, 2), Data::random(3, 2000, 10, 2));
    for architecture in tiny() {
        let config = TrainingConfig { max_epochs: 10, learning_rate: 2e-3, ..Default::default() };
        let (network, _) = fit(&architecture, &config, &train.labelled(), &validation.labelled(), 1);
        let predicted = network.predict(&test.windows()).unwrap();
        let loss = |row: &[f64], class: u8| -row[usize::from(class)].ln();
        let total: f64 = predicted.chunks(2).zip(&test.classes).map(|(row, class)| loss(row, *class)).sum();
        let mean = total / test.classes.len() as f64;
        assert!(mean > 2.0_f64.ln() - 0.003, "{mean} nats for {architecture:?}");
    }
}
