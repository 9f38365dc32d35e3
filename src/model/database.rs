//! A database as the configuration names it: where it is, where its password comes from, how the way there is protected.
//! Pure: nothing here opens anything, and no password is ever part of it.

use std::path::PathBuf;

/// One `[databases.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// Without a password. May leave out what the secret says.
    pub url: String,
    pub password: PasswordFrom,
    /// Whose secret it is, where that is not who we are.
    pub aws: AwsPlace,
    /// A host, perhaps with a port, that is read instead of the one in the address.
    pub replica: Option<String>,
    /// A file with certificates that are trusted besides those of this machine.
    pub ca: Option<PathBuf>,
    pub tls: Option<Tls>,
    /// Identifier or ARN of the DMS endpoint that is this database.
    pub endpoint: Option<String>,
}

/// Where a password comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PasswordFrom {
    /// The environment under the name that is made of the database's, or whoever sits at the terminal.
    #[default]
    Unsaid,
    /// Name or ARN in Secrets Manager.
    Secret(String),
    /// Name of an environment variable.
    Environment(String),
    /// A program and its arguments; no shell.
    Command(Vec<String>),
}

/// Profile, region and role of one request that is not for the account that is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsPlace {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// ARN of a role to take on.
    pub role: Option<String>,
}

impl AwsPlace {
    pub fn is_ours(&self) -> bool {
        *self == Self::default()
    }
}

/// How the way to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Encrypted, and the server is who it says it is.
    Verify,
    /// Encrypted, to whoever answers.
    Require,
    Off,
}

impl Tls {
    pub fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Require => "require",
            Self::Off => "off",
        }
    }
}

impl Entry {
    /// The environment variable in which a password is looked for where nothing else is said:
    /// `CUTOVER_SHOP_PROD_PASSWORD` of `shop-prod`.
    pub fn variable(&self) -> String {
        let word: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        format!("CUTOVER_{}_PASSWORD", word.to_ascii_uppercase())
    }
}

/// The parts of an address, as far as it names them. Values are as they are written, percent signs and all.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    pub scheme: &'a str,
    pub user: Option<&'a str>,
    /// There is one, in front of the host or among the parameters.
    pub password: bool,
    pub host: Option<&'a str>,
    pub port: Option<&'a str>,
    pub database: Option<&'a str>,
    parameters: &'a str,
}

/// Schemes of addresses; what begins with one of the last is a file.
pub const SCHEMES: [&str; 6] = ["postgres", "postgresql", "mysql", "mariadb", "redshift", "sqlite"];

impl<'a> Parts<'a> {
    /// Whatever the text is, as far as it is an address.
    pub fn of(url: &'a str) -> Self {
        let Some((scheme, rest)) = url.split_once(':') else { return Self::default() };
        let scheme = SCHEMES.into_iter().find(|one| one.eq_ignore_ascii_case(scheme)).unwrap_or_default();
        let Some(rest) = rest.strip_prefix("//").filter(|_| scheme != "sqlite") else {
            return Self { scheme, ..Self::default() };
        };
        let (whole, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = whole.split_once('/').unwrap_or((whole, ""));
        let (login, place) =
            authority.rsplit_once('@').map_or((None, authority), |(login, place)| (Some(login), place));
        let (user, password) = login.map_or((None, None), |login| match login.split_once(':') {
            Some((user, password)) => (Some(user), Some(password)),
            None => (Some(login), None),
        });
        // An address of IPv6 stands in brackets, and has colons of its own.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (place, None),
        };
        let some = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        let mut parts = Self {
            scheme,
            user: user.and_then(some),
            password: password.and_then(some).is_some(),
            host: some(host),
            port: port.and_then(some),
            database: some(database),
            parameters,
        };
        parts.password |= parts.parameter(&["password"]).is_some();
        parts.user = parts.user.or_else(|| parts.parameter(&["user"]));
        parts.host = parts.host.or_else(|| parts.parameter(&["host", "hostaddr", "socket"]));
        parts.port = parts.port.or_else(|| parts.parameter(&["port"]));
        parts.database = parts.database.or_else(|| parts.parameter(&["dbname"]));
        parts
    }

