//! The looks: one table of roles each. A new look is a function here and a word in the configuration.

use super::{Look, Role};
use ratatui::style::{Color, Modifier, Style};

const PLAIN: Style = Style::new();
const BOLD: Style = PLAIN.add_modifier(Modifier::BOLD);
const DIM: Style = PLAIN.add_modifier(Modifier::DIM);
const REVERSE: Style = PLAIN.add_modifier(Modifier::REVERSED);
const UNDERLINED: Style = PLAIN.add_modifier(Modifier::UNDERLINED);

pub fn style(look: Look, role: Role) -> Style {
    match look {
        Look::Sixteen => sixteen(role),
        Look::ColourBlind { wide: false } => blue_and_orange(role, &NARROW),
        Look::ColourBlind { wide: true } => blue_and_orange(role, &WIDE),
        Look::Monochrome => monochrome(role),
    }
}

fn sixteen(role: Role) -> Style {
    match role {
        Role::Text => PLAIN,
        // Not "bright black": some palettes make that the background colour.
        Role::Dim | Role::Border => DIM,
        Role::Title => BOLD,
        Role::Good => PLAIN.fg(Color::Green),
        Role::Warn => PLAIN.fg(Color::Yellow),
        Role::Bad => BOLD.fg(Color::Red),
        Role::Unknown => PLAIN.fg(Color::Magenta),
        Role::Busy => PLAIN.fg(Color::Cyan),
        Role::Cursor => REVERSE,
        Role::Key | Role::Input => BOLD.fg(Color::Cyan),
        Role::BandProd => BOLD.fg(Color::White).bg(Color::Red),
        Role::BandUnknown => BOLD.fg(Color::Black).bg(Color::Magenta),
        Role::Operate => BOLD.fg(Color::Yellow),
        Role::BandDemo => BOLD.fg(Color::Black).bg(Color::Cyan),
        Role::BandOther => BOLD.fg(Color::Black).bg(Color::Green),
        Role::Banner => BOLD.fg(Color::Black).bg(Color::Yellow),
    }
}

/// What a terminal has to tell good from bad with.
pub struct Hues {
    pub good: Color,
    pub warn: Color,
    pub bad: Color,
    pub busy: Color,
}

/// Of sixteen colours, the bright ones: plain blue on black can hardly be read, and red looks darker still to who cannot
/// see it as red. There is no orange among them.
pub const NARROW: Hues =
    Hues { good: Color::LightBlue, warn: Color::LightYellow, bad: Color::LightRed, busy: Color::LightCyan };

/// Of the colour cube of 256: blue, pale yellow, vermilion, after Okabe and Ito's palette ("Color Universal Design", 2002).
pub const WIDE: Hues =
    Hues { good: Color::Indexed(33), warn: Color::Indexed(227), bad: Color::Indexed(166), busy: Color::Indexed(152) };

fn blue_and_orange(role: Role, hues: &Hues) -> Style {
    match role {
        Role::Text => PLAIN,
        Role::Dim | Role::Border => DIM,
        Role::Title => BOLD,
        Role::Good => PLAIN.fg(hues.good),
        Role::Warn => PLAIN.fg(hues.warn),
        Role::Bad => BOLD.fg(hues.bad),
        // No third hue can be told from both: a line under it, in the colour of the text.
        Role::Unknown => BOLD.add_modifier(Modifier::UNDERLINED),
        Role::Busy => PLAIN.fg(hues.busy),
        Role::Cursor => REVERSE,
        Role::Key | Role::Input => BOLD.fg(hues.busy),
        Role::BandProd => BOLD.fg(Color::Black).bg(hues.bad),
        Role::BandUnknown => REVERSE.add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
        Role::Operate => BOLD.fg(hues.warn),
        Role::BandDemo => BOLD.fg(Color::Black).bg(hues.busy),
        Role::BandOther => BOLD.fg(Color::Black).bg(hues.good),
        Role::Banner => BOLD.fg(Color::Black).bg(hues.warn),
    }
}

fn monochrome(role: Role) -> Style {
    match role {
        Role::Text | Role::Good | Role::Busy => PLAIN,
        Role::Dim | Role::Border => DIM,
        Role::Title | Role::Key | Role::Warn => BOLD,
        Role::Bad | Role::BandDemo | Role::Operate => BOLD.add_modifier(Modifier::UNDERLINED),
        Role::Unknown | Role::Input => UNDERLINED,
        Role::Cursor | Role::BandOther => REVERSE,
        Role::Banner => REVERSE.add_modifier(Modifier::BOLD),
        Role::BandUnknown => REVERSE.add_modifier(Modifier::UNDERLINED),
        Role::BandProd => REVERSE.add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED),
    }
}

#[cfg(test)]
mod tests;
