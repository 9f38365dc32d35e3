//! Tasks: what is sent, what a look afterwards says, what is told at the end.

use super::{Executor, Looked};
use crate::aws::{Sent, Signed};
use crate::change::facts::TaskFacts;
use crate::model::change::{Meant, Standing, Verb};

pub(super) async fn send(_facts: &TaskFacts, _signed: &Signed, _verb: &Verb) -> Sent {
    todo!("sending of tasks")
}

pub(super) fn looked(_before: &TaskFacts, _now: &TaskFacts, _verb: &Verb) -> Looked {
    todo!("looking at tasks")
}

pub(super) fn difference(_then: &Standing, _now: &Standing) -> String {
    todo!("differences of tasks")
}

impl Executor {
    pub(super) async fn done_task(
        &self,
        _facts: &TaskFacts,
        _task: &Meant,
        _verb: &Verb,
        _signed: &Signed,
    ) -> (Vec<String>, Option<String>) {
        todo!("what is said of tasks")
    }
}
