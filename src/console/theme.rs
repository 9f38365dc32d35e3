//! Semantic roles: what a piece of text means decides how it looks, here and nowhere else.
//!
//! The default uses the terminal's own sixteen colours, so it follows the user's palette. Without colour, bold, dim and
//! reverse remain; meaning never hangs on colour, since every role that judges comes with a symbol and a word.

use crate::model::health::Health;
use ratatui::style::{Color, Modifier, Style};
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
    BandOther,
    /// A line across the screen that must be read.
    Banner,
}

/// How roles look and which characters may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Only ASCII may be sent to this terminal.
    pub ascii: bool,
    /// Colours may be used (`NO_COLOR` not set).
    pub colour: bool,
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
    ('▌', '>'),
    ('▏', '_'),
    ('●', '*'),
    ('✓', '+'),
    ('▲', '!'),
    ('✗', 'X'),
    ('○', 'o'),
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
];

impl Theme {
    pub fn new(ascii: bool, colour: bool) -> Self {
        Self { ascii, colour }
    }

    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        let reverse = plain.add_modifier(Modifier::REVERSED);
        if !self.colour {
            return match role {
                Role::Text | Role::Good | Role::Busy => plain,
                Role::Dim | Role::Border => dim,
                Role::Title | Role::Key | Role::Warn | Role::Bad | Role::Unknown => bold,
                Role::Input => plain.add_modifier(Modifier::UNDERLINED),
                Role::Cursor | Role::BandOther | Role::BandDemo => reverse,
                Role::BandProd | Role::BandUnknown | Role::Banner => reverse.add_modifier(Modifier::BOLD),
            };
        }
        match role {
            Role::Text => plain,
            // Not "bright black": some palettes make that the background colour.
            Role::Dim | Role::Border => dim,
            Role::Title => bold,
            Role::Good => plain.fg(Color::Green),
            Role::Warn => plain.fg(Color::Yellow),
            Role::Bad => bold.fg(Color::Red),
            Role::Unknown => plain.fg(Color::Magenta),
            Role::Busy => plain.fg(Color::Cyan),
            Role::Cursor => reverse,
            Role::Key | Role::Input => bold.fg(Color::Cyan),
            Role::BandProd => bold.fg(Color::White).bg(Color::Red),
            Role::BandUnknown => bold.fg(Color::Black).bg(Color::Magenta),
            Role::BandDemo => bold.fg(Color::Black).bg(Color::Cyan),
            Role::BandOther => bold.fg(Color::Black).bg(Color::Green),
            Role::Banner => bold.fg(Color::Black).bg(Color::Yellow),
        }
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
        let theme = Theme::new(true, true);
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
    fn without_colour_no_role_has_a_colour() {
        let theme = Theme::new(false, false);
        for role in [
            Role::Text,
            Role::Dim,
            Role::Border,
            Role::Title,
            Role::Key,
            Role::Good,
            Role::Warn,
            Role::Bad,
            Role::Unknown,
            Role::Busy,
            Role::Cursor,
            Role::Input,
            Role::BandProd,
            Role::BandUnknown,
            Role::BandDemo,
            Role::BandOther,
            Role::Banner,
        ] {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
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
