//! The console's reducer, its operator and the executor together, against the embedded AWS: whatever comes in whatever
//! order, nothing is changed that nobody confirmed, nothing twice, and in read-only nothing at all.

use crate::cli::Aws;
use crate::scene::Scene;
use cutover::app::operator::{Operator, OperatorSetup, operate, operator};
use cutover::app::{Clock, Inbox};
use cutover::aws::{Connected, Limiters, Settings, connect};
use cutover::change::Mode as Authority;
use cutover::console::message::{Area, Effect, Key, KeyCode, Message};
use cutover::console::state::confirm::Stage;
use cutover::console::state::{Mode, Overlay, State};
use cutover::console::update;
use cutover::console::update::confirm::ask;
use cutover::model::AccountId;
use cutover::model::audit::State as End;
use cutover::model::change::{Change, Safeguards, Switch, Which};
use cutover::store::{self, Audit};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const RULES: [&str; 3] = [
    "rule:default/staging-refresh-nightly",
    "rule:default/dms-lag-probe",
    "schedule:migrations/staging-refresh-weekly",
];

/// Refused whoever asks: it could not be put back.
const FOR_EVER: &str = "rule:default/dms-api-calls";

const WRITES: [&str; 3] = ["events:EnableRule", "events:DisableRule", "scheduler:UpdateSchedule"];

fn change(which: &str, to: Switch) -> Change {
    let Ok(Which::Whole(what)) = which.parse() else { panic!("{which}") };
    Change::Switch { what, to }
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// The menu asks for these, this way.
    Ask(Vec<usize>, bool),
    AskForEver,
    /// Answers are waited for, and folded in.
    Answers,
    Admitted,
    /// The way it is meant, with or without waiting until keys count.
    Through(bool),
    /// Types exactly what is asked for.
    Name,
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
}

fn step() -> impl Strategy<Value = Step> {
    let keys =
        vec![KeyCode::Enter, KeyCode::Enter, KeyCode::Esc, KeyCode::Backspace, KeyCode::Char('s'), KeyCode::Down];
    prop_oneof![
        4 => (proptest::sample::subsequence(vec![0, 1, 2], 1..=3), any::<bool>()).prop_map(|(all, on)| Step::Ask(all, on)),
        1 => Just(Step::AskForEver),
        8 => Just(Step::Answers),
        6 => Just(Step::Admitted),
        12 => proptest::bool::weighted(0.7).prop_map(Step::Through),
        8 => Just(Step::Name),
        8 => proptest::sample::select(keys).prop_map(Step::Key),
        1 => Just(Step::Paste),
        1 => Just(Step::Minute),
        1 => Just(Step::Suspended),
        2 => Just(Step::Again),
        1 => (0u64..4, proptest::sample::select(vec!["staging-refresh-nightly", "disable 2", ""]))
            .prop_map(|(id, answer)| Step::Forged(id, answer)),
        2 => Just(Step::Echo),
        1 => (40u16..160, 10u16..50).prop_map(|(width, height)| Step::Resize(width, height)),
    ]
}

/// One console on one AWS.
struct Desk<'a> {
    aws: &'a Aws,
    runtime: &'a Runtime,
    state: State,
    now: Timestamp,
    inbox: Arc<Inbox>,
    operator: Option<Operator>,
    audit: store::Settings,
    _folder: tempfile::TempDir,
    /// Questions in which keys count.
    admitted: BTreeSet<u64>,
    /// How much was confirmed: numbers of questions, and how many changes each.
    confirmed: Vec<(u64, usize)>,
    /// What was asked of the operator and not answered yet.
    waiting: usize,
    last_effect: Option<Effect>,
    last_message: Option<Message>,
    done: usize,
}

