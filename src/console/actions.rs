//! THE table of actions. Dispatch, footer, `?` help, `:` palette and `docs/keys.md` all read it; nothing else knows a key.
//!
//! The rows are in [`table`]; [`keymap`] merges the configuration's own keys over their defaults, [`spelling`] reads and
//! writes a key as people do.

mod keymap;
mod spelling;
mod table;

pub use keymap::{Keymap, Rebinding, Refusal};
pub use spelling::{NoKey, key_label, parse_key};
pub use table::TABLE;

use super::message::Key;
use crate::model::operation::Operation;

/// Where a key can be pressed. The last ones take text: there a character is text and never an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Tasks,
    Tables,
    Events,
    Logs,
    Metrics,
    Drain,
    AllDrain,
    Definition,
    Schedules,
    Alerts,
    Activity,
    Validations,
    Validation,
    Differences,
    TaskValidation,
    Refreshes,
    RefreshPlan,
    RefreshRun,
    Problems,
    Operate,
    Help,
    Palette,
    Filter,
    FileName,
    Acknowledge,
    OperateForm,
    Confirm,
    ValidateForm,
    Ask,
}

impl Context {
    pub const ALL: [Self; 29] = [
        Self::Tasks,
        Self::Tables,
        Self::Events,
        Self::Logs,
        Self::Metrics,
        Self::Drain,
        Self::AllDrain,
        Self::Definition,
        Self::Schedules,
        Self::Alerts,
        Self::Activity,
        Self::Validations,
        Self::Validation,
        Self::Differences,
        Self::TaskValidation,
        Self::Refreshes,
        Self::RefreshPlan,
        Self::RefreshRun,
        Self::Problems,
        Self::Operate,
        Self::Help,
        Self::Palette,
        Self::Filter,
        Self::FileName,
        Self::Acknowledge,
        Self::OperateForm,
        Self::Confirm,
        Self::ValidateForm,
        Self::Ask,
    ];

    /// Its name in the configuration: `[keys.tasks]`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Tables => "tables",
            Self::Events => "events",
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Drain => "drain",
            Self::AllDrain => "all-drain",
            Self::Definition => "definition",
            Self::Schedules => "schedules",
            Self::Alerts => "alerts",
            Self::Activity => "activity",
            Self::Validations => "validations",
            Self::Validation => "validation",
            Self::Differences => "differences",
            Self::TaskValidation => "task-validation",
            Self::Refreshes => "refreshes",
            Self::RefreshPlan => "refresh-plan",
            Self::RefreshRun => "refresh-run",
            Self::Problems => "problems",
            Self::Operate => "menu",
            Self::Help => "help",
            Self::Palette => "commands",
            Self::Filter => "filter",
            Self::FileName => "file-name",
            Self::Acknowledge => "acknowledge",
            Self::OperateForm => "start-form",
            Self::Confirm => "confirm",
            Self::ValidateForm => "validation-form",
            Self::Ask => "question",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Tables => "Tables of a task",
            Self::Events => "Events",
            Self::Logs => "Logs",
            Self::Metrics => "Metrics of a task",
            Self::Drain => "Drain of a task",
            Self::AllDrain => "Drain of all tasks",
            Self::Definition => "Definition of a task",
            Self::Schedules => "Schedules",
            Self::Alerts => "Alerts",
            Self::Activity => "Activity",
            Self::Validations => "Validations",
            Self::Validation => "Tables of a validation",
            Self::Differences => "Rows that differ",
            Self::TaskValidation => "Validation of a task",
            Self::Refreshes => "Refreshes",
            Self::RefreshPlan => "Plan of a refresh",
            Self::RefreshRun => "One refresh",
            Self::Problems => "Problems",
            Self::Operate => "Menu of what can be done (O)",
            Self::Help => "Help",
            Self::Palette => "Commands (:)",
            Self::Filter => "Filter (/)",
            Self::FileName => "File name (w)",
            Self::Acknowledge => "Reason of an acknowledgement (a)",
            Self::OperateForm => "From where, and until when (start, resume, reload)",
            Self::Confirm => "Confirmation of a change",
            Self::ValidateForm => "What to validate (n)",
            Self::Ask => "Question before rows are read or shown, or a refresh is begun or steered",
        }
    }

    /// A text field is open: characters are text.
    pub fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Palette
                | Self::Filter
                | Self::FileName
                | Self::Acknowledge
                | Self::OperateForm
                | Self::Confirm
                | Self::Ask
        )
    }
}

