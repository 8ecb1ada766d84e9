//! The one owner of a symbol: bars go in one by one, a prediction comes out of each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use history::{Resolution, Snapshot, Step};
use labels::Outcome;
use market::{Bar, Prediction, Timestamp};
use regime::{Ladder, SignalMaker};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

use crate::live::asking::Members;
use crate::live::engine::{Shared, now};
use crate::live::ingest::{IngestCounts, Verdict};
use crate::live::model::LiveModel;
use crate::live::symbol::{Advanced, SymbolState};
use crate::live::view::{Published, ShownBar, SymbolView};
use crate::live::watching::{DriftReport, Performance, Watching};

/// How long the history is waited for before a prediction is told without it.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_millis(100);
/// Bars between two checkpoints in memory.
const CHECKPOINT_EVERY: usize = 64;
/// Bars between two snapshots.
const SNAPSHOT_EVERY: u64 = 500;

/// What a symbol's owner is told.
pub(crate) enum Command {
    /// A closed bar. `is_past`: it only brings the state up to date, nothing is predicted at it.
    Bar { bar: Bar, is_past: bool },
    /// Bars that are older than those that were taken, or missing between them: while it warms up, the state begins anew with
    /// them.
    Before(Vec<Bar>),
    /// Another champion, from the next bar on.
    Model(Arc<LiveModel>),
    /// Another challenger, or none any more.
    Challenger(Option<Arc<LiveModel>>),
    /// How it stands.
    Report(oneshot::Sender<Report>),
    /// Keep what it remembers, now.
    Snapshot(oneshot::Sender<()>),
}

/// How a symbol stands.
pub(crate) struct Report {
    pub(crate) performance: Performance,
    pub(crate) drift: DriftReport,
    /// The challenger's performance, with how much better its log-loss is on the same bars.
    pub(crate) challenger: Option<serde_json::Value>,
}

/// Where an owner begins.
pub(crate) struct Start {
    pub(crate) state: Box<SymbolState>,
    pub(crate) watching: Watching,
    /// Bars that the state has seen, the newest ones.
    pub(crate) kept: VecDeque<Bar>,
    /// The same for readers.
    pub(crate) shown: VecDeque<ShownBar>,
}

/// A second model on the same bars, which nobody is served by.
pub(crate) struct Challenger {
    state: Box<SymbolState>,
    watching: Watching,
}

pub(crate) struct SymbolTask {
    shared: Arc<Shared>,
    view: Arc<SymbolView>,
    /// None while the state is lost; it is built anew with the next bar.
    state: Option<Box<SymbolState>>,
    members: Members,
    watching: Watching,
    kept: VecDeque<Bar>,
    /// The state as it was some bars ago, and how many; for bars that are revised.
    checkpoint: Option<(Box<SymbolState>, usize)>,
    counts: IngestCounts,
    since_snapshot: u64,
    challenger: Option<Challenger>,
    /// The champion before, until the outcomes of what it predicted are known; and for how many bars yet.
    retiring: Option<(Box<SymbolState>, usize)>,
    regime: Option<String>,
}

impl SymbolTask {
    pub(crate) fn new(shared: Arc<Shared>, view: Arc<SymbolView>, start: Start) -> Self {
        let Start { state, watching, kept, shown } = start;
        let members = Members::of(&state.model);
        {
            let bars = shown;
            let mut shown = view.shown();
            for bar in bars {
                shown.push(bar);
            }
            shown.warming_up = state.missing_bars();
            let unknown = state.model.resolver(&view.symbol).err();
            shown.outcomes_unknown = unknown.map(|error| error.to_string());
        }
        Self {
            shared,
            view,
            state: Some(state),
            members,
            watching,
            kept,
            checkpoint: None,
            counts: IngestCounts::default(),
            since_snapshot: 0,
            challenger: None,
            retiring: None,
            regime: None,
        }
    }

    /// `name/version` of the model that it begins with.
    pub(crate) fn model_version(&self) -> &str {
        self.state.as_ref().map_or("", |state| &state.model.version)
    }

