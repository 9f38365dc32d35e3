//! From the SDK's shapes to the words of `model`, one file per shape. Pure.

mod metric;
mod parts;
mod replication;
mod schedule;
mod table;
mod task;

pub(super) use metric::{merge as merge_points, points};
pub(super) use parts::{connection, endpoint, instance};
pub(super) use replication::replications;
pub(super) use schedule::{rule, rule_target, schedule, summary};
pub(super) use table::row as table_row;
pub(super) use task::task;

use crate::model::Untrusted;
use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// `None` for a time outside of what can be written down: a service that says year 300,000 says nothing.
fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

fn text(text: Option<&str>) -> Option<Untrusted> {
    text.filter(|text| !text.is_empty()).map(Untrusted::new)
}

fn text_or_empty(text: Option<&str>) -> Untrusted {
    Untrusted::new(text.unwrap_or_default())
}
