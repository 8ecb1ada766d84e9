//! A bar's way through its symbol.

use std::sync::Arc;
use std::time::Duration;

use history::{Resolution, Step};
use labels::Outcome;
use market::{Bar, Prediction};
use regime::{Ladder, SignalMaker};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::{SNAPSHOT_EVERY, SymbolTask, resolutions};
use crate::live::engine::now;
use crate::live::ingest::Verdict;
use crate::live::model::LiveModel;
use crate::live::symbol::{Advanced, fallen};
use crate::live::view::{Published, ShownBar};

/// How long the history is waited for before a prediction is told without it.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(100);

impl SymbolTask {
    pub(super) async fn bar(&mut self, bar: Bar, is_past: bool) {
        let started = Instant::now();
        let model = self.model();
        let timeframe = model.pipeline.core().timeframe;
        let verdict = self.counts.judge(self.kept.back(), &bar, timeframe);
        self.view.shown().counts = self.counts;
        if verdict == Verdict::Revised {
            self.revise(bar).await;
        }
        if verdict != Verdict::Taken {
            return;
        }
        self.keep_checkpoint();
        if self.kept.len() >= model.kept_bars() {
            self.kept.pop_front();
        }
        self.kept.push_back(bar);
        if is_past {
            self.past(bar).await;
            return;
        }
        let deadline = started + self.shared.settings.deadline;
        let Some(state) = self.state.take() else {
            self.rebuild_and_say(&model, bar, started).await;
            return;
        };
        let last_ladder = state.ladder.clone();
        let mut asking = self.members.ask(state, bar);
        let Ok(advanced) = asking.advanced(deadline).await else {
            // The state itself is late: say what is known, then wait for it.
            let why =
                format!("took longer than the deadline of {} ms", self.shared.settings.deadline.as_millis());
            let fallback = last_ladder.fall(bar.close_time, &why);
            let latency = started.elapsed().as_secs_f64() * 1000.0;
            let said = fallen(&model, &self.view.symbol, bar.close_time, &fallback, &why, latency);
            // Said now, and once more with what the bar decides as soon as the state has taken it.
            self.publish_without_state(&model, said.clone(), &last_ladder);
            let (state, outcomes) = match asking.at_last().await {
                Some((state, Ok(Advanced { outcomes, .. }))) => (Some(state), outcomes),
                Some((state, Err(_))) => (Some(state), Vec::new()),
                None => (None, Vec::new()),
            };
            self.state = state;
            self.finish(&model, bar, Some(said), outcomes, started).await;
            return;
        };
        let Some((state, advanced)) = advanced else {
            tracing::error!(
                symbol = self.view.symbol,
                "the state failed on the bar of {}; it is built anew from the bars before",
                bar.open_time
            );
            self.rebuild_and_say(&model, bar, started).await;
            return;
        };
        self.state = Some(state);
        let Advanced { window, outcomes } = match advanced {
            Ok(advanced) => advanced,
            Err(fault) => {
                tracing::warn!(
                    symbol = self.view.symbol,
                    "the bar of {} was not taken: {fault}",
                    bar.open_time
                );
                self.finish(&model, bar, None, Vec::new(), started).await;
                return;
            }
        };
        let Some(window) = window else {
            self.finish(&model, bar, None, outcomes, started).await;
            return;
        };
        let told = asking.told(&model, deadline, self.shared.settings.deadline).await;
        self.members.count(&told);
        let row = &window[window.len() - model.pipeline.schema().len()..];
        self.watching.row(row);
        let whys: Vec<String> = told.members.iter().filter_map(|said| said.as_ref().err().cloned()).collect();
        let latency_ms = started.elapsed().as_secs_f64() * 1000.0;
        let answer = model.pipeline.combine(told.members, row);
        let prediction = self.state.as_mut().map(|state| {
            if let Some(answer) = answer {
                state.prediction(&bar, &answer, latency_ms)
            } else {
                let why = whys.first().map_or("no member answered", String::as_str);
                state.fallback(bar.close_time, why, latency_ms)
            }
        });
        self.finish(&model, bar, prediction, outcomes, started).await;
    }

    /// Writes and tells what a bar made. Without a prediction the ladder speaks, where members ever answered.
    pub(super) async fn finish(
        &mut self,
        model: &Arc<LiveModel>,
        bar: Bar,
        prediction: Option<Prediction>,
        outcomes: Vec<Outcome>,
        started: Instant,
    ) {
        self.view.shown().warming_up = self.state.as_ref().map_or(0, |state| state.missing_bars());
        // Warming up at first nothing is said; behind a hole the ladder speaks.
        let prediction = prediction.or_else(|| {
            let state = self.state.as_ref().filter(|state| state.ladder.has_answered())?;
            let why = format!("warming up again behind a hole, {} bars are missing", state.missing_bars());
            Some(state.fallback(bar.close_time, &why, started.elapsed().as_secs_f64() * 1000.0))
        });
        if let Some(prediction) = prediction.as_ref().filter(|prediction| prediction.fallback_level <= 2) {
            self.watching.predicted(bar.open_time, prediction);
        }
        let hash = model.content_hash();
        let mut resolutions = resolutions(model, &outcomes);
        resolutions.extend(self.retire(&bar));
        let predictions = prediction.iter().map(|one| (hash.to_owned(), one.clone())).collect();
        self.write(Step { symbol: self.view.symbol.clone(), bar, predictions, resolutions }).await;
        self.publish(model, &bar, prediction);
        self.tell_outcomes(model, &outcomes);
        self.shared.stats.bar(started.elapsed().as_secs_f64());
        self.shadow(bar).await;
        self.check_alerts();
        self.since_snapshot += 1;
        if self.since_snapshot >= SNAPSHOT_EVERY {
            self.snapshot();
        }
    }

