//! What changing something here would take: the account that is meant, an audit that can be written, safeguards that name
//! what there is, and the operations that nobody can try without changing something.

use super::{Area, Finding};
use crate::app::Setup;
use crate::app::change::whence;
use crate::aws::Reader;
use crate::change::Mode;
use crate::model::change::{Destination, Safeguards};
use crate::model::operation::{Access, TABLE};
use crate::model::parts::{Direction, Endpoint};
use crate::model::task::Task;
use crate::model::{AccountId, Problem, ProblemKind};
use crate::store::{self, Audit};
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// What is waited for endpoints and tasks.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is waited for a disk, which may be one of another machine.
const DISK: Duration = Duration::from_secs(5);

/// Less than this is no room for a cutover's audit, in bytes; an entry takes a few thousand.
const ROOM: u64 = 16 << 20;

/// How the audit could be opened.
#[derive(Debug, Clone)]
pub struct Books {
    /// Why nothing could be written.
    failed: Option<Problem>,
    /// Folders, and the bytes left in each.
    room: Vec<(PathBuf, Option<u64>)>,
}

/// What the account has of what the safeguards name.
#[derive(Debug, Clone, Default)]
pub struct There {
    /// Of target endpoints.
    targets: Vec<Destination>,
    /// Endpoints of both sides.
    databases: Vec<Destination>,
    tasks: Vec<String>,
    /// Why there may be more.
    missing: Option<String>,
}

/// Opens the audit as a change would; only where changes are meant.
pub async fn books(setup: &Setup) -> Option<Books> {
    if !means_it(&setup.mode) {
        return None;
    }
    let opened = tokio::time::timeout(DISK, Audit::open(&setup.store, &whence::here())).await;
    let failed = match opened {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.problem("the audit cannot be written, so nothing may be changed")),
        Err(_) => {
            let summary = format!("the audit could not be opened within {} s", DISK.as_secs());
            let detail = "nothing may be changed without it".to_owned();
            let hint = "Look at the disks that XDG_STATE_HOME and audit_dir are on.".to_owned();
            let (kind, at) = (ProblemKind::Timeout, Timestamp::now());
            Some(Problem { kind, summary, detail, hint, request_id: None, at })
        }
    };
    let settings = setup.store.clone();
    // A disk of another machine can keep whoever asks it for ever.
    let room = tokio::task::spawn_blocking(move || store::room(&settings));
    let room = tokio::time::timeout(DISK, room).await.ok().and_then(Result::ok).unwrap_or_default();
    Some(Books { failed, room })
}

/// Looks for what the safeguards name; `None` where they name nothing, or nothing is to be changed.
pub async fn there(reader: &Reader, setup: &Setup) -> Option<There> {
    let Safeguards { reload_allowed, protected, retired } = &setup.safeguards;
    if !means_it(&setup.mode) || reload_allowed.is_empty() && protected.is_empty() && retired.is_empty() {
        return None;
    }
    let work = async { tokio::join!(reader.endpoints(), super::super::headless::list_in_full(reader)) };
    let Ok((endpoints, tasks)) = tokio::time::timeout(PATIENCE, work).await else {
        let missing = Some(format!("no answer within {} s", PATIENCE.as_secs()));
        return Some(There { missing, ..There::default() });
    };
    let mut there = There::default();
    match endpoints {
        Ok(answer) => {
            there.missing = answer.missing.first().map(|problem| problem.summary.clone());
            for endpoint in &answer.value {
                let Some(at) = destination(endpoint) else { continue };
                if endpoint.direction == Some(Direction::Target) {
                    there.targets.push(at.clone());
                }
                there.databases.push(at);
            }
        }
        Err(problem) => there.missing = Some(problem.summary),
    }
    match tasks {
        Ok(answer) => {
            there.missing = there.missing.or(answer.missing.first().map(|problem| problem.summary.clone()));
            there.tasks = answer.value.iter().map(|task: &Task| task.name.raw().to_owned()).collect();
        }
        Err(problem) => there.missing = Some(problem.summary),
    }
    Some(there)
}

fn destination(endpoint: &Endpoint) -> Option<Destination> {
    let host = endpoint.host.as_ref()?;
    Some(Destination::new(host.raw(), endpoint.database.as_ref().map_or("", |database| database.raw())))
}

/// Changes are meant, whether or not everything for them is there.
fn means_it(mode: &Mode) -> bool {
    mode.operate && !mode.read_only
}

