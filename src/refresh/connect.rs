//! Who may open a session on the target, and the statements that take that right away and give it back. PostgreSQL only. For the
//! plan, which shows them, and the step `quarantine`, which runs them. Start at [`Rights::read`].

use super::trouble::Trouble;
use crate::aws::Reader;
use crate::db::{Dialect, Engine, Session, Value};
use crate::model::EndpointArn;
use crate::model::untrusted::shown;
use serde::{Deserialize, Serialize};

/// Who has the right to connect, as the catalogue says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    /// `None`: everybody.
    pub role: Option<String>,
    may_give: bool,
    /// By the owner of the database, as what this program gives would be.
    by_owner: bool,
    /// It is the owner's own.
    is_owner: bool,
}

/// All that is to be known before any of it is taken away.
pub(super) struct Rights {
    /// Its name, quoted.
    pub database: String,
    pub prior: Vec<Grant>,
    /// The user of this program, and the one that DMS signs in with.
    pub keep: Vec<String>,
}

impl Rights {
    /// `of_dms`: the user that DMS signs in with, where it may be another than ours.
    pub async fn read<A: Send>(session: &mut Session<A>, of_dms: Option<String>) -> Result<Self, Trouble> {
        let row = session.query("SELECT CAST(current_database() AS text), CAST(session_user AS text)", &[]).await?;
        let row = row.into_iter().next().unwrap_or_default();
        let database = session.dialect().quoted(&text(row.first()));
        let mut keep = vec![text(row.get(1))];
        if let Some(of_dms) = of_dms {
            let sql = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1";
            if session.query(sql, &[of_dms.as_str().into()]).await?.is_empty() {
                return Err(Trouble::Refused(format!(
                    "the target has no user {}, whom the endpoint of the task names: DMS could be kept out",
                    shown(&of_dms)
                )));
            }
            if !keep.contains(&of_dms) {
                keep.push(of_dms);
            }
        }
        Ok(Self { database, prior: grants(session).await?, keep })
    }

    /// Those that are taken away. The owner could give it to himself at any time.
    pub fn taken(&self) -> impl Iterator<Item = &Grant> {
        let is_kept =
            |grant: &&Grant| grant.is_owner || grant.role.as_ref().is_some_and(|role| self.keep.contains(role));
        self.prior.iter().filter(move |grant| !is_kept(grant))
    }

    /// What takes them away, and what gives them back.
    ///
    /// # Errors
    /// One could not be given back the same.
    pub fn statements(&self) -> Result<(Vec<String>, Vec<String>), String> {
        let Self { database, prior, keep } = self;
        if let Some(odd) = prior.iter().find(|grant| !grant.by_owner) {
            return Err(format!(
                "{} may connect by a grant that is not the owner's: it could not be put back the same",
                name(odd.role.as_deref())
            ));
        }
        let (mut take, mut give_back) = (Vec::new(), Vec::new());
        for grant in self.taken() {
            let role = role_sql(grant.role.as_deref());
            take.push(format!("REVOKE CONNECT ON DATABASE {database} FROM {role}"));
            let option = if grant.may_give { " WITH GRANT OPTION" } else { "" };
            give_back.push(format!("GRANT CONNECT ON DATABASE {database} TO {role}{option}"));
        }
        // Who came in by a right of everybody's needs one of his own meanwhile.
        for role in keep.iter().filter(|role| !prior.iter().any(|grant| grant.role.as_ref() == Some(role))) {
            let role = role_sql(Some(role));
            take.insert(0, format!("GRANT CONNECT ON DATABASE {database} TO {role}"));
            give_back.push(format!("REVOKE CONNECT ON DATABASE {database} FROM {role}"));
        }
        Ok((take, give_back))
    }
}

/// Who has the right now.
pub(super) async fn grants<A: Send>(session: &mut Session<A>) -> Result<Vec<Grant>, Trouble> {
    let rows = session.query(include_str!("../../sql/postgresql/connect_rights.sql"), &[]).await?;
    let grant = |row: &Vec<Value>| Grant {
        role: row.first().and_then(Value::as_text).map(std::borrow::Cow::into_owned),
        may_give: row.get(1).is_some_and(Value::is_true),
        by_owner: row.get(2).is_some_and(Value::is_true),
        is_owner: row.get(3).is_some_and(Value::is_true),
    };
    Ok(rows.iter().map(grant).collect())
}

/// The user that DMS signs in with at this endpoint.
pub(super) async fn user_of_dms(reader: &Reader, endpoint: &EndpointArn) -> Result<String, Trouble> {
    let endpoints = reader.endpoints().await?.value;
    let Some(endpoint) = endpoints.into_iter().find(|one| one.arn == *endpoint) else {
        return Err(Trouble::refused("the target endpoint of the task is gone"));
    };
    if let Some(user) = &endpoint.username {
        return Ok(user.raw().to_owned());
    }
    if let Some(secret) = &endpoint.secret {
        let secret = reader.secret(secret.raw()).await?.value;
        let user = serde_json::from_str::<serde_json::Value>(secret.expose())
            .ok()
            .and_then(|json| json.get("username")?.as_str().map(str::to_owned));
        if let Some(user) = user {
            return Ok(user);
        }
    }
    Err(Trouble::refused(format!(
        "endpoint {} does not say which user DMS signs in with: a quarantine could keep DMS out",
        endpoint.name.shown()
    )))
}

pub(super) fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_text).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn role_sql(role: Option<&str>) -> String {
    role.map_or_else(|| "PUBLIC".to_owned(), |role| Dialect::of(Engine::PostgreSql).quoted(role))
}

pub(super) fn name(role: Option<&str>) -> String {
    role.map_or_else(|| "everybody".to_owned(), |role| shown(role).into_owned())
}
