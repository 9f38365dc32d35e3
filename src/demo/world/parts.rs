//! Replication instances, endpoints, and the cached tests of the connections between them.

use crate::model::parts::Direction;
use crate::model::{EndpointArn, InstanceArn};
use jiff::Timestamp;

#[derive(Debug, Clone)]
pub struct Instance {
    pub arn: InstanceArn,
    /// The CloudWatch dimension; stands in no ARN.
    pub name: String,
    pub class: &'static str,
    pub created: Timestamp,
    /// Gigabytes.
    pub storage: i32,
    pub multi_az: bool,
    /// `PreferredMaintenanceWindow`.
    pub window: String,
    /// A class it changes to in its window.
    pub pending_class: Option<&'static str>,
    pub maintenance: Option<Maintenance>,
}

impl Instance {
    /// The last segment of its ARN.
    pub fn resource_id(&self) -> &str {
        self.arn.0.rsplit(':').next().unwrap_or_default()
    }
}

/// Maintenance that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maintenance {
    /// When it is done.
    pub at: Timestamp,
    /// Nobody can put it off any longer than this.
    pub forced: Timestamp,
    /// Somebody has asked for it now, instead of in the window.
    pub asked_for: bool,
}

#[derive(Debug, Clone)]
pub struct Endpoint {
    pub arn: EndpointArn,
    pub name: String,
    pub direction: Direction,
    /// Engine as DMS names it, and for people.
    pub engine: (&'static str, &'static str),
    pub host: String,
    pub port: i32,
    pub database: String,
    pub user: String,
    /// Name of the secret with user and password; the endpoint then shows no user.
    pub secret: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Connection {
    pub instance: InstanceArn,
    pub endpoint: EndpointArn,
    pub status: &'static str,
    pub failure: Option<String>,
    /// When a test under way ends.
    pub until: Option<Timestamp>,
}

/// A database the mover opens, and the schema in which the shop stands there: on MySQL that is the database itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub url: String,
    pub schema: String,
}

/// Where the rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Databases {
    pub source: Place,
    pub target: Place,
    pub staging: Place,
    /// Target and staging are one database, so staging tables get a prefix of their own.
    pub shared: bool,
}

/// Engine, host, port and database an endpoint shows for a URL. `SQLite` has no server, so it shows the host the
/// production database would have; it stands in for MySQL.
pub fn located(url: Option<&str>, host: &str) -> ((&'static str, &'static str), String, i32, String) {
    let url = url.unwrap_or("sqlite:");
    let (engine, port) = match url.split(':').next().unwrap_or_default() {
        "postgres" | "postgresql" => (("postgres", "PostgreSQL"), 5432),
        "mariadb" => (("mariadb", "MariaDB"), 3306),
        _ => (("mysql", "MySQL"), 3306),
    };
    let Some((_, rest)) = url.split_once("://").filter(|_| !url.starts_with("sqlite")) else {
        return (engine, host.to_owned(), port, "shop".to_owned());
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let place = authority.rsplit('@').next().unwrap_or_default();
    let (name, given) = place.rsplit_once(':').unwrap_or((place, ""));
    let database = path.split('?').next().unwrap_or_default();
    (engine, name.to_owned(), given.parse().unwrap_or(port), database.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_shows_where_its_url_points_and_never_the_password() {
        for (url, want) in [
            (Some("postgres://u:p%40@127.0.0.1:5544/shop?sslmode=off"), ("postgres", "127.0.0.1", 5544, "shop")),
            (Some("mysql://root@db.example/app"), ("mysql", "db.example", 3306, "app")),
            (Some("sqlite:///tmp/x.db"), ("mysql", "prod", 3306, "shop")),
            (None, ("mysql", "prod", 3306, "shop")),
        ] {
            let (engine, host, port, database) = located(url, "prod");
            assert_eq!((engine.0, host.as_str(), port, database.as_str()), want);
        }
    }
}
