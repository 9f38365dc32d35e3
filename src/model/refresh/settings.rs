//! What `[refresh.NAME]` of the configuration says, and what is meant where it says nothing.

use super::{Cadence, Load, OnFailure, Purpose, StepKind, StepName, Window};
use crate::model::change::{Destination, Named, Safeguards};
use crate::model::masking::Rules;
use crate::model::masking::defuse::Defuse;
use crate::model::pattern::fits;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// By ARN or exact name.
    pub task: String,
    pub purpose: Purpose,
    pub load: Load,
    pub cadence: Cadence,
    /// Those that start the task; others that do are found by themselves.
    pub schedules: Vec<Named>,
    /// Names of `[databases]`; `None`: the task's endpoint.
    pub source: Option<String>,
    pub target: Option<String>,
    /// Databases that may be loaded by this: exactly these.
    pub to: Vec<Destination>,
    /// Patterns of tables of the source, `SCHEMA.TABLE`, that the task must not take.
    pub sensitive: Vec<String>,
    /// Name of a `[validation]` that is carried out after the load.
    pub validation: Option<String>,
    /// What becomes of rows whose parent is not there, by a pattern of `SCHEMA.TABLE.KEY`.
    pub orphans: BTreeMap<String, Orphans>,
    /// Column that says when a row was last written, by `SCHEMA.TABLE` of the source.
    pub watermarks: BTreeMap<String, String>,
    /// What stands in columns instead of somebody's data; `None`: rows stay as they arrive.
    pub masking: Option<Rules>,
    /// Tables that must not act on the target.
    pub defuse: Vec<Defuse>,
    pub quarantine: Quarantine,
    /// When the source may be loaded; `None`: always.
    pub window: Option<Window>,
    /// ARN of the SNS topic that is told of the end.
    pub topic: Option<String>,
    /// After so long without an end, the topic is told.
    pub notice_after: Option<SignedDuration>,
    /// `watch` takes the place of the function that hears of the task's stop.
    pub replaces_lambda: bool,
    /// In the order of the file.
    pub custom: Vec<CustomStep<PathBuf>>,
    pub steps: BTreeMap<StepKind, StepOptions>,
}

impl Settings {
    /// Says nothing but what must be said.
    pub fn new(task: &str, (purpose, load, cadence): (Purpose, Load, Cadence), to: Vec<Destination>) -> Self {
        Self {
            task: task.to_owned(),
            purpose,
            load,
            cadence,
            schedules: Vec::new(),
            source: None,
            target: None,
            to,
            sensitive: Vec::new(),
            validation: None,
            orphans: BTreeMap::new(),
            watermarks: BTreeMap::new(),
            masking: None,
            defuse: Vec::new(),
            quarantine: Quarantine::default(),
            window: None,
            topic: None,
            notice_after: None,
            replaces_lambda: false,
            custom: Vec::new(),
            steps: BTreeMap::new(),
        }
    }

    /// What becomes of the orphans of a key: the pattern with the most letters that fits it decides, and else they fail.
    pub fn orphans(&self, schema: &str, table: &str, key: &str) -> Orphans {
        let name = format!("{schema}.{table}.{key}");
        let fitting = self.orphans.iter().filter(|(pattern, _)| fits(pattern, &name));
        let letters = |pattern: &str| pattern.chars().filter(|c| !matches!(c, '*' | '?')).count();
        fitting.max_by_key(|(pattern, _)| letters(pattern)).map_or(Orphans::Fail, |(_, policy)| *policy)
    }

    /// The safeguards of the whole program, with what this one may load; what is protected stays so.
    #[must_use]
    pub fn safeguards(&self, all: &Safeguards) -> Safeguards {
        let mut all = all.clone();
        all.reload_allowed.extend(self.to.iter().cloned());
        all
    }

    /// How a step is taken.
    pub fn options(&self, kind: StepKind) -> StepTerms {
        let said = self.steps.get(&kind).copied().unwrap_or_default();
        let usual = StepTerms::usual(kind);
        StepTerms {
            timeout: said.timeout.unwrap_or(usual.timeout),
            retry: said.retry.unwrap_or(usual.retry),
            on_failure: said.on_failure.unwrap_or(usual.on_failure),
        }
    }
}

/// What becomes of rows whose foreign key finds no parent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orphans {
    /// The step fails; the key is there, for new rows.
    #[default]
    Fail,
    /// They stay and are told; the key is there, for new rows.
    Report,
    /// Their reference becomes null.
    Null,
    /// They are deleted.
    Delete,
}

impl Orphans {
    pub const ALL: [Self; 4] = [Self::Fail, Self::Report, Self::Null, Self::Delete];

    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Report => "report",
            Self::Null => "null",
            Self::Delete => "delete",
        }
    }
}

/// Who is kept away from the target until it is verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quarantine {
    #[default]
    None,
    /// New connections of others.
    Connections,
}

/// What was said of a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepOptions {
    pub timeout: Option<SignedDuration>,
    pub retry: Option<u32>,
    pub on_failure: Option<OnFailure>,
}

/// How a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTerms {
    pub timeout: SignedDuration,
    /// Further attempts after the first.
    pub retry: u32,
    pub on_failure: OnFailure,
}

