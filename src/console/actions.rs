//! THE table of actions. Dispatch, footer, `?` help, `:` palette and `docs/keys.md` all read it; nothing else knows a key.

mod table;

pub use table::TABLE;

use super::message::{Key, KeyCode};
use crate::model::operation::Operation;

/// Where a key can be pressed. The last two take text: there a character is text and never an action.
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
    Problems,
    Help,
    Palette,
    Filter,
}

impl Context {
    pub const ALL: [Self; 14] = [
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
        Self::Problems,
        Self::Help,
        Self::Palette,
        Self::Filter,
    ];

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
            Self::Problems => "Problems",
            Self::Help => "Help",
            Self::Palette => "Commands (:)",
            Self::Filter => "Filter (/)",
        }
    }

    /// A text field is open: characters are text.
    pub fn takes_text(self) -> bool {
        matches!(self, Self::Palette | Self::Filter)
    }
}

/// What an action does to the world outside the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Changes what is on screen, at most asks AWS to describe something.
    Looks,
    /// Leaves the screen: the program ends or is suspended. Nothing at AWS changes.
    Leaves,
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
    Schedules,
    AllEvents,
    AllDrain,
    NamedLogs,
    Tables,
    Events,
    Logs,
    Metrics,
    Drain,
    Definition,
    NextTab,
    PreviousTab,
    AskNow,
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
    /// Stable name, for the palette.
    pub name: &'static str,
    pub contexts: &'static [Context],
    pub keys: &'static [Key],
    /// A word or two for the footer.
    pub label: &'static str,
    pub doc: &'static str,
    pub risk: Risk,
    /// The AWS operation it may cause first; the mode decides whether it may.
    pub operation: Option<Operation>,
    /// Place in the footer from the left, where it stands there at all.
    pub footer: Option<u8>,
    /// Offered in the palette.
    pub palette: bool,
}

/// Where a field of text is open, a plain character is text.
fn is_text(context: Context, key: Key) -> bool {
    context.takes_text() && matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt
}

/// The keys of an action that work in a context.
pub fn keys_in(action: &Action, context: Context) -> impl Iterator<Item = Key> + use<> {
    let keys = if action.contexts.contains(&context) { action.keys } else { &[] };
    keys.iter().copied().filter(move |key| !is_text(context, *key))
}

/// What a key does in a context.
pub fn find(context: Context, key: Key) -> Option<ActionId> {
    TABLE.iter().find(|action| keys_in(action, context).any(|k| k == key)).map(|action| action.id)
}

/// Rows of the table that work in a context, in table order.
pub fn of(context: Context) -> impl Iterator<Item = &'static Action> {
    TABLE.iter().filter(move |action| keys_in(action, context).next().is_some())
}

/// The footer of a context, in its order.
pub fn footer(context: Context) -> Vec<&'static Action> {
    let mut rows: Vec<_> = of(context).filter(|action| action.footer.is_some()).collect();
    rows.sort_by_key(|action| action.footer);
    rows
}

/// A key as people write it.
pub fn key_label(key: Key, ascii: bool) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if key.ctrl => c.to_ascii_uppercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter if ascii => "Enter".to_owned(),
        KeyCode::Enter => "↵".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::Delete => "Del".to_owned(),
        KeyCode::Up if !ascii => "↑".to_owned(),
        KeyCode::Down if !ascii => "↓".to_owned(),
        KeyCode::Left if !ascii => "←".to_owned(),
        KeyCode::Right if !ascii => "→".to_owned(),
        KeyCode::Up => "Up".to_owned(),
        KeyCode::Down => "Down".to_owned(),
        KeyCode::Left => "Left".to_owned(),
        KeyCode::Right => "Right".to_owned(),
        KeyCode::Home => "Home".to_owned(),
        KeyCode::End => "End".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::F(n) => format!("F{n}"),
    };
    format!("{}{}{name}", if key.ctrl { "Ctrl-" } else { "" }, if key.alt { "Alt-" } else { "" })
}

/// The keys of an action in a context, for people: `↑ k`.
pub fn keys_label(action: &Action, context: Context, ascii: bool) -> String {
    keys_in(action, context).map(|key| key_label(key, ascii)).collect::<Vec<_>>().join(" ")
}

/// Text of `docs/keys.md`.
pub fn keys_markdown() -> String {
    let mut out = vec![
        "# Keys\n\nMade from the table in `src/console/actions.rs` by `tests/it/keys.rs`; do not edit.\n".to_owned(),
        "*Leaves* means that the program ends or is suspended; no key here changes anything at AWS.".to_owned(),
    ];
    for context in Context::ALL {
        out.push(format!("\n## {}\n\n| key | command | what it does | |\n|---|---|---|---|", context.title()));
        for action in of(context) {
            let keys: Vec<_> = keys_in(action, context).map(|key| format!("`{}`", key_label(key, true))).collect();
            let risk = if action.risk == Risk::Leaves { "leaves" } else { "" };
            out.push(format!("| {} | {} | {} | {risk} |", keys.join(" "), action.name, action.doc));
        }
    }
    out.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::table::{char, ctrl};
    use super::*;
    use crate::model::operation::Access;
    use std::collections::HashMap;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for context in Context::ALL {
            let mut seen = HashMap::new();
            for action in of(context) {
                for key in keys_in(action, context) {
                    let before = seen.insert(key, action.id);
                    assert_eq!(before, None, "{context:?}: {} is also {:?}", key_label(key, true), action.id);
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_key_a_context_and_words() {
        for (at, action) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|other| other.id != action.id && other.name != action.name));
            assert!(!action.keys.is_empty() && !action.contexts.is_empty(), "{}", action.name);
            assert!(!action.label.is_empty() && action.doc.ends_with('.'), "{}", action.name);
            for context in action.contexts {
                assert!(keys_in(action, *context).next().is_some(), "{} in {context:?}", action.name);
            }
        }
    }

    #[test]
    fn nothing_here_needs_more_than_reading() {
        for operation in TABLE.iter().filter_map(|action| action.operation) {
            assert_eq!(operation.row().access, Access::Read);
        }
    }

    #[test]
    fn where_text_is_typed_a_character_is_never_an_action() {
        for context in Context::ALL.into_iter().filter(|context| context.takes_text()) {
            for c in ' '..='~' {
                assert_eq!(find(context, char(c)), None);
            }
            assert_eq!(find(context, ctrl('c')), Some(ActionId::Quit));
        }
    }

    #[test]
    fn what_leaves_stands_on_q_and_control_keys_only() {
        for action in TABLE.iter().filter(|action| action.risk == Risk::Leaves) {
            assert!(action.keys.iter().all(|key| key.ctrl || key.code == KeyCode::Char('q')), "{}", action.name);
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
