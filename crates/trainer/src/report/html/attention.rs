//! Where in its window a network looks: a strip of bars for each layer.

use super::markup::{heads, note, number, row, table, topic};
use crate::report::document::{AttentionReport, ModelReport, Report};
use crate::report::numbers::{decimals, percent, thousands};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 56.0;
/// The even share, which every bar would have that looks at nothing in particular, lies at this part of the height.
const EVEN: f64 = 0.4;
/// The newest part of the window that has a column to itself.
const NEWEST: f64 = 0.1;

pub(super) fn render(report: &Report, model: &ModelReport) -> String {
    let Some(attention) = report.attention.iter().find(|attention| attention.model == model.name) else {
        return String::new();
    };
    let several = attention.layers.len() > 1;
    let name = |index: usize| if several { format!("Layer {}", index + 1) } else { "Attention".to_owned() };
    let strips: Vec<String> = attention
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| {
            let caption = format!("{}: oldest bar on the left, newest on the right", name(index));
            format!("<figure class=\"strip\">{}<figcaption>{caption}</figcaption></figure>\n", strip(layer))
        })
        .collect();
    let rows: Vec<String> =
        attention.layers.iter().enumerate().map(|(index, layer)| line(&name(index), layer)).collect();
    let columns = ["", "Bars looked at", "Strongest bar", "Its share", "Newest tenth"];
    topic(
        "Where in its window it looks",
        &[note(&words(attention)), strips.concat(), table("Attention, in numbers", &heads(&columns), &rows)]
            .concat(),
    )
}

fn words(attention: &AttentionReport) -> String {
    let length = attention.layers.first().map_or(0, Vec::len);
    format!(
        "Mean attention over {} out-of-sample windows of {length} bars. The dashed line is the even share: a network at \
         it everywhere looks at nothing in particular. The layers below have mixed earlier bars into each of them \
         already, so this tells where a network reads, not what moves the market.",
        thousands(attention.windows as u64)
    )
}

/// Effective number of bars (the exponential of the entropy), the strongest one, and the share of the newest.
fn line(name: &str, layer: &[f64]) -> String {
    let entropy: f64 = layer.iter().filter(|share| **share > 0.0).map(|share| -share * share.ln()).sum();
    let strongest = (0..layer.len()).max_by(|one, other| layer[*one].total_cmp(&layer[*other])).unwrap_or(0);
    let back = layer.len().saturating_sub(1 + strongest);
    let newest = (layer.len() as f64 * NEWEST).ceil() as usize;
    let place = if back == 0 { "the newest".to_owned() } else { format!("{back} before the newest") };
    let share: f64 = layer[layer.len() - newest..].iter().sum();
    let cells = [
        decimals(entropy.exp(), 1),
        place,
        percent(layer.get(strongest).copied().unwrap_or(0.0)),
        percent(share),
    ];
    row(name, &cells.map(|cell| number(&cell)))
}

fn strip(layer: &[f64]) -> String {
    let even = 1.0 / layer.len().max(1) as f64;
    let highest = layer.iter().copied().fold(even, f64::max);
    // The even share keeps its place unless a bar would not fit.
    let scale = (HEIGHT * EVEN / even).min(HEIGHT / highest);
    let step = WIDTH / layer.len().max(1) as f64;
    let bars: Vec<String> = layer
        .iter()
        .enumerate()
        .map(|(index, share)| {
            let (x, height) = (index as f64 * step, share * scale);
            format!(
                "<rect x=\"{x:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{height:.2}\"/>",
                HEIGHT - height,
                (step * 0.85).max(0.5)
            )
        })
        .collect();
    let line = HEIGHT - even * scale;
    format!(
        "<svg class=\"attention\" role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\"><title>Share of attention of each bar</title>\
         {}<line class=\"zero\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{line:.2}\" y2=\"{line:.2}\"/></svg>",
        bars.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_layer_looks_at_every_bar() {
        let html = line("x", &[0.1; 10]);
        assert!(html.contains("10.0") && html.contains("10.0%"), "{html}");
        let html = line("x", &[0.0, 0.0, 1.0, 0.0]);
        assert!(html.contains("1.0") && html.contains("1 before the newest"), "{html}");
    }

    #[test]
    fn no_bar_is_higher_than_the_strip() {
        for layer in [vec![0.25; 4], vec![0.97, 0.01, 0.01, 0.01], vec![1.0]] {
            let svg = strip(&layer);
            assert!(!svg.contains("y=\"-") && !svg.contains("NaN"), "{svg}");
        }
    }
}
