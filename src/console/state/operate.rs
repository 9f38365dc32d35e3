//! The menu of what can be done: to a task, to several marked ones, to tables of a task, to rules and schedules.
//!
//! What it is about is fixed when it opens; whether something is legal is judged by the table in `model::change::legal` on
//! what is known now, each time it is asked, so the menu never says what was true a minute ago. Nothing is sent from here:
//! what is chosen goes to `update::confirm::ask`, which looks again. `form.rs` is what has to be told besides, `words.rs`
//! what a person reads. Start at [`Operate`].

pub mod form;
#[cfg(test)]
mod tests;
mod words;

pub use form::Form;
pub use words::{Harm, Left, left_out, words};

use super::list::{List, Marks};
use super::schedules::{Part, ScheduleKey};
use super::tables::TableKey;
use super::{Screen, State, Tab};
use crate::console::actions::ActionId;
use crate::model::change::{
    Change, Meant, Named, Refusal, ReloadHow, Ruling, StartFrom, Switch, TableName, Verb, VerbKind, legal,
};
use crate::model::table::{TableRow, ValidationState};
use crate::model::task::Task;
use crate::model::{ReplicationArn, Subject, settings};
use std::collections::HashMap;

/// The open menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Operate {
    pub about: About,
    /// The line under the cursor.
    pub cursor: usize,
    /// Why it cannot be chosen is told in full.
    pub told: bool,
    /// What has to be told before it goes on.
    pub form: Option<Form>,
}

/// What it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub what: What,
    /// Of the rows on screen; none where it is about the row under the cursor, or the open task.
    pub marks: Marks,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Task(Meant),
    /// The open task, and these of its tables.
    Tables(Meant, Vec<TableName>),
    Tasks(Vec<Meant>),
    Schedules(Vec<Named>),
}

/// One line of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Verb(VerbKind),
    Switch(Switch),
}

impl Deed {
    const ALL: [(Self, ActionId); 9] = [
        (Self::Verb(VerbKind::Stop), ActionId::Stop),
        (Self::Verb(VerbKind::Resume), ActionId::Resume),
        (Self::Verb(VerbKind::Start), ActionId::Start),
        (Self::Verb(VerbKind::TestConnections), ActionId::TestConnections),
        (Self::Verb(VerbKind::Reload), ActionId::Reload),
        (Self::Verb(VerbKind::ValidateTables), ActionId::ValidateTables),
        (Self::Verb(VerbKind::ReloadTables), ActionId::ReloadTables),
        (Self::Switch(Switch::Disable), ActionId::Disable),
        (Self::Switch(Switch::Enable), ActionId::Enable),
    ];

    pub fn of(action: ActionId) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, id)| *id == action).map(|(deed, _)| deed)
    }

    /// The action whose key stands before it.
    pub fn action(self) -> ActionId {
        Self::ALL.iter().find(|(deed, _)| *deed == self).map_or(ActionId::Choose, |(_, id)| *id)
    }
}

/// Of one task what destroys stands last; tables come first where they are on screen.
const OF_A_TASK: [Deed; 5] = [
    Deed::Verb(VerbKind::Stop),
    Deed::Verb(VerbKind::Resume),
    Deed::Verb(VerbKind::Start),
    Deed::Verb(VerbKind::TestConnections),
    Deed::Verb(VerbKind::Reload),
];
const OF_TABLES: [Deed; 7] = [
    Deed::Verb(VerbKind::ValidateTables),
    Deed::Verb(VerbKind::ReloadTables),
    Deed::Verb(VerbKind::Stop),
    Deed::Verb(VerbKind::Resume),
    Deed::Verb(VerbKind::Start),
    Deed::Verb(VerbKind::TestConnections),
    Deed::Verb(VerbKind::Reload),
];
/// Several at once: never what destroys, and nothing that has to be told more.
const OF_TASKS: [Deed; 3] =
    [Deed::Verb(VerbKind::Stop), Deed::Verb(VerbKind::Resume), Deed::Verb(VerbKind::TestConnections)];
const OF_SCHEDULES: [Deed; 2] = [Deed::Switch(Switch::Disable), Deed::Switch(Switch::Enable)];

/// A line with what the tables say to it, for each thing it would be done to.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub deed: Deed,
    /// Clean name and ruling, in the order of what the menu is about.
    pub rulings: Vec<(String, Ruling)>,
}

impl Choice {
    /// To how many it can be done.
    pub fn can(&self) -> usize {
        self.rulings.iter().filter(|(_, ruling)| *ruling == Ruling::Legal).count()
    }

    /// Places of those to which it can be done.
    fn legal(&self) -> impl Iterator<Item = usize> {
        self.rulings.iter().enumerate().filter(|(_, (_, ruling))| *ruling == Ruling::Legal).map(|(at, _)| at)
    }
}

