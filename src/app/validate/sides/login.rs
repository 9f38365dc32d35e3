//! User and password of a database, and what its secret says of where it is.

use super::super::{Failure, password};
use super::Means;
use crate::aws::{self, Connected, Limiters};
use crate::db::Database;
use crate::demo;
use crate::model::Secret;
use crate::model::database::{AwsPlace, Entry, Parts, PasswordFrom};
use crate::model::untrusted::shown;
use crate::validate::merge::Side;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// A command that asks a person has this long.
const COMMAND: Duration = Duration::from_secs(30);
/// A password is shorter; more is not read.
const MOST: u64 = 64 * 1024;

/// What is known of a login, and where from.
#[derive(Default)]
pub(super) struct Login {
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub name: Option<String>,
    /// Instead of all others: a database of the demo that has no server.
    pub file: Option<String>,
    /// There is a password already, in the address itself.
    pub given: bool,
    /// Where a password would be looked for.
    pub variable: Option<String>,
    /// Behind the name of the database: `, password from …`.
    pub by: String,
    /// Why there is no password, where one should have been.
    pub trouble: Option<String>,
}

impl Means<'_> {
    /// The login that a section of the configuration asks for.
    pub(super) async fn login(&self, side: Side, entry: &Entry) -> Result<Login, Failure> {
        let failed = |why: String| Failure::could_not(format!("{}: [databases.{}]: {why}", side.word(), entry.name));
        let file = Parts::of(&entry.url).scheme == "sqlite";
        match &entry.password {
            _ if file => Ok(Login::default()),
            PasswordFrom::Secret(name) => {
                let by = format!(", password from secret {}", shown(name));
                let login = self.secret(name, &entry.aws).await.map_err(|mut failure| {
                    let secret = shown(name);
                    let line =
                        format!("{}: [databases.{}]: its secret {secret} could not be opened", side.word(), entry.name);
                    failure.lines.insert(0, line);
                    failure
                })?;
                Ok(Login { by, ..login })
            }
            PasswordFrom::Environment(name) => {
                let found = password::from_environment(name);
                let found =
                    found.ok_or_else(|| failed(format!("the variable {} is not set, or empty", shown(name))))?;
                Ok(Login { password: Some(found), by: format!(", password from {}", shown(name)), ..Login::default() })
            }
            PasswordFrom::Command(_) if self.runs_nothing => {
                Err(failed("its password comes from a command, which may ask somebody".to_owned()))
            }
            PasswordFrom::Command(words) => {
                let found = command("password_command", words).await.map_err(failed)?;
                let by = ", password from its command".to_owned();
                Ok(Login { password: Some(found), by, ..Login::default() })
            }
            PasswordFrom::Unsaid => {
                let variable = entry.variable();
                let found = password::from_environment(&variable);
                let by = found.as_ref().map(|_| format!(", password from {variable}")).unwrap_or_default();
                Ok(Login { password: found, by, variable: Some(variable), ..Login::default() })
            }
        }
    }

    /// Opens a secret, as whoever may.
    pub(super) async fn secret(&self, name: &str, place: &AwsPlace) -> Result<Login, Failure> {
        let region = place.region.clone().or_else(|| region_of(name));
        let ours = self.reader.filter(|reader| {
            let here = region.as_ref().is_none_or(|region| *region == reader.scope().region.0);
            here && place.profile.is_none() && place.role.is_none()
        });
        let reader = match (ours, self.aws) {
            (Some(reader), _) => reader.clone(),
            (None, Some(settings)) => {
                let mut settings = settings.clone();
                settings.profile = place.profile.clone().or(settings.profile);
                settings.region = region.or(settings.region);
                settings.role.clone_from(&place.role);
                let Connected { reader, .. } = aws::connect(&settings, &Limiters::default()).await?;
                reader
            }
            (None, None) => return Err(Failure::could_not("a secret is kept by AWS, and nobody is signed in")),
        };
        let answer = reader.secret(name).await?;
        // Only the demo has databases without a server, and only its secrets may name a file of this machine.
        let of_demo = reader.scope().account.0 == demo::world::ACCOUNT;
        read(answer.value.expose(), of_demo).map_err(|why| Failure::could_not(format!("secret {}: {why}", shown(name))))
    }
}

