//! The few HTML elements that the page is made of. Whatever is called `text` is escaped here; whatever is
//! called `html` is markup already.

use evaluation::{Estimate, Interval};
use market::Timestamp;

use crate::report::numbers::{DASH, decimals};

/// Text that is safe between tags and inside quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A section with a heading that can be linked to.
pub(super) fn section(id: &str, title: &str, html: &str) -> String {
    format!("<section id=\"{id}\"><h2>{}</h2>\n{html}</section>\n", escaped(title))
}

/// A table that scrolls sideways on its own where it is too wide.
pub(super) fn table(caption: &str, heads: &[String], rows: &[String]) -> String {
    bodies(caption, heads, &[format!("<tbody>\n{}</tbody>", rows.concat())])
}

/// A table of several row groups.
pub(super) fn bodies(caption: &str, heads: &[String], html_groups: &[String]) -> String {
    let caption = escaped(caption);
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table>\
         <caption><span>{caption}</span></caption>\n<thead><tr>{}</tr></thead>\n{}</table></div>\n",
        heads.concat(),
        html_groups.concat()
    )
}

/// A table no wider than it needs to be.
pub(super) fn narrow(html: &str) -> String {
    format!("<div class=\"narrow\">\n{html}</div>\n")
}

/// Rows under a heading of their own.
pub(super) fn group(name: &str, columns: usize, rows: &[String]) -> String {
    format!(
        "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{columns}\">{}</th></tr>\n{}</tbody>\n",
        escaped(name),
        rows.concat()
    )
}

/// Column heads: the first is of the row heads, the others are of numbers.
pub(super) fn heads(texts: &[&str]) -> Vec<String> {
    let head = |(index, text): (usize, &&str)| {
        if index == 0 { text_head(text) } else { format!("<th scope=\"col\">{}</th>", escaped(text)) }
    };
    texts.iter().enumerate().map(head).collect()
}

/// The head of a column of words.
pub(super) fn text_head(text: &str) -> String {
    format!("<th scope=\"col\" class=\"text\">{}</th>", escaped(text))
}

/// A row that starts with its name.
pub(super) fn row(name: &str, cells: &[String]) -> String {
    format!("<tr><th scope=\"row\">{}</th>{}</tr>\n", escaped(name), cells.concat())
}

/// A cell with a number.
pub(super) fn number(html: &str) -> String {
    format!("<td>{html}</td>")
}

/// A cell with words.
pub(super) fn words(text: &str) -> String {
    format!("<td class=\"text\">{}</td>", escaped(text))
}

/// `mean [low, high]` with the same number of decimals; `show` writes one number.
pub(super) fn interval(interval: &Interval, show: impl Fn(f64) -> String) -> String {
    let (mean, low, high) = (show(interval.mean), show(interval.low), show(interval.high));
    format!("{mean} <span class=\"range\">[{low}, {high}]</span>")
}

/// As [`interval`]; a missing interval leaves the value alone.
pub(super) fn estimate(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    match (estimate.low, estimate.high) {
        (None, None) => show(estimate.value),
        (low, high) => {
            let [low, high] = [low, high].map(|end| end.unwrap_or(f64::NAN));
            interval(&Interval { mean: estimate.value, low, high }, show)
        }
    }
}

/// As [`estimate`], of a number that may be missing.
pub(super) fn optional_estimate(value: Option<&Estimate>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| estimate(value, show))
}

/// A number that may be missing.
pub(super) fn optional(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| decimals(value, places))
}

/// A heading within a section.
pub(super) fn subsection(title: &str, html: &str) -> String {
    format!("<h3>{}</h3>\n{html}", escaped(title))
}

/// A heading within what one model has to say.
pub(super) fn topic(title: &str, html: &str) -> String {
    format!("<h4>{}</h4>\n{html}", escaped(title))
}

/// A paragraph.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// A paragraph that explains.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", escaped(text))
}

/// Something nobody may overlook.
pub(super) fn banner(loud: &str, text: &str) -> String {
    format!("<p class=\"banner\" role=\"alert\"><strong>{}</strong> {}</p>\n", escaped(loud), escaped(text))
}

/// Something to open on demand.
pub(super) fn details(summary: &str, html: &str) -> String {
    format!("<details><summary>{}</summary>\n{html}</details>\n", escaped(summary))
}

/// Names and values.
pub(super) fn facts(html_pairs: &[(&str, String)]) -> String {
    let pair =
        |(name, html): &(&str, String)| format!("<div><dt>{}</dt><dd>{html}</dd></div>\n", escaped(name));
    format!("<dl>\n{}</dl>\n", html_pairs.iter().map(pair).collect::<Vec<_>>().concat())
}

/// Text in a fixed-width face.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A UTC time; seconds only where they are not zero.
pub(super) fn instant(time: Timestamp) -> String {
    let text = time.to_string();
    text.strip_suffix(":00").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_open_a_tag_or_close_a_quote_remains() {
        assert_eq!(escaped("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    }

    #[test]
    fn an_estimate_shows_the_interval_that_it_has() {
        let show = |value: f64| decimals(value, 1);
        let of = |low, high| estimate(&Estimate { value: 0.5, low, high }, show);
        assert_eq!(of(None, None), "0.5");
        assert_eq!(of(Some(0.25), Some(0.75)), "0.5 <span class=\"range\">[0.2, 0.8]</span>");
        assert_eq!(of(Some(0.25), None), format!("0.5 <span class=\"range\">[0.2, {DASH}]</span>"));
        assert_eq!(optional_estimate(None, show), DASH);
    }

    #[test]
    fn seconds_are_shown_only_when_there_are_any() {
        assert_eq!(instant(Timestamp::from_millis(60_000)), "1970-01-01 00:01");
        assert_eq!(instant(Timestamp::from_millis(61_000)), "1970-01-01 00:01:01");
    }
}
