//! How well a forest does on the rows its trees did not see.

/// Scores over training rows, each predicted by only those trees whose bootstrap sample left it out.
///
/// An estimate for new rows if rows are independent. Rows that overlap in time are not: there it is
/// flattering, and no substitute for validation on later rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutOfBag {
    /// Share of rows whose most probable class (the first of equals) is right.
    pub accuracy: f64,
    /// Mean of `-ln p` of the right class in nats, with `p` held above 2.2e-16.
    pub log_loss: f64,
    /// Rows that at least one tree left out.
    pub rows: usize,
}

/// What trees say of the training rows that they did not see.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfBagAnswers {
    pub(crate) n_classes: usize,
    /// Positions among the training rows that at least one tree left out, rising.
    pub rows: Vec<usize>,
    /// Class probabilities of each: `[rows.len(), n_classes]`.
    pub probabilities: Vec<f64>,
}

/// The rows one tree did not see, in the order of its leaves.
#[derive(Debug)]
pub(crate) struct UnseenRows {
    /// Positions among the training rows.
    pub(crate) rows: Vec<u32>,
    /// Where the rows of each leaf end.
    pub(crate) ends: Vec<u32>,
}

/// Sums of what the trees say about the rows they did not see.
#[derive(Debug)]
pub(crate) struct Votes {
    n_classes: usize,
    /// Summed class shares: `[n_rows, n_classes]`.
    sums: Vec<f64>,
    /// How many trees are summed.
    trees: Vec<u32>,
}

impl Votes {
    pub(crate) fn new(n_rows: usize, n_classes: usize) -> Self {
        Self { n_classes, sums: vec![0.0; n_rows * n_classes], trees: vec![0; n_rows] }
    }

    /// Adds a tree whose leaves have these class shares `[n_leaves, n_classes]`.
    pub(crate) fn add(&mut self, unseen: &UnseenRows, shares: &[f32]) {
        let mut start = 0;
        for (&end, shares) in unseen.ends.iter().zip(shares.chunks_exact(self.n_classes)) {
            for &row in &unseen.rows[start..end as usize] {
                self.trees[row as usize] += 1;
                let sums = &mut self.sums[row as usize * self.n_classes..];
                sums.iter_mut().zip(shares).for_each(|(sum, &p)| *sum += f64::from(p));
            }
            start = end as usize;
        }
    }

    /// What the trees that did not see a row say of it, for the rows that some tree did not see.
    pub(crate) fn answers(self) -> OutOfBagAnswers {
        let mut answers =
            OutOfBagAnswers { n_classes: self.n_classes, rows: Vec::new(), probabilities: Vec::new() };
        for (row, (sums, &trees)) in self.sums.chunks_exact(self.n_classes).zip(&self.trees).enumerate() {
            if trees > 0 {
                answers.rows.push(row);
                answers.probabilities.extend(sums.iter().map(|sum| sum / f64::from(trees)));
            }
        }
        answers
    }
}

impl OutOfBagAnswers {
    /// Their scores; `None` when every tree saw every row.
    pub(crate) fn scores(&self, classes: &[u8]) -> Option<OutOfBag> {
        let (mut right, mut loss) = (0_usize, 0.0);
        for (&row, p) in self.rows.iter().zip(self.probabilities.chunks_exact(self.n_classes)) {
            let class = usize::from(classes[row]);
            let top = (1..p.len()).fold(0, |top, k| if p[k] > p[top] { k } else { top });
            right += usize::from(top == class);
            loss -= p[class].max(f64::EPSILON).ln();
        }
        let (rows, n) = (self.rows.len(), self.rows.len() as f64);
        (rows > 0).then(|| OutOfBag { accuracy: right as f64 / n, log_loss: (loss / n).max(0.0), rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_are_averaged_over_the_trees_that_did_not_see_the_row() {
        assert_eq!(Votes::new(3, 2).answers().scores(&[0, 1, 1]), None);
        let mut votes = Votes::new(3, 2);
        votes.add(&UnseenRows { rows: vec![2, 0], ends: vec![1, 2] }, &[1.0, 0.0, 0.5, 0.5]);
        votes.add(&UnseenRows { rows: vec![0], ends: vec![1, 1] }, &[1.0, 0.0, 0.0, 1.0]);
        let answers = votes.answers();
        assert_eq!(
            (answers.rows.as_slice(), answers.probabilities.as_slice()),
            (&[0, 2][..], &[0.75, 0.25, 1.0, 0.0][..])
        );
        let scores = answers.scores(&[0, 1, 1]).unwrap();
        assert_eq!(scores.rows, 2);
        assert!((scores.accuracy - 0.5).abs() < 1e-12);
        assert!((scores.log_loss - (-0.75_f64.ln() - f64::EPSILON.ln()) / 2.0).abs() < 1e-12);
    }
}
