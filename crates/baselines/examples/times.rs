//! How long each baseline takes, and how well it does, on 5 expanding folds of a synthetic market.
//!
//!     cargo run --release -p baselines --example times [BARS]
//!
//! 150,000 bars of 5 minutes unless said otherwise, the features of `extended` (116) and the volatility label. All
//! baselines together should stay below two minutes; a baseline that needs several times as long as decision 010
//! says has lost its limit on rows.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use std::time::{Duration, Instant};

use baselines::{Baseline, BaselineView, FeatureRows, Outcome};
use features::{FeatureSet, FeatureSpec, FeatureTable};
use labels::{Definition, LabelSpec};
use market::{Seed, Timeframe};
use synthetic::Preset;

const FOLDS: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n_bars = std::env::args().nth(1).map_or(Ok(150_000), |bars| bars.parse())?;
    let timeframe: Timeframe = "5m".parse()?;
    let series = synthetic::generate(&Preset::Realistic.parameters(), n_bars, timeframe, Seed(7)).series;
    let spec =
        FeatureSpec { sets: vec!["extended".to_owned()], ..FeatureSpec::default() }.for_bars(series.bars());
    let set = FeatureSet::resolve(&spec, timeframe)?;
    let table = FeatureTable::compute(&set, &series, |_| ());
    let labels = Definition::new(&LabelSpec::default(), None)?.fit(&series, n_bars)?.label(&series);
    let usable: Vec<usize> =
        (0..n_bars).filter(|bar| table.is_usable(*bar, 1) && labels.labels[*bar].is_some()).collect();
    println!("{} rows of {} features", usable.len(), set.schema().len());

    let first = usable.len() / 2;
    let cut = |fold: usize| first + (usable.len() - first) * fold / FOLDS;
    let mut total = Duration::ZERO;
    for baseline in Baseline::ALL {
        let mut taken = Duration::ZERO;
        let (mut loss, mut rows) = (0.0, 0_usize);
        let mut note = String::new();
        for fold in 0..FOLDS {
            let test = &usable[cut(fold)..cut(fold + 1)];
            let begins = test[0];
            let known = usable[..cut(fold)].iter().copied().filter(|bar| bar + 13 < begins);
            let train: Vec<usize> = known.collect();
            let view = BaselineView {
                series: &series,
                features: FeatureRows { values: table.values(), n_features: set.schema().len() },
                classes: &labels.classes,
                labels: &labels.labels,
                frozen: None,
                train: &train,
                test,
            };
            let start = Instant::now();
            let outcome = baseline.predict(&view);
            taken += start.elapsed();
            match outcome {
                Ok(Outcome::Answered(answers)) => {
                    for (bar, answer) in test.iter().zip(&answers) {
                        if let Some(label) = labels.labels[*bar] {
                            loss -= answer.values()[usize::from(label.class)].ln();
                            rows += 1;
                        }
                    }
                }
                Ok(Outcome::NotApplicable(why)) => note = why,
                Err(error) => note = format!("FAILED: {error}"),
            }
        }
        total += taken;
        let loss = if rows == 0 { note } else { format!("log-loss {:.4} {note}", loss / rows as f64) };
        println!("{:<15} {:>7.2} s   {loss}", baseline.name(), taken.as_secs_f64());
    }
    println!("all             {:>7.2} s", total.as_secs_f64());
    Ok(())
}
