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
    /// Both connection tests are successful now.
    pub connected: bool,
}

/// May this task start so?
pub fn start(kind: &MigrationType, status: &TaskStatus, asked: Asked) -> Result<(), Refusal> {
    if !matches!(status, TaskStatus::Ready | TaskStatus::Stopped | TaskStatus::Failed | TaskStatus::FailedMove) {
        return Err(Refusal::invalid_state("Replication Task cannot be started, invalid state"));
    }
    if !asked.connected {
        return Err(Refusal::invalid_state(
            "Test connection for replication instance and endpoint should be successful for starting the replication task",
        ));
    }
    let cdc_only = *kind == MigrationType::Cdc;
    match (asked.start, asked.has_run) {
        (StartType::Start, true) if !(cdc_only && asked.from_position) => {
            Err(Refusal::combination("Start Type : START_REPLICATION, valid only for tasks running for the first time"))
        }
        (StartType::Resume, false) => {
            Err(Refusal::combination("Start Type : RESUME_PROCESSING, not valid for tasks running for the first time"))
        }
        (StartType::Reload, false) => {
            Err(Refusal::combination("Start Type : RELOAD_TARGET, not valid for tasks running for the first time"))
        }
        (StartType::Reload, true) if cdc_only => {
            Err(Refusal::combination("Start Type : RELOAD_TARGET, not valid for tasks of migration type cdc"))
        }
        _ => Ok(()),
    }
}

/// May it be stopped? Not while `starting`: a restart has to wait.
pub fn stop(status: &TaskStatus) -> Result<(), Refusal> {
    match status {
        TaskStatus::Running => Ok(()),
        _ => Err(Refusal::invalid_state("Replication Task cannot be stopped, task not running")),
    }
}

/// May tables be reloaded?
pub fn reload(kind: &MigrationType, status: &TaskStatus) -> Result<(), Refusal> {
    if *status != TaskStatus::Running {
        return Err(Refusal::invalid_state("Tables can be reloaded only while the replication task is running"));
    }
    if !kind.has_full_load() {
        return Err(Refusal::combination("Reload of tables is not valid for tasks of migration type cdc"));
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
            let asked = Asked { start: start_type, from_position, has_run, connected: true };
            let got = start(&kind, &status, asked).err().map(|refusal| refusal.code);
            assert_eq!(got, want, "{kind:?} {status:?} {asked:?}");
            // Whatever else is right: without successful connection tests nothing starts.
            let unconnected = start(&kind, &status, Asked { connected: false, ..asked });
            assert_eq!(unconnected.err().map(|refusal| refusal.code), Some(STATE));
        }
    }

    #[test]
    fn only_a_running_task_stops_or_reloads_tables() {
        use TaskStatus::{Failed, Ready, Running, Starting, Stopped, Stopping};
        for status in [Ready, Starting, Stopping, Stopped, Failed] {
            assert_eq!(stop(&status).unwrap_err().code, STATE, "{status:?}");
            assert_eq!(reload(&MigrationType::FullLoad, &status).unwrap_err().code, STATE, "{status:?}");
        }
        assert!(stop(&Running).is_ok());
        assert!(reload(&MigrationType::FullLoadAndCdc, &Running).is_ok());
        assert_eq!(reload(&MigrationType::Cdc, &Running).unwrap_err().code, COMBINATION);
    }

    /// The real service has the last word, but where both know an answer, the demo must not contradict the operator's table.
    #[test]
    fn the_table_of_the_operator_and_this_one_agree() {
        use crate::model::change::{Ruling, VerbKind, legal};
        use crate::model::{ReplicationKind, change::legal::Case};
        let words =
            "creating ready starting running stopping stopped failed modifying moving failed-move testing deleting";
        for word in words.split(' ') {
            for kind in [MigrationType::FullLoad, MigrationType::FullLoadAndCdc, MigrationType::Cdc] {
                for has_run in [false, true] {
                    let case = Case {
                        kind: ReplicationKind::Classic,
                        migration_type: kind.clone(),
                        status: word.to_owned().into(),
                        has_run,
                    };
                    let from_position = kind == MigrationType::Cdc;
                    let asked = |start| Asked { start, from_position, has_run, connected: true };
                    for (verb, answer) in [
                        (VerbKind::Start, start(&kind, &case.status, asked(StartType::Start))),
                        (VerbKind::Resume, start(&kind, &case.status, asked(StartType::Resume))),
                        (VerbKind::Reload, start(&kind, &case.status, asked(StartType::Reload))),
                        (VerbKind::Stop, stop(&case.status)),
                        (VerbKind::ReloadTables, reload(&kind, &case.status)),
                        (VerbKind::ValidateTables, reload(&kind, &case.status)),
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
}
