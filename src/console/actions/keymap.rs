//! Which keys do what: the table's defaults with the configuration's own keys merged over them, context by context.
//!
//! A value like any other, living in the state's setup; whatever shows or dispatches a key asks it. Start at [`Keymap`].

use super::spelling::key_label;
use super::{Action, ActionId, Context, TABLE};
use crate::console::message::{Key, KeyCode};
use std::collections::HashMap;

/// Leaves from anywhere, whatever the configuration says.
const ALWAYS: Key = Key { code: KeyCode::Char('c'), ctrl: true, alt: false };

/// One line of a configuration: these keys instead of the default ones.
#[derive(Debug, Clone, Copy)]
pub struct Rebinding<'a> {
    pub action: &'static Action,
    /// `None`: wherever the action works.
    pub context: Option<Context>,
    pub keys: &'a [Key],
}

/// Why one of them will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its place among those given.
    pub at: usize,
    /// Follows its name.
    pub what: String,
    pub hint: String,
}

/// The keys of every context. The default holds those of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    own: HashMap<(ActionId, Context), Vec<Key>>,
}

impl Keymap {
    /// Merges in what a configuration says: a line for one context wins over one for all. Where anything is refused the
    /// map is not to be used.
    pub fn merged(lines: &[Rebinding<'_>]) -> (Self, Vec<Refusal>) {
        let mut refused: Vec<Refusal> =
            lines.iter().enumerate().filter_map(|(at, line)| refusal(at, line, &lines[..at])).collect();
        let mut map = Self::default();
        // Which line a key came from, to be blamed for what it collides with.
        let mut from: HashMap<(ActionId, Context), usize> = HashMap::new();
        let fine = |at: &usize| refused.iter().all(|refusal| refusal.at != *at);
        let (general, special): (Vec<_>, Vec<_>) =
            (0..lines.len()).filter(fine).partition(|at| lines[*at].context.is_none());
        for at in general.into_iter().chain(special) {
            let line = &lines[at];
            for context in line.action.contexts.iter().filter(|one| line.context.is_none_or(|wanted| wanted == **one)) {
                let mut keys: Vec<Key> = line.keys.iter().copied().filter(|key| !is_text(*context, *key)).collect();
                // A character for everywhere: the fields of text keep what they have.
                if keys.is_empty() && !line.keys.is_empty() {
                    continue;
                }
                if line.action.id == ActionId::Quit && !keys.contains(&ALWAYS) {
                    keys.push(ALWAYS);
                }
                map.own.insert((line.action.id, *context), keys);
                from.insert((line.action.id, *context), at);
            }
        }
        refused.extend(map.unreachable(&from));
        refused.extend(map.collisions(&from));
        refused.sort_by_key(|refusal| refusal.at);
        (map, refused)
    }

    /// The keys of an action that work in a context.
    pub fn keys_in<'a>(&'a self, action: &'a Action, context: Context) -> impl Iterator<Item = Key> + use<'a> {
        let defaults = if action.contexts.contains(&context) { action.keys } else { &[] };
        let keys = self.own.get(&(action.id, context)).map_or(defaults, Vec::as_slice);
        keys.iter().copied().filter(move |key| !is_text(context, *key))
    }

    /// What a key does in a context.
    pub fn find(&self, context: Context, key: Key) -> Option<ActionId> {
        TABLE.iter().find(|action| self.keys_in(action, context).any(|k| k == key)).map(|action| action.id)
    }

    /// Rows of the table with a key that works in a context, in table order.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &'static Action> {
        TABLE.iter().filter(move |action| self.keys_in(action, context).next().is_some())
    }