/// `account` is that of the credentials, where somebody is signed in.
pub fn judge(setup: &Setup, account: Option<&AccountId>, books: Option<&Books>, there: Option<&There>) -> Vec<Finding> {
    if !means_it(&setup.mode) {
        return vec![read_only(setup)];
    }
    let mut findings = vec![mode(&setup.mode, account)];
    findings.extend(books.map(written));
    findings.extend(safeguards(&setup.safeguards, there));
    findings.extend(untried());
    findings
}

/// That nothing can be changed is no failure; what it would take is said.
fn read_only(setup: &Setup) -> Finding {
    let account = match &setup.mode.expect_account {
        Some(account) => format!("expect_account is {}", account.0),
        None => "set expect_account to the account that is meant".to_owned(),
    };
    let actions: Vec<&str> = writes().map(|(action, _)| action).collect();
    let message = format!(
        "read-only: nothing can be changed. To change something: --operate, or operate = true; {account}; an audit in {}; \
         and assets/iam/operate.json ({}). `cutover --operate doctor` checks it",
        setup.store.dir.as_ref().map_or_else(|| "a folder of yours".into(), |dir| dir.display().to_string()),
        actions.join(", ")
    );
    Finding::passed(Area::Operating, "mode", message)
}

fn mode(mode: &Mode, account: Option<&AccountId>) -> Finding {
    let (area, check) = (Area::Operating, "expect_account");
    let put = "Put expect_account = \"123456789012\", the account you mean, into the configuration.";
    match (&mode.expect_account, account) {
        (None, _) => {
            Finding::failed(area, check, "the configuration does not say which account is meant: nothing is sent", put)
        }
        (Some(expect), None) => {
            let message = format!("{} is meant; which one it is is not known: nobody is signed in", expect.0);
            Finding::unknown(area, check, message, "Sign in first: see identity above.")
        }
        (Some(expect), Some(account)) if expect == account => {
            Finding::passed(area, check, format!("{} is meant, and it is", account.0))
        }
        (Some(expect), Some(account)) => {
            let message = format!("{} is meant, and this is {}: nothing is sent", expect.0, account.0);
            Finding::failed(
                area,
                check,
                message,
                "Choose the profile of the account you mean, or correct expect_account.",
            )
        }
    }
}

fn written(books: &Books) -> Finding {
    let (area, check) = (Area::Operating, "audit");
    if let Some(problem) = &books.failed {
        return Finding::problem(area, check, super::Verdict::Failed, problem);
    }
    let words = |(path, left): &(PathBuf, Option<u64>)| match left {
        Some(left) => format!("{} ({} MB left)", path.display(), left >> 20),
        None => format!("{} (how much is left there cannot be told)", path.display()),
    };
    let all = books.room.iter().map(words).collect::<Vec<_>>().join(" and ");
    match books.room.iter().find(|(_, left)| left.is_some_and(|left| left < ROOM)) {
        Some((path, _)) => {
            let message = format!("can be written, and there is hardly any room: {all}");
            Finding::failed(
                area,
                check,
                message,
                format!("Make room in {}: a full audit stops every change.", path.display()),
            )
        }
        None => Finding::passed(area, check, format!("can be written in {all}")),
    }
}

