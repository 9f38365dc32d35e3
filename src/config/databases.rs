//! `[databases.NAME]`: databases that a comparison can name. The same table of keys for each of them.

use super::Config;
use super::keys::{Wrong, choice, comment, each, filled, is_region, kind, nearest, wrong};
use super::mistake::Mistake;
use crate::model::database::{self, AwsPlace, Entry, PasswordFrom, Tls};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub const SECTION: &str = "databases";

/// One key of a database.
struct Row {
    key: &'static str,
    doc: &'static [&'static str],
    example: &'static str,
    read: fn(&mut Entry, &Spanned<DeValue<'_>>) -> Result<(), Wrong>,
}

const KEYS: [Row; 11] = [
    Row {
        key: "url",
        doc: &[
            "Where it is: postgres://USER@HOST:PORT/DB, mysql://…, mariadb://…, redshift://… or sqlite:PATH, without a password.",
            "What it leaves out (\"postgres://\" leaves out all) is taken from the secret.",
        ],
        example: "\"postgres://reader@shop-prod.c1x2y3z4.eu-west-1.rds.amazonaws.com/shop\"",
        read: |entry, value| {
            let (url, span) = filled(value)?;
            if let Some(why) = database::refused(&url) {
                let hint = "take it out; secret, password_env or password_command give one, or you when asked";
                let other = "for example url = \"postgres://reader@shop-prod.example.com/shop\"";
                // The text itself is not repeated: there may be a password in it.
                return Err(wrong(span, why.to_owned(), if why.contains("password") { hint } else { other }));
            }
            entry.url = url;
            Ok(())
        },
    },
    Row {
        key: "secret",
        doc: &[
            "Name or ARN of a secret in Secrets Manager: JSON with username and password, and host, port and dbname where the url",
            "leaves them out, as RDS and DMS write it; or the password alone.",
        ],
        example: "\"rds/shop-prod\"",
        read: |entry, value| {
            let (name, span) = filled(value)?;
            source(entry, PasswordFrom::Secret(name), span)
        },
    },
    Row {
        key: "password_env",
        doc: &[
            "Instead of a secret: an environment variable that holds the password. Without any of the three it is looked for in",
            "CUTOVER_NAME_PASSWORD (NAME in capitals, other characters as _), and then asked for where there is a terminal.",
        ],
        example: "\"SHOP_PASSWORD\"",
        read: |entry, value| {
            let (name, span) = filled(value)?;
            if name.chars().any(|c| c == '=' || c.is_whitespace() || c.is_control()) {
                return Err(wrong(span, "is no name of a variable".to_owned(), "for example \"SHOP_PASSWORD\""));
            }
            source(entry, PasswordFrom::Environment(name), span)
        },
    },
    Row {
        key: "password_command",
        doc: &[
            "Instead of a secret: a program and its arguments, run without a shell; the first line it prints is the password. It",
            "has 30 seconds.",
        ],
        example: "[\"pass\", \"show\", \"shop-prod\"]",
        read: |entry, value| {
            let words = each(value, "for example [\"pass\", \"show\", \"shop-prod\"]", |word| Ok(word.to_owned()))?;
            if words.is_empty() {
                let hint = "leave the key out to mean nothing";
                return Err(wrong(value.span(), "names no program".to_owned(), hint));
            }
            source(entry, PasswordFrom::Command(words), value.span())
        },
    },
    Row {
        key: "profile",
        doc: &["AWS profile that may read the secret, where that is not the one in use."],
        example: "\"databases\"",
        read: |entry, value| {
            entry.aws.profile = Some(filled(value)?.0);
            Ok(())
        },
    },
    Row {
        key: "region",
        doc: &["Region of the secret, where it is another one. An ARN names its own."],
        example: "\"eu-central-1\"",
        read: |entry, value| {
            let (name, span) = filled(value)?;
            if !is_region(&name) {
                return Err(wrong(span, format!("is no region: {name:?}"), "for example region = \"eu-west-1\""));
            }
            entry.aws.region = Some(name);
            Ok(())
        },
    },
    Row {
        key: "role",
        doc: &["ARN of a role that is taken on to read the secret."],
        example: "\"arn:aws:iam::123456789012:role/secret-reader\"",
        read: |entry, value| {
            let (role, span) = filled(value)?;
            let parts: Vec<&str> = role.splitn(6, ':').collect();
            let good = matches!(parts[..], ["arn", _, "iam", "", account, name] if !account.is_empty() && name.starts_with("role/"));
            if !good || role.chars().any(char::is_whitespace) {
                let hint = "for example \"arn:aws:iam::123456789012:role/secret-reader\"";
                return Err(wrong(span, format!("is no ARN of a role: {role:?}"), hint));
            }
            entry.aws.role = Some(role);
            Ok(())
        },
    },
    Row {
        key: "replica",
        doc: &[
            "A host (or HOST:PORT) that is read instead of the one in the url: a replica, so that the load is not on the one that",
            "everybody uses. It is behind by its lag, and results say that they were seen there.",
        ],
        example: "\"shop-prod-ro.c1x2y3z4.eu-west-1.rds.amazonaws.com\"",
        read: |entry, value| {
            let (host, span) = filled(value)?;
            if host.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '?')) {
                return Err(wrong(span, format!("is no host: {host:?}"), "the name of the host alone, or HOST:PORT"));
            }
            entry.replica = Some(host);
            Ok(())
        },
    },
    Row {
        key: "ca",
        doc: &[
            "A PEM file with certificates that are trusted for this database besides those of this machine. Those of RDS are in",
            "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem.",
        ],
        example: "\"/etc/cutover/rds-global-bundle.pem\"",
        read: |entry, value| {
            let (path, span) = filled(value)?;
            if !path.starts_with('/') {
                let what = format!("must be a whole path, from the root, not {path:?}");
                return Err(wrong(span, what, "for example ca = \"/etc/cutover/rds-global-bundle.pem\""));
            }
            entry.ca = Some(PathBuf::from(path));
            Ok(())
        },
    },
    Row {
        key: "tls",
        doc: &[
            "\"verify\": encrypted, certificate and name of the host verified, which is what leaving it out means; \"require\":",
            "encrypted to whoever answers; \"off\". The parameter sslmode or ssl-mode of the url counts where this is left out.",
            "Nothing is verified where there is no network: on 127.0.0.1, ::1, localhost and sockets.",
        ],
        example: "\"require\"",
        read: |entry, value| {
            let choices = [("verify", Tls::Verify), ("require", Tls::Require), ("off", Tls::Off)];
            entry.tls = Some(choice(value, &choices)?);
            Ok(())
        },
    },
    Row {
        key: "endpoint",
        doc: &[
            "Identifier or ARN of the DMS endpoint that is this database: every task with that endpoint is then compared through",
            "this section.",
        ],
        example: "\"shop-prod\"",
        read: |entry, value| {
            entry.endpoint = Some(filled(value)?.0);
            Ok(())
        },
    },
];

