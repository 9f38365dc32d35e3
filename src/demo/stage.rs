//! The world with its clock, its faults and its movers: what a request meets.

use crate::demo::clock::Clock;
use crate::demo::faults::{Fault, FaultName, Faults, Plan};
use crate::demo::mover::order::{Control, Happened, Order};
use crate::demo::wire::Service;
use crate::demo::world::{Command, Event, World};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// How far `stale-describes` can look back.
const KEPT: SignedDuration = SignedDuration::from_secs(300);
/// Two snapshots are at least this far apart.
const STEP: SignedDuration = SignedDuration::from_secs(1);

/// Runs one order: `mover::run`, or a script in a test.
pub type Launcher = Arc<
    dyn Fn(Order, watch::Receiver<Control>, mpsc::UnboundedSender<Happened>) -> Pin<Box<dyn Future<Output = ()> + Send>>
        + Send
        + Sync,
>;

/// See the module's first line.
pub struct Stage {
    clock: Clock,
    world: Mutex<World>,
    past: Mutex<VecDeque<(Timestamp, u64, Arc<World>)>>,
    faults: Mutex<Faults>,
    dice: Mutex<fastrand::Rng>,
    launcher: Option<Launcher>,
    runs: Mutex<Runs>,
    asked: Mutex<BTreeMap<String, u64>>,
    changes: Mutex<BTreeMap<(String, String), u64>>,
}

#[derive(Default)]
struct Runs {
    controls: HashMap<(String, u64), watch::Sender<Control>>,
    tasks: JoinSet<()>,
    closed: bool,
}

