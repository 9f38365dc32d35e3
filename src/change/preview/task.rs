//! What a person is shown before something is done to a task.

use crate::change::Drafter;
use crate::change::facts::TaskFacts;
use crate::model::change::{Meant, Preview, Verb};

impl Drafter {
    pub(in crate::change) async fn preview_task(&self, _facts: TaskFacts, _task: &Meant, _verb: &Verb) -> Preview {
        todo!("previews of tasks")
    }
}
