//! States that are no regimes.

/// More switches per 1,000 bars than this is alternation, not regimes.
const MAXIMUM_SWITCHES: f64 = 200.0;
/// A state that holds a smaller share of the bars is no regime.
const MINIMUM_SHARE: f64 = 0.01;

/// What is wrong with the states of a fitted detector.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Degeneracy {
    /// States alternate instead of lasting.
    #[error("switches {per_thousand:.0} times per 1,000 bars, which is alternation, not regimes")]
    Alternating {
        /// Switches per 1,000 bars.
        per_thousand: f64,
    },
    /// A state that is hardly ever visited.
    #[error("has a state, number {state}, that holds {:.2}% of the bars; fewer states may fit", share * 100.0)]
    EmptyState {
        /// Its index, by log-volatility.
        state: usize,
        /// Its share of the bars.
        share: f64,
    },
}

/// Refuses states, one for each bar that has one, that alternate or leave a state without bars.
pub(crate) fn check(states: impl IntoIterator<Item = Option<u8>>, n_states: usize) -> Result<(), Degeneracy> {
    let states: Vec<u8> = states.into_iter().flatten().collect();
    let switches = states.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let per_thousand = 1000.0 * switches as f64 / states.len() as f64;
    if per_thousand > MAXIMUM_SWITCHES {
        return Err(Degeneracy::Alternating { per_thousand });
    }
    for state in 0..n_states {
        let held = states.iter().filter(|held| usize::from(**held) == state).count();
        let share = held as f64 / states.len() as f64;
        if share < MINIMUM_SHARE {
            return Err(Degeneracy::EmptyState { state, share });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternation_and_empty_states_are_found() {
        let every = |bars: usize| (0..1000).map(|t| Some((t / bars % 2) as u8)).collect::<Vec<_>>();
        assert_eq!(check(every(5), 2), Ok(()));
        assert!(matches!(check(every(4), 2), Err(Degeneracy::Alternating { .. })));
        assert_eq!(check(every(100), 3), Err(Degeneracy::EmptyState { state: 2, share: 0.0 }));
        let rare = |bars: usize| (0..1000).map(|t| Some(u8::from(t < bars))).collect::<Vec<_>>();
        assert_eq!(check(rare(10), 2), Ok(()));
        assert_eq!(check(rare(9), 2), Err(Degeneracy::EmptyState { state: 1, share: 0.009 }));
    }
}
