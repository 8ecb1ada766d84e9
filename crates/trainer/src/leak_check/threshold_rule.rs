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

/// The best rule so far that ends in some class after some number of intervals.
#[derive(Debug, Clone, Copy)]
struct Path {
    right: usize,
    intervals: [(f64, usize); MOST_INTERVALS],
}

/// The rule with at most max(3, number of classes) intervals, and never more than six, that is right on most
/// rows. Found exactly, by dynamic programming over the sorted values; equal values share an interval.
///
/// `rows` are pairs of value and class, every class below `n_classes`; they are put in order.
pub(crate) fn best_rule(rows: &mut [(f64, usize)], n_classes: usize) -> Rule {
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let most = n_classes.clamp(3, MOST_INTERVALS);
    // paths[s][k]: s + 1 intervals, the last one of class k.
    let mut paths: Vec<Vec<Option<Path>>> = vec![vec![None; n_classes]; most];
    let lowest = rows.first().map_or(0.0, |row| row.0);
    for (class, path) in paths[0].iter_mut().enumerate() {
        *path = Some(Path { right: 0, intervals: [(lowest, class); MOST_INTERVALS] });
    }
    let mut counts = vec![0; n_classes];
    for group in rows.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let value = group[0].0;
        counts.fill(0);
        group.iter().for_each(|row| counts[row.1] += 1);
        for used in (0..most).rev() {
            let best_before = used.checked_sub(1).and_then(|before| {
                paths[before].iter().flatten().max_by_key(|path| path.right).copied()
            });
            for (class, count) in counts.iter().enumerate() {
                let from_switch = best_before.map(|mut path| {
                    path.intervals[used] = (value, class);
                    path
                });
                let stay = paths[used][class];
                let better = match (stay, from_switch) {
                    (Some(stay), Some(switch)) if switch.right > stay.right => Some(switch),
                    (Some(stay), _) => Some(stay),
                    (None, switch) => switch,
                };
                paths[used][class] = better.map(|path| Path { right: path.right + count, ..path });
            }
        }
    }
    let best = paths
        .iter()
        .enumerate()
        .flat_map(|(used, paths)| paths.iter().flatten().map(move |path| (used + 1, path)))
        // Of equally good ones, the one with fewer intervals.
        .max_by_key(|(used, path)| (path.right, MOST_INTERVALS - used));
    let (intervals, right) = best.map_or((Vec::new(), 0), |(used, path)| (path.intervals[..used].to_vec(), path.right));
    Rule { intervals, right, rows: rows.len() }
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
        }
    }
}
