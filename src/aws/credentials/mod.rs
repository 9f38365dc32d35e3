//! Credentials: where they come from (`chain.rs`), how long they are kept (`keeper.rs`), what to tell when there are
//! none (`problem.rs`).

mod chain;
mod keeper;
mod problem;

pub(super) use chain::{Chain, MetadataRegion, Source, metadata_region};
pub(super) use keeper::{Freshness, Held, Keeper, Serving};
pub(super) use problem::problem;
