//! What the configuration says about masking, as data. Start at [`Rules`].

use super::json::JsonPath;
use super::personal::Personal;
use crate::model::database::PasswordFrom;
use crate::model::pattern;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[refresh.NAME.masking]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    pub unlisted: Unlisted,
    pub on_new_column: OnNewColumn,
    /// The hash of a list of columns that somebody has looked at, as a halt on new columns prints it.
    pub accepted_columns: Option<String>,
    /// Where the key comes from. Not written down with the rules: a plan says what is masked, not where secrets are.
    #[serde(skip)]
    pub key: PasswordFrom,
    /// Patterns of columns, in the order of the file.
    pub defaults: Vec<(String, Rule)>,
    /// By `schema.table`, or by the table alone.
    pub tables: BTreeMap<String, TableRules>,
}

/// What becomes of a column that no rule names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unlisted {
    /// The plan is refused.
    #[default]
    Fail,
    /// It becomes NULL, or the neutral value of its type where it may not.
    MaskDefault,
}

/// What a column does that was not there at the last refresh.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnNewColumn {
    /// It stops the refresh until somebody has looked at it, even where a rule fits its name.
    #[default]
    Halt,
}

/// `[refresh.NAME.masking.tables."public.users"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableRules {
    /// Its rows must not be loaded at all.
    pub exclude_data: bool,
    /// Why every column without a rule of its own is kept.
    pub passthrough: Option<String>,
    pub columns: BTreeMap<String, Rule>,
}

/// What is done with a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    #[serde(flatten)]
    pub function: Function,
    /// Columns of one domain get the same values for the same values. Left out: [`default_domain`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Two values never become one.
    #[serde(default)]
    pub unique: bool,
    /// `Bob@x` and `bob@x` become the same.
    #[serde(default)]
    pub ignore_case: bool,
    /// Why it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the column may hold afterwards without being a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Personal>,
}

/// What makes the new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fn", rename_all = "snake_case")]
pub enum Function {
    Keep,
    Null,
    /// The neutral value of the type: 0, an empty text, 1970-01-01, `{}`.
    Default,
    Constant {
        value: String,
    },
    Hash {
        /// Hexadecimal digits.
        length: usize,
    },
    Email,
    FirstName,
    LastName,
    FullName,
    /// E.164 under +999, which is nobody's.
    Phone,
    Address,
    City,
    Zip,
    Company,
    Username,
    Url,
    /// `198.18.0.0/15` or `2001:db8::/32`, as the old one was.
    Ip,
    Uuid,
    /// Passes Luhn, under 999999, which is nobody's.
    CreditCard,
    /// Passes its check digits, of the country ZZ.
    Iban,
    /// 000-GG-SSSS, which is nobody's.
    Ssn,
    Partial {
        keep_start: usize,
        keep_end: usize,
        with: char,
    },
    /// Each digit another, everything else stays; one-to-one.
    Digits,
    RandomString {
        /// Left out: as long as the old one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length: Option<usize>,
        alphabet: String,
    },
    RandomInt {
        min: i64,
        max: i64,
    },
    /// By so many millionths at most, never by nothing.
    Noise {
        millionths: u32,
    },
    /// By so many days at most, never by none.
    DateJitter {
        days: u16,
    },
    DateTruncate {
        to: Truncate,
    },
    Choice {
        values: Vec<String>,
    },
    RegexReplace {
        pattern: String,
        with: String,
    },
    /// An x for each character that is not white space.
    Redact,
    Lorem,
    Json {
        paths: Vec<(JsonPath, Rule)>,
        otherwise: Otherwise,
    },
}

/// To which day a date goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncate {
    Year,
    Month,
}

/// What becomes of values within a JSON document that no path names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// Texts become x, numbers 0, truths false.
    #[default]
    Redact,
    Keep,
}

impl Rule {
    pub fn of(function: Function) -> Self {
        Self { function, domain: None, unique: false, ignore_case: false, reason: None, holds: Vec::new() }
    }

