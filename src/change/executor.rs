//! From a confirmation to its end: sign in, look again, compare, write the audit, send once, write what came of it.

use super::confirmed::Confirmed;
use super::legal::{self, Refusal, Ruling};
use super::mode::Authority;
use super::preview;
use crate::aws::{self, Connected, Reader, Sent, Serverless, Signed, TaskDetail, Unsigned, WholeSchedule, Writer};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::change::{Change, Named, Preview, Switch};
use crate::model::parts::Identity;
use crate::model::schedule::{Schedule, ScheduleKind, ScheduleState};
use crate::model::untrusted::shown;
use crate::model::{AccountId, Problem, ProblemKind, Untrusted};
use crate::store::Audit;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::pin::Pin;
use std::time::Duration;

/// Where time comes from and how it passes.
#[derive(Debug, Clone, Copy)]
pub struct Time {
    pub now: fn() -> Timestamp,
    pub wait: fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Waits before each look after an answer that never came: both services carry a change out within a second or two.
const LOOKS: [Duration; 4] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(3)];

/// A change that was asked for, and what the table says to it.
#[derive(Debug)]
pub struct Draft {
    pub preview: Preview,
    pub ruling: Ruling,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// [`State::Done`], [`State::Refused`], [`State::Failed`] or [`State::Unknown`].
    pub state: State,
    /// What happened, why, what to do: clean lines.
    pub lines: Vec<String>,
    pub request_id: Option<String>,
    /// Its entry, where there is one.
    pub audit: Option<String>,
    pub at: Timestamp,
    /// State of what was to be changed, as it was seen last; `None` where nobody knows.
    pub state_after: Option<ScheduleState>,
}

/// Carries changes out. There is none without an authority.
#[derive(Debug)]
pub struct Executor {
    writer: Writer,
    reader: Reader,
    identity: Identity,
    audit: Audit,
    whence: Whence,
    environment: Option<String>,
    time: Time,
}

/// What was just read, as it can be written back.
struct Fresh {
    schedule: Schedule,
    whole: Option<WholeSchedule>,
}

impl Executor {
    /// For the account that is meant, and no other.
    ///
    /// # Errors
    /// The credentials are of another account; a problem of kind configuration.
    pub fn new(
        authority: &Authority,
        connected: &Connected,
        audit: Audit,
        whence: Whence,
        environment: Option<String>,
        time: Time,
    ) -> Result<Self, Problem> {
        let (expect, found) = (authority.expect(), &connected.scope.account);
        if expect != found {
            return Err(other_account(expect, found, (time.now)()));
        }
        Ok(Self {
            writer: aws::writer(connected, expect.clone()),
            reader: connected.reader.clone(),
            identity: connected.identity.clone(),
            audit,
            whence,
            environment,
            time,
        })
    }

    /// Reads what is to be switched and says what would come of it. Changes nothing.
    ///
    /// # Errors
    /// It is not there, or could not be read.
    pub async fn draft(&self, what: &Named, to: Switch) -> Result<Draft, Problem> {
        let (group, name) = (what.group.raw(), what.name.raw());
        let (schedule, unknown) = match what.kind {
            ScheduleKind::Rule => (self.reader.rule(group, name).await?.value, Vec::new()),
            ScheduleKind::Schedule => {
                let whole = self.reader.schedule(group, name).await?;
                (whole.schedule(), whole.unknown().to_vec())
            }
        };
        let names = if schedule.deeds().next().is_some() {
            // Without names there are ARNs, which say the same.
            let tasks = self.reader.tasks(TaskDetail::Brief, Serverless::Include).await.unwrap_or_default();
            tasks.value.into_iter().map(|task| (task.arn, task.name)).collect()
        } else {
            Vec::new()
        };
        let ruling = legal::switch(&schedule, &unknown, to);
        let (scope, environment) = (self.reader.scope(), self.environment.clone());
        let preview = preview::switch(what.clone(), schedule, to, scope, environment, &names, (self.time.now)());
        Ok(Draft { preview, ruling })
    }

    /// Writes into the audit that this was refused before it could be confirmed.
    pub async fn refuse(&mut self, preview: &Preview, refusal: &Refusal) -> Outcome {
        let mut entry = self.entry(preview, None);
        let lines = vec![format!("refused: {}", refusal.why), refusal.do_this.clone()];
        self.end_unsent(&mut entry, State::Refused, lines).await
    }

