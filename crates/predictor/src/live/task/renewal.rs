//! What happens to the state itself: another champion, older or revised bars, a failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use history::Step;
use market::{Bar, Prediction, Timestamp};
use tokio::time::Instant;

use super::{SymbolTask, resolutions};
use crate::live::asking::Members;
use crate::live::model::LiveModel;
use crate::live::symbol::SymbolState;
use crate::live::view::{Published, ShownBar};
use crate::live::watching::Watching;

/// Bars between two checkpoints in memory.
const CHECKPOINT_EVERY: usize = 64;

impl SymbolTask {
    /// A state that has seen enough answers about its newest bar before the next one comes.
    pub(super) async fn speak_at_once(&mut self) {
        let Some(mut state) = self.state.take() else { return };
        let done = tokio::task::spawn_blocking(move || {
            let prediction = state.prediction_at_newest();
            (state, prediction)
        });
        let Ok((state, prediction)) = done.await else { return };
        let (model, newest) = (Arc::clone(&state.model), self.kept.back().copied());
        self.state = Some(state);
        if let (Some(prediction), Some(bar)) = (prediction, newest) {
            self.say_again(&model, bar, prediction).await;
        }
    }

    /// Before a bar is taken: now and then a copy of the state.
    pub(super) fn keep_checkpoint(&mut self) {
        let is_due = self.checkpoint.as_ref().is_none_or(|(_, ago)| *ago >= CHECKPOINT_EVERY);
        if let (true, Some(state)) = (is_due, &self.state) {
            self.checkpoint = Some((state.clone(), 0));
        }
        if let Some((_, ago)) = &mut self.checkpoint {
            *ago += 1;
        }
    }

    /// The newest bar has other values than it was told with. What was predicted at it stands, since that is what was known; the
    /// state goes back and takes the bar as it really was, so that what follows is what a replay gives.
    pub(super) async fn revise(&mut self, bar: Bar) {
        let Some((checkpoint, ago)) = self.checkpoint.clone() else { return };
        if ago > self.kept.len() {
            return;
        }
        self.kept.pop_back();
        self.kept.push_back(bar);
        let bars: Vec<Bar> = self.kept.iter().skip(self.kept.len() - ago).copied().collect();
        let again = tokio::task::spawn_blocking(move || {
            let mut state = checkpoint;
            let mut decided = Vec::new();
            for bar in &bars {
                decided = state.advance(bar, &[]).map(|advanced| advanced.outcomes).unwrap_or_default();
            }
            (state, decided)
        });
        let Ok((mut again, decided)) = again.await else { return };
        if let Some(state) = &self.state {
            again.ladder = state.ladder.clone();
            again.signals.resume(state.signals.held());
        }
        self.state = Some(again);
        if let Some(shown) = self.view.shown().at(bar.open_time) {
            (shown.open, shown.high, shown.low, shown.close, shown.volume) =
                (bar.open, bar.high, bar.low, bar.close, bar.volume);
        }
        if let Some(history) = &self.shared.history {
            history.revise(&self.view.symbol, bar);
            // Outcomes that the bar decides now; those that it had decided before stand.
            let resolutions = resolutions(&self.model(), &decided);
            history.record(Step { resolutions, ..Step::of_bar(&self.view.symbol, bar) }, None);
        }
        self.snapshot();
    }

    /// Begins anew with older bars, as long as nothing could be predicted without them.
    pub(super) async fn begin_before(&mut self, bars: Vec<Bar>) {
        let is_warming = self.state.as_ref().is_none_or(|state| state.missing_bars() > 0);
        if !is_warming {
            return;
        }
        let mut all: BTreeMap<Timestamp, Bar> = bars.into_iter().map(|bar| (bar.open_time, bar)).collect();
        let newest = self.kept.back().map(|bar| bar.open_time);
        all.retain(|at, _| newest.is_none_or(|newest| *at <= newest));
        all.extend(self.kept.iter().map(|bar| (bar.open_time, *bar)));
        let model = self.model();
        let most = model.kept_bars();
        self.kept = all.into_values().collect();
        while self.kept.len() > most {
            self.kept.pop_front();
        }
        self.checkpoint = None;
        self.rebuild(&model).await;
        if let Some(history) = &self.shared.history {
            for bar in &self.kept {
                history.record(Step::of_bar(&self.view.symbol, *bar), None);
            }
        }
        {
            let mut shown = self.view.shown();
            shown.bars = self.kept.iter().map(|bar| ShownBar::new(bar, None)).collect();
        }
        self.snapshot();
    }

