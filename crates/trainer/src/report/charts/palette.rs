//! Colours of the charts.
//!
//! `PAPER`, `INK`, `MUTED` and `GRID` are the chart's furniture: the page's style sheet looks for exactly
//! these values and swaps them in dark mode, so nothing else may use them.

use plotters::style::RGBColor;

/// Background.
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Titles and the price line.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
/// Axis labels.
pub(super) const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6e);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xd8, 0xde, 0xe4);
/// The one accent.
pub(super) const ACCENT: RGBColor = RGBColor(0x2f, 0x6d, 0xb5);
/// A lighter accent for what comes second.
pub(super) const ACCENT_SOFT: RGBColor = RGBColor(0x9c, 0xbd, 0xe2);
/// Furniture-like bars that carry data.
pub(super) const NEUTRAL: RGBColor = RGBColor(0xa9, 0xb3, 0xbd);
/// What the accent is compared with: quieter, readable on light and on dark paper.
pub(super) const QUIET: RGBColor = RGBColor(0x7c, 0x87, 0x93);
/// What speaks against, where the accent speaks for; told from it by colour-blind readers too.
pub(super) const AGAINST: RGBColor = RGBColor(0xe0, 0x8a, 0x2e);
/// Rows that may not be learnt from, because their label looks into rows that are answered for.
pub(super) const PURGE: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
/// Rows that may not be learnt from, because they look back into rows that are answered for.
pub(super) const EMBARGO: RGBColor = RGBColor(0xe0, 0xae, 0xca);
/// Text on light tiles; the same in light and dark mode.
pub(super) const ON_LIGHT: RGBColor = RGBColor(0x14, 0x18, 0x1c);
/// Text on dark tiles; the same in light and dark mode.
pub(super) const ON_DARK: RGBColor = RGBColor(0xfd, 0xfd, 0xfd);

/// Tile of an empty cell; a little off `PAPER` so that dark mode leaves it alone.
const TILE_EMPTY: RGBColor = RGBColor(0xf4, 0xf7, 0xfb);
/// Tile of a full cell.
const TILE_FULL: RGBColor = RGBColor(0x14, 0x4a, 0x87);

/// Paul Tol's muted scheme, distinct for colour-blind readers.
const OTHERS: [RGBColor; 9] = [
    RGBColor(0x33, 0x22, 0x88),
    RGBColor(0x88, 0xcc, 0xee),
    RGBColor(0x11, 0x77, 0x33),
    RGBColor(0xdd, 0xcc, 0x77),
    RGBColor(0xcc, 0x66, 0x77),
    RGBColor(0x44, 0xaa, 0x99),
    RGBColor(0x88, 0x22, 0x55),
    RGBColor(0x99, 0x99, 0x33),
    RGBColor(0xaa, 0x44, 0x99),
];

/// The colour of a class: fixed for the known names, else by its index.
pub(super) fn class(name: &str, index: usize) -> RGBColor {
    match name {
        "low" => RGBColor(0x56, 0xb4, 0xe9),
        "high" => RGBColor(0xe6, 0x9f, 0x00),
        "bearish" => RGBColor(0xd5, 0x5e, 0x00),
        "neutral" => RGBColor(0xb4, 0xbc, 0xc4),
        "bullish" => RGBColor(0x00, 0x9e, 0x73),
        "bull_low_vol" => RGBColor(0x6c, 0xc9, 0xab),
        "bull_high_vol" => RGBColor(0x00, 0x70, 0x52),
        "bear_low_vol" => RGBColor(0xf2, 0xa4, 0x72),
        "bear_high_vol" => RGBColor(0xb0, 0x4a, 0x00),
        "sideways_low_vol" => RGBColor(0xc3, 0xca, 0xd1),
        "sideways_high_vol" => RGBColor(0x78, 0x83, 0x8f),
        _ => other(index),
    }
}

/// The colour of the index-th of several that have none of their own.
pub(super) fn other(index: usize) -> RGBColor {
    OTHERS[index % OTHERS.len()]
}

/// The tile of a share from 0 to 1.
pub(super) fn tile(share: f64) -> RGBColor {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * share).round() as u8;
    RGBColor(mix(TILE_EMPTY.0, TILE_FULL.0), mix(TILE_EMPTY.1, TILE_FULL.1), mix(TILE_EMPTY.2, TILE_FULL.2))
}

/// The text colour that is easier to read on `background`.
pub(super) fn text_on(background: RGBColor) -> RGBColor {
    let channel = |value: u8| (f64::from(value) / 255.0).powf(2.2);
    let luminance =
        0.2126 * channel(background.0) + 0.7152 * channel(background.1) + 0.0722 * channel(background.2);
    if luminance > 0.3 { ON_LIGHT } else { ON_DARK }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_dark_on_light_tiles_and_light_on_dark_ones() {
        assert_eq!(text_on(tile(0.0)), ON_LIGHT);
        assert_eq!(text_on(tile(1.0)), ON_DARK);
        assert_eq!(tile(f64::NAN), tile(0.0));
    }

    #[test]
    fn neighbouring_unknown_classes_differ() {
        assert_ne!(class("a", 0), class("b", 1));
        assert_eq!(class("low", 0), class("low", 1));
    }
}
