//! Counts as people read them.

/// `33351` as `33,351`.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_three_from_the_right() {
        for (count, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (33_351, "33,351"), (1_234_567, "1,234,567")]
        {
            assert_eq!(thousands(count), text);
        }
    }
}
