//! The rows. A new key, command or palette entry begins here; everything that shows or dispatches it follows.

use super::Context::{
    self, Acknowledge, Activity, Alerts, AllDrain, Ask, Confirm, Definition, Differences, Drain, Events, FileName,
    Filter, Help, Logs, Metrics, Operate, OperateForm, Palette, Problems, RefreshPlan, RefreshRun, Refreshes,
    Schedules, Tables, TaskValidation, Tasks, ValidateForm, Validation, Validations,
};
use super::{Action, ActionId, Risk};
use crate::console::message::{Key, KeyCode};
use crate::model::operation::Operation;

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false }
}

pub(super) const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

pub(super) const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true, alt: false }
}

/// Lists with columns and a filter.
const LISTS: &[Context] =
    &[Tasks, Tables, Events, AllDrain, Schedules, Alerts, Activity, Validations, Validation, Refreshes];
/// The same, and a text of which only some lines may be wanted.
const FILTERED: &[Context] =
    &[Tasks, Tables, Events, AllDrain, Schedules, Alerts, Activity, Validations, Validation, Refreshes, RefreshPlan];
/// Lists, and rows whose columns scroll.
const SHIFTED: &[Context] =
    &[Tasks, Tables, Events, AllDrain, Schedules, Alerts, Activity, Validations, Validation, Differences, Refreshes];
const SCREENS: &[Context] = &[
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
];
const SCROLLED: &[Context] = &[
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
    Help,
];
/// The same, and questions that are longer than the screen.
const PAGED: &[Context] = &[
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
    Help,
    Confirm,
    Ask,
];
const MOVED: &[Context] = &[
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
    Confirm,
    ValidateForm,
    Ask,
];
/// Where the task on screen, or the one under the cursor, can be turned to another side. Events, logs and drain may be on
/// screen without a task; the keys do nothing then.
const OF_A_TASK: &[Context] = &[Tasks, Tables, Events, Logs, Metrics, Drain, AllDrain, Definition, TaskValidation];
/// The same, where there are sides to turn to.
const SIDES: &[Context] = &[Tables, Events, Logs, Metrics, Drain, Definition, TaskValidation];
/// Lists whose rows can be marked.
const MARKED: &[Context] = &[Tasks, Tables, AllDrain, Schedules];
/// Where something can be done to what is on screen.
const OPERATED: &[Context] =
    &[Tasks, Tables, Events, Logs, Metrics, Drain, AllDrain, Definition, Schedules, TaskValidation];
/// Where a validation can be started.
const VALIDATED: &[Context] = &[Tasks, Tables, Drain, AllDrain, TaskValidation, Validations, Validation];
const TEXT: &[Context] = &[Filter, Palette, FileName, Acknowledge, OperateForm, Confirm, Ask];
const EVERYWHERE: &[Context] = &Context::ALL;

const BASE: Action = Action {
    id: ActionId::Open,
    name: "",
    contexts: &[],
    by_name: &[],
    keys: &[],
    label: "",
    doc: "",
    risk: Risk::Looks,
    operation: None,
    footer: None,
    palette: false,
};

