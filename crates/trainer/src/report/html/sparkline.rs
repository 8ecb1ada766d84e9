//! A network's losses over its epochs, as a small picture.

use models::EpochReport;

use crate::report::numbers::decimals;

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 36.0;
const PADDING: f64 = 4.0;

/// Training and validation loss; nothing for fewer than two epochs.
pub(super) fn sparkline(epochs: &[EpochReport]) -> String {
    if epochs.len() < 2 {
        return String::new();
    }
    let validation = |epoch: &EpochReport| epoch.validation_loss.unwrap_or(f64::NAN);
    let losses = epochs.iter().flat_map(|epoch| [epoch.training_loss, validation(epoch)]);
    let (low, high) = losses
        .filter(|loss| loss.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| (low.min(loss), high.max(loss)));
    let span = if high - low > 0.0 { high - low } else { 1.0 };
    let at = |index: usize, loss: f64| {
        let x = PADDING + index as f64 / (epochs.len() - 1) as f64 * (WIDTH - 2.0 * PADDING);
        let y = PADDING + (high - loss) / span * (HEIGHT - 2.0 * PADDING);
        (x, y)
    };
    let line = |class: &str, loss: &dyn Fn(&EpochReport) -> f64| {
        let finite = epochs.iter().enumerate().filter(|(_, epoch)| loss(epoch).is_finite());
        let points: Vec<String> = finite
            .map(|(index, epoch)| {
                let (x, y) = at(index, loss(epoch));
                format!("{x:.1},{y:.1}")
            })
            .collect();
        format!("<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "))
    };
    let best = epochs.iter().enumerate().rfind(|(_, epoch)| epoch.is_best && validation(epoch).is_finite());
    let (dot, kept) = best.map_or_else(Default::default, |(index, epoch)| {
        let (x, y) = at(index, validation(epoch));
        let loss = decimals(validation(epoch), 4);
        (
            format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
            format!("; epoch {} was kept with validation loss {loss}", epoch.epoch),
        )
    });
    format!(
        "<svg class=\"sparkline\" role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\">\
         <title>Loss over {} epochs{kept}</title>{}{}{dot}</svg>",
        epochs.len(),
        line("training", &|epoch| epoch.training_loss),
        line("validation", &validation),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: usize, validation_loss: Option<f64>) -> EpochReport {
        EpochReport {
            epoch,
            steps: 10,
            training_loss: 1.0 / epoch as f64,
            validation_loss,
            validation_accuracy: None,
            learning_rate: 1e-3,
            is_best: epoch == 2,
        }
    }

    #[test]
    fn missing_losses_leave_no_trace_of_nan() {
        for loss in [None, Some(f64::NAN), Some(0.5)] {
            let svg = sparkline(&[epoch(1, loss), epoch(2, loss), epoch(3, loss)]);
            assert!(svg.starts_with("<svg") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        assert!(sparkline(&[epoch(1, None)]).is_empty());
    }
}
