//! What would come of a change, and whether it may be done. Changes nothing, and could not: there is no writer here.

use super::{Facts, Time, Way, unreadable};
use crate::aws::{Connected, Reader};
use crate::model::Problem;
use crate::model::change::{Change, Draft, Safeguards};
use jiff::Timestamp;

/// Looks at what is to be changed. It needs no authority, so it is there in read-only mode too.
#[derive(Debug, Clone)]
pub struct Drafter {
    pub(super) reader: Reader,
    pub(super) environment: Option<String>,
    pub(super) safeguards: Safeguards,
    pub(super) time: Time,
}

impl Drafter {
    pub fn new(connected: &Connected, environment: Option<String>, safeguards: Safeguards, time: Time) -> Self {
        Self { reader: connected.reader.clone(), environment, safeguards, time }
    }

    pub(in crate::change) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(in crate::change) fn environment(&self) -> Option<String> {
        self.environment.clone()
    }

    pub(in crate::change) fn safeguards(&self) -> &Safeguards {
        &self.safeguards
    }

    pub(in crate::change) fn time(&self) -> Time {
        self.time
    }

    pub(in crate::change) fn now(&self) -> Timestamp {
        (self.time.now)()
    }

    /// Reads what is to be changed and says what would come of it. Changes nothing.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft(&self, change: &Change) -> Result<Draft, Problem> {
        self.draft_on(change, Way::Forward).await
    }

    pub(super) async fn draft_on(&self, change: &Change, way: Way) -> Result<Draft, Problem> {
        let facts = Facts::read(&self.reader, change, way).await?;
        let ruling = facts.ruling(change, &self.safeguards);
        let preview = match (facts, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => self.preview_switch(*facts, what, *to).await,
            (Facts::Task(facts), Change::Task { task, verb }) => {
                // It reads much at once; whoever awaits this need not carry it.
                Box::pin(self.preview_task(*facts, task, verb)).await
            }
            (Facts::Schedule(_) | Facts::Task(_), _) => {
                return Err(unreadable("what was read is not what was asked for", self.now()));
            }
        };
        Ok(Draft { preview, ruling })
    }
}