/// The table. On a screen nothing dangerous stands, so every key there is a reflex key; what changes something stands in the
/// menu of [`ActionId::Operate`], and even there only asks.
pub const TABLE: &[Action] = &[
    Action {
        id: ActionId::Open,
        name: "open",
        contexts: &[Tasks, AllDrain, Alerts],
        keys: &[key(KeyCode::Enter)],
        label: "open",
        doc: "Open the task under the cursor: its tables; on Drain of all tasks, its drain; of an alert, its evidence.",
        operation: Some(Operation::DescribeTableStatistics),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::EventLog,
        name: "log-of-event",
        contexts: &[Events],
        keys: &[key(KeyCode::Enter)],
        label: "its log",
        doc: "Open the log of the task that the event is about.",
        operation: Some(Operation::FilterLogEvents),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::EventInFull,
        name: "event-in-full",
        contexts: &[Events],
        keys: &[char('v')],
        label: "in full",
        doc: "The event under the cursor on the whole screen, and back to the list.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ScheduledTask,
        name: "scheduled-task",
        contexts: &[Schedules],
        keys: &[key(KeyCode::Enter)],
        label: "its task",
        doc: "Open the task that the rule or schedule starts, stops, reloads or names.",
        operation: Some(Operation::DescribeTableStatistics),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OtherPart,
        name: "other-part",
        contexts: &[Schedules],
        keys: &[key(KeyCode::Tab), key(KeyCode::BackTab)],
        label: "more",
        doc: "From the list to the row under the cursor in full, to the event subscriptions, and back.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Filter,
        name: "filter",
        contexts: FILTERED,
        keys: &[char('/')],
        label: "filter",
        doc: "Show only rows that match: text, !text, column:text; several words must all match.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Mark,
        name: "mark",
        contexts: MARKED,
        keys: &[char('x')],
        label: "mark",
        doc: "Mark the row under the cursor, or take its mark away, and go one down. What the menu does next is about the \
              marked rows.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::DropMarks,
        name: "drop-marks",
        contexts: MARKED,
        keys: &[char('X')],
        label: "unmark",
        doc: "Take all marks away.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Operate,
        name: "operate",
        contexts: OPERATED,
        keys: &[char('O')],
        label: "act",
        doc: "What can be done to the marked rows, to the one under the cursor or to the open task, and why not; in read-only, \
              what could be.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Choose,
        name: "choose",
        contexts: &[Operate],
        keys: &[key(KeyCode::Enter)],
        label: "choose",
        doc: "Choose the line under the cursor: shows what would come of it and asks, or why it cannot be done.",
        risk: Risk::Changes,
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::CloseMenu,
        name: "close-menu",
        contexts: &[Operate],
        keys: &[key(KeyCode::Esc), char('q')],
        label: "close",
        doc: "Close the menu; nothing was asked of AWS.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::Stop,
        name: "stop",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('s')],
        label: "stop",
        doc: "Stop the task, or the marked ones.",
        risk: Risk::Changes,
        operation: Some(Operation::StopReplicationTask),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Resume,
        name: "resume",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('u')],
        label: "resume",
        doc: "Go on where the task stopped; a full load loads what is not loaded yet.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Start,
        name: "start",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('a')],
        label: "start",
        doc: "Start the task: its first run, or a cdc task from a position, a time or from now.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::TestConnections,
        name: "test-connections",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('c')],
        label: "test",
        doc: "Test the connections to source and target from the instance of the task.",
        risk: Risk::Changes,
        operation: Some(Operation::TestConnection),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Reload,
        name: "reload",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('R')],
        label: "reload",
        doc: "Load every table of the task again, from nothing; destroys what the target has.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ReloadTables,
        name: "reload-tables",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('t')],
        label: "reload tables",
        doc: "Load the marked tables again, or the one under the cursor, from nothing, in requests of ten.",
        risk: Risk::Changes,
        operation: Some(Operation::ReloadTables),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ValidateTables,
        name: "validate-tables",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('v')],
        label: "validate",
        doc: "Let DMS validate the marked tables again, or the one under the cursor; where validation is on.",
        risk: Risk::Changes,
        operation: Some(Operation::ReloadTables),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Enable,
        name: "enable",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('e')],
        label: "enable",
        doc: "Enable the rule or schedule, or the marked ones.",
        risk: Risk::Changes,
        operation: Some(Operation::EnableRule),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Disable,
        name: "disable",
        contexts: &[Operate],
        by_name: SCREENS,
        keys: &[char('d')],
        label: "disable",
        doc: "Disable the rule or schedule, or the marked ones.",
        risk: Risk::Changes,
        operation: Some(Operation::DisableRule),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::GoOn,
        name: "go-on",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Enter)],
        label: "go on",
        doc: "Take what was told and show what would come of it.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::BackToMenu,
        name: "back-to-menu",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Esc)],
        label: "back",
        doc: "Back to the menu.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::NextField,
        name: "next-field",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Down), key(KeyCode::Tab)],
        label: "next line",
        doc: "To the next line of the form.",
        footer: Some(4),
        ..BASE
    },
    Action {
        id: ActionId::PreviousField,
        name: "previous-field",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Up), key(KeyCode::BackTab)],
        label: "line before",
        doc: "To the line before.",
        ..BASE
    },
    Action {
        id: ActionId::NextOrigin,
        name: "next-origin",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Right)],
        label: "another beginning",
        doc: "On the first line: from a position, a time, or from now.",
        footer: Some(5),
        ..BASE
    },
    Action {
        id: ActionId::PreviousOrigin,
        name: "previous-origin",
        contexts: &[OperateForm],
        keys: &[key(KeyCode::Left)],
        label: "the one before",
        doc: "The same, the other way round.",
        ..BASE
    },
    Action {
        id: ActionId::Problems,
        name: "problems",
        contexts: SCREENS,
        keys: &[char('!')],
        label: "problems",
        doc: "Every error so far: what, why, what to do, how old.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Alerts,
        name: "alerts",
        contexts: SCREENS,
        keys: &[char('A')],
        label: "alerts",
        doc: "Everything that is wrong now, worst first, with the way to the evidence.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Schedules,
        name: "schedules",
        contexts: SCREENS,
        keys: &[char('S')],
        label: "schedules",
        doc: "What EventBridge and its Scheduler start, and when next; who is told of events.",
        operation: Some(Operation::ListRules),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Activity,
        name: "activity",
        contexts: SCREENS,
        keys: &[char('H')],
        label: "what was changed",
        doc: "What was changed, or refused: by whom, from where, and what came of it.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::EntryInFull,
        name: "entry-in-full",
        contexts: &[Activity],
        keys: &[key(KeyCode::Enter), char('v')],
        label: "in full",
        doc: "The entry under the cursor on the whole screen, and back to the list.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Validations,
        name: "validations",
        contexts: SCREENS,
        keys: &[char('V')],
        label: "validations",
        doc: "Comparisons of source and target, row by row: those that run and those that are kept.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OpenRun,
        name: "open-validation",
        contexts: &[Validations, TaskValidation],
        keys: &[key(KeyCode::Enter)],
        label: "open",
        doc: "Open the validation under the cursor: source left, target right, table by table.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OpenDifferences,
        name: "open-rows",
        contexts: &[Validation],
        keys: &[key(KeyCode::Enter)],
        label: "its rows",
        doc: "Rows of the table under the cursor that differ, are missing or extra.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NewValidation,
        name: "validate",
        contexts: VALIDATED,
        by_name: &[
            Events,
            Logs,
            Metrics,
            Definition,
            Schedules,
            Alerts,
            Activity,
            Differences,
            Problems,
            Refreshes,
            RefreshPlan,
            RefreshRun,
        ],
        keys: &[char('n')],
        label: "validate",
        doc: "Compare source and target of a task, or as the configuration names it: the plan with its cost comes first.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PauseRun,
        name: "pause-validation",
        contexts: &[Validations, Validation, TaskValidation],
        keys: &[char('p')],
        label: "pause",
        doc: "Pause the validation: ranges under way end, nothing new is begun. The same key lets it go on.",
        footer: Some(4),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::StopRun,
        name: "stop-validation",
        contexts: &[Validations, Validation, TaskValidation],
        keys: &[char('s')],
        label: "stop",
        doc: "Stop the validation: its statements end on their servers, and what was not compared is unknown.",
        footer: Some(5),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Neighbours,
        name: "neighbours",
        contexts: &[Differences],
        keys: &[char('c')],
        label: "neighbours",
        doc: "With the equal rows before and after each, or only what differs.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::RevealValues,
        name: "reveal-values",
        contexts: &[Differences],
        keys: &[char('v')],
        label: "values",
        doc: "Show what stands in the rows: the table's name has to be typed, and it is written into the audit. Again hides it.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::WriteValues,
        name: "write-values",
        contexts: &[Validation, Differences],
        keys: &[char('W')],
        label: "write values",
        doc: "Write the differences of the table with their values to a new file: JSON Lines, CSV or Markdown; asks, and is written into the audit.",
        footer: Some(4),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::WriteRepair,
        name: "repair-script",
        contexts: &[Validation, Differences],
        keys: &[char('P')],
        label: "repair script",
        doc: "Write statements that make the target equal, to a new file; never run from here.",
        footer: Some(4),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PlanIt,
        name: "plan-validation",
        contexts: &[ValidateForm],
        keys: &[key(KeyCode::Enter)],
        label: "plan",
        doc: "Find both databases, read their catalogues and show the plan. No row is read for it.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::NextKind,
        name: "next-kind",
        contexts: &[ValidateForm],
        keys: &[key(KeyCode::Right)],
        label: "how much",
        doc: "How much of each table is compared: as configured, rows, counts, aggregates.",
        footer: Some(3),
        ..BASE
    },
    Action {
        id: ActionId::PreviousKind,
        name: "previous-kind",
        contexts: &[ValidateForm],
        keys: &[key(KeyCode::Left)],
        label: "the one before",
        doc: "The same, the other way round.",
        ..BASE
    },
    Action {
        id: ActionId::WaiveGate,
        name: "waive-gate",
        contexts: &[ValidateForm],
        keys: &[key(KeyCode::Tab)],
        label: "gate or not",
        doc: "Wait until the task is through, or begin at once: that is recorded with the result.",
        footer: Some(4),
        ..BASE
    },
    Action {
        id: ActionId::AnswerQuestion,
        name: "answer-question",
        contexts: &[Ask],
        keys: &[key(KeyCode::Enter)],
        label: "go on",
        doc: "Go on, where what is asked for was typed.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::CloseQuestion,
        name: "close-question",
        contexts: &[ValidateForm, Ask],
        keys: &[key(KeyCode::Esc)],
        label: "close",
        doc: "Close; no row is read, nothing is written and nothing is begun.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::OtherWay,
        name: "other-way",
        contexts: &[Ask],
        keys: &[key(KeyCode::Right), key(KeyCode::Left)],
        label: "other way",
        doc: "Of a repair script: with DELETEs of extra rows, or without. Of a file with values: JSON Lines, CSV or Markdown. Of an abort: stop the task, or leave it. Of loading again: what is not complete, or all of it.",
        footer: Some(3),
        ..BASE
    },
    Action {
        id: ActionId::Refreshes,
        name: "refreshes",
        contexts: SCREENS,
        keys: &[char('R')],
        label: "refreshes",
        doc: "Loads of a target with everything around them: those of the configuration, those under way, and those that were.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OpenRefresh,
        name: "open-refresh",
        contexts: &[Refreshes],
        keys: &[key(KeyCode::Enter)],
        label: "open",
        doc: "Open the run under the cursor: its steps, what is away, the load, the log. Of one of the configuration: its plan.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PlanRefresh,
        name: "plan-refresh",
        contexts: &[Refreshes, RefreshRun],
        keys: &[char('n')],
        label: "plan",
        doc: "Everything that the refresh would do, in order, in words and in SQL, and what forbids it. Changes nothing.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::StartRefresh,
        name: "start-refresh",
        contexts: &[RefreshPlan],
        keys: &[char('s')],
        label: "start",
        doc: "Carry the plan on screen out; asks for the database that is overwritten to be typed.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PauseRefresh,
        name: "pause-refresh",
        contexts: &[RefreshRun],
        keys: &[char('p')],
        label: "pause",
        doc: "Ask the run to pause, between two transactions; asks first.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ResumeRefresh,
        name: "resume-refresh",
        contexts: &[RefreshRun],
        keys: &[char('u')],
        label: "resume",
        doc: "Go on with the run where it stopped; asks for the database to be typed.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::LoadAgain,
        name: "load-again",
        contexts: &[RefreshRun],
        keys: &[char('t')],
        label: "load again",
        doc: "After a load that failed: load what is not complete once more, or all of it, and go on; asks for the database to be typed.",
        risk: Risk::Changes,
        operation: Some(Operation::StartReplicationTask),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::AbortRefresh,
        name: "abort-refresh",
        contexts: &[RefreshRun],
        keys: &[char('a')],
        label: "abort",
        doc: "Before the load: put everything back. After it: stop the task or leave it, then wait for a person; asks first.",
        risk: Risk::Changes,
        operation: Some(Operation::StopReplicationTask),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::FinishRefresh,
        name: "finish-refresh",
        contexts: &[RefreshRun],
        keys: &[char('f')],
        label: "finish",
        doc: "End a migration that is parked: everything through, the task stopped, all put back; asks for the database to be typed.",
        risk: Risk::Changes,
        operation: Some(Operation::StopReplicationTask),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NextPart,
        name: "next-part",
        contexts: &[RefreshRun],
        keys: &[key(KeyCode::Tab)],
        label: "next part",
        doc: "Steps, what is away, the load, the log: which of them scrolls, and on a small screen which of them is shown.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PreviousPart,
        name: "previous-part",
        contexts: &[RefreshRun],
        keys: &[key(KeyCode::BackTab)],
        label: "the part before",
        doc: "The same, the other way round.",
        ..BASE
    },
    Action {
        id: ActionId::AllEvents,
        name: "all-events",
        contexts: SCREENS,
        keys: &[char('E')],
        label: "all events",
        doc: "What DMS says has happened, to every task and instance.",
        operation: Some(Operation::DescribeEvents),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::AllDrain,
        name: "all-drain",
        contexts: SCREENS,
        keys: &[char('D')],
        label: "drain of all",
        doc: "Is everything through: of every task in scope.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NamedLogs,
        name: "named-logs",
        contexts: SCREENS,
        keys: &[char('L')],
        label: "named logs",
        doc: "Log groups that the configuration names.",
        operation: Some(Operation::FilterLogEvents),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OnlyUnwell,
        name: "only-alerts",
        contexts: &[Tasks],
        keys: &[char('p')],
        label: "only alerts",
        doc: "Show only tasks with an alert that nobody has acknowledged; the same key shows all again.",
        footer: Some(5),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Acknowledge,
        name: "acknowledge",
        contexts: &[Alerts],
        keys: &[char('a')],
        label: "acknowledge",
        doc: "Acknowledge the alert under the cursor, with a reason and for a time; on an acknowledged one, take that back. \
              Kept until you leave.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ConfirmAcknowledge,
        name: "confirm-acknowledge",
        contexts: &[Acknowledge],
        keys: &[key(KeyCode::Enter)],
        label: "acknowledge",
        doc: "Acknowledge for this reason. A last word such as @30m, @8h or @2d says for how long; without it, an hour.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::DropAcknowledge,
        name: "drop-acknowledge",
        contexts: &[Acknowledge],
        keys: &[key(KeyCode::Esc)],
        label: "cancel",
        doc: "Acknowledge nothing.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::Tables,
        name: "tables",
        contexts: OF_A_TASK,
        keys: &[char('t')],
        label: "tables",
        doc: "Tables of the task.",
        operation: Some(Operation::DescribeTableStatistics),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Events,
        name: "events",
        contexts: OF_A_TASK,
        keys: &[char('e')],
        label: "events",
        doc: "Events of the task and of its instance.",
        operation: Some(Operation::DescribeEvents),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Logs,
        name: "logs",
        contexts: OF_A_TASK,
        keys: &[char('l')],
        label: "logs",
        doc: "Log of the task.",
        operation: Some(Operation::FilterLogEvents),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Metrics,
        name: "metrics",
        contexts: OF_A_TASK,
        keys: &[char('m')],
        label: "metrics",
        doc: "Charts of the task and of its instance.",
        operation: Some(Operation::GetMetricData),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Drain,
        name: "drain",
        contexts: OF_A_TASK,
        keys: &[char('d')],
        label: "drain",
        doc: "Is everything through: what is still on its way from source to target.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::TaskValidation,
        name: "task-validation",
        contexts: OF_A_TASK,
        keys: &[char('=')],
        label: "validation",
        doc: "Is the target equal to the source: our validations of the task, and DMS's own.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Definition,
        name: "definition",
        contexts: OF_A_TASK,
        keys: &[char('i')],
        label: "definition",
        doc: "What the task is made of: endpoints, instance, mappings, settings.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NextTab,
        name: "next-side",
        contexts: SIDES,
        keys: &[key(KeyCode::Tab)],
        label: "next side",
        doc: "The next side of the task.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PreviousTab,
        name: "previous-side",
        contexts: SIDES,
        keys: &[key(KeyCode::BackTab)],
        label: "side before",
        doc: "The side before.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::FollowLog,
        name: "follow",
        contexts: &[Logs],
        keys: &[char('f')],
        label: "follow",
        doc: "Follow the newest line, or stay where the screen is.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Search,
        name: "search",
        contexts: &[Logs],
        keys: &[char('/')],
        label: "search",
        doc: "Search for a text, whatever its case, from here upwards.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NextMatch,
        name: "next-match",
        contexts: &[Logs],
        keys: &[char('n')],
        label: "match below",
        doc: "To the next line further down in which the text stands, around the end.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PreviousMatch,
        name: "previous-match",
        contexts: &[Logs],
        keys: &[char('N')],
        label: "match above",
        doc: "To the next one further up.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Severity,
        name: "severity",
        contexts: &[Logs],
        keys: &[char('v')],
        label: "severity",
        doc: "All lines, warnings and errors, errors, only lines worth a look.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Component,
        name: "component",
        contexts: &[Logs],
        keys: &[char('c')],
        label: "component",
        doc: "Only lines of components whose name begins like this; the whole name finds one that the log cuts.",
        footer: Some(5),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::QuietLines,
        name: "quiet-lines",
        contexts: &[Logs],
        keys: &[char('.')],
        label: "quiet lines",
        doc: "Show or hide lines that only say that nothing happened.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::WrapLines,
        name: "wrap-lines",
        contexts: &[Logs],
        keys: &[char('W')],
        label: "wrap",
        doc: "Let long lines go on in the next row, or cut them.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::OtherZone,
        name: "other-zone",
        contexts: &[Logs],
        keys: &[char('z')],
        label: "UTC or local",
        doc: "Times in UTC, or in the time zone that the configuration names.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NextGroup,
        name: "next-group",
        contexts: &[Logs],
        keys: &[char(']')],
        label: "next group",
        doc: "The next of the log groups that the configuration names.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PreviousGroup,
        name: "previous-group",
        contexts: &[Logs],
        keys: &[char('[')],
        label: "group before",
        doc: "The log group before.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::AskNow,
        name: "ask-now",
        contexts: SCREENS,
        keys: &[char('r')],
        label: "ask now",
        doc: "Ask AWS again now for what is on screen; on Problems, for everything that failed; on Activity, read the audit.",
        operation: Some(Operation::DescribeReplicationTasks),
        footer: Some(4),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Copy,
        name: "copy",
        contexts: SCREENS,
        keys: &[char('y')],
        label: "copy",
        doc: "Copy what is under the cursor to the clipboard of your terminal: a task's ARN, a table's name, a message.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::CopyPane,
        name: "copy-all",
        contexts: SCREENS,
        keys: &[char('Y')],
        label: "copy all",
        doc: "Copy all rows that pass the filter, as text.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Write,
        name: "write",
        contexts: SCREENS,
        keys: &[char('w')],
        label: "write",
        footer: Some(5),
        doc: "Write all rows that pass the filter to a new file: .csv, .json or .txt.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::SortPrevious,
        name: "sort-previous-column",
        contexts: LISTS,
        keys: &[char('<')],
        label: "sort left",
        doc: "Sort by the column to the left. Names sort from A, everything else worst or largest first; unknown is worst.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::SortNext,
        name: "sort-next-column",
        contexts: LISTS,
        keys: &[char('>')],
        label: "sort right",
        doc: "Sort by the column to the right.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::SortReverse,
        name: "sort-reverse",
        contexts: LISTS,
        keys: &[char('o')],
        label: "other order",
        doc: "Turn the sort order round.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ColumnsRight,
        name: "columns-right",
        contexts: SHIFTED,
        keys: &[key(KeyCode::Right)],
        label: "more columns",
        doc: "Show columns further right, where the terminal is too narrow for all.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ColumnsLeft,
        name: "columns-left",
        contexts: SHIFTED,
        keys: &[key(KeyCode::Left)],
        label: "columns back",
        doc: "Go back to columns further left.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Earlier,
        name: "earlier",
        contexts: &[Metrics],
        keys: &[key(KeyCode::Left)],
        label: "read earlier",
        doc: "Read the charts at an earlier minute.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Later,
        name: "later",
        contexts: &[Metrics],
        keys: &[key(KeyCode::Right)],
        label: "later",
        doc: "Read them at a later minute; beyond the last one, at the newest points again.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::MoreTime,
        name: "more-time",
        contexts: &[Metrics],
        keys: &[char('+')],
        label: "more time",
        doc: "Charts over 1 h, then 3 h.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::LessTime,
        name: "less-time",
        contexts: &[Metrics],
        keys: &[char('-')],
        label: "less",
        doc: "Charts over 1 h, then 15 min.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Up,
        name: "up",
        contexts: MOVED,
        keys: &[key(KeyCode::Up), char('k')],
        label: "up",
        doc: "One row up.",
        ..BASE
    },
    Action {
        id: ActionId::Down,
        name: "down",
        contexts: MOVED,
        keys: &[key(KeyCode::Down), char('j')],
        label: "down",
        doc: "One row down.",
        ..BASE
    },
    Action {
        id: ActionId::PageUp,
        name: "page-up",
        contexts: PAGED,
        keys: &[key(KeyCode::PageUp), ctrl('b')],
        label: "page up",
        doc: "One page up.",
        ..BASE
    },
    Action {
        id: ActionId::PageDown,
        name: "page-down",
        contexts: PAGED,
        keys: &[key(KeyCode::PageDown), ctrl('f'), char(' ')],
        label: "page down",
        doc: "One page down.",
        ..BASE
    },
    Action {
        id: ActionId::First,
        name: "first",
        contexts: PAGED,
        keys: &[char('g'), key(KeyCode::Home)],
        label: "first",
        doc: "To the first row.",
        ..BASE
    },
    Action {
        id: ActionId::Last,
        name: "last",
        contexts: PAGED,
        keys: &[char('G'), key(KeyCode::End)],
        label: "last",
        doc: "To the last row.",
        ..BASE
    },
    Action {
        id: ActionId::Back,
        name: "back",
        contexts: SCROLLED,
        keys: &[key(KeyCode::Esc)],
        label: "back",
        doc: "Drop the filter; without one, go back to the screen before. Never leaves the program.",
        footer: Some(6),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Close,
        name: "quit",
        contexts: SCROLLED,
        keys: &[char('q')],
        label: "quit",
        doc: "Go back to the screen before; on the first screen, leave the program.",
        risk: Risk::Leaves,
        footer: Some(9),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Palette,
        name: "commands",
        contexts: SCREENS,
        keys: &[char(':')],
        label: "commands",
        doc: "Find any command by its name.",
        footer: Some(7),
        ..BASE
    },
    Action {
        id: ActionId::Help,
        name: "help",
        contexts: SCROLLED,
        keys: &[char('?')],
        label: "help",
        doc: "Keys, filter words and signs; the same key closes it.",
        footer: Some(8),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::KeepFilter,
        name: "keep-filter",
        contexts: &[Filter],
        keys: &[key(KeyCode::Enter)],
        label: "keep",
        doc: "Keep the filter and go back to the rows.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::DropFilter,
        name: "drop-filter",
        contexts: &[Filter],
        keys: &[key(KeyCode::Esc)],
        label: "drop",
        doc: "Drop the filter: all rows again.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::RunCommand,
        name: "run-command",
        contexts: &[Palette],
        keys: &[key(KeyCode::Enter)],
        label: "run",
        doc: "Run the marked command.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::ClosePalette,
        name: "close-commands",
        contexts: &[Palette],
        keys: &[key(KeyCode::Esc)],
        label: "close",
        doc: "Close without running anything.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::WriteFile,
        name: "write-file",
        contexts: &[FileName],
        keys: &[key(KeyCode::Enter)],
        label: "write",
        doc: "Write the file. One that is already there is never overwritten.",
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::CloseFileName,
        name: "close-file-name",
        contexts: &[FileName],
        keys: &[key(KeyCode::Esc)],
        label: "close",
        doc: "Close without writing.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::ConfirmChange,
        name: "confirm-change",
        contexts: &[Confirm],
        keys: &[key(KeyCode::Enter)],
        label: "do it",
        doc: "Do it, where exactly what is asked for was typed.",
        risk: Risk::Changes,
        footer: Some(1),
        ..BASE
    },
    Action {
        id: ActionId::CopyCommand,
        name: "copy-command",
        contexts: &[Confirm],
        keys: &[ctrl('y')],
        label: "copy command",
        doc: "Copy the aws commands that do the same, for a ticket or to do it by hand.",
        footer: Some(3),
        ..BASE
    },
    Action {
        id: ActionId::DropChange,
        name: "drop-change",
        contexts: &[Confirm],
        keys: &[key(KeyCode::Esc)],
        label: "change nothing",
        doc: "Close; what was not confirmed is not sent.",
        footer: Some(2),
        ..BASE
    },
    Action {
        id: ActionId::Erase,
        name: "erase",
        contexts: TEXT,
        keys: &[key(KeyCode::Backspace)],
        label: "erase",
        doc: "Take back the last character.",
        ..BASE
    },
    Action {
        id: ActionId::EraseAll,
        name: "erase-all",
        contexts: TEXT,
        keys: &[ctrl('u')],
        label: "erase all",
        doc: "Empty the text field.",
        footer: Some(3),
        ..BASE
    },
    Action {
        id: ActionId::TurnForm,
        name: "words-or-json",
        contexts: &[Definition],
        keys: &[char('J')],
        label: "JSON",
        doc: "Mappings and settings in words, or as JSON.",
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::NextHeading,
        name: "next-heading",
        contexts: &[Definition, RefreshPlan],
        keys: &[char(']')],
        label: "next part",
        doc: "To the next heading.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::PreviousHeading,
        name: "previous-heading",
        contexts: &[Definition, RefreshPlan],
        keys: &[char('[')],
        label: "part before",
        doc: "To the heading before.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Find,
        name: "find",
        contexts: &[Definition],
        keys: &[char('/')],
        label: "find",
        doc: "Find a text, whatever its case; lines with it are marked.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::FindNext,
        name: "find-next",
        contexts: &[Definition],
        keys: &[char('n')],
        label: "next",
        doc: "To the next line with it.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::FindPrevious,
        name: "find-previous",
        contexts: &[Definition],
        keys: &[char('N')],
        label: "before",
        doc: "To the line with it before.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Repaint,
        name: "repaint",
        contexts: EVERYWHERE,
        keys: &[ctrl('l')],
        label: "repaint",
        doc: "Paint the whole screen again.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Suspend,
        name: "suspend",
        contexts: EVERYWHERE,
        keys: &[ctrl('z')],
        label: "suspend",
        doc: "Back to the shell; `fg` returns.",
        risk: Risk::Leaves,
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Quit,
        name: "quit-now",
        contexts: EVERYWHERE,
        keys: &[ctrl('c')],
        label: "leave",
        doc: "Leave the program from anywhere.",
        risk: Risk::Leaves,
        palette: true,
        ..BASE
    },
];
