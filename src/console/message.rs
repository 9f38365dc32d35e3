//! What can happen to the console, and what it can ask for. Both are data: they can be printed, compared and replayed.

use crate::model::audit::Told;
use crate::model::change::{self, Change, Draft};
use crate::model::log_place::LogSource;
use crate::model::parts::Identity;
use crate::model::refresh::told::{Deed, Journals, Offer as RefreshOffer, RunTold as RefreshTold};
use crate::model::refresh::{RefreshId, RefreshName};
use crate::model::validation::told::{Asked, Offer, Rows, RowsAsked, RunLine, RunTold, Wished, Writing};
use crate::model::validation::{RunEvent, RunId};
use crate::model::{Problem, ReplicationArn, Report, Scope, Subject};
use jiff::SignedDuration;

/// Size of the terminal in character cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub width: u16,
    pub height: u16,
}

/// A key as the user means it; the terminal layer translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A key with its modifiers. Shift on a character is in the character itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

/// Everything that reaches `update`.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Key(Key),
    /// Pasted text: goes into an open text field, never acts.
    Paste(String),
    /// Something came from the keyboard and was thrown away, though it may have been meant; why, and what to do.
    NotTaken(&'static str),
    Resize(Area),
    /// The terminal window gained or lost focus, where the terminal tells.
    Focus(bool),
    /// The deadline given by `State::next_deadline` has come; ages and clocks step.
    Tick,
    /// Credentials found, identity known: from here on the header has an account.
    Connected {
        scope: Scope,
        identity: Identity,
    },
    /// Before the first identity this ends the program (status 3); afterwards it is a banner.
    ConnectFailed(Problem),
    /// From a feed.
    Report(Report),
    /// What became of [`Effect::Write`] of this number.
    Written {
        id: u64,
        outcome: Outcome,
    },
    /// So many of the changes of this draft were looked at.
    Looked {
        id: u64,
        looked: usize,
    },
    /// The answer to [`Effect::Draft`] of this number: what would come of each change, in the same order.
    Drafted {
        id: u64,
        drafts: Vec<Result<Draft, Problem>>,
    },
    /// The answer to [`Effect::Confirm`] of this number was not what had to be typed, or came too late: nothing was sent.
    NotConfirmed {
        id: u64,
        why: String,
    },
    /// One of the changes of this draft has ended; the others follow, one by one.
    Ended {
        id: u64,
        nth: usize,
        outcome: Box<change::Outcome>,
    },
    /// The question of this number has been on screen long enough: keys count from here on.
    Admitted {
        id: u64,
    },
    /// What the change at this place of the draft began has come to its end: a task has stopped, a test has its result.
    Followed {
        id: u64,
        nth: usize,
        outcome: Box<change::Outcome>,
    },
    /// Nothing can be changed, though that was meant; why.
    ReadOnly(Problem),
    /// The program was stopped, and goes on.
    Resumed,
    /// The answer to [`Effect::ReadActivity`]: the audit, the newest first.
    Activity(Result<Told, Problem>),
    /// The answer to [`Effect::ReadValidations`]: runs that are kept, in any order.
    Validations(Result<Vec<RunLine>, Problem>),
    /// The answer to [`Effect::ReadValidation`].
    Validation {
        run: RunId,
        told: Result<Box<RunTold>, Problem>,
    },
    /// The answer to [`Effect::PlanValidation`] of this number. Nothing but catalogues was read for it.
    Offered {
        id: u64,
        offer: Result<Box<Offer>, Problem>,
    },
    /// The plan of this number runs, or why not.
    ValidationBegan {
        id: u64,
        began: Result<Box<RunTold>, Problem>,
    },
    /// Something happened in a run of this program. Of progress only the newest counts.
    ValidationEvent {
        run: RunId,
        event: Box<RunEvent>,
    },
    /// The answer to [`Effect::ReadRows`] of this number.
    Rows {
        id: u64,
        rows: Result<Box<Rows>, Problem>,
    },
    /// The answer to [`Effect::Reveal`] of this number: values of this table may be read now, and that stands in the audit.
    Revealed {
        id: u64,
        outcome: Result<(), Problem>,
    },
    /// What the journals of refreshes say: the answer to [`Effect::ReadRefreshes`], and unasked where it is another thing now.
    Refreshes(Result<Journals, Problem>),
    /// The answer to [`Effect::ReadRefresh`].
    Refresh {
        run: RefreshId,
        told: Result<Box<RefreshTold>, Problem>,
    },
    /// The answer to [`Effect::PlanRefresh`] of this number. Nothing was changed for it.
    RefreshOffered {
        id: u64,
        offer: Result<Box<RefreshOffer>, Problem>,
    },
    /// The plan that was confirmed by the question of this number is carried out, by a process of its own; or why not.
    RefreshBegan {
        id: u64,
        began: Result<RefreshId, Problem>,
    },
    /// The answer to [`Effect::SteerRefresh`] of this number: what was done, in words.
    RefreshSteered {
        id: u64,
        outcome: Result<String, Problem>,
    },
    /// The service's clock is this far ahead of this machine's. Whoever passes `now` goes by the service's from here on.
    ServiceClock(SignedDuration),
    /// The writer thread could not keep up for this long; shown in Problems, not an error.
    TerminalSlow,
    /// Requests of the last minute, and the estimated cost of metrics beside what it may be; no cost before it was
    /// measured.
    Traffic {
        requests_last_minute: u32,
        dollars_per_day: Option<f64>,
        dollars_cap: f64,
    },
}

