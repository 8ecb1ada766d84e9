//! What happened in a run: a journal on disk, and its delivery to a tracking server.
//!
//! Comes in: the start of runs, parameters, metrics, files, models, aliases, the end. Goes out: one line each in a journal
//! below the artifacts, at once; and, when there is a server, the same on it, in the background or later, once in effect
//! however often it is tried (decision 020). A server that can't be reached costs a run nothing. Knows no model and no market.

mod delivery;
mod entry;
mod journal;
mod mlflow;
mod sender;

pub use delivery::{Delivered, deliver, journals};
pub use entry::{Dataset, Entry, Metric, Status};
pub use journal::{Journal, JournalError, entries};
pub use mlflow::{Mlflow, ServerError};
pub use sender::Sender;
