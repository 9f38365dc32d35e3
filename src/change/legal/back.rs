//! Whether a task that is stopped now could be resumed afterwards, from here: judged by the tables a resume itself is judged by.
//! Pure.

use super::connected::connected;
use super::task::but_for_connections;
use crate::change::facts::TaskFacts;
use crate::model::change::{Refusal, Ruling, Safeguards, Verb};
use crate::model::parts::ConnectionTest;
use crate::model::task::TaskStatus;

/// Why it could not be resumed after a stop, as things stand. Without `tests` of its connections they are not judged.
pub fn resume_after(
    facts: &TaskFacts,
    tests: Option<&[Option<ConnectionTest>; 2]>,
    safeguards: &Safeguards,
) -> Option<Refusal> {
    let resume = Verb::Resume { until: None };
    let mut stopped = facts.clone();
    stopped.task.status = TaskStatus::Stopped;
    match but_for_connections(&stopped, &resume, safeguards) {
        Ruling::Refused(refusal) => Some(refusal),
        Ruling::Legal | Ruling::Nothing(_) => tests.and_then(|tests| connected(&stopped, &resume, tests)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::facts::tests::facts;
    use crate::model::change::Destination;

    #[test]
    fn what_would_refuse_a_resume_is_known_before_the_stop() {
        let in_load = |kind: &str| {
            let mut facts = facts(kind, "running");
            facts.task.stats.full_load_finish = None;
            facts
        };
        let open =
            Safeguards { reload_allowed: vec![Destination::new("staging.example", "shop")], ..Safeguards::default() };
        let closed = Safeguards::default();
        let protected = Safeguards { protected: vec!["staging.example/*".into()], ..open.clone() };
        let retired = Safeguards { retired: vec!["orders".into()], ..open.clone() };
        let tested = facts("cdc", "running").connections;
        let mut failed = tested.clone();
        failed[1].as_mut().unwrap().status = "failed".into();
        for (facts, tests, safeguards, want) in [
            (facts("cdc", "running"), Some(&tested), &closed, None),
            (facts("full-load-and-cdc", "running"), Some(&tested), &closed, None),
            (in_load("full-load"), Some(&tested), &open, None),
            (in_load("full-load"), Some(&tested), &closed, Some("which is not in reload_allowed")),
            (in_load("full-load"), None, &protected, Some("protected by")),
            (in_load("full-load-and-cdc"), Some(&tested), &closed, Some("which is not in reload_allowed")),
            (facts("cdc", "running"), None, &retired, Some("orders is retired")),
            (facts("cdc", "running"), None, &closed, None),
            (facts("cdc", "running"), Some(&failed), &closed, Some("connection to its target was not successful")),
            (facts("cdc", "running"), Some(&[None, None]), &closed, Some("source was never tested")),
        ] {
            let got = resume_after(&facts, tests, safeguards).map(|refusal| refusal.why);
            match (&got, want) {
                (None, None) => {}
                (Some(why), Some(want)) => assert!(why.contains(want), "{why:?}, not {want:?}"),
                _ => panic!("{got:?}, not {want:?} for a {:?}", facts.task.migration_type),
            }
        }
    }
}