impl<'a> Desk<'a> {
    fn new(aws: &'a Aws, runtime: &'a Runtime, connected: &Connected, operates: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let audit = store::Settings { dir: Some(folder.path().to_owned()), shared: None };
        let inbox = Arc::new(Inbox::default());
        let expect_account = Some(AccountId("123456789012".into()));
        let mode = Authority { read_only: !operates, operate: true, expect_account };
        let (operator, waiting) = mode.authority().ok().map(operator).unzip();
        if let Some(waiting) = waiting {
            let setup = OperatorSetup {
                store: audit.clone(),
                environment: Some("REHEARSAL".into()),
                safeguards: Safeguards {
                    reload_allowed: vec![crate::change::STAGING.parse().unwrap()],
                    ..Safeguards::default()
                },
                clock: Clock::System,
            };
            runtime.spawn(operate(waiting, setup, connected.clone(), Arc::clone(&inbox)));
        }
        let Scene { mut state, now, .. } = Scene::new(Area { width: 120, height: 40 }, 3);
        state.setup.mode = if operates { Mode::Operate } else { Mode::ReadOnly };
        Self {
            aws,
            runtime,
            state,
            now,
            inbox,
            operator,
            audit,
            _folder: folder,
            admitted: BTreeSet::new(),
            confirmed: Vec::new(),
            waiting: 0,
            last_effect: None,
            last_message: None,
            done: 0,
        }
    }

    fn question(&self) -> Option<&cutover::console::state::confirm::Confirm> {
        match &self.state.overlay {
            Some(Overlay::Confirm(confirm)) => Some(confirm),
            _ => None,
        }
    }

    fn send(&mut self, message: Message) {
        if let Message::Ended { outcome, .. } = &message
            && outcome.state == End::Done
        {
            self.done += 1;
        }
        let (open, admitted) = match self.question() {
            Some(confirm) => {
                let open = matches!(confirm.stage, Stage::Open { admitted: true, .. });
                (open.then_some((confirm.id, confirm.going().count())), self.admitted.contains(&confirm.id))
            }
            None => (None, false),
        };
        let effects = update(&mut self.state, message, self.now);
        for effect in effects {
            if let Effect::Confirm { id, .. } = &effect {
                let (open, going) = open.expect("confirmed without an open question");
                assert!(open == *id && admitted, "{effect:?}");
                self.confirmed.push((*id, going));
            }
            self.perform(effect);
        }
    }

