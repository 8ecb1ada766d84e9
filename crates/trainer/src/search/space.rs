//! What is searched: values of a configuration, and where the next ones are looked for.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use market::{Purpose, Seed};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use tpe::{TpeOptimizer, TpeOptimizerBuilder};

/// Values of one trial, as `--set` takes them.
pub(crate) type Values = BTreeMap<String, String>;

/// Where a value may lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Dimension {
    /// A number from `low` to `high`.
    Numbers {
        low: f64,
        high: f64,
        /// Equal factors are equally far apart, not equal differences.
        #[serde(default)]
        log: bool,
        /// Whole numbers only.
        #[serde(default)]
        integer: bool,
    },
    /// One of some values.
    Choices { choices: Vec<toml::Value> },
}

/// How the next values are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Tree-structured Parzen estimator (Bergstra et al. 2011), each value by itself.
    #[default]
    Tpe,
    /// At random.
    Random,
}

/// All dimensions by the key of the value.
pub(crate) type Space = BTreeMap<String, Dimension>;

/// A trial as the search sees it: its values and how bad they were.
pub(crate) type Seen<'a> = (&'a Values, f64);

impl Dimension {
    /// The first fault, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Numbers { low, high, log, .. } => {
                if !(low.is_finite() && high.is_finite() && low < high) {
                    return Some(format!("low is {low} and high is {high}; low must be below high"));
                }
                (*log && *low <= 0.0).then(|| format!("low is {low}; with log it must be above 0"))
            }
            Self::Choices { choices } => (choices.len() < 2).then(|| "name at least two choices".to_owned()),
        }
    }

    /// Ends of the line that the value is looked for on.
    fn line(&self) -> (f64, f64) {
        match self {
            // Every whole number has as much room as any other.
            Self::Numbers { low, high, log, integer } => {
                let (low, high) =
                    if *integer { (low.round() - 0.5, high.round() + 0.5) } else { (*low, *high) };
                if *log { (low.max(1e-12).ln(), high.ln()) } else { (low, high) }
            }
            Self::Choices { choices } => (0.0, choices.len() as f64),
        }
    }

    /// The value at a place on the line.
    fn value(&self, place: f64) -> String {
        match self {
            Self::Numbers { low, high, log, integer } => {
                let value = if *log { place.exp() } else { place }.clamp(*low, *high);
                if *integer {
                    format!("{}", value.round() as i64)
                } else {
                    format!("{:?}", readable(value).clamp(*low, *high))
                }
            }
            Self::Choices { choices } => {
                choices[(place.max(0.0) as usize).min(choices.len() - 1)].to_string()
            }
        }
    }

    /// The place of a value on the line.
    fn place(&self, value: &str) -> Option<f64> {
        match self {
            Self::Numbers { log, .. } => {
                let value: f64 = value.parse().ok()?;
                Some(if *log { value.ln() } else { value })
            }
            Self::Choices { choices } => {
                let place = choices.iter().position(|choice| choice.to_string() == value)?;
                Some(place as f64 + 0.5)
            }
        }
    }

    fn next(&self, key: &str, number: usize, seed: Seed, seen: Option<&[Seen<'_>]>) -> Result<String> {
        let path = [number as u64, stable(key)];
        let mut random = seed.stream(Purpose::Search, &path);
        let (low, high) = self.line();
        let Some(seen) = seen else { return Ok(self.value(random.random_range(low..high))) };
        let range = tpe::range(low, high).context("a range of the search")?;
        let estimator = match self {
            Self::Numbers { .. } => tpe::parzen_estimator(),
            Self::Choices { .. } => tpe::histogram_estimator(),
        };
        // A quarter counts as good: with few trials a tenth is one or two.
        let mut builder = TpeOptimizerBuilder::new();
        let mut optimizer: TpeOptimizer<_> =
            builder.gamma(0.25).build(estimator, range).context("a range of the search")?;
        for (values, loss) in seen {
            let place = values.get(key).and_then(|value| self.place(value));
            if let Some(place) = place.filter(|_| loss.is_finite()) {
                optimizer.tell(place.clamp(low, high.next_down()), *loss).context("a trial of the search")?;
            }
        }
        Ok(self.value(optimizer.ask(&mut random).context("the next value of the search")?))
    }
}

/// Four digits are enough to tell values apart, and can be read.
fn readable(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// The values of a trial: a function of its number, the seed and what was seen before its batch, so that a search that was
/// interrupted goes on as if it had not been.
pub(crate) fn propose(
    space: &Space,
    method: Method,
    startup: usize,
    number: usize,
    seed: Seed,
    seen: &[Seen<'_>],
) -> Result<Values> {
    let learns = method == Method::Tpe && number >= startup && !seen.is_empty();
    let next = |(key, dimension): (&String, &Dimension)| {
        Ok((key.clone(), dimension.next(key, number, seed, learns.then_some(seen))?))
    };
    space.iter().map(next).collect()
}

/// A number for a name that never changes.
fn stable(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        let numbers = |low, high, log, integer| Dimension::Numbers { low, high, log, integer };
        [
            ("rate".to_owned(), numbers(1e-4, 1.0, true, false)),
            ("leaves".to_owned(), numbers(2.0, 64.0, true, true)),
            ("share".to_owned(), numbers(0.0, 1.0, false, false)),
            (
                "set".to_owned(),
                Dimension::Choices { choices: ["a", "b", "c", "d"].map(toml::Value::from).into() },
            ),
        ]
        .into()
    }

    /// A bowl whose bottom is known: rate 0.01, leaves 16, share 0.7, set "c".
    fn loss(values: &Values) -> f64 {
        let number = |key: &str| values[key].parse::<f64>().unwrap();
        let rate = (number("rate").ln() - 0.01_f64.ln()) / 9.2;
        let leaves = (number("leaves").ln() - 16.0_f64.ln()) / 3.5;
        rate.powi(2)
            + leaves.powi(2)
            + (number("share") - 0.7).powi(2)
            + if values["set"] == "\"c\"" { 0.0 } else { 0.1 }
    }

    /// Trials until one is within `near` of the bottom.
    fn trials_needed(method: Method, seed: u64, near: f64) -> usize {
        let space = space();
        let mut trials: Vec<(Values, f64)> = Vec::new();
        while trials.len() < 300 {
            let seen: Vec<Seen<'_>> = trials.iter().map(|(values, loss)| (values, *loss)).collect();
            let values = propose(&space, method, 10, trials.len(), Seed(seed), &seen).unwrap();
            let found = loss(&values);
            if found < near {
                return trials.len() + 1;
            }
            trials.push((values, found));
        }
        trials.len()
    }

    #[test]
    fn a_known_optimum_is_found_with_fewer_trials_than_at_random() {
        let total = |method| (0..20).map(|seed| trials_needed(method, seed, 0.01)).sum::<usize>();
        let (tpe, random) = (total(Method::Tpe), total(Method::Random));
        assert!(2 * tpe < random, "{tpe} by TPE, {random} at random");
    }

    #[test]
    fn values_lie_in_their_range_and_come_back_as_places() {
        let space = space();
        for number in 0..200 {
            let values = propose(&space, Method::Random, 0, number, Seed(3), &[]).unwrap();
            let leaves: i64 = values["leaves"].parse().unwrap();
            assert!((2..=64).contains(&leaves), "{leaves}");
            for (key, dimension) in &space {
                let place = dimension.place(&values[key]).unwrap();
                assert_eq!(dimension.value(place), values[key], "{key}");
                assert!(values[key].len() < 12, "{key}: {}", values[key]);
            }
        }
    }
}
