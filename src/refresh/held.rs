//! The one session that a run has on its target: it carries the lock and all that is written there.
//!
//! Start at [`Held::open`]. The lock goes with the session: whoever loses it can write nothing any more, so a runner that was
//! stopped for an hour and goes on finds its session gone and asks anew ([`Held::again`]). `lock.rs` is the lock on each
//! engine, and who has it. Before and after everything that is durable stands a kill point (`store::points`).

mod lock;

pub use lock::{Holder, has_session};

use super::ledger;
use super::trouble::Trouble;
use crate::db::schema::identity::identity;
use crate::db::{Database, Dialect, Engine, Row, Session, Value, Write, WritePermit};
use crate::model::refresh::RefreshId;
use crate::store::points;
use futures_util::future::BoxFuture;
use std::sync::Arc;

type Find = dyn Fn() -> BoxFuture<'static, Result<Database, Trouble>> + Send + Sync;

/// Finds a database anew, with the password or token of this moment.
#[derive(Clone)]
pub struct Door {
    find: Arc<Find>,
    /// What the database must say it is: a name or a tunnel may lead somewhere else than it did.
    identity: Option<String>,
}

impl Door {
    pub fn new(find: impl Fn() -> BoxFuture<'static, Result<Database, Trouble>> + Send + Sync + 'static) -> Self {
        Self { find: Arc::new(find), identity: None }
    }

    /// The same way, to the database of this identity only; `None`: it never told.
    #[must_use]
    pub fn only(self, identity: Option<&str>) -> Self {
        Self { identity: identity.map(str::to_owned), ..self }
    }

    /// A database whose address does not change.
    pub fn fixed(database: Database) -> Self {
        Self::new(move || {
            let database = database.clone();
            Box::pin(async move { Ok(database) })
        })
    }

    /// # Errors
    /// It cannot be found, or its secret cannot be read.
    pub async fn find(&self) -> Result<Database, Trouble> {
        (self.find)().await
    }

    /// A session that only looks.
    ///
    /// # Errors
    /// As [`Door::find`]; it cannot be opened; it is another database than was planned.
    pub async fn read(&self) -> Result<Session<crate::db::Read>, Trouble> {
        let mut session = self.find().await?.read().await?;
        self.prove(&mut session).await?;
        Ok(session)
    }

    /// The database, for whoever opens sessions by himself.
    ///
    /// # Errors
    /// As [`Door::read`].
    pub async fn proven(&self) -> Result<Database, Trouble> {
        let database = self.find().await?;
        self.prove(&mut database.read().await?).await?;
        Ok(database)
    }

    async fn prove<A: Send>(&self, session: &mut Session<A>) -> Result<(), Trouble> {
        let Some(planned) = &self.identity else { return Ok(()) };
        let now = identity(session).await?.words();
        if now.as_ref() == Some(planned) {
            return Ok(());
        }
        let now = now.unwrap_or_else(|| "nothing".to_owned());
        Err(Trouble::refused(format!(
            "{} is not the database of the plan: that one said it is {planned}, and this one says {now}. Nothing is done to it; \
             look at where its name, its tunnel and its endpoint lead now",
            session.place()
        )))
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}

/// Who is meant by the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    pub run: RefreshId,
    pub host: String,
    pub pid: u32,
    /// Who had the run before, on this machine, as its journal or the ledger says.
    pub before: Option<u32>,
    /// Each time that a session is opened, one more.
    pub attempt: u32,
}

impl Bearer {
    /// As the server's list of sessions shows it: `cutover/<run>/<attempt>@<host>:<pid>`, the host as [`lock::host`] has it.
    pub fn label(&self) -> String {
        format!("cutover/{}/{}@{}:{}", self.run.0, self.attempt, lock::host(&self.host), self.pid)
    }
}

/// What is done about a session of this very run that still has the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zombie {
    /// It is of a process of this machine that is gone: it is ended, and waited for.
    #[default]
    EndOurs,
    /// Of whatever machine: somebody said that the other one is gone.
    EndAny,
}

/// See the module's first line.
pub struct Held {
    door: Door,
    permit: WritePermit,
    bearer: Bearer,
    zombie: Zombie,
    dialect: &'static Dialect,
    /// Where SQLite has the ledger's tables, and the name of the lock on MySQL.
    schema: Option<String>,
    open: Option<Open>,
    /// What the ledger said when it was taken up: another number there means that somebody else has taken the run over.
    epoch: Option<i64>,
    in_transaction: bool,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({} {})", self.dialect.name, self.bearer.label())
    }
}

struct Open {
    session: Session<Write>,
    lock: lock::Lock,
}

impl Held {
    /// Opens the session, takes the lock and proves that it is there.
    ///
    /// # Errors
    /// [`Trouble::Refused`]: somebody else has it, and who; or the way there does not keep a session.
    pub async fn open(door: Door, permit: WritePermit, bearer: Bearer, zombie: Zombie) -> Result<Self, Trouble> {
        let database = door.find().await?;
        let (dialect, schema) = (database.dialect(), database.named_schema().map(str::to_owned));
        let mut held =
            Self { door, permit, bearer, zombie, dialect, schema, open: None, epoch: None, in_transaction: false };
        held.again().await?;
        Ok(held)
    }

