//! Running the console: the screen first, AWS behind it.

use super::activity::Reading;
use super::operator::{self, Operator, operator};
use super::refresh::desk::Desk;
use super::signin::{Watching, sign_in};
use super::validate::subject::Subject;
use super::validations::Validations;
use super::{Clock, Failure, Inbox, Setup, panic, refresh, write};
use crate::change::LIVES;
use crate::config::Clipboard;
use crate::console::actions::{ActionId, Context};
use crate::console::message::{Area, Effect, Key, Message};
use crate::console::run::{Program, run};
use crate::console::terminal::Capability;
use crate::console::{self, Mode, State, Theme};
use crate::model::Problem;
use crate::model::refresh::told::Prepared;
use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use std::io::Write as _;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Two threads are plenty: everything on them waits for AWS.
const WORKERS: usize = 2;

/// Runs until the user leaves or it cannot go on; the exit status.
///
/// # Errors
/// No terminal here, or the problem that ended it. The terminal is given back by then.
pub fn console(mut setup: Setup) -> Result<u8, Failure> {
    // Held here, where it is sure to be dropped: what runs in the background is not waited for.
    let _folder = setup.demo_folder.take();
    let capability = setup.capability()?;
    let failed = |what: &str, error: std::io::Error| Failure::could_not(format!("{what}: {error}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("aws")
        .enable_all()
        .build()
        .map_err(|error| failed("no runtime", error))?;
    let inbox = Arc::new(Inbox::default());
    let watching = Watching::default();
    let authority = setup.mode.authority();
    let asked = asked(&setup, capability, authority.as_ref().err());
    if let (Err(problem), true) = (&authority, setup.mode.operate && !setup.mode.read_only) {
        inbox.send(Message::ReadOnly(problem.clone()));
    }
    // Without the authority there is nobody who could change anything.
    let (operator, waiting) = authority.ok().map(operator).unzip();
    let reading = Reading::new(&setup.store, setup.demo.is_some());
    let of_runs = setup.clone();
    let validations = Validations::new(setup.clone(), Arc::clone(&inbox), runtime.handle().clone());
    let refreshes = Desk::new(setup.clone(), Arc::clone(&inbox), runtime.handle().clone());
    let clock = setup.clock;
    let begin = {
        let (inbox, watching, handle) = (Arc::clone(&inbox), watching.clone(), runtime.handle().clone());
        let (validations, refreshes) = (validations.clone(), refreshes.clone());
        move |area: Area, now: Timestamp| -> Box<dyn Program> {
            refreshes.watch();
            handle.spawn(sign_in(setup, inbox, watching, waiting, (validations, refreshes)));
            let theme = Theme::new(asked.ascii, asked.look);
            Box::new(Screen { state: State::new(asked, area, now), theme, clock, ahead: SignedDuration::ZERO })
        }
    };
    let mut perform = |effect| match effect {
        Effect::AskNow(subjects) => watching.ask_now(subjects),
        Effect::Look(focus) => watching.look(focus),
        Effect::Write { id, path, text } => {
            let inbox = Arc::clone(&inbox);
            // A file system can take its time, or never answer.
            runtime.spawn_blocking(move || inbox.send(Message::Written { id, outcome: write::new_file(&path, &text) }));
        }
        Effect::Draft { id, changes } => match &operator {
            Some(operator) => operator.draft(id, changes),
            None => inbox.send(Message::Drafted { id, drafts: operator::nobody(&changes) }),
        },
        Effect::Confirm { id, answer } => match &operator {
            Some(operator) => operator.confirm(id, answer),
            None => inbox.send(Message::NotConfirmed { id, why: "this is read-only mode".to_owned() }),
        },
        Effect::DropDraft { id } => {
            if let Some(operator) = &operator {
                operator.drop_draft(id);
            }
        }
        Effect::ReadActivity => reading.read(runtime.handle(), &inbox),
        effect @ (Effect::ReadValidations
        | Effect::ReadValidation { .. }
        | Effect::PlanValidation { .. }
        | Effect::StartValidation { .. }
        | Effect::DropPlan { .. }
        | Effect::ControlValidation { .. }
        | Effect::ReadRows { .. }
        | Effect::Reveal { .. }
        | Effect::WriteRows { .. }) => validations.perform(effect),
        effect @ (Effect::ReadRefreshes
        | Effect::ReadRefresh { .. }
        | Effect::PlanRefresh { .. }
        | Effect::DropRefreshPlan { .. }
        | Effect::StartRefresh { .. }
        | Effect::SteerRefresh { .. }) => refreshes.perform(effect),
        // The loop does these itself.
        Effect::Leave { .. } | Effect::Suspend | Effect::Repaint | Effect::Copy(_) | Effect::Bell => {}
    };
    let ended = run(begin, &inbox, clock, &mut perform).map_err(|error| failed("the terminal", error));
    if let Some(operator) = operator {
        leave(&runtime, operator);
    }
    stop_all(&runtime, &validations);
    go_on(&runtime, &of_runs);
    runtime.shutdown_background();
    let ended = ended?;
    match ended.problem {
        Some(problem) => Err(Failure::ended(ended.status, &problem)),
        None => Ok(ended.status),
    }
}

/// What the screen is told. `refused`: why nothing can be changed from it.
fn asked(setup: &Setup, capability: Capability, refused: Option<&Problem>) -> console::Setup {
    console::Setup {
        environment: setup.environment.clone(),
        profile: setup.profile(),
        region: setup.aws.region.clone(),
        mode: if refused.is_none() { Mode::Operate } else { Mode::ReadOnly },
        ascii: capability.ascii,
        look: setup.look(capability),
        demo: setup.demo.is_some(),
        clock: setup.screen.clock,
        watched: setup.watch.tasks.clone(),
        sees_every_task: setup.watch.tasks.is_empty() && setup.watch.tags.is_empty(),
        bell: setup.screen.bell,
        alerts: setup.alerts.clone(),
        log_groups: setup.log_groups.clone(),
        validations: Subject::names(setup).map(str::to_owned).collect(),
        refreshes: setup.refreshes.iter().map(|(name, settings)| Prepared::of(name, settings)).collect(),
        time_zone: setup.screen.time_zone.clone(),
        keys: setup.keys.clone(),
        copies: setup.screen.clipboard != Clipboard::Never,
        read_only_because: refused.map(|problem| problem.hint.clone()).unwrap_or_default(),
        answer_within: answer_within(),
    }
}

/// How long a question waits for its answer: never longer than a preview can be confirmed. A test that cannot wait says how
/// much shorter; nothing of that is in a release build.
fn answer_within() -> SignedDuration {
    #[cfg(debug_assertions)]
    if let Some(seconds) = std::env::var("CUTOVER_TEST_ANSWER_WITHIN").ok().and_then(|text| text.parse().ok()) {
        return LIVES.min(SignedDuration::from_secs(seconds));
    }
    LIVES
}

/// The end of what was sent is waited for, so that the audit knows it.
fn leave(runtime: &Runtime, operator: Operator) {
    if operator.is_busy() {
        let words = "cutover: a change is under way; its end is waited for, for 20 s at most. Nothing more is sent.\n";
        // Standard error may be gone with the terminal.
        let _ = std::io::stderr().lock().write_all(words.as_bytes());
    }
    let still = runtime.block_on(operator.finish());
    if !still.is_empty() {
        let words = format!(
            "cutover: how this ends is not written down yet: {}. Look with `cutover tasks`; the next console that may \
             change something writes it into the audit.\n",
            still.join(", ")
        );
        let _ = std::io::stderr().lock().write_all(words.as_bytes());
    }
}

/// Validations of this console end with it, and their statements on the servers.
fn stop_all(runtime: &Runtime, validations: &Validations) {
    let say = |words: &str| {
        // Standard error may be gone with the terminal.
        let _ = std::io::stderr().lock().write_all(words.as_bytes());
    };
    match validations.running() {
        0 => return,
        1 => say(
            "cutover: a validation is under way; it is stopped, and its statements on the servers. What it found is kept.\n",
        ),
        _ => say("cutover: validations are under way; they are stopped, and their statements on the servers.\n"),
    }
    if !validations.finish(runtime) {
        say("cutover: a server has not answered that its statement ended; it ends there when it next sends rows.\n");
    }
}

/// Refreshes go on without the console; whoever leaves is told how to see them again.
fn go_on(runtime: &Runtime, setup: &Setup) {
    for line in runtime.block_on(refresh::under_way(setup)) {
        // Standard error may be gone with the terminal.
        let _ = std::io::stderr().lock().write_all(format!("cutover: {line}\n").as_bytes());
    }
}

/// The pure console behind the loop's words.
struct Screen {
    state: State,
    theme: Theme,
    clock: Clock,
    /// How far AWS's clock is ahead of ours. Evidence is dated by AWS, so its age is told by AWS's clock.
    ahead: SignedDuration,
}

impl Screen {
    fn by_service(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.ahead).unwrap_or(now)
    }
}

impl Program for Screen {
    fn update(&mut self, message: Message, now: Timestamp) -> Vec<Effect> {
        // One that stands still is AWS's already.
        if let (Message::ServiceClock(ahead), Clock::System) = (&message, self.clock) {
            self.ahead = *ahead;
        }
        let now = self.by_service(now);
        console::update(&mut self.state, message, now)
    }

    fn view(&self, frame: &mut Frame) {
        panic::on_request("render");
        console::view(&self.state, &self.theme, frame);
    }

    fn question(&self) -> Option<u64> {
        self.state.question()
    }

    fn confirms(&self, key: Key) -> bool {
        let keys = &self.state.setup.keys;
        keys.find(Context::Confirm, key) == Some(ActionId::ConfirmChange)
            || keys.find(Context::Ask, key) == Some(ActionId::AnswerQuestion)
    }

    fn next_deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.state.next_deadline(self.by_service(now))?;
        next.checked_sub(self.ahead).ok()
    }
}
