//! What this terminal can do, judged from the environment; pure but for [`Capability::here`].

use std::io::IsTerminal;

/// What the screen may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// The locale is not UTF-8: draw with ASCII only.
    pub ascii: bool,
    /// `NO_COLOR` is not set (<https://no-color.org>: present and not empty).
    pub colour: bool,
    /// It says that it has 256 colours or more.
    pub wide: bool,
}

/// Why there can be no screen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the console needs a terminal and this is none: over SSH use `ssh -t`, in scripts use a command with `--output json` (`cutover tasks --output json`)"
    )]
    NotATerminal,
    #[error(
        "this terminal (TERM={0}) cannot move its cursor, which the console needs: set TERM to what it is, or use `cutover tasks --output json`",
        term.text()
    )]
    Dumb { term: Term },
}

/// The two values of `TERM` that promise nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    Dumb,
    Unset,
}

impl Term {
    fn text(self) -> &'static str {
        match self {
            Self::Dumb => "dumb",
            Self::Unset => "",
        }
    }
}

impl Capability {
    /// Judges the environment and the standard streams of this process.
    ///
    /// # Errors
    /// [`Refusal`], one sentence to print.
    pub fn here() -> Result<Self, Refusal> {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Err(Refusal::NotATerminal);
        }
        Self::judge(|name| std::env::var_os(name).map(|text| text.to_string_lossy().into_owned()))
    }

    /// Judges these variables.
    ///
    /// # Errors
    /// [`Refusal::Dumb`].
    pub fn judge(env: impl Fn(&str) -> Option<String>) -> Result<Self, Refusal> {
        match env("TERM").as_deref() {
            None | Some("") => return Err(Refusal::Dumb { term: Term::Unset }),
            Some("dumb") => return Err(Refusal::Dumb { term: Term::Dumb }),
            Some(_) => {}
        }
        // POSIX order; the first that is set and not empty decides.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(&env).find(|text| !text.is_empty());
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let direct = matches!(env("COLORTERM").as_deref(), Some("truecolor" | "24bit"));
        let term = env("TERM").unwrap_or_default();
        Ok(Self {
            wide: direct || term.contains("256color") || term.contains("-direct"),
            ascii: !(locale.contains("utf-8") || locale.contains("utf8")),
            colour: env("NO_COLOR").is_none_or(|text| text.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_on_colour_and_characters() {
        let ok = |ascii, colour| Ok(Capability { ascii, colour, wide: false });
        let cases: [(&[(&str, &str)], _); 9] = [
            (&[("TERM", "xterm"), ("LANG", "en_GB.UTF-8")], ok(false, true)),
            (&[("TERM", "xterm"), ("LANG", "C.utf8")], ok(false, true)),
            (&[("TERM", "xterm")], ok(true, true)),
            (&[("TERM", "xterm"), ("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], ok(true, true)),
            (&[("TERM", "xterm"), ("LANG", "C"), ("LC_CTYPE", "de_DE.UTF-8")], ok(false, true)),
            (&[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1")], ok(false, false)),
            (&[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("NO_COLOR", "")], ok(false, true)),
            (&[("TERM", "dumb"), ("LANG", "C.UTF-8")], Err(Refusal::Dumb { term: Term::Dumb })),
            (&[("LANG", "C.UTF-8")], Err(Refusal::Dumb { term: Term::Unset })),
        ];
        for (env, want) in cases {
            let get = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
            assert_eq!(Capability::judge(get), want, "{env:?}");
        }
    }

    #[test]
    fn a_terminal_says_in_two_ways_how_many_colours_it_has() {
        for (term, colorterm, want) in [
            ("xterm", None, false),
            ("linux", None, false),
            ("screen-256color", None, true),
            ("xterm-direct", None, true),
            ("xterm", Some("truecolor"), true),
            ("xterm", Some("yes"), false),
        ] {
            let get = |name: &str| match name {
                "TERM" => Some(term.to_owned()),
                "COLORTERM" => colorterm.map(str::to_owned),
                _ => None,
            };
            assert_eq!(Capability::judge(get).unwrap().wide, want, "{term} {colorterm:?}");
        }
    }
}