/// An entry that matches nothing is most likely misspelt, and then allows or protects nothing.
fn safeguards(safeguards: &Safeguards, there: Option<&There>) -> Vec<Finding> {
    let area = Area::Operating;
    let Some(there) = there else { return Vec::new() };
    let Safeguards { reload_allowed, protected, retired } = safeguards;
    let is_there = |allowed: &Destination| there.targets.contains(allowed);
    let allowed = reload_allowed.iter().filter(|entry| !is_there(entry)).map(ToString::to_string);
    let protects = |pattern: &String| {
        let one = Safeguards { protected: vec![pattern.clone()], ..Safeguards::default() };
        there.databases.iter().any(|database| one.protects(database).is_some())
    };
    let protect = protected.iter().filter(|pattern| !protects(pattern)).cloned();
    let gone = retired.iter().filter(|name| !there.tasks.contains(*name)).cloned();
    let row = |check: &str, all: usize, wrong: Vec<String>, noun: &str, action: &str| {
        if all == 0 {
            return None;
        }
        let names = wrong.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        Some(match (&there.missing, wrong.len()) {
            (_, 0) => {
                let each = if all == 1 { "it names".to_owned() } else { format!("each of {all} names") };
                Finding::passed(area, check, format!("{each} a {noun} that is there"))
            }
            (Some(why), _) => {
                let message = format!("no {noun} was found for {names}, and not all could be listed");
                Finding::unknown(area, check, message, "Ask again when they can be listed.").because(why)
            }
            (None, _) => Finding::failed(area, check, format!("there is no {noun} for {names}"), action),
        })
    };
    let spelt = "Correct it as the target's endpoint has it, host and database: `d` and `i` in the console show them.";
    [
        row("reload_allowed", reload_allowed.len(), allowed.collect(), "target endpoint", spelt),
        row(
            "protected",
            protected.len(),
            protect.collect(),
            "database of an endpoint",
            "Correct it, or nothing of that name is protected: HOST/DB, with * for any characters.",
        ),
        row("retired", retired.len(), gone.collect(), "task", "Correct the name, or take it out if the task is gone."),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// IAM actions that change something, and what each asks for besides.
fn writes() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TABLE.iter().filter(|row| row.access == Access::Write).map(|row| (row.action, row.besides))
}

fn untried() -> impl Iterator<Item = Finding> {
    writes().map(|(action, besides)| {
        let besides = if besides.is_empty() { String::new() } else { format!("; it needs {} too", besides.join(", ")) };
        let message = format!("not tried: it would change something{besides}");
        Finding::untried(Area::Operating, action, message, "assets/iam/operate.json is the whole policy.")
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn at(text: &str) -> Destination {
        text.parse().unwrap()
    }

    #[test]
    fn the_account_that_is_meant_is_the_one_that_is_there() {
        let account = |id: &str| AccountId(id.into());
        let meant =
            |expect: Option<&str>| Mode { operate: true, expect_account: expect.map(account), ..Mode::default() };
        for (expect, found, want) in [
            (Some("1"), Some("1"), Verdict::Passed),
            (Some("1"), Some("2"), Verdict::Failed),
            (Some("1"), None, Verdict::Unknown),
            (None, Some("1"), Verdict::Failed),
        ] {
            let finding = mode(&meant(expect), found.map(account).as_ref());
            assert_eq!((finding.verdict, finding.action.is_none()), (want, want == Verdict::Passed), "{finding:?}");
        }
    }

    #[test]
    fn a_safeguard_that_matches_nothing_is_said_to_be_misspelt() {
        let guards = Safeguards {
            reload_allowed: vec![at("staging.db/shop"), at("stagnig.db/shop"), at("source.db/shop")],
            protected: vec!["*.prod/*".into(), "Source.db/*".into()],
            retired: vec!["orders-cdc".into()],
        };
        let there = There {
            targets: vec![at("staging.db/shop")],
            databases: vec![at("staging.db/shop"), at("source.db/shop")],
            tasks: vec!["orders-cdc".into()],
            missing: None,
        };
        let said = |there: &There| -> Vec<(Verdict, String)> {
            let all = safeguards(&guards, Some(there));
            all.into_iter().map(|one| (one.verdict, one.message.raw().to_owned())).collect()
        };
        let names = "\"stagnig.db/shop\", \"source.db/shop\"";
        let want = [
            (Verdict::Failed, format!("there is no target endpoint for {names}")),
            (Verdict::Failed, "there is no database of an endpoint for \"*.prod/*\"".to_owned()),
            (Verdict::Passed, "it names a task that is there".to_owned()),
        ];
        assert_eq!(said(&there), want);
        let verdicts: Vec<_> =
            said(&There { missing: Some("throttled".into()), ..there }).into_iter().map(|one| one.0).collect();
        assert_eq!(verdicts, [Verdict::Unknown, Verdict::Unknown, Verdict::Passed]);
        assert!(safeguards(&Safeguards::default(), Some(&There::default())).is_empty());
    }

    #[test]
    fn an_audit_with_no_room_left_is_a_failure() {
        let books = |left| Books { failed: None, room: vec![("/a".into(), Some(1 << 40)), ("/team".into(), left)] };
        for (left, want) in
            [(Some(1 << 30), Verdict::Passed), (Some(1 << 20), Verdict::Failed), (None, Verdict::Passed)]
        {
            assert_eq!(written(&books(left)).verdict, want, "{left:?}");
        }
        assert!(written(&books(Some(1 << 20))).action.unwrap().raw().contains("/team"));
    }

    #[test]
    fn every_operation_that_changes_something_is_named_and_none_is_tried() {
        let all: Vec<Finding> = untried().collect();
        assert!(all.iter().all(|one| one.verdict == Verdict::Untried && one.action.is_some()));
        let pass = all.iter().find(|one| one.check.raw() == "scheduler:UpdateSchedule").unwrap();
        assert!(pass.message.raw().contains("iam:PassRole"), "{pass:?}");
        assert_eq!(all.len(), TABLE.iter().filter(|row| row.access == Access::Write).count());
    }
}
