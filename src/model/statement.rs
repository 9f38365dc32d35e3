//! One thing said about the definition of a task, in words for whoever runs it. `mappings::words` and `settings::words`
//! say them. Names and values in them come from AWS as they are: show with [`crate::model::untrusted::shown`].

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is about: `rule 3`, `Existing tables`.
    pub subject: String,
    pub words: String,
    pub remarks: Vec<Remark>,
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Data can be lost or missing; otherwise it is only good to know.
    pub beware: bool,
    pub words: String,
}

/// Statements that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub title: &'static str,
    pub statements: Vec<Statement>,
}

impl Statement {
    pub fn new(subject: impl Into<String>, words: impl Into<String>) -> Self {
        Self { subject: subject.into(), words: words.into(), remarks: Vec::new() }
    }

    #[must_use]
    pub fn note(mut self, words: impl Into<String>) -> Self {
        self.remarks.push(Remark { beware: false, words: words.into() });
        self
    }

    #[must_use]
    pub fn beware(mut self, words: impl Into<String>) -> Self {
        self.remarks.push(Remark { beware: true, words: words.into() });
        self
    }
}
