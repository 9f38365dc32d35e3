//! Who looked at values, or took them away in a file: written into the audit before anything is read. Without an audit that
//! can be written nothing is shown.

use super::Inner;
use crate::app::Failure;
use crate::app::change::whence;
use crate::app::operator::OperatorSetup;
use crate::model::Untrusted;
use crate::model::audit::{Entry, How, State};
use crate::model::untrusted::shown;
use crate::model::validation::RunId;
use crate::store::Audit;
use jiff::Timestamp;
use serde_json::json;

/// What is done with values of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Reveal,
    Export,
    Repair,
}

impl Deed {
    fn kind(self) -> &'static str {
        match self {
            Self::Reveal => "show-values",
            Self::Export => "write-values",
            Self::Repair => "write-repair",
        }
    }

    fn outcome(self) -> &'static str {
        match self {
            Self::Reveal => "values of rows that differ are shown on the screen; nothing was changed",
            Self::Export => "values of rows that differ are written to a file; nothing was changed",
            Self::Repair => "a script was written, which nobody here runs; nothing was changed",
        }
    }
}

impl Inner {
    /// Writes it down. `table`: raw, as its database has it.
    pub(super) async fn note(&self, deed: Deed, run: &RunId, table: &str) -> Result<(), Failure> {
        let connected = self.connected.borrow().clone();
        let Some(connected) = connected else { return Err(Failure::could_not("nobody is signed in yet")) };
        let whence = whence::here();
        let now = Timestamp::now();
        let table = shown(table).into_owned();
        let entry = Entry {
            id: format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%S%.3fZ"), fastrand::u32(..)),
            asked_at: now,
            ended_at: Some(now),
            state: State::Done,
            caller: connected.identity.arn.clone(),
            whence: whence.clone(),
            scope: connected.scope.clone(),
            environment: OperatorSetup::of(&self.setup).environment,
            kind: deed.kind().to_owned(),
            arn: Untrusted::from(format!("validation:{}", run.0)),
            name: format!("table:{table}"),
            preview: format!("{} of {table}, as validation {} found them to differ", deed.kind(), run.0),
            precondition: json!({ "validation": run.0, "table": table }),
            aws_command: String::new(),
            confirmed_by: Some(How::Typed),
            request_id: None,
            outcome: deed.outcome().to_owned(),
        };
        let written = async {
            let mut audit = Audit::open(&self.setup.store, &whence).await?;
            audit.begin(&entry).await
        };
        written.await.map_err(|error| {
            Failure::from(
                error.problem("the audit cannot be written, and values are shown only where that is written down"),
            )
        })
    }
}
