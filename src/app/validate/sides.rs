//! Finding the two databases of a comparison, and opening them: by an address, by their name in the configuration, or by
//! the endpoint of a task. What was used is told.
//!
//! Start at [`Means::find`]. `login` knows where a password comes from, `endpoint` what DMS knows of a database.

mod endpoint;
mod login;

use super::{Failure, password};
use crate::app::Setup;
use crate::aws::{self, Reader};
use crate::db::Database;
use crate::model::database::{Entry, Parts};
use crate::model::parts::{Direction, Endpoint};
use crate::model::task::Task;
use crate::model::untrusted::shown;
use crate::model::{EndpointArn, Secret};
use crate::validate::merge::Side;
use login::Login;
pub(in crate::app) use login::command;
use std::path::PathBuf;

/// A URL as it was given; it may hold a password, so it has no other form.
#[derive(Clone)]
pub struct Address {
    url: String,
    ca: Option<PathBuf>,
}

impl std::str::FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self { url: url.to_owned(), ca: None })
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

impl Address {
    /// The same, with certificates that are trusted besides those of this machine.
    #[must_use]
    pub fn with_ca(self, ca: Option<PathBuf>) -> Self {
        Self { ca: ca.or(self.ca), ..self }
    }

    /// Whether it can be one, without opening anything.
    pub fn check(&self, side: Side) -> Result<Database, Failure> {
        let wrong = |error| Failure::usage(format!("--{}: {error}", side.word()));
        let database = Database::parse(&self.url).map_err(wrong)?;
        match &self.ca {
            Some(ca) => database.with_ca(ca).map_err(wrong),
            None => Ok(database),
        }
    }

    /// What a person should know of it before it is used.
    pub fn note(&self, side: Side) -> Option<String> {
        let (side, name) = (side.word(), side.word().to_uppercase());
        Parts::of(&self.url).password.then(|| {
            format!(
                "the password in --{side} can be read by everybody on this machine; CUTOVER_{name}_PASSWORD, or an answer \
                 when asked, cannot"
            )
        })
    }
}

/// Which database is meant.
#[derive(Debug, Clone)]
pub enum SideAsked {
    Address(Address),
    /// `[databases.NAME]`.
    Database(String),
    /// The endpoint of a task: its section of the configuration, where one names it, else what DMS knows of it.
    Endpoint(EndpointArn),
}

/// A database that can be opened.
#[derive(Debug, Clone)]
pub struct Found {
    pub database: Database,
    /// How it was found: `--source`, `[databases.shop], password from secret rds/shop`, `endpoint billing-source of DMS, …`.
    pub by: String,
    /// What a person should know before it is used.
    pub notes: Vec<String>,
}

/// What finding a database may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Means<'a> {
    pub databases: &'a [Entry],
    /// Of whom a secret can be asked where there is no reader, or another one is needed.
    pub aws: Option<&'a aws::Settings>,
    pub reader: Option<&'a Reader>,
    /// Somebody can be asked for a password at the terminal: never while the console has it.
    pub may_ask: bool,
    /// No `password_command` is run: it may ask somebody by itself.
    pub runs_nothing: bool,
}

impl<'a> Means<'a> {
    /// What this setup has.
    pub fn of(setup: &'a Setup, reader: Option<&'a Reader>, may_ask: bool) -> Self {
        Self { databases: &setup.databases, aws: Some(&setup.aws), reader, may_ask, runs_nothing: false }
    }

    /// Finds a database and makes sure that it can be opened.
    ///
    /// # Errors
    /// There is none of this name, it is of an engine that is not read, there is no password, or it cannot be opened.
    pub async fn find(&self, side: Side, asked: &SideAsked) -> Result<Found, Failure> {
        match asked {
            SideAsked::Address(address) => self.address(side, address).await,
            SideAsked::Database(name) => self.named(side, name).await,
            SideAsked::Endpoint(arn) => {
                let all = self.endpoints().await?;
                self.endpoint(side, arn, &all).await
            }
        }
    }

    /// Source and target of a task.
    ///
    /// # Errors
    /// Of either, as [`Means::find`].
    pub async fn for_task(&self, task: &Task) -> Result<[Found; 2], Failure> {
        let all = self.endpoints().await?;
        // One after the other: both may ask for a password.
        let source = self.endpoint(Side::Source, &task.source, &all).await?;
        let target = self.endpoint(Side::Target, &task.target, &all).await?;
        Ok([source, target])
    }

    /// Source and target of a task, each by itself. `only_named`: only where a section of the configuration names the
    /// endpoint; `None` where none does.
    ///
    /// # Errors
    /// DMS tells no endpoints; of a side, as [`Means::find`].
    pub async fn each_of_task(
        &self,
        task: &Task,
        only_named: bool,
    ) -> Result<[Result<Option<Found>, Failure>; 2], Failure> {
        let all = self.endpoints().await?;
        let one = async |side, arn: &EndpointArn| {
            if only_named && !self.names(arn, &all) {
                return Ok(None);
            }
            self.endpoint(side, arn, &all).await.map(Some)
        };
        Ok([one(Side::Source, &task.source).await, one(Side::Target, &task.target).await])
    }

    fn names(&self, arn: &EndpointArn, all: &[Endpoint]) -> bool {
        let name = all.iter().find(|endpoint| endpoint.arn == *arn).map(|endpoint| endpoint.name.raw());
        let is = |entry: &Entry| entry.endpoint.as_deref().is_some_and(|told| told == arn.0 || Some(told) == name);
        self.databases.iter().any(is)
    }

