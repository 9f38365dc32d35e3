//! A console without a terminal on an embedded AWS: the reducer, the guard of its keys, the operator and the executor, as the
//! loop joins them. Time of the keyboard is the test's own. What a person would have seen is noted here beside the guard.
//! Used by `console_changes`; start at [`Desk::act`].

use crate::cli::Aws;
use crate::scene::Scene;
use cutover::app::operator::{Operator, OperatorSetup, operate, operator};
use cutover::app::{Clock, Inbox};
use cutover::aws::{Limiters, Settings, connect};
use cutover::change::Mode as Authority;
use cutover::console::actions::{ActionId, Context};
use cutover::console::guard::{Guard, Verdict};
use cutover::console::message::{Area, Effect, Key, KeyCode, Message};
use cutover::console::state::confirm::{Confirm, Stage};
use cutover::console::state::{Mode, Overlay, State};
use cutover::console::update;
use cutover::console::update::confirm::ask;
use cutover::model::AccountId;
use cutover::model::audit::{Entry, State as End};
use cutover::model::change::{Change, Safeguards};
use cutover::store::{self, Audit};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// From the first sight of a question to the first key that counts, as the specification has it.
const PAUSE: Duration = Duration::from_millis(300);

/// Between two keys of somebody who types.
const TYPING: Duration = Duration::from_millis(80);

/// What happens next.
#[derive(Debug, Clone)]
pub enum Step {
    /// The menu asks for these.
    Ask(Vec<Change>),
    /// Answers are waited for, and folded in.
    Answers,
    /// A frame goes out to the terminal.
    Frame,
    /// Nothing is pressed for so many milliseconds.
    Wait(u64),
    /// The way it is meant, with or without looking at the question first.
    Through(bool),
    /// Types exactly what is asked for.
    Name,
    /// The same and Enter in one piece, as a paste arrives that is not told to be one.
    Glued,
    Key(KeyCode),
    Paste,
    Minute,
    Suspended,
    /// The last effect is carried out once more, as if the loop had lost count.
    Again,
    /// An answer to a question that nobody put, straight to the operator.
    Forged(u64, &'static str),
    /// What came last comes once more.
    Echo,
    Resize(u16, u16),
    /// From here on AWS is in trouble.
    Fault(&'static str),
}

/// How a desk is to be.
#[derive(Debug, Clone)]
pub struct Seat {
    pub operates: bool,
    pub safeguards: Safeguards,
}

/// One console on one AWS.
pub struct Desk<'a> {
    aws: &'a Aws,
    runtime: &'a Runtime,
    state: State,
    now: Timestamp,
    guard: Guard,
    /// Of the keyboard.
    at: Instant,
    /// The last key came in one piece with the one before it.
    glued: bool,
    /// When each question was first on screen, since the screen was last somebody else's.
    shown: BTreeMap<u64, Instant>,
    inbox: Arc<Inbox>,
    operator: Operator,
    audit: store::Settings,
    _folder: tempfile::TempDir,
    /// Numbers of questions that were confirmed, and what of.
    confirmed: Vec<(u64, Vec<Change>)>,
    faults: Vec<&'static str>,
    last_effect: Option<Effect>,
    last_message: Option<Message>,
    done: usize,
}

/// What is left when everything has ended.
pub struct Left {
    /// Changes that the console was told are done.
    pub done: usize,
    pub confirmed: Vec<(u64, Vec<Change>)>,
    pub entries: Vec<Entry>,
}

impl<'a> Desk<'a> {
    /// Someone who may operate stands behind the console even where it is read-only: there it is the console that asks nothing.
    pub fn new(aws: &'a Aws, runtime: &'a Runtime, seat: &Seat) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let audit = store::Settings { dir: Some(folder.path().to_owned()), shared: None };
        let inbox = Arc::new(Inbox::default());
        let expect_account = Some(AccountId("123456789012".into()));
        let authority = Authority { read_only: false, operate: true, expect_account }.authority().unwrap();
        let (operator, waiting) = operator(authority);
        let setup = OperatorSetup {
            store: audit.clone(),
            environment: Some("REHEARSAL".into()),
            safeguards: seat.safeguards.clone(),
            clock: Clock::System,
        };
        // Limits of its own: nobody waits for the requests of the one before.
        let settings = Settings { requests_per_second: 4.0, burst: 50, ..Settings::embedded(aws.endpoint()) };
        let connected = runtime.block_on(connect(&settings, &Limiters::default())).unwrap();
        runtime.spawn(operate(waiting, setup, connected, Arc::clone(&inbox)));
        let Scene { mut state, now, .. } = Scene::new(Area { width: 120, height: 40 }, 3);
        state.setup.mode = if seat.operates { Mode::Operate } else { Mode::ReadOnly };
        Self {
            aws,
            runtime,
            state,
            now,
            guard: Guard::default(),
            at: Instant::now(),
            glued: false,
            shown: BTreeMap::new(),
            inbox,
            operator,
            audit,
            _folder: folder,
            confirmed: Vec::new(),
            faults: Vec::new(),
            last_effect: None,
            last_message: None,
            done: 0,
        }
    }

    fn question(&self) -> Option<&Confirm> {
        match &self.state.overlay {
            Some(Overlay::Confirm(confirm)) => Some(confirm),
            _ => None,
        }
    }

