//! How often all rows of a table are compared: once, where every difference settles or is seen to become equal. Where one
//! ends because its row is nowhere to be found any more, the row may have another key by now, in a range that was read
//! before: then all of it is compared again.
//!
//! Start at [`compared`]. A row that moves time after time keeps a table from being equal; it is said.

use super::digest::Sums;
use super::look::{self, Trouble};
use super::plan::TablePlan;
use super::run::{Enough, Shared, Unit};
use super::settle::Behind;
use super::unit::{self, Part};
use crate::db::scan::KeyRange;
use crate::model::validation::TableResult;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::JoinSet;

/// How often a table is compared whose rows move from where they were not yet read to where they were.
const PASSES: u32 = 3;

/// What the last pass came to.
pub(super) struct Passed {
    /// In the order of the ranges.
    pub parts: Vec<Part>,
    /// Differences that ended without proof in every pass; none, where others have settled.
    pub unproven: u64,
}

/// Compares all ranges of a table, as often as it takes.
pub(super) async fn compared(
    shared: &Arc<Shared>,
    plan: &Arc<TablePlan>,
    mut asked: Vec<(KeyRange, Option<Sums>)>,
    result: &mut TableResult,
) -> Passed {
    let mut pass = 1;
    loop {
        let (parts, streams) = passed(shared, plan, (&asked, pass), &result.fingerprint).await;
        if streams {
            result.why.push_str("; more than a fifth of the groups differ, so the rows of the rest were read");
        }
        let clean = parts.iter().all(Part::is_clean);
        let unproven = parts.iter().map(|part| part.unproven(pass == 1)).sum::<u64>();
        if !clean || unproven == 0 || pass == PASSES {
            if pass > 1 {
                let _ = write!(result.why, "; all of it was compared {pass} times, since rows moved meanwhile");
            }
            return Passed { parts, unproven: if clean { unproven } else { 0 } };
        }
        pass += 1;
        if pass == PASSES {
            // Sums cannot tell what has arrived from what has moved.
            for (_, sums) in &mut asked {
                *sums = None;
            }
        }
        let dial = shared.dial(plan);
        for number in [&dial.rows_source, &dial.rows_target, &dial.differing] {
            number.store(0, Ordering::Relaxed);
        }
    }
}

/// All ranges of a table, once; and whether rows were read where sums would not have paid.
async fn passed(
    shared: &Arc<Shared>,
    plan: &Arc<TablePlan>,
    (asked, pass): (&[(KeyRange, Option<Sums>)], u32),
    fingerprint: &str,
) -> (Vec<Part>, bool) {
    let enough = Arc::new(Enough::default());
    let mut units = JoinSet::new();
    for (number, (range, sums)) in asked.iter().cloned().enumerate() {
        let unit = Unit { plan: Arc::clone(plan), range, sums, only: None, fingerprint: fingerprint.to_owned() };
        let (shared, enough) = (Arc::clone(shared), Arc::clone(&enough));
        units.spawn(async move {
            let part = match pass {
                1 => unit::known_or_compared(&shared, &unit, number, &enough).await,
                _ => unit::compare(&shared, &unit, &enough).await,
            };
            (number, part)
        });
    }
    let mut parts = units.join_all().await;
    parts.sort_unstable_by_key(|(number, _)| *number);
    (parts.into_iter().map(|(_, part)| part).collect(), enough.streams.load(Ordering::Relaxed))
}

/// Rows came or went while they were compared, so that both sides had not as many. Where the numbers stand still by now and
/// are not the same, a row was missed.
pub(super) async fn even(shared: &Shared, plan: &TablePlan) -> Result<(), Trouble> {
    let (mut before, mut behind) = (None, Behind::default());
    loop {
        let Some(turn) = shared.turn().await else { return Err(Trouble::Stopped) };
        let (source, target) = look::counts(shared, plan).await?;
        drop(turn);
        match before {
            _ if source == target => return Ok(()),
            Some(before) if before == (source, target) => return Err(Trouble::Uneven(source, target)),
            Some(_) => return Ok(()),
            None => before = Some((source, target)),
        }
        if !shared.until(shared.now() + shared.patience(&mut behind).settle).await {
            return Err(Trouble::Stopped);
        }
    }
}
