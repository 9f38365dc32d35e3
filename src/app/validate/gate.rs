//! The gate of a comparison that runs: waits for it, follows it while rows are compared, and says at the end what it came to.
//!
//! `watch.rs` reads what it hangs on, `validate::gate` judges. Start at [`Guard`].

use super::watch::{Sight, Watch, Watched, watch};
use crate::model::Untrusted;
use crate::model::listing::validations::Summary;
use crate::model::task::Task;
use crate::model::validation::{Gate, GateSeen, Gated, TableResult, Verdict};
use crate::validate::gate::{self, Meanwhile};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::sync::watch;

/// How long the last look is waited for: a service that is throttled answers within it.
const LAST_LOOK: Duration = Duration::from_mins(1);
/// A gate also changes its mind because time passes.
const STEP: Duration = Duration::from_secs(1);

/// Stands at the gate of one comparison.
#[derive(Debug)]
pub struct Guard {
    gate: Gate,
    watch: Option<Watch>,
    since: Timestamp,
    seen: GateSeen,
    /// The task as it was when the gate opened.
    opened: Option<Task>,
    at_rest: Option<bool>,
    notes: Vec<String>,
    problems: Vec<String>,
    latency: watch::Sender<Option<Duration>>,
}

impl Guard {
    /// `watched`: the task on which the gate hangs, where there is one.
    pub fn new(gate: Gate, watched: Option<Watched>) -> Self {
        let watch = watched.map(watch);
        let since = watch.as_ref().map_or_else(Timestamp::now, Watch::now);
        let (latency, _) = watch::channel(None);
        let seen = GateSeen::Waiting { why: String::new() };
        let (notes, problems) = (Vec::new(), Vec::new());
        Self { gate, watch, since, seen, opened: None, at_rest: None, notes, problems, latency }
    }

    /// There is nothing to wait for: no task is known.
    pub fn is_none(&self) -> bool {
        self.gate == Gate::NoTask && self.watch.is_none()
    }

    /// The longest latency that is known, for whoever waits because of it.
    pub fn latency(&self) -> watch::Receiver<Option<Duration>> {
        self.latency.subscribe()
    }

    /// What the gate says now; `None`: the same as before.
    pub fn judge(&mut self) -> Option<GateSeen> {
        let (sight, now) = self.sight();
        let unwatched = self.watch.is_none() && !matches!(self.gate, Gate::NoTask | Gate::Waived { .. });
        let seen = match () {
            () if unwatched => GateSeen::Shut { why: "no task is known that could be looked at".to_owned() },
            // Its latency is worth one look, also where nobody waits for it.
            () if !sight.begun && self.watch.is_some() => {
                GateSeen::Waiting { why: "the task is not read yet".to_owned() }
            }
            () => gate::judge(&self.gate, &sight.evidence, self.since, now),
        };
        if let GateSeen::Open { at_rest, latency, .. } = &seen {
            (self.opened, self.at_rest) = (sight.evidence.task, *at_rest);
            self.tell_latency(*latency);
        }
        let changed = seen != self.seen;
        self.seen = seen;
        changed.then(|| self.seen.clone())
    }

    fn sight(&self) -> (Sight, Timestamp) {
        self.watch
            .as_ref()
            .map_or_else(|| (Sight::default(), Timestamp::now()), |watch| (watch.sights.borrow().clone(), watch.now()))
    }

    fn tell_latency(&self, latency: Option<SignedDuration>) {
        // An unknown one takes nothing back: a wait that is too long does no harm.
        if let Some(latency) = latency {
            self.latency.send_replace(Some(latency.unsigned_abs()));
        }
    }

    /// Waits for news, or until time may have changed something.
    pub async fn news(&mut self) {
        let Some(watch) = &mut self.watch else { return std::future::pending().await };
        tokio::select! {
            changed = watch.sights.changed() => if changed.is_err() {
                tokio::time::sleep(STEP).await;
            },
            () = tokio::time::sleep(STEP) => {}
        }
    }

    /// Follows the task while rows are compared. Gives what is new to tell.
    pub fn follow(&mut self) -> Option<GateSeen> {
        let meanwhile = self.meanwhile()?;
        let Meanwhile { at_rest, latency, note, problem, .. } = meanwhile;
        self.at_rest = at_rest;
        self.tell_latency(latency);
        let fresh = |all: &[String], one: &String| !all.iter().any(|known| same(known, one));
        let note = note.filter(|note| fresh(&self.notes, note));
        let problem = problem.filter(|problem| fresh(&self.problems, problem));
        let why = problem.clone().or_else(|| note.clone())?;
        self.notes.extend(note);
        self.problems.extend(problem);
        Some(GateSeen::Open { why, at_rest, latency })
    }

    fn meanwhile(&self) -> Option<Meanwhile> {
        self.watch.as_ref()?;
        let (sight, now) = self.sight();
        Some(gate::meanwhile(&self.gate, (self.opened.as_ref(), self.at_rest), &sight.evidence, now))
    }

    /// One more look when all is compared: what happened since the one before must not go unseen.
    pub async fn last_look(&mut self) {
        let Some(watch) = &mut self.watch else { return };
        let since = watch.now();
        watch.look();
        let looked = watch.sights.wait_for(|sight| sight.looked.is_some_and(|at| at >= since));
        let in_time = tokio::time::timeout(LAST_LOOK, looked).await.is_ok_and(|seen| seen.is_ok());
        self.follow();
        if let Some(Meanwhile { unseen: Some(why), .. }) = self.meanwhile() {
            self.problems.push(format!("how the task stands is not known: {why}"));
        } else if !in_time {
            self.at_rest = None;
            self.notes.push("the task could not be looked at once more when all was compared".to_owned());
        }
    }

    /// What is known of a table because of its gate.
    pub fn mark(&self, result: &mut TableResult) {
        result.at_rest = self.at_rest;
        result.problems.extend(self.problems.iter().map(|problem| Untrusted::from(problem.as_str())));
    }

    /// What is known of the answer because of its gate: never equal where the task failed in the middle.
    pub fn sum_up(&self, summary: &mut Summary) {
        if self.is_none() {
            return;
        }
        let waived = match &self.gate {
            Gate::Waived { reason } => Some(reason.clone()),
            _ => None,
        };
        let list = |all: &[String]| all.iter().map(|one| Untrusted::from(one.as_str())).collect();
        let (notes, problems) = (list(&self.notes), list(&self.problems));
        if !self.problems.is_empty() {
            summary.verdict = summary.verdict.max(Verdict::Unknown);
        }
        summary.gate = Some(Gated { seen: self.seen.clone(), waived, notes, problems });
    }
}

/// The same news, with other figures.
fn same(a: &str, b: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    bare(a) == bare(b)
}
