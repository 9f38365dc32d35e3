//! From the SDK's shapes to the words of `model`, one file per shape. Pure.

mod endpoint;
mod event;
mod metric;
mod parts;
mod replication;
mod schedule;
mod table;
mod task;
mod topic;

pub(super) use endpoint::endpoint;
pub(super) use event::{event, subscription};
pub(super) use metric::{merge as merge_points, points};
pub(super) use parts::{connection, instance, maintenance, task_log};
pub(super) use replication::replications;
pub(super) use schedule::{described_rule, described_schedule, rule, rule_target, schedule, summary};
pub(super) use table::row as table_row;
pub(super) use task::task;
pub(super) use topic::{subscriber, topic};

use crate::model::Untrusted;
use aws_smithy_types::DateTime;
use jiff::{Timestamp, Unit};

/// `None` for a time outside of what can be written down: a service that says year 300,000 says nothing. DMS sends times
/// as floating-point seconds good to a millisecond; the digits behind are noise.
fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()?.round(Unit::Millisecond).ok()
}

fn text(text: Option<&str>) -> Option<Untrusted> {
    text.filter(|text| !text.is_empty()).map(Untrusted::new)
}

fn text_or_empty(text: Option<&str>) -> Untrusted {
    Untrusted::new(text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_good_to_a_millisecond_and_impossible_ones_are_none() {
        let read = |at: &DateTime| time(Some(at)).map(|at| at.to_string());
        for (at, want) in [
            (DateTime::from_secs_and_nanos(1_795_317_294, 552_000_045), Some("2026-11-22T03:14:54.552Z")),
            (DateTime::from_secs_f64(1_795_317_294.551_999_9), Some("2026-11-22T03:14:54.552Z")),
            (DateTime::from_secs(1_795_317_294), Some("2026-11-22T03:14:54Z")),
            (DateTime::from_secs(i64::MAX), None),
        ] {
            assert_eq!(read(&at).as_deref(), want, "{at:?}");
        }
    }
}