    fn send(&mut self, message: Message) {
        if let Message::Ended { outcome, .. } = &message {
            self.done += usize::from(outcome.state == End::Done);
        }
        let open = self.question().filter(|confirm| matches!(confirm.stage, Stage::Open { .. }));
        let open = open.map(|confirm| {
            let going = confirm.going().map(|(_, draft)| draft.preview.change.clone()).collect();
            (confirm.id, confirm.expected(), going)
        });
        let enter = matches!(&message, Message::Key(key) if key.code == KeyCode::Enter) && !self.glued;
        let effects = update(&mut self.state, message, self.now);
        self.guard.opened(self.state.question());
        for effect in effects {
            if let Effect::Confirm { id, answer } = &effect {
                let (open, expected, going) = open.clone().expect("confirmed without an open question");
                let seen = self.shown.get(id).is_some_and(|at| self.at >= *at + PAUSE);
                assert!(open == *id && enter && seen, "{effect:?} of {open}; Enter: {enter}, seen: {seen}");
                assert_eq!(expected.as_ref(), Some(answer));
                self.confirmed.push((*id, going));
            }
            self.perform(effect);
        }
    }

    /// As the loop hands it over.
    fn perform(&mut self, effect: Effect) {
        let asks = matches!(effect, Effect::Draft { .. } | Effect::Confirm { .. });
        assert!(!asks || self.state.setup.mode == Mode::Operate, "{effect:?} in read-only");
        match &effect {
            Effect::Draft { id, changes } => self.operator.draft(*id, changes.clone()),
            Effect::Confirm { id, answer } => self.operator.confirm(*id, answer.clone()),
            Effect::DropDraft { id } => self.operator.drop_draft(*id),
            _ => return,
        }
        self.last_effect = Some(effect);
    }

    fn fold(&mut self) -> bool {
        let messages = self.inbox.drain();
        let any = !messages.is_empty();
        for message in messages {
            self.last_message = Some(message.clone());
            self.send(message);
        }
        any
    }

    /// Whatever the operator has to say to what it was asked; a dropped question it does not answer.
    fn answers(&mut self) {
        let end = Instant::now() + Duration::from_secs(8);
        while Instant::now() < end {
            let open = self.question().map(|confirm| &confirm.stage);
            if !matches!(open, Some(Stage::Asking | Stage::Sending { .. })) {
                break;
            }
            if !self.fold() {
                let changed = async { tokio::time::timeout(Duration::from_millis(500), self.inbox.changed()).await };
                let _ = self.runtime.block_on(changed);
            }
        }
        self.fold();
    }

    /// Time of the keyboard passes.
    fn pass(&mut self, span: Duration) {
        self.at += span;
        if let Some(id) = self.guard.tell(self.at) {
            self.send(Message::Admitted { id });
        }
    }

    fn frame(&mut self) {
        self.guard.painted();
        self.guard.written(self.at);
        if let Some(id) = self.state.question() {
            self.shown.entry(id).or_insert(self.at);
        }
    }

    fn key(&mut self, code: KeyCode, after: Duration) {
        self.pass(after);
        self.glued = after.is_zero();
        let key = Key { code, ctrl: false, alt: false };
        let confirms = self.state.setup.keys.find(Context::Confirm, key) == Some(ActionId::ConfirmChange);
        if self.guard.judge(key, self.at, confirms) == Verdict::Counts {
            self.send(Message::Key(key));
        }
    }

    fn name(&mut self, gap: Duration) {
        let name = self.question().and_then(Confirm::expected).unwrap_or_default();
        name.chars().for_each(|c| self.key(KeyCode::Char(c), gap));
    }

    pub fn act(&mut self, step: Step) {
        match step {
            Step::Ask(changes) => {
                let mut effects = Vec::new();
                ask(&mut self.state, changes, &mut effects);
                self.guard.opened(self.state.question());
                for effect in effects {
                    self.perform(effect);
                }
            }
            Step::Answers => self.answers(),
            Step::Frame => self.frame(),
            Step::Wait(ms) => self.pass(Duration::from_millis(ms)),
            Step::Through(looks) => {
                self.answers();
                if looks {
                    self.frame();
                    self.pass(PAUSE);
                }
                self.name(TYPING);
                self.key(KeyCode::Enter, TYPING);
            }
            Step::Name => self.name(TYPING),
            Step::Glued => {
                self.name(Duration::ZERO);
                self.key(KeyCode::Enter, Duration::ZERO);
            }
            Step::Key(code) => self.key(code, TYPING),
            Step::Paste => self.send(Message::Paste("staging-refresh-nightly\r".into())),
            Step::Minute => {
                self.now += SignedDuration::from_secs(61);
                self.send(Message::Tick);
            }
            Step::Suspended => {
                self.guard.forget();
                self.shown.clear();
                self.send(Message::Resumed);
            }
            Step::Again => {
                if let Some(effect) = self.last_effect.clone() {
                    self.perform(effect);
                }
            }
            Step::Forged(id, answer) => self.operator.confirm(id + 1_000, answer.to_owned()),
            Step::Echo => {
                // Not an outcome: those are counted.
                if let Some(message @ (Message::Drafted { .. } | Message::NotConfirmed { .. })) =
                    self.last_message.clone()
                {
                    self.send(message);
                }
            }
            Step::Resize(width, height) => self.send(Message::Resize(Area { width, height })),
            Step::Fault(fault) => {
                self.aws.switch_on(fault);
                self.faults.push(fault);
            }
        }
    }

    /// Everything that is under way ends; what was carried out, as the audit has it.
    pub fn close(mut self) -> Left {
        self.answers();
        self.runtime.block_on(self.operator.finish());
        for message in self.inbox.drain() {
            if let Message::Ended { outcome, .. } = message {
                self.done += usize::from(outcome.state == End::Done);
            }
        }
        for fault in self.faults {
            self.aws.switch_off(fault.split(['@', '=']).next().unwrap());
        }
        let entries = self.runtime.block_on(Audit::list(&self.audit)).unwrap();
        Left { done: self.done, confirmed: self.confirmed, entries }
    }
}
