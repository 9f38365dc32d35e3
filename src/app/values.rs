//! Who looked at values of rows, or took them away in a file: written into the audit before anything is read, by the console
//! and by commands alike. Without an audit that can be written nothing is shown and no file is made. Start at [`note`].

use super::change::whence;
use super::operator::OperatorSetup;
use super::{Failure, Setup};
use crate::aws::Connected;
use crate::model::audit::{Entry, How, State};
use crate::model::untrusted::shown;
use crate::model::{AccountId, Region, Scope, Untrusted};
use crate::store::{self, Audit};
use jiff::Timestamp;
use serde_json::{Value, json};

/// What is done with values of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Reveal,
    Print,
    Export,
    Repair,
}

impl Deed {
    fn kind(self) -> &'static str {
        match self {
            Self::Reveal => "show-values",
            Self::Print => "print-values",
            Self::Export => "write-values",
            Self::Repair => "write-repair",
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Reveal => "values of rows that differ are shown on the screen; nothing was changed",
            Self::Print => "values of rows are printed; nothing was changed",
            Self::Export => "values of rows that differ are written to a file; nothing was changed",
            Self::Repair => "a script was written, which nobody here runs; nothing was changed",
        }
    }
}

/// Where it is written down.
#[derive(Debug)]
pub(super) struct Book {
    store: store::Settings,
    environment: Option<String>,
}

impl Book {
    pub(super) fn of(setup: &Setup) -> Self {
        let OperatorSetup { store, environment, .. } = OperatorSetup::of(setup);
        Self { store, environment }
    }

    /// Where two addresses are compared and no configuration is read.
    pub(super) fn at(store: store::Settings) -> Self {
        Self { store, environment: None }
    }
}

/// Whose values they are.
#[derive(Debug)]
pub(super) struct Of {
    /// What they belong to: `validation:RUN`, or the ARN of a task.
    pub arn: String,
    /// `table:NAME`, `task:NAME`.
    pub name: String,
    /// In words, behind what is done.
    pub words: String,
    pub precondition: Value,
}

impl Of {
    /// Rows of a table, raw as its database has it, that differ in this run.
    pub(super) fn table(run: &str, table: &str) -> Self {
        let table = shown(table).into_owned();
        Self {
            arn: format!("validation:{run}"),
            name: format!("table:{table}"),
            words: format!("of {table}, as validation {run} found them to differ"),
            precondition: json!({ "validation": run, "table": table }),
        }
    }

    /// Rows of any table that differ in this run.
    pub(super) fn run(run: &str) -> Self {
        Self {
            arn: format!("validation:{run}"),
            name: format!("validation:{run}"),
            words: format!("of rows that validation {run} finds to differ"),
            precondition: json!({ "validation": run }),
        }
    }
}

/// What was written down before it was done; what came of it is written behind.
pub(super) struct Noted {
    audit: Audit,
    entry: Entry,
    deed: Deed,
}

impl Noted {
    /// It was done, or was not, and why. What cannot be written any more stands there as asked.
    pub(super) async fn ended(mut self, failed: Option<&str>) {
        (self.entry.state, self.entry.outcome) = match failed {
            None => (State::Done, self.deed.outcome().to_owned()),
            Some(why) => (State::Refused, format!("nothing was written: {}", shown(why))),
        };
        self.entry.ended_at = Some(Timestamp::now());
        let _ = self.audit.advance(&self.entry).await;
    }
}

/// Writes down that it was done.
pub(super) async fn note(
    book: Book,
    connected: Option<&Connected>,
    deed: Deed,
    confirmed_by: Option<How>,
    of: Of,
) -> Result<(), Failure> {
    begin(book, connected, (deed, State::Done), confirmed_by, of).await.map(drop)
}

/// Writes down that it was asked for; what came of it is told with [`Noted::ended`].
pub(super) async fn asked(
    setup: &Setup,
    connected: Option<&Connected>,
    deed: Deed,
    confirmed_by: Option<How>,
    of: Of,
) -> Result<Noted, Failure> {
    begin(Book::of(setup), connected, (deed, State::Asked), confirmed_by, of).await
}

/// `connected`: who is signed in; nobody is where two addresses are compared without AWS.
async fn begin(
    book: Book,
    connected: Option<&Connected>,
    (deed, state): (Deed, State),
    confirmed_by: Option<How>,
    of: Of,
) -> Result<Noted, Failure> {
    let whence = whence::here();
    let now = Timestamp::now();
    let nobody = || Scope { profile: String::new(), account: AccountId(String::new()), region: Region(String::new()) };
    let entry = Entry {
        id: format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%S%.3fZ"), fastrand::u32(..)),
        asked_at: now,
        ended_at: (state == State::Done).then_some(now),
        state,
        caller: connected.map(|one| one.identity.arn.clone()).unwrap_or_default(),
        whence: whence.clone(),
        scope: connected.map_or_else(nobody, |one| one.scope.clone()),
        environment: book.environment,
        kind: deed.kind().to_owned(),
        arn: Untrusted::from(of.arn),
        name: of.name,
        preview: format!("{} {}", deed.kind(), of.words),
        precondition: of.precondition,
        aws_command: String::new(),
        confirmed_by,
        request_id: None,
        outcome: if state == State::Done { deed.outcome().to_owned() } else { String::new() },
    };
    let written = async {
        let mut audit = Audit::open(&book.store, &whence).await?;
        audit.begin(&entry).await.map(|()| audit)
    };
    let audit = written.await;
    let audit = audit.map_err(|error| {
        Failure::from(
            error.problem("the audit cannot be written, and values are shown only where that is written down"),
        )
    })?;
    Ok(Noted { audit, entry, deed })
}
