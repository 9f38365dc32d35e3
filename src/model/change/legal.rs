//! THE table of what may be done to a task in which status, for which type, and why not otherwise. Pure: the executor judges
//! by it before and after a confirmation, the console shows it before anything is asked.
//!
//! Its ground are sections 1.2, 2.1 and 2.6 of the DMS facts. It knows statuses, types and history only: positions, connection
//! tests and what the configuration forbids are judged on fresh facts, in `change::legal`. Rules and schedules have their own, in
//! `switch.rs`. Start at [`task`]; the whole table, written out, is in `snapshots/`.

mod switch;

pub use switch::switch;
#[cfg(test)]
pub use switch::tests as switch_tests;

use super::{Refusal, Ruling, VerbKind};
use crate::model::ReplicationKind;
use crate::model::task::{MigrationType, Task, TaskStatus};
use crate::model::untrusted::shown;

/// What the table is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub kind: ReplicationKind,
    pub migration_type: MigrationType,
    pub status: TaskStatus,
    /// `FreshStartDate` is present.
    pub has_run: bool,
}

impl Case {
    pub fn of(task: &Task) -> Self {
        Self {
            kind: task.arn.kind(),
            migration_type: task.migration_type.clone(),
            status: task.status.clone(),
            has_run: task.stats.fresh_start.is_some(),
        }
    }

    /// It has a load, or a type that this version does not know.
    fn loads(&self) -> bool {
        self.migration_type != MigrationType::Cdc
    }

    fn serverless(&self) -> bool {
        self.kind == ReplicationKind::Serverless
    }
}

/// What a status means for whoever wants to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing runs: it can be started. Whether it ever ran is said by its history, not by its status.
    Idle,
    /// Between start and `running`.
    Starting,
    Running,
    Stopping,
    /// Something else is being done to it, which ends by itself.
    Busy,
    Moving,
    Deleting,
    /// A word that this version does not know.
    Unknown,
}

/// Sections 2.1 and 2.6 of the DMS facts; a serverless replication has the lower ones as well.
const PHASES: [(&str, Phase); 22] = [
    ("ready", Phase::Idle),
    ("stopped", Phase::Idle),
    ("failed", Phase::Idle),
    ("failed-move", Phase::Idle),
    ("starting", Phase::Starting),
    ("running", Phase::Running),
    ("stopping", Phase::Stopping),
    ("creating", Phase::Busy),
    ("modifying", Phase::Busy),
    ("testing", Phase::Busy),
    ("moving", Phase::Moving),
    ("deleting", Phase::Deleting),
    ("created", Phase::Idle),
    ("deprovisioned", Phase::Idle),
    ("deprovisioning", Phase::Busy),
    ("initializing", Phase::Starting),
    ("preparing_metadata_resources", Phase::Starting),
    ("testing_connection", Phase::Starting),
    ("fetching_metadata", Phase::Starting),
    ("calculating_capacity", Phase::Starting),
    ("provisioning_capacity", Phase::Starting),
    ("replication_starting", Phase::Starting),
];

fn phase(status: &TaskStatus) -> Phase {
    let word = status.raw();
    PHASES.iter().find(|(name, _)| *name == word).map_or(Phase::Unknown, |(_, phase)| *phase)
}

