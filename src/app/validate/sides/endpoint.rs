//! A database as DMS knows it: engine, host, port, and perhaps a secret. Its password nobody can read there.

use super::super::{Failure, password};
use super::Means;
use super::login::{Login, checked};
use crate::db::Database;
use crate::model::database::AwsPlace;
use crate::model::parts::Endpoint;
use crate::model::untrusted::shown;
use crate::validate::merge::Side;

/// Engines of DMS (API reference, `EngineName`) that are read, and the scheme of their addresses.
const ENGINES: [(&str, &str); 10] = [
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("aurora", "mysql"),
    ("aurora-serverless", "mysql"),
    ("gcp-mysql", "mysql"),
    ("postgres", "postgres"),
    ("aurora-postgresql", "postgres"),
    ("aurora-postgresql-serverless", "postgres"),
    ("redshift", "redshift"),
    ("redshift-serverless", "redshift"),
];

/// What to do where an endpoint is not enough.
pub(super) fn instead(endpoint: &Endpoint) -> String {
    let name = endpoint.name.shown();
    format!("a section [databases.NAME] with endpoint = \"{name}\" says how it is to be opened instead")
}

fn scheme(engine: &str) -> Option<&'static str> {
    ENGINES.iter().find(|(name, _)| name.eq_ignore_ascii_case(engine)).map(|(_, scheme)| *scheme)
}

impl Means<'_> {
    /// The database of an endpoint, how to log in there, and how both were found.
    pub(super) async fn of_dms(&self, side: Side, endpoint: &Endpoint) -> Result<(Database, Login, String), Failure> {
        let by = format!("endpoint {} of DMS", endpoint.name.shown());
        let failed = |why: String| {
            let mut failure = Failure::could_not(format!("{}: {by}: {why}", side.word()));
            failure.lines.push(instead(endpoint));
            failure
        };
        let Some(scheme) = scheme(endpoint.engine.raw()) else {
            let engine = endpoint.engine.shown();
            return Err(failed(format!(
                "its engine {engine} is not read; PostgreSQL, MySQL, MariaDB and Redshift are"
            )));
        };
        let mut login = Login::default();
        if let Some(name) = &endpoint.secret {
            match self.secret(name.raw(), &AwsPlace::default()).await {
                Ok(found) => login = Login { by: format!(", password from secret {}", name.shown()), ..found },
                Err(failure) => {
                    let why = failure.lines.join("; ");
                    login.trouble = Some(format!("its secret {} could not be opened: {why}", name.shown()));
                }
            }
        }
        let host = endpoint.host.as_ref().filter(|host| !host.is_empty());
        if host.is_none() && login.host.is_none() && login.file.is_none() {
            return Err(failed(login.trouble.unwrap_or_else(|| "it names no host".to_owned())));
        }
        if login.password.is_none() {
            let variable = format!("CUTOVER_{}_PASSWORD", side.word().to_uppercase());
            login.password = password::from_environment(&variable);
            if login.password.is_some() {
                login.by = format!(", password from {variable}");
            }
            login.variable = Some(variable);
        }
        let url = match host {
            Some(host) => {
                let host = checked(host.raw()).ok_or_else(|| failed(format!("{} is no host", host.shown())))?;
                let port = endpoint.port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
                format!("{scheme}://{host}{}", port.map(|port| format!(":{port}")).unwrap_or_default())
            }
            None => format!("{scheme}://"),
        };
        let own = |text: &Option<crate::model::Untrusted>| text.as_ref().map(|text| text.raw().to_owned());
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        // What the endpoint says is what DMS uses.
        login.user = some(own(&endpoint.username)).or(login.user.take());
        login.name = some(own(&endpoint.database)).or(login.name.take());
        let database = login.place(&url, &failed)?;
        let by = shown(&format!("{by}{}", login.by)).into_owned();
        Ok((database, login, by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EndpointArn;

    fn endpoint(engine: &str, host: &str) -> Endpoint {
        Endpoint {
            arn: EndpointArn("arn:aws:dms:eu-west-1:1:endpoint:A".into()),
            name: "orders-src".into(),
            engine: engine.into(),
            host: Some(host.into()),
            port: Some(6000),
            database: Some("shop".into()),
            username: Some("dms".into()),
            ..Endpoint::default()
        }
    }

    #[tokio::test]
    async fn engines_that_are_read_are_found_and_others_say_so() {
        let means = Means::default();
        for (engine, want) in
            [("aurora-postgresql", "postgresql"), ("mariadb", "mysql"), ("aurora", "mysql"), ("redshift", "redshift")]
        {
            let (database, login, by) = means.of_dms(Side::Source, &endpoint(engine, "db.example")).await.ok().unwrap();
            assert_eq!((database.dialect().name, database.place().as_str()), (want, "db.example:6000/shop"));
            assert_eq!(by, "endpoint orders-src of DMS");
            assert_eq!(login.variable.as_deref(), Some("CUTOVER_SOURCE_PASSWORD"));
        }
        for (one, part) in [
            (endpoint("oracle", "db"), "its engine oracle is not read"),
            (endpoint("s3", ""), "its engine s3 is not read"),
            (endpoint("mysql", ""), "it names no host"),
            (endpoint("mysql", "a/b"), "a/b is no host"),
        ] {
            let failure = means.of_dms(Side::Target, &one).await.err().unwrap();
            let said = failure.lines.join("\n");
            assert!(said.contains(part) && said.contains("endpoint = \"orders-src\""), "{said}");
        }
    }
}
