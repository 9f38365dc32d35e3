//! Semantic roles: what a piece of text means decides how it looks, here and nowhere else.
//!
//! Three looks are built in, in `styles`. The default uses the terminal's own sixteen colours, so it follows the user's
//! palette; one tells good from bad by blue and orange; one has no colour. Meaning never hangs on colour, since every role
//! that judges comes with a symbol and a word.

mod styles;

use crate::model::health::Health;
use ratatui::style::Style;
use std::borrow::Cow;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Text,
    /// Less important: not due, separators, explanations.
    Dim,
    Border,
    /// Title of a pane, head of a table.
    Title,
    /// A key the user can press.
    Key,
    Good,
    Warn,
    Bad,
    /// Not known, which is not the same as fine.
    Unknown,
    /// Something is under way.
    Busy,
    /// The row under the cursor.
    Cursor,
    /// An open text field and an active filter.
    Input,
    /// Environment band of production.
    BandProd,
    /// Environment band where nobody said what this is.
    BandUnknown,
    BandDemo,
    /// Something can be changed from here.
    Operate,
    BandOther,
    /// A line across the screen that must be read.
    Banner,
}

/// How roles look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// The terminal's own colours.
    #[default]
    Sixteen,
    /// Blue and orange instead of green and red, for eyes that cannot tell those apart.
    ColourBlind {
        /// The terminal has 256 colours, orange among them.
        wide: bool,
    },
    /// Bold, dim, underlined and reversed, as `NO_COLOR` asks.
    Monochrome,
}

/// How roles look and which characters may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Only ASCII may be sent to this terminal.
    pub ascii: bool,
    pub look: Look,
}

/// Every character of ours beyond ASCII and the one that stands for it; each pair is one cell wide.
const ASCII: &[(char, char)] = &[
    ('─', '-'),
    ('╌', '-'),
    ('│', '|'),
    ('┌', '+'),
    ('┐', '+'),
    ('└', '+'),
    ('┘', '+'),
    ('├', '+'),
    ('┤', '+'),
    ('┬', '+'),
    ('┴', '+'),
    ('…', '~'),
    ('—', '-'),
    ('–', '-'),
    ('·', '-'),
    ('→', '>'),
    ('←', '<'),
    ('▌', '>'),
    ('▏', '_'),
    ('●', '*'),
    ('✓', '+'),
    ('▲', '!'),
    ('✗', 'X'),
    ('○', 'o'),
    ('◆', '#'),
    ('◐', '%'),
    ('▾', 'v'),
    ('▴', '^'),
    ('▁', '_'),
    ('▂', '.'),
    ('▃', ':'),
    ('▄', '-'),
    ('▅', '='),
    ('▆', '+'),
    ('▇', '*'),
    ('█', '#'),
    ('░', '.'),
    ('≤', '<'),
    ('≠', '!'),
    ('•', '.'),
    ('⋮', ':'),
];

impl Theme {
    pub fn new(ascii: bool, look: Look) -> Self {
        Self { ascii, look }
    }

    pub fn style(self, role: Role) -> Style {
        styles::style(self.look, role)
    }

    /// Text as this terminal can show it, of the same width.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if !self.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match ASCII.iter().find(|(from, _)| *from == c) {
                Some((_, to)) => out.push(*to),
                None if c.is_ascii() => out.push(c),
                None => {
                    for _ in 0..unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) {
                        out.push('?');
                    }
                }
            }
        }
        Cow::Owned(out)
    }
}

/// Role and symbol of a judgement.
pub fn judged(health: Health) -> (Role, &'static str) {
    match health {
        Health::Ok => (Role::Good, "●"),
        Health::Warning => (Role::Warn, "▲"),
        Health::Unknown => (Role::Unknown, "?"),
        Health::Critical => (Role::Bad, "✗"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn in_ascii_every_text_is_ascii_and_as_wide_as_before() {
        let theme = Theme::new(true, Look::Sixteen);
        for text in ["┌ Tasks ─ 14 ┐", "1 s → 2 s ▁▃█", "漢字 ünï", "e\u{301}", "plain"] {
            let shown = theme.text(text);
            assert!(shown.is_ascii(), "{shown}");
            assert_eq!(shown.width(), text.width(), "{shown}");
        }
        for (from, to) in ASCII {
            assert!(to.is_ascii());
            assert_eq!(unicode_width::UnicodeWidthChar::width(*from), Some(1), "{from}");
        }
    }

    #[test]
    fn judgements_differ_without_any_colour() {
        let symbols = [Health::Ok, Health::Warning, Health::Unknown, Health::Critical].map(|health| judged(health).1);
        for (at, symbol) in symbols.iter().enumerate() {
            assert!(!symbols[..at].contains(symbol));
        }
    }
}