/// One place for a password is enough; two would leave open which one counts.
fn source(entry: &mut Entry, from: PasswordFrom, span: Range<usize>) -> Result<(), Wrong> {
    if entry.password != PasswordFrom::Unsaid {
        let what = "is one more place for the password, and there can be one only".to_owned();
        return Err(wrong(span, what, "keep one of secret, password_env and password_command"));
    }
    entry.password = from;
    Ok(())
}

/// Reads the section. Every mistake is added.
pub fn read(table: &DeTable<'_>, config: &mut Config, mistakes: &mut Vec<Mistake>) {
    for (name, value) in table {
        let word = name.get_ref().as_ref();
        let mut mistake = |span, what, hint: &str| mistakes.push(Mistake { span, what, hint: hint.to_owned() });
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if word.is_empty() || !word.chars().all(good) {
            let what = format!("`{SECTION}` holds {word:?}, and a name has letters, digits, and - _ . only");
            mistake(name.span(), what, "for example [databases.shop-prod]");
            continue;
        }
        let DeValue::Table(keys) = value.get_ref() else {
            let what = format!("`{SECTION}.{word}` must be a section, not {}", kind(value.get_ref()));
            mistake(value.span(), what, &format!("write [{SECTION}.{word}] on a line of its own, its keys below"));
            continue;
        };
        if let Some(entry) = one(word, name.span(), keys, mistakes) {
            config.databases.push(entry);
        }
    }
    twice(config, table, mistakes);
}

