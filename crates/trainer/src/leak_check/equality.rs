//! The label must not be a function of one column at its own bar.

use std::sync::atomic::{AtomicU64, Ordering};

use market::BarSeries;
use rayon::prelude::*;

use super::finding::{Finding, Shown, SubjectReport, Test};
use super::grid::{FeatureGrid, LabelGrid};
use super::past::{Past, PastColumn};
use super::threshold_rule::{Rule, best_right, best_rule};

/// A rule that is right on this share of the rows tells the label.
const AGREEMENT: f64 = 0.995;
/// And wrong on no more than this share of the rows outside the most frequent class.
const WRONG_OUTSIDE_LARGEST: f64 = 0.05;
/// Fewest rows that tell anything.
const FEWEST_ROWS: usize = 200;
/// Fewest changes of class. A label that hardly ever changes is told by any column that drifts.
const FEWEST_SWITCHES: usize = 20;
/// And right on this share of the bars at which the class changes: there a slow column that is only
/// correlated with a slow label is still of the old class, and one that makes the label is not.
const RIGHT_AT_SWITCHES: f64 = 0.8;
/// Rows, spread over the file, on which a column is tried first, and how well a rule has to do on them.
const TRIED: [(usize, f64); 2] = [(250, 0.95), (4000, 0.98)];

/// The labelled bars in order.
struct Rows<'a> {
    grid: &'a LabelGrid,
    bars: Vec<usize>,
    /// Those whose class is not that of the labelled bar before.
    switches: Vec<usize>,
    /// Values put to a rule so far.
    tried: AtomicU64,
}

impl<'a> Rows<'a> {
    fn new(grid: &'a LabelGrid) -> Self {
        let bars: Vec<usize> = (0..grid.labels.len()).filter(|&bar| grid.labels[bar].is_some()).collect();
        let class = |bar: usize| grid.labels[bar].map(|label| label.class);
        let changes = |pair: &&[usize]| class(pair[0]) != class(pair[1]);
        let switches = bars.windows(2).filter(changes).map(|pair| pair[1]).collect();
        Self { grid, bars, switches, tried: AtomicU64::new(0) }
    }

    /// The best rule on a column, when it tells the label.
    fn telling_rule(&self, value: impl Fn(usize) -> Option<f64>) -> Option<Rule> {
        for (count, least) in TRIED {
            let step = self.bars.len().div_ceil(count).max(1);
            if step > 1 {
                let mut rows = self.rows(&value, step);
                let right = best_right(&mut rows, self.grid.classes.len());
                if (right as f64) < least * rows.len() as f64 || rows.is_empty() {
                    return None;
                }
            }
        }
        let rule = best_rule(&mut self.rows(&value, 1), self.grid.classes.len());
        let wrong = rule.rows - rule.right;
        let outside = rule.rows - self.largest_class(&value);
        (rule.rows >= FEWEST_ROWS
            && rule.agreement() >= AGREEMENT
            && wrong as f64 <= WRONG_OUTSIDE_LARGEST * outside as f64
            && self.is_right_at_switches(&rule, &value))
        .then_some(rule)
    }

    fn is_right_at_switches(&self, rule: &Rule, value: impl Fn(usize) -> Option<f64>) -> bool {
        let rows: Vec<(f64, usize)> = self.switches.iter().filter_map(|&bar| self.row(bar, &value)).collect();
        let right = rows.iter().filter(|(value, class)| rule.class_of(*value) == *class).count();
        rows.len() >= FEWEST_SWITCHES && right as f64 >= RIGHT_AT_SWITCHES * rows.len() as f64
    }

    /// Value and class of every so many labelled bars, where the column has a value.
    fn rows(&self, value: impl Fn(usize) -> Option<f64>, step: usize) -> Vec<(f64, usize)> {
        let rows: Vec<(f64, usize)> =
            self.bars.iter().step_by(step).filter_map(|&bar| self.row(bar, &value)).collect();
        self.tried.fetch_add(rows.len() as u64, Ordering::Relaxed);
        rows
    }

    fn row(&self, bar: usize, value: impl Fn(usize) -> Option<f64>) -> Option<(f64, usize)> {
        let value = value(bar).filter(|value| value.is_finite())?;
        Some((value, self.grid.labels[bar]?.class))
    }

    /// Rows of the most frequent class among those where the column has a value.
    fn largest_class(&self, value: impl Fn(usize) -> Option<f64>) -> usize {
        let mut counts = vec![0; self.grid.classes.len()];
        for (_, class) in self.bars.iter().filter_map(|&bar| self.row(bar, &value)) {
            counts[class] += 1;
        }
        counts.into_iter().max().unwrap_or(0)
    }

    fn finding(
        &self,
        name: String,
        rule: &Rule,
        others: usize,
        value: impl Fn(usize) -> Option<f64>,
        series: &BarSeries,
        looks_like: &str,
    ) -> Option<Finding> {
        let bar = self.bars.iter().copied().find(|&bar| self.row(bar, &value).is_some())?;
        let more = match others {
            0 => String::new(),
            1 => " (and so does one more column)".to_owned(),
            others => format!(" (and so do {others} more columns)"),
        };
        Some(Finding {
            test: Test::LabelEqualsColumn,
            column: name,
            bar,
            open_time: series.bars()[bar].open_time.millis(),
            value: Shown::value(value(bar)),
            other: Shown::class(self.grid.class(bar)),
            change: format!(
                "it tells the label of its own bar on {:.2}% of {} rows{more}: {}",
                100.0 * rule.agreement(),
                data::thousands(rule.rows as u64),
                rule.says(&self.grid.classes)
            ),
            bars: rule.right,
            looks_like: looks_like.to_owned(),
        })
    }
}

