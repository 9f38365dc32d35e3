//! What DMS says has happened: events of tasks and replication instances.
//!
//! An event has no id, and its source is a *name*, never an ARN. [`Event::key`] is what tells two events apart,
//! [`Window`] asks for overlapping ranges and lets each event through once.

mod advice;
mod meaning;
mod window;

pub use meaning::{Meaning, Weight};
pub use window::{Asked, LATE, LOOK_BACK, Window};

use crate::model::Untrusted;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an event is about. The service model's enumeration lacks `replication-task`, although it is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum SourceType {
    Task,
    Instance,
    Other(Untrusted),
}

impl From<String> for SourceType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "replication-task" => Self::Task,
            "replication-instance" => Self::Instance,
            _ => Self::Other(Untrusted::new(text)),
        }
    }
}

impl From<SourceType> for String {
    fn from(kind: SourceType) -> Self {
        kind.raw().to_owned()
    }
}

impl SourceType {
    /// The API's own word.
    pub fn raw(&self) -> &str {
        match self {
            Self::Task => "replication-task",
            Self::Instance => "replication-instance",
            Self::Other(text) => text.raw(),
        }
    }
}

/// Groups of events. Every channel spells them its own way: `State Change`, `state change`, `StateChange`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    StateChange,
    Failure,
    ConfigurationChange,
    Creation,
    Deletion,
    Failover,
    LowStorage,
    Maintenance,
}

/// Section 5.1 of the DMS facts, in this program's spelling.
const CATEGORIES: [(&str, Category); 8] = [
    ("state-change", Category::StateChange),
    ("failure", Category::Failure),
    ("configuration-change", Category::ConfigurationChange),
    ("creation", Category::Creation),
    ("deletion", Category::Deletion),
    ("failover", Category::Failover),
    ("low-storage", Category::LowStorage),
    ("maintenance", Category::Maintenance),
];

impl Category {
    /// Finds it whatever the spelling: only the letters count.
    pub fn find(text: &str) -> Option<Self> {
        let letters =
            |text: &str| text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
        let wanted: String = letters(text);
        CATEGORIES.into_iter().find(|(word, _)| wanted == letters(word)).map(|(_, category)| category)
    }

    pub fn word(self) -> &'static str {
        CATEGORIES.iter().find(|(_, category)| *category == self).map_or("", |(word, _)| word)
    }
}

/// How messages begin that say of their source only what it is.
const LEADS: [&str; 6] = [
    "the replication task has been ",
    "the replication task has ",
    "replication task has been ",
    "replication task has ",
    "replication task ",
    "the replication instance has been ",
];

/// One event, as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub at: Timestamp,
    pub source_type: SourceType,
    /// Name of the task or instance.
    pub source: Untrusted,
    /// As AWS spells them; there may be none.
    pub categories: Vec<Untrusted>,
    pub message: Untrusted,
}

/// What tells two events apart. Earliest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub at: Timestamp,
    pub source_type: SourceType,
    pub source: Untrusted,
    pub message: Untrusted,
}

impl Event {
    pub fn key(&self) -> Key {
        Key {
            at: self.at,
            source_type: self.source_type.clone(),
            source: self.source.clone(),
            message: self.message.clone(),
        }
    }

    /// The first category that is known; where AWS gives none, the one such a message belongs to.
    pub fn category(&self) -> Option<Category> {
        let said = self.categories.iter().find_map(|category| Category::find(category.raw()));
        said.or_else(|| self.meaning().map(|meaning| meaning.category))
    }

    /// What it means for whoever runs the migration; `None` for a message nobody here has heard of.
    pub fn meaning(&self) -> Option<Meaning> {
        meaning::of(self.message.raw())
    }

