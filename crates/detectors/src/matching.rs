//! Which state of one fit is which of another.

use crate::inputs::Observation;

/// Two fits that can't be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a detector with {ours} states can't be matched to one with {earlier}; refit with the same number of states"
)]
pub struct MatchError {
    /// States of the new fit.
    pub ours: usize,
    /// States of the earlier one.
    pub earlier: usize,
}

/// For each of the `earlier` means the index of the one of `ours` that belongs to it: the pairing with the
/// least sum of squared distances.
///
/// Exact, by dynamic programming over the sets of our states that are taken: 2^K·K steps.
pub(crate) fn minimum_distance(
    ours: &[Observation],
    earlier: &[Observation],
) -> Result<Vec<usize>, MatchError> {
    let k = ours.len();
    if k != earlier.len() {
        return Err(MatchError { ours: k, earlier: earlier.len() });
    }
    let distance = |a: &Observation, b: &Observation| (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2);
    // A set of n of our states belongs to the first n earlier ones: its least cost, and who came last.
    let mut least = vec![(f64::INFINITY, 0); 1 << k];
    least[0].0 = 0.0;
    for set in 1_usize..1 << k {
        let place = set.count_ones() as usize - 1;
        for state in (0..k).filter(|state| set >> state & 1 == 1) {
            let cost = least[set & !(1 << state)].0 + distance(&ours[state], &earlier[place]);
            if cost < least[set].0 {
                least[set] = (cost, state);
            }
        }
    }
    let mut order = vec![0; k];
    let mut set = (1 << k) - 1;
    for place in (0..k).rev() {
        order[place] = least[set].1;
        set &= !(1 << order[place]);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_the_least_sum_and_not_greedily() {
        let earlier = [[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]];
        let ours = [[5.1, 5.0], [0.1, 0.0], [0.9, 0.1]];
        assert_eq!(minimum_distance(&ours, &earlier).unwrap(), [1, 2, 0]);
        // The closest pair (1 with 1.4) would leave 0 with 3.
        let (earlier, ours) = ([[0.0, 0.0], [1.0, 0.0]], [[1.4, 0.0], [3.0, 0.0]]);
        assert_eq!(minimum_distance(&ours, &earlier).unwrap(), [0, 1]);
        assert_eq!(minimum_distance(&ours[..1], &earlier), Err(MatchError { ours: 1, earlier: 2 }));
    }
}
