//! The best way to tell classes apart by thresholds on one column.

/// Most intervals that a rule may have.
const MOST_INTERVALS: usize = 6;

/// A rule: the column's values are cut into intervals, and each is given a class.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// For each interval the lowest of its values and its class, from the lowest interval up.
    pub(crate) intervals: Vec<(f64, usize)>,
    /// Rows on which the rule gives the class.
    pub(crate) right: usize,
    /// Rows.
    pub(crate) rows: usize,
}

impl Rule {
    /// Share of the rows on which it gives the class.
    pub(crate) fn agreement(&self) -> f64 {
        self.right as f64 / self.rows.max(1) as f64
    }

    /// The class that it gives a value.
    pub(crate) fn class_of(&self, value: f64) -> usize {
        let place = self.intervals.iter().skip(1).take_while(|(lowest, _)| *lowest <= value).count();
        self.intervals[place].1
    }

    /// `bearish below -0.01, neutral below 0.01, bullish from there on`.
    pub(crate) fn says(&self, classes: &[String]) -> String {
        let mut parts = Vec::new();
        for (place, (_, class)) in self.intervals.iter().enumerate() {
            let class = &classes[*class];
            parts.push(match self.intervals.get(place + 1) {
                Some((next, _)) => format!("{class} below {next}"),
                None if place == 0 => format!("always {class}"),
                None => format!("{class} from there on"),
            });
        }
        parts.join(", ")
    }
}

/// The rule with at most max(3, number of classes) intervals, and never more than six, that is right on most
/// rows. Found exactly, by dynamic programming over the sorted values; equal values share an interval.
///
/// `rows` are pairs of value and class, every class below `n_classes` (at most 256); they are put in order.
pub(crate) fn best_rule(rows: &mut [(f64, usize)], n_classes: usize) -> Rule {
    let most = most_intervals(n_classes);
    // For each group of equal values, number of intervals and class: the class of the interval before, where
    // a new one begins.
    let mut begun: Vec<Option<u8>> = Vec::new();
    let paths = best_paths(rows, n_classes, |before| begun.push(before.map(|class| class as u8)));
    let best = best_of(&paths, n_classes);
    let groups: Vec<f64> = rows.chunk_by(is_equal).map(|group| group[0].0).collect();
    let mut intervals = Vec::new();
    let (mut used, mut class) = (best.used, best.class);
    for (place, &lowest) in groups.iter().enumerate().rev() {
        // Within a group the decisions stand from the largest number of intervals down.
        let decision = begun[(place * most + (most - 1 - used)) * n_classes + class];
        if let Some(before) = decision {
            intervals.push((lowest, class));
            (used, class) = (used - 1, usize::from(before));
        }
    }
    intervals.extend(groups.first().map(|&lowest| (lowest, class)));
    intervals.reverse();
    Rule { intervals, right: best.right.max(0) as usize, rows: rows.len() }
}

/// The number of rows on which [`best_rule`] is right, at a fraction of its cost.
pub(crate) fn best_right(rows: &mut [(f64, usize)], n_classes: usize) -> usize {
    let paths = best_paths(rows, n_classes, |_| {});
    best_of(&paths, n_classes).right.max(0) as usize
}

fn most_intervals(n_classes: usize) -> usize {
    n_classes.clamp(3, MOST_INTERVALS)
}

fn is_equal(a: &(f64, usize), b: &(f64, usize)) -> bool {
    a.0.total_cmp(&b.0).is_eq()
}

/// Marks a number of intervals that can't have been used yet.
const NEVER: i64 = -1;