    /// What to do about it, where it asks for something.
    pub fn advice(&self) -> Option<&'static str> {
        advice::of(self.message.raw())
    }

    /// The message in fewer words, clean, for a line that names the source already: `stopped. Stop Reason NORMAL.`
    pub fn short(&self) -> String {
        let shown = self.message.shown();
        let bare = LEADS.iter().find_map(|lead| {
            let (head, rest) = shown.split_at_checked(lead.len())?;
            head.eq_ignore_ascii_case(lead).then_some(rest)
        });
        let mut text = bare.unwrap_or(&shown).to_owned();
        for part in [" of the replication instance", " for the replication instance"] {
            text = text.replacen(part, "", 1);
        }
        text
    }

    /// Is this about the task of that name?
    pub fn is_of_task(&self, name: &str) -> bool {
        self.source_type == SourceType::Task && self.source.raw() == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(categories: &[&str], message: &str) -> Event {
        Event {
            at: Timestamp::UNIX_EPOCH,
            source_type: SourceType::Task,
            source: "orders".into(),
            categories: categories.iter().map(|text| Untrusted::new(*text)).collect(),
            message: message.into(),
        }
    }

    #[test]
    fn a_short_message_leaves_out_what_the_source_says() {
        for (message, want) in [
            ("Replication task has stopped. Stop Reason NORMAL.", "stopped. Stop Reason NORMAL."),
            ("The replication task has been modified.", "modified."),
            ("Reading paused, swap files limit reached.", "Reading paused, swap files limit reached."),
            ("Free storage for the replication instance is low.", "Free storage is low."),
            ("Replication\u{1b} task has failed.", "failed."),
            ("é", "é"),
        ] {
            assert_eq!(event(&[], message).short(), want);
        }
    }

    #[test]
    fn a_category_is_the_same_however_a_channel_spells_it() {
        for (spellings, want) in [
            (&["State Change", "state change", "StateChange", "state-change"][..], Some(Category::StateChange)),
            (&["Failure", "failure"], Some(Category::Failure)),
            (&["LowStorage", "Low Storage", "low storage"], Some(Category::LowStorage)),
            (&["configuration change", "Configuration Change"], Some(Category::ConfigurationChange)),
            (&["", "failures", "notification"], None),
        ] {
            for spelling in spellings {
                assert_eq!(Category::find(spelling), want, "{spelling}");
            }
        }
        for (word, category) in CATEGORIES {
            assert_eq!((category.word(), serde_json::to_value(category).unwrap()), (word, word.into()));
        }
    }

    #[test]
    fn an_event_without_a_known_category_has_that_of_its_message() {
        for (categories, message, want) in [
            (&["State Change"][..], "something new", Some(Category::StateChange)),
            (&["novelty", "Failure"], "something new", Some(Category::Failure)),
            (&[], "Reading resumed.", Some(Category::StateChange)),
            (&[], "something new", None),
        ] {
            assert_eq!(event(categories, message).category(), want, "{categories:?} {message}");
        }
    }

    #[test]
    fn a_task_is_its_whole_name_and_an_instance_of_that_name_is_no_task() {
        let task = event(&[], "x");
        let instance = Event { source_type: SourceType::Instance, ..task.clone() };
        assert!(task.is_of_task("orders") && !task.is_of_task("order") && !instance.is_of_task("orders"));
        assert_eq!(String::from(SourceType::from("endpoint".to_owned())), "endpoint");
    }

    proptest::proptest! {
        #[test]
        fn a_category_is_found_in_any_case_and_with_anything_between_its_letters(
            which in 0..CATEGORIES.len(),
            upper in proptest::collection::vec(proptest::bool::ANY, 24),
            between in "[ _-]{0,3}",
        ) {
            let (word, category) = CATEGORIES[which];
            let letters = word.replace('-', &between);
            let spelt: String =
                letters.chars().zip(upper).map(|(c, up)| if up { c.to_ascii_uppercase() } else { c }).collect();
            proptest::prop_assert_eq!(Category::find(&spelt), Some(category), "{}", spelt);
        }

        #[test]
        fn any_text_is_a_message_with_a_category_of_its_own_or_none(message in "\\PC{0,80}", said in "\\PC{0,20}") {
            let event = event(&[&said], &message);
            let known = Category::find(&said).or(event.meaning().map(|meaning| meaning.category));
            proptest::prop_assert_eq!(event.category(), known);
            // What means something goes on meaning it, however it is wrapped.
            let wrapped = self::event(&[], &format!("  {message}\n"));
            proptest::prop_assert_eq!(wrapped.meaning().is_some(), event.meaning().is_some());
        }
    }
}