impl Login {
    /// The database at an address, with what the address leaves out.
    pub fn place(&self, url: &str, failed: &impl Fn(String) -> Failure) -> Result<Database, Failure> {
        let told = |error: crate::db::DbError| failed(error.to_string());
        if let Some(file) = &self.file {
            return Database::parse(file).map_err(told);
        }
        let parts = Parts::of(url);
        let mut database = match (parts.host, &self.host) {
            (None, Some(host)) if parts.scheme != "sqlite" => {
                let host =
                    checked(host).ok_or_else(|| failed("its secret names no host that could be one".to_owned()))?;
                let rest = parts.rest();
                Database::parse(&format!("{}://{host}{rest}", parts.scheme)).map_err(told)?
            }
            _ => Database::parse(url).map_err(told)?,
        };
        if let (None, Some(user)) = (parts.user, self.user.as_ref()) {
            database = database.with_user(user);
        }
        if let (None, Some(port)) = (parts.port, self.port) {
            database = database.with_port(port);
        }
        if let (None, Some(name)) = (parts.database, self.name.as_ref()) {
            database = database.with_name(name);
        }
        Ok(database)
    }
}

/// A host as an address writes it; nothing that would be more than one.
pub(super) fn checked(host: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let fits = !host.is_empty() && host.chars().all(good);
    fits.then(|| if host.contains(':') { format!("[{host}]") } else { host.to_owned() })
}

/// The region that the ARN of a secret is of.
fn region_of(name: &str) -> Option<String> {
    let mut parts = name.strip_prefix("arn:")?.split(':');
    let (service, region) = (parts.nth(1)?, parts.next()?);
    (service == "secretsmanager" && !region.is_empty()).then(|| region.to_owned())
}

/// JSON as RDS and DMS write it, or the password alone.
fn read(text: &str, of_demo: bool) -> Result<Login, String> {
    let Ok(Value::Object(all)) = serde_json::from_str::<Value>(text) else {
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err("it is empty".to_owned());
        }
        return Ok(Login { password: Some(Secret::new(password)), ..Login::default() });
    };
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| all.get(*name)?.as_str());
        found.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let port = all.get("port").and_then(|port| port.as_u64().or_else(|| port.as_str()?.parse().ok()));
    let file = text(&["url"]).filter(|url| of_demo && url.starts_with("sqlite:"));
    let password = text(&["password"]).map(Secret::new);
    if password.is_none() && file.is_none() {
        return Err("there is no password in it".to_owned());
    }
    Ok(Login {
        user: text(&["username", "user"]),
        password,
        host: text(&["host"]),
        port: port.and_then(|port| u16::try_from(port).ok()),
        name: text(&["dbname", "database"]),
        file,
        ..Login::default()
    })
}

