//! A challenger that predicts the same bars, and that nobody is served by.

use std::sync::Arc;

use history::Step;
use market::Bar;
use serde_json::{Value, json};

use super::{SymbolTask, resolutions};
use crate::live::model::LiveModel;
use crate::live::symbol::{Advanced, SymbolState};
use crate::live::watching::Watching;

/// A second model on the same bars, which nobody is served by.
pub(crate) struct Challenger {
    pub(super) state: Box<SymbolState>,
    pub(super) watching: Watching,
}

impl SymbolTask {
    pub(super) async fn challenge(&mut self, model: Option<Arc<LiveModel>>) {
        self.challenger = match model {
            None => None,
            Some(model) => {
                let watching = Watching::new(&self.view.symbol, &model, self.shared.settings.alerts);
                Some(Challenger { state: self.warmed(&model).await, watching })
            }
        };
    }

    /// Lets the challenger predict the same bar.
    pub(super) async fn shadow(&mut self, bar: Bar) {
        let Some(Challenger { mut state, mut watching }) = self.challenger.take() else { return };
        let done = tokio::task::spawn_blocking(move || {
            let advanced = state.advance(&bar, &[]);
            let made = advanced.ok().map(|Advanced { window, outcomes }| {
                let answer = window.and_then(|window| {
                    let pipeline = &state.model.pipeline;
                    pipeline.answer_rows(&window, &[pipeline.lookback() - 1]).ok()?.pop()
                });
                (answer.map(|answer| state.prediction(&bar, &answer, 0.0)), outcomes)
            });
            (state, made)
        });
        let Ok((state, made)) = done.await else {
            tracing::error!(symbol = self.view.symbol, "the challenger failed; it is left out");
            return;
        };
        if let Some((prediction, outcomes)) = made {
            let hash = state.model.content_hash().to_owned();
            let resolutions = resolutions(&state.model, &outcomes);
            if let Some(prediction) = &prediction {
                watching.predicted(bar.open_time, prediction);
            }
            for outcome in &outcomes {
                watching.resolve(outcome);
            }
            let predictions = prediction.into_iter().map(|one| (hash.clone(), one)).collect();
            if let Some(history) = &self.shared.history {
                history
                    .record(Step { symbol: self.view.symbol.clone(), bar, predictions, resolutions }, None);
            }
        }
        self.challenger = Some(Challenger { state, watching });
    }

    /// How the challenger stands beside the champion.
    pub(super) fn challenger_report(&self) -> Option<Value> {
        let symbol = &self.view.symbol;
        self.challenger.as_ref().map(|challenger| {
            let standing = challenger.watching.standing();
            let champion = self.watching.standing();
            json!({
                "symbol": symbol,
                "model_version": challenger.state.model.version,
                "resolved": standing.map_or(0, |standing| standing.resolved),
                "accuracy": standing.map(|standing| standing.accuracy),
                "log_loss": standing.map(|standing| standing.log_loss),
                "champion_accuracy": champion.map(|standing| standing.accuracy),
                "champion_log_loss": champion.map(|standing| standing.log_loss),
            })
        })
    }
}
