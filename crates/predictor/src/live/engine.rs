//! All symbols of a process, and what they share.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use anyhow::{Result, anyhow, bail};
use history::{Filter, Reader, Step, Writer};
use market::{Bar, Timestamp};
use monitoring::{Alert, AlertBook, AlertChange, Severity};
use regime::SignalRules;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::live::events::Events;
use crate::live::model::LiveModel;
use crate::live::stats::Stats;
use crate::live::symbol::SymbolState;
use crate::live::task::{Command, Report, Start, SymbolTask};
use crate::live::view::{ShownBar, SymbolView};
use crate::live::watching::{AlertRules, Watching};

/// Bars that wait for a symbol's owner; whoever brings more waits.
const QUEUE: usize = 1024;
/// Resolved predictions that are recalled from the history at the start.
const RECALLED: usize = 2000;

/// How a process predicts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Until when members may answer, from the bar on.
    pub(crate) deadline: Duration,
    /// A prediction older than this is answered with the ladder.
    pub(crate) stale_after: Duration,
    pub(crate) signals: SignalRules,
    pub(crate) alerts: AlertRules,
    /// More symbols are refused.
    pub(crate) most_symbols: usize,
}

/// Where bars come from, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FeedStatus {
    pub(crate) kind: &'static str,
    pub(crate) state: &'static str,
    pub(crate) detail: String,
    pub(crate) since: i64,
    pub(crate) last_message_at: Option<i64>,
    pub(crate) reconnects: u64,
    pub(crate) gaps_filled: u64,
}

/// What all parts of a process share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) events: Events,
    pub(crate) stats: Stats,
    pub(crate) history: Option<Writer>,
    history_path: Option<PathBuf>,
    model: RwLock<Arc<LiveModel>>,
    challenger: RwLock<Option<Arc<LiveModel>>>,
    symbols: RwLock<BTreeMap<String, Handle>>,
    alerts: Mutex<AlertBook>,
    webhook: Option<mpsc::Sender<Alert>>,
    feed: Mutex<FeedStatus>,
    pub(crate) loaded_at: Mutex<i64>,
    pub(crate) reload_error: Mutex<Option<String>>,
    pub(crate) started_at: i64,
}

#[derive(Clone)]
struct Handle {
    view: Arc<SymbolView>,
    commands: mpsc::Sender<Command>,
}

/// The engine. Cheap to clone; the process ends its symbols when the last clone is gone.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) shared: Arc<Shared>,
}

