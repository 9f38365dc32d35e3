//! What a person reads in the menu: each verb in few words, for what it is about; why not; who is left out.

use super::{About, Choice, Deed, What};
use crate::console::state::State;
use crate::console::text::plural;
use crate::model::change::{Refusal, Ruling, Switch, VerbKind};
use crate::model::settings::{self, PrepMode};
use crate::model::task::{MigrationType, Task};

/// Tables that DMS takes in one request.
const BATCH: usize = 10;

impl Deed {
    pub fn label(self) -> &'static str {
        match self {
            Self::Verb(VerbKind::Start) => "start",
            Self::Verb(VerbKind::Resume) => "resume",
            Self::Verb(VerbKind::Reload) => "reload target",
            Self::Verb(VerbKind::Stop) => "stop",
            Self::Verb(VerbKind::ReloadTables) => "reload tables",
            Self::Verb(VerbKind::ValidateTables) => "validate again",
            Self::Verb(VerbKind::TestConnections) => "test connections",
            Self::Switch(Switch::Enable) => "enable",
            Self::Switch(Switch::Disable) => "disable",
        }
    }

    /// As in "9 of 12 can be stopped".
    fn done(self) -> &'static str {
        match self {
            Self::Verb(VerbKind::Start) => "started",
            Self::Verb(VerbKind::Resume) => "resumed",
            Self::Verb(VerbKind::Reload | VerbKind::ReloadTables) => "reloaded",
            Self::Verb(VerbKind::Stop) => "stopped",
            Self::Verb(VerbKind::ValidateTables) => "validated",
            Self::Verb(VerbKind::TestConnections) => "tested",
            Self::Switch(to) => to.done(),
        }
    }
}

/// Whether rows that are there are overwritten by this; what is not known counts as the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    None,
    /// It loads, into tables that it empties or drops, or may.
    May,
    Destroys,
}

impl Harm {
    pub fn of(task: &Task, kind: VerbKind) -> Self {
        let stats = &task.stats;
        let loaded = stats.full_load_finish.is_some_and(|at| stats.fresh_start.is_none_or(|fresh| at >= fresh));
        let loads = match (kind, &task.migration_type) {
            (VerbKind::Reload | VerbKind::ReloadTables, _) => return Self::Destroys,
            (VerbKind::Start | VerbKind::Resume, MigrationType::Cdc) => false,
            (VerbKind::Resume, MigrationType::FullLoadAndCdc) => !loaded,
            (VerbKind::Start | VerbKind::Resume, _) => true,
            _ => false,
        };
        let settings = task.settings.as_deref().and_then(|text| settings::parse(text).ok());
        let leaves = settings.and_then(|settings| settings.prep_mode) == Some(PrepMode::DoNothing);
        if loads && !leaves { Self::May } else { Self::None }
    }

    /// What stands before the words of the line.
    pub fn sign(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::May => Some("▲ may destroy: "),
            Self::Destroys => Some("▲ destroys: "),
        }
    }
}

impl Choice {
    /// What will have to be typed for several at once; `None` where it is the name of one.
    pub fn answer(&self) -> Option<String> {
        let word = match self.deed {
            Deed::Verb(kind) => kind.word(),
            Deed::Switch(to) => to.word(),
        };
        (self.can() > 1).then(|| format!("{word} {}", self.can()))
    }
}

impl About {
    /// What stands in the title: the name, or how many.
    pub fn title(&self) -> String {
        match &self.what {
            What::Task(task) | What::Tables(task, _) => task.name.shown().into_owned(),
            What::Tasks(all) => plural(all.len(), "marked task"),
            What::Schedules(all) => match &all[..] {
                [one] => one.full(),
                all => plural(all.len(), "marked schedule"),
            },
        }
    }

