//! Waiting for a server, not for ever and not without a word. Start at [`next`].

use super::look::Trouble;
use super::merge::Side;
use super::run::Shared;
use crate::db::scan::{Batch, Scan};
use std::time::Duration;

/// After so long without a row it is said.
pub(super) fn silence() -> Duration {
    // A test that cannot wait says how much shorter; nothing of that is in a release build.
    #[cfg(debug_assertions)]
    if let Some(millis) = std::env::var("CUTOVER_TEST_SILENCE").ok().and_then(|text| text.parse().ok()) {
        return Duration::from_millis(millis);
    }
    Duration::from_mins(1)
}

/// The next batch of one side. Where it is long in coming that is said.
pub(super) async fn next(shared: &Shared, side: Side, scan: &mut Scan) -> Result<Option<Batch>, Trouble> {
    let failed = |error| Trouble::Db { side, error };
    let next = scan.next();
    tokio::pin!(next);
    if let Ok(batch) = tokio::time::timeout(shared.silence, &mut next).await {
        return batch.map_err(failed);
    }
    shared.gauge.note(format!(
        "no row from the {} for {} s: it has much to sort, waits behind a lock, or the way there is broken",
        side.word(),
        shared.silence.as_secs()
    ));
    next.await.map_err(failed)
}

/// The statements end on their servers before anything else is done. What may still run there is said.
pub(super) async fn let_go(shared: &Shared, source: Scan, target: Scan) {
    let (source, target) = tokio::join!(source.stop(), target.stop());
    for (side, left) in [(Side::Source, source), (Side::Target, target)] {
        if let Some(left) = left {
            shared.gauge.note(format!("{}: {left}", side.word()));
        }
    }
}
