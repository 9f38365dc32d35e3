//! The `:` palette: every command of the screen below it, found by its name.

use super::column::Column;
use crate::console::actions::{Action, ActionId, Context, Keymap, TABLE};

/// What a line of the palette does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Run(ActionId),
    SortBy(usize),
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub command: Command,
    pub name: String,
    pub keys: String,
    pub doc: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    pub text: String,
    pub cursor: usize,
    /// The screen it was opened over.
    pub over: Context,
    pub found: Vec<Entry>,
    /// Every line there is, in the order of the tables.
    all: Vec<Entry>,
}

impl Palette {
    pub fn new(keys: &Keymap, over: Context, columns: &[Column], ascii: bool) -> Self {
        let offered = |row: &&Action| row.palette && (row.contexts.contains(&over) || row.by_name.contains(&over));
        let actions = TABLE.iter().filter(offered).map(|action| Entry {
            command: Command::Run(action.id),
            name: action.name.to_owned(),
            keys: keys.label(action, over, ascii),
            doc: action.doc,
        });
        let sorts = columns.iter().enumerate().map(|(at, column)| Entry {
            command: Command::SortBy(at),
            name: format!("sort-by-{}", column.id),
            keys: String::new(),
            doc: "Sort by this column; again to turn the order round.",
        });
        let all = actions.chain(sorts).collect();
        let mut palette = Self { text: String::new(), cursor: 0, over, found: Vec::new(), all };
        palette.search();
        palette
    }

    /// Finds anew after the text changed.
    pub fn search(&mut self) {
        let text: Vec<char> = self.text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        let scored = |(at, entry): (usize, &Entry)| score(&entry.name, &text).map(|score| (score, at));
        let mut found: Vec<(usize, usize)> = self.all.iter().enumerate().filter_map(scored).collect();
        found.sort_unstable();
        self.found = found.into_iter().map(|(_, at)| self.all[at].clone()).collect();
        self.cursor = 0;
    }

    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }

    pub fn chosen(&self) -> Option<Command> {
        self.found.get(self.cursor).map(|entry| entry.command)
    }
}

/// How well a name fits: 0 is the text, then begins with it, contains it, has its letters in order. `None`: not at all.
fn score(name: &str, text: &[char]) -> Option<usize> {
    let whole: String = text.iter().collect();
    if name == whole {
        return Some(0);
    }
    if name.starts_with(&whole) {
        return Some(1);
    }
    if name.contains(&whole) {
        return Some(2);
    }
    let mut letters = name.chars();
    text.iter().all(|wanted| letters.any(|c| c == *wanted)).then_some(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::state::tasks;

    fn found(text: &str) -> Vec<String> {
        let mut palette = Palette::new(&Keymap::default(), Context::Tasks, &tasks::COLUMNS, false);
        palette.text = text.to_owned();
        palette.search();
        palette.found.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn what_begins_with_the_text_comes_before_what_contains_it_and_what_only_has_its_letters() {
        assert_eq!(found("sort-by-l"), ["sort-by-load", "sort-by-latency", "sort-by-tables", "sort-by-alert"]);
        assert_eq!(found("prob"), ["problems"]);
        assert_eq!(found("sblat"), ["sort-by-latency"]);
        assert_eq!(found("zzz"), Vec::<String>::new());
        assert!(found("").len() > tasks::COLUMNS.len());
    }

    #[test]
    fn a_name_that_is_typed_in_full_is_meant_wherever_it_is_offered() {
        let row = |name: &str| TABLE.iter().find(|action| action.name == name).unwrap();
        let (dms, ours) = (row("validate-tables"), row("validate"));
        for over in Context::ALL.iter().copied().filter(|over| dms.by_name.contains(over)) {
            assert!(ours.contexts.contains(&over) || ours.by_name.contains(&over), "{over:?}");
        }
        for action in TABLE.iter().filter(|action| action.palette) {
            for over in action.contexts.iter().chain(action.by_name) {
                let mut palette = Palette::new(&Keymap::default(), *over, &[], false);
                action.name.clone_into(&mut palette.text);
                palette.search();
                assert_eq!(palette.chosen(), Some(Command::Run(action.id)), "{over:?}: {}", action.name);
            }
        }
    }
}
