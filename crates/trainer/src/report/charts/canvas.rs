//! One drawing, two files: the same code draws the SVG and the PNG.

use std::sync::OnceLock;

use plotters::coord::Shift;
use plotters::prelude::{
    BitMapBackend, DrawResult, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend,
};
use plotters::style::{FontStyle, register_font};

use super::palette::PAPER;
use super::pen::{FONT, Medium, PNG, Pen, SVG};
use crate::report::RenderError;

static FONT_FILE: &[u8] = include_bytes!("../../../assets/DejaVuSans-subset.ttf");

/// Something that can be drawn.
pub(super) trait Drawing {
    /// Width and height in chart pixels.
    fn size(&self) -> (u32, u32);
    /// What it is called, for readers and screen readers.
    fn title(&self) -> String;
    /// Draws it.
    fn draw<DB: DrawingBackend>(&self, pen: &Pen<'_, DB>) -> DrawResult<(), DB>;
}

/// A finished chart.
#[derive(Debug)]
pub(crate) struct Chart {
    /// File name without an extension.
    pub(crate) name: String,
    /// As SVG text.
    pub(crate) svg: String,
    /// As PNG bytes.
    pub(crate) png: Vec<u8>,
}

impl Chart {
    pub(super) fn render(name: String, drawing: &impl Drawing) -> Result<Self, RenderError> {
        register()?;
        let failed = |reason: String| RenderError::Chart { name: name.clone(), reason };
        let svg = svg(drawing).map_err(failed)?;
        let png = png(drawing).map_err(failed)?;
        Ok(Self { name, svg, png })
    }
}

/// A drawing as SVG text alone, for a page.
pub(super) fn drawn(name: &str, drawing: &impl Drawing) -> Result<String, RenderError> {
    register()?;
    svg(drawing).map_err(|reason| RenderError::Chart { name: name.to_owned(), reason })
}

/// Makes the embedded font known, once.
fn register() -> Result<(), RenderError> {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    let known = KNOWN.get_or_init(|| register_font(FONT, FontStyle::Normal, FONT_FILE).is_ok());
    if *known { Ok(()) } else { Err(RenderError::Font) }
}

fn paint<DB: DrawingBackend>(
    drawing: &impl Drawing,
    area: &DrawingArea<DB, Shift>,
    medium: Medium,
) -> DrawResult<(), DB> {
    area.fill(&PAPER)?;
    drawing.draw(&Pen::new(area, medium))?;
    area.present()
}

fn svg(drawing: &impl Drawing) -> Result<String, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, drawing.size()).into_drawing_area();
        paint(drawing, &area, SVG).map_err(|error| error.to_string())?;
    }
    let title = crate::report::html::escaped(&drawing.title());
    let text = text.replacen("<svg ", "<svg role=\"img\" ", 1);
    Ok(text.replacen('>', &format!("><title>{title}</title>"), 1))
}

fn png(drawing: &impl Drawing) -> Result<Vec<u8>, String> {
    let (width, height) = drawing.size();
    let (width, height) = (width * PNG.scale, height * PNG.scale);
    let mut pixels = vec![255; width as usize * height as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        paint(drawing, &area, PNG).map_err(|error| error.to_string())?;
    }
    encode(&pixels, width, height).map_err(|error| error.to_string())
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat colours compress best unfiltered.
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
