//! Weights of members: not negative, summing to one.

/// Weights divided by their sum; equal ones when nothing is above zero.
pub fn normalised(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter().map(|weight| weight / sum).collect()
    } else {
        vec![1.0 / weights.len() as f64; weights.len()]
    }
}

/// Weights of those that are present, normalised; zero for the others.
pub fn of_present(weights: &[f64], is_present: &[bool]) -> Vec<f64> {
    let present = weights.iter().zip(is_present);
    let kept: Vec<f64> = present.map(|(weight, here)| if *here { *weight } else { 0.0 }).collect();
    if kept.iter().any(|weight| *weight > 0.0) {
        return normalised(&kept);
    }
    let those: Vec<f64> = is_present.iter().map(|here| f64::from(u8::from(*here))).collect();
    normalised(&those)
}

/// Normalised weights of which none is below `floor`: those below it are lifted to it and the others share the rest in
/// their proportions, until nothing is below any more. A floor that cannot be met by all becomes equal weights.
pub fn with_floor(weights: &[f64], floor: f64) -> Vec<f64> {
    let mut weights = normalised(weights);
    let n = weights.len();
    if floor * n as f64 >= 1.0 {
        return vec![1.0 / n as f64; n];
    }
    let mut is_lifted = vec![false; n];
    loop {
        let before = is_lifted.clone();
        for (lifted, weight) in is_lifted.iter_mut().zip(&weights) {
            *lifted |= *weight < floor;
        }
        if is_lifted == before {
            return weights;
        }
        let taken = floor * is_lifted.iter().filter(|lifted| **lifted).count() as f64;
        let free = weights.iter().zip(&is_lifted).filter(|(_, lifted)| !**lifted);
        let shared: f64 = free.map(|(weight, _)| weight).sum();
        for (weight, lifted) in weights.iter_mut().zip(&is_lifted) {
            *weight = if *lifted { floor } else { *weight * (1.0 - taken) / shared };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    #[test]
    fn the_seeds_priors_are_divided_by_their_sum() {
        // LSTM, Transformer, forest, TiRex, boosting.
        assert!(close(&normalised(&[0.4, 0.4, 0.2]), &[0.4, 0.4, 0.2]));
        let five = normalised(&[0.4, 0.4, 0.2, 0.2, 0.2]);
        assert!(close(&five, &[2.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0, 1.0 / 7.0, 1.0 / 7.0]));
    }

    #[test]
    fn a_missing_member_leaves_its_weight_to_the_others_in_their_proportions() {
        assert!(close(&of_present(&[0.4, 0.4, 0.2], &[true, false, true]), &[2.0 / 3.0, 0.0, 1.0 / 3.0]));
        assert!(close(&of_present(&[0.0, 1.0], &[true, false]), &[1.0, 0.0]));
    }

    #[test]
    fn the_floor_holds_after_normalising_too() {
        // Lifting before normalising would leave 0.05 / 1.04 = 0.048.
        assert!(close(&with_floor(&[0.98, 0.01, 0.01], 0.05), &[0.9, 0.05, 0.05]));
        // The first lift pushes the second one below, so it takes two turns.
        let lifted = with_floor(&[0.944, 0.0505, 0.0055], 0.05);
        assert!(close(&lifted, &[0.9, 0.05, 0.05]), "{lifted:?}");
        assert!(close(&with_floor(&[0.7, 0.2, 0.1], 0.05), &[0.7, 0.2, 0.1]));
        assert!(close(&with_floor(&[1.0, 0.0], 0.6), &[0.5, 0.5]));
    }

    proptest! {
        #[test]
        fn floors_keep_the_sum_and_the_order(
            raw in prop::collection::vec(0.0_f64..1.0, 2..8), floor in 0.0_f64..0.12,
        ) {
            let weights = with_floor(&raw, floor);
            prop_assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(weights.iter().all(|weight| *weight >= floor - 1e-12));
            for a in 0..raw.len() {
                for b in 0..raw.len() {
                    prop_assert!(raw[a] >= raw[b] || weights[a] <= weights[b] + 1e-12);
                }
            }
        }
    }
}
