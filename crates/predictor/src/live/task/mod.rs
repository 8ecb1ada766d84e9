//! The one owner of a symbol: bars go in one by one, a prediction comes out of each.
//!
//! `bar` is a bar's way through, `renewal` what happens to the state itself (another champion, older or revised bars, a failure), `shadow`
//! the challenger that predicts along.

mod bar;
mod renewal;
mod shadow;

use std::collections::VecDeque;
use std::sync::Arc;

use history::{Resolution, Snapshot};
use labels::Outcome;
use market::Bar;
use tokio::sync::{mpsc, oneshot};

use crate::live::asking::Members;
use crate::live::engine::Shared;
use crate::live::ingest::IngestCounts;
use crate::live::model::LiveModel;
use crate::live::symbol::SymbolState;
use crate::live::view::{ShownBar, SymbolView};
use crate::live::watching::{DriftReport, Performance, Watching};

use shadow::Challenger;

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

    fn model(&self) -> Arc<LiveModel> {
        self.state.as_ref().map_or_else(|| self.shared.model(), |state| Arc::clone(&state.model))
    }

    fn report(&self) -> Report {
        let symbol = &self.view.symbol;
        Report {
            performance: self.watching.performance(symbol),
            drift: self.watching.drift(symbol),
            challenger: self.challenger_report(),
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
