//! Filter patterns over lines without structure: terms, quoted phrases, `?any` and `-none`.
//!
//! The other two languages of CloudWatch Logs, for space-delimited and JSON lines, do not fit DMS's lines and are refused.

use crate::demo::world::Refusal;

/// A pattern, understood. Letters count as they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid = || Refusal::logs_parameter("Invalid filter pattern");
        let mut pattern = Self::default();
        let mut rest = text.trim();
        if rest.starts_with(['{', '[', '%']) {
            return Err(invalid());
        }
        while !rest.is_empty() {
            let (into, after) = match rest.strip_prefix('?') {
                Some(after) => (&mut pattern.any, after),
                None => match rest.strip_prefix('-') {
                    Some(after) => (&mut pattern.none, after),
                    None => (&mut pattern.all, rest),
                },
            };
            let (term, after) = if let Some(quoted) = after.strip_prefix('"') {
                phrase(quoted).ok_or_else(invalid)?
            } else {
                let (word, after) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
                // Anything but letters, digits and underscores has to be quoted.
                if word.is_empty() || !word.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return Err(invalid());
                }
                (word.to_owned(), after)
            };
            if !after.is_empty() && !after.starts_with(char::is_whitespace) {
                return Err(invalid());
            }
            into.push(term);
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    pub fn matches(&self, text: &str) -> bool {
        // Beside other terms, those with a question mark are not looked at.
        let any = self.any.is_empty()
            || !self.all.is_empty()
            || !self.none.is_empty()
            || self.any.iter().any(|term| text.contains(term.as_str()));
        any && self.all.iter().all(|term| text.contains(term.as_str()))
            && !self.none.iter().any(|term| text.contains(term.as_str()))
    }
}

/// Up to the closing quote; `\"` is a quote.
fn phrase(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_add_up_and_question_marks_are_alternatives() {
        let line = "00000001: 2026-01-15T14:03:22 [TARGET_APPLY    ]W:  no impact on \"x\"";
        for (pattern, fits) in [
            ("", true),
            ("?\"]E:\" ?\"]W:\"", true),
            ("?\"]E:\" ?\"]I:\"", false),
            ("TARGET_APPLY impact", true),
            ("TARGET_APPLY Impact", false),
            ("\"no impact\"", true),
            ("\"on \\\"x\\\"\"", true),
            ("impact -SORTER", true),
            ("impact -\"]W:\"", false),
            ("impact ?nothing", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(line), fits, "{pattern}");
        }
        for wrong in ["]E:", "{ $.x = 1 }", "[a, b]", "%x%", "\"open", "?", "\"a\"b"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_pattern_is_taken_or_refused(text in "\\PC{0,40}") {
            let _ = Pattern::parse(&text).map(|pattern| pattern.matches(&text));
        }
    }
}
