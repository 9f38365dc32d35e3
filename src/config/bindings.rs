//! `[keys]`: keys of the console, read into a keymap that is checked as a whole.

use super::Config;
use super::keys::kind;
use super::mistake::Mistake;
use crate::console::actions::{Action, Context, Keymap, Rebinding, TABLE, parse_key};
use crate::console::message::Key;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub const SECTION: &str = "keys";

/// The same as `[keys]` itself, for a file in which a command has the name of a context.
const EVERYWHERE: &str = "all";

/// What stands below the head of the section in `config.example.toml`; the defaults are in docs/keys.md.
pub const EXAMPLE: &str = "\
# ask-now = [\"K\", \"F5\"]
# alerts = [] # no key: found by its name only

# [keys.tasks]
# down = \"F9\"
";

/// One line that can be read; what its keys do together is for the keymap.
struct Line {
    span: Range<usize>,
    /// As it stands in the file: `keys.tasks.down`.
    name: String,
    action: &'static Action,
    context: Option<Context>,
    keys: Vec<Key>,
}

/// Reads the section into `config`.
pub fn read(table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    let mut lines = Vec::new();
    for (word, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) => {
                if let Some(place) = place(word, mistakes) {
                    let within = format!("{SECTION}.{}", word.get_ref());
                    lines.extend(inner.iter().filter_map(|(word, value)| line(&within, place, word, value, mistakes)));
                }
            }
            _ => lines.extend(line(SECTION, Place::Everywhere, word, value, mistakes)),
        }
    }
    // In the order of the file: of two lines that collide the later is told.
    lines.sort_by_key(|line| line.span.start);
    let rebindings: Vec<Rebinding<'_>> =
        lines.iter().map(|line| Rebinding { action: line.action, context: line.context, keys: &line.keys }).collect();
    let (map, refusals) = Keymap::merged(&rebindings);
    for refusal in refusals {
        let Some(line) = lines.get(refusal.at) else { continue };
        let what = format!("`{}` {}", line.name, refusal.what);
        mistakes.push(Mistake { span: line.span.clone(), what, hint: refusal.hint });
    }
    config.keys = map;
}

/// Where the lines of a table work.
#[derive(Clone, Copy)]
enum Place {
    Everywhere,
    In(Context),
}

/// `None` where there is no such place, which is then among the mistakes.
fn place(word: &Spanned<Cow<'_, str>>, mistakes: &mut Vec<Mistake>) -> Option<Place> {
    let name = word.get_ref().as_ref();
    if name == EVERYWHERE {
        return Some(Place::Everywhere);
    }
    let found = Context::ALL.into_iter().find(|context| context.id() == name);
    if found.is_none() {
        let names = Context::ALL.map(Context::id);
        let what = format!("`{SECTION}.{}` is no place where keys work", name.escape_debug());
        let hint = nearest(name, names.into_iter().chain([EVERYWHERE]))
            .unwrap_or_else(|| format!("known here: {EVERYWHERE}, {}", names.join(", ")));
        mistakes.push(Mistake { span: word.span(), what, hint });
    }
    found.map(Place::In)
}

fn line(
    within: &str,
    place: Place,
    word: &Spanned<Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Line> {
    let name = format!("{within}.{}", word.get_ref().escape_debug());
    let mut mistake = |span: Range<usize>, what: String, hint: String| {
        mistakes.push(Mistake { span, what: format!("`{name}` {what}"), hint });
    };
    let Some(action) = TABLE.iter().find(|action| action.name == word.get_ref().as_ref()) else {
        let hint = nearest(word.get_ref(), TABLE.iter().map(|action| action.name));
        let hint = hint.unwrap_or_else(|| "docs/keys.md and `?` in the console list them".to_owned());
        mistake(word.span(), "is no command".to_owned(), hint);
        return None;
    };
    let items: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
        DeValue::String(_) => vec![value],
        DeValue::Array(items) => items.iter().collect(),
        other => {
            let what = format!("must be a key or a list of keys, not {}", kind(other));
            mistake(value.span(), what, "for example \"F5\", or [\"K\", \"F5\"]".to_owned());
            return None;
        }
    };
    let mut keys = Vec::new();
    for item in items {
        let DeValue::String(text) = item.get_ref() else {
            let what = format!("must hold only keys, not {}", kind(item.get_ref()));
            mistake(item.span(), what, "put it in double quotes: \"1\"".to_owned());
            return None;
        };
        match parse_key(text) {
            Ok(key) => keys.push(key),
            Err(no_key) => {
                mistake(item.span(), no_key.what, no_key.hint);
                return None;
            }
        }
    }
    let context = match place {
        Place::Everywhere => None,
        Place::In(context) => Some(context),
    };
    Some(Line { span: value.span(), name, action, context, keys })
}

/// Half of the letters may differ: what is further away is another word.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let (distance, name) = names.map(|name| (strsim::damerau_levenshtein(name, word), name)).min()?;
    (distance * 2 <= name.len().max(word.len())).then(|| format!("did you mean `{name}`?"))
}
