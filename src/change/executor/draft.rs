//! What would come of a change, and whether it may be done. Changes nothing, and could not: there is no writer here.

use super::{Facts, Time, unreadable};
use crate::aws::{Connected, Reader};
use crate::model::Problem;
use crate::model::change::{Change, Draft, Safeguards};

/// Looks at what is to be changed. It needs no authority, so it is there in read-only mode too.
#[derive(Debug, Clone)]
pub struct Drafter {
    pub(in crate::change) reader: Reader,
    pub(in crate::change) environment: Option<String>,
    pub(in crate::change) safeguards: Safeguards,
    pub(in crate::change) time: Time,
}

impl Drafter {
    pub fn new(connected: &Connected, environment: Option<String>, safeguards: Safeguards, time: Time) -> Self {
        Self { reader: connected.reader.clone(), environment, safeguards, time }
    }

    /// Reads what is to be changed and says what would come of it. Changes nothing.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft(&self, change: &Change) -> Result<Draft, Problem> {
        let facts = Facts::read(&self.reader, change).await?;
        let ruling = facts.ruling(change, &self.safeguards);
        let preview = match (facts, change) {
            (Facts::Schedule(facts), Change::Switch { what, to }) => self.preview_switch(*facts, what, *to).await,
            (Facts::Task(facts), Change::Task { task, verb }) => self.preview_task(*facts, task, verb).await,
            (Facts::Schedule(_) | Facts::Task(_), _) => {
                return Err(unreadable("what was read is not what was asked for", (self.time.now)()));
            }
        };
        Ok(Draft { preview, ruling })
    }
}
