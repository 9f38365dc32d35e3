//! The life of a task after its load: read the log, apply what is due, reload tables when asked, until stopped.

use crate::db::{DbError, Read, Session, Write, catalogue};
use crate::demo::mover::apply::{self, Refused};
use crate::demo::mover::capture::{self, LOG};
use crate::demo::mover::changes::{Queue, Stage, told};
use crate::demo::mover::control::Keeper;
use crate::demo::mover::load::{self, Loaded, Run};
use crate::demo::mover::order::{Begin, Happened, Order};
use crate::demo::mover::plan::{Name, Plan};
use crate::model::mappings::Mappings;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::task::{JoinError, JoinSet};

/// How often the log is asked when it had nothing new.
const POLL: Duration = Duration::from_millis(200);

/// Entries read at once.
const READ: usize = 2_000;

/// Times a batch is tried again after a deadlock or a busy file before its table is out.
const RETRIES: u32 = 5;

/// A task following the change log of one schema.
pub struct Follow {
    run: Run,
    mappings: Mappings,
    schema: String,
    queue: Queue,
    /// TASK_NAME in the control tables on the target.
    control_of: Option<String>,
}

impl Follow {
    /// Finds the change log and the position to go on from.
    pub async fn new(run: &Run, order: &Order, reader: &mut Session<Read>) -> Result<Self, DbError> {
        let tables = catalogue::read(reader).await?;
        let selected =
            |schema: &str| tables.keys().any(|(other, table)| other == schema && order.mappings.selects(schema, table));
        let schema = tables.keys().find(|(schema, table)| table == LOG && selected(schema)).map(|name| name.0.clone());
        let Some(schema) = schema else {
            let why = format!("the source {} has no change log {LOG} for these tables", run.source.place());
            return Err(DbError::Unexpected(why));
        };
        let from = match &order.begin {
            Begin::Changes { from: Some(from) } | Begin::LoadRest { from, .. } => {
                capture::check(reader, &schema, *from).await?;
                *from
            }
            _ => capture::position(reader, &schema).await?,
        };
        run.voice.say(Happened::At(from));
        Ok(Self {
            run: run.clone(),
            mappings: order.mappings.clone(),
            schema,
            queue: Queue::new(from),
            control_of: order.control_of.clone(),
        })
    }

    /// Follows until stopped. Tables in `out` failed their load and are left alone.
    pub async fn go(self, out: BTreeSet<Name>) -> Result<(), DbError> {
        let mut following = Following {
            reader: self.run.source.read().await?,
            target: self.run.target_session().await?,
            plans: BTreeMap::new(),
            out: out.into_iter().filter(|name| name.0 == self.schema).map(|name| name.1).collect(),
            loads: JoinSet::new(),
            asked: BTreeSet::new(),
            keeper: None,
            follow: self,
        };
        following.plan().await?;
        following.keep().await?;
        following.refuse_what_cannot_be_followed();
        for table in following.out.clone() {
            following.note(&table, None).await?;
        }
        following.go().await
    }
}

/// [`Follow`] with its connections open.
struct Following {
    follow: Follow,
    reader: Session<Read>,
    target: Session<Write>,
    /// By source table; all in the schema of the log.
    plans: BTreeMap<String, Plan>,
    /// Tables in error, by source name.
    out: BTreeSet<String>,
    /// Reloads under way, beside the changes of the other tables.
    loads: JoinSet<(Name, Result<Loaded, DbError>)>,
    /// Serial numbers of the reloads seen.
    asked: BTreeSet<u64>,
    /// Where DMS would keep its control tables.
    keeper: Option<Keeper>,
}

impl Following {
    async fn go(&mut self) -> Result<(), DbError> {
        loop {
            if self.follow.run.stopping() {
                while let Some(ended) = self.loads.join_next().await {
                    self.end_reload(ended).await?;
                }
                self.follow.run.voice.say(Happened::At(self.follow.queue.applied()));
                return Ok(());
            }
            while let Some(ended) = self.loads.try_join_next() {
                self.end_reload(ended).await?;
            }
            self.begin_reloads().await?;
            let read = self.read().await?;
            let applied = self.apply().await?;
            if !read && !applied {
                if self.follow.queue.is_empty() {
                    self.follow.run.voice.say(Happened::Idle(Timestamp::now()));
                }
                self.pause().await;
            }
        }
    }

    async fn plan(&mut self) -> Result<(), DbError> {
        let plans = super::plans(&self.follow.run, &self.follow.mappings, &mut self.reader).await?;
        let own = plans.into_iter().filter(|plan| plan.source.schema == self.follow.schema);
        self.plans = own.map(|plan| (plan.source.name.clone(), plan)).collect();
        Ok(())
    }