fn one(name: &str, span: Range<usize>, keys: &DeTable<'_>, mistakes: &mut Vec<Mistake>) -> Option<Entry> {
    let before = mistakes.len();
    let mut entry = Entry {
        name: name.to_owned(),
        url: String::new(),
        password: PasswordFrom::default(),
        aws: AwsPlace::default(),
        replica: None,
        ca: None,
        tls: None,
        endpoint: None,
    };
    let full = |key: &str| format!("{SECTION}.{name}.{key}");
    for (key, value) in keys {
        let word = key.get_ref().as_ref();
        let Some(row) = KEYS.iter().find(|row| row.key == word) else {
            let known: Vec<&str> = KEYS.iter().map(|row| row.key).collect();
            let hint = if word == "password" {
                "secret, password_env and password_command say where one is; none stands in this file".to_owned()
            } else {
                nearest(&known, word, full)
            };
            let what = format!("`{}` is no key", full(word).escape_debug());
            mistakes.push(Mistake { span: key.span(), what, hint });
            continue;
        };
        if let Err(wrong) = (row.read)(&mut entry, value) {
            let what = format!("`{}` {}", full(word), wrong.what);
            mistakes.push(Mistake { span: wrong.span, what, hint: wrong.hint });
        }
    }
    let mut mistake = |what: String, hint: &str| {
        mistakes.push(Mistake { span: span.clone(), what, hint: hint.to_owned() });
    };
    if keys.iter().all(|(key, _)| key.get_ref() != "url") {
        mistake(format!("`{SECTION}.{name}` has no url"), "for example url = \"postgres://reader@host/database\"");
    }
    if !entry.aws.is_ours() && !matches!(entry.password, PasswordFrom::Secret(_)) {
        let what = format!("`{SECTION}.{name}` has a profile, region or role, and no secret that they would be for");
        mistake(what, "name the secret, or leave them out");
    }
    let file = entry.url.starts_with("sqlite");
    if file
        && (entry.password != PasswordFrom::Unsaid
            || entry.replica.is_some()
            || entry.tls.is_some()
            || entry.ca.is_some())
    {
        let what = format!("`{SECTION}.{name}` is a file, and has no password, replica, tls or ca");
        mistake(what, "leave them out");
    }
    (mistakes.len() == before).then_some(entry)
}

/// An endpoint is one database.
fn twice(config: &Config, table: &DeTable<'_>, mistakes: &mut Vec<Mistake>) {
    for (at, entry) in config.databases.iter().enumerate() {
        let Some(endpoint) = &entry.endpoint else { continue };
        let Some(other) = config.databases[..at].iter().find(|other| other.endpoint.as_ref() == Some(endpoint)) else {
            continue;
        };
        let span = table.iter().find(|(name, _)| name.get_ref() == entry.name.as_str()).map(|(name, _)| name.span());
        mistakes.push(Mistake {
            span: span.unwrap_or_default(),
            what: format!("`{SECTION}.{}.endpoint` is that of `{SECTION}.{}` too", entry.name, other.name),
            hint: "an endpoint is one database: name it in one of them".to_owned(),
        });
    }
}

/// Every key with its meaning, as it stands in `config.example.toml`.
pub fn example() -> String {
    let mut out = String::from("\n# [databases.shop-prod]\n");
    for row in &KEYS {
        out.push('\n');
        comment(&mut out, row.doc);
        let _ = writeln!(out, "# {} = {}", row.key, row.example);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use std::path::Path;

    #[test]
    fn the_example_of_every_key_is_itself_valid() {
        for row in &KEYS {
            let more = match row.key {
                "url" => "",
                "profile" | "region" | "role" => "url = \"postgres://\"\nsecret = \"s\"\n",
                _ => "url = \"postgres://h\"\n",
            };
            let text = format!("[databases.shop-prod]\n{more}{} = {}\n", row.key, row.example);
            let config = parse(&text, Path::new("x")).unwrap_or_else(|mistakes| panic!("{text}: {mistakes}"));
            assert_eq!(config.databases[0].name, "shop-prod");
        }
    }
}
