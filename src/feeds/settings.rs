//! What this room can be told.

use crate::model::pattern;
use std::collections::BTreeMap;

/// Which tasks are watched, and what watching may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Patterns of task names (`orders-*`; `*` any text, `?` one character); a task is watched if one fits. Empty: all.
    pub tasks: Vec<String>,
    /// Tags a task must have, all of them, with exactly these values. Empty: any.
    pub tags: BTreeMap<String, String>,
    /// Most that `GetMetricData` may cost, in dollars a day. Above it metrics are asked less often, least important
    /// first. 600 running CDC tasks in full cost about 43.
    pub dollars_per_day: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tasks: Vec::new(), tags: BTreeMap::new(), dollars_per_day: 20.0 }
    }
}

/// Why settings are impossible.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingsError {
    #[error("a task pattern is empty: it fits no task")]
    EmptyPattern,
    #[error("dollars_per_day must be more than 0, not {0}")]
    Dollars(f64),
}

impl Settings {
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.tasks.iter().any(String::is_empty) {
            return Err(SettingsError::EmptyPattern);
        }
        if self.dollars_per_day.is_nan() || self.dollars_per_day <= 0.0 {
            return Err(SettingsError::Dollars(self.dollars_per_day));
        }
        Ok(())
    }

    /// Whether the name fits; tags are another question.
    pub fn watches(&self, name: &str) -> bool {
        self.tasks.is_empty() || self.tasks.iter().any(|one| pattern::fits(one, name))
    }

    /// Whether these tags are enough.
    pub fn has_tags(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags.iter().all(|(key, value)| tags.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_settings_are_named() {
        let good = Settings::default();
        assert_eq!(good.check(), Ok(()));
        let bad = Settings { tasks: vec![String::new()], ..good.clone() };
        assert_eq!(bad.check(), Err(SettingsError::EmptyPattern));
        for dollars in [0.0, -1.0] {
            let bad = Settings { dollars_per_day: dollars, ..good.clone() };
            assert_eq!(bad.check(), Err(SettingsError::Dollars(dollars)));
        }
        assert!(Settings { dollars_per_day: f64::NAN, ..good }.check().is_err());
    }

    #[test]
    fn every_tag_asked_for_must_be_there_with_its_value() {
        let tags = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let settings = Settings { tags: tags(&[("team", "orders"), ("env", "prod")]), ..Settings::default() };
        for (has, want) in [
            (tags(&[("team", "orders"), ("env", "prod"), ("x", "y")]), true),
            (tags(&[("team", "orders")]), false),
            (tags(&[("team", "Orders"), ("env", "prod")]), false),
            (tags(&[]), false),
        ] {
            assert_eq!(settings.has_tags(&has), want, "{has:?}");
        }
        assert!(Settings::default().has_tags(&tags(&[])));
    }
}
