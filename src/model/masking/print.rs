//! An old value on a screen: its class and its length, nothing else of it.

use super::personal::{self, Personal};

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Empty,
    Number,
    Date,
    Uuid,
    Email,
    Url,
    Json,
    Phone,
    Card,
    Iban,
    Bytes,
    Text,
}

impl Class {
    pub fn of(text: &str) -> Self {
        let number = |text: &str| text.parse::<f64>().is_ok() && text.bytes().any(|byte| byte.is_ascii_digit());
        let uuid = || {
            let parts: Vec<&str> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let date = || text.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
        let json = || text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        match () {
            () if text.is_empty() => Self::Empty,
            () if date() => Self::Date,
            () if uuid() => Self::Uuid,
            () if json() => Self::Json,
            () if text.contains("://") && !text.contains(' ') => Self::Url,
            () => match personal::find(text).first() {
                Some(Personal::Email) => Self::Email,
                Some(Personal::Card) => Self::Card,
                Some(Personal::Phone) => Self::Phone,
                Some(Personal::Iban) => Self::Iban,
                None if number(text) => Self::Number,
                None if text.starts_with("\\x") => Self::Bytes,
                None => Self::Text,
            },
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Number => "number",
            Self::Date => "date",
            Self::Uuid => "uuid",
            Self::Email => "email",
            Self::Url => "url",
            Self::Json => "json",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Bytes => "bytes",
            Self::Text => "text",
        }
    }
}

/// `email(23)`: class and number of characters; `null`.
pub fn print(old: Option<&str>) -> String {
    let Some(text) = old else { return "null".to_owned() };
    match Class::of(text) {
        Class::Empty => "empty".to_owned(),
        class => format!("{}({})", class.word(), text.chars().count()),
    }
}