/// What an action does to the world outside the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Changes what is on screen, at most asks AWS to describe something.
    Looks,
    /// Leaves the screen: the program ends or is suspended. Nothing at AWS changes.
    Leaves,
    /// The way to changing something at AWS. The key itself changes nothing: it asks for a preview, and that for a typed
    /// confirmation.
    Changes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionId {
    Open,
    EventLog,
    EventInFull,
    ScheduledTask,
    OtherPart,
    Filter,
    Problems,
    Alerts,
    Activity,
    EntryInFull,
    Validations,
    OpenRun,
    OpenDifferences,
    NewValidation,
    PauseRun,
    StopRun,
    Neighbours,
    RevealValues,
    WriteValues,
    WriteRepair,
    PlanIt,
    NextKind,
    PreviousKind,
    WaiveGate,
    AnswerQuestion,
    CloseQuestion,
    OtherWay,
    Refreshes,
    OpenRefresh,
    PlanRefresh,
    StartRefresh,
    PauseRefresh,
    ResumeRefresh,
    LoadAgain,
    AbortRefresh,
    FinishRefresh,
    NextPart,
    PreviousPart,
    Schedules,
    AllEvents,
    AllDrain,
    NamedLogs,
    Tables,
    Events,
    Logs,
    Metrics,
    Drain,
    TaskValidation,
    Definition,
    OnlyUnwell,
    Acknowledge,
    ConfirmAcknowledge,
    DropAcknowledge,
    ConfirmChange,
    DropChange,
    Mark,
    DropMarks,
    Operate,
    Choose,
    CloseMenu,
    Stop,
    Resume,
    Start,
    TestConnections,
    Reload,
    ReloadTables,
    ValidateTables,
    Enable,
    Disable,
    GoOn,
    BackToMenu,
    NextField,
    PreviousField,
    NextOrigin,
    PreviousOrigin,
    CopyCommand,
    NextTab,
    PreviousTab,
    Search,
    NextMatch,
    PreviousMatch,
    FollowLog,
    Severity,
    Component,
    QuietLines,
    WrapLines,
    OtherZone,
    NextGroup,
    PreviousGroup,
    AskNow,
    Copy,
    CopyPane,
    Write,
    WriteFile,
    CloseFileName,
    SortPrevious,
    SortNext,
    SortReverse,
    ColumnsLeft,
    ColumnsRight,
    Earlier,
    Later,
    MoreTime,
    LessTime,
    Palette,
    Help,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Back,
    Close,
    KeepFilter,
    DropFilter,
    RunCommand,
    ClosePalette,
    Erase,
    EraseAll,
    TurnForm,
    NextHeading,
    PreviousHeading,
    Find,
    FindNext,
    FindPrevious,
    Repaint,
    Suspend,
    Quit,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    pub id: ActionId,
    /// Stable name, for the palette and the configuration.
    pub name: &'static str,
    pub contexts: &'static [Context],
    /// Where only the palette has it, by its name: what changes something stands on no key beside movement.
    pub by_name: &'static [Context],
    pub keys: &'static [Key],
    /// A word or two for the footer.
    pub label: &'static str,
    pub doc: &'static str,
    pub risk: Risk,
    /// The AWS operation it may cause first, or in the end, where it changes something; the mode decides whether it may.
    pub operation: Option<Operation>,
    /// Place in the footer from the left, where it stands there at all.
    pub footer: Option<u8>,
    /// Offered in the palette.
    pub palette: bool,
}

/// What `docs/keys.md` says before its tables.
const INTRODUCTION: &str = "# Keys

Made from the table in `src/console/actions.rs` by `tests/it/keys.rs`; do not edit.

*Leaves* means that the program ends or is suspended. *Changes* is the way to changing something at AWS, with the action that
IAM must allow. Such keys stand in the menu of `O` and in the question it leads to, nowhere else; on a screen their commands
are found by name. What would come of it is shown first, and nothing is sent before its name was typed, letter by letter. In
read-only the menu only says what would be possible. The mouse is never captured: text is selected with it as in any shell.

These are the defaults. `[keys]` in the configuration gives a command other keys wherever it works, `[keys.CONTEXT]` in one
place only, and the narrower line wins:

```
[keys]
ask-now = [\"K\", \"F5\"]   # instead of r
alerts = []             # no key; `:alerts` still finds it

[keys.tasks]
down = \"F9\"             # instead of Down and j, on Tasks
```

A key is written as below: one character, or a name in upper or lower case (`Ctrl-F`, `F5`, `PgDn`, `Space`). What is on
screen, the footer, the help and the palette, shows the keys as they then are.

`cutover config check` refuses, with its line, a key that would mean two things in one place, a plain character where text is
typed, and a command left with neither a key nor a name to find it by. `Ctrl-C` always leaves. Some commands are called like a
place (`tables`): where a file has keys for both, `[keys.all]` is another way to write `[keys]`. The places are

CONTEXTS.";

