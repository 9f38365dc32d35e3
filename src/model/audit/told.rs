//! What the audit tells: entries of everybody whose lines could be read, what is to be made of each, and what is missing.
//!
//! Pure. The names in an entry of somebody else come from a file that somebody else can write: they are shown clean.

use super::matter::{Later, RECENT};
use super::{Entry, Standing, State, Whence};
use crate::model::untrusted::shown;
use crate::model::{Problem, ProblemKind};
use jiff::Timestamp;
use serde_json::Value;

/// An entry, and whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub entry: Entry,
    /// Of this user on this machine, or of a home that both share.
    pub mine: bool,
}

/// One entry of the audit with what is to be made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    pub entry: Entry,
    pub standing: Standing,
    pub mine: bool,
    /// Of the last seven days, nobody knows what came of it, and nothing since has settled it: somebody has to look.
    pub open: bool,
    /// What to do now; empty where there is nothing to do.
    pub advice: String,
}

/// What tells an entry from all others: an id counts only beside the one who wrote it.
pub type Key = (String, String, String);

/// The audit as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// The newest first.
    pub activities: Vec<Activity>,
    /// Why there may be more.
    pub gaps: Vec<Problem>,
}

impl Activity {
    /// What is left behind is unknown, whatever its last state was.
    pub fn result(&self) -> &'static str {
        match self.standing {
            Standing::Ended(state) => state.word(),
            Standing::UnderWay => "under-way",
            Standing::LeftBehind => State::Unknown.word(),
        }
    }

    pub fn key(&self) -> Key {
        key(&self.entry)
    }

    /// As a person is told who may not know of it.
    pub fn problem(&self, now: Timestamp) -> Problem {
        let Entry { id, kind, name, asked_at, outcome, whence, scope, .. } = &self.entry;
        let who = format!("{} on {}", shown(&whence.os_user), shown(&whence.host));
        let asked = format!(
            "Asked for at {} by {who}, in account {}, {}.",
            asked_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            shown(&scope.account.0),
            shown(&scope.region.0)
        );
        let came = match self.standing {
            Standing::LeftBehind => "What came of it was never written.".to_owned(),
            Standing::Ended(_) | Standing::UnderWay => shown(outcome).into_owned(),
        };
        Problem {
            kind: ProblemKind::Timeout,
            summary: format!("a change was left unfinished: {} of {} by {who}", shown(kind), shown(name)),
            detail: format!("{asked} {came} (entry {})", shown(id)),
            hint: self.advice.clone(),
            request_id: self.entry.request_id.clone(),
            at: now,
        }
    }
}

/// What tells an entry from all others.
pub fn key(entry: &Entry) -> Key {
    (entry.id.clone(), entry.whence.os_user.clone(), entry.whence.host.clone())
}

/// The newest first, each with what is to be made of it. `alive` is whether the process that wrote it may still run; of
/// another machine nobody knows, which counts as yes.
pub fn judged(kept: Vec<Kept>, now: Timestamp, alive: &dyn Fn(&Whence) -> bool) -> Vec<Activity> {
    let judge = |entry: &Entry, later: &Later<'_>| {
        let runs = alive(&entry.whence);
        let standing = entry.standing(now, runs);
        if !matches!(standing, Standing::LeftBehind | Standing::Ended(State::Unknown)) {
            let advice = if later.lacks_its_end(entry, now, runs) {
                format!("how it ended was not waited for: look with `cutover {}`", entry.list())
            } else {
                entry.advice(standing)
            };
            return (standing, false, advice);
        }
        match later.settled(entry) {
            Some(at) => {
                let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
                (standing, false, format!("nothing: the same was changed again at {at}"))
            }
            None => (standing, now.duration_since(entry.asked_at) < RECENT, entry.advice(standing)),
        }
    };
    let later = Later::of(kept.iter().map(|kept| &kept.entry));
    let judged: Vec<_> = kept.iter().map(|kept| judge(&kept.entry, &later)).collect();
    let shape = |(Kept { entry, mine }, (standing, open, advice))| Activity { entry, standing, mine, open, advice };
    let mut all: Vec<Activity> = kept.into_iter().zip(judged).map(shape).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.entry.asked_at));
    all
}

/// Longest value of a precondition in words, in characters; all of it is in the JSON.
const VALUE_MAX: usize = 300;

