//! Drawing in chart pixels, on whatever backend lies below.

use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawResult, DrawingArea, DrawingBackend, PathElement, RGBColor, Rectangle, ShapeStyle, Text,
    TextStyle,
};
use plotters::style::IntoFont;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The embedded font's name for the bitmap; as a CSS list, so that SVG viewers fall back sensibly.
pub(super) const FONT: &str = "DejaVu Sans, system-ui, sans-serif";
/// Size of most text, in chart pixels.
pub(super) const BODY: i32 = 12;
/// Size of titles.
pub(super) const TITLE: i32 = 15;

/// What a backend makes of a chart pixel and of a font.
#[derive(Debug, Clone, Copy)]
pub(super) struct Medium {
    /// Backend pixels per chart pixel.
    pub(super) scale: u32,
    /// plotters' font size of a text whose em is one.
    font_size: f64,
    /// How far, in em, centred text has to be moved down to look centred.
    drop: f64,
}

/// plotters divides its font sizes by 1.24 and centres by x-height.
pub(super) const SVG: Medium = Medium { scale: 1, font_size: 1.24, drop: 0.08 };

/// Twice the pixels, for sharp text on dense screens and paper. The font's ascent and descent are 1.164 em.
pub(super) const PNG: Medium = Medium { scale: 2, font_size: 1.164, drop: 0.25 };

/// A point in chart pixels.
pub(super) type Point = (i32, i32);

/// How a piece of text looks and where its anchor is. It is always centred vertically.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    size: i32,
    color: RGBColor,
    anchor: HPos,
}

/// Text that starts at its anchor.
pub(super) const fn left(size: i32, color: RGBColor) -> Lettering {
    Lettering { size, color, anchor: HPos::Left }
}

/// Text around its anchor.
pub(super) const fn centered(size: i32, color: RGBColor) -> Lettering {
    Lettering { size, color, anchor: HPos::Center }
}

/// Text that ends at its anchor.
pub(super) const fn right(size: i32, color: RGBColor) -> Lettering {
    Lettering { size, color, anchor: HPos::Right }
}

/// Draws in chart pixels.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    medium: Medium,
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    pub(super) fn new(area: &'a DrawingArea<DB, Shift>, medium: Medium) -> Self {
        Self { area, medium }
    }

    fn scale(&self) -> i32 {
        self.medium.scale.cast_signed()
    }

    fn scaled(&self, (x, y): Point) -> Point {
        (x * self.scale(), y * self.scale())
    }

    /// A filled rectangle.
    pub(super) fn block(&self, (x, y): Point, (width, height): Point, color: RGBColor) -> DrawResult<(), DB> {
        let corners = [self.scaled((x, y)), self.scaled((x + width, y + height))];
        self.area.draw(&Rectangle::new(corners, ShapeStyle::from(&color).filled()))
    }

    /// A line through points.
    pub(super) fn line(&self, points: &[Point], color: RGBColor) -> DrawResult<(), DB> {
        self.stroke(points, 1, color)
    }

    /// A line of some width through points.
    pub(super) fn stroke(&self, points: &[Point], width: u32, color: RGBColor) -> DrawResult<(), DB> {
        let style = ShapeStyle::from(&color).stroke_width(width * self.medium.scale);
        let points: Vec<Point> = points.iter().map(|point| self.scaled(*point)).collect();
        if self.medium.scale == 1 {
            return self.area.draw(&PathElement::new(points, style));
        }
        // The bitmap backend tears wide lines at sharp turns, so each piece is a line of its own.
        for piece in points.windows(2) {
            self.area.draw(&PathElement::new(piece.to_vec(), style))?;
        }
        Ok(())
    }

    /// A filled circle.
    pub(super) fn dot(&self, center: Point, radius: i32, color: RGBColor) -> DrawResult<(), DB> {
        let style = ShapeStyle::from(&color).filled();
        self.area.draw(&Circle::new(self.scaled(center), radius * self.scale(), style))
    }

    /// A piece of text.
    pub(super) fn text(&self, text: &str, at: Point, look: Lettering) -> DrawResult<(), DB> {
        let em = f64::from(look.size * self.scale());
        let (x, y) = self.scaled(at);
        let at = (x, y + (em * self.medium.drop).round() as i32);
        let style = TextStyle::from((FONT, em * self.medium.font_size).into_font())
            .color(&look.color)
            .pos(Pos::new(look.anchor, VPos::Center));
        self.area.draw(&Text::new(text.to_owned(), at, style))
    }

    /// A colour sample with its name; answers how wide both are.
    pub(super) fn key(&self, name: &str, (x, y): Point, color: RGBColor) -> DrawResult<i32, DB> {
        self.block((x, y - 5), (10, 10), color)?;
        self.text(name, (x + 15, y), left(BODY, super::palette::MUTED))?;
        Ok(15 + text_width(name, BODY) + 14)
    }
}

/// About how wide a text is.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * f64::from(size) * 0.62).ceil() as i32
}

/// The text, cut with an ellipsis where it would be wider than `width`.
pub(super) fn fitted(text: &str, size: i32, width: i32) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let fits = (f64::from(width) / (f64::from(size) * 0.62)) as usize;
    text.chars().take(fits.saturating_sub(1)).chain(['…']).collect()
}

/// As [`fitted`], but cut in the middle: names that begin alike differ at their ends.
pub(super) fn shortened(text: &str, size: i32, width: i32) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let fits = (f64::from(width) / (f64::from(size) * 0.62)) as usize;
    let letters: Vec<char> = text.chars().collect();
    let kept = fits.saturating_sub(1).min(letters.len());
    let (start, end) = (kept.div_ceil(2), letters.len() - kept / 2);
    letters[..start].iter().chain(['…'].iter()).chain(&letters[end..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut() {
        assert_eq!(fitted("short", 12, 100), "short");
        let cut = fitted("a_very_long_feature_name", 12, 80);
        assert!(cut.ends_with('…') && text_width(&cut, 12) <= 80, "{cut}");
    }
    #[test]
    fn names_keep_both_ends() {
        assert_eq!(shortened("short", 12, 100), "short");
        let cut = shortened("change_quantiles_0.2_to_0.8", 12, 80);
        assert!(cut.starts_with("chan") && cut.ends_with("_0.8") && cut.contains('…'), "{cut}");
        assert!(text_width(&cut, 12) <= 80);
        assert_eq!(shortened("anything", 12, 0), "…");
    }
}
