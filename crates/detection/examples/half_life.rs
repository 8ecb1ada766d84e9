//! How the half-life of the forest's probabilities was chosen: forests fitted on the first two thirds of training
//! halves and judged on the last third, on draws that no gate is judged on. Run with `cargo run --release -p detection
//! --example half_life`.
#![expect(clippy::print_stdout, reason = "it reports to the terminal")]

use detection::{Draw, ForestProbabilities, GATE_BARS, Scores, Spread, gate_draws};
use market::Seed;
use synthetic::Preset;

/// Draws for choosing; the gates are judged on those from 1 on.
const SEEDS: std::ops::RangeInclusive<u64> = 1001..=1008;
const HALF_LIVES: [f64; 7] = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0];

fn main() {
    let fit_bars = GATE_BARS * 2 / 3;
    assert!(SEEDS.clone().count() > gate_draws(Preset::Bench), "more draws than the gates are judged on");
    let fitted: Vec<(Draw, ForestProbabilities)> = SEEDS
        .map(|seed| {
            // The test half of such a draw is not even made: what is left of the training half is the test.
            let draw = Draw::new(&Preset::Bench.parameters(), fit_bars, GATE_BARS - fit_bars, Seed(seed));
            let forest = ForestProbabilities::fit(&draw, fit_bars).expect("8,000 bars are enough");
            (draw, forest)
        })
        .collect();
    println!("half-life  six states  trend  volatility  trend delay  trend flicker  volatility flicker");
    for half_life in HALF_LIVES {
        let scores: Vec<Scores> =
            fitted.iter().filter_map(|(draw, forest)| Scores::of(draw, &forest.answers(half_life))).collect();
        let mean = |of: fn(&Scores) -> f64| {
            Spread::of(&scores.iter().map(of).collect::<Vec<_>>()).map_or(f64::NAN, |spread| spread.mean)
        };
        println!(
            "{half_life:>9}  {:>10.3}  {:>5.3}  {:>10.3}  {:>11.1}  {:>13.1}  {:>18.1}",
            mean(|one| one.six_state),
            mean(|one| one.trend),
            mean(|one| one.volatility),
            mean(|one| one.trend_switches.delay.unwrap_or(f64::NAN)),
            mean(|one| one.trend_switches.flicker.unwrap_or(f64::NAN)),
            mean(|one| one.volatility_switches.flicker.unwrap_or(f64::NAN))
        );
    }
}
