//! The page of a search.

use super::RenderError;
use super::charts::search_chart;
use super::html::search_page;

/// What the page shows.
pub(crate) struct SearchPage<'a> {
    pub(crate) name: &'a str,
    pub(crate) verdict: &'a str,
    pub(crate) chart: SearchChart,
    /// Keys of the values.
    pub(crate) keys: Vec<String>,
    /// Of each trial: number, values, status, log-loss, accuracy, seconds.
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) notes: Vec<String>,
}

/// Loss of each trial, and whether it was finished.
#[derive(Debug, Clone)]
pub(crate) struct SearchChart {
    pub(crate) losses: Vec<(Option<f64>, bool)>,
}

/// The page and its chart, in memory.
#[derive(Debug)]
pub(crate) struct SearchFiles {
    pub(crate) html: String,
    /// File names and contents of the chart.
    pub(crate) images: Vec<(String, Vec<u8>)>,
}

/// The page, and its chart as files.
///
/// # Errors
/// [`RenderError`] when the chart can't be drawn.
pub(crate) fn render_search(page: &SearchPage<'_>) -> Result<SearchFiles, RenderError> {
    let chart = search_chart(&page.chart)?;
    let html = search_page(page, &chart.svg);
    let images = vec![
        (format!("{}.png", chart.name), chart.png),
        (format!("{}.svg", chart.name), chart.svg.into_bytes()),
    ];
    Ok(SearchFiles { html, images })
}
