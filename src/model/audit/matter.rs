//! Which entry of the audit settles which, and which change began something whose end was never written.
//!
//! Pure. An entry about the same task is not always about the same matter: a test of its connections says nothing about a
//! stop of which no answer came.

use super::{Entry, State, Whence};
use crate::model::Untrusted;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// Longer ago than this nobody has to look any more: it stays in the list as what it is.
pub(super) const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What decides whether a task runs. Each is legal only for a status that was freshly read, and was shown to somebody.
const RUNS: [&str; 4] = ["start-task", "resume-task", "reload-task", "stop-task"];

/// What begins something that ends later, and what its end is called.
const ENDS: [(&str, &str); 2] = [("stop-task", "stopped-task"), ("test-connections", "tested-connections")];

/// What an entry is about: the account, and the ARN in it.
fn what(entry: &Entry) -> (&str, &Untrusted) {
    (&entry.scope.account.0, &entry.arn)
}

/// All entries, by what they are about.
pub(super) struct Later<'a>(HashMap<(&'a str, &'a Untrusted), Vec<&'a Entry>>);

impl<'a> Later<'a> {
    pub(super) fn of(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut all: HashMap<_, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            all.entry(what(entry)).or_default().push(entry);
        }
        Self(all)
    }

    fn than<'s>(&'s self, entry: &'s Entry) -> impl Iterator<Item = &'a Entry> + 's {
        let asked_at = entry.asked_at;
        let same = self.0.get(&what(entry)).into_iter().flatten().copied();
        same.filter(move |one| one.asked_at > asked_at)
    }

    /// When the same matter was settled last after this, where nobody knows what came of it.
    pub(super) fn settled(&self, entry: &Entry) -> Option<Timestamp> {
        self.than(entry).filter(|one| settles(one, entry)).map(|one| one.asked_at).max()
    }

    /// It began something, and its end stands nowhere: whoever followed it is gone. What was begun since has an end of its
    /// own.
    pub(super) fn lacks_its_end(&self, entry: &Entry, now: Timestamp, alive: bool) -> bool {
        let Some(end) = end_of(&entry.kind) else { return false };
        let told = |one: &Entry| {
            let again = one.kind == entry.kind || entry.kind == "stop-task" && RUNS.contains(&one.kind.as_str());
            one.kind == end || again && one.state == State::Done
        };
        entry.state == State::Done
            && !alive
            && now.duration_since(entry.asked_at) < RECENT
            && !self.than(entry).any(told)
    }
}

/// Changes whose end was never written, of entries of this machine. `alive` is whether the process that wrote one still runs.
pub fn without_end<'a>(entries: &'a [Entry], now: Timestamp, alive: &dyn Fn(&Whence) -> bool) -> Vec<&'a Entry> {
    let later = Later::of(entries.iter());
    entries.iter().filter(|entry| later.lacks_its_end(entry, now, alive(&entry.whence))).collect()
}

/// What the end of such a change is called; `None` where nothing of it ends later.
pub fn end_of(kind: &str) -> Option<&'static str> {
    ENDS.iter().find(|(begins, _)| *begins == kind).map(|(_, end)| *end)
}

