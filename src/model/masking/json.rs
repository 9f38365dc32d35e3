//! Values within a JSON document: found by path and replaced where they stand, so that everything else keeps its bytes,
//! its order and its digits.

use super::{Mask, Otherwise};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// `$.contact.email`, `$.items[*].name`, `$..email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    /// Any member, any element.
    Any,
    /// What follows may stand at any depth.
    Deep,
}

/// Not a path this program knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no path: {0}")]
pub struct PathError(String);

impl FromStr for JsonPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let wrong = |why: &str| PathError(format!("{text:?}: {why}"));
        let mut rest = text.strip_prefix('$').ok_or_else(|| wrong("it must begin with $"))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (inner, after) = after.split_once(']').ok_or_else(|| wrong("a ] is missing"))?;
                let quoted = inner.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\'']));
                steps.push(match (quoted, inner) {
                    (Some(name), _) => Step::Name(name.to_owned()),
                    (None, "*") => Step::Any,
                    (None, number) => Step::Index(
                        number.parse().map_err(|_| wrong("between [ and ] stands a number, * or a name in quotes"))?,
                    ),
                });
                rest = after;
                continue;
            }
            let after = rest.strip_prefix('.').ok_or_else(|| wrong("a . or a [ is missing"))?;
            let after = match after.strip_prefix('.') {
                Some(after) => {
                    steps.push(Step::Deep);
                    after
                }
                None => after,
            };
            let end = after.find(['.', '[']).unwrap_or(after.len());
            match &after[..end] {
                "" => return Err(wrong("a name is missing behind a .")),
                "*" => steps.push(Step::Any),
                name => steps.push(Step::Name(name.to_owned())),
            }
            rest = &after[end..];
        }
        Ok(Self { steps })
    }
}

impl TryFrom<String> for JsonPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<JsonPath> for String {
    fn from(path: JsonPath) -> Self {
        path.to_string()
    }
}

impl std::fmt::Display for JsonPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$")?;
        let mut deep = false;
        for step in &self.steps {
            let dot = if deep { ".." } else { "." };
            match step {
                Step::Deep => {}
                Step::Name(name) if name.contains(['.', '[', ']', '"', ' ']) => write!(f, "[\"{name}\"]")?,
                Step::Name(name) => write!(f, "{dot}{name}")?,
                Step::Any => write!(f, "{dot}*")?,
                Step::Index(number) => write!(f, "[{number}]")?,
            }
            deep = *step == Step::Deep;
        }
        Ok(())
    }
}

/// Where a value stands in its document.
enum At<'a> {
    Member(&'a str),
    Element(usize),
}

fn fits(steps: &[Step], at: &[At<'_>]) -> bool {
    match (steps, at) {
        ([], []) => true,
        ([Step::Deep, rest @ ..], _) => (0..=at.len()).any(|from| fits(rest, &at[from..])),
        ([step, steps @ ..], [here, at @ ..]) => {
            let hit = match (step, here) {
                (Step::Name(name), At::Member(member)) => name == member,
                (Step::Index(number), At::Element(element)) => number == element,
                (Step::Any, _) => true,
                _ => false,
            };
            hit && fits(steps, at)
        }
        _ => false,
    }
}

/// The document with its values replaced; `None` where the text is no JSON.
pub(super) fn rewrite(text: &str, paths: &[(JsonPath, Mask)], otherwise: Otherwise) -> Option<String> {
    // It also bounds the depth.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut walk = Walk { text, at: 0, out: String::with_capacity(text.len()), paths, otherwise };
    walk.value(&mut Vec::new(), None)?;
    walk.blanks();
    Some(walk.out)
}

/// A document on its way through. The text is known to be JSON.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    out: String,
    paths: &'a [(JsonPath, Mask)],
    otherwise: Otherwise,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Copies one byte that is a character of its own.
    fn copy(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.out.push(char::from(byte));
        self.at += 1;
        Some(byte)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.copy();
        }
    }

    /// A text in quotes, as it is written.
    fn quoted(&mut self) -> Option<&'a str> {
        let from = self.at;
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(from..self.at)
    }

    /// A number, or one of the three words.
    fn bare(&mut self) -> Option<&'a str> {
        let from = self.at;
        while self.peek().is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.text.get(from..self.at)
    }

    fn value(&mut self, path: &mut Vec<At<'_>>, above: Option<&'a Mask>) -> Option<()> {
        self.blanks();
        let paths = self.paths;
        let own = paths.iter().find(|(one, _)| fits(&one.steps, path)).map(|(_, mask)| mask);
        let mask = own.or(above);
        match self.peek()? {
            b'{' | b'[' if mask.is_some_and(Mask::is_null) => {
                // Read past, and nothing of it written.
                let written = self.out.len();
                self.container(path, mask)?;
                self.out.truncate(written);
                self.out.push_str("null");
            }
            b'{' | b'[' => self.container(path, mask)?,
            b'"' => {
                let written = self.quoted()?;
                let text: String = serde_json::from_str(written).ok()?;
                match mask {
                    Some(mask) if mask.is_keep() => self.out.push_str(written),
                    Some(mask) => match mask.of(Some(&text)).value {
                        Some(new) => self.out.push_str(&serde_json::to_string(&new).ok()?),
                        None => self.out.push_str("null"),
                    },
                    None if self.otherwise == Otherwise::Keep => self.out.push_str(written),
                    None => self.out.push_str(&serde_json::to_string(&super::made::redacted(&text)).ok()?),
                }
            }
            _ => {
                let word = self.bare()?;
                match mask {
                    _ if word == "null" => self.out.push_str(word),
                    Some(mask) if mask.is_keep() => self.out.push_str(word),
                    Some(mask) => match mask.of(Some(word)).value {
                        // A number that became a number stays one.
                        Some(new) if serde_json::from_str::<serde_json::Number>(&new).is_ok() => {
                            self.out.push_str(&new);
                        }
                        Some(new) => self.out.push_str(&serde_json::to_string(&new).ok()?),
                        None => self.out.push_str("null"),
                    },
                    None if self.otherwise == Otherwise::Keep => self.out.push_str(word),
                    None => self.out.push_str(if matches!(word, "true" | "false") { "false" } else { "0" }),
                }
            }
        }
        Some(())
    }

    fn container(&mut self, path: &mut Vec<At<'_>>, mask: Option<&'a Mask>) -> Option<()> {
        let object = self.copy()? == b'{';
        let close = if object { b'}' } else { b']' };
        let mut element = 0;
        self.blanks();
        if self.peek()? == close {
            self.copy()?;
            return Some(());
        }
        loop {
            self.blanks();
            let name: String = if object {
                let written = self.quoted()?;
                self.out.push_str(written);
                self.blanks();
                self.copy()?;
                serde_json::from_str(written).ok()?
            } else {
                String::new()
            };
            let mut below: Vec<At<'_>> = Vec::with_capacity(path.len() + 1);
            below.extend(path.iter().map(|at| match at {
                At::Member(name) => At::Member(name),
                At::Element(number) => At::Element(*number),
            }));
            below.push(if object { At::Member(&name) } else { At::Element(element) });
            self.value(&mut below, mask)?;
            element += 1;
            self.blanks();
            if self.copy()? == close {
                return Some(());
            }
        }
    }
}
