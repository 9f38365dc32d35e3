//! What the terminal can do, as far as it says so: variables, size, and tmux where that stands in between.

use super::tmux;
use super::{Area, Finding};
use crate::config::{Characters, Clipboard, Colour, Screen};
use crate::console::terminal::Capability;
use rustix::termios::tcgetwinsize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::IsTerminal as _;
use std::os::fd::AsFd;

/// Every variable that is looked at.
const VARIABLES: [&str; 11] = [
    "TERM",
    "TERM_PROGRAM",
    "COLORTERM",
    "NO_COLOR",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "TMUX",
    "WT_SESSION",
    "KITTY_WINDOW_ID",
    "VTE_VERSION",
];

/// The screens are made for this size, and say one sentence below the smaller one.
const FULL: (u16, u16) = (80, 24);
const SMALLEST: (u16, u16) = (60, 15);

/// Beginnings of `TERM` whose entries in terminfo have at least eight colours.
const COLOURFUL: [&str; 21] = [
    "xterm",
    "screen",
    "tmux",
    "rxvt",
    "linux",
    "alacritty",
    "foot",
    "kitty",
    "wezterm",
    "ghostty",
    "konsole",
    "vte",
    "gnome",
    "putty",
    "st-",
    "iterm",
    "mintty",
    "cygwin",
    "ansi",
    "eterm",
    "contour",
];
/// Those that have none, whatever they begin with.
const COLOURLESS: [&str; 4] = ["vt", "xterm-mono", "xterm-old", "ansi-m"];

/// `TERM`, or its beginning, of terminals that take a copy (OSC 52) unless they are told not to.
const COPIES: [&str; 6] = ["xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour"];
/// The same by `TERM_PROGRAM`, which does not come through SSH.
const COPYING_PROGRAMS: [&str; 4] = ["WezTerm", "ghostty", "kitty", "rio"];

/// What was found.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Standard input and output are a terminal.
    direct: bool,
    /// There is a terminal, if only behind a pipe.
    any: bool,
    /// Standard output is a terminal.
    pub printed: bool,
    variables: BTreeMap<&'static str, String>,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    screen: Screen,
    tmux: Option<tmux::Facts>,
}

pub async fn gather(screen: Screen) -> Facts {
    let value = |name| Some((name, std::env::var_os(name)?.to_string_lossy().into_owned()));
    let variables: BTreeMap<_, _> = VARIABLES.into_iter().filter_map(value).collect();
    // Reading a size changes nothing, and needs no right to write.
    let behind = File::open("/dev/tty").ok();
    let (input, output) = (std::io::stdin(), std::io::stdout());
    let size = size(&output).or_else(|| size(&input)).or_else(|| size(behind.as_ref()?));
    let tmux = match variables.get("TMUX") {
        Some(inside) if !inside.is_empty() => Some(tmux::gather().await),
        _ => None,
    };
    let (direct, printed) = (input.is_terminal() && output.is_terminal(), output.is_terminal());
    Facts { direct, any: direct || behind.is_some(), printed, variables, size, screen, tmux }
}

/// Width of the terminal that standard output is; `None` where it is none.
pub fn columns() -> Option<u16> {
    let out = std::io::stdout();
    out.is_terminal().then(|| size(&out)).flatten().map(|(columns, _)| columns)
}

fn size(of: impl AsFd) -> Option<(u16, u16)> {
    let size = tcgetwinsize(of).ok()?;
    Some((size.ws_col, size.ws_row)).filter(|(columns, rows)| *columns > 0 && *rows > 0)
}

pub fn judge(facts: &Facts) -> Vec<Finding> {
    vec![
        tty(facts),
        term(facts),
        characters(facts),
        colours(facts),
        room(facts),
        clipboard(facts),
        tmux::escape_time(facts.tmux.as_ref()),
    ]
}

const AREA: Area = Area::Terminal;

/// For everything that only a terminal can tell.
fn no_terminal(check: &str) -> Finding {
    let action = "Ask where the console will run; over SSH use `ssh -t`.";
    Finding::unknown(AREA, check, "there is no terminal here", action)
}

impl Facts {
    /// Set and not empty.
    fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn term(&self) -> &str {
        self.get("TERM").unwrap_or_default()
    }

    fn capability(&self) -> Option<Capability> {
        Capability::judge(|name| self.variables.get(name).cloned()).ok()
    }
}

fn tty(facts: &Facts) -> Finding {
    match facts {
        Facts { direct: true, .. } => Finding::passed(AREA, "tty", "input and output are a terminal"),
        Facts { any: true, .. } => {
            Finding::passed(AREA, "tty", "there is a terminal, although input or output of this command is not it")
        }
        _ => no_terminal("tty"),
    }
}

