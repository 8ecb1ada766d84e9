//! What catch22 promises of any window: finite numbers, the same bits each time, no allocation.

use characteristics::{CATCH22, Catch22, Catch22Feature};

use super::windows::{KINDS, window};

/// Windows in which something is constant, straight, rare or extreme.
fn degenerate(length: usize) -> Vec<Vec<f64>> {
    let each = |value: &dyn Fn(usize) -> f64| (0..length).map(value).collect::<Vec<f64>>();
    let middle = length / 2;
    let mut windows = vec![
        each(&|t| t as f64),
        each(&|t| -(t as f64)),
        each(&|t| (t % 2) as f64),
        each(&|t| (t % 3) as f64),
        each(&|t| f64::from(u8::from(t >= middle))),
        each(&|t| (t as f64 - middle as f64).powi(2)),
        each(&|t| (t as f64 / 2.0).exp()),
        each(&|t| 1e9 + 1e-7 * (t % 5) as f64),
        each(&|t| 1e-160 * (t % 5) as f64),
        each(&|t| 1e-300 * (t % 5) as f64),
        each(&|t| 1e150 * (t % 5) as f64),
        each(&|t| if t % 2 == 0 { f64::MAX } else { f64::MIN }),
        each(&|t| if t == 0 { f64::MIN_POSITIVE } else { 0.0 }),
        each(&|t| if t + 1 == length { 1.0 + f64::EPSILON } else { 1.0 }),
    ];
    for spike in [0, middle, length.saturating_sub(1)] {
        windows.push(each(&|t| f64::from(u8::from(t == spike))));
        windows.push(each(&|t| -f64::from(u8::from(t == spike))));
    }
    windows
}

#[test]
fn every_number_is_finite() {
    for length in (0..70).chain([100, 288]) {
        let mut room = Catch22::new(length);
        let generated = KINDS.iter().flat_map(|kind| (0..3).map(move |seed| window(kind, length, seed)));
        for values in degenerate(length).into_iter().chain(generated) {
            let features = room.compute(&values);
            for (feature, number) in CATCH22.iter().zip(features) {
                assert!(number.is_finite(), "{} of {values:?} is {number}", feature.name());
            }
        }
    }
}

#[test]
fn what_has_no_shape_is_zero() {
    let mut room = Catch22::new(4);
    let shapeless = [
        [0.1; 4],
        [0.0, -0.0, 0.0, -0.0],
        [1.0, 2.0, f64::NAN, 3.0],
        [f64::NAN; 4],
        [1.0, 2.0, 3.0, f64::INFINITY],
        [f64::INFINITY; 4],
    ];
    for values in shapeless {
        assert!(room.compute(&values).iter().all(|&number| number.to_bits() == 0), "{values:?}");
    }
}

#[test]
fn nothing_is_kept_of_the_window_before() {
    let mut used = Catch22::new(288);
    for kind in KINDS {
        let values = window(kind, 288, 7);
        let again = used.compute(&values).map(f64::to_bits);
        assert_eq!(again, Catch22::new(288).compute(&values).map(f64::to_bits), "{kind}");
        assert_eq!(again, used.compute(&values).map(f64::to_bits), "{kind}");
    }
}

#[test]
fn level_and_scale_do_not_matter() {
    let mut room = Catch22::new(288);
    for kind in ["noise", "autoregression", "heavy_tails"] {
        let values = window(kind, 288, 3);
        let moved: Vec<f64> = values.iter().map(|value| 1024.0 * value + 5.0).collect();
        for ((feature, a), b) in CATCH22.iter().zip(room.compute(&values)).zip(room.compute(&moved)) {
            assert!((a - b).abs() < 1e-9, "{} of {kind}: {a} and {b}", feature.name());
        }
    }
}

#[test]
fn names_are_told_apart() {
    let mut names: Vec<&str> = CATCH22.iter().map(Catch22Feature::name).collect();
    names.extend(CATCH22.iter().map(Catch22Feature::original));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 44);
}

#[test]
#[should_panic(expected = "values must be as many as the window")]
fn another_length_is_refused() {
    Catch22::new(5).compute(&[1.0; 4]);
}
