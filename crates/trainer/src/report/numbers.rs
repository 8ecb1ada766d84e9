//! Numbers as people read them. What is not finite is a dash, never `NaN`.

pub(super) use data::thousands;

/// Stands for a number that is not there.
pub(crate) const DASH: &str = "–";

/// A fixed number of decimals, with a true minus sign and no negative zero.
pub(crate) fn decimals(value: f64, places: usize) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    let text = format!("{:.places$}", value.abs());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// As [`decimals`], with a plus sign above zero.
pub(crate) fn signed(value: f64, places: usize) -> String {
    let text = decimals(value, places);
    let rounds_to_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value.is_finite() && value > 0.0 && !rounds_to_zero { format!("+{text}") } else { text }
}

/// As [`decimals`], with thousands separators.
pub(super) fn grouped(value: f64, places: usize) -> String {
    let text = decimals(value, places);
    let (sign, text) = text.strip_prefix('−').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, rest) = text.find('.').map_or((text, ""), |point| text.split_at(point));
    match whole.parse() {
        Ok(whole) => format!("{sign}{}{rest}", thousands(whole)),
        Err(_) => format!("{sign}{text}"),
    }
}

/// Of any size, with about `digits` digits that say something: `1,234`, `0.0123`, `1.2e−16`.
pub(super) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return DASH.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor();
    if !(-5.0..9.0).contains(&exponent) {
        return format!("{value:.0$e}", digits.saturating_sub(2)).replace('-', "−");
    }
    let places = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    let text = grouped(value, places);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as `12.3%`.
pub(super) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{}%", decimals(share * 100.0, 1)) } else { DASH.to_owned() }
}

/// As [`percent`], without decimals that say nothing: `10%`.
pub(super) fn round_percent(share: f64) -> String {
    let text = percent(share);
    text.strip_suffix(".0%").map_or(text.clone(), |whole| format!("{whole}%"))
}

/// As [`percent`], without decimals.
pub(super) fn whole_percent(share: f64) -> String {
    if share.is_finite() { format!("{}%", decimals(share * 100.0, 0)) } else { DASH.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!([decimals(-0.5, 2), decimals(-0.001, 2), decimals(1.0, 0)], ["−0.50", "0.00", "1"]);
        assert_eq!([signed(0.25, 2), signed(0.001, 2), signed(-0.25, 2)], ["+0.25", "0.00", "−0.25"]);
        assert_eq!([grouped(12_345.678, 2), grouped(-1234.0, 0)], ["12,345.68", "−1,234"]);
        assert_eq!([percent(0.1234), percent(1.0)], ["12.3%", "100.0%"]);
        assert_eq!([round_percent(0.25), round_percent(0.125)], ["25%", "12.5%"]);
        assert_eq!([whole_percent(0.934), whole_percent(1.0)], ["93%", "100%"]);
    }

    #[test]
    fn numbers_of_any_size_keep_what_they_say() {
        let shown = [0.012_345, -0.5, 14.0, 1_234_567.8, 0.0].map(|value| significant(value, 3));
        assert_eq!(shown, ["0.0123", "−0.5", "14", "1,234,568", "0"]);
        assert_eq!(
            [2.22e-16, -3e-9, 6.02e23].map(|value| significant(value, 3)),
            ["2.2e−16", "−3.0e−9", "6.0e23"]
        );
    }

    #[test]
    fn what_is_not_finite_is_a_dash() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!([decimals(value, 2), signed(value, 2), grouped(value, 1), percent(value)], [DASH; 4]);
            assert_eq!([round_percent(value), whole_percent(value), significant(value, 3)], [DASH; 3]);
        }
    }
}