fn term(facts: &Facts) -> Finding {
    match facts.capability() {
        Some(_) => Finding::passed(AREA, "TERM", facts.term()),
        None if !facts.any => no_terminal("TERM"),
        None => {
            let message =
                format!("TERM={}: such a terminal cannot move its cursor, which the console needs", facts.term());
            Finding::failed(AREA, "TERM", message, "Set TERM to what it is, for example xterm-256color.")
        }
    }
}

fn characters(facts: &Facts) -> Finding {
    let check = "characters";
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| Some((name, facts.get(name)?)));
    let locale = set.map_or_else(|| "no locale is set".to_owned(), |(name, text)| format!("{name}={text}"));
    // Only the locale is of interest here: a dumb terminal has its own finding.
    let judged = Capability::judge(|name| match name {
        "TERM" => Some("any".to_owned()),
        _ => facts.variables.get(name).cloned(),
    });
    let utf8 = judged.is_ok_and(|capability| !capability.ascii);
    match facts.screen.characters {
        Characters::Ascii => Finding::passed(AREA, check, "ASCII only, as the configuration says"),
        _ if utf8 => Finding::passed(AREA, check, format!("UTF-8 ({locale})")),
        Characters::Unicode => {
            let message = format!("the configuration says unicode, the locale does not ({locale})");
            Finding::unknown(AREA, check, message, "If lines and bars are garbled, set characters = \"auto\".")
        }
        Characters::Auto => {
            let message = format!("the locale is not UTF-8 ({locale}): lines and bars are drawn in ASCII");
            let action = "export LANG=C.UTF-8, or settle for ASCII with characters = \"ascii\" in the configuration.";
            Finding::failed(AREA, check, message, action)
        }
    }
}

fn colours(facts: &Facts) -> Finding {
    let check = "colours";
    let term = facts.term();
    let begins = |names: &[&str]| names.iter().any(|name| term.starts_with(name));
    let without = "words and symbols say the same";
    match facts.screen.colour {
        Colour::Never => {
            return Finding::passed(AREA, check, format!("none, as the configuration says; {without}"));
        }
        Colour::Auto if facts.get("NO_COLOR").is_some() => {
            return Finding::passed(AREA, check, format!("none, as NO_COLOR says; {without}"));
        }
        _ => {}
    }
    if facts.get("COLORTERM").is_some() || term.contains("color") || term.contains("direct") {
        return Finding::passed(AREA, check, format!("TERM={term}"));
    }
    if begins(&COLOURLESS) {
        let action = "If it has colours, set TERM to what it is; if not, set NO_COLOR=1.";
        return Finding::failed(AREA, check, format!("TERM={term} has no colours, and is sent some"), action);
    }
    if begins(&COLOURFUL) {
        return Finding::passed(AREA, check, format!("TERM={term}"));
    }
    if !facts.any {
        return no_terminal(check);
    }
    let message = format!("TERM={term} is not known here");
    Finding::unknown(AREA, check, message, "Look at the demo: cutover demo. NO_COLOR=1 leaves colours out.")
}

fn room(facts: &Facts) -> Finding {
    let check = "size";
    let Some((columns, rows)) = facts.size else {
        if !facts.any {
            return no_terminal(check);
        }
        return Finding::unknown(AREA, check, "the terminal does not say how large it is", "stty rows 40 cols 120");
    };
    let fits = |(least_columns, least_rows): (u16, u16)| columns >= least_columns && rows >= least_rows;
    let said = format!("{columns}x{rows}");
    let action = format!("Make it {}x{} or larger; 120x40 shows everything.", FULL.0, FULL.1);
    match () {
        () if fits(FULL) => Finding::passed(AREA, check, said),
        () if fits(SMALLEST) => Finding::failed(AREA, check, format!("{said} leaves columns out"), action),
        () => Finding::failed(AREA, check, format!("{said} is too small for any screen"), action),
    }
}