    /// After a failure of the state: a new one, and an answer that says so.
    pub(super) async fn rebuild_and_say(&mut self, model: &Arc<LiveModel>, bar: Bar, started: Instant) {
        self.rebuild(model).await;
        let latency = started.elapsed().as_secs_f64() * 1000.0;
        let said = self.state.as_ref().map(|state| {
            state.fallback(bar.close_time, "the state failed on this bar and was built anew", latency)
        });
        self.finish(model, bar, said, Vec::new(), started).await;
    }

    /// A new state from the bars that are kept.
    pub(super) async fn rebuild(&mut self, model: &Arc<LiveModel>) {
        self.state = Some(self.warmed(model).await);
        self.checkpoint = None;
        self.members = Members::of(model);
        self.view.shown().warming_up = self.state.as_ref().map_or(0, |state| state.missing_bars());
    }

    /// The state of a model that has seen the bars that are kept.
    pub(super) async fn warmed(&self, model: &Arc<LiveModel>) -> Box<SymbolState> {
        let (symbol, model, rules) =
            (self.view.symbol.clone(), Arc::clone(model), self.shared.settings.signals.clone());
        let timeframe = model.pipeline.core().timeframe;
        let fits = |bar: &&Bar| bar.close_time == bar.open_time.plus_bars(1, timeframe);
        let bars: Vec<Bar> = self.kept.iter().filter(fits).copied().collect();
        let fresh = SymbolState::new(&symbol, &model, &rules);
        let warmed = tokio::task::spawn_blocking(move || {
            let mut state = Box::new(SymbolState::new(&symbol, &model, &rules));
            for bar in &bars {
                let _ = state.advance(bar, &[]);
            }
            state
        });
        warmed.await.unwrap_or_else(|_| Box::new(fresh))
    }

    /// Takes another champion. Where it has enough bars it speaks at once, about the newest one.
    pub(super) async fn replace(&mut self, model: Arc<LiveModel>) {
        self.snapshot();
        let newest = self.kept.pop_back();
        let mut state = self.warmed(&model).await;
        if let Some(previous) = self.state.take() {
            state.signals.resume(previous.signals.held());
            let left = previous.model.pipeline.core().horizon.max(1);
            self.retiring = Some((previous, left));
        }
        self.members = Members::of(&model);
        self.checkpoint = None;
        self.watching = Watching::new(&self.view.symbol, &model, self.shared.settings.alerts);
        self.state = Some(state);
        self.view.shown().outcomes_unknown =
            model.resolver(&self.view.symbol).err().map(|error| error.to_string());
        if let Some(newest) = newest {
            self.kept.push_back(newest);
            self.again(&model, newest).await;
        }
    }

    /// Predicts at a bar that was shown already, under another model.
    async fn again(&mut self, model: &Arc<LiveModel>, bar: Bar) {
        let Some(mut state) = self.state.take() else { return };
        let done = tokio::task::spawn_blocking(move || {
            let prediction = state.predict(&bar, &[]);
            (state, prediction)
        });
        let Ok((state, prediction)) = done.await else {
            self.rebuild(model).await;
            return;
        };
        self.state = Some(state);
        self.view.shown().warming_up = self.state.as_ref().map_or(0, |state| state.missing_bars());
        if let Ok(Some(prediction)) = prediction {
            self.say_again(model, bar, prediction).await;
        }
    }

    /// Tells a prediction at a bar that is shown already.
    async fn say_again(&mut self, model: &Arc<LiveModel>, bar: Bar, prediction: Prediction) {
        self.watching.predicted(bar.open_time, &prediction);
        let predictions = vec![(model.content_hash().to_owned(), prediction.clone())];
        self.write(Step { predictions, ..Step::of_bar(&self.view.symbol, bar) }).await;
        let shown = ShownBar::new(&bar, Some(&prediction));
        if let Some(place) = self.view.shown().at(bar.open_time) {
            *place = shown;
        }
        self.regime = Some(prediction.predicted_regime.clone());
        if let Some(state) = self.state.as_mut() {
            let signal = state.signals.update(&prediction);
            self.shared.events.tell("prediction", Some(&self.view.symbol), &prediction);
            let published = Published::new(prediction, &signal, Arc::clone(model), state.ladder.clone());
            self.view.newest.send_replace(Some(Arc::new(published)));
        }
    }
}