impl Shared {
    /// The champion.
    pub(crate) fn model(&self) -> Arc<LiveModel> {
        Arc::clone(&self.model.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn challenger(&self) -> Option<Arc<LiveModel>> {
        self.challenger.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what a rule found, and tells of it when that is news.
    pub(crate) fn check(&self, rule: &str, symbol: Option<&str>, found: Option<(Severity, String)>) {
        let change = lock(&self.alerts).check(rule, symbol, found, now());
        let Some(change) = change else { return };
        let alert = match change {
            AlertChange::Raised(alert) => {
                tracing::warn!(rule, symbol, severity = ?alert.severity, "{}", alert.message);
                alert
            }
            AlertChange::Recovered(alert) => {
                tracing::info!(rule, symbol, "over: {}", alert.message);
                alert
            }
        };
        self.events.tell("alert", symbol, &alert);
        if let Some(webhook) = &self.webhook {
            // A webhook that is too far behind loses alerts rather than hold up predictions; they stay on the page.
            let _ = webhook.try_send(alert);
        }
    }

    pub(crate) fn alerts(&self) -> Vec<Alert> {
        lock(&self.alerts).all()
    }

    pub(crate) fn active_alerts(&self) -> usize {
        lock(&self.alerts).active()
    }

    pub(crate) fn feed(&self) -> FeedStatus {
        lock(&self.feed).clone()
    }

    /// Changes what is said of the feed, and tells of it when its state is another.
    pub(crate) fn tell_feed(&self, change: impl FnOnce(&mut FeedStatus)) {
        let (before, after) = {
            let mut feed = lock(&self.feed);
            let before = feed.clone();
            change(&mut feed);
            if feed.state != before.state {
                feed.since = now();
            }
            (before, feed.clone())
        };
        if before.state != after.state || before.detail != after.detail {
            tracing::info!(kind = after.kind, state = after.state, "feed {}", after.detail);
            self.events.tell("feed", None, &after);
        }
    }

    /// A connection that reads the history; none without one.
    pub(crate) fn reader(&self) -> Option<Result<Reader>> {
        let path = self.history_path.as_ref()?;
        Some(Reader::open(path).map_err(anyhow::Error::from))
    }
}

/// Epoch milliseconds by this machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// An engine without symbols; the history is opened, or made.
    pub(crate) fn new(
        model: Arc<LiveModel>,
        settings: Settings,
        history: Option<&Path>,
        webhook: Option<mpsc::Sender<Alert>>,
    ) -> Result<Self> {
        let feed = FeedStatus {
            kind: "none",
            state: "none",
            detail: String::new(),
            since: 0,
            last_message_at: None,
            reconnects: 0,
            gaps_filled: 0,
        };
        let shared = Shared {
            settings,
            events: Events::new(),
            stats: Stats::default(),
            history: history.map(Writer::open).transpose()?,
            history_path: history.map(Path::to_owned),
            model: RwLock::new(model),
            challenger: RwLock::new(None),
            symbols: RwLock::default(),
            alerts: Mutex::default(),
            webhook,
            feed: Mutex::new(feed),
            loaded_at: Mutex::new(0),
            reload_error: Mutex::new(None),
            started_at: now(),
        };
        *lock(&shared.loaded_at) = shared.started_at;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Names of the symbols, in order.
    pub(crate) fn symbols(&self) -> Vec<String> {
        self.read_symbols().keys().cloned().collect()
    }

    fn read_symbols(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Handle>> {
        self.shared.symbols.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What readers see of a symbol.
    pub(crate) fn view(&self, symbol: &str) -> Option<Arc<SymbolView>> {
        self.read_symbols().get(symbol).map(|handle| Arc::clone(&handle.view))
    }

    pub(crate) fn views(&self) -> Vec<Arc<SymbolView>> {
        self.read_symbols().values().map(|handle| Arc::clone(&handle.view)).collect()
    }

    /// Begins a symbol, where it has not begun: from what the history remembers of it, or from bars of before.
    pub(crate) async fn begin(&self, symbol: &str, before: Vec<Bar>) -> Result<()> {
        // One whose owner failed is begun anew.
        let is_here = self.read_symbols().get(symbol).map(|handle| !handle.commands.is_closed());
        if is_here == Some(true) {
            return Ok(());
        }
        if self.read_symbols().len() >= self.shared.settings.most_symbols {
            bail!(
                "there are {} symbols already; start another process for {symbol}",
                self.shared.settings.most_symbols
            );
        }
        let (name, shared) = (symbol.to_owned(), Arc::clone(&self.shared));
        let start = tokio::task::spawn_blocking(move || start(&shared, &name, before))
            .await
            .map_err(|_| anyhow!("{symbol} could not be begun"))??;
        let view = Arc::new(SymbolView::new(symbol));
        let task = SymbolTask::new(Arc::clone(&self.shared), Arc::clone(&view), start);
        let (commands, received) = mpsc::channel(QUEUE);
        {
            let mut symbols = self.shared.symbols.write().unwrap_or_else(PoisonError::into_inner);
            if symbols.get(symbol).is_some_and(|handle| !handle.commands.is_closed()) {
                return Ok(());
            }
            symbols.insert(symbol.to_owned(), Handle { view, commands: commands.clone() });
        }
        let begun_with = task.model_version().to_owned();
        tokio::spawn(task.run(received));
        // Another champion may have come meanwhile, before the symbol could be told.
        let model = self.shared.model();
        if model.version != begun_with {
            let _ = commands.send(Command::Model(model)).await;
        }
        if let Some(challenger) = self.shared.challenger() {
            let _ = commands.send(Command::Challenger(Some(challenger))).await;
        }
        Ok(())
    }

    /// The newest bar of a symbol that was taken.
    pub(crate) fn newest_bar(&self, symbol: &str) -> Option<Timestamp> {
        self.view(symbol)?.shown().bars.back().map(|bar| bar.open_time)
    }

    /// Hands a closed bar to its symbol's owner; waits while its queue is full.
    pub(crate) async fn bar(&self, symbol: &str, bar: Bar, is_past: bool) -> Result<()> {
        self.tell(symbol, Command::Bar { bar, is_past }).await
    }

    /// Older bars for a symbol that is warming up.
    pub(crate) async fn before(&self, symbol: &str, bars: Vec<Bar>) -> Result<()> {
        self.tell(symbol, Command::Before(bars)).await
    }

    /// How a symbol stands.
    pub(crate) async fn report(&self, symbol: &str) -> Option<Report> {
        let (told, heard) = oneshot::channel();
        self.tell(symbol, Command::Report(told)).await.ok()?;
        heard.await.ok()
    }

    async fn tell(&self, symbol: &str, command: Command) -> Result<()> {
        let commands = self.read_symbols().get(symbol).map(|handle| handle.commands.clone());
        let commands = commands.ok_or_else(|| anyhow!("{symbol} has not begun"))?;
        commands.send(command).await.map_err(|_| anyhow!("{symbol} has ended"))
    }

    /// Another champion: requests that begin from now on see it, and each symbol takes it between two bars.
    pub(crate) async fn replace_model(&self, model: Arc<LiveModel>) {
        *self.shared.model.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&model);
        *lock(&self.shared.loaded_at) = now();
        for symbol in self.symbols() {
            let _ = self.tell(&symbol, Command::Model(Arc::clone(&model))).await;
        }
    }

    /// Another challenger, or none any more.
    pub(crate) async fn replace_challenger(&self, model: Option<Arc<LiveModel>>) {
        self.shared.challenger.write().unwrap_or_else(PoisonError::into_inner).clone_from(&model);
        for symbol in self.symbols() {
            let _ = self.tell(&symbol, Command::Challenger(model.clone())).await;
        }
    }

    /// Keeps what every symbol remembers, and waits until it is written.
    pub(crate) async fn keep(&self) {
        for symbol in self.symbols() {
            let (done, heard) = oneshot::channel();
            if self.tell(&symbol, Command::Snapshot(done)).await.is_ok() {
                let _ = heard.await;
            }
        }
        let shared = Arc::clone(&self.shared);
        let _ = tokio::task::spawn_blocking(move || shared.history.as_ref().map(Writer::flush)).await;
    }
}

/// Where a symbol begins. What the history holds comes first; bars of before that are newer go on from there.
fn start(shared: &Shared, symbol: &str, before: Vec<Bar>) -> Result<Start> {
    let model = shared.model();
    let rules = &shared.settings.signals;
    let timeframe = model.pipeline.core().timeframe;
    let fits = |bar: &Bar| bar.close_time == bar.open_time.plus_bars(1, timeframe);
    if !before.iter().all(fits) {
        bail!("the bars of before are no {timeframe} bars, which {} takes", model.version);
    }
    let mut watching = Watching::new(symbol, &model, shared.settings.alerts);
    let mut state = Box::new(SymbolState::new(symbol, &model, rules));
    let mut kept: VecDeque<Bar> = VecDeque::new();
    let mut recorded = Vec::new();
    let most = model.kept_bars();
    if let Some(reader) = shared.reader() {
        let reader = reader?;
        let snapshot = reader.snapshot(symbol, model.content_hash())?;
        // A model of other bars may have been served before.
        kept = reader.bars(symbol, None, most)?.into_iter().filter(fits).collect();
        let mut from = None;
        if let Some(snapshot) = snapshot {
            // Without a usable snapshot the state warms up from the bars that are there.
            match SymbolState::resume(symbol, &model, rules, &snapshot.state) {
                Ok(resumed) => (state, from) = (Box::new(resumed), Some(snapshot.at)),
                Err(error) => {
                    tracing::warn!(symbol, "the kept state can't be used ({error:#}); it warms up from bars");
                }
            }
        }
        let filter = Filter {
            symbol: Some(symbol.to_owned()),
            content_hash: Some(model.content_hash().to_owned()),
            ..Filter::default()
        };
        recorded = reader.predictions(&filter, RECALLED)?.predictions;
        let made: BTreeMap<Timestamp, &history::Recorded> =
            recorded.iter().map(|one| (one.open_time, one)).collect();
        for bar in kept.iter().filter(|bar| from.is_none_or(|at| bar.open_time > at)) {
            let _ = state.advance(bar, &[]);
            // What was said at the newest is said again.
            if let Some(one) = made.get(&bar.open_time).filter(|_| Some(bar) != kept.back()) {
                state.recall(one);
            }
        }
        for (at, one) in made.into_iter().filter(|(_, one)| one.level <= 2) {
            let set = one.prediction_set.as_deref();
            if let Some(class) = one.outcome {
                watching.recall(at, &one.probabilities, set, class);
            } else {
                let set = set.map(|set| set.iter().map(|class| usize::from(*class)).collect());
                watching.remember(at, one.probabilities.clone(), set);
            }
        }
        if let Some(last) = kept.back() {
            tracing::info!(symbol, "goes on behind {}", last.open_time);
        }
    }
    let newest = kept.back().map(|bar| bar.open_time).max(state.newest().map(|bar| bar.open_time));
    for bar in before.into_iter().filter(|bar| newest.is_none_or(|newest| bar.open_time > newest)) {
        if let Ok(advanced) = state.advance(&bar, &[])
            && let Some(window) = advanced.window
        {
            watching.row(&window[window.len() - model.pipeline.schema().len()..]);
        }
        // A later process has no such file.
        if let Some(history) = &shared.history {
            history.record(Step::of_bar(symbol, bar), None);
        }
        kept.push_back(bar);
    }
    while kept.len() > most {
        kept.pop_front();
    }
    let of_bar = |bar: &Bar| {
        let mut shown = ShownBar::new(bar, None);
        if let Ok(place) = recorded.binary_search_by(|one| bar.open_time.cmp(&one.open_time)) {
            shown.recall(&recorded[place]);
        }
        shown
    };
    let shown = kept.iter().map(of_bar).collect();
    Ok(Start { state, watching, kept, shown })
}
