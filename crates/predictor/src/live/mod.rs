//! Symbols at work: the state that bars go into, the one owner of each, and the engine that holds them all.
//!
//! A bar's way: `engine` → the queue of its symbol → `task` (`ingest` judges it, `asking` lets the state of `symbol` take it and
//! asks the members of `model` until the deadline) → the history → `view` and `events`; `watching` looks at all of it.

pub(crate) mod asking;
pub(crate) mod bar_line;
pub(crate) mod engine;
pub(crate) mod events;
pub(crate) mod ingest;
pub(crate) mod model;
pub(crate) mod stats;
pub(crate) mod symbol;
pub(crate) mod task;
#[cfg(test)]
mod tests;
pub(crate) mod view;
pub(crate) mod watching;
