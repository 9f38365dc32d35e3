//! A change, as data: what is to be done to what, and what a person is shown before it is done.
//!
//! Pure. Nothing here does anything: `change` judges, asks for confirmation, sends and writes the audit. `verb.rs` is what
//! can be done to a task, `named.rs` about rules and schedules, `safeguards.rs` what the configuration forbids, `draft.rs`
//! the way from asking to the end.

mod draft;
pub mod legal;
mod named;
mod safeguards;
mod verb;

pub use draft::{Draft, Grade, Outcome, Precondition, Preview, Refusal, Ruling, Standing};
pub use named::{Named, Switch, Which, WhichError};
pub use safeguards::{Destination, DestinationError, Safeguards};
pub use verb::{Meant, ReloadHow, StartFrom, TableName, Until, UntilError, Verb, VerbKind};

use crate::model::Untrusted;
use crate::model::shell::quoted;
use serde::{Deserialize, Serialize};

/// Everything that can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A rule or schedule is enabled or disabled.
    Switch { what: Named, to: Switch },
    /// Something is done to a task.
    Task { task: Meant, verb: Verb },
}

impl Change {
    /// `disable-rule`, `stop-task`: for the audit and for scripts.
    pub fn kind(&self) -> String {
        match self {
            Self::Switch { what, to } => format!("{}-{}", to.word(), what.kind.word()),
            Self::Task { verb, .. } => match verb.kind() {
                VerbKind::Start => "start-task",
                VerbKind::Resume => "resume-task",
                VerbKind::Reload => "reload-task",
                VerbKind::Stop => "stop-task",
                VerbKind::ReloadTables => "reload-tables",
                VerbKind::ValidateTables => "validate-tables",
                VerbKind::TestConnections => "test-connections",
            }
            .to_owned(),
        }
    }

    /// What a person types to confirm it: the name of what is changed.
    pub fn answer(&self) -> &Untrusted {
        match self {
            Self::Switch { what, .. } => &what.name,
            Self::Task { task, .. } => &task.name.0,
        }
    }

    /// The name of what is changed, in full, for the audit and for titles; clean.
    pub fn name(&self) -> String {
        match self {
            Self::Switch { what, .. } => what.full(),
            Self::Task { task, .. } => format!("task:{}", task.name.shown()),
        }
    }

    /// One verb for several at once is typed as this word and their number; `None` where several are never changed at once.
    pub fn several(&self) -> Option<&'static str> {
        match self {
            Self::Switch { to, .. } => Some(to.word()),
            Self::Task { verb, .. } => Some(verb.kind()).filter(|kind| kind.for_several()).map(VerbKind::word),
        }
    }

    /// The command of this program that asks for it, to be copied.
    pub fn command(&self) -> String {
        match self {
            Self::Switch { what, to } => format!("cutover schedules {} {}", to.word(), quoted(&what.full())),
            Self::Task { task, verb } => {
                let name = quoted(&task.name.shown());
                let until = verb.until().map(|until| format!(" --cdc-stop {}", quoted(until.raw())));
                let until = until.unwrap_or_default();
                match verb {
                    Verb::Start { .. } => format!("cutover start {name}{until}"),
                    Verb::Resume { .. } => format!("cutover resume {name}{until}"),
                    Verb::Reload { .. } => format!("cutover reload {name} --all{until}"),
                    Verb::Stop => format!("cutover stop {name}"),
                    Verb::TestConnections => format!("cutover test-connections {name}"),
                    Verb::ReloadTables { tables, how } => {
                        let tables = tables.iter().map(|one| format!(" --table {}", quoted(&one.shown())));
                        let only = match how {
                            ReloadHow::Data => "",
                            ReloadHow::Validation => " --validate-only",
                        };
                        format!("cutover reload {name}{}{only}", tables.collect::<String>())
                    }
                }
            }
        }
    }
}