impl StepTerms {
    /// What is meant where nothing is said. What waits for DMS or reads all rows has a day; what only asks has minutes.
    pub fn usual(kind: StepKind) -> Self {
        use StepKind::{
            Analyze, Capture, Caught, Close, Custom, Defuse, Drain, KeysAway, KeysBack, Lock, Mask, Notify, Parity,
            Park, Quarantine, QuarantineOff, Rehearsal, ScheduleBack, ScheduleOff, Sequences, StopTask, TriggersOff,
            TriggersOn, Validate, Verify, Wait,
        };
        let (minutes, retry) = match kind {
            Wait | Caught | Validate | Mask | KeysBack => (24 * 60, 2),
            Analyze | Verify => (6 * 60, 2),
            Custom | Defuse => (60, 0),
            StepKind::Load | StopTask | Drain | Sequences | TriggersOn => (30, 2),
            KeysAway | TriggersOff | Parity | Rehearsal | Capture => (15, 2),
            ScheduleOff | ScheduleBack | Quarantine | QuarantineOff | Lock | Park | Close => (10, 4),
            Notify => (2, 2),
        };
        // Nothing depends on them: the rows are right without.
        let goes_on = matches!(kind, Analyze | Notify);
        let on_failure = if goes_on { OnFailure::GoOn } else { OnFailure::Stop };
        Self { timeout: SignedDuration::from_mins(minutes), retry, on_failure }
    }

    /// The run may go on without it.
    pub fn may_go_on(kind: StepKind) -> bool {
        matches!(kind, StepKind::Analyze | StepKind::Notify | StepKind::Validate | StepKind::Custom)
    }
}

/// A step of the configuration. `Script` is a path in the configuration, and the text itself in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomStep<Script> {
    pub name: StepName,
    /// Stands behind this one, or where it would be.
    pub after: StepKind,
    pub does: Does<Script>,
    pub again: Again,
    pub timeout: SignedDuration,
    pub retry: u32,
    pub on_failure: OnFailure,
}

/// What a step of the configuration does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does<Script> {
    /// SQL that is run on the target.
    Sql(Script),
    /// A program and its arguments, on this machine; no shell.
    Command(Vec<String>),
}

/// How it is known after a crash whether a step of the configuration was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Again {
    /// A row in the target's ledger: of SQL in the same transaction, of a command after it.
    Mark,
    /// One row with one value on the target: true or not zero is done.
    ProbeSql(String),
    /// A program and its arguments: 0 is done, 1 is not, anything else is a failure.
    ProbeCommand(Vec<String>),
}

/// Where a step of the configuration may stand: what holds it is open from `lock` to `close`.
pub fn may_follow(kind: StepKind) -> bool {
    (StepKind::Lock..StepKind::Close).contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let to = vec!["staging.example/shop".parse().unwrap()];
        Settings::new("nightly", (Purpose::DataRefresh, Load::FullLoad, Cadence::Schedule), to)
    }

    #[test]
    fn the_pattern_with_the_most_letters_says_what_becomes_of_orphans() {
        let mut one = settings();
        one.orphans = [("*", Orphans::Report), ("shop.*", Orphans::Null), ("shop.item.item_fk", Orphans::Delete)]
            .map(|(pattern, policy)| (pattern.to_owned(), policy))
            .into();
        for (key, want) in [
            (("shop", "item", "item_fk"), Orphans::Delete),
            (("shop", "item", "other_fk"), Orphans::Null),
            (("crm", "item", "item_fk"), Orphans::Report),
        ] {
            assert_eq!(one.orphans(key.0, key.1, key.2), want, "{key:?}");
        }
        assert_eq!(settings().orphans("a", "b", "c"), Orphans::Fail);
    }

    #[test]
    fn what_is_said_of_a_step_wins_over_what_is_usual_one_by_one() {
        let mut one = settings();
        let said = StepOptions { retry: Some(7), ..StepOptions::default() };
        one.steps.insert(StepKind::Analyze, said);
        let got = one.options(StepKind::Analyze);
        assert_eq!((got.retry, got.timeout, got.on_failure), (7, SignedDuration::from_hours(6), OnFailure::GoOn));
        for kind in StepKind::ALL {
            let usual = StepTerms::usual(kind);
            assert!(usual.timeout.is_positive(), "{kind:?}");
            assert!(usual.on_failure == OnFailure::Stop || StepTerms::may_go_on(kind), "{kind:?}");
        }
    }

    #[test]
    fn what_it_may_load_is_allowed_and_what_is_protected_stays_so() {
        let all = Safeguards { protected: vec!["staging.*/*".into()], ..Safeguards::default() };
        let got = settings().safeguards(&all);
        let at = Destination::new("staging.example", "shop");
        assert!(got.may_overwrite(&at) && got.protects(&at).is_some() && !all.may_overwrite(&at));
    }

    #[test]
    fn own_steps_stand_between_the_lock_and_the_close() {
        let places: Vec<&str> =
            StepKind::ALL.into_iter().filter(|kind| may_follow(*kind)).map(StepKind::word).collect();
        assert_eq!((places.first(), places.last(), places.len()), (Some(&"lock"), Some(&"schedule-back"), 22));
    }
}
