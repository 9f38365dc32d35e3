//! A section of the file as a table of its keys: what each means, an example, and how it is read. The same table reads the
//! file, says what is no key of it, and writes `config.example.toml`.

use super::keys::{Wrong, kind, nearest};
use super::mistake::Mistake;
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// One key of `T`.
pub(super) struct Row<T> {
    pub key: &'static str,
    pub doc: &'static [&'static str],
    pub example: &'static str,
    pub read: fn(&mut T, &Spanned<DeValue<'_>>) -> Result<(), Wrong>,
}

pub(super) fn set<T>(
    rows: &[Row<T>],
    into: &mut T,
    place: &str,
    (word, span): (&str, Range<usize>),
    value: &Spanned<DeValue<'_>>,
    mistakes: &mut Vec<Mistake>,
) {
    let Some(row) = rows.iter().find(|row| row.key == word) else {
        let here: Vec<&str> = rows.iter().map(|row| row.key).collect();
        let what = format!("`{place}.{}` is no key", word.escape_debug());
        let hint = nearest(&here, word, |key| format!("{place}.{key}"));
        mistakes.push(Mistake { span, what, hint });
        return;
    };
    if let Err(wrong) = (row.read)(into, value) {
        mistakes.push(Mistake { span: wrong.span, what: format!("`{place}.{word}` {}", wrong.what), hint: wrong.hint });
    }
}

pub(super) fn no_section(place: &str, value: &Spanned<DeValue<'_>>, other: &DeValue<'_>) -> Mistake {
    Mistake {
        span: value.span(),
        what: format!("`{place}` must be a section, not {}", kind(other)),
        hint: "write it in brackets on a line of its own, its keys below".to_owned(),
    }
}