impl About {
    /// What is marked, else what is under the cursor or open; why not, where there is nothing of that kind.
    pub fn on_screen(state: &State) -> Result<Self, &'static str> {
        match state.screen() {
            Screen::Tasks => tasks(state, &state.tasks.list),
            Screen::Drain => tasks(state, &state.all_drain.list),
            Screen::Task(tab) => opened(state, tab),
            Screen::Schedules => schedules(state),
            _ => Err("this is not about one task: open one, or mark some on Tasks"),
        }
    }

    pub fn deeds(&self) -> &'static [Deed] {
        match &self.what {
            What::Task(_) => &OF_A_TASK,
            What::Tables(..) => &OF_TABLES,
            What::Tasks(_) => &OF_TASKS,
            What::Schedules(_) => &OF_SCHEDULES,
        }
    }

    /// The one task, where it is about one.
    pub fn task(&self) -> Option<&Meant> {
        match &self.what {
            What::Task(meant) | What::Tables(meant, _) => Some(meant),
            What::Tasks(_) | What::Schedules(_) => None,
        }
    }

    /// Data by which it is judged: its age belongs beside the menu.
    pub fn subject(&self) -> Subject {
        match self.what {
            What::Schedules(_) => Subject::Schedules,
            _ => Subject::Tasks,
        }
    }

    /// Its lines, judged on what is known now.
    pub fn choices(&self, state: &State) -> Vec<Choice> {
        let known: HashMap<&ReplicationArn, &Task> = match &self.what {
            What::Schedules(_) => HashMap::new(),
            _ => state.world.tasks.iter().map(|task| (&task.arn, task)).collect(),
        };
        let one = |meant: &Meant, kind| {
            let ruling = known.get(&meant.arn).map_or_else(not_listed, |task| self.verb(state, task, kind));
            (meant.name.shown().into_owned(), ruling)
        };
        let choice = |deed: &Deed| {
            let rulings = match (&self.what, *deed) {
                (What::Task(meant) | What::Tables(meant, _), Deed::Verb(kind)) => vec![one(meant, kind)],
                (What::Tasks(all), Deed::Verb(kind)) => all.iter().map(|meant| one(meant, kind)).collect(),
                (What::Schedules(all), Deed::Switch(to)) => {
                    all.iter().map(|named| (named.name.shown().into_owned(), switch(state, named, to))).collect()
                }
                _ => Vec::new(),
            };
            Choice { deed: *deed, rulings }
        };
        self.deeds().iter().map(choice).collect()
    }

    fn verb(&self, state: &State, task: &Task, kind: VerbKind) -> Ruling {
        match (legal::task(&legal::Case::of(task), kind), &self.what) {
            (Ruling::Legal, What::Tables(_, tables)) if kind == VerbKind::ValidateTables => {
                validation(state, task, tables)
            }
            (Ruling::Legal, What::Tasks(_)) if Harm::of(task, kind) != Harm::None => {
                no("it may destroy rows on the target", "Ask for it alone.")
            }
            (ruling, _) => ruling,
        }
    }

    /// What a line does to rows that are there.
    pub fn harm(&self, state: &State, deed: Deed) -> Harm {
        let task = self.task().and_then(|meant| state.world.task(&meant.arn));
        match (task, deed) {
            (Some(task), Deed::Verb(kind)) => Harm::of(task, kind),
            _ => Harm::None,
        }
    }

    /// The changes of a line; those that cannot be made are left out. `told` is what the form has brought.
    pub fn changes(&self, choice: &Choice, told: Option<Verb>) -> Vec<Change> {
        let task = |task: &Meant, verb| Change::Task { task: task.clone(), verb };
        match (&self.what, choice.deed) {
            (What::Task(meant), Deed::Verb(kind)) => vec![task(meant, told.unwrap_or_else(|| plain(kind, &[])))],
            (What::Tables(meant, tables), Deed::Verb(kind)) => {
                vec![task(meant, told.unwrap_or_else(|| plain(kind, tables)))]
            }
            (What::Tasks(all), Deed::Verb(kind)) => {
                choice.legal().filter_map(|at| all.get(at)).map(|meant| task(meant, plain(kind, &[]))).collect()
            }
            (What::Schedules(all), Deed::Switch(to)) => {
                let legal = choice.legal().filter_map(|at| all.get(at));
                legal.map(|what| Change::Switch { what: what.clone(), to }).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Operate {
    /// The cursor begins at the first line that can be chosen, and rather at one that destroys nothing.
    pub fn new(about: About, state: &State) -> Self {
        let choices = about.choices(state);
        let harmless = |choice: &Choice| choice.can() > 0 && about.harm(state, choice.deed) == Harm::None;
        let cursor = choices.iter().position(harmless).or_else(|| choices.iter().position(|one| one.can() > 0));
        let cursor = cursor.unwrap_or(0);
        Self { about, cursor, told: false, form: None }
    }

    pub fn step(&mut self, by: isize) {
        let last = self.about.deeds().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.told = false;
    }
}

/// The verb that needs nothing told.
fn plain(kind: VerbKind, tables: &[TableName]) -> Verb {
    match kind {
        VerbKind::Start => Verb::Start { from: StartFrom::Beginning, until: None },
        VerbKind::Resume => Verb::Resume { until: None },
        VerbKind::Reload => Verb::Reload { until: None },
        VerbKind::Stop => Verb::Stop,
        VerbKind::ReloadTables => Verb::ReloadTables { tables: tables.to_vec(), how: ReloadHow::Data },
        VerbKind::ValidateTables => Verb::ReloadTables { tables: tables.to_vec(), how: ReloadHow::Validation },
        VerbKind::TestConnections => Verb::TestConnections,
    }
}

fn not_listed() -> Ruling {
    no("it is not listed any more, as far as is known here", "Close this and ask again now.")
}

fn no(why: &str, do_this: &str) -> Ruling {
    Ruling::Refused(Refusal { why: why.to_owned(), do_this: do_this.to_owned() })
}

fn meant(state: &State, arn: &ReplicationArn) -> Option<Meant> {
    state.world.task(arn).map(|task| Meant { arn: arn.clone(), name: task.name.clone() })
}

fn tasks(state: &State, list: &List<ReplicationArn>) -> Result<About, &'static str> {
    let marks = list.marks();
    let mut all: Vec<Meant> = list.marked().filter_map(|arn| meant(state, arn)).collect();
    if marks.all == 0 {
        all.extend(list.row().and(list.key()).and_then(|arn| meant(state, arn)));
    }
    let what = match all.len() {
        0 => return Err("there is no task under the cursor"),
        1 => What::Task(all.swap_remove(0)),
        _ => What::Tasks(all),
    };
    Ok(About { what, marks })
}

fn opened(state: &State, tab: Tab) -> Result<About, &'static str> {
    let task = state.task_on_screen().and_then(|arn| meant(state, arn));
    let task = task.ok_or("DMS does not list this task any more")?;
    let open = state.tables.as_ref().filter(|tables| tab == Tab::Tables && tables.arn == task.arn);
    let Some(tables) = open else { return Ok(About { what: What::Task(task), marks: Marks::default() }) };
    let name = |(schema, table): &TableKey| TableName { schema: schema.clone(), table: table.clone() };
    let mut chosen: Vec<TableName> = tables.list.marked().map(name).collect();
    if chosen.is_empty() {
        chosen.extend(tables.list.row().and(tables.list.key()).map(name));
    }
    let what = if chosen.is_empty() { What::Task(task) } else { What::Tables(task, chosen) };
    Ok(About { what, marks: tables.list.marks() })
}

fn schedules(state: &State) -> Result<About, &'static str> {
    if state.schedules.part == Part::Subscriptions {
        return Err("event subscriptions are only looked at here: Tab goes to the schedules");
    }
    let list = &state.schedules.list;
    let named = |(kind, group, name): &ScheduleKey| Named { kind: *kind, group: group.clone(), name: name.clone() };
    let mut all: Vec<Named> = list.marked().map(named).collect();
    if all.is_empty() {
        all.extend(list.row().and(list.key()).map(named));
    }
    if all.is_empty() {
        return Err("there is no rule or schedule under the cursor");
    }
    Ok(About { what: What::Schedules(all), marks: list.marks() })
}