    /// Until nobody can tell it anything any more.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        self.speak_at_once().await;
        while let Some(command) = commands.recv().await {
            match command {
                Command::Bar { bar, is_past } => self.bar(bar, is_past).await,
                Command::Before(bars) => self.begin_before(bars).await,
                Command::Model(model) => self.replace(model).await,
                Command::Challenger(model) => self.challenge(model).await,
                Command::Report(told) => {
                    let _ = told.send(self.report());
                }
                Command::Snapshot(done) => {
                    self.snapshot();
                    let _ = done.send(());
                }
            }
        }
        self.snapshot();
    }

    async fn bar(&mut self, bar: Bar, is_past: bool) {
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
            let said = crate::live::symbol::fallen(
                &model,
                &self.view.symbol,
                bar.close_time,
                &fallback,
                &why,
                latency,
            );
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
            // Warming up at first nothing is said; behind a hole the ladder speaks.
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

    fn model(&self) -> Arc<LiveModel> {
        self.state.as_ref().map_or_else(|| self.shared.model(), |state| Arc::clone(&state.model))
    }

    /// Writes and tells what a bar made. Without a prediction the ladder speaks, where members ever answered.
    async fn finish(
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

    /// After a failure of the state: a new one, and an answer that says so.
    async fn rebuild_and_say(&mut self, model: &Arc<LiveModel>, bar: Bar, started: Instant) {
        self.rebuild(model).await;
        let latency = started.elapsed().as_secs_f64() * 1000.0;
        let said = self.state.as_ref().map(|state| {
            state.fallback(bar.close_time, "the state failed on this bar and was built anew", latency)
        });
        self.finish(model, bar, said, Vec::new(), started).await;
    }

    /// Tells an answer while the state is not at hand; nothing is done on such an answer.
    fn publish_without_state(&self, model: &Arc<LiveModel>, prediction: Prediction, ladder: &Ladder) {
        let signal = SignalMaker::new(self.shared.settings.signals.clone()).update(&prediction);
        let published = Published::new(prediction, &signal, Arc::clone(model), ladder.clone());
        self.view.newest.send_replace(Some(Arc::new(published)));
    }

    /// A state that has seen enough answers about its newest bar before the next one comes.
    async fn speak_at_once(&mut self) {
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
    async fn write(&self, step: Step) {
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

    /// Lets the challenger predict the same bar.
    async fn shadow(&mut self, bar: Bar) {
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

    fn check_alerts(&mut self) {
        if !self.watching.looks() {
            return;
        }
        for (rule, found) in self.watching.findings() {
            self.shared.check(rule, Some(&self.view.symbol), found);
        }
    }

    /// Before a bar is taken: now and then a copy of the state.
    fn keep_checkpoint(&mut self) {
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
    async fn revise(&mut self, bar: Bar) {
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
    async fn begin_before(&mut self, bars: Vec<Bar>) {
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

    /// A new state from the bars that are kept.
    async fn rebuild(&mut self, model: &Arc<LiveModel>) {
        self.state = Some(self.warmed(model).await);
        self.checkpoint = None;
        self.members = Members::of(model);
        self.view.shown().warming_up = self.state.as_ref().map_or(0, |state| state.missing_bars());
    }

    /// The state of a model that has seen the bars that are kept.
    async fn warmed(&self, model: &Arc<LiveModel>) -> Box<SymbolState> {
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
    async fn replace(&mut self, model: Arc<LiveModel>) {
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

    async fn challenge(&mut self, model: Option<Arc<LiveModel>>) {
        self.challenger = match model {
            None => None,
            Some(model) => {
                let watching = Watching::new(&self.view.symbol, &model, self.shared.settings.alerts);
                Some(Challenger { state: self.warmed(&model).await, watching })
            }
        };
    }

    fn report(&self) -> Report {
        let symbol = &self.view.symbol;
        let challenger = self.challenger.as_ref().map(|challenger| {
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
        });
        Report {
            performance: self.watching.performance(symbol),
            drift: self.watching.drift(symbol),
            challenger,
        }
    }

    /// Keeps what it remembers.
    fn snapshot(&mut self) {
        self.since_snapshot = 0;
        let (Some(history), Some(state)) = (&self.shared.history, &self.state) else { return };
        let Some(newest) = state.newest() else { return };
        match state.stored() {
            Ok(stored) => history.snapshot(Snapshot {
                symbol: self.view.symbol.clone(),
                content_hash: state.model.content_hash().to_owned(),
                at: newest.open_time,
                state: stored,
            }),
            Err(error) => tracing::error!(symbol = self.view.symbol, "can't keep the state: {error:#}"),
        }
    }
}

/// Outcomes, as the history takes them.
fn resolutions(model: &LiveModel, outcomes: &[Outcome]) -> Vec<Resolution> {
    let resolution = |outcome: &Outcome| Resolution {
        content_hash: model.content_hash().to_owned(),
        at: outcome.at,
        class: outcome.label.class,
    };
    outcomes.iter().map(resolution).collect()
}
