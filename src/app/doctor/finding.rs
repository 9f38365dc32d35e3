//! One line of what the doctor says.

use crate::model::{Problem, Untrusted};

/// How a check ended. What cannot be told is neither good nor bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed,
    Unknown,
    /// Not looked at, because looking would change something. No more than a note.
    Untried,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Untried => "not-tried",
        }
    }
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Configuration,
    Account,
    Permissions,
    Operating,
    Logs,
    Databases,
    Refreshes,
    Terminal,
    Host,
}

impl Area {
    pub fn word(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Account => "account",
            Self::Permissions => "permissions",
            Self::Operating => "operating",
            Self::Logs => "logs",
            Self::Databases => "databases",
            Self::Refreshes => "refreshes",
            Self::Terminal => "terminal",
            Self::Host => "host",
        }
    }
}

/// One check with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub area: Area,
    /// Within the area: a word of ours, an IAM action, or the name of a task.
    pub check: Untrusted,
    pub verdict: Verdict,
    /// What was found.
    pub message: Untrusted,
    /// Why, in the words of whoever refused.
    pub detail: Option<Untrusted>,
    /// What to do; always there where something failed.
    pub action: Option<Untrusted>,
    pub request_id: Option<String>,
}

impl Finding {
    fn new(area: Area, check: impl Into<String>, verdict: Verdict, message: impl Into<String>) -> Self {
        Self {
            area,
            check: Untrusted::new(check),
            verdict,
            message: Untrusted::new(message),
            detail: None,
            action: None,
            request_id: None,
        }
    }

    pub fn passed(area: Area, check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(area, check, Verdict::Passed, message)
    }

    /// Failed, and what to do.
    pub fn failed(area: Area, check: impl Into<String>, message: impl Into<String>, action: impl Into<String>) -> Self {
        Self { action: Some(Untrusted::new(action)), ..Self::new(area, check, Verdict::Failed, message) }
    }

    /// Not told, and what to do.
    pub fn unknown(
        area: Area,
        check: impl Into<String>,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self { action: Some(Untrusted::new(action)), ..Self::new(area, check, Verdict::Unknown, message) }
    }

    /// Not tried, and where it stands what it takes.
    pub fn untried(
        area: Area,
        check: impl Into<String>,
        message: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        Self { action: Some(Untrusted::new(action)), ..Self::new(area, check, Verdict::Untried, message) }
    }

    /// A problem as it came, with its own advice.
    pub fn problem(area: Area, check: impl Into<String>, verdict: Verdict, problem: &Problem) -> Self {
        let some = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Untrusted::new);
        let nothing_better = || Untrusted::from("Ask again; if it stays so, look up the error that is named here.");
        Self {
            detail: some(&problem.detail),
            action: Some(some(&problem.hint).unwrap_or_else(nothing_better)),
            request_id: problem.request_id.clone(),
            ..Self::new(area, check, verdict, problem.summary.clone())
        }
    }

    /// More to do.
    #[must_use]
    pub fn then(mut self, more: &str) -> Self {
        let action = self.action.iter().map(Untrusted::raw).chain([more]).collect::<Vec<_>>().join(" ");
        self.action = Some(Untrusted::new(action));
        self
    }

    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(Untrusted::new(detail)).filter(|detail| !detail.is_empty());
        self
    }
}