    /// The domain it counts for.
    pub fn in_domain(&self) -> &str {
        self.domain.as_deref().unwrap_or_else(|| default_domain(&self.function))
    }

    pub fn is_keep(&self) -> bool {
        self.function == Function::Keep
    }

    /// Gives the same new values for the same old ones.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.function == other.function
            && self.in_domain() == other.in_domain()
            && self.unique == other.unique
            && self.ignore_case == other.ignore_case
    }

    /// `email`, `hash of the domain customer`.
    pub fn told(&self) -> String {
        let name = self.function.name();
        match &self.domain {
            Some(domain) => format!("{name} of the domain {domain}"),
            None => name.to_owned(),
        }
    }
}

/// The domain of a function that names none: its own name, so that all e-mail addresses of a database stay joinable.
pub fn default_domain(function: &Function) -> &'static str {
    function.name()
}

impl Function {
    /// As the configuration writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Null => "null",
            Self::Default => "default",
            Self::Constant { .. } => "constant",
            Self::Hash { .. } => "hash",
            Self::Email => "email",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::FullName => "full_name",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::City => "city",
            Self::Zip => "zip",
            Self::Company => "company",
            Self::Username => "username",
            Self::Url => "url",
            Self::Ip => "ip",
            Self::Uuid => "uuid",
            Self::CreditCard => "credit_card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Partial { .. } => "partial",
            Self::Digits => "digits",
            Self::RandomString { .. } => "random_string",
            Self::RandomInt { .. } => "random_int",
            Self::Noise { .. } => "noise",
            Self::DateJitter { .. } => "date_jitter",
            Self::DateTruncate { .. } => "date_truncate",
            Self::Choice { .. } => "choice",
            Self::RegexReplace { .. } => "regex_replace",
            Self::Redact => "redact",
            Self::Lorem => "lorem",
            Self::Json { .. } => "json",
        }
    }

    /// Takes a key: the new value depends on more than the old one.
    pub fn needs_key(&self) -> bool {
        match self {
            Self::Json { paths, .. } => paths.iter().any(|(_, rule)| rule.function.needs_key()),
            Self::Keep
            | Self::Null
            | Self::Default
            | Self::Constant { .. }
            | Self::Partial { .. }
            | Self::DateTruncate { .. }
            | Self::RegexReplace { .. }
            | Self::Redact => false,
            _ => true,
        }
    }
}

impl Rules {
    /// What is said about a table: by its full name, or by its name alone.
    pub fn of_table(&self, schema: &str, table: &str) -> Option<&TableRules> {
        self.tables.get(&format!("{schema}.{table}")).or_else(|| self.tables.get(table))
    }

    /// The pattern that fits a column and says most; of two that say as much the later one. Case does not count: a rule for
    /// `*.email` is meant for `Email` too.
    pub fn default_for(&self, schema: &str, table: &str, column: &str) -> Option<(&str, &Rule)> {
        let names = [column.to_owned(), format!("{table}.{column}"), format!("{schema}.{table}.{column}")];
        let names = names.map(|name| name.to_lowercase());
        let fits = |text: &str| {
            let text = text.to_lowercase();
            // Without a dot it is about the column alone.
            if text.contains('.') {
                names[1..].iter().any(|name| pattern::fits(&text, name))
            } else {
                pattern::fits(&text, &names[0])
            }
        };
        let weight = |text: &str| text.chars().filter(|c| !matches!(c, '*' | '?')).count();
        let fitting = self.defaults.iter().filter(|(text, _)| fits(text));
        fitting.max_by_key(|(text, _)| weight(text)).map(|(text, rule)| (text.as_str(), rule))
    }

    /// Some rule takes a key.
    pub fn needs_key(&self) -> bool {
        let all = self.tables.values().flat_map(|table| table.columns.values());
        all.chain(self.defaults.iter().map(|(_, rule)| rule)).any(|rule| rule.function.needs_key())
    }
}
