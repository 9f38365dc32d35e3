//! Where tables are masked: the held session, with marks in the ledger.

use crate::db::{Dialect, Row, Value};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger;
use crate::refresh::mask::{Desk, Progress};
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use crate::store::points;
use std::time::{Duration, Instant};

/// How often the journal says how far it is: each word of it is written to the disk.
const SAY_EACH: Duration = Duration::from_secs(1);

pub(super) struct StepDesk<'w> {
    work: &'w mut Work,
    step: &'w PlannedStep,
    /// `table 2 of 5`
    place: &'w str,
    said: Option<Instant>,
    /// A mark that a deliberate mistake writes too late.
    late: Option<(String, String)>,
}

impl<'w> StepDesk<'w> {
    pub(super) fn new(work: &'w mut Work, step: &'w PlannedStep, place: &'w str) -> Self {
        Self { work, step, place, said: None, late: None }
    }
}

impl Desk for StepDesk<'_> {
    type Error = Trouble;

    fn dialect(&self) -> &'static Dialect {
        self.work.target.dialect()
    }

    async fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Trouble> {
        self.work.target.query(sql, values).await
    }

    async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Trouble> {
        self.work.target.execute(sql, values).await
    }

    async fn begin(&mut self) -> Result<(), Trouble> {
        self.work.target.begin().await
    }

    async fn commit(&mut self) -> Result<(), Trouble> {
        self.work.target.commit().await?;
        if let Some((table, mark)) = self.late.take() {
            ledger::mark_anew(&mut self.work.target, &self.step.name, &table, &mark).await?;
        }
        Ok(())
    }

    async fn rollback(&mut self) {
        // What cannot be taken back is gone with its session.
        let _ = self.work.target.rollback().await;
    }

    async fn marked(&mut self, table: &str) -> Result<Option<String>, Trouble> {
        ledger::marked(&mut self.work.target, &self.step.name, table).await
    }

    async fn mark(&mut self, table: &str, mark: &str) -> Result<(), Trouble> {
        if points::mutant("mark-outside") {
            self.late = Some((table.to_owned(), mark.to_owned()));
            return Ok(());
        }
        ledger::mark_anew(&mut self.work.target, &self.step.name, table, mark).await
    }

    async fn between(&mut self, progress: &Progress) -> Result<(), Trouble> {
        if self.said.is_none_or(|said| said.elapsed() >= SAY_EACH) {
            self.said = Some(Instant::now());
            let of = progress.of.map(|of| format!(" of about {of}")).unwrap_or_default();
            let note = format!("{}: {}, {}{of} rows", self.place, shown(&progress.table), progress.rows);
            self.work.note(self.step, note).await?;
        }
        self.work.wait(Duration::ZERO).await
    }
}
