//! Features that move together.

/// Features at least this correlated, on average between two clusters, become one.
const TOGETHER: f64 = 0.8;
/// Most rows that correlations are computed from, evenly spaced.
const MOST_ROWS: usize = 4000;

/// Clusters of the columns of some rows of a table: |Spearman correlation| of at least 0.8, by average linkage. Each
/// cluster's columns rise, and so do the clusters' first columns. A column that does not vary is alone.
pub(super) fn clusters(values: &[f64], n_features: usize, rows: &[usize]) -> Vec<Vec<usize>> {
    let step = rows.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<usize> = rows.iter().copied().step_by(step).collect();
    let columns: Vec<Vec<f64>> = (0..n_features)
        .map(|feature| {
            let column: Vec<f64> = rows.iter().map(|row| values[row * n_features + feature]).collect();
            standardised(&ranks(&column))
        })
        .collect();
    let similar = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>().abs();
    let similarity: Vec<Vec<f64>> =
        columns.iter().map(|a| columns.iter().map(|b| similar(a, b)).collect()).collect();
    linked(&similarity)
}

/// Joins the two most similar clusters until none are similar enough.
fn linked(similarity: &[Vec<f64>]) -> Vec<Vec<usize>> {
    // Sums of similarities between the members of two clusters.
    let mut sums = similarity.to_vec();
    let mut clusters: Vec<Vec<usize>> = (0..sums.len()).map(|feature| vec![feature]).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for a in 0..clusters.len() {
            for b in a + 1..clusters.len() {
                let mean = sums[a][b] / (clusters[a].len() * clusters[b].len()) as f64;
                if mean >= TOGETHER && best.is_none_or(|(most, ..)| mean > most) {
                    best = Some((mean, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let (joined, gone) = (clusters.remove(b), sums.remove(b));
        clusters[a].extend(joined);
        sums[a].iter_mut().zip(&gone).for_each(|(sum, more)| *sum += more);
        for row in &mut sums {
            let more = row.remove(b);
            row[a] += more;
        }
    }
    for cluster in &mut clusters {
        cluster.sort_unstable();
    }
    clusters.sort_unstable_by_key(|cluster| cluster[0]);
    clusters
}

/// Mean ranks; equals share theirs.
fn ranks(column: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..column.len()).collect();
    order.sort_unstable_by(|&a, &b| column[a].total_cmp(&column[b]));
    let mut ranks = vec![0.0; column.len()];
    let mut start = 0;
    for equals in order.chunk_by(|&a, &b| column[a] >= column[b]) {
        let rank = start as f64 + (equals.len() - 1) as f64 / 2.0;
        for &place in equals {
            ranks[place] = rank;
        }
        start += equals.len();
    }
    ranks
}

/// Zero mean and length one; all zero when nothing varies.
fn standardised(column: &[f64]) -> Vec<f64> {
    let mean = column.iter().sum::<f64>() / column.len().max(1) as f64;
    let length = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt();
    column.iter().map(|x| if length > 0.0 { (x - mean) / length } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_rise_and_fall_together_are_one() {
        // Column 1 bends column 0, column 3 turns it over, column 2 does not vary, column 4 goes its own way.
        let row = |i: usize| {
            let x = (i * 37 % 100) as f64;
            [x, x.powi(3), 5.0, -x, (i * 61 % 97) as f64]
        };
        let values: Vec<f64> = (0..100).flat_map(row).collect();
        let rows: Vec<usize> = (0..100).collect();
        assert_eq!(clusters(&values, 5, &rows), [vec![0, 1, 3], vec![2], vec![4]]);
        assert_eq!(clusters(&values, 5, &[]).len(), 5);
    }

    #[test]
    fn a_chain_is_not_one_cluster() {
        // 0 and 2 are unlike, though 1 is like both: joining all would be .6 on average.
        let similarity = [vec![1.0, 0.9, 0.3], vec![0.9, 1.0, 0.9 - 1e-9], vec![0.3, 0.9 - 1e-9, 1.0]];
        assert_eq!(linked(&similarity), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn equals_share_their_rank() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }
}