/// The best of some columns that tell the label: its place, its rule, and how many others do too.
struct Telling {
    place: usize,
    rule: Rule,
    others: usize,
}

fn most_telling(n_columns: usize, rule_of: impl Fn(usize) -> Option<Rule> + Sync) -> Option<Telling> {
    let rules: Vec<(usize, Rule)> =
        (0..n_columns).into_par_iter().filter_map(|place| Some((place, rule_of(place)?))).collect();
    let others = rules.len().saturating_sub(1);
    // The first of the best: columns are in the order in which they are easiest to name.
    let best = rules.into_iter().reduce(
        |best, next| {
            if next.1.agreement() > best.1.agreement() { next } else { best }
        },
    );
    best.map(|(place, rule)| Telling { place, rule, others })
}

/// Tries every feature column, and the past's returns and volatility, on one label.
pub(crate) fn check(
    labels: &LabelGrid,
    features: &[&FeatureGrid],
    series: &BarSeries,
    past: &Past,
    report: &mut SubjectReport,
) {
    let rows = Rows::new(labels);
    if rows.bars.len() < FEWEST_ROWS || rows.switches.len() < FEWEST_SWITCHES {
        let why = format!(
            "{} labels with {} changes of class are too few to tell, {FEWEST_ROWS} with {FEWEST_SWITCHES} are needed",
            rows.bars.len(),
            rows.switches.len()
        );
        return report.add_not_judged(Test::LabelEqualsColumn, why);
    }
    let mut findings = Vec::new();
    let mut columns = 0;
    for grid in features {
        let value = |column: usize| move |bar: usize| grid.value(bar, column);
        columns += grid.n_columns();
        if let Some(found) = most_telling(grid.n_columns(), |column| rows.telling_rule(value(column))) {
            let name = grid.names()[found.place].to_owned();
            let looks_like = "a label made of what is known at its own bar, or a column that holds the label: either way a model copies instead of forecasting";
            let value = value(found.place);
            findings.extend(rows.finding(name, &found.rule, found.others, value, series, looks_like));
        }
    }
    let quick = past.columns();
    let slow = past.slow_columns();
    columns += quick.len() + slow.len();
    let looks_like = "a label made of the past: a threshold on a return or volatility that has already happened, so a model copies it and forecasts nothing";
    if let Some(found) =
        most_telling(quick.len(), |place| rows.telling_rule(|bar| past.value(quick[place], bar)))
    {
        let column: PastColumn = quick[found.place];
        let value = |bar: usize| past.value(column, bar);
        let name = column.to_string();
        findings.extend(rows.finding(name, &found.rule, found.others, value, series, looks_like));
    }
    let slow_rule = |place: usize| {
        let values = past.slow_values(slow[place]);
        rows.telling_rule(|bar| values[bar])
    };
    if let Some(found) = most_telling(slow.len(), slow_rule) {
        let values = past.slow_values(slow[found.place]);
        let name = slow[found.place].to_string();
        findings.extend(rows.finding(name, &found.rule, found.others, |bar| values[bar], series, looks_like));
    }
    report.add(Test::LabelEqualsColumn, columns, rows.tried.into_inner(), findings);
}

#[cfg(test)]
mod tests {
    use market::{Seed, Timeframe};
    use synthetic::Preset;

    use super::super::grid::{FeatureColumns, GivenLabel};
    use super::*;

    /// A wave over 6,000 bars, and a label that is its sign some bars ahead, but for every so many bars.
    fn of_a_wave(period: f64, ahead: usize, wrong: usize) -> Vec<Finding> {
        let market = synthetic::generate(&Preset::ALL[0].parameters(), 6000, Timeframe::HOUR, Seed(5)).series;
        let wave = |bar: usize| (std::f64::consts::TAU * bar as f64 / period + 0.1).sin();
        let label = |bar: usize| GivenLabel {
            class: usize::from((wave(bar + ahead) > 0.0) != (bar % wrong == wrong - 1)),
            until: market.bars()[bar].open_time.plus_bars(ahead.max(1) as i64, Timeframe::HOUR),
        };
        let classes = ["down", "up"].map(str::to_owned).to_vec();
        let labels = LabelGrid { classes, labels: (0..6000).map(|bar| Some(label(bar))).collect() };
        let values = vec![(0..6000).map(|bar| Some(wave(bar))).collect()];
        let grid = FeatureGrid::Columns(FeatureColumns { names: vec!["wave".to_owned()], values });
        let mut report = SubjectReport::new("label", String::new(), 1);
        check(&labels, &[&grid], &market, &Past::new(&market, 1, &[]), &mut report);
        report.findings
    }

    /// Both agree on more than 99.5% of the rows; only what makes the label is right where it changes.
    #[test]
    fn what_follows_a_slow_label_is_told_from_what_makes_it() {
        let found: Vec<String> =
            of_a_wave(500.0, 0, usize::MAX).into_iter().map(|finding| finding.column).collect();
        assert_eq!(found, ["wave"]);
        assert_eq!(of_a_wave(500.0, 1, usize::MAX), []);
    }
    #[test]
    fn a_column_that_is_wrong_on_one_row_in_a_hundred_is_no_leak() {
        assert_eq!(of_a_wave(20.0, 0, 101), []);
        let found = of_a_wave(20.0, 0, 401).pop().unwrap();
        assert!(found.change.contains("on 99.77% of 6,000 rows"), "{}", found.change);
    }
}
