//! What is found on the way to a plan: collected, in the order of the steps, the gravest first.

use crate::db::schema;
use crate::model::Untrusted;
use crate::model::refresh::{Finding, Level, StepKind};

/// See the module's first line.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub fn blocking(&mut self, step: StepKind, what: impl Into<String>, do_this: impl Into<String>) {
        self.add(Level::Blocking, step, what.into(), do_this.into());
    }

    pub fn warning(&mut self, step: StepKind, what: impl Into<String>, do_this: impl Into<String>) {
        self.add(Level::Warning, step, what.into(), do_this.into());
    }

    pub fn note(&mut self, step: StepKind, what: impl Into<String>) {
        self.add(Level::Note, step, what.into(), String::new());
    }

    fn add(&mut self, level: Level, step: StepKind, what: String, do_this: String) {
        let what = Untrusted::new(what);
        // Several looks may meet the same thing.
        if !self.0.iter().any(|one| one.step == step && one.what == what) {
            self.0.push(Finding { level, step, what, do_this });
        }
    }

    /// What the room of schemas has found.
    #[allow(clippy::needless_pass_by_value, reason = "it becomes a finding of the plan, and is nothing by itself")]
    pub fn of_schema(&mut self, step: StepKind, finding: schema::Finding, do_this: &str) {
        let table = finding.table.as_ref().map(crate::db::schema::TableName::words);
        let what = match table.filter(|table| !finding.words.raw().contains(table.raw())) {
            Some(table) => format!("{}: {}", table.raw(), finding.words.raw()),
            None => finding.words.raw().to_owned(),
        };
        if finding.is_blocking() {
            self.blocking(step, what, do_this);
        } else {
            self.warning(step, what, "");
        }
    }

    /// By step, the gravest first.
    pub fn done(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|one| (one.step, std::cmp::Reverse(one.level)));
        self.0
    }
}