    /// Value of the first of these parameters that is there.
    pub fn parameter(&self, names: &[&str]) -> Option<&'a str> {
        let mut pairs = self.parameters.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, value)| names.contains(name) && !value.is_empty()).map(|(_, value)| value)
    }

    /// What follows the host where the address names none: `/shop?sslmode=require`. Login and port are left out.
    pub fn rest(&self) -> String {
        let database = self.database.map(|name| format!("/{name}")).unwrap_or_default();
        if self.parameters.is_empty() { database } else { format!("{database}?{}", self.parameters) }
    }

    /// The address itself says how it is protected.
    pub fn says_tls(&self) -> bool {
        self.parameter(&["sslmode", "ssl-mode"]).is_some()
    }
}

/// Why this is no address for a configuration: the end of a sentence that begins with its key.
pub fn refused(url: &str) -> Option<&'static str> {
    let parts = Parts::of(url);
    match () {
        () if parts.scheme.is_empty() => {
            Some("must begin with postgres://, mysql://, mariadb://, redshift:// or sqlite:")
        }
        () if parts.password => Some("has a password in it, and this file is no place for one"),
        () if url.chars().any(|c| c.is_whitespace() || c.is_control()) => Some("has blanks"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_as_far_as_it_says_anything() {
        for (url, want) in [
            (
                "postgres://bob@db.example:5433/shop",
                ("postgres", Some("bob"), Some("db.example"), Some("5433"), Some("shop")),
            ),
            ("mysql://db.example", ("mysql", None, Some("db.example"), None, None)),
            (
                "redshift://[fd00::7]:5439/dev?sslmode=require",
                ("redshift", None, Some("[fd00::7]"), Some("5439"), Some("dev")),
            ),
            ("redshift://[fd00::7]/dev", ("redshift", None, Some("[fd00::7]"), None, Some("dev"))),
            (
                "postgres:///shop?host=/var/run&user=bob",
                ("postgres", Some("bob"), Some("/var/run"), None, Some("shop")),
            ),
            ("postgres://", ("postgres", None, None, None, None)),
            ("sqlite:/tmp/a:b@c.db", ("sqlite", None, None, None, None)),
            ("oracle://x", ("", None, Some("x"), None, None)),
            ("", ("", None, None, None, None)),
        ] {
            let Parts { scheme, user, host, port, database, .. } = Parts::of(url);
            assert_eq!((scheme, user, host, port, database), want, "{url}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_seen_wherever_it_stands() {
        for (url, want) in [
            ("postgres://bob:hunter2@db/shop", true),
            ("mysql://bob:hunt@er2@db:3306/shop", true),
            ("postgres://db/shop?user=bob&password=hunter2", true),
            ("redshift://bob:hunter2@db", true),
            ("postgres://bob@db/shop", false),
            ("postgres://bob:@db/shop", false),
            ("postgres://db:5432/shop", false),
            ("sqlite:/tmp/a:b@c.db", false),
        ] {
            assert_eq!(Parts::of(url).password, want, "{url}");
            assert_eq!(refused(url).is_some(), want, "{url}");
        }
        for url in ["oracle://db/x", "db.example", "postgres://db/a b"] {
            assert!(refused(url).is_some(), "{url}");
        }
    }

    #[test]
    fn a_variable_is_made_of_the_name() {
        let entry = Entry {
            name: "shop-prod.eu".into(),
            url: String::new(),
            password: PasswordFrom::Unsaid,
            aws: AwsPlace::default(),
            replica: None,
            ca: None,
            tls: None,
            endpoint: None,
        };
        assert_eq!(entry.variable(), "CUTOVER_SHOP_PROD_EU_PASSWORD");
    }
}
