//! Which lines of a log are shown, and in which of them a text stands.

use super::ring::Line;
use crate::model::log_line::{self, Severity};

/// How bad a line must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    #[default]
    All,
    Warnings,
    Errors,
    /// Lines whose meaning is known.
    WorthALook,
}

impl Level {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Warnings,
            Self::Warnings => Self::Errors,
            Self::Errors => Self::WorthALook,
            Self::WorthALook => Self::All,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::All => "all lines",
            Self::Warnings => "warnings and errors",
            Self::Errors => "errors",
            Self::WorthALook => "worth a look",
        }
    }
}

/// What a line must be to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sieve {
    pub level: Level,
    /// The beginning of a component's name, or the whole of one that the log cuts; empty for all.
    pub component: String,
    /// Lines that only say that nothing happened are shown too.
    pub quiet: bool,
}

impl Sieve {
    /// Everything but level and components passes.
    pub fn is_open(&self) -> bool {
        self.level == Level::All && self.component.trim().is_empty()
    }

    /// `before` is what became of the line before in the same stream: what has no head belongs to it.
    pub fn keeps(&self, line: &Line, before: bool) -> bool {
        if line.is_gap() {
            return true;
        }
        if line.marks.quiet && !self.quiet {
            return false;
        }
        if !line.marks.head {
            return before
                || self.level == Level::WorthALook && line.sign().is_some() && self.component.trim().is_empty();
        }
        let level = match self.level {
            Level::All => true,
            // A severity nobody knows is not kept back.
            Level::Warnings => line.severity.is_none_or(|severity| severity <= Severity::Warning),
            Level::Errors => line.severity.is_none_or(|severity| severity <= Severity::Error),
            Level::WorthALook => line.sign().is_some(),
        };
        let asked = self.component.trim();
        level && (asked.is_empty() || !line.component().is_empty() && log_line::is_component(line.component(), asked))
    }
}

/// A text to search for; case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    pub text: String,
    lower: String,
}

impl Search {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), lower: text.to_lowercase() }
    }

    pub fn is_empty(&self) -> bool {
        self.lower.is_empty()
    }

    /// Everything this finds was found by `before` as well.
    pub fn narrows(&self, before: &Self) -> bool {
        !before.is_empty() && self.lower.starts_with(&before.lower)
    }

    pub fn is_in(&self, text: &str) -> bool {
        if self.lower.is_ascii() {
            return find(text.as_bytes(), self.lower.as_bytes()).is_some();
        }
        !self.is_empty() && text.to_lowercase().contains(&self.lower)
    }

    /// Where it stands in a text of one row: bytes from and to. Found in text whose case does not change its length.
    pub fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let lower = if self.lower.is_ascii() { None } else { Some(text.to_lowercase()) };
        let hay = match &lower {
            None => text.as_bytes(),
            // Where lower case is longer or shorter, places would be wrong: better none.
            Some(lower) if lower.len() == text.len() => lower.as_bytes(),
            Some(_) => return out,
        };
        let mut from = 0;
        while let Some(at) = hay.get(from..).and_then(|rest| find(rest, self.lower.as_bytes())) {
            let place = (from + at, from + at + self.lower.len());
            if text.is_char_boundary(place.0) && text.is_char_boundary(place.1) {
                out.push(place);
            }
            from = place.1;
        }
        out
    }
}

/// `needle` is in lower case; ASCII letters of the hay in any.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let upper = first.to_ascii_uppercase();
    let mut from = 0;
    loop {
        let at = from + hay.get(from..)?.iter().position(|byte| byte == first || *byte == upper)?;
        if hay.get(at + 1..at + needle.len())?.eq_ignore_ascii_case(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_found_whatever_its_case() {
        for (text, sought, places) in [
            ("Table 'Shop'.'shop' shop", "shop", vec![(7, 11), (14, 18), (20, 24)]),
            ("aaa", "aa", vec![(0, 2)]),
            ("Größe GRÖSSE", "größe", vec![(0, 7)]),
            ("nothing", "x", vec![]),
            ("nothing", "", vec![]),
            ("İx", "x", vec![(2, 3)]),
        ] {
            let search = Search::new(sought);
            assert_eq!(search.places(text), places, "{text} {sought}");
            assert_eq!(search.is_in(text), !places.is_empty(), "{text} {sought}");
        }
        assert!(Search::new("shop").narrows(&Search::new("Sh")) && !Search::new("sh").narrows(&Search::new("shop")));
    }

    proptest! {
        #[test]
        fn places_are_pieces_of_the_text_that_are_the_same_but_for_case(text in "\\PC{0,40}", sought in "\\PC{0,3}") {
            let search = Search::new(&sought);
            for (from, to) in search.places(&text) {
                prop_assert_eq!(text[from..to].to_lowercase(), sought.to_lowercase());
            }
            if sought.is_ascii() && !sought.is_empty() {
                prop_assert_eq!(search.is_in(&text), text.to_ascii_lowercase().contains(&sought.to_ascii_lowercase()));
            }
        }
    }
}
