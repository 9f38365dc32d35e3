//! THE table of actions. Dispatch, footer, `?` help, `:` palette and `docs/keys.md` all read it; nothing else knows a key.

use super::message::{Key, KeyCode};
use crate::model::operation::Operation;

/// Where a key can be pressed. The last two take text: there a character is text and never an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Tasks,
    Tables,
    Problems,
    Help,
    Palette,
    Filter,
}

impl Context {
    pub const ALL: [Self; 6] = [Self::Tasks, Self::Tables, Self::Problems, Self::Help, Self::Palette, Self::Filter];

    pub fn title(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Tables => "Tables of a task",
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
    Filter,
    Problems,
    AskNow,
    SortPrevious,
    SortNext,
    SortReverse,
    ColumnsLeft,
    ColumnsRight,
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

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false }
}

const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true, alt: false }
}

use Context::{Filter, Help, Palette, Problems, Tables, Tasks};

const LISTS: &[Context] = &[Tasks, Tables];
const SCREENS: &[Context] = &[Tasks, Tables, Problems];
const SCROLLED: &[Context] = &[Tasks, Tables, Problems, Help];
const MOVED: &[Context] = &[Tasks, Tables, Problems, Help, Palette];
const TEXT: &[Context] = &[Filter, Palette];
const EVERYWHERE: &[Context] = &Context::ALL;

const BASE: Action = Action {
    id: ActionId::Open,
    name: "",
    contexts: &[],
    keys: &[],
    label: "",
    doc: "",
    risk: Risk::Looks,
    operation: None,
    footer: None,
    palette: false,
};

/// The table. Nothing dangerous stands here, so every key is a reflex key.
pub const TABLE: &[Action] = &[
    Action {
        id: ActionId::Open,
        name: "open",
        contexts: &[Tasks],
        keys: &[key(KeyCode::Enter)],
        label: "open",
        doc: "Open the task under the cursor: its tables.",
        operation: Some(Operation::DescribeTableStatistics),
        footer: Some(1),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Filter,
        name: "filter",
        contexts: LISTS,
        keys: &[char('/')],
        label: "filter",
        doc: "Show only rows that match: text, !text, column:text; several words must all match.",
        footer: Some(2),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::Problems,
        name: "problems",
        contexts: LISTS,
        keys: &[char('!')],
        label: "problems",
        doc: "Every error so far: what, why, what to do, how old.",
        footer: Some(3),
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::AskNow,
        name: "ask-now",
        contexts: SCREENS,
        keys: &[char('r')],
        label: "ask now",
        doc: "Ask AWS again now for what is on screen; on Problems, for everything that failed.",
        operation: Some(Operation::DescribeReplicationTasks),
        footer: Some(4),
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
        contexts: LISTS,
        keys: &[key(KeyCode::Right)],
        label: "more columns",
        doc: "Show columns further right, where the terminal is too narrow for all.",
        palette: true,
        ..BASE
    },
    Action {
        id: ActionId::ColumnsLeft,
        name: "columns-left",
        contexts: LISTS,
        keys: &[key(KeyCode::Left)],
        label: "columns back",
        doc: "Go back to columns further left.",
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
        contexts: SCROLLED,
        keys: &[key(KeyCode::PageUp), ctrl('b')],
        label: "page up",
        doc: "One page up.",
        ..BASE
    },
    Action {
        id: ActionId::PageDown,
        name: "page-down",
        contexts: SCROLLED,
        keys: &[key(KeyCode::PageDown), ctrl('f'), char(' ')],
        label: "page down",
        doc: "One page down.",
        ..BASE
    },
    Action {
        id: ActionId::First,
        name: "first",
        contexts: SCROLLED,
        keys: &[char('g'), key(KeyCode::Home)],
        label: "first",
        doc: "To the first row.",
        ..BASE
    },
    Action {
        id: ActionId::Last,
        name: "last",
        contexts: SCROLLED,
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