/// What the table says. First what holds in any status, then what may be done when nothing runs, then when it runs, then why
/// one has to wait.
#[allow(clippy::match_same_arms, reason = "rows of a table, in the order in which they are read")]
pub fn task(case: &Case, verb: VerbKind) -> Ruling {
    use VerbKind::{Reload, ReloadTables, Resume, Start, Stop, TestConnections, ValidateTables};
    let known = !matches!(case.migration_type, MigrationType::Other(_));
    match (phase(&case.status), verb) {
        (_, TestConnections) if case.serverless() => no(
            "it is serverless: there is no instance to test connections from",
            "Its connections are tested each time it starts; see its log.",
        ),
        (Phase::Deleting, _) => no("it is being deleted", "Nothing can be done to it any more."),
        (Phase::Unknown, TestConnections) => Ruling::Legal,
        (Phase::Unknown, _) => no(
            &format!("its status is {:?}, which this version does not know", shown(case.status.raw())),
            "Look for a newer cutover, or use the AWS console.",
        ),
        (Phase::Moving, _) => {
            no("it is being moved to another instance", "Wait until it is stopped or failed-move, then ask again.")
        }
        (_, TestConnections) => Ruling::Legal,
        (_, Start | Resume | Reload | ReloadTables | ValidateTables) if !known => no(
            &format!("its type is {:?}, which this version does not know", shown(case.migration_type.raw())),
            "Look for a newer cutover, or use the AWS console.",
        ),
        (_, ReloadTables | ValidateTables) if !case.loads() => no(
            "it is a cdc task: DMS reloads and revalidates tables only of tasks that load",
            "Load them with a task that loads, or start this one from a position before the error.",
        ),
        (_, Reload) if !case.loads() => {
            no("it is a cdc task: there is no load to do again", "Resume it, or start it from a position.")
        }

        (Phase::Idle, Start) if !case.has_run || !case.loads() => Ruling::Legal,
        // Refused as a rule, and once seen to be accepted: the service decides, with the warning of `caution`.
        (Phase::Idle, Start) if case.status == TaskStatus::Failed => Ruling::Legal,
        (Phase::Idle, Start) => no(
            "it has run before, and a task that loads is started only once",
            "Resume it to go on where it stopped, or reload it to do all of it again.",
        ),
        (Phase::Idle, Resume) if !case.has_run => {
            no("it has never run: DMS says that resuming before the first run results in data errors", "Start it.")
        }
        (Phase::Idle, Resume) if case.serverless() && case.migration_type == MigrationType::FullLoad => {
            no("it is serverless and only loads: DMS does not resume such a load", "Reload it.")
        }
        (Phase::Idle, Reload) if !case.has_run => {
            no("it has never run: DMS says that reloading before the first run results in data errors", "Start it.")
        }
        (Phase::Idle, Resume | Reload) => Ruling::Legal,
        (Phase::Idle, Stop) => Ruling::Nothing(format!("it does not run: its status is {}", shown(case.status.raw()))),
        (Phase::Idle, ReloadTables | ValidateTables) => {
            no("DMS does this only while the task runs", "Start or resume it first, and ask again when it is running.")
        }

        (Phase::Running, Stop | ReloadTables | ValidateTables) => Ruling::Legal,
        (Phase::Running, Start | Resume) => Ruling::Nothing("it is running already".to_owned()),
        (Phase::Running, Reload) => no(
            "it is running",
            "Reload chosen tables while it runs, or stop it first and ask again when it is stopped.",
        ),

        (Phase::Starting, Start | Resume) => {
            Ruling::Nothing(format!("it is starting already: its status is {}", shown(case.status.raw())))
        }
        (Phase::Starting, Stop | Reload | ReloadTables | ValidateTables) => no(
            &format!("its status is {}, and DMS refuses this until it is running", shown(case.status.raw())),
            "Wait until it is running, then ask again.",
        ),
        (Phase::Stopping, Stop) => Ruling::Nothing("it is stopping already".to_owned()),
        (Phase::Stopping, _) => no("it is stopping", "Wait until it is stopped, then ask again."),
        (Phase::Busy, Stop) => Ruling::Nothing(format!("it does not run: its status is {}", shown(case.status.raw()))),
        (Phase::Busy, _) => {
            no(&format!("its status is {}", shown(case.status.raw())), "Wait until that has ended, then ask again.")
        }
    }
}

/// Where it is let through, though AWS may well refuse it: what to expect. `None` where there is nothing to say.
pub fn caution(case: &Case, verb: VerbKind) -> Option<&'static str> {
    let again = case.has_run && case.status == TaskStatus::Failed;
    match verb {
        VerbKind::Start if again && case.loads() => {
            Some("it ran before: DMS mostly refuses to start such a task. AWS decides; nothing else is tried instead")
        }
        VerbKind::Start | VerbKind::Resume | VerbKind::Reload if case.status.raw() == "deprovisioned" => {
            Some("its capacity was taken away: it is provisioned again first, which can take 40 minutes and more")
        }
        _ => None,
    }
}

