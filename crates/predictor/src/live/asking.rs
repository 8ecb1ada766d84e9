//! Members asked until a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use market::Bar;
use models::ModelAnswer;
use pipeline::StreamError;
use regime::Breaker;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::live::model::{LiveModel, asked};
use crate::live::symbol::{Advanced, SymbolState};

/// One bar's work on a thread of its own: the state takes the bar, then members are asked, the fastest first. The state comes
/// back as soon as it took the bar; what members say comes one by one, so that whoever waits may stop waiting at any time.
pub(crate) struct Asking {
    state: oneshot::Receiver<(Box<SymbolState>, Result<Advanced, StreamError>)>,
    said: mpsc::UnboundedReceiver<(usize, Result<ModelAnswer, String>)>,
    given_up: Arc<AtomicBool>,
}

/// What each member said by the deadline, in the bundle's order, or why it said nothing.
pub(crate) struct Told {
    pub(crate) members: Vec<Result<ModelAnswer, String>>,
    /// Those that did not answer in time.
    pub(crate) late: Vec<usize>,
}

/// Keeps count of one symbol's members: who is left out, and whether an earlier bar's members are still at work.
pub(crate) struct Members {
    breakers: Vec<Breaker>,
    busy: Arc<AtomicBool>,
}

impl Members {
    pub(crate) fn of(model: &LiveModel) -> Self {
        Self {
            breakers: vec![Breaker::default(); model.pipeline.members().len()],
            busy: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Starts the work on a bar.
    pub(crate) fn ask(&mut self, mut state: Box<SymbolState>, bar: Bar) -> Asking {
        let model = Arc::clone(&state.model);
        let order: Vec<usize> =
            model.fastest_first.iter().copied().filter(|member| self.breakers[*member].asks()).collect();
        let (give_back, taken) = oneshot::channel();
        let (say, said) = mpsc::unbounded_channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let (stop, busy) = (Arc::clone(&given_up), Arc::clone(&self.busy));
        tokio::task::spawn_blocking(move || {
            // A panic in here drops the state, which is then built anew.
            let advanced = state.advance(&bar, &[]);
            let window = advanced.as_ref().ok().and_then(|advanced| advanced.window.clone());
            if give_back.send((state, advanced)).is_err() {
                return;
            }
            let Some(window) = window else { return };
            if busy.swap(true, Ordering::AcqRel) {
                // Members of an earlier bar that missed its deadline are still at it.
                for member in order {
                    let _ = say.send((member, Err("busy with an earlier bar".to_owned())));
                }
                return;
            }
            // The members are free before the channel closes, which is what the owner waits for.
            let _free = Free(busy);
            for member in order {
                if stop.load(Ordering::Acquire)
                    || say.send((member, asked(&model.pipeline, member, &window))).is_err()
                {
                    return;
                }
            }
        });
        Asking { state: taken, said, given_up }
    }

    /// Counts what came of asking.
    pub(crate) fn count(&mut self, told: &Told) {
        for (member, said) in told.members.iter().enumerate() {
            match said {
                Ok(_) => self.breakers[member].told(true),
                Err(_) if self.breakers[member].is_open() && !told.late.contains(&member) => {}
                Err(_) => self.breakers[member].told(false),
            }
        }
    }
}

impl Asking {
    /// The state that took the bar; none when it failed on it (a panic).
    pub(crate) async fn advanced(
        &mut self,
        deadline: Instant,
    ) -> Result<Option<(Box<SymbolState>, Result<Advanced, StreamError>)>, Late> {
        match timeout_at(deadline, &mut self.state).await {
            Ok(taken) => Ok(taken.ok()),
            Err(_) => Err(Late),
        }
    }

    /// The same without a deadline.
    pub(crate) async fn at_last(self) -> Option<(Box<SymbolState>, Result<Advanced, StreamError>)> {
        self.state.await.ok()
    }

    /// What members say until the deadline; then they are given up.
    pub(crate) async fn told(mut self, model: &LiveModel, deadline: Instant, limit: Duration) -> Told {
        let n = model.pipeline.members().len();
        let mut members: Vec<Option<Result<ModelAnswer, String>>> = vec![None; n];
        let mut was_late = false;
        loop {
            match timeout_at(deadline, self.said.recv()).await {
                Ok(Some((member, said))) => members[member] = Some(said),
                // Everybody that was asked has answered.
                Ok(None) => break,
                Err(_) => {
                    was_late = true;
                    break;
                }
            }
        }
        self.given_up.store(true, Ordering::Release);
        let silent = |member: usize| members[member].is_none();
        let late = if was_late { (0..n).filter(|member| silent(*member)).collect() } else { Vec::new() };
        let why = if was_late {
            format!("took longer than the deadline of {} ms", limit.as_millis())
        } else {
            "left out for a while: it failed several times in a row".to_owned()
        };
        let members = members.into_iter().map(|said| said.unwrap_or_else(|| Err(why.clone()))).collect();
        Told { members, late }
    }
}

/// The deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Late;

/// Says that members are free, when it is dropped.
struct Free(Arc<AtomicBool>);

impl Drop for Free {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
