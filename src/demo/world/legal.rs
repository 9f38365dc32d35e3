//! What may be done to a task, as a table over type, status and start type (section 2.1 of the DMS facts).

use super::refusal::Refusal;
use crate::model::task::{MigrationType, TaskStatus};

/// `StartReplicationTaskType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartType {
    Start,
    Resume,
    Reload,
}

impl StartType {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "start-replication" => Some(Self::Start),
            "resume-processing" => Some(Self::Resume),
            "reload-target" => Some(Self::Reload),
            _ => None,
        }
    }
}

/// What a start is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub start: StartType,
    /// `CdcStartTime` or `CdcStartPosition` was given.
    pub from_position: bool,
    /// `FreshStartDate` is present.
    pub has_run: bool,
    /// Both connection tests are successful now. A serverless replication tests them itself when it starts.
    pub connected: bool,
    pub whose: Whose,
}

/// What the words of a refusal are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Task,
    /// Serverless.
    Replication,
}

impl Whose {
    fn title(self) -> &'static str {
        match self {
            Self::Task => "Replication Task",
            Self::Replication => "Replication",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Replication => "replication",
        }
    }
}

/// Never run, or down: whatever may be started. A serverless replication is `created` before its first run, and
/// `deprovisioned` a while after its last.
fn stands(status: &TaskStatus, whose: Whose) -> bool {
    match status {
        TaskStatus::Ready | TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove => true,
        TaskStatus::Other(word) => whose == Whose::Replication && matches!(word.raw(), "created" | "deprovisioned"),
        _ => false,
    }
}

/// May this task start so?
pub fn start(kind: &MigrationType, status: &TaskStatus, asked: Asked) -> Result<(), Refusal> {
    let whose = asked.whose;
    if !stands(status, whose) {
        return Err(Refusal::invalid_state(format!("{} cannot be started, invalid state", whose.title())));
    }
    if !asked.connected {
        return Err(Refusal::invalid_state(
            "Test connection for replication instance and endpoint should be successful for starting the replication task",
        ));
    }
    let cdc_only = *kind == MigrationType::Cdc;
    let refused = |start: &str, why: &str| Err(Refusal::combination(format!("Start Type : {start}, {why}")));
    let first = format!("valid only for {}s running for the first time", whose.word());
    let never = format!("not valid for {}s running for the first time", whose.word());
    match (asked.start, asked.has_run) {
        (StartType::Start, true) if !(cdc_only && asked.from_position) => refused("START_REPLICATION", &first),
        (StartType::Resume, false) => refused("RESUME_PROCESSING", &never),
        (StartType::Reload, false) => refused("RELOAD_TARGET", &never),
        (StartType::Reload, true) if cdc_only => {
            refused("RELOAD_TARGET", &format!("not valid for {}s of migration type cdc", whose.word()))
        }
        // Classic and serverless differ here (section 2.1 of the facts).
        (StartType::Resume, true) if whose == Whose::Replication && *kind == MigrationType::FullLoad => {
            refused("RESUME_PROCESSING", "not applicable for replications of migration type full-load")
        }
        _ => Ok(()),
    }
}

/// May it be stopped? Not while `starting`: a restart has to wait.
pub fn stop(status: &TaskStatus, whose: Whose) -> Result<(), Refusal> {
    if *status == TaskStatus::Running {
        return Ok(());
    }
    Err(Refusal::invalid_state(format!("{} cannot be stopped, {} not running", whose.title(), whose.word())))
}