fn no(why: &str, do_this: &str) -> Ruling {
    Ruling::Refused(Refusal { why: why.to_owned(), do_this: do_this.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Untrusted;
    use std::fmt::Write;

    const TYPES: [&str; 4] = ["full-load", "full-load-and-cdc", "cdc", "homogeneous"];
    const KINDS: [ReplicationKind; 2] = [ReplicationKind::Classic, ReplicationKind::Serverless];

    fn cases() -> impl Iterator<Item = Case> {
        let words = PHASES.iter().map(|(word, _)| *word).chain(["hibernating"]);
        words.flat_map(|word| {
            KINDS.into_iter().flat_map(move |kind| {
                TYPES.into_iter().flat_map(move |migration_type| {
                    [false, true].map(|has_run| Case {
                        kind,
                        migration_type: migration_type.to_owned().into(),
                        status: word.to_owned().into(),
                        has_run,
                    })
                })
            })
        })
    }

    /// The whole table as text. Statuses and types that read the same share a row; a reason is written once, by its number.
    fn written_out() -> String {
        let mut reasons: Vec<String> = Vec::new();
        let mut blocks: Vec<(Vec<String>, String)> = Vec::new();
        let all: Vec<Case> = cases().collect();
        for of_status in all.chunk_by(|a, b| a.status == b.status && a.kind == b.kind) {
            let mut rows: Vec<(String, Vec<String>)> = Vec::new();
            for case in of_status {
                let row = VerbKind::ALL.map(|verb| format!("{:<16}", cell(case, verb, &mut reasons))).concat();
                let kind = format!("{} {}", case.migration_type.raw(), if case.has_run { "ran" } else { "new" });
                match rows.iter_mut().find(|(known, _)| *known == row) {
                    Some((_, kinds)) => kinds.push(kind),
                    None => rows.push((row, vec![kind])),
                }
            }
            let mut block = String::new();
            for (row, kinds) in rows {
                let kinds = if kinds.len() == 2 * TYPES.len() { "every type".to_owned() } else { kinds.join(", ") };
                writeln!(block, "  {row}    {kinds}").unwrap();
            }
            let name = format!("{:?} {}", of_status[0].kind, of_status[0].status.raw());
            match blocks.iter_mut().find(|(_, known)| *known == block) {
                Some((names, _)) => names.push(name),
                None => blocks.push((vec![name], block)),
            }
        }
        let mut text = format!("  {}\n", VerbKind::ALL.map(|verb| format!("{:<16}", verb.word())).concat().trim_end());
        for (names, block) in blocks {
            write!(text, "{}\n{block}", names.join(", ")).unwrap();
        }
        for (at, reason) in reasons.iter().enumerate() {
            writeln!(text, "{:>2} {reason}", at + 1).unwrap();
        }
        text
    }

    fn cell(case: &Case, verb: VerbKind, reasons: &mut Vec<String>) -> String {
        let (word, reason) = match task(case, verb) {
            Ruling::Legal => match caution(case, verb) {
                Some(text) => ("LEGAL", format!("but {text}")),
                None => return "LEGAL".to_owned(),
            },
            Ruling::Nothing(why) => ("same", format!("nothing to do: {why}")),
            Ruling::Refused(Refusal { why, do_this }) => {
                assert!(!why.is_empty() && !do_this.is_empty(), "{case:?} {verb:?}");
                ("no", format!("{why}. {do_this}"))
            }
        };
        let reason = reason.replace(&format!("status is {}", case.status.raw()), "status is STATUS");
        let at = reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            reasons.push(reason);
            reasons.len() - 1
        });
        format!("{word} {}", at + 1)
    }

    #[test]
    fn the_whole_table_written_out() {
        insta::assert_snapshot!("the_whole_table", written_out());
    }

    #[test]
    fn nothing_begins_or_destroys_unless_nothing_runs() {
        for case in cases() {
            for verb in [VerbKind::Start, VerbKind::Resume, VerbKind::Reload] {
                if task(&case, verb) == Ruling::Legal {
                    assert_eq!(phase(&case.status), Phase::Idle, "{case:?} {verb:?}");
                }
            }
            if !case.has_run {
                for verb in [VerbKind::Resume, VerbKind::Reload] {
                    assert_ne!(task(&case, verb), Ruling::Legal, "{case:?} {verb:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_is_refused_and_hostile_words_are_clean() {
        for word in ["hibernating", "\u{1b}[2J\u{202e}"] {
            let case = |status: &str, kind: &str| Case {
                kind: ReplicationKind::Classic,
                migration_type: MigrationType::from(kind.to_owned()),
                status: TaskStatus::from(status.to_owned()),
                has_run: true,
            };
            for (case, verbs) in [
                (case(word, "full-load"), &[VerbKind::Stop, VerbKind::Resume, VerbKind::Reload][..]),
                (case("stopped", word), &[VerbKind::Start, VerbKind::Resume, VerbKind::Reload]),
            ] {
                for verb in verbs {
                    let Ruling::Refused(refusal) = task(&case, *verb) else { panic!("{case:?} {verb:?}") };
                    assert!(
                        refusal.why.contains("does not know") && Untrusted::new(&refusal.why).shown() == refusal.why
                    );
                }
            }
        }
    }
}