    /// The footer of a context, in its order.
    pub fn footer(&self, context: Context) -> Vec<&'static Action> {
        let mut rows: Vec<_> = self.of(context).filter(|action| action.footer.is_some()).collect();
        rows.sort_by_key(|action| action.footer);
        rows
    }

    /// The keys of an action in a context, for people: `↑ k`.
    pub fn label(&self, action: &Action, context: Context, ascii: bool) -> String {
        self.keys_in(action, context).map(|key| key_label(key, ascii)).collect::<Vec<_>>().join(" ")
    }

    /// How to get at an action, for a sentence: its first key, or its name for the palette where it has none.
    pub fn hint(&self, id: ActionId, context: Context, ascii: bool) -> String {
        let Some(action) = TABLE.iter().find(|action| action.id == id) else { return String::new() };
        let key = self.keys_in(action, context).next().map(|key| key_label(key, ascii));
        key.unwrap_or_else(|| format!(":{}", action.name))
    }

    /// What has no key left and stands in no palette either.
    fn unreachable(&self, from: &HashMap<(ActionId, Context), usize>) -> Vec<Refusal> {
        let mut found = Vec::new();
        for action in TABLE {
            for context in action.contexts {
                let Some(at) = from.get(&(action.id, *context)) else { continue };
                let offered = action.palette && has_palette(*context);
                if !offered && self.keys_in(action, *context).next().is_none() && found.iter().all(|(a, _)| a != at) {
                    found.push((*at, context.title()));
                }
            }
        }
        let refusal = |(at, context)| Refusal {
            at,
            what: format!("would leave it without a key in {context}, and it is not found by its name there"),
            hint: "give it at least one key".to_owned(),
        };
        found.into_iter().map(refusal).collect()
    }

    /// Keys that would mean two things, told once for each line and the action it collides with.
    fn collisions(&self, from: &HashMap<(ActionId, Context), usize>) -> Vec<Refusal> {
        let mut found: Vec<(usize, Key, &str, Vec<&str>)> = Vec::new();
        for context in Context::ALL {
            let mut taken: HashMap<Key, &Action> = HashMap::new();
            for action in self.of(context) {
                for key in self.keys_in(action, context) {
                    let Some(other) = taken.insert(key, action).filter(|other| other.id != action.id) else { continue };
                    let lines = [action, other].map(|one| (from.get(&(one.id, context)), one));
                    // Of two lines the later is told; the defaults among themselves do not collide (a test sees to it).
                    let Some((Some(at), blamed)) = lines.into_iter().max_by_key(|(at, _)| *at) else { continue };
                    let with = if blamed.id == action.id { other.name } else { action.name };
                    let same = |one: &&mut (usize, Key, &str, Vec<&str>)| (one.0, one.1, one.2) == (*at, key, with);
                    match found.iter_mut().find(same) {
                        Some(one) => one.3.push(context.title()),
                        None => found.push((*at, key, with, vec![context.title()])),
                    }
                }
            }
        }
        let refusal = |(at, key, with, contexts): (usize, Key, &str, Vec<&str>)| Refusal {
            at,
            what: format!("takes {}, which is {with} in {}", key_label(key, true), some(&contexts)),
            hint: format!("take another key, or give {with} another one"),
        };
        found.into_iter().map(refusal).collect()
    }
}

/// Places named in one line.
const NAMED: usize = 3;

/// The first few, and how many more.
fn some(places: &[&str]) -> String {
    match places.len().saturating_sub(NAMED) {
        0 | 1 => places.join(", "),
        more => format!("{} and {more} more places", places[..NAMED].join(", ")),
    }
}

/// Where a field of text is open, a plain character is text.
fn is_text(context: Context, key: Key) -> bool {
    context.takes_text() && matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt
}

fn has_palette(context: Context) -> bool {
    TABLE.iter().any(|action| action.id == ActionId::Palette && action.contexts.contains(&context))
}

