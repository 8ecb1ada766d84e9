//! A semi-Markov chain with a minimum duration as a Markov chain over (state, age).

/// A stay lasts the minimum plus a geometric number of bars, then another state follows, each with the same
/// probability. Up to the minimum the age decides; from then on the chance to leave is the same at every bar, so one
/// age stands for all later ones and nothing is approximated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DurationChain {
    /// Number of states.
    pub(crate) states: usize,
    /// Ages told apart: 1 to the minimum, where the last stands for all later ones.
    pub(crate) ages: usize,
    /// Probability of leaving at each bar from the last age on.
    pub(crate) leave: f64,
}

impl DurationChain {
    /// Of stays of `mean` bars on average and `minimum` bars at least.
    pub(crate) fn new(states: usize, minimum: usize, mean: f64) -> Self {
        Self { states, ages: minimum.max(1), leave: 1.0 / (1.0 + mean - minimum as f64) }
    }

    /// Number of pairs (state, age).
    pub(crate) fn cells(&self) -> usize {
        self.states * self.ages
    }

    /// Moves masses on by one bar: `[states, ages, inner]`, where `inner` counts what the chain has no part in.
    pub(crate) fn advance(&self, masses: &mut [f64], inner: usize) {
        let (last, stride) = (self.ages - 1, self.ages * inner);
        let mut leaving = vec![0.0; self.states * inner];
        for (cells, leaving) in masses.chunks_exact_mut(stride).zip(leaving.chunks_exact_mut(inner)) {
            for (cell, leaving) in cells[last * inner..].iter_mut().zip(leaving) {
                *leaving = self.leave * *cell;
                *cell -= *leaving;
            }
            if last > 0 {
                for place in 0..inner {
                    cells[last * inner + place] += cells[(last - 1) * inner + place];
                }
                cells.copy_within(..(last - 1) * inner, inner);
                cells[..inner].fill(0.0);
            }
        }
        let share = 1.0 / (self.states - 1) as f64;
        for (from, leaving) in leaving.chunks_exact(inner).enumerate() {
            for to in (0..self.states).filter(|to| *to != from) {
                for (cell, leaving) in masses[to * stride..].iter_mut().zip(leaving) {
                    *cell += share * leaving;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_by_hand() {
        let chain = DurationChain::new(2, 3, 5.0);
        assert!((chain.leave - 1.0 / 3.0).abs() < 1e-15);
        // State 0 at ages 1, 2, 3 and beyond; then state 1.
        let mut masses = [0.2, 0.1, 0.3, 0.4, 0.0, 0.0];
        chain.advance(&mut masses, 1);
        for (mass, expected) in masses.iter().zip([0.0, 0.2, 0.1 + 0.2, 0.1, 0.4, 0.0]) {
            assert!((mass - expected).abs() < 1e-15, "{masses:?}");
        }
    }

    #[test]
    fn a_chain_without_a_minimum_is_an_ordinary_one_and_lanes_do_not_mix() {
        let chain = DurationChain::new(3, 0, 3.0);
        assert_eq!((chain.ages, chain.cells()), (1, 3));
        let mut masses = [0.8, 0.0, 0.0, 0.1, 0.0, 0.1];
        chain.advance(&mut masses, 2);
        for (mass, expected) in masses.iter().zip([0.6, 0.025, 0.1, 0.075 + 0.0125, 0.1, 0.075 + 0.0125]) {
            assert!((mass - expected).abs() < 1e-15, "{masses:?}");
        }
    }

    #[test]
    fn a_stay_has_the_mean_it_was_given() {
        let chain = DurationChain::new(2, 20, 120.0);
        let mut masses = vec![0.0; chain.cells()];
        masses[0] = 1.0;
        let (mut mean, mut left) = (0.0, 1.0);
        for _ in 0..10_000 {
            mean += left;
            chain.advance(&mut masses, 1);
            masses[chain.ages..].fill(0.0);
            left = masses.iter().sum();
        }
        assert!((mean - 120.0).abs() < 1e-6, "{mean}");
    }
}