/// What was read before, a name and a clean value each. By what stands there and not by a type: it may come from another
/// version. What is absent is left out.
pub fn precondition(value: &Value) -> Vec<(String, String)> {
    let Value::Object(members) = value else { return Vec::new() };
    let said = |value: &Value| {
        let text = match value {
            Value::Null => return None,
            Value::Array(items) if items.iter().all(Value::is_null) => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let clean = shown(&text);
        let mut out: String = clean.chars().take(VALUE_MAX).collect();
        if out.len() < clean.len() {
            out.push('…');
        }
        (!out.is_empty()).then_some(out)
    };
    let member = |(name, value): (&String, &Value)| Some((shown(name).replace('_', " "), said(value)?));
    members.iter().filter_map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn kept(id: &str, second: i64, state: State, arn: &str) -> Kept {
        let asked_at = at(second);
        Kept { entry: Entry { id: id.into(), asked_at, arn: arn.into(), ..entry(state) }, mine: true }
    }

    #[test]
    fn what_nobody_knows_is_open_until_the_same_is_changed_again() {
        let all = vec![
            kept("lost", 1000, State::Sent, "a"),
            kept("unknown", 1500, State::Unknown, "b"),
            kept("old", 900, State::Unknown, "c"),
            kept("again", 2000, State::Done, "c"),
            kept("refused", 2100, State::Refused, "b"),
            kept("before", 800, State::Done, "a"),
        ];
        let told = judged(all, at(3000), &|_| true);
        let said: Vec<_> = told.iter().map(|one| (one.entry.id.as_str(), one.result(), one.open)).collect();
        let want = [
            ("refused", "refused", false),
            ("again", "done", false),
            ("unknown", "unknown", true),
            ("lost", "unknown", true),
            ("old", "unknown", false),
            ("before", "done", false),
        ];
        assert_eq!(said, want);
        let old = &told[4];
        assert!(old.advice.starts_with("nothing: the same was changed again at 1970-01-01 00:33:20"), "{}", old.advice);
        let later = judged(vec![kept("lost", 1000, State::Sent, "a")], at(1000 + 7 * 86_400), &|_| true);
        assert_eq!((later[0].result(), later[0].open), ("unknown", false), "a week later it is only what it is");
    }

    #[test]
    fn a_stop_whose_end_nobody_waited_for_says_where_to_look() {
        let stop = |alive: bool| {
            let mut one = kept("stop", 1000, State::Done, "a");
            (one.entry.kind, one.entry.name) = ("stop-task".into(), "task:orders".into());
            judged(vec![one], at(1001), &|_| alive).remove(0)
        };
        let told = stop(false);
        assert_eq!((told.result(), told.open), ("done", false));
        assert_eq!(told.advice, "how it ended was not waited for: look with `cutover tasks`");
        assert_eq!(stop(true).advice, "", "whoever began it still waits for it");
    }

    #[test]
    fn another_account_settles_nothing() {
        let mut elsewhere = kept("again", 2000, State::Done, "a");
        elsewhere.entry.scope.account.0 = "2".into();
        let told = judged(vec![kept("lost", 1000, State::Sent, "a"), elsewhere], at(3000), &|_| true);
        assert!(told[1].open);
    }

    #[test]
    fn an_unfinished_change_is_told_clean_with_who_where_and_what_to_do() {
        let mut one = kept("7", 1000, State::Sent, "a");
        one.entry.name = "task:a\u{1b}[2Jb".into();
        one.entry.whence.host = "jump\u{202e}1".into();
        let told = judged(vec![one], at(3000), &|_| true);
        let lines = told[0].problem(at(3000)).lines();
        assert_eq!(lines[0], "a change was left unfinished: disable-rule of task:a[2Jb by u on jump1");
        assert!(lines[1].contains("by u on jump1, in account 1, r. What came of it was never written. (entry 7)"));
        assert!(lines[2].contains("look with `cutover tasks`"), "{lines:?}");
    }

    #[test]
    fn a_precondition_is_told_by_what_stands_there() {
        let value = json!({
            "status": "stopped", "stop_reason": null, "connections": [null, null], "target_at": "db/\u{1b}[2Jshop",
            "mappings": "x".repeat(400), "event_pattern": false, "targets": [{"arn": "a"}], "empty": ""
        });
        let told = precondition(&value);
        let has = |name: &str| told.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str());
        assert_eq!(has("status"), Some("stopped"));
        assert_eq!(has("target at"), Some("db/[2Jshop"));
        assert_eq!(has("event pattern"), Some("false"));
        assert_eq!(has("targets"), Some("[{\"arn\":\"a\"}]"));
        assert_eq!(has("mappings").map(|text| text.chars().count()), Some(VALUE_MAX + 1));
        assert_eq!((has("stop reason"), has("connections"), has("empty")), (None, None, None));
        assert_eq!(precondition(&json!("x")), []);
    }
}