/// What became of a file that was to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Whole, under this absolute path.
    Written { path: String, bytes: usize },
    /// There is a file of that name, which was left as it is.
    Taken,
    /// Nothing was left behind; why, in one line.
    Failed(String),
}

/// What is on screen, so that feeds ask for that more often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Focus {
    /// The task whose tables are on screen.
    pub tables_of: Option<ReplicationArn>,
    /// The log on screen.
    pub log_of: Option<LogSource>,
    /// The task whose charts are on screen.
    pub charts_of: Option<ReplicationArn>,
    /// The task whose definition is on screen.
    pub definition_of: Option<ReplicationArn>,
    /// The task whose databases are on screen.
    pub databases_of: Option<ReplicationArn>,
    /// Tasks whose rows are on screen.
    pub visible: Vec<ReplicationArn>,
    /// False while the terminal says nobody looks.
    pub looking: bool,
}

/// Everything `update` can ask for; run by the loop or by app, answered only by messages.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask AWS about this again now (`r`).
    AskNow(Vec<Subject>),
    /// What is on screen has changed.
    Look(Focus),
    /// Leave with this exit status; the problem, if any, is printed after the screen is restored.
    Leave { status: u8, problem: Option<Problem> },
    /// The terminal's bell, once.
    Bell,
    /// Put this text into the clipboard of whoever looks at the terminal. Clean, and no longer than a terminal takes.
    Copy(String),
    /// Write this text to a new file, relative to where the program was started; answered by [`Message::Written`].
    Write { id: u64, path: String, text: String },
    /// Look at what is to be changed and say what would come of it; answered by [`Message::Drafted`]. Changes nothing.
    Draft { id: u64, changes: Vec<Change> },
    /// This was typed to confirm the draft of this number. Whether it confirms anything is decided where changes are made;
    /// answered by [`Message::NotConfirmed`], or by one [`Message::Ended`] for each change.
    Confirm { id: u64, answer: String },
    /// The draft of this number is not meant after all.
    DropDraft { id: u64 },
    /// Read the audit; answered by [`Message::Activity`].
    ReadActivity,
    /// Read which validations are kept; answered by [`Message::Validations`].
    ReadValidations,
    /// Read one of them; answered by [`Message::Validation`].
    ReadValidation { run: RunId },
    /// Plan a validation and say what it costs; answered by [`Message::Offered`]. Reads catalogues only.
    PlanValidation { id: u64, asked: Asked },
    /// Begin the plan of this number. Whether the answer is the right one is decided where it begins; answered by
    /// [`Message::ValidationBegan`].
    StartValidation { id: u64, answer: String },
    /// The plan of this number is not meant after all.
    DropPlan { id: u64 },
    /// A wish of a run of this program.
    ControlValidation { run: RunId, wish: Wished },
    /// Read rows of a table again from both databases; answered by [`Message::Rows`].
    ReadRows { id: u64, asked: RowsAsked },
    /// This was typed to see values of a table. Whether it is the right answer is decided where the audit is; answered by
    /// [`Message::Revealed`].
    Reveal { id: u64, run: RunId, nth: usize, answer: String },
    /// Read rows of a run again and write them to a new file; answered by [`Message::Written`]. `nth`: of this table only.
    WriteRows { id: u64, run: RunId, nth: Option<usize>, what: Writing, path: String, answer: String },
    /// Read the journals of refreshes; answered by [`Message::Refreshes`].
    ReadRefreshes,
    /// Read one of them; answered by [`Message::Refresh`].
    ReadRefresh { run: RefreshId },
    /// Plan a refresh; answered by [`Message::RefreshOffered`]. Reads only.
    PlanRefresh { id: u64, name: RefreshName },
    /// The plan of this number is not meant after all.
    DropRefreshPlan { id: u64 },
    /// Carry out the plan of this number. Whether the answer is the right one is decided where it begins; answered by
    /// [`Message::RefreshBegan`].
    StartRefresh { id: u64, plan: u64, answer: String },
    /// Ask this of a run. Whether the answer is the right one is decided where it is asked; answered by
    /// [`Message::RefreshSteered`].
    SteerRefresh { id: u64, run: RefreshId, deed: Deed, answer: String },
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L: paint every cell again.
    Repaint,
}
