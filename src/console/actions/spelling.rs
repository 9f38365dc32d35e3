//! A key as people write it, both ways: for the footer, for `docs/keys.md`, and from the configuration.

use crate::console::message::{Key, KeyCode};

/// Every key that has a name, as `docs/keys.md` prints it.
const NAMED: [(&str, KeyCode); 15] = [
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

/// What others call them.
const ALSO: [(&str, &str); 6] = [
    ("return", "Enter"),
    ("escape", "Esc"),
    ("backtab", "Shift-Tab"),
    ("delete", "Del"),
    ("pageup", "PgUp"),
    ("pagedown", "PgDn"),
];

/// Function keys that terminals send.
const LAST_F: u8 = 12;

/// Why a text is no key, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoKey {
    /// Follows the name of what was to be set.
    pub what: String,
    pub hint: String,
}

/// A key as people write it.
pub fn key_label(key: Key, ascii: bool) -> String {
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if key.ctrl => c.to_ascii_uppercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter if !ascii => "↵".to_owned(),
        KeyCode::Up if !ascii => "↑".to_owned(),
        KeyCode::Down if !ascii => "↓".to_owned(),
        KeyCode::Left if !ascii => "←".to_owned(),
        KeyCode::Right if !ascii => "→".to_owned(),
        KeyCode::F(n) => format!("F{n}"),
        code => NAMED.iter().find(|(_, named)| *named == code).map_or("", |(name, _)| name).to_owned(),
    };
    format!("{}{}{name}", if key.ctrl { "Ctrl-" } else { "" }, if key.alt { "Alt-" } else { "" })
}

/// Reads what [`key_label`] writes in ASCII; names in any case.
///
/// # Errors
/// [`NoKey`] for what no terminal sends as a key of its own.
pub fn parse_key(text: &str) -> Result<Key, NoKey> {
    let plain = |code| Key { code, ctrl: false, alt: false };
    let mut letters = text.chars();
    if let (Some(c), None) = (letters.next(), letters.next()) {
        return match c {
            ' ' => Ok(plain(KeyCode::Char(' '))),
            c if c.is_control() => Err(no_key(text, "write its name, for example Tab or Enter".to_owned())),
            c => Ok(plain(KeyCode::Char(c))),
        };
    }
    if let Some(code) = named(text) {
        return Ok(plain(code));
    }
    let lower = text.to_lowercase();
    if lower.starts_with("alt-") || lower.starts_with("meta-") {
        // Over a slow line Esc and the key after it arrive as one.
        return Err(no_key(text, "Alt cannot be told from Esc and then the key: take a key without it".to_owned()));
    }
    if let Some(rest) = lower.strip_prefix("ctrl-") {
        return control(text, rest);
    }
    if let Some(rest) = lower.strip_prefix("shift-")
        && let (Some(c), None) = (rest.chars().next(), rest.chars().nth(1))
    {
        return Err(no_key(text, format!("write the character itself: {}", c.to_uppercase())));
    }
    if let Some(n) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()).filter(|n| (1..=LAST_F).contains(n)) {
        return Ok(plain(KeyCode::F(n)));
    }
    let near = NAMED.iter().map(|(name, _)| (strsim::damerau_levenshtein(&name.to_lowercase(), &lower), *name)).min();
    Err(match near {
        Some((distance, name)) if distance * 2 <= name.len() => no_key(text, format!("did you mean {name}?")),
        _ => no_key(
            text,
            "one character, Ctrl-X, F1 to F12, or a name as in docs/keys.md: Enter, PgDn, Space".to_owned(),
        ),
    })
}

fn named(text: &str) -> Option<KeyCode> {
    let text = ALSO.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map_or(text, |(_, name)| name);
    NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, code)| *code)
}

/// What a terminal sends for Ctrl and a key: one byte below 32, of which some are keys of their own.
fn control(text: &str, rest: &str) -> Result<Key, NoKey> {
    let ctrl = |code| Ok(Key { code, ctrl: true, alt: false });
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some(c @ ('i' | 'm' | 'h' | '[')), None) => {
            let own = match c {
                'i' => "Tab",
                'm' => "Enter",
                'h' => "Backspace",
                _ => "Esc",
            };
            Err(no_key(text, format!("a terminal sends {own} for it: write {own}")))
        }
        (Some(c @ ('a'..='z' | '\\' | ']' | '^' | '_')), None) => ctrl(KeyCode::Char(c)),
        _ => match named(rest) {
            Some(
                code @ (KeyCode::Char(' ')
                | KeyCode::Up
                | KeyCode::Down
                | KeyCode::Left
                | KeyCode::Right
                | KeyCode::Home
                | KeyCode::End
                | KeyCode::PageUp
                | KeyCode::PageDown
                | KeyCode::Delete),
            ) => ctrl(code),
            _ => Err(no_key(text, "Ctrl goes with a letter, Space, an arrow, Home, End, PgUp, PgDn or Del".to_owned())),
        },
    }
}

fn no_key(text: &str, hint: String) -> NoKey {
    NoKey { what: format!("names no key: {text:?}"), hint }
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use super::*;

    #[test]
    fn what_the_keys_page_prints_can_be_written_in_the_configuration() {
        for action in TABLE {
            for key in action.keys {
                assert_eq!(parse_key(&key_label(*key, true)), Ok(*key), "{}", action.name);
            }
        }
        for (text, want) in [("ctrl-f", "Ctrl-F"), ("pgdn", "PgDn"), (" ", "Space"), ("f12", "F12"), ("é", "é")] {
            assert_eq!(key_label(parse_key(text).unwrap(), true), want);
        }
        assert_eq!(key_label(parse_key("pagedown").unwrap(), true), "PgDn");
        assert_eq!(key_label(parse_key("Ctrl-Left").unwrap(), true), "Ctrl-Left");
    }

    #[test]
    fn what_no_terminal_sends_is_refused_with_what_to_write_instead() {
        for (text, hint) in [
            ("", "one character, Ctrl-X"),
            ("Ctrl-I", "write Tab"),
            ("Ctrl-M", "write Enter"),
            ("Ctrl-1", "Ctrl goes with a letter"),
            ("Ctrl-Enter", "Ctrl goes with a letter"),
            ("Alt-x", "without it"),
            ("Shift-g", "the character itself: G"),
            ("Entr", "did you mean Enter?"),
            ("F13", "F1 to F12"),
            ("gg", "one character"),
            ("\u{7f}", "write its name"),
        ] {
            let said = parse_key(text).unwrap_err();
            assert!(said.hint.contains(hint), "{text:?}: {said:?}");
        }
    }
}
