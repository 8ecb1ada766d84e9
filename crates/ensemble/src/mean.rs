//! The weighted mean of what members say, and how far they disagree.

/// Σ weight · probability, class by class; `weights` sum to one, members of weight zero may be missing (empty).
pub fn weighted_mean(weights: &[f64], members: &[&[f64]]) -> Vec<f64> {
    let n_classes = members.iter().map(|member| member.len()).max().unwrap_or(0);
    let mut mean = vec![0.0; n_classes];
    for (weight, member) in weights.iter().zip(members) {
        for (sum, p) in mean.iter_mut().zip(*member) {
            *sum += weight * p;
        }
    }
    mean
}

/// Entropy of the mean less the mean of the entropies, in nats: 0 when all say the same, at most ln K. It is the part of
/// the uncertainty that comes from not knowing which model is right.
pub fn disagreement(weights: &[f64], members: &[&[f64]]) -> f64 {
    let own: f64 = weights.iter().zip(members).map(|(weight, member)| weight * entropy(member)).sum();
    (entropy(&weighted_mean(weights, members)) - own).max(0.0)
}

fn entropy(probabilities: &[f64]) -> f64 {
    -probabilities.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_are_sure_of_different_classes_disagree_by_ln_2() {
        let members: [&[f64]; 2] = [&[1.0, 0.0], &[0.0, 1.0]];
        assert!((disagreement(&[0.5, 0.5], &members) - 2.0_f64.ln()).abs() < 1e-15);
        assert!(disagreement(&[1.0, 0.0], &members).abs() < 1e-15);
        let alike: [&[f64]; 2] = [&[0.3, 0.7], &[0.3, 0.7]];
        assert!(disagreement(&[0.2, 0.8], &alike) < 1e-15);
    }

    #[test]
    fn the_mean_is_weighted_and_passes_over_who_is_missing() {
        let mean = weighted_mean(&[0.25, 0.75, 0.0], &[&[0.2, 0.8], &[0.6, 0.4], &[]]);
        assert!((mean[0] - 0.5).abs() < 1e-15 && (mean[1] - 0.5).abs() < 1e-15);
    }
}