/// May tables be reloaded?
pub fn reload(kind: &MigrationType, status: &TaskStatus, whose: Whose) -> Result<(), Refusal> {
    let what = whose.title().to_lowercase();
    if *status != TaskStatus::Running {
        return Err(Refusal::invalid_state(format!("Tables can be reloaded only while the {what} is running")));
    }
    if !kind.has_full_load() {
        let why = format!("Reload of tables is not valid for {}s of migration type cdc", whose.word());
        return Err(Refusal::combination(why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "InvalidResourceStateFault";
    const COMBINATION: &str = "InvalidParameterCombinationException";

    #[test]
    fn a_start_is_judged_by_type_status_start_type_and_history() {
        use MigrationType::{Cdc, FullLoad, FullLoadAndCdc};
        use StartType::{Reload, Resume, Start};
        use TaskStatus::{Creating, Failed, Moving, Ready, Running, Starting, Stopped, Stopping, Testing};
        // type, status, start type, from a position, has run before -> error code
        let cases = [
            (FullLoad, Ready, Start, false, false, None),
            (FullLoadAndCdc, Ready, Start, false, false, None),
            (Cdc, Ready, Start, false, false, None),
            (Cdc, Ready, Start, true, false, None),
            (FullLoad, Ready, Resume, false, false, Some(COMBINATION)),
            (FullLoadAndCdc, Ready, Reload, false, false, Some(COMBINATION)),
            (FullLoad, Stopped, Start, false, true, Some(COMBINATION)),
            (FullLoad, Failed, Start, false, true, Some(COMBINATION)),
            (FullLoadAndCdc, Stopped, Start, false, true, Some(COMBINATION)),
            (FullLoadAndCdc, Stopped, Start, true, true, Some(COMBINATION)),
            (Cdc, Stopped, Start, false, true, Some(COMBINATION)),
            (Cdc, Stopped, Start, true, true, None),
            (Cdc, Stopped, Resume, false, true, None),
            (Cdc, Failed, Resume, false, true, None),
            (Cdc, Stopped, Reload, false, true, Some(COMBINATION)),
            (FullLoad, Stopped, Resume, false, true, None),
            (FullLoad, Failed, Reload, false, true, None),
            (FullLoadAndCdc, Stopped, Reload, false, true, None),
            (FullLoadAndCdc, Failed, Resume, false, true, None),
            (FullLoadAndCdc, Running, Resume, false, true, Some(STATE)),
            (FullLoad, Starting, Start, false, false, Some(STATE)),
            (FullLoad, Stopping, Resume, false, true, Some(STATE)),
            (FullLoad, Creating, Start, false, false, Some(STATE)),
            (Cdc, Moving, Resume, false, true, Some(STATE)),
            (Cdc, Testing, Resume, false, true, Some(STATE)),
        ];
        for (kind, status, start_type, from_position, has_run, want) in cases {
            let asked = Asked { start: start_type, from_position, has_run, connected: true, whose: Whose::Task };
            let got = start(&kind, &status, asked).err().map(|refusal| refusal.code);
            assert_eq!(got, want, "{kind:?} {status:?} {asked:?}");
            // Whatever else is right: without successful connection tests nothing starts.
            let unconnected = start(&kind, &status, Asked { connected: false, ..asked });
            assert_eq!(unconnected.err().map(|refusal| refusal.code), Some(STATE));
        }
    }

    #[test]
    fn a_serverless_replication_is_started_by_rules_of_its_own() {
        use StartType::{Reload, Resume, Start};
        let other = |word: &str| TaskStatus::Other(crate::model::Untrusted::new(word));
        for (kind, status, start_type, has_run, want) in [
            (MigrationType::FullLoad, other("created"), Start, false, None),
            (MigrationType::FullLoad, other("created"), Resume, false, Some("not valid for replications running")),
            (
                MigrationType::FullLoad,
                other("provisioning_capacity"),
                Start,
                false,
                Some("Replication cannot be started"),
            ),
            (MigrationType::FullLoad, TaskStatus::Stopped, Resume, true, Some("not applicable for replications")),
            (MigrationType::FullLoad, TaskStatus::Stopped, Reload, true, None),
            (MigrationType::Cdc, TaskStatus::Stopped, Resume, true, None),
            (
                MigrationType::FullLoadAndCdc,
                TaskStatus::Failed,
                Start,
                true,
                Some("valid only for replications running"),
            ),
        ] {
            let whose = Whose::Replication;
            let asked = Asked { start: start_type, from_position: false, has_run, connected: true, whose };
            let got = start(&kind, &status, asked).err().map(|refusal| refusal.message);
            let fits = match (&got, want) {
                (Some(got), Some(want)) => got.contains(want),
                (got, want) => got.is_none() && want.is_none(),
            };
            assert!(fits, "{kind:?} {status:?} {start_type:?}: {got:?}");
        }
        // A status of serverless is none of a task.
        let asked = Asked { start: Start, from_position: false, has_run: false, connected: true, whose: Whose::Task };
        assert!(start(&MigrationType::FullLoad, &other("created"), asked).is_err());
    }

    #[test]
    fn only_a_running_task_stops_or_reloads_tables() {
        use TaskStatus::{Failed, Ready, Running, Starting, Stopped, Stopping};
        for status in [Ready, Starting, Stopping, Stopped, Failed] {
            assert_eq!(stop(&status, Whose::Task).unwrap_err().code, STATE, "{status:?}");
            assert_eq!(reload(&MigrationType::FullLoad, &status, Whose::Task).unwrap_err().code, STATE, "{status:?}");
        }
        assert!(stop(&Running, Whose::Task).is_ok());
        assert!(reload(&MigrationType::FullLoadAndCdc, &Running, Whose::Task).is_ok());
        assert_eq!(reload(&MigrationType::Cdc, &Running, Whose::Task).unwrap_err().code, COMBINATION);
    }

    /// The real service has the last word, but where both know an answer, the demo must not contradict the operator's table.
    #[test]
    fn the_table_of_the_operator_and_this_one_agree() {
        use crate::model::change::{Ruling, VerbKind, legal};
        use crate::model::{ReplicationKind, change::legal::Case};
        let words =
            "creating ready starting running stopping stopped failed modifying moving failed-move testing deleting";
        let serverless = "created initializing testing_connection provisioning_capacity replication_starting running \
                          stopping stopped failed modifying deleting deprovisioned";
        for (whose, kind, words) in [
            (Whose::Task, ReplicationKind::Classic, words),
            (Whose::Replication, ReplicationKind::Serverless, serverless),
        ] {
            for (word, migration_type, has_run) in words.split_whitespace().flat_map(|word| {
                let types = [MigrationType::FullLoad, MigrationType::FullLoadAndCdc, MigrationType::Cdc];
                types.into_iter().flat_map(move |kind| [false, true].map(|has_run| (word, kind.clone(), has_run)))
            }) {
                let case = Case { kind, migration_type, status: word.to_owned().into(), has_run };
                let from_position = case.migration_type == MigrationType::Cdc;
                let start = |start_type| {
                    let asked = Asked { start: start_type, from_position, has_run, connected: true, whose };
                    start(&case.migration_type, &case.status, asked)
                };
                let reload = || reload(&case.migration_type, &case.status, whose);
                for (verb, answer) in [
                    (VerbKind::Start, start(StartType::Start)),
                    (VerbKind::Resume, start(StartType::Resume)),
                    (VerbKind::Reload, start(StartType::Reload)),
                    (VerbKind::Stop, stop(&case.status, whose)),
                    (VerbKind::ReloadTables, reload()),
                    (VerbKind::ValidateTables, reload()),
                ] {
                    let legal = legal::task(&case, verb) == Ruling::Legal;
                    // Let through with a warning: the service decides.
                    let left_open = legal::caution(&case, verb).is_some();
                    assert!(left_open || legal == answer.is_ok(), "{case:?} {verb:?}: {legal}, {answer:?}");
                }
            }
        }
    }
}
