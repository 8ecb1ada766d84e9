//! What was predicted, and what came.
//!
//! Comes in: [`Step`]s, each a bar with the prediction made at it and the outcomes that it decides. Goes out: each of them once,
//! in one `SQLite` file, with a roll-up by day that is kept with every write; rows to page through, a summary, what a process
//! needs to go on where another was killed. One thread writes ([`Writer`]); a step is with the system before its
//! acknowledgement, so killing the process loses nothing that was acknowledged. When the disk refuses, steps wait in memory, the
//! fault is told, and they are written once it accepts again. Readers ([`Reader`]) never block it.

mod error;
mod read;
mod rows;
mod schema;
mod step;
mod transaction;
mod write;

pub use error::HistoryError;
pub use read::{Filter, Page, Reader};
pub use rows::{DaySummary, Recorded, Summary};
pub use step::{Resolution, Snapshot, Step};
pub use write::{Acknowledge, Health, Writer};
