//! Whether everything is through, by what was read. Pure.

use crate::model::metric::{self, Point};
use crate::model::validation::{Gate, GateSeen};
use crate::validate::gate::{self, Evidence};
use jiff::{SignedDuration, Timestamp};

/// What was read.
#[derive(Debug, Clone)]
pub struct Read {
    pub evidence: Evidence,
    /// `CDCIncomingChanges`, oldest first.
    pub incoming: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// By what.
    Through(String),
    NotYet(String),
    /// Waiting does not help.
    Never(String),
}

/// `since`: what is older than this proves nothing. Both times are the service's.
pub fn judge(read: &Read, since: Timestamp, now: Timestamp) -> Proof {
    let mut evidence = read.evidence.clone();
    for points in [&mut evidence.source, &mut evidence.target] {
        points.retain(|point| point.at >= since);
    }
    let gate = Gate::Latency { limit: gate::LIMIT, timeout: SignedDuration::MAX };
    let latency = match gate::judge(&gate, &evidence, since, now) {
        GateSeen::Open { why, .. } => why,
        GateSeen::Waiting { why } => return Proof::NotYet(why),
        GateSeen::Shut { why } => return Proof::Never(why),
    };
    let Some(tables) = &evidence.tables else {
        return Proof::NotYet("the statistics of its tables are not read yet".to_owned());
    };
    if let Some(first) = tables.bad.first() {
        let more = tables.bad.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Proof::Never(format!("in error, and so not kept up to date: {first}{more}"));
    }
    if tables.unfinished > 0 {
        return Proof::NotYet(format!("{} tables are still being loaded", tables.unfinished));
    }
    if tables.waiting > 0 {
        return Proof::NotYet(format!("{} changes are captured and not applied", tables.waiting));
    }
    let incoming: Vec<Point> = read.incoming.iter().copied().filter(|point| point.at >= since).collect();
    match metric::fresh(&incoming, now) {
        None => return Proof::NotYet("CDCIncomingChanges has no fresh point yet".to_owned()),
        Some(point) if point.value > 0.0 => {
            return Proof::NotYet(format!("{:.0} changes wait to be applied", point.value));
        }
        Some(_) => {}
    }
    let untold = match tables.untold {
        0 => String::new(),
        tables => format!("; of {tables} tables it is not told what was applied"),
    };
    Proof::Through(format!("{latency}; nothing waits{untold}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::gate::Tables;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// Asked to end at 0, looked at after three minutes.
    fn read(status: &str) -> Read {
        let task = serde_json::from_value(json!({
            "arn": "arn:aws:dms:eu-west-1:123456789012:task:A", "name": "orders", "migration_type": "full-load-and-cdc",
            "status": status, "stop_reason": null, "last_failure": null, "source": "s", "target": "t", "instance": null,
            "stats": {"full_load_progress_percent": 100, "elapsed_ms": null, "tables_loaded": 3, "tables_loading": 0,
                      "tables_queued": 0, "tables_errored": 0, "fresh_start": at(-9000), "start": at(-9000), "stop": null,
                      "full_load_start": at(-9000), "full_load_finish": at(-8000)},
            "table_mappings": null, "settings": null, "cdc_start_position": null, "cdc_stop_position": null,
            "recovery_checkpoint": null
        }));
        let points = |value: f64| vec![Point { at: at(-60), value: 0.0 }, Point { at: at(120), value }];
        let evidence = Evidence {
            task: Some(task.unwrap()),
            stated: Some(at(180)),
            source: points(1.0),
            target: points(2.0),
            measured: Some(at(180)),
            tables: Some(Tables { all: 3, ..Tables::default() }),
            ..Evidence::default()
        };
        Read { evidence, incoming: points(0.0) }
    }

    fn said(proof: &Proof) -> String {
        match proof {
            Proof::Through(how) => format!("through: {how}"),
            Proof::NotYet(why) => format!("not yet: {why}"),
            Proof::Never(why) => format!("never: {why}"),
        }
    }

    #[test]
    fn only_what_was_seen_since_somebody_wants_the_end_proves_that_all_is_through() {
        type Change = fn(&mut Read);
        let cases: [(&str, Change, &str); 11] = [
            ("running", |_| {}, "through: latency 1 s to the source, 2 s to the target"),
            ("running", |read| read.evidence.source.truncate(1), "not yet: CDCLatencySource"),
            ("running", |read| read.evidence.target.truncate(1), "not yet: CDCLatencyTarget"),
            ("running", |read| read.incoming.truncate(1), "not yet: CDCIncomingChanges has no fresh point"),
            ("running", |read| read.incoming[1].value = 7.0, "not yet: 7 changes wait"),
            ("running", |read| read.evidence.target[1].value = 9.0, "not yet: latency 1 s to the source, 9 s"),
            ("running", |read| read.evidence.tables.as_mut().unwrap().waiting = 3, "not yet: 3 changes are captured"),
            ("running", |read| read.evidence.tables.as_mut().unwrap().unfinished = 1, "not yet: 1 tables are still"),
            (
                "running",
                |read| read.evidence.tables.as_mut().unwrap().bad = vec!["a.b (Table error)".into()],
                "never: in error",
            ),
            ("running", |read| read.evidence.tables.as_mut().unwrap().untold = 2, "through: "),
            ("stopped", |_| {}, "never: the task stopped"),
        ];
        for (status, change, want) in cases {
            let mut read = read(status);
            change(&mut read);
            let said = said(&judge(&read, at(0), at(180)));
            assert!(said.starts_with(want), "{said}, not {want}");
        }
        // What was good before somebody wanted the end is as good as nothing.
        assert!(matches!(judge(&read("running"), at(121), at(180)), Proof::NotYet(_)));
    }
}