/// What is wrong with a line whatever the others say, but for those before it.
fn refusal(at: usize, line: &Rebinding<'_>, before: &[Rebinding<'_>]) -> Option<Refusal> {
    let refuse = |what: String, hint: &str| Some(Refusal { at, what, hint: hint.to_owned() });
    let action = line.action;
    if let Some(context) = line.context.filter(|context| !action.contexts.contains(context)) {
        let places: Vec<&str> = action.contexts.iter().map(|context| context.id()).collect();
        let what = format!("does nothing in {}", context.title());
        return refuse(what, &format!("{} works in: {}", action.name, places.join(", ")));
    }
    if before.iter().any(|other| other.action.id == action.id && other.context == line.context) {
        return refuse("is set twice".to_owned(), "[keys] and [keys.all] are the same: keep one of the two lines");
    }
    if action.id != ActionId::Quit && line.keys.contains(&ALWAYS) {
        return refuse("takes Ctrl-C, which always leaves the program".to_owned(), "take another key");
    }
    let fields: Vec<&Context> = action.contexts.iter().filter(|context| context.takes_text()).collect();
    let field = match line.context {
        Some(context) => context.takes_text().then_some(context),
        // Elsewhere a character is fine; only there is nowhere else.
        None => fields.first().filter(|_| fields.len() == action.contexts.len()).map(|context| **context),
    };
    if let Some(context) = field
        && let Some(key) = line.keys.iter().find(|key| is_text(context, **key))
    {
        let what = format!("takes {}, which is text in {}", key_label(*key, true), context.title());
        return refuse(what, "take a key that types nothing: Ctrl-X, F1 to F12, Enter, Tab");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::spelling::parse_key;
    use super::*;

    fn action(name: &str) -> &'static Action {
        TABLE.iter().find(|action| action.name == name).unwrap()
    }

    fn key(text: &str) -> Key {
        parse_key(text).unwrap()
    }

    fn merged(lines: &[(&str, Option<Context>, &[&str])]) -> (Keymap, Vec<Refusal>) {
        let keys: Vec<Vec<Key>> =
            lines.iter().map(|(_, _, keys)| keys.iter().map(|text| key(text)).collect()).collect();
        let rebinding = |((name, context, _), keys): (&(&str, Option<Context>, &[&str]), _)| Rebinding {
            action: action(name),
            context: *context,
            keys,
        };
        let lines: Vec<Rebinding<'_>> = lines.iter().zip(keys.iter().map(Vec::as_slice)).map(rebinding).collect();
        Keymap::merged(&lines)
    }

    // Keys that no row of the table has, so that a new row breaks nothing here.

    #[test]
    fn a_key_of_ones_own_replaces_the_default_and_the_narrower_line_wins() {
        let (map, refused) = merged(&[
            ("down", None, &["Z", "F9"]),
            ("down", Some(Context::Help), &["Space"]),
            ("page-down", Some(Context::Help), &["PgDn"]),
            ("ask-now", None, &[]),
        ]);
        assert_eq!(refused, []);
        let find = |context, text| map.find(context, key(text));
        for (context, text, want) in [
            (Context::Tasks, "Z", Some(ActionId::Down)),
            (Context::Tasks, "j", None),
            (Context::Tasks, "F9", Some(ActionId::Down)),
            (Context::Palette, "F9", Some(ActionId::Down)),
            (Context::Palette, "Z", None),
            (Context::Help, "Space", Some(ActionId::Down)),
            (Context::Help, "Z", None),
            (Context::Tasks, "Space", Some(ActionId::PageDown)),
            (Context::Tasks, "r", None),
        ] {
            assert_eq!(find(context, text), want, "{context:?} {text}");
        }
        assert_eq!(map.hint(ActionId::AskNow, Context::Tasks, true), ":ask-now");
        assert_eq!(map.hint(ActionId::Down, Context::Tasks, true), "Z");
        assert!(map.of(Context::Tasks).all(|action| action.id != ActionId::AskNow));
    }

    #[test]
    fn a_character_for_everywhere_leaves_the_text_fields_what_they_had() {
        let (map, refused) = merged(&[("up", None, &["Z"])]);
        assert_eq!(refused, []);
        assert_eq!(map.find(Context::Tasks, key("Z")), Some(ActionId::Up));
        assert_eq!(map.find(Context::Palette, key("Up")), Some(ActionId::Up));
    }

    #[test]
    fn control_c_leaves_whatever_else_is_said() {
        for lines in [&[][..], &["F10"], &["Z"]] {
            let (map, refused) = merged(&[("quit-now", None, lines)]);
            assert_eq!(refused, []);
            for context in Context::ALL {
                assert_eq!(map.find(context, ALWAYS), Some(ActionId::Quit), "{lines:?} {context:?}");
            }
        }
    }

    #[test]
    fn what_cannot_work_is_refused_and_says_why() {
        type Lines<'a> = &'a [(&'a str, Option<Context>, &'a [&'a str])];
        let cases: [(Lines<'_>, usize, &str); 10] = [
            (&[("down", None, &["r"])], 0, "takes r, which is ask-now in Tasks, Tables of a task"),
            (&[("ask-now", None, &["F9"]), ("down", None, &["F9"])], 1, "takes F9, which is ask-now in Tasks"),
            (&[("down", None, &["F9"]), ("ask-now", None, &["F9"])], 1, "takes F9, which is down in Tasks"),
            (&[("filter", Some(Context::Tasks), &["g"])], 0, "takes g, which is first in Tasks"),
            (&[("down", None, &["Ctrl-C"])], 0, "Ctrl-C, which always leaves"),
            (&[("keep-filter", None, &["x"])], 0, "takes x, which is text in Filter (/)"),
            (&[("up", Some(Context::Palette), &["k"])], 0, "takes k, which is text in Commands (:)"),
            (&[("filter", Some(Context::Help), &["f"])], 0, "does nothing in Help"),
            (&[("down", None, &[])], 0, "would leave it without a key in Tasks"),
            (&[("down", None, &["F8"]), ("down", None, &["F9"])], 1, "is set twice"),
        ];
        for (lines, at, want) in cases {
            let (_, refused) = merged(lines);
            assert_eq!(refused.len(), 1, "{refused:?}");
            assert_eq!(refused[0].at, at, "{refused:?}");
            assert!(refused[0].what.contains(want), "{refused:?}");
        }
    }

    #[test]
    fn two_actions_can_change_places() {
        let (map, refused) = merged(&[("first", None, &["G"]), ("last", None, &["g"])]);
        assert_eq!(refused, []);
        assert_eq!(map.find(Context::Tasks, key("G")), Some(ActionId::First));
    }
}