    /// `[databases.NAME]`.
    ///
    /// # Errors
    /// As [`Means::find`].
    pub async fn named(&self, side: Side, name: &str) -> Result<Found, Failure> {
        let Some(entry) = self.databases.iter().find(|entry| entry.name == name) else {
            let known: Vec<&str> = self.databases.iter().map(|entry| entry.name.as_str()).collect();
            let known =
                if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
            let name = shown(name);
            return Err(Failure::usage(format!(
                "{}: no [databases.{name}] in the configuration; {known}",
                side.word()
            )));
        };
        self.entry(side, entry).await
    }

    async fn address(&self, side: Side, address: &Address) -> Result<Found, Failure> {
        let given = Parts::of(&address.url).password;
        let variable = format!("CUTOVER_{}_PASSWORD", side.word().to_uppercase());
        let from = if given { None } else { password::from_environment(&variable) };
        let login = Login { password: from, given, variable: Some(variable), ..Login::default() };
        let database = self.opened(side, address.check(side)?, &login).await?;
        Ok(found(side, database, &format!("--{}", side.word())))
    }

    async fn entry(&self, side: Side, entry: &Entry) -> Result<Found, Failure> {
        let by = format!("[databases.{}]", entry.name);
        let failed = |why: String| Failure::could_not(format!("{}: {by}: {why}", side.word()));
        let login = self.login(side, entry).await?;
        let mut database = login.place(&entry.url, &failed)?;
        if let Some(tls) = entry.tls {
            database = database.with_tls(tls);
        }
        if let Some(replica) = &entry.replica {
            database = database.with_host(replica);
        }
        if let Some(ca) = &entry.ca {
            database = database.with_ca(ca).map_err(|error| failed(error.to_string()))?;
        }
        let replica = if entry.replica.is_some() { ", its replica" } else { "" };
        let by = format!("{by}{replica}{}", login.by);
        let database = self.opened(side, database, &login).await?;
        Ok(found(side, database, &by))
    }

    async fn endpoints(&self) -> Result<Vec<Endpoint>, Failure> {
        let Some(reader) = self.reader else {
            return Err(Failure::could_not("nobody is signed in who could ask DMS for endpoints"));
        };
        let answer = reader.endpoints().await?;
        match answer.missing.into_iter().next() {
            Some(problem) => Err(problem.into()),
            None => Ok(answer.value),
        }
    }

    async fn endpoint(&self, side: Side, arn: &EndpointArn, all: &[Endpoint]) -> Result<Found, Failure> {
        let of_side = if side == Side::Source { Direction::Source } else { Direction::Target };
        let endpoint = all.iter().find(|endpoint| endpoint.arn == *arn);
        let endpoint = endpoint.filter(|endpoint| endpoint.direction.is_none_or(|direction| direction == of_side));
        let names = |entry: &&Entry| {
            let is = |name: &str| entry.endpoint.as_deref() == Some(name);
            is(&arn.0) || endpoint.is_some_and(|endpoint| is(endpoint.name.raw()))
        };
        if let Some(entry) = self.databases.iter().find(names) {
            return self.entry(side, entry).await;
        }
        let Some(endpoint) = endpoint else {
            let arn = shown(&arn.0).into_owned();
            return Err(Failure::could_not(format!("{}: DMS lists no endpoint {arn}", side.word())));
        };
        let (database, login, by) = self.of_dms(side, endpoint).await?;
        let database = self.opened(side, database, &login).await.map_err(|mut failure| {
            failure.lines.push(endpoint::instead(endpoint));
            failure
        })?;
        Ok(found(side, database, &by))
    }

    /// Makes sure that it can be opened; asks for the password where there is none and the server wants one.
    async fn opened(&self, side: Side, database: Database, login: &Login) -> Result<Database, Failure> {
        let side = side.word();
        let known = login.given || login.password.is_some();
        let database = match &login.password {
            Some(password) => database.with_password(password),
            None => database,
        };
        let Err(error) = database.read().await.map(drop) else { return Ok(database) };
        let said = shown(&error.to_string()).into_owned();
        let wants = ["password", "Access denied", "authentication"].iter().any(|word| said.contains(word));
        let place = shown(&database.place()).into_owned();
        if wants && !known && self.may_ask && password::can_ask() {
            let answer: Option<Secret> = password::ask(side, &place);
            let answer = answer.ok_or_else(|| Failure::could_not(format!("{side}: no password")))?;
            let database = database.with_password(&answer);
            let failed = |error| Failure::could_not(shown(&format!("{side}: {error}")).into_owned());
            database.read().await.map_err(failed)?;
            return Ok(database);
        }
        let mut failure = Failure::could_not(format!("{side}: {said}"));
        if let Some(variable) = login.variable.as_ref().filter(|_| wants && !known) {
            let asked = if self.may_ask { "; on a terminal it is asked for" } else { "" };
            failure.lines.push(format!("{LACKS} {variable}{asked}"));
        }
        failure.lines.extend(login.trouble.clone().filter(|_| wants));
        Err(failure)
    }
}

/// How a line begins that says where a password would be looked for.
const LACKS: &str = "the password can stand in";

/// Whether a database could not be opened for want of a password that somebody could still give.
pub fn lacks_password(failure: &Failure) -> bool {
    failure.lines.iter().any(|line| line.starts_with(LACKS))
}

fn found(side: Side, database: Database, by: &str) -> Found {
    let guard = database.guard();
    let notes = guard.is_weak().then(|| {
        let place = database.place();
        format!("the way to the {} ({}): {}", side.word(), shown(&place), guard.words())
    });
    Found { by: shown(by).into_owned(), notes: notes.into_iter().collect(), database }
}
