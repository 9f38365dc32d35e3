//! Stops, and ends that were given: what is promised of them.

use super::*;

#[test]
fn a_stop_promises_to_be_put_back_only_where_a_resume_is_let_through() {
    let retired = || Safeguards { retired: vec!["orders".into()], ..Safeguards::default() };
    let mut failed = facts("cdc", "running").connections;
    failed[1].as_mut().unwrap().status = "failed".into();
    let untested = |tests| Around { tests, ..all_loaded() };
    let in_load = || with(facts("full-load", "running"), |facts| facts.task.stats.full_load_finish = None);
    for (facts, around, safeguards, promised, lasts, part) in [
        (facts("cdc", "running"), all_loaded(), Safeguards::default(), true, false, "put back with"),
        (facts("cdc", "running"), all_loaded(), retired(), false, false, "orders is retired"),
        (
            facts("cdc", "running"),
            untested(Some(Ok(failed))),
            Safeguards::default(),
            false,
            false,
            "target was not successful (failed)",
        ),
        (
            facts("cdc", "running"),
            untested(Some(Err("AccessDenied".into()))),
            Safeguards::default(),
            true,
            false,
            "whether they are is not known: AccessDenied",
        ),
        (in_load(), all_loaded(), open(), true, false, "put back with"),
        (in_load(), all_loaded(), Safeguards::default(), false, true, "the target stays half loaded: as things stand"),
        (in_load(), all_loaded(), retired(), false, true, "half loaded"),
    ] {
        let preview = preview_where(&facts, &around, Verb::Stop, &safeguards);
        let text = preview.lines().join("\n");
        assert!(text.contains(part), "{part:?} is not in\n{text}");
        assert_eq!(text.contains("put back with: cutover resume"), promised, "{text}");
        let lasting = Grade::Lasting { destination: facts.target_at().cloned() };
        assert_eq!(preview.grade, if lasts { lasting } else { Grade::Undoable }, "{text}");
    }
}

#[test]
fn what_is_not_known_of_the_tables_is_never_called_applied() {
    let around = Around { tables: Some(Err("reading it takes longer than 10 s".into())), ..all_loaded() };
    let preview = preview(&facts("cdc", "running"), &around, Verb::Stop);
    assert!(preview.warnings.contains(&"not known: tables and backlog: reading it takes longer than 10 s".to_owned()));
    assert!(!preview.effects.iter().any(|line| line.contains("what was captured is applied")));
}

#[test]
fn an_end_that_has_passed_is_warned_of_whoever_gave_it() {
    // It is 10:03:22.
    for (given, own, want) in [
        (
            Some("commit_time:2026-11-22T09:51:22"),
            None,
            Some("its end passed 12 min ago: it stops at the first change"),
        ),
        (Some("server_time:2026-11-22T10:03:20"), None, Some("its end passed 2 s ago: it stops at once")),
        (Some("commit_time:2026-11-22T10:03:23"), None, None),
        (None, Some("server_time:2026-11-22T09:51:22"), Some("its end passed 12 min ago: it stops at once")),
        (None, Some("commit_time: 2026-11-22T09:51:22"), Some("its end passed 12 min ago")),
        (None, Some("later"), None),
    ] {
        let facts = with(facts("cdc", "stopped"), |facts| facts.task.cdc_stop_position = own.map(Untrusted::new));
        let until = given.map(|text| text.parse().unwrap());
        let preview = preview(&facts, &all_loaded(), Verb::Resume { until });
        let warned = preview.warnings.iter().find(|line| line.starts_with("its end passed"));
        assert_eq!(warned.is_some(), want.is_some(), "{given:?} {own:?}");
        assert!(warned.is_none_or(|line| line.starts_with(want.unwrap())), "{warned:?}");
    }
}