    /// Outcomes of what the champion before predicted.
    fn retire(&mut self, bar: &Bar) -> Vec<Resolution> {
        let Some((state, left)) = &mut self.retiring else { return Vec::new() };
        let outcomes = state.resolve(bar);
        let known = resolutions(&state.model, &outcomes);
        *left -= 1;
        if *left == 0 {
            self.retiring = None;
        }
        known
    }

    /// Brings the state up to date with a bar of the past.
    async fn past(&mut self, bar: Bar) {
        let model = self.model();
        let Some(mut state) = self.state.take() else { return };
        let taken = tokio::task::spawn_blocking(move || {
            let advanced = state.advance(&bar, &[]);
            (state, advanced)
        });
        let Ok((state, advanced)) = taken.await else {
            self.rebuild(&model).await;
            return;
        };
        let warming_up = state.missing_bars();
        self.state = Some(state);
        let Ok(Advanced { window, outcomes }) = advanced else { return };
        if let Some(window) = window {
            self.watching.row(&window[window.len() - model.pipeline.schema().len()..]);
        }
        let resolutions = resolutions(&model, &outcomes);
        let step = Step { symbol: self.view.symbol.clone(), bar, predictions: Vec::new(), resolutions };
        if let Some(history) = &self.shared.history {
            history.record(step, None);
        }
        {
            let mut shown = self.view.shown();
            shown.warming_up = warming_up;
            shown.taken += 1;
            shown.push(ShownBar::new(&bar, None));
        }
        self.tell_outcomes(&model, &outcomes);
        if let Some(challenger) = &mut self.challenger {
            let _ = challenger.state.advance(&bar, &[]);
        }
        self.since_snapshot += 1;
        if self.since_snapshot >= SNAPSHOT_EVERY {
            self.snapshot();
        }
    }

    /// Waits until a step is with the system, a little; when the disk refuses, it is written later and told of.
    pub(super) async fn write(&self, step: Step) {
        let Some(history) = &self.shared.history else { return };
        let (acknowledge, acknowledged) = oneshot::channel();
        history.record(step, Some(Box::new(move |written| drop(acknowledge.send(written)))));
        if timeout(ACKNOWLEDGED_WITHIN, acknowledged).await.is_err() {
            tracing::debug!(symbol = self.view.symbol, "the history is behind");
        }
    }

    fn publish(&mut self, model: &Arc<LiveModel>, bar: &Bar, prediction: Option<Prediction>) {
        let shown_bar = ShownBar::new(bar, prediction.as_ref());
        {
            let mut shown = self.view.shown();
            shown.taken += 1;
            shown.heard_at = Some(now());
            shown.push(shown_bar.clone());
        }
        let symbol = self.view.symbol.clone();
        let events = &self.shared.events;
        if let (Some(prediction), Some(state)) = (prediction, self.state.as_mut()) {
            let signal = state.signals.update(&prediction);
            events.tell("prediction", Some(&symbol), &prediction);
            let regime = prediction.predicted_regime.clone();
            if let Some(old) = self.regime.replace(regime.clone()).filter(|old| *old != regime) {
                let change = json!({
                    "symbol": symbol,
                    "timestamp": prediction.timestamp,
                    "old": old,
                    "new": regime,
                    "confidence": prediction.confidence,
                    "uncertainty": prediction.uncertainty,
                });
                events.tell("regime_change", Some(&symbol), &change);
            }
            self.shared.stats.prediction(&prediction);
            let published = Published::new(prediction, &signal, Arc::clone(model), state.ladder.clone());
            self.view.newest.send_replace(Some(Arc::new(published)));
        }
        let timeframe = model.pipeline.core().timeframe;
        let about =
            json!({ "symbol": symbol, "timeframe": timeframe, "classes": model.classes(), "bar": shown_bar });
        events.tell("bar", Some(&symbol), &about);
    }

    /// Tells an answer while the state is not at hand; nothing is done on such an answer.
    fn publish_without_state(&self, model: &Arc<LiveModel>, prediction: Prediction, ladder: &Ladder) {
        let signal = SignalMaker::new(self.shared.settings.signals.clone()).update(&prediction);
        let published = Published::new(prediction, &signal, Arc::clone(model), ladder.clone());
        self.view.newest.send_replace(Some(Arc::new(published)));
    }

    fn tell_outcomes(&mut self, model: &LiveModel, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let correct = self.watching.resolve(outcome);
            let name = model.classes()[usize::from(outcome.label.class)].clone();
            let closed = {
                let mut shown = self.view.shown();
                let Some(bar) = shown.at(outcome.at) else { continue };
                bar.outcome = Some(name.clone());
                bar.close_time
            };
            if let Some(correct) = correct {
                let about = json!({ "symbol": self.view.symbol, "timestamp": closed, "outcome": name, "correct": correct });
                self.shared.events.tell("outcome", Some(&self.view.symbol), &about);
            }
        }
    }

    fn check_alerts(&mut self) {
        if !self.watching.looks() {
            return;
        }
        for (rule, found) in self.watching.findings() {
            self.shared.check(rule, Some(&self.view.symbol), found);
        }
    }
}