    /// Carries it out: at most once, and to its end.
    pub async fn execute(&mut self, confirmed: Confirmed<Change>) -> Outcome {
        let preview = confirmed.preview();
        let mut entry = self.entry(preview, Some(confirmed.how()));
        let (signed, fresh) = match self.look_again(&confirmed, &mut entry).await {
            Ok(ready) => ready,
            Err((state, lines)) => return self.end_unsent(&mut entry, state, lines).await,
        };
        let Change::Switch { what, to } = confirmed.change();
        if let Err(error) = self.audit.begin(&entry).await {
            let problem = error.problem("the audit cannot be written, so nothing was sent");
            return self.outcome(&entry, State::Failed, problem.lines());
        }
        entry.state = State::Sent;
        if let Err(error) = self.audit.advance(&entry).await {
            let problem = error.problem("the audit cannot be written, so nothing was sent");
            return self.end(&mut entry, State::Failed, problem.lines(), None).await;
        }
        // Whoever waited this long for a disk or a lock no longer knows what he meant.
        if !confirmed.lives((self.time.now)()) {
            let lines = vec!["the confirmation is more than a minute old: nothing was sent".to_owned()];
            return self.end(&mut entry, State::Refused, lines, None).await;
        }
        let (group, name) = (what.group.raw(), what.name.raw());
        let sent = match (&fresh.whole, to) {
            (Some(whole), to) => signed.update_schedule(whole, *to == Switch::Enable).await,
            (None, Switch::Enable) => signed.enable_rule(group, name).await,
            (None, Switch::Disable) => signed.disable_rule(group, name).await,
        };
        match sent {
            Sent::Done { request_id } => {
                entry.request_id = request_id;
                let lines = self.done(what, *to, &fresh.schedule);
                self.end(&mut entry, State::Done, lines, Some(wanted(*to))).await
            }
            Sent::Refused(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                let lines = told("AWS refused it: nothing was changed", &problem);
                self.end(&mut entry, State::Failed, lines, None).await
            }
            Sent::Unknown(problem) => {
                entry.request_id.clone_from(&problem.request_id);
                self.settle(&mut entry, &signed, what, *to, &fresh.schedule, &problem).await
            }
        }
    }

    /// Who we are now, and what is there now, both with the credentials that will send.
    async fn look_again(
        &self,
        confirmed: &Confirmed<Change>,
        entry: &mut Entry,
    ) -> Result<(Signed, Fresh), (State, Vec<String>)> {
        let Change::Switch { what, to } = confirmed.change();
        let refused =
            |why: String| (State::Refused, vec![format!("refused: {why}"), "Nothing was sent. Ask again.".to_owned()]);
        if !confirmed.lives((self.time.now)()) {
            return Err(refused("the confirmation is more than a minute old".to_owned()));
        }
        let signed = self.writer.sign().await.map_err(|unsigned| match unsigned {
            Unsigned::OtherAccount(problem) => (State::Refused, problem.lines()),
            Unsigned::CouldNot(problem) => (State::Failed, told("nothing was sent", &problem)),
        })?;
        entry.caller = signed.caller().arn.clone();
        let fresh = read(&signed, what).await.map_err(|problem| match problem.kind {
            ProblemKind::NotFound => refused("it is no longer there".to_owned()),
            _ => (State::Failed, told("nothing was sent: it could not be read again", &problem)),
        })?;
        let then = &confirmed.preview().precondition;
        if *then != fresh.schedule {
            return Err(refused(format!("it was changed since it was read: {}", difference(then, &fresh.schedule))));
        }
        let unknown = fresh.whole.as_ref().map_or(&[][..], WholeSchedule::unknown);
        match legal::switch(&fresh.schedule, unknown, *to) {
            Ruling::Legal => Ok((signed, fresh)),
            Ruling::Nothing(why) | Ruling::Refused(Refusal { why, .. }) => Err(refused(why)),
        }
    }

    /// No answer came. Looks whether it was done; never sends again.
    async fn settle(
        &mut self,
        entry: &mut Entry,
        signed: &Signed,
        what: &Named,
        to: Switch,
        before: &Schedule,
        problem: &Problem,
    ) -> Outcome {
        let mut last: Result<ScheduleState, Problem> = Err(problem.clone());
        for wait in LOOKS {
            (self.time.wait)(wait).await;
            last = read(signed, what).await.map(|fresh| fresh.schedule.state);
            if last.as_ref().is_ok_and(|state| *state == wanted(to)) {
                let mut lines = self.done(what, to, before);
                lines.push(format!("no answer came ({}), so it was looked at: it is {}", problem.summary, to.done()));
                return self.end(entry, State::Done, lines, Some(wanted(to))).await;
            }
        }
        let mut lines = told("unknown: it was sent once and no answer came", problem);
        let (seen, state) = match last {
            Ok(state) => (format!("looked at {} times: it is still {}", LOOKS.len(), shown(state.raw())), Some(state)),
            Err(problem) => (format!("and it could not be looked at: {}", problem.lines().join("; ")), None),
        };
        lines.push(seen);
        lines
            .push("It may still be carried out. Look with `cutover schedules` before you ask for it again.".to_owned());
        self.end(entry, State::Unknown, lines, state).await
    }

