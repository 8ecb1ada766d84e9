//! One symbol at a time: the state that bars go into, and what comes of each.

pub(crate) mod bar_line;
pub(crate) mod ingest;
pub(crate) mod model;
pub(crate) mod symbol;
