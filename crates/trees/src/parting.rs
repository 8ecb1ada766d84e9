//! Parting rows at a split.

/// Moves what goes left before what goes right, both in the order they had; how many go left.
pub(crate) fn part<T: Copy>(values: &mut [T], spare: &mut [T], goes_left: impl Fn(T) -> bool) -> usize {
    let (mut left, mut right) = (0, 0);
    for i in 0..values.len() {
        let value = values[i];
        let stays = goes_left(value);
        values[left] = value;
        spare[right] = value;
        left += usize::from(stays);
        right += usize::from(!stays);
    }
    values[left..].copy_from_slice(&spare[..right]);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parting_keeps_the_order_on_both_sides() {
        let (mut values, mut spare) = ([5, 2, 8, 1, 9, 4], [0; 6]);
        assert_eq!(part(&mut values, &mut spare, |x| x < 5), 3);
        assert_eq!(values, [2, 1, 4, 5, 8, 9]);
        assert_eq!(part(&mut values[..3], &mut spare, |_| true), 3);
        assert_eq!(part(&mut values[..0], &mut spare, |_| true), 0);
    }
}