    fn done(&self, what: &Named, to: Switch, before: &Schedule) -> Vec<String> {
        let mut lines = vec![format!("{} {}", to.done(), what.full())];
        if to == Switch::Disable {
            let until = preview::may_fire_until(before, (self.time.now)()).to_zoned(TimeZone::UTC);
            lines.push(format!("it may fire once more until {}", until.strftime("%H:%M:%S UTC")));
        }
        lines.push(preview::put_back(what, to));
        lines
    }

    fn entry(&self, preview: &Preview, how: Option<How>) -> Entry {
        let now = (self.time.now)();
        let Change::Switch { what, .. } = &preview.change;
        Entry {
            id: format!("{}-{:08x}", now.strftime("%Y%m%dT%H%M%S%.3fZ"), fastrand::u32(..)),
            asked_at: now,
            ended_at: None,
            state: State::Asked,
            caller: self.identity.arn.clone(),
            whence: self.whence.clone(),
            scope: preview.scope.clone(),
            environment: preview.environment.clone(),
            kind: preview.change.kind(),
            arn: preview.precondition.arn.clone(),
            name: what.full(),
            preview: preview.lines().join("\n"),
            precondition: serde_json::to_value(&preview.precondition).unwrap_or_default(),
            aws_command: preview.aws_command.clone(),
            confirmed_by: how,
            request_id: None,
            outcome: String::new(),
        }
    }

    /// Ends what never had a line in the audit: nothing was sent.
    async fn end_unsent(&mut self, entry: &mut Entry, state: State, lines: Vec<String>) -> Outcome {
        let mut outcome = self.outcome(entry, state, lines);
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        match self.audit.begin(entry).await {
            Ok(()) => outcome.audit = Some(entry.id.clone()),
            Err(error) => outcome.lines.extend(error.problem("and this could not be written into the audit").lines()),
        }
        outcome
    }

    /// Ends what has its line in the audit.
    async fn end(
        &mut self,
        entry: &mut Entry,
        state: State,
        lines: Vec<String>,
        state_after: Option<ScheduleState>,
    ) -> Outcome {
        let mut outcome = Outcome { audit: Some(entry.id.clone()), state_after, ..self.outcome(entry, state, lines) };
        (entry.state, entry.ended_at, entry.outcome) = (state, Some(outcome.at), outcome.lines.join("; "));
        if let Err(error) = self.audit.advance(entry).await {
            let problem = error.problem("what came of it could not be written into the audit");
            outcome.lines.extend(problem.lines());
        }
        outcome
    }

    fn outcome(&self, entry: &Entry, state: State, lines: Vec<String>) -> Outcome {
        let (request_id, at) = (entry.request_id.clone(), (self.time.now)());
        Outcome { state, lines, request_id, audit: None, at, state_after: None }
    }
}

fn wanted(to: Switch) -> ScheduleState {
    match to {
        Switch::Enable => ScheduleState::Enabled,
        Switch::Disable => ScheduleState::Disabled,
    }
}

async fn read(signed: &Signed, what: &Named) -> Result<Fresh, Problem> {
    let (group, name) = (what.group.raw(), what.name.raw());
    match what.kind {
        ScheduleKind::Rule => Ok(Fresh { schedule: signed.reader().rule(group, name).await?.value, whole: None }),
        ScheduleKind::Schedule => {
            let whole = signed.reader().schedule(group, name).await?;
            Ok(Fresh { schedule: whole.schedule(), whole: Some(whole) })
        }
    }
}

/// What happened, and the problem behind it.
fn told(what: &str, problem: &Problem) -> Vec<String> {
    let mut lines = vec![what.to_owned()];
    lines.extend(problem.lines());
    lines
}

/// What a person needs to know of a difference: the state, or else which part.
fn difference(then: &Schedule, now: &Schedule) -> String {
    if then.state != now.state {
        return format!("it was {}, and is {} now", shown(then.state.raw()), shown(now.state.raw()));
    }
    let text = |text: &Option<Untrusted>| text.as_ref().map_or_else(|| "none".into(), |text| text.shown().into_owned());
    let parts = [
        (then.expression != now.expression)
            .then(|| format!("its expression was {} and is {}", text(&then.expression), text(&now.expression))),
        (then.time_zone != now.time_zone)
            .then(|| format!("its time zone was {} and is {}", text(&then.time_zone), text(&now.time_zone))),
        (then.targets != now.targets).then(|| "it calls something else".to_owned()),
        (then.modified != now.modified).then(|| {
            let at = |at: Option<Timestamp>| at.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
            format!("it was last written at {}, and not at {}", at(now.modified), at(then.modified))
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "something about it is different".to_owned() } else { parts.join("; ") }
}

fn other_account(expect: &AccountId, found: &AccountId, at: Timestamp) -> Problem {
    Problem {
        kind: ProblemKind::Configuration,
        summary: format!("these credentials are of account {}, and expect_account is {}", found.0, expect.0),
        detail: "nothing was changed".to_owned(),
        hint: "Sign in to the account you mean, or correct expect_account in the configuration.".to_owned(),
        request_id: None,
        at,
    }
}
