//! What changed about a task between the preview and the moment of sending, in words for a person.

use crate::model::Untrusted;
use crate::model::change::{Destination, Standing};
use crate::model::untrusted::shown;
use jiff::Timestamp;

/// Everything that reads otherwise now, the status first.
pub(in crate::change::executor) fn difference(then: &Standing, now: &Standing) -> String {
    let word = |text: &str| if text.is_empty() { "nothing".to_owned() } else { shown(text).into_owned() };
    let was = |what: &str, then: &str, now: &str| {
        (then != now).then(|| format!("{what} was {}, and is {} now", word(then), word(now)))
    };
    let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.raw().to_owned()).unwrap_or_default();
    let place = |at: &Option<Destination>| at.as_ref().map(ToString::to_string).unwrap_or_default();
    let port = |port: Option<i32>| port.map(|port| port.to_string()).unwrap_or_default();
    let at = |at: Option<Timestamp>| at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
    let changed = |is: bool, words: &str| is.then(|| words.to_owned());
    let parts = [
        was("it", then.status.raw(), now.status.raw()),
        was("its type", then.migration_type.raw(), now.migration_type.raw()),
        changed(then.source != now.source, "it reads from another endpoint"),
        was("its source", &place(&then.source_at), &place(&now.source_at)),
        changed(then.target != now.target, "it writes to another endpoint"),
        was("its target", &place(&then.target_at), &place(&now.target_at)),
        was("the port of its source", &port(then.ports[0]), &port(now.ports[0])),
        was("the port of its target", &port(then.ports[1]), &port(now.ports[1])),
        changed(then.instance != now.instance, "it is on another replication instance"),
        was(
            "TargetTablePrepMode",
            then.prep_mode.as_deref().unwrap_or_default(),
            now.prep_mode.as_deref().unwrap_or_default(),
        ),
        changed(then.mappings != now.mappings, "its table mappings are others"),
        (then.fresh_start != now.fresh_start).then(|| format!("it was started afresh at {}", at(now.fresh_start))),
        (then.start != now.start).then(|| format!("it was started at {}", at(now.start))),
        (then.stop != now.stop).then(|| format!("it stopped at {}", at(now.stop))),
        was("its StopReason", &text(&then.stop_reason), &text(&now.stop_reason)),
        was("its start position", &text(&then.cdc_start_position), &text(&now.cdc_start_position)),
        was("its stop position", &text(&then.cdc_stop_position), &text(&now.cdc_stop_position)),
        was("its RecoveryCheckpoint", &text(&then.recovery_checkpoint), &text(&now.recovery_checkpoint)),
        was("the last test of its source", &text(&then.connections[0]), &text(&now.connections[0])),
        was("the last test of its target", &text(&then.connections[1]), &text(&now.connections[1])),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "something about it is different".to_owned() } else { parts.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{facts, standing};
    use super::*;
    use crate::model::task::{MigrationType, TaskStatus};
    use crate::model::{EndpointArn, InstanceArn};

    /// Which part, how it changes, what is said.
    type Case = (&'static str, fn(&mut Standing), &'static str);

    #[test]
    fn every_part_of_a_standing_is_told_in_words() {
        let at = |second| Timestamp::from_second(second).ok();
        let then = standing(&facts());
        let text = |text: &str| Some(Untrusted::new(text));
        let cases: [Case; 13] = [
            ("status", |now| now.status = TaskStatus::Running, "it was stopped, and is running now"),
            (
                "migration_type",
                |now| now.migration_type = MigrationType::Cdc,
                "its type was full-load-and-cdc, and is cdc now",
            ),
            ("source", |now| now.source = EndpointArn("x".into()), "it reads from another endpoint"),
            ("target", |now| now.target = EndpointArn("x".into()), "it writes to another endpoint"),
            ("source_at", |now| now.source_at = None, "its source was src.example/shop, and is nothing now"),
            (
                "target_at",
                |now| now.target_at = Some(Destination::new("prod.example", "shop")),
                "its target was tgt.example/shop, and is prod.example/shop now",
            ),
            ("port", |now| now.ports[1] = Some(3307), "the port of its target was nothing, and is 3307 now"),
            ("instance", |now| now.instance = Some(InstanceArn("x".into())), "it is on another replication instance"),
            (
                "prep_mode",
                |now| now.prep_mode = Some("DROP_AND_CREATE".into()),
                "TargetTablePrepMode was DO_NOTHING, and is DROP_AND_CREATE now",
            ),
            ("mappings", |now| now.mappings = None, "its table mappings are others"),
            ("stop_reason", |now| now.stop_reason = None, "its StopReason was Stop Reason NORMAL, and is nothing now"),
            (
                "cdc_stop_position",
                |now| now.cdc_stop_position = Some(Untrusted::new("server_time:x\u{1b}[2J")),
                "its stop position was nothing, and is server_time:x[2J now",
            ),
            (
                "connections",
                |now| now.connections[1] = Some(Untrusted::new("failed")),
                "the last test of its target was successful, and is failed now",
            ),
        ];
        for (part, change, want) in cases {
            let mut now = then.clone();
            change(&mut now);
            assert_eq!(difference(&then, &now), want, "{part}");
        }
        let again =
            Standing { start: at(900), stop: at(950), recovery_checkpoint: text("checkpoint:V1#9"), ..then.clone() };
        assert_eq!(
            difference(&then, &again),
            "it was started at 1970-01-01T00:15:00Z; it stopped at 1970-01-01T00:15:50Z; its RecoveryCheckpoint was \
             checkpoint:V1#7, and is checkpoint:V1#9 now"
        );
    }
}
