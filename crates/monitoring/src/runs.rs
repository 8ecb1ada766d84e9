//! A model that says one class only.

/// The place of the highest value; the first of equals.
pub fn top(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, place| if values[place] > values[best] { place } else { best })
}

/// The most equal values in a row.
pub(crate) fn longest_run(values: &[usize]) -> usize {
    let mut watch = RunWatch::new(usize::MAX);
    values.iter().fold(0, |longest, value| {
        watch.update(*value);
        longest.max(watch.length)
    })
}

/// Counts predictions of the same class in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunWatch {
    limit: usize,
    class: Option<usize>,
    length: usize,
}

impl RunWatch {
    /// The shortest run that counts as a collapse.
    const LEAST: usize = 200;

    /// Runs longer than `limit` are a collapse.
    pub fn new(limit: usize) -> Self {
        Self { limit, class: None, length: 0 }
    }

    /// Three times the longest run out of sample, 200 at least.
    pub fn beside(longest_run: usize) -> Self {
        Self::new((3 * longest_run).max(Self::LEAST))
    }

    /// Takes the next predicted class; true when the run is longer than it may be.
    pub fn update(&mut self, class: usize) -> bool {
        self.length = if self.class == Some(class) { self.length + 1 } else { 1 };
        self.class = Some(class);
        self.length > self.limit
    }

    /// Predictions in the run, and how many it may have.
    pub fn standing(&self) -> (usize, usize) {
        (self.length, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted() {
        assert_eq!(longest_run(&[0, 0, 1, 1, 1, 0]), 3);
        let mut watch = RunWatch::new(2);
        let found: Vec<bool> = [1, 1, 1, 0, 0].iter().map(|class| watch.update(*class)).collect();
        assert_eq!(found, [false, false, true, false, false]);
        assert_eq!(RunWatch::beside(10).standing(), (0, 200));
        assert_eq!(RunWatch::beside(100).standing(), (0, 300));
    }
}