/// Text of `docs/keys.md`: the defaults.
pub fn keys_markdown() -> String {
    let defaults = Keymap::default();
    let contexts = Context::ALL.map(|context| format!("`{}`", context.id())).join(" ");
    let mut out = vec![INTRODUCTION.replace("CONTEXTS", &contexts)];
    for context in Context::ALL {
        out.push(format!("\n## {}\n\n| key | command | what it does | |\n|---|---|---|---|", context.title()));
        for action in defaults.of(context) {
            let keys: Vec<_> =
                defaults.keys_in(action, context).map(|key| format!("`{}`", key_label(key, true))).collect();
            let risk = match (action.risk, action.operation) {
                (Risk::Looks, _) => String::new(),
                (Risk::Leaves, _) => "leaves".to_owned(),
                (Risk::Changes, operation) => {
                    format!("changes: {}", operation.map_or("what was chosen", Operation::action))
                }
            };
            out.push(format!("| {} | {} | {} | {risk} |", keys.join(" "), action.name, action.doc));
        }
        let by_name: Vec<_> = TABLE.iter().filter(|action| action.by_name.contains(&context)).collect();
        if !by_name.is_empty() {
            let names: Vec<_> = by_name.iter().map(|action| format!("`:{}`", action.name)).collect();
            out.push(format!("\nBy name only: {}.", names.join(" ")));
        }
    }
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::table::{char, ctrl};
    use super::*;
    use crate::console::message::KeyCode;
    use crate::model::operation::Access;
    use std::collections::HashMap;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let keys = Keymap::default();
        for context in Context::ALL {
            let mut seen = HashMap::new();
            for action in keys.of(context) {
                for key in keys.keys_in(action, context) {
                    let before = seen.insert(key, action.id);
                    assert_eq!(before, None, "{context:?}: {} is also {:?}", key_label(key, true), action.id);
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_key_a_context_and_words() {
        let keys = Keymap::default();
        for (at, action) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|other| other.id != action.id && other.name != action.name));
            assert!(!action.keys.is_empty() && !action.contexts.is_empty(), "{}", action.name);
            assert!(!action.label.is_empty() && action.doc.ends_with('.'), "{}", action.name);
            for context in action.contexts {
                assert!(keys.keys_in(action, *context).next().is_some(), "{} in {context:?}", action.name);
            }
        }
    }

    #[test]
    fn only_what_says_so_needs_more_than_reading() {
        for action in TABLE {
            let writes = action.operation.is_some_and(|operation| operation.row().access != Access::Read);
            let whatever_was_chosen = matches!(action.id, ActionId::Choose | ActionId::ConfirmChange);
            assert_eq!(writes, action.risk == Risk::Changes && !whatever_was_chosen, "{}", action.name);
        }
    }

    #[test]
    fn what_changes_something_has_a_key_in_the_menu_only_and_none_of_those_one_presses_without_looking() {
        let moving = [KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Tab, KeyCode::Backspace];
        for action in TABLE.iter().filter(|action| action.risk == Risk::Changes) {
            // A plan on screen is a preview, and what is asked of a run is put into a question: both are typed.
            let previewed = matches!(action.contexts, [Context::RefreshPlan | Context::RefreshRun]);
            let asked = matches!(action.contexts, [Context::Operate | Context::Confirm]);
            assert!(asked || previewed, "{}", action.name);
            for key in action.keys {
                let reflex =
                    matches!(key.code, KeyCode::Char(' ' | 'h' | 'j' | 'k' | 'l' | 'q' | 'g' | 'G' | 'x' | 'X'));
                assert!(!reflex && !moving.contains(&key.code) && !key.ctrl && !key.alt, "{}", action.name);
            }
        }
    }

    #[test]
    fn where_text_is_typed_a_character_is_never_an_action() {
        let keys = Keymap::default();
        for context in Context::ALL.into_iter().filter(|context| context.takes_text()) {
            for c in ' '..='~' {
                assert_eq!(keys.find(context, char(c)), None);
            }
            assert_eq!(keys.find(context, ctrl('c')), Some(ActionId::Quit));
        }
    }

    #[test]
    fn what_leaves_stands_on_q_and_control_keys_only() {
        for action in TABLE.iter().filter(|action| action.risk == Risk::Leaves) {
            assert!(action.keys.iter().all(|key| key.ctrl || key.code == KeyCode::Char('q')), "{}", action.name);
        }
    }

    #[test]
    fn contexts_have_names_of_their_own_and_none_is_called_all() {
        for (at, context) in Context::ALL.iter().enumerate() {
            assert!(Context::ALL[..at].iter().all(|other| other.id() != context.id()), "{context:?}");
            assert_ne!(context.id(), "all");
        }
    }

    #[test]
    fn the_keys_page_names_every_action_in_each_of_its_contexts() {
        let page = keys_markdown();
        for action in TABLE {
            assert_eq!(page.matches(&format!("| {} |", action.name)).count(), action.contexts.len(), "{}", action.name);
        }
        assert!(page.is_ascii());
    }
}
