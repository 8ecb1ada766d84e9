//! Rows sorted into groups: by class, by change, by age of the model, by month, by volatility.

use market::Timestamp;

use crate::predictions::TestRow;

/// At most one group for each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    names: Vec<String>,
    of_row: Vec<Option<usize>>,
}

impl Grouping {
    /// Groups by name, and the place of each row's group among them.
    ///
    /// # Panics
    /// When a row's group has no name.
    pub fn new(names: Vec<String>, of_row: Vec<Option<usize>>) -> Self {
        assert!(of_row.iter().flatten().all(|group| *group < names.len()), "a group without a name");
        Self { names, of_row }
    }

    /// By the class that came.
    pub fn by_class(rows: &[TestRow], names: &[String]) -> Self {
        Self::new(names.to_vec(), rows.iter().map(|row| Some(usize::from(row.class))).collect())
    }

    /// `changed` where the class that came differs from the reference of the row (the state when the
    /// prediction was made, or the last resolved label), else `unchanged`; in no group without a reference.
    ///
    /// # Panics
    /// When there is not one reference for each row.
    pub fn by_change(rows: &[TestRow], reference: &[Option<u8>]) -> Self {
        assert_eq!(rows.len(), reference.len(), "one reference for each row");
        let group =
            |(row, before): (&TestRow, &Option<u8>)| before.map(|class| usize::from(class == row.class));
        let names = ["changed", "unchanged"].map(str::to_owned).to_vec();
        Self::new(names, rows.iter().zip(reference).map(group).collect())
    }

    /// By the age of the model at each row, in bars since the end of its training, cut into `parts` of equal
    /// length up to the oldest; in no group where the model also learnt from later rows.
    ///
    /// # Panics
    /// When `parts` is 0.
    pub fn by_age(ages: &[Option<usize>], parts: usize) -> Self {
        assert!(parts > 0, "at least one part");
        let width = (ages.iter().flatten().max().unwrap_or(&0) + 1).div_ceil(parts);
        let name = |part: usize| format!("{}–{} bars", part * width, (part + 1) * width - 1);
        Self::new((0..parts).map(name).collect(), ages.iter().map(|age| Some((*age)? / width)).collect())
    }

    /// By calendar month (UTC), such as `2024-09`, in order of time; `times` are those of the rows.
    pub fn by_month(times: &[Timestamp]) -> Self {
        let month = |time: &Timestamp| time.to_string()[..7].to_owned();
        let mut names: Vec<String> = times.iter().map(month).collect();
        names.sort();
        names.dedup();
        let of_row = times.iter().map(|time| names.binary_search(&month(time)).ok()).collect();
        Self::new(names, of_row)
    }

    /// `low`, `middle` and `high` third of a number known for each row, such as volatility. The cuts are
    /// those of these very rows: they describe, and nothing may be decided by them. Equal numbers share a
    /// group; a number that is missing or not finite is in none.
    pub fn by_tercile(values: &[Option<f64>]) -> Self {
        let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
        let mut sorted: Vec<f64> = values.iter().filter_map(finite).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let group = |value: f64| {
            let below = sorted.partition_point(|other| *other < value);
            (3 * below / n).min(2)
        };
        let names = ["low", "middle", "high"].map(str::to_owned).to_vec();
        Self::new(names, values.iter().map(|value| finite(value).map(group)).collect())
    }

    /// Names of the groups.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Group of each row.
    pub fn of_row(&self) -> &[Option<usize>] {
        &self.of_row
    }

    /// Which rows are in a group.
    pub fn inside(&self, group: usize) -> Vec<bool> {
        self.of_row.iter().map(|of_row| *of_row == Some(group)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bar: usize, fold: usize, class: u8) -> TestRow {
        TestRow { bar, fold, class }
    }

    #[test]
    fn changed_rows_differ_from_their_reference() {
        let rows = [row(0, 0, 1), row(1, 0, 1), row(2, 0, 0)];
        let grouping = Grouping::by_change(&rows, &[Some(0), Some(1), None]);
        assert_eq!(grouping.of_row(), [Some(0), Some(1), None]);
        assert_eq!(grouping.inside(0), [true, false, false]);
    }

    #[test]
    fn ages_are_cut_into_equal_parts() {
        let grouping = Grouping::by_age(&[Some(0), Some(49), Some(24), None], 2);
        assert_eq!(grouping.names(), ["0–24 bars", "25–49 bars"]);
        assert_eq!(grouping.of_row(), [Some(0), Some(1), Some(0), None]);
    }

    #[test]
    fn months_are_in_order_of_time() {
        let at = |text: i64| Timestamp::from_millis(text * 86_400_000);
        // 2024-01-31, 2023-12-31, 2024-02-01.
        let grouping = Grouping::by_month(&[at(19_753), at(19_722), at(19_754)]);
        assert_eq!(grouping.names(), ["2023-12", "2024-01", "2024-02"]);
        assert_eq!(grouping.of_row(), [Some(1), Some(0), Some(2)]);
    }

    #[test]
    fn thirds_hold_equal_numbers_together() {
        let values = [5.0, 1.0, 3.0, 2.0, 6.0, 4.0].map(Some);
        assert_eq!(Grouping::by_tercile(&values).of_row(), [2, 0, 1, 0, 2, 1].map(Some));
        let same = Grouping::by_tercile(&[Some(1.0), None, Some(1.0), Some(f64::NAN)]);
        assert_eq!(same.of_row(), [Some(0), None, Some(0), None]);
    }
}
