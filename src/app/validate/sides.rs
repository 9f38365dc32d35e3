//! Finding the two databases of a comparison, and opening them: by an address, by their name in the configuration, or by
//! the endpoint of a task. What was used is told.

use super::{Failure, password};
use crate::db::Database;
use crate::model::untrusted::shown;
use crate::validate::merge::Side;

/// A URL as it was given; it may hold a password, so it has no other form.
#[derive(Clone)]
pub struct Address(String);

impl std::str::FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(..)")
    }
}

impl Address {
    /// Whether it can be one, without opening anything.
    pub fn check(&self, side: Side) -> Result<Database, Failure> {
        Database::parse(&self.0).map_err(|error| Failure::usage(format!("--{}: {error}", side.word())))
    }

    /// What a person should know of it before it is used.
    pub fn note(&self, side: Side) -> Option<String> {
        let (side, name) = (side.word(), side.word().to_uppercase());
        password::is_in(&self.0).then(|| {
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
}

/// A database that can be opened.
#[derive(Debug, Clone)]
pub struct Found {
    pub database: Database,
    /// How it was found: `--source`, `[databases.shop]`, `the task's endpoint billing-source`.
    pub by: String,
}

/// Finds a database and makes sure that it can be opened.
pub async fn find(side: Side, asked: &SideAsked) -> Result<Found, Failure> {
    match asked {
        SideAsked::Address(address) => {
            let database = open(side.word(), address.check(side)?, &address.0).await?;
            Ok(Found { database, by: format!("--{}", side.word()) })
        }
    }
}

/// Makes sure that the address can be opened; asks for the password where there is none and the server wants one.
async fn open(side: &str, database: Database, url: &str) -> Result<Database, Failure> {
    let given = password::is_in(url);
    let database = match password::from_environment(side).filter(|_| !given) {
        Some(password) => database.with_password(&password),
        None => database,
    };
    let Err(error) = database.read().await.map(drop) else { return Ok(database) };
    let said = error.to_string();
    let wants = ["password", "Access denied", "authentication"].iter().any(|word| said.contains(word));
    let place = shown(&database.place()).into_owned();
    if wants && !given && password::can_ask() {
        let answer = password::ask(side, &place).ok_or_else(|| Failure::could_not(format!("{side}: no password")))?;
        let database = database.with_password(&answer);
        database.read().await.map_err(|error| Failure::could_not(format!("{side}: {error}")))?;
        return Ok(database);
    }
    let mut failure = Failure::could_not(format!("{side}: {error}"));
    if wants && !given {
        let name = side.to_uppercase();
        failure.lines.push(format!("the password can stand in CUTOVER_{name}_PASSWORD; on a terminal it is asked for"));
    }
    Err(failure)
}
