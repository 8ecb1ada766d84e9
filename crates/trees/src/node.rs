//! The nodes of a tree, and walking down them.

/// A node in 8 bytes. Nodes are kept depth-first: the left child follows its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Of a split, from the highest bit: its column (15 bits), whether a missing value goes left (1 bit), and the
    /// limit (16 bits) below which the bin of a value, counted one higher where missing values go left, goes left.
    /// [`LEAF`] in a leaf: column 0, and no bin is below the limit.
    pub(crate) split: u32,
    /// The right child, further on; of a leaf itself.
    pub(crate) right: u32,
}

/// In place of a leaf's split.
pub(crate) const LEAF: u32 = 0;
/// Most columns.
pub(crate) const MOST_COLUMNS: usize = 32_768;
/// The highest bin that a split can be behind.
pub(crate) const LAST_BIN: usize = 65_533;
/// The highest for which a byte holds every bin.
pub(crate) const LAST_NARROW_BIN: usize = 254;

impl Node {
    /// Bins up to and including `bin` go left. The place of its right child is not known yet.
    pub(crate) fn split(column: usize, bin: usize, missing_left: bool) -> Self {
        let flag = u32::from(missing_left);
        Self { split: (column as u32) << 17 | flag << 16 | (bin as u32 + 1 + flag), right: 0 }
    }

    /// A leaf at position `own`.
    pub(crate) fn leaf(own: usize) -> Self {
        Self { split: LEAF, right: own as u32 }
    }

    pub(crate) fn is_leaf(self) -> bool {
        self.split == LEAF
    }

    /// The column of a split.
    pub(crate) fn column(self) -> usize {
        (self.split >> 17) as usize
    }

    /// Whether a split sends missing values left.
    pub(crate) fn missing_left(self) -> bool {
        self.split >> 16 & 1 == 1
    }

    /// The last bin that a split sends left; none when the limit leaves no bin.
    pub(crate) fn bin(self) -> Option<usize> {
        (self.split as u16).checked_sub(1 + u16::from(self.missing_left())).map(usize::from)
    }

    /// The same split with the bins numbered anew.
    pub(crate) fn with_bin(self, bin: usize) -> Self {
        Self { right: self.right, ..Self::split(self.column(), bin, self.missing_left()) }
    }

    /// Whether a split sends a value of this bin left.
    pub(crate) fn goes_left(self, bin: impl Bin) -> bool {
        bin.raised(self.missing_left()) < self.split as u16
    }
}

/// A value's bin, as wide as the number of bins asks for; its largest number is for missing values.
pub(crate) trait Bin: Copy + Default + Send + Sync {
    const MISSING: Self;

    /// The bin, counted one higher if asked for, where a missing value's becomes zero.
    fn raised(self, by_one: bool) -> u16;
    fn new(bin: usize) -> Self;
}

impl Bin for u8 {
    const MISSING: Self = Self::MAX;

    fn raised(self, by_one: bool) -> u16 {
        u16::from(self.wrapping_add(u8::from(by_one)))
    }

    fn new(bin: usize) -> Self {
        bin as Self
    }
}

impl Bin for u16 {
    const MISSING: Self = Self::MAX;

    fn raised(self, by_one: bool) -> u16 {
        self.wrapping_add(Self::from(by_one))
    }

    fn new(bin: usize) -> Self {
        bin as Self
    }
}

/// How many walks go on at once: they wait for memory together instead of one after another.
pub(crate) const WALKS: usize = 8;

/// Steps of all walks between looks whether all have ended; a walk that has steps on the spot.
const STEPS: usize = 4;

/// Walks from each node in `at` down to a leaf; `at` ends holding the leaves' nodes. `bin_of` tells the bin of each
/// walk's row in a column.
#[expect(clippy::inline_always, reason = "what tells the bins is to be part of the loop")]
#[inline(always)]
pub(crate) fn walk<B: Bin>(nodes: &[Node], at: &mut [u32; WALKS], bin_of: impl Fn(usize, usize) -> B) {
    loop {
        let before = *at;
        for _ in 0..STEPS {
            for (walk, own) in at.iter_mut().enumerate() {
                let node = nodes[*own as usize];
                let left = node.goes_left(bin_of(walk, node.column()));
                *own = std::hint::select_unpredictable(left, *own + 1, node.right);
            }
        }
        if before == *at {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_keeps_what_it_was_made_of() {
        for column in [0, 5, MOST_COLUMNS - 1] {
            for bin in [0, 7, LAST_BIN] {
                for missing_left in [false, true] {
                    let node = Node::split(column, bin, missing_left);
                    assert!(!node.is_leaf());
                    assert_eq!(
                        (node.column(), node.bin(), node.missing_left()),
                        (column, Some(bin), missing_left)
                    );
                    assert!(node.goes_left(bin as u16) && !node.goes_left(bin as u16 + 1));
                    assert_eq!(node.goes_left(u16::MISSING), missing_left);
                    assert_eq!(node.with_bin(3), Node::split(column, 3, missing_left));
                }
            }
        }
        assert!(Node::leaf(9).is_leaf());
        assert_eq!(Node::leaf(9).bin(), None);
    }

    #[test]
    fn bytes_go_where_wide_bins_go() {
        for bin in 0..=LAST_NARROW_BIN {
            for missing_left in [false, true].into_iter().take(if bin < LAST_NARROW_BIN { 2 } else { 1 }) {
                let node = Node::split(3, bin, missing_left);
                for value in 0..=254_u8 {
                    assert_eq!(node.goes_left(value), node.goes_left(u16::from(value)), "{bin} {value}");
                }
                assert_eq!(node.goes_left(u8::MISSING), missing_left);
            }
        }
    }

    #[test]
    fn walks_end_in_their_leaves() {
        let split =
            |column, bin, missing_left, right| Node { right, ..Node::split(column, bin, missing_left) };
        let nodes =
            [split(0, 1, false, 2), Node::leaf(1), split(1, 5, true, 4), Node::leaf(3), Node::leaf(4)];
        let rows = [
            [1, 9],
            [2, 5],
            [2, 6],
            [u16::MISSING, 0],
            [9, 65_534],
            [0, u16::MISSING],
            [2, u16::MISSING],
            [u16::MISSING, 9],
        ];
        let mut at = [0; WALKS];
        walk(&nodes, &mut at, |walk, column| rows[walk % 8][column]);
        assert_eq!(at[..8], [1, 3, 4, 3, 4, 1, 3, 4]);
    }
}