fn switch(state: &State, named: &Named, to: Switch) -> Ruling {
    let known = state.world.schedules.iter().find(|schedule| Named::of(schedule) == *named);
    // What a schedule has that this version does not know is seen only when it is read to be changed.
    known.map_or_else(not_listed, |schedule| legal::switch(schedule, &[], to))
}

/// Tables are validated again only where they are validated at all.
fn validation(state: &State, task: &Task, tables: &[TableName]) -> Ruling {
    let settings = task.settings.as_deref().and_then(|text| settings::parse(text).ok());
    let enabled = settings.and_then(|settings| settings.validation_enabled);
    let rows = state.tables.as_ref().filter(|open| open.arn == task.arn).map_or(&[][..], |open| &open.rows);
    let chosen = |row: &&TableRow| tables.iter().any(|one| one.schema == row.schema && one.table == row.table);
    let off = |row: &TableRow| row.validation == Some(ValidationState::NotEnabled);
    let mut chosen = rows.iter().filter(chosen).peekable();
    let all_off = chosen.peek().is_some() && chosen.all(off);
    match enabled {
        Some(false) => no(
            "validation is off in the settings of the task (EnableValidation)",
            "Whoever owns the task can switch it on while it is stopped.",
        ),
        None if all_off => no(
            "DMS says \"not enabled\" of the validation here",
            "Look at the settings of the task (EnableValidation) on its definition.",
        ),
        _ => Ruling::Legal,
    }
}
