//! Lines of the definition: names on the left, words beside them, wrapped to the width there is.

use crate::console::text;
use crate::model::statement::Section;
use crate::model::untrusted::shown;

/// What a line is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Blank,
    /// Can be jumped to.
    Heading,
    /// Heading within.
    Part,
    Fact,
    /// What can cost data.
    Beware,
    /// Good to know.
    Note,
    /// Not known, and why.
    Unknown,
    Json,
    Old,
    New,
}

/// One line, ready to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    /// Left column; empty on further lines of the same fact.
    pub name: String,
    pub text: String,
    /// Goes on with the line above: its sign stands there.
    pub more: bool,
}

impl Line {
    /// A lower-case text stands in it.
    pub fn says(&self, wanted: &str) -> bool {
        self.text.to_lowercase().contains(wanted) || self.name.to_lowercase().contains(wanted)
    }
}

/// Cells of the left column.
pub const NAME: usize = 24;

/// Lines of JSON that are kept; a mapping of tens of thousands of rules is not read line by line.
const JSON_LINES: usize = 50_000;

pub struct Writer {
    width: usize,
    lines: Vec<Line>,
}

impl Writer {
    pub fn new(width: usize) -> Self {
        // One cell left and right, and never so narrow that a word stands on every line.
        Self { width: width.saturating_sub(2).max(NAME + 16), lines: Vec::new() }
    }

    pub fn done(self) -> Vec<Line> {
        self.lines
    }

    fn push(&mut self, kind: Kind, name: &str, text: String) {
        self.lines.push(Line { kind, name: name.to_owned(), text, more: false });
    }

    pub fn heading(&mut self, title: &str) {
        if !self.lines.is_empty() {
            self.push(Kind::Blank, "", String::new());
        }
        self.push(Kind::Heading, "", title.to_owned());
    }

    pub fn part(&mut self, title: &str) {
        self.push(Kind::Part, "", title.to_owned());
    }

    pub fn fact(&mut self, name: &str, words: &str) {
        self.told(Kind::Fact, name, words);
    }

    /// Where something stands in a document; what it was and is follows.
    pub fn path(&mut self, path: &str) {
        for part in text::wrap(&shown(path), self.width - 2) {
            self.push(Kind::Fact, &part, String::new());
        }
    }

    pub fn beware(&mut self, words: &str) {
        self.told(Kind::Beware, "", words);
    }

    pub fn note(&mut self, words: &str) {
        self.told(Kind::Note, "", words);
    }

    pub fn unknown(&mut self, name: &str, words: &str) {
        self.told(Kind::Unknown, name, words);
    }

    pub fn old(&mut self, words: &str) {
        self.told(Kind::Old, "", words);
    }

    pub fn new_value(&mut self, words: &str) {
        self.told(Kind::New, "", words);
    }

    /// A sign of two cells stands before what is remarked.
    fn told(&mut self, kind: Kind, name: &str, words: &str) {
        let (name, words) = (shown(name), shown(words));
        let sign = if kind == Kind::Fact { 0 } else { 2 };
        let room = self.width - NAME - sign;
        // A name that fills the column reads better in one piece with its value.
        if text::width(&name) + 1 > NAME {
            let whole = format!("{name}: {words}");
            for part in text::wrap(&whole, self.width - 2) {
                self.push(kind, &part, String::new());
            }
            return;
        }
        let parts = text::wrap(&words, room);
        if parts.is_empty() {
            self.push(kind, &name, "—".to_owned());
        }
        for (nth, part) in parts.into_iter().enumerate() {
            self.push(kind, if nth == 0 { &name } else { "" }, part);
            if let Some(line) = self.lines.last_mut() {
                line.more = nth > 0;
            }
        }
    }

    pub fn sections(&mut self, sections: &[Section]) {
        for section in sections {
            self.part(section.title);
            for statement in &section.statements {
                self.fact(&statement.subject, &statement.words);
                for remark in &statement.remarks {
                    if remark.beware { self.beware(&remark.words) } else { self.note(&remark.words) }
                }
            }
        }
    }

    /// A document with its indentation; what is too long goes on in the next line.
    pub fn json(&mut self, document: &str) {
        for (nth, line) in document.lines().enumerate() {
            if nth == JSON_LINES {
                self.note(&format!("{} lines more", document.lines().count() - nth));
                return;
            }
            for part in chopped(&shown(line), self.width) {
                self.push(Kind::Json, "", part);
            }
        }
    }
}

/// Pieces of at most `cells`, blanks kept.
fn chopped(line: &str, cells: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut used = 0;
    for c in line.chars() {
        let width = text::width(c.encode_utf8(&mut [0; 4]));
        if used + width > cells {
            parts.push(std::mem::take(&mut part));
            used = 0;
        }
        part.push(c);
        used += width;
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_wrap_beside_their_name_and_json_keeps_its_indentation() {
        let mut writer = Writer::new(62);
        writer.fact("Existing tables", "dropped and created anew before the load, all of them");
        writer.fact("ErrorBehavior.ApplyErrorEscalationCount", "0");
        writer.json("{\n    \"key\": \"a\u{1b}[2J  b\"\n}");
        let lines: Vec<String> =
            writer.done().into_iter().map(|line| format!("{:<24}{}", line.name, line.text)).collect();
        assert_eq!(
            lines,
            [
                "Existing tables         dropped and created anew before the",
                "                        load, all of them",
                "ErrorBehavior.ApplyErrorEscalationCount: 0",
                "                        {",
                "                            \"key\": \"a[2J  b\"",
                "                        }",
            ]
        );
        assert_eq!(chopped("漢字ab", 3), ["漢", "字a", "b"]);
    }
}