/// No terminal can be asked without risk whether it takes a copy, so only what is told counts.
fn clipboard(facts: &Facts) -> Finding {
    let check = "clipboard";
    if facts.screen.clipboard == Clipboard::Never {
        return Finding::passed(AREA, check, "not used, as the configuration says");
    }
    if let Some(tmux) = &facts.tmux {
        return tmux::clipboard(tmux);
    }
    let (term, program) = (facts.term(), facts.get("TERM_PROGRAM").unwrap_or_default());
    if COPIES.iter().any(|name| term.starts_with(name)) || COPYING_PROGRAMS.contains(&program) {
        let said = if program.is_empty() { format!("TERM={term}") } else { format!("TERM_PROGRAM={program}") };
        return Finding::passed(AREA, check, format!("{said} takes a copy (OSC 52)"));
    }
    if facts.get("WT_SESSION").is_some() {
        return Finding::passed(AREA, check, "Windows Terminal takes a copy (OSC 52)");
    }
    if term == "linux" || program == "Apple_Terminal" {
        let name = if program.is_empty() { term } else { program };
        let action = "Use another terminal where copying matters.";
        return Finding::failed(AREA, check, format!("{name} has no way to take a copy (OSC 52)"), action);
    }
    if !facts.any {
        return no_terminal(check);
    }
    let action = "Try it: printf '\\033]52;c;Y3V0b3Zlcg==\\a' and paste: it says cutover. xterm and iTerm2 have a \
                  setting for it.";
    Finding::unknown(AREA, check, "the terminal does not say whether it takes a copy (OSC 52)", action)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{self, Failed, Passed, Unknown};
    use super::*;

    fn facts(variables: &[(&'static str, &str)]) -> Facts {
        Facts {
            direct: true,
            any: true,
            printed: true,
            variables: variables.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
            size: Some((120, 40)),
            screen: Screen::default(),
            tmux: None,
        }
    }

    fn told(said: &str) -> tmux::Facts {
        let said = || Ok(said.to_owned());
        tmux::Facts { escape_time: said(), set_clipboard: said(), allow_passthrough: said() }
    }

    #[test]
    fn a_terminal_is_judged_by_what_it_says() {
        let usual = || facts(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]);
        let screen = |characters, colour| Screen { characters, colour, ..Screen::default() };
        let none = || Facts { direct: false, any: false, printed: false, size: None, ..facts(&[]) };
        let cases: [(Facts, &str, Verdict); 33] = [
            (usual(), "tty", Passed),
            (Facts { direct: false, ..usual() }, "tty", Passed),
            (none(), "tty", Unknown),
            (usual(), "TERM", Passed),
            (facts(&[("TERM", "dumb")]), "TERM", Failed),
            (facts(&[]), "TERM", Failed),
            (none(), "TERM", Unknown),
            (usual(), "characters", Passed),
            (facts(&[("TERM", "dumb"), ("LANG", "C.UTF-8")]), "characters", Passed),
            (facts(&[("TERM", "xterm"), ("LANG", "C")]), "characters", Failed),
            (facts(&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "C.UTF-8")]), "characters", Failed),
            (Facts { screen: screen(Characters::Ascii, Colour::Auto), ..facts(&[]) }, "characters", Passed),
            (Facts { screen: screen(Characters::Unicode, Colour::Auto), ..facts(&[]) }, "characters", Unknown),
            (usual(), "colours", Passed),
            (facts(&[("TERM", "vt220")]), "colours", Failed),
            (facts(&[("TERM", "vt220"), ("NO_COLOR", "1")]), "colours", Passed),
            (facts(&[("TERM", "vt220"), ("COLORTERM", "truecolor")]), "colours", Passed),
            (Facts { screen: screen(Characters::Auto, Colour::Never), ..facts(&[]) }, "colours", Passed),
            (facts(&[("TERM", "wyse60")]), "colours", Unknown),
            (none(), "colours", Unknown),
            (usual(), "size", Passed),
            (Facts { size: Some((80, 24)), ..usual() }, "size", Passed),
            (Facts { size: Some((79, 24)), ..usual() }, "size", Failed),
            (Facts { size: Some((40, 10)), ..usual() }, "size", Failed),
            (Facts { size: None, ..usual() }, "size", Unknown),
            (none(), "size", Unknown),
            (usual(), "clipboard", Unknown),
            (facts(&[("TERM", "xterm-kitty")]), "clipboard", Passed),
            (facts(&[("TERM", "linux")]), "clipboard", Failed),
            (Facts { tmux: Some(told("on")), ..usual() }, "clipboard", Passed),
            (Facts { tmux: Some(told("off")), ..facts(&[("TERM", "xterm-kitty")]) }, "clipboard", Failed),
            (Facts { tmux: Some(told("500")), ..usual() }, "tmux escape-time", Failed),
            (usual(), "tmux escape-time", Passed),
        ];
        for (facts, check, want) in cases {
            let findings = judge(&facts);
            let found = findings.iter().find(|finding| finding.check.raw() == check).unwrap();
            assert_eq!(found.verdict, want, "{check}: {facts:?}");
            assert_eq!(found.action.is_some(), want != Passed, "{found:?}");
        }
    }
}
