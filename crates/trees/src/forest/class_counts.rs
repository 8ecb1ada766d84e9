//! Class counts of a node or of a bin, packed for speed.

/// A training row of a tree.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Item {
    /// Position among the training rows.
    pub(crate) row: u32,
    /// How often the bootstrap drew it.
    pub(crate) draws: u16,
    /// Its class.
    pub(crate) class: u8,
}

/// How many rows, and how much weight in each class.
pub(crate) trait ClassCounts: Copy {
    /// What one row adds.
    type Part: Copy;
    /// No rows.
    const EMPTY: Self;

    /// What a row adds, of which each draw weighs `weight`.
    fn part(item: Item, weight: f64) -> Self::Part;
    fn add(&mut self, part: Self::Part);
    fn plus(self, other: Self) -> Self;
    /// `other` must be part of `self`.
    fn minus(self, other: Self) -> Self;
    /// Distinct rows.
    fn rows(&self) -> u32;
    /// Weight over all classes.
    fn weight(&self) -> f64;
    /// Sum over classes of the squared weight.
    fn squares(&self) -> f64;
    /// Weight of one class.
    fn class(&self, class: usize) -> f64;
}

/// Up to three classes and the rows in 16 bits each, for nodes of a weight that fits 16 bits and rows that count
/// the same: adding two counts is one addition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedCounts(u64);

impl PackedCounts {
    /// Most classes it can count.
    pub(crate) const MOST_CLASSES: usize = 3;
    /// Most draws it can hold.
    pub(crate) const MOST_DRAWS: u32 = u16::MAX as u32;

    fn lanes(self) -> [u64; 3] {
        [self.0 & 0xffff, self.0 >> 16 & 0xffff, self.0 >> 32 & 0xffff]
    }
}

impl ClassCounts for PackedCounts {
    type Part = u64;
    const EMPTY: Self = Self(0);

    fn part(item: Item, _weight: f64) -> u64 {
        1 << 48 | u64::from(item.draws) << (16 * u32::from(item.class))
    }

    fn add(&mut self, part: u64) {
        self.0 += part;
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    fn minus(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }

    fn rows(&self) -> u32 {
        (self.0 >> 48) as u32
    }

    fn weight(&self) -> f64 {
        let [a, b, c] = self.lanes();
        f64::from((a + b + c) as u32)
    }

    fn squares(&self) -> f64 {
        let [a, b, c] = self.lanes();
        (a * a + b * b + c * c) as i64 as f64
    }

    fn class(&self, class: usize) -> f64 {
        f64::from((self.0 >> (16 * class) & 0xffff) as u32)
    }
}

/// Up to `N - 1` classes in 32 bits each, for rows that count the same; the rows are last.
impl<const N: usize> ClassCounts for [u32; N] {
    type Part = (u8, u16);
    const EMPTY: Self = [0; N];

    fn part(item: Item, _weight: f64) -> (u8, u16) {
        (item.class, item.draws)
    }

    fn add(&mut self, (class, draws): (u8, u16)) {
        self[usize::from(class)] += u32::from(draws);
        self[N - 1] += 1;
    }

    fn plus(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(a, b)| *a += b);
        self
    }

    fn minus(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(a, b)| *a -= b);
        self
    }

    fn rows(&self) -> u32 {
        self[N - 1]
    }

    fn weight(&self) -> f64 {
        f64::from(self[..N - 1].iter().sum::<u32>())
    }

    fn squares(&self) -> f64 {
        self[..N - 1].iter().map(|&n| u64::from(n) * u64::from(n)).sum::<u64>() as i64 as f64
    }

    fn class(&self, class: usize) -> f64 {
        f64::from(self[class])
    }
}

/// Up to `N - 1` classes of any weight; the rows are last.
impl<const N: usize> ClassCounts for [f64; N] {
    type Part = (u8, f64);
    const EMPTY: Self = [0.0; N];

    fn part(item: Item, weight: f64) -> (u8, f64) {
        (item.class, f64::from(item.draws) * weight)
    }

    fn add(&mut self, (class, weight): (u8, f64)) {
        self[usize::from(class)] += weight;
        self[N - 1] += 1.0;
    }

    fn plus(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(a, b)| *a += b);
        self
    }

    /// A class that is all in `other` is left with no weight, whatever rounding says.
    fn minus(mut self, other: Self) -> Self {
        self.iter_mut().zip(other).for_each(|(a, b)| *a = (*a - b).max(0.0));
        self
    }

    fn rows(&self) -> u32 {
        self[N - 1] as u32
    }

    fn weight(&self) -> f64 {
        self[..N - 1].iter().sum()
    }

    fn squares(&self) -> f64 {
        self[..N - 1].iter().map(|weight| weight * weight).sum()
    }

    fn class(&self, class: usize) -> f64 {
        self[class]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted<C: ClassCounts>(items: &[(u16, u8)]) -> C {
        let mut counts = C::EMPTY;
        for &(draws, class) in items {
            counts.add(C::part(Item { row: 9, draws, class }, 1.0));
        }
        counts
    }

    fn facts<C: ClassCounts>(counts: C) -> (u32, f64, f64, [f64; 3]) {
        (counts.rows(), counts.weight(), counts.squares(), [0, 1, 2].map(|class| counts.class(class)))
    }

    #[test]
    fn packed_wide_and_weighted_counts_agree() {
        let (some, more) = ([(2, 0), (1, 2), (1, 0)], [(65_500, 1), (3, 2)]);
        let (packed, wide) = (counted::<PackedCounts>(&some), counted::<[u32; 4]>(&some));
        let weighted = counted::<[f64; 4]>(&some);
        assert_eq!(facts(packed), (3, 4.0, 10.0, [3.0, 0.0, 1.0]));
        assert_eq!(facts(wide), facts(packed));
        assert_eq!(facts(weighted), facts(packed));
        let (both, wide) = (packed.plus(counted(&more)), wide.plus(counted(&more)));
        let weighted = weighted.plus(counted(&more));
        assert_eq!(
            facts(both),
            (5, 65_507.0, f64::from(9 + 65_500_u32) + 65_499.0 * 65_500.0 + 16.0, [3.0, 65_500.0, 4.0])
        );
        assert_eq!(facts(wide), facts(both));
        assert_eq!(facts(weighted), facts(both));
        assert_eq!(facts(both.minus(packed)), facts(counted::<PackedCounts>(&more)));
        assert_eq!(facts(wide.minus(counted(&some))), facts(counted::<[u32; 8]>(&more)));
        assert_eq!(facts(weighted.minus(counted(&some))), facts(counted::<[f64; 8]>(&more)));
    }

    #[test]
    fn a_weight_counts_each_draw() {
        let mut counts = <[f64; 4]>::EMPTY;
        counts.add(<[f64; 4]>::part(Item { row: 0, draws: 3, class: 1 }, 0.5));
        assert_eq!(facts(counts), (1, 1.5, 2.25, [0.0, 1.5, 0.0]));
    }
}