    /// As the loop hands it over.
    fn perform(&mut self, effect: Effect) {
        match (&effect, &self.operator) {
            (Effect::Draft { id, changes }, Some(operator)) => {
                operator.draft(*id, changes.clone());
                self.waiting += 1;
            }
            (Effect::Confirm { id, answer }, Some(operator)) => {
                operator.confirm(*id, answer.clone());
                self.waiting += 1;
            }
            (Effect::DropDraft { id }, Some(operator)) => operator.drop_draft(*id),
            (Effect::Draft { .. } | Effect::Confirm { .. }, None) => panic!("{effect:?} in read-only"),
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
        let end = Instant::now() + Duration::from_secs(5);
        while self.operator.is_some() && Instant::now() < end {
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

    fn key(&mut self, code: KeyCode) {
        self.send(Message::Key(Key { code, ctrl: false, alt: false }));
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Ask(which, on) => {
                let to = if on { Switch::Enable } else { Switch::Disable };
                self.ask(which.into_iter().map(|at| change(RULES[at], to)).collect());
            }
            Step::AskForEver => self.ask(vec![change(FOR_EVER, Switch::Disable)]),
            Step::Answers => self.answers(),
            Step::Admitted => {
                if let Some(id) = self.state.question() {
                    self.admitted.insert(id);
                    self.send(Message::Admitted { id });
                }
            }
            Step::Through(admitted) => {
                self.answers();
                if admitted {
                    self.act(Step::Admitted);
                }
                self.act(Step::Name);
                self.key(KeyCode::Enter);
            }
            Step::Name => {
                let name = self.question().and_then(cutover::console::state::confirm::Confirm::expected);
                name.unwrap_or_default().chars().for_each(|c| self.key(KeyCode::Char(c)));
            }
            Step::Key(code) => self.key(code),
            Step::Paste => self.send(Message::Paste("staging-refresh-nightly\r".into())),
            Step::Minute => {
                self.now += SignedDuration::from_secs(61);
                self.send(Message::Tick);
            }
            Step::Suspended => self.send(Message::Resumed),
            Step::Again => {
                if let Some(effect) = self.last_effect.clone() {
                    self.perform(effect);
                }
            }
            Step::Forged(id, answer) => {
                if let Some(operator) = &self.operator {
                    operator.confirm(id + 1_000, answer.to_owned());
                }
            }
            Step::Echo => {
                // Not an outcome: those are counted.
                if let Some(message @ (Message::Drafted { .. } | Message::NotConfirmed { .. })) =
                    self.last_message.clone()
                {
                    self.send(message);
                }
            }
            Step::Resize(width, height) => self.send(Message::Resize(Area { width, height })),
        }
    }

    fn ask(&mut self, changes: Vec<Change>) {
        let mut effects = Vec::new();
        ask(&mut self.state, changes, &mut effects);
        for effect in effects {
            self.perform(effect);
        }
    }

    fn writes(&self) -> u64 {
        let asked = self.aws.asked();
        WRITES.iter().map(|one| asked.get(*one).copied().unwrap_or(0)).sum()
    }

    /// Everything that is under way ends; what was carried out, as the audit has it.
    fn close(mut self) -> (usize, Vec<(u64, usize)>, Vec<End>) {
        self.answers();
        if let Some(operator) = self.operator.take() {
            self.runtime.block_on(operator.finish());
        }
        self.fold();
        let entries = if self.state.setup.mode == Mode::Operate {
            self.runtime.block_on(Audit::list(&self.audit)).unwrap_or_default()
        } else {
            Vec::new()
        };
        (self.done, self.confirmed.clone(), entries.into_iter().map(|entry| entry.state).collect())
    }
}

#[test]
fn whatever_happens_nothing_is_changed_unconfirmed_twice_or_in_read_only() {
    let aws = Aws::start(&[]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = Settings { requests_per_second: 4.0, burst: 50, ..Settings::embedded(aws.endpoint()) };
    let connected = runtime.block_on(connect(&settings, &Limiters::default())).unwrap();
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    // Always the same cases: what each of them does over the wire takes its time.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (mut carried_out, mut refused) = (0, 0);
    let cases = (proptest::collection::vec(step(), 10..60), proptest::bool::weighted(0.8));
    let run = |(steps, operates): (Vec<Step>, bool)| {
        let mut desk = Desk::new(&aws, &runtime, &connected, operates);
        let before = desk.writes();
        for step in steps {
            desk.act(step);
        }
        let writes_of = |desk: &Desk<'_>| usize::try_from(desk.writes() - before).unwrap();
        desk.answers();
        let counted = Desk { operator: None, ..Desk::new(&aws, &runtime, &connected, false) };
        let (done, confirmed, entries) = desk.close();
        let writes = writes_of(&counted);
        let most: usize = confirmed.iter().map(|(_, going)| going).sum();
        let ids: BTreeSet<u64> = confirmed.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(ids.len(), confirmed.len(), "a question was answered twice: {:?}", confirmed);
        prop_assert!(writes <= most, "{writes} writes, {most} confirmed");
        // Each write is in the audit as done: nothing here fails or is lost.
        prop_assert_eq!(writes, entries.iter().filter(|state| **state == End::Done).count());
        prop_assert!(done <= writes);
        prop_assert!(operates || writes == 0 && confirmed.is_empty() && entries.is_empty());
        prop_assert!(!entries.iter().any(|state| matches!(state, End::Asked | End::Sent)), "{entries:?}");
        carried_out += writes;
        refused += entries.iter().filter(|state| **state == End::Refused).count();
        Ok(())
    };
    let run = std::cell::RefCell::new(run);
    runner.run(&cases, |case| (run.borrow_mut())(case)).unwrap();
    // The walk really goes where it is dangerous.
    assert!(carried_out >= 5 && refused >= 3, "{carried_out} carried out, {refused} refused");
}