    /// The rows that are not on screen, though the menu is about them too.
    pub fn hidden_words(&self) -> Option<String> {
        let marks = self.marks;
        let mine = match marks.hidden {
            0 => return None,
            hidden if hidden == marks.all && hidden == 1 => "the marked row".to_owned(),
            hidden if hidden == marks.all => "all marked rows".to_owned(),
            hidden => format!("{hidden} of the {} marked rows", marks.all),
        };
        let verb = if marks.hidden == 1 { "is" } else { "are" };
        Some(format!("{mine} {verb} hidden by the filter, and meant all the same"))
    }
}

/// What one line does, or why it cannot be done: few words.
pub fn words(state: &State, about: &About, choice: &Choice) -> String {
    if let [(_, ruling)] = &choice.rulings[..] {
        return match ruling {
            Ruling::Legal => does(state, about, choice.deed),
            Ruling::Nothing(why) => format!("— {why}"),
            Ruling::Refused(refusal) => format!("— {}", refusal.why),
        };
    }
    let (can, of, done) = (choice.can(), choice.rulings.len(), choice.deed.done());
    match can {
        0 => format!("— none of the {of} marked can be {done}"),
        _ if can == of => format!("all {of} marked can be {done}"),
        _ => format!("of {of} marked, {can} can be {done}"),
    }
}

fn does(state: &State, about: &About, deed: Deed) -> String {
    let task = about.task().and_then(|meant| state.world.task(&meant.arn));
    let kind = match deed {
        Deed::Verb(kind) => kind,
        Deed::Switch(Switch::Enable) => return "fires again at its times".to_owned(),
        Deed::Switch(Switch::Disable) => return "fires no more until it is enabled again".to_owned(),
    };
    match kind {
        VerbKind::Stop if has_cdc(task) => "replication stops; resume goes on from there",
        VerbKind::Stop => "the load stops; resume loads what is not loaded yet",
        VerbKind::Resume if has_cdc(task) => "goes on where it stopped",
        VerbKind::Resume => "loads the tables that are not loaded yet",
        VerbKind::Start if is_cdc(task) => "captures changes: from a position, a time or now",
        VerbKind::Start if has_run(task) => "it ran before: DMS mostly refuses to start it",
        VerbKind::Start if has_cdc(task) => "first run: loads every table, then replicates",
        VerbKind::Start => "first run: loads every table",
        VerbKind::Reload => "every table of the task again, from nothing",
        VerbKind::TestConnections => "source and target, from its instance",
        VerbKind::ReloadTables | VerbKind::ValidateTables => return tables(about),
    }
    .to_owned()
}

/// Which tables, and that it takes several requests where it does.
fn tables(about: &About) -> String {
    let What::Tables(_, all) = &about.what else { return String::new() };
    match &all[..] {
        [one] => format!("{}.{} again", one.schema.shown(), one.table.shown()),
        all if all.len() > BATCH => format!("{} marked tables, in batches of ten", all.len()),
        all => format!("{} marked tables again", all.len()),
    }
}

fn has_cdc(task: Option<&Task>) -> bool {
    task.is_some_and(|task| task.migration_type.has_cdc())
}

fn has_run(task: Option<&Task>) -> bool {
    task.is_some_and(|task| task.stats.fresh_start.is_some())
}

fn is_cdc(task: Option<&Task>) -> bool {
    task.is_some_and(|task| task.migration_type == MigrationType::Cdc)
}

/// One that is left out, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub name: String,
    pub why: String,
    /// Empty where there is nothing to do.
    pub do_this: String,
}

/// Those to which it cannot be done.
pub fn left_out(choice: &Choice) -> Vec<Left> {
    let left = |(name, ruling): &(String, Ruling)| match ruling {
        Ruling::Legal => None,
        Ruling::Nothing(why) => Some(Left { name: name.clone(), why: why.clone(), do_this: String::new() }),
        Ruling::Refused(Refusal { why, do_this }) => {
            Some(Left { name: name.clone(), why: why.clone(), do_this: do_this.clone() })
        }
    };
    choice.rulings.iter().filter_map(left).collect()
}