/// Rows that the best rule of each kind gets right, `[number of intervals − 1][class of the last one]`.
/// `begun` hears, for each group of equal values, each number of intervals from the largest down and each
/// class, whether a new interval begins there and the class of the one before.
fn best_paths(rows: &mut [(f64, usize)], n_classes: usize, mut begun: impl FnMut(Option<usize>)) -> Vec<i64> {
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let most = most_intervals(n_classes);
    let mut paths = vec![NEVER; most * n_classes];
    paths[..n_classes].fill(0);
    let mut counts = vec![0; n_classes];
    for group in rows.chunk_by(is_equal) {
        counts.fill(0);
        for (_, class) in group {
            counts[*class] += 1;
        }
        for used in (0..most).rev() {
            let before = match used {
                0 => (0, NEVER),
                used => largest(&paths[(used - 1) * n_classes..used * n_classes]),
            };
            for (class, count) in counts.iter().enumerate() {
                let path = &mut paths[used * n_classes + class];
                let begins = before.1 > *path;
                begun(begins.then_some(before.0));
                *path = (*path).max(before.1);
                if *path != NEVER {
                    *path += count;
                }
            }
        }
    }
    paths
}

/// The first largest of some values, with its place.
fn largest(values: &[i64]) -> (usize, i64) {
    values
        .iter()
        .copied()
        .enumerate()
        .fold((0, NEVER), |best, next| if next.1 > best.1 { next } else { best })
}

/// The end of the best path.
struct Best {
    used: usize,
    class: usize,
    right: i64,
}

/// Of equally good ones, the one with the fewest intervals.
fn best_of(paths: &[i64], n_classes: usize) -> Best {
    let (place, right) = largest(paths);
    Best { used: place / n_classes, class: place % n_classes, right }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f64], class: impl Fn(f64) -> usize) -> Vec<(f64, usize)> {
        values.iter().map(|value| (*value, class(*value))).collect()
    }

    /// Tries every way to cut.
    fn by_trial(rows: &[(f64, usize)], n_classes: usize) -> usize {
        let mut best = 0;
        let n = rows.len();
        for a in 0..=n {
            for b in a..=n {
                if [a, b].iter().any(|&cut| cut > 0 && cut < n && rows[cut].0 <= rows[cut - 1].0) {
                    continue;
                }
                let most = |part: &[(f64, usize)]| {
                    (0..n_classes).map(|k| part.iter().filter(|row| row.1 == k).count()).max().unwrap()
                };
                best = best.max(most(&rows[..a]) + most(&rows[a..b]) + most(&rows[b..]));
            }
        }
        best
    }

    #[test]
    fn thresholds_are_found_in_either_direction() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        for turned in [false, true] {
            let class = |value: f64| {
                let class = usize::from(value >= 20.0) + usize::from(value >= 70.0);
                if turned { 2 - class } else { class }
            };
            let rule = best_rule(&mut rows(&values, class), 3);
            assert_eq!(rule.right, 100);
            let cuts: Vec<f64> = rule.intervals.iter().map(|interval| interval.0).collect();
            assert_eq!(cuts, [0.0, 20.0, 70.0]);
        }
        let rule = best_rule(&mut rows(&values, |value| usize::from((40.0..60.0).contains(&value))), 2);
        let names = ["calm".to_owned(), "wild".to_owned()];
        assert_eq!(rule.says(&names), "calm below 40, wild below 60, calm from there on");
    }

    #[test]
    fn equal_values_are_never_torn_apart() {
        let mut tied = vec![(1.0, 0), (1.0, 1), (1.0, 0), (2.0, 1)];
        let rule = best_rule(&mut tied, 2);
        assert_eq!((rule.right, rule.intervals), (3, vec![(1.0, 0), (2.0, 1)]));
    }

    #[test]
    fn it_is_the_best_of_all() {
        use market::{Purpose, Seed};
        use rand::RngExt;
        let mut random = Seed(3).stream(Purpose::LeakCheck, &[9]);
        for case in 0..200 {
            let n_classes = 2 + case % 2;
            let mut rows: Vec<(f64, usize)> = (0..12)
                .map(|_| (f64::from(random.random_range(0..8_u8)), random.random_range(0..n_classes)))
                .collect();
            let rule = best_rule(&mut rows, n_classes);
            assert_eq!(rule.right, by_trial(&rows, n_classes), "{rows:?}");
            assert_eq!(rule.right, best_right(&mut rows, n_classes));
            let right = rows.iter().filter(|(value, class)| rule.class_of(*value) == *class).count();
            assert_eq!(rule.right, right, "{rows:?} {rule:?}");
        }
    }
}
