//! The feature engine against independent computations, and the promises of its contract.

mod bars;
mod oracle;
mod properties;
mod schema;
mod settled;