    /// Makes the control tables. Two tasks of one target may both try: whoever comes second finds them.
    async fn keep(&mut self) -> Result<(), DbError> {
        let Some(task) = self.follow.control_of.clone() else { return Ok(()) };
        let Some(schema) = self.plans.values().next().map(|plan| plan.target.0.clone()) else { return Ok(()) };
        let run = self.follow.run.clone();
        let _turn = load::turn(&run).await?;
        for _ in 0..2 {
            match Keeper::open(&mut self.target, &task, &schema).await {
                Ok(keeper) => {
                    self.keeper = Some(keeper);
                    break;
                }
                Err(error) if error.is_lost() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Writes down that a table is out, and what the target said to its change. A target that refuses that too is no reason
    /// to end.
    async fn note(&mut self, table: &str, refused: Option<&str>) -> Result<(), DbError> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let run = self.follow.run.clone();
        let _turn = load::turn(&run).await?;
        let of = (self.follow.schema.as_str(), table);
        if let Some(error) = refused {
            unless_lost(keeper.refused(&mut self.target, of, error).await)?;
        }
        unless_lost(keeper.gave_up(&mut self.target, of).await)
    }

    fn refuse_what_cannot_be_followed(&mut self) {
        let why = "the table has no primary key of numbers or text, so its changes cannot be captured";
        let blind = |plan: &&Plan| !capture::can_capture(&plan.source) || plan.key.is_empty();
        let blind: Vec<String> = self.plans.values().filter(blind).map(|plan| plan.source.name.clone()).collect();
        for table in blind {
            if !self.out.contains(&table) {
                self.fail(table, why.to_owned());
            }
        }
    }

    /// The table is out of the run.
    fn fail(&mut self, table: String, why: String) {
        self.follow.queue.forget(&table);
        let schema = self.follow.schema.clone();
        self.follow.run.voice.say(Happened::TableFailed { schema, table: table.clone(), why });
        self.out.insert(table);
    }

    /// Says whether there was anything to read.
    async fn read(&mut self) -> Result<bool, DbError> {
        if !self.follow.queue.has_room() {
            return Ok(false);
        }
        let Follow { run, schema, queue, .. } = &mut self.follow;
        let entries = capture::read(&mut self.reader, schema, queue.read, READ).await?;
        let any = !entries.is_empty();
        let wanted = |table: &str| self.plans.contains_key(table) && !self.out.contains(table);
        let own: Vec<_> = entries.iter().filter(|entry| wanted(&entry.table)).cloned().collect();
        queue.push(entries, wanted, Instant::now());
        for message in told(Stage::Captured, schema, &own) {
            run.voice.say(message);
        }
        Ok(any)
    }

    /// Says whether there was anything to apply.
    async fn apply(&mut self) -> Result<bool, DbError> {
        let delay = Duration::from_millis(self.follow.run.control.borrow().apply_delay_ms);
        let before = self.follow.queue.applied();
        let mut entries = self.follow.queue.due(Instant::now(), delay);
        let any = !entries.is_empty();
        let mut tries = 0;
        while !entries.is_empty() {
            let run = self.follow.run.clone();
            let turn = load::turn(&run).await?;
            let done = apply::batch(&mut self.reader, &mut self.target, &self.plans, &entries).await;
            drop(turn);
            match done {
                Ok(()) => {
                    for message in told(Stage::Applied, &self.follow.schema, &entries) {
                        run.voice.say(message);
                    }
                    break;
                }
                Err(Refused::Table(_, error) | Refused::Run(error)) if error.is_retryable() && tries < RETRIES => {
                    self.target.rollback().await?;
                    tries += 1;
                }
                Err(Refused::Table(table, error)) => {
                    entries.retain(|entry| entry.table != table);
                    let why = error.to_string();
                    self.fail(table.clone(), why.clone());
                    self.note(&table, Some(&why)).await?;
                }
                Err(Refused::Run(error)) => return Err(error),
            }
        }
        let now = self.follow.queue.applied();
        if now != before || any {
            self.follow.run.voice.say(Happened::At(now));
        }
        Ok(any)
    }

    async fn begin_reloads(&mut self) -> Result<(), DbError> {
        let names = super::new_reloads(&self.follow.run, &mut self.asked);
        if names.is_empty() {
            return Ok(());
        }
        self.plan().await?;
        let plans: Vec<Plan> = self.plans.values().cloned().collect();
        for plan in super::chosen(&self.follow.run.voice, &plans, &names) {
            let table = plan.source.name.clone();
            // Asked again while it is under way: the load that runs is as fresh as the one asked for.
            if self.follow.queue.is_loading(&table) {
                continue;
            }
            self.follow.queue.load_begins(&table);
            self.out.remove(&table);
            let run = self.follow.run.clone();
            self.loads.spawn(async move { (plan.name(), load::table(&run, &plan).await) });
        }
        Ok(())
    }

    async fn end_reload(&mut self, ended: Result<(Name, Result<Loaded, DbError>), JoinError>) -> Result<(), DbError> {
        let (name, loaded) = ended.map_err(|broken| DbError::Unexpected(broken.to_string()))?;
        match loaded? {
            // What is held back stays so: a resume begins before it.
            Loaded::Stopped => return Ok(()),
            Loaded::Failed => {
                self.follow.queue.forget(&name.1);
                self.out.insert(name.1.clone());
            }
            Loaded::All => {}
        }
        self.follow.queue.load_ended(&name.1);
        // The load may have created the table anew, with other types.
        self.plan().await
    }

    async fn pause(&mut self) {
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            // Gone or changed: both are looked at when the loop comes round.
            _ = self.follow.run.control.changed() => {}
        }
    }
}

fn unless_lost(done: Result<(), DbError>) -> Result<(), DbError> {
    match done {
        Err(error) if error.is_lost() => Err(error),
        _ => Ok(()),
    }
}