/// The first line that a program prints; `asked` is the key of the configuration that names it. What it says besides stays unread: it may be the password too.
pub(in crate::app) async fn command(asked: &str, words: &[String]) -> Result<Secret, String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(format!("{asked} names no program"));
    };
    let name = shown(program).into_owned();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{asked}: {name}: {error}"))?;
    let mut said = Vec::new();
    let work = async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST).read_to_end(&mut said).await?;
        }
        child.wait().await
    };
    let status = match tokio::time::timeout(COMMAND, work).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => return Err(format!("{asked}: {name}: {error}")),
        Err(_) => return Err(format!("{asked}: {name} gave no answer within {} s", COMMAND.as_secs())),
    };
    if !status.success() {
        return Err(format!("{asked}: {name} ended with {status}; run it by hand to see why"));
    }
    let text = String::from_utf8(said).map_err(|_| format!("{asked}: {name} printed no text"))?;
    let first = text.lines().next().unwrap_or_default();
    if first.is_empty() {
        return Err(format!("{asked}: {name} printed nothing"));
    }
    Ok(Secret::new(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_json_as_rds_writes_it_or_the_password_alone() {
        let rds = r#"{"username":"bob","password":"p\"w","engine":"postgres","host":"db","port":5433,"dbname":"shop"}"#;
        let login = read(rds, false).ok().unwrap();
        assert_eq!(login.password.as_ref().map(Secret::expose), Some("p\"w"));
        assert_eq!((login.user.as_deref(), login.host.as_deref(), login.port), (Some("bob"), Some("db"), Some(5433)));
        assert_eq!(login.name.as_deref(), Some("shop"));
        let dms = read(r#"{"username":"bob","password":"x","port":"3306","host":"db"}"#, false).ok().unwrap();
        assert_eq!((dms.port, dms.name), (Some(3306), None));
        let alone = read("hunter2\n", false).ok().unwrap();
        assert_eq!(alone.password.as_ref().map(Secret::expose), Some("hunter2"));
        assert_eq!(read("12345", false).ok().unwrap().password.as_ref().map(Secret::expose), Some("12345"));
        for wrong in ["", "\n", r#"{"username":"bob"}"#, r#"{"password":""}"#] {
            assert!(read(wrong, false).is_err(), "{wrong}");
        }
        let file = r#"{"password":"x","url":"sqlite:/etc/shadow"}"#;
        assert_eq!((read(file, false).ok().unwrap().file, read(file, true).ok().unwrap().file.is_some()), (None, true));
    }

    #[test]
    fn what_the_address_says_wins_over_the_secret() {
        let login = || Login {
            user: Some("secret-user".into()),
            host: Some("secret-host".into()),
            port: Some(7777),
            name: Some("secret-db".into()),
            ..Login::default()
        };
        let failed = |why: String| Failure::could_not(why);
        for (url, want) in [
            ("postgres://", "secret-host:7777/secret-db"),
            ("postgres://host", "host:7777/secret-db"),
            ("mysql://bob@host:3333/shop", "host:3333/shop"),
            ("redshift:///dev?sslmode=require", "secret-host:7777/dev"),
        ] {
            assert_eq!(login().place(url, &failed).unwrap().place(), want, "{url}");
        }
        let hostile = Login { host: Some("a@b/c?".into()), ..Login::default() };
        assert!(hostile.place("postgres://", &failed).is_err());
    }

    #[test]
    fn the_arn_of_a_secret_says_where_it_is() {
        for (name, want) in [
            ("arn:aws:secretsmanager:eu-central-1:1:secret:shop-AbCdEf", Some("eu-central-1")),
            ("arn:aws-cn:secretsmanager:cn-north-1:1:secret:x", Some("cn-north-1")),
            ("arn:aws:ssm:eu-west-1:1:parameter/x", None),
            ("rds/shop", None),
        ] {
            assert_eq!(region_of(name).as_deref(), want, "{name}");
        }
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line_and_its_failure_never_repeats_what_it_said() {
        let run = async |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            command("password_command", &words).await.map(|secret| secret.expose().to_owned())
        };
        assert_eq!(run(&["printf", "ses ame\nsecond"]).await.as_deref(), Ok("ses ame"));
        // No shell: these are letters.
        assert_eq!(run(&["printf", "%s", "$HOME;x"]).await.as_deref(), Ok("$HOME;x"));
        for (words, part) in [
            (&["sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"][..], "exit status: 3"),
            (&["true"], "printed nothing"),
            (&["/nonexistent/program"], "No such file"),
        ] {
            let said = run(words).await.unwrap_err();
            assert!(said.contains(part) && !said.contains("hunter2"), "{said}");
        }
    }
}
