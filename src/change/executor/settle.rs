//! No answer came: whether it was done is found out by looking. Nothing is ever sent again.

use super::task::{looked, looked_connection, looked_tables};
use super::{Dispatch, Executor, Facts, Looked, Seen, switch, told};
use crate::aws::Signed;
use crate::model::Problem;
use crate::model::audit::{Entry, State};
use crate::model::change::{Change, Outcome};
use crate::model::untrusted::shown;
use std::time::Duration;

/// Waits before each look: the services carry a change out within a second or two.
const LOOKS: [Duration; 4] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)];

impl Executor {
    pub(super) async fn settle(
        &mut self,
        entry: &mut Entry,
        signed: &Signed,
        change: &Change,
        before: &Facts,
        problem: &Problem,
        mut dispatch: Dispatch,
    ) -> Outcome {
        let mut last: Result<Looked, Problem> = Err(problem.clone());
        let looks = if matches!(dispatch.seen, Seen::Nothing(_)) { &[][..] } else { &LOOKS };
        for wait in looks {
            (self.time.wait)(*wait).await;
            last = look(signed, before, change, &dispatch.seen).await;
            if let Ok(Looked { done: true, words, state }) = &last {
                let settled = format!("no answer came ({}), so it was looked at: {words}", problem.summary);
                return self.settled(entry, signed, change, before, &mut dispatch, settled, state.clone()).await;
            }
        }
        let mut lines = told("unknown: it was sent once and no answer came", problem);
        lines.extend(dispatch.lines("no answer came"));
        let (seen, state) = match (&dispatch.seen, last) {
            (Seen::Nothing(why), _) => ((*why).to_owned(), None),
            (_, Ok(Looked { words, state, .. })) => (format!("looked at {} times: {words}", LOOKS.len()), state),
            (_, Err(problem)) => (format!("and it could not be looked at: {}", problem.lines().join("; ")), None),
        };
        lines.push(seen);
        let look = match change {
            Change::Switch { .. } => "cutover schedules",
            Change::Task { .. } => "cutover tasks",
        };
        lines.push(format!("It may still be carried out. Look with `{look}` before you ask for it again."));
        self.end(entry, State::Unknown, lines, state).await
    }

    /// The last request was carried out. Where others were to follow, they were not sent.
    #[allow(clippy::too_many_arguments, reason = "all of it is about one change at its end")]
    async fn settled(
        &mut self,
        entry: &mut Entry,
        signed: &Signed,
        change: &Change,
        before: &Facts,
        dispatch: &mut Dispatch,
        settled: String,
        state: Option<String>,
    ) -> Outcome {
        let mut whole = true;
        if let Some(batches) = &mut dispatch.batches {
            batches.settle();
            whole = batches.is_whole();
        }
        if !whole {
            let mut lines = vec!["done only in part: after an answer that never came nothing more was sent".to_owned()];
            lines.push(settled);
            lines.extend(dispatch.lines(""));
            return self.end(entry, State::Failed, lines, state).await;
        }
        let (mut lines, status) = self.done(change, before, signed).await;
        lines.push(settled);
        self.end(entry, State::Done, lines, state.or(status)).await
    }
}

/// One look, at what there is to be seen.
async fn look(signed: &Signed, before: &Facts, change: &Change, seen: &Seen) -> Result<Looked, Problem> {
    let now = match change {
        // What it calls says nothing of whether it was switched.
        Change::Switch { what, .. } => {
            Facts::Schedule(Box::new(switch::ScheduleFacts::read(&signed.reader(), what).await?))
        }
        Change::Task { .. } => Facts::read(&signed.reader(), change, super::Way::Forward).await?,
    };
    Ok(match (before, &now, change, seen) {
        (_, Facts::Schedule(now), Change::Switch { to, .. }, _) => {
            let (done, state) = (now.schedule.state == switch::wanted(*to), now.schedule.state.raw());
            let words = if done {
                format!("it is {}", shown(state).to_ascii_lowercase())
            } else {
                format!("it is still {}", shown(state))
            };
            Looked { done, words, state: Some(state.to_owned()) }
        }
        (Facts::Task(before), Facts::Task(now), _, Seen::Connection(end)) => looked_connection(before, now, *end),
        (Facts::Task(before), Facts::Task(now), _, Seen::Tables(names)) => looked_tables(before, now, names),
        (Facts::Task(before), Facts::Task(now), Change::Task { verb, .. }, _) => looked(before, now, verb),
        (Facts::Schedule(_) | Facts::Task(_), ..) => {
            Looked { done: false, words: "it is something else".to_owned(), state: None }
        }
    })
}