/// Whether a later entry about the same says what came of the earlier one, or makes it no matter any more.
fn settles(later: &Entry, earlier: &Entry) -> bool {
    let (kind, now) = (earlier.kind.as_str(), later.kind.as_str());
    let is_end = |kind: &str| ENDS.iter().any(|(_, end)| *end == kind);
    let known = match later.state {
        State::Done => true,
        // An end that was bad is an end.
        State::Failed => is_end(now),
        State::Asked | State::Sent | State::Refused | State::Unknown => false,
    };
    let runs = |kind: &str| RUNS.contains(&kind);
    let same = match kind {
        kind if runs(kind) => runs(now),
        "stopped-task" => now == kind || runs(now),
        "test-connections" | "tested-connections" => matches!(now, "test-connections" | "tested-connections"),
        // Of other tables nothing is known by it.
        "reload-tables" | "validate-tables" => {
            now == "reload-task" || now == kind && later.aws_command == earlier.aws_command
        }
        "enable-rule" | "disable-rule" => matches!(now, "enable-rule" | "disable-rule"),
        "enable-schedule" | "disable-schedule" => matches!(now, "enable-schedule" | "disable-schedule"),
        // Of another version.
        kind => now == kind,
    };
    known && same
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, entry};
    use super::*;

    fn one(kind: &str, second: i64, state: State) -> Entry {
        Entry { kind: kind.into(), asked_at: at(second), ..entry(state) }
    }

    #[test]
    fn only_the_same_matter_settles_what_nobody_knows() {
        use State::{Done, Failed, Refused, Unknown};
        for (earlier, later, state, want) in [
            ("stop-task", "test-connections", Done, false),
            ("stop-task", "tested-connections", Done, false),
            ("stop-task", "reload-tables", Done, false),
            ("stop-task", "stop-task", Done, true),
            ("stop-task", "resume-task", Done, true),
            ("stop-task", "stop-task", Refused, false),
            ("stop-task", "stop-task", Failed, false),
            // It may be the end of an earlier stop.
            ("resume-task", "stopped-task", Done, false),
            ("stop-task", "stopped-task", Done, false),
            ("reload-task", "test-connections", Done, false),
            ("reload-task", "reload-task", Done, true),
            ("stopped-task", "stopped-task", Failed, true),
            ("stopped-task", "stopped-task", Unknown, false),
            ("stopped-task", "resume-task", Done, true),
            ("stopped-task", "tested-connections", Done, false),
            ("tested-connections", "tested-connections", Failed, true),
            ("tested-connections", "stop-task", Done, false),
            ("disable-rule", "enable-rule", Done, true),
            ("disable-rule", "enable-rule", Failed, false),
            ("refresh", "refresh", Done, true),
            ("refresh", "stop-task", Done, false),
        ] {
            let all = [one(earlier, 1, Unknown), one(later, 2, state)];
            assert_eq!(
                Later::of(all.iter()).settled(&all[0]).is_some(),
                want,
                "{earlier} by {later} that is {}",
                state.word()
            );
        }
    }

    #[test]
    fn a_reload_of_tables_is_settled_by_one_of_the_same_tables() {
        let tables =
            |names: &str, second| Entry { aws_command: names.into(), ..one("reload-tables", second, State::Done) };
        for (later, want) in [
            (tables("a b", 2), true),
            (tables("c", 2), false),
            (tables("a b", 0), false),
            (one("reload-task", 2, State::Done), true),
        ] {
            let all = [Entry { state: State::Unknown, ..tables("a b", 1) }, later];
            assert_eq!(Later::of(all.iter()).settled(&all[0]).is_some(), want, "{:?}", all[1].aws_command);
        }
    }

    #[test]
    fn a_stop_lacks_its_end_until_that_stands_there_or_the_task_was_begun_again() {
        use State::{Done, Refused, Unknown};
        let stop = || one("stop-task", 10, Done);
        let asked = |all: &[Entry], now: i64, alive: bool| without_end(all, at(now), &|_| alive).len();
        assert_eq!(asked(&[stop()], 11, false), 1);
        assert_eq!(asked(&[stop()], 11, true), 0, "it is still followed");
        assert_eq!(asked(&[stop()], 10 + 7 * 86_400, false), 0, "nobody wants to know any more");
        assert_eq!(asked(&[one("stop-task", 10, Unknown)], 11, false), 0, "that is open by itself");
        assert_eq!(asked(&[one("start-task", 10, Done)], 11, false), 0);
        for (kind, state, want) in [
            ("stopped-task", Done, 0),
            // It was waited for in vain: that is what there is to say.
            ("stopped-task", Unknown, 0),
            ("resume-task", Done, 0),
            ("resume-task", Refused, 1),
            ("tested-connections", Done, 1),
        ] {
            assert_eq!(asked(&[stop(), one(kind, 11, state)], 12, false), want, "{kind} {}", state.word());
        }
        let tests = [one("test-connections", 10, Done), one("stopped-task", 11, Done)];
        assert_eq!(asked(&tests, 12, false), 1);
        // Of two only the newer one is still to end.
        assert_eq!(asked(&[stop(), one("stop-task", 20, Done)], 21, false), 1);
    }
}
