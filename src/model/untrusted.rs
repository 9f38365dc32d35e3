//! Text that somebody else wrote: logs, events, AWS names, database values.
//!
//! Such text may carry escape sequences that rewrite the screen or the clipboard. There is no `Display`, so it cannot
//! reach a terminal by accident: panes use [`Untrusted::shown`], JSON uses [`Untrusted::raw`] (JSON escapes controls).

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Longest text a pane ever gets, in characters; the rest is replaced by `…`.
pub const SHOWN_MAX: usize = 4096;

/// Text from outside. See the module's first paragraph.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(String);

impl Untrusted {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came, for JSON, comparison and lookup. Never for a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text without control, escape and bidirectional characters, one line, at most [`SHOWN_MAX`] characters.
    pub fn shown(&self) -> Cow<'_, str> {
        shown(&self.0)
    }
}

/// Like [`Untrusted::shown`] for a plain string whose origin is outside.
pub fn shown(text: &str) -> Cow<'_, str> {
    // Bytes bound characters from above, so the common case costs one pass over clean text.
    if text.len() <= SHOWN_MAX && !text.chars().any(|c| forbidden(c) || blank(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(SHOWN_MAX * 4));
    for (count, c) in text.chars().filter(|c| !forbidden(*c)).enumerate() {
        if count == SHOWN_MAX {
            out.push('…');
            break;
        }
        out.push(if blank(c) { ' ' } else { c });
    }
    Cow::Owned(out)
}

/// White space other than the ordinary space becomes one: a tab or newline would break the row it stands in.
fn blank(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// C0, DEL, C1, bidirectional controls, zero-width and tag characters: invisible, and able to lie about what is shown.
fn forbidden(c: char) -> bool {
    if blank(c) {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl std::fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_text_carries_no_control_escape_or_bidi_character() {
        for (raw, want) in [
            ("plain", "plain"),
            ("\u{1b}[2Jgone", "[2Jgone"),
            ("\u{9b}31mred", "31mred"),
            ("a\tb\nc", "a b c"),
            ("pay\u{202e}lla", "paylla"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("\u{7}bell\u{7f}", "bell"),
            ("ünïcödé 漢字", "ünïcödé 漢字"),
        ] {
            assert_eq!(Untrusted::new(raw).shown(), want);
        }
    }

    #[test]
    fn shown_text_is_bounded() {
        let long = Untrusted::new("x".repeat(SHOWN_MAX * 3));
        assert_eq!(long.shown().chars().count(), SHOWN_MAX + 1);
        assert!(long.shown().ends_with('…'));
    }

    proptest::proptest! {
        #[test]
        fn nothing_shown_can_drive_a_terminal(text in proptest::collection::vec(proptest::char::any(), 0..200)) {
            let text: String = text.into_iter().collect();
            proptest::prop_assert!(!shown(&text).chars().any(|c| c.is_control() || forbidden(c)));
        }
    }
}