impl Stage {
    pub fn new(clock: Clock, seed: u64, world: World, launcher: Option<Launcher>) -> Self {
        Self {
            clock,
            world: Mutex::new(world),
            past: Mutex::default(),
            faults: Mutex::default(),
            dice: Mutex::new(fastrand::Rng::with_seed(seed)),
            launcher,
            runs: Mutex::default(),
            asked: Mutex::default(),
            changes: Mutex::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Works on the world as it is now, then does what the world wants done.
    pub fn with<T>(self: &Arc<Self>, work: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.now();
        let mut world = lock(&self.world);
        world.advance(now);
        let out = work(&mut world, now);
        let commands = world.commands();
        drop(world);
        for command in commands {
            self.carry_out(command);
        }
        out
    }

    /// The world as it is, or as it was; and the instant it is asked for.
    pub fn as_of(self: &Arc<Self>, stale: Option<SignedDuration>) -> (World, Timestamp) {
        let (world, now) = self.with(|world, now| (world.clone(), now));
        let Some(stale) = stale else { return (world, now) };
        let then = now - stale;
        let past = lock(&self.past);
        let seen = past.iter().rev().find(|(at, ..)| *at <= then).or(past.front());
        (seen.map_or(world, |(.., world)| World::clone(world)), then)
    }

    /// Lets time pass, and remembers how it was.
    pub fn tick(self: &Arc<Self>) {
        let (now, revision) = self.with(|world, now| (now, world.revision()));
        let mut past = lock(&self.past);
        let due = past.back().is_none_or(|(at, seen, _)| *seen != revision && now.duration_since(*at) >= STEP);
        if due {
            past.push_back((now, revision, Arc::new(lock(&self.world).clone())));
        }
        // The newest of those too old to be asked for still tells how it was at the edge.
        while past.get(1).is_some_and(|(at, ..)| now.duration_since(*at) > KEPT) {
            past.pop_front();
        }
    }

    pub fn request_id(&self) -> String {
        let mut dice = lock(&self.dice);
        let (a, b) = (dice.u64(..), dice.u64(..));
        let (high, middle) = (a >> 32, (a >> 16) & 0xffff);
        format!("{high:08x}-{middle:04x}-4{:03x}-{:04x}-{:012x}", a & 0xfff, 0x8000 | (b >> 50), b & 0xffff_ffff_ffff)
    }

    /// Counts a request, whatever comes of it.
    pub fn count(&self, service: Service, operation: &str) {
        *lock(&self.asked).entry(format!("{}:{operation}", service.prefix())).or_default() += 1;
    }

    /// Requests since the start, by `service:Operation`.
    pub fn asked(&self) -> BTreeMap<String, u64> {
        lock(&self.asked).clone()
    }

    /// Counts a request that is to change something, whatever comes of it.
    pub fn count_change(&self, service: Service, operation: &str, of: &str) {
        let key = (format!("{}:{operation}", service.prefix()), of.to_owned());
        *lock(&self.changes).entry(key).or_default() += 1;
    }

    /// Requests to change something since the start, by `service:Operation` and what was named.
    pub fn changes(&self) -> BTreeMap<(String, String), u64> {
        lock(&self.changes).clone()
    }

    pub fn plan(&self, service: Service, operation: &str) -> Plan {
        let mut dice = lock(&self.dice);
        lock(&self.faults).plan(service, operation, || dice.f64())
    }

    pub fn faults(&self) -> Faults {
        lock(&self.faults).clone()
    }

    pub fn switch_on(self: &Arc<Self>, fault: Fault) {
        if let Some(event) = fault.event(true) {
            self.with(|world, now| world.apply(event, now));
        }
        lock(&self.faults).switch_on(fault);
    }

    pub fn switch_off(self: &Arc<Self>, name: FaultName, value: Option<&str>) {
        let event = Fault { name, value: None, op: None }.event(false);
        if let Some(event) = event {
            self.with(|world, now| world.apply(event, now));
        }
        lock(&self.faults).switch_off(name, value);
    }

    fn carry_out(self: &Arc<Self>, command: Command) {
        match command {
            Command::Launch { task, run, order, control } => self.launch(task, run, *order, control),
            Command::Steer { task, run, control } => {
                if let Some(sender) = lock(&self.runs).controls.get(&(task, run)) {
                    sender.send_replace(control);
                }
            }
        }
    }

    fn launch(self: &Arc<Self>, task: String, run: u64, order: Order, control: Control) {
        let Some(launcher) = &self.launcher else { return };
        let mut runs = lock(&self.runs);
        if runs.closed {
            return;
        }
        while runs.tasks.try_join_next().is_some() {}
        let (sender, receiver) = watch::channel(control);
        let (out, mut reports) = mpsc::unbounded_channel();
        runs.controls.insert((task.clone(), run), sender);
        let work = launcher(order, receiver, out);
        // Weak: a mover that will not end must not keep the stage, and with it its own control, alive.
        let stage = Arc::downgrade(self);
        let mover = runs.tasks.spawn(work);
        runs.tasks.spawn(async move {
            let mut ended = false;
            while let Some(happened) = reports.recv().await {
                ended |= matches!(happened, Happened::LoadFinished | Happened::Stopped | Happened::Failed { .. });
                report(&stage, &task, run, happened);
            }
            // A mover that ends without a word has broken down; silence would look like health.
            if !ended && !mover.is_finished() {
                mover.abort();
            }
            if !ended {
                report(
                    &stage,
                    &task,
                    run,
                    Happened::Failed { why: "The replication process ended unexpectedly.".into() },
                );
            }
            if let Some(stage) = stage.upgrade() {
                lock(&stage.runs).controls.remove(&(task, run));
            }
        });
    }

    /// Tells every mover to stop, and starts no other. The set ends when they have.
    pub fn close(&self) -> JoinSet<()> {
        let mut runs = lock(&self.runs);
        runs.closed = true;
        for sender in runs.controls.values() {
            sender.send_modify(|control| control.stop = true);
        }
        std::mem::take(&mut runs.tasks)
    }
}

fn report(stage: &Weak<Stage>, task: &str, run: u64, happened: Happened) {
    if let Some(stage) = stage.upgrade() {
        let task = task.to_owned();
        stage.with(|world, now| world.apply(Event::Mover { task, run, happened }, now));
    }
}

/// A panic while holding a lock is reported where it happened; what was locked is still whole enough to answer.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
