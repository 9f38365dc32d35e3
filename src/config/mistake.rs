//! What is wrong with a configuration file, said so that it can be put right without looking anything up.

use crate::model::untrusted::shown;
use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::PathBuf;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Bytes of the text it is about.
    pub(super) span: Range<usize>,
    /// What is wrong, naming the key.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// Everything wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    pub path: PathBuf,
    /// Line and column (both from 1, columns in characters) with each mistake, in the order of the file; no place where
    /// the file as a whole could not be read.
    pub all: Vec<(Option<(usize, usize)>, Mistake)>,
}

impl Mistakes {
    pub(super) fn new(path: PathBuf, text: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        let all = mistakes.into_iter().map(|mistake| (Some(place(text, mistake.span.start)), mistake)).collect();
        Self { path, all }
    }

    pub(super) fn unreadable(path: PathBuf, error: &std::io::Error, named: bool) -> Self {
        let what = match error.kind() {
            ErrorKind::InvalidData => "is no text: a configuration is TOML in UTF-8".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        let hint = if named {
            "name another file with --config, or leave --config out"
        } else {
            "make it readable, or name another file with --config"
        };
        let hint = hint.to_owned();
        Self { path, all: vec![(None, Mistake { span: 0..0, what, hint })] }
    }

    /// One line for each mistake, and one for what to do, clean for a terminal.
    pub fn lines(&self) -> Vec<String> {
        let path = self.path.display().to_string();
        let mut lines = Vec::new();
        for (at, mistake) in &self.all {
            let at = at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            lines.push(shown(&format!("{path}{at}: {}", mistake.what)).into_owned());
            if !mistake.hint.is_empty() {
                lines.push(format!("  {}", shown(&mistake.hint)));
            }
        }
        lines
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
