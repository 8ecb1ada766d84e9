//! Entropy of counts.

/// −Σ p ln p with p = count / total, over counts above 0, in nats.
pub(super) fn entropy(counts: &[u32], total: usize) -> f64 {
    let total = total as f64;
    let terms = counts.iter().filter(|count| **count > 0).map(|&count| {
        let share = f64::from(count) / total;
        -share * share.ln()
    });
    // From 0.0: an iterator's own sum starts at −0.0.
    terms.fold(0.0, |sum, term| sum + term)
}
