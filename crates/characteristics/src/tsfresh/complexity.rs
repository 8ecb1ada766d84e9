//! Complexity of the order of values: permutations, words, similar templates.

use super::entropy::entropy;
use super::feature::TsfreshFeature;
use super::histogram::edge;
use super::summary::Summary;

const WORD_BINS: [usize; 2] = [3, 10];
const MOST_BINS: usize = 10;
/// Templates are similar within this share of σ.
const TOLERANCE: f64 = 0.2;
/// A word that has not been seen.
const NONE: u32 = u32::MAX;

pub(super) const FEATURES: [TsfreshFeature; 6] = [
    TsfreshFeature::new(
        "permutation_entropy__dimension_3__tau_1",
        "−Σ p ln p over the orders of 3 neighbours, Bandt and Pompe 2002; equal values rank in time order",
        "nats",
        "[0, ln 6]",
    ),
    TsfreshFeature::new("permutation_entropy__dimension_4__tau_1", "the same of 4", "nats", "[0, ln 24]"),
    TsfreshFeature::new("permutation_entropy__dimension_5__tau_1", "the same of 5", "nats", "[0, ln 120]"),
    TsfreshFeature::new(
        "lempel_ziv_complexity__bins_3",
        "words of the Lempel–Ziv (1978) parse of the values in 3 equal bins / n",
        "1",
        "(0, 1]",
    ),
    TsfreshFeature::new("lempel_ziv_complexity__bins_10", "the same in 10 bins", "1", "(0, 1]"),
    TsfreshFeature::new(
        "sample_entropy",
        "ln(B/A), B and A the pairs of templates of 2 and of 3 values within 0.2 σ of each other; where there is no \
         pair, one is assumed",
        "nats",
        "≥ 0, about",
    ),
];

/// Room for words and similarities.
#[derive(Debug, Clone)]
pub(super) struct Complexity {
    /// Tree of words: `words[word * bins + bin]` is the word that `bin` makes of `word`.
    words: Vec<u32>,
    similar: Vec<u8>,
}

impl Complexity {
    pub(super) fn new(window: usize) -> Self {
        Self { words: vec![NONE; (window + 1) * MOST_BINS], similar: vec![0; window] }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        out[0] = permutation_entropy::<3, 6>(window.values);
        out[1] = permutation_entropy::<4, 24>(window.values);
        out[2] = permutation_entropy::<5, 120>(window.values);
        for (slot, bins) in out[3..].iter_mut().zip(WORD_BINS) {
            *slot = self.lempel_ziv(window, bins);
        }
        out[5] = self.sample_entropy(window);
    }

    /// Each word is the shortest one not seen before; the last may be unfinished and does not count.
    fn lempel_ziv(&mut self, window: &Summary<'_>, bins: usize) -> f64 {
        let upper: [f64; MOST_BINS] =
            std::array::from_fn(|bin| edge((bin + 1).min(bins), bins, window.minimum(), window.maximum()));
        let inner = &upper[..bins - 1];
        self.words.fill(NONE);
        let (mut seen, mut word) = (0, 0);
        for value in window.values {
            // An edge belongs to the bin below it.
            let bin = inner.iter().filter(|edge| *value > **edge).count();
            let next = &mut self.words[word * bins + bin];
            if *next == NONE {
                seen += 1;
                *next = seen;
                word = 0;
            } else {
                word = *next as usize;
            }
        }
        f64::from(seen) / window.n()
    }

    fn sample_entropy(&mut self, window: &Summary<'_>) -> f64 {
        let (values, n) = (window.values, window.values.len());
        let tolerance = TOLERANCE * window.deviation;
        let (mut of_two, mut of_three) = (0_u32, 0_u32);
        for lag in 1..n {
            let similar = &mut self.similar[..n - lag];
            for (flag, (early, late)) in similar.iter_mut().zip(values.iter().zip(&values[lag..])) {
                *flag = u8::from((early - late).abs() <= tolerance);
            }
            of_two += similar.windows(2).map(|pair| u32::from(pair[0] & pair[1])).sum::<u32>();
            of_three +=
                similar.windows(3).map(|three| u32::from(three[0] & three[1] & three[2])).sum::<u32>();
        }
        (f64::from(of_two.max(1)) / f64::from(of_three.max(1))).ln()
    }
}

/// Entropy of the orders of `ORDER` neighbours; `ORDERS` is the factorial of `ORDER`.
fn permutation_entropy<const ORDER: usize, const ORDERS: usize>(values: &[f64]) -> f64 {
    let mut counts = [0_u32; ORDERS];
    let chunks = values.len() - ORDER + 1;
    for chunk in values.windows(ORDER) {
        // The Lehmer code numbers the permutations.
        let mut code = 0;
        for first in 0..ORDER {
            let smaller = chunk[first + 1..].iter().filter(|later| **later < chunk[first]).count();
            code = code * (ORDER - first) + smaller;
        }
        counts[code] += 1;
    }
    entropy(&counts, chunks)
}

#[cfg(test)]
mod tests {
    use super::super::summary::SummaryRoom;
    use super::*;

    fn with_summary<T>(values: &[f64], answer: impl FnOnce(&mut Complexity, &Summary<'_>) -> T) -> T {
        let mut room = SummaryRoom::new(values.len());
        answer(&mut Complexity::new(values.len()), &room.summarise(values))
    }

    /// Windows (4 7 9), (7 9 10), (9 10 6), (10 6 11), (6 11 3): two rise, two have their last value below the
    /// first, one has its middle value lowest.
    #[test]
    fn orders_of_three_neighbours() {
        let entropy = permutation_entropy::<3, 6>(&[4.0, 7.0, 9.0, 10.0, 6.0, 11.0, 3.0]);
        assert!((entropy - (-0.8 * 0.4_f64.ln() - 0.2 * 0.2_f64.ln())).abs() < 1e-15);
    }

    #[test]
    fn equal_neighbours_count_as_rising() {
        let entropy = permutation_entropy::<4, 24>(&[1.0, 1.0, 2.0, 2.0, 2.0, 3.0]);
        assert!(entropy.abs() < 1e-15);
    }

    /// 1, 0, 01, 11.
    #[test]
    fn words_of_two_letters() {
        let share = with_summary(&[1.0, 0.0, 0.0, 1.0, 1.0, 1.0], |room, window| room.lempel_ziv(window, 2));
        assert!((share - 4.0 / 6.0).abs() < 1e-15);
    }

    /// 0 1 0 1 0: of the templates of two, (0 1) and (1 0) occur twice each; of three, (0 1 0) twice.
    #[test]
    fn pairs_of_similar_templates() {
        let entropy = with_summary(&[0.0, 1.0, 0.0, 1.0, 0.0], Complexity::sample_entropy);
        assert!((entropy - 2.0_f64.ln()).abs() < 1e-15);
    }
    /// (0 10) occurs three times, thrice another value follows: no pair of three, one is assumed.
    #[test]
    fn no_similar_templates_count_as_one_pair() {
        let values = [0.0, 10.0, 60.0, 0.0, 10.0, 90.0, 0.0, 10.0, -40.0];
        let entropy = with_summary(&values, Complexity::sample_entropy);
        assert!((entropy - 3.0_f64.ln()).abs() < 1e-15);
    }
}
