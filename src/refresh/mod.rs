//! The durable refresh workflow: everything that is taken away comes back, whatever is killed in between.
//!
//! May touch `model`, `aws`, `db`, `store`, `change` and `validate`. Start at [`Plan`]: what will be done, bound by its hash.
//! The runner takes its steps one by one: intent (durable) -> effect -> observe -> outcome (durable); after a crash each step
//! first asks what is there (its probe), and the journal only says which questions to ask. Truth about the target lives in
//! the target's own ledger, truth about AWS is what AWS says, and the local journal is what is shown.

pub mod mask;
pub mod plan;

pub use plan::Plan;