    /// Opens the session anew where it is gone, takes the lock, and makes sure that nobody else has taken the run over.
    ///
    /// # Errors
    /// As [`Held::open`].
    pub async fn again(&mut self) -> Result<(), Trouble> {
        if let Some(open) = &mut self.open {
            if !self.in_transaction && open.session.query("SELECT 1", &[]).await.is_ok() {
                return Ok(());
            }
            self.drop_session();
        }
        self.bearer.attempt += 1;
        let database = self.door.find().await?;
        let mut session = database.write(&self.permit, &self.bearer.label()).await?;
        self.door.prove(&mut session).await?;
        points::at("before lock");
        let lock = lock::take(&database, &mut session, &self.bearer, self.zombie).await?;
        points::at("after lock");
        self.open = Some(Open { session, lock });
        if let Some(mine) = self.epoch {
            match ledger::epoch(self).await? {
                Some(found) if found == mine => {}
                Some(_) => {
                    self.drop_session();
                    return Err(Trouble::refused(format!(
                        "run {} was taken over by somebody else meanwhile: this one ends here",
                        self.bearer.run.0
                    )));
                }
                None => return Err(Trouble::refused("the ledger on the target no longer has this run")),
            }
            ledger::holder(self).await?;
        }
        Ok(())
    }

    /// Gives the lock up with the session; the next use opens it anew.
    pub fn drop_session(&mut self) {
        self.open = None;
        self.in_transaction = false;
    }

    /// Ends the session in order: the lock is free when this returns.
    pub async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            lock::release(open.lock, open.session).await;
        }
        self.in_transaction = false;
    }

    /// Remembers the epoch under which the run was taken up.
    pub(super) fn take_up(&mut self, epoch: i64) {
        self.epoch = Some(epoch);
    }

    pub fn bearer(&self) -> &Bearer {
        &self.bearer
    }

    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The schema that the address itself names: SQLite's attached name, the database of MySQL.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The server itself ends a statement that takes longer, where it can be told so.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn limit(&mut self, span: std::time::Duration) -> Result<(), Trouble> {
        if self.dialect.engine != Engine::PostgreSql {
            return Ok(());
        }
        let set = format!("SET statement_timeout = '{}ms'", span.as_millis().min(i32::MAX.unsigned_abs().into()));
        let done = self.open_session()?.script(&set).await;
        self.settled(done)
    }

    /// What the server calls the session: the number of the backend, of the connection; 0 on SQLite.
    pub(super) fn number(&self) -> i64 {
        self.open.as_ref().map_or(0, |open| open.lock.number())
    }

    fn open_session(&mut self) -> Result<&mut Session<Write>, Trouble> {
        match &mut self.open {
            Some(open) => Ok(&mut open.session),
            None => Err(Trouble::Lost("there is no session on the target at this moment".to_owned())),
        }
    }

    /// The session itself, for what only looks (`db::schema`). Everything that changes something goes through the functions
    /// here, which know the kill points.
    ///
    /// # Errors
    /// There is none at this moment.
    pub fn session(&mut self) -> Result<&mut Session<Write>, Trouble> {
        self.open_session()
    }

    /// Reads.
    ///
    /// # Errors
    /// What the server says.
    pub async fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, Trouble> {
        let done = self.open_session()?.query(sql, parameters).await;
        self.settled(done)
    }

    /// One statement; says how many rows it touched. Outside of a transaction it is durable when this returns.
    ///
    /// # Errors
    /// What the server says.
    pub async fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Trouble> {
        self.point("before execute");
        let done = self.open_session()?.execute(sql, parameters).await;
        let done = self.settled(done)?;
        self.point("after execute");
        Ok(done)
    }

    /// Statements without parameters, separated by semicolons. Outside of a transaction each is durable by itself on the MySQL
    /// family and SQLite, all together on PostgreSQL.
    ///
    /// # Errors
    /// What the server says.
    pub async fn script(&mut self, sql: &str) -> Result<(), Trouble> {
        self.point("before script");
        let done = self.open_session()?.script(sql).await;
        self.settled(done)?;
        self.point("after script");
        Ok(())
    }

    /// # Errors
    /// There is a transaction already; or what the server says.
    pub async fn begin(&mut self) -> Result<(), Trouble> {
        if self.in_transaction {
            return Err(Trouble::refused("there is a transaction already: this is a mistake of the program"));
        }
        let done = self.open_session()?.begin().await;
        self.settled(done)?;
        self.in_transaction = true;
        Ok(())
    }

    /// # Errors
    /// [`Trouble::Lost`]: nobody knows whether it was done; look.
    pub async fn commit(&mut self) -> Result<(), Trouble> {
        points::at("before commit");
        let done = self.open_session()?.commit().await;
        self.settled(done)?;
        self.in_transaction = false;
        points::at("after commit");
        Ok(())
    }

    /// Takes a transaction back, where there is one.
    ///
    /// # Errors
    /// The session is gone, and the transaction with it.
    pub async fn rollback(&mut self) -> Result<(), Trouble> {
        if !self.in_transaction {
            return Ok(());
        }
        self.in_transaction = false;
        let done = self.open_session()?.rollback().await;
        self.settled(done)
    }

    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// A word to the server, so that neither it nor anything on the way gives the session up.
    ///
    /// # Errors
    /// The session is gone.
    pub async fn ping(&mut self) -> Result<(), Trouble> {
        self.query("SELECT 1", &[]).await.map(drop)
    }

    /// Inside a transaction nothing is durable before its commit.
    fn point(&self, name: &str) {
        if !self.in_transaction {
            points::at(name);
        }
    }

    /// What was lost takes its session with it.
    fn settled<T>(&mut self, done: Result<T, crate::db::DbError>) -> Result<T, Trouble> {
        done.map_err(|error| {
            if error.is_lost() {
                self.drop_session();
            }
            Trouble::from(error)
        })
    }
}
