//! The configuration file: found, read, checked; every key optional.
//!
//! Fills what each room takes and is imported by no room but `app`. May touch `model` and the rooms' own settings types.
//! Start at [`keys`], THE table of keys: reading, checking and `config.example.toml` come from it; `bindings` reads the
//! keys of the console. Every mistake in a file is told at once, each with file, line, column, key and what to do.

mod alerts;
mod bindings;
mod databases;
mod keys;
pub mod masking;
mod mistake;
mod refreshes;
mod row;
mod validations;

use crate::console::actions::Keymap;
use crate::feeds;
use crate::model::change::Destination;
use crate::model::database::Entry;
use crate::model::masking::defuse::Action;
use crate::model::refresh::{self, Does};
use crate::model::{AccountId, alert};
use crate::validate;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use keys::example;
pub use mistake::{Mistake, Mistakes};

/// A configuration that was checked. The default is what an empty file means.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// What the band on the screen calls this environment; none shows as ENV UNKNOWN.
    pub environment: Option<String>,
    pub profile: Option<String>,
    pub region: Option<String>,
    /// One endpoint for every service, before what the AWS configuration says.
    pub endpoint_url: Option<String>,
    /// The account in which things may be changed; none is nowhere.
    pub expect_account: Option<AccountId>,
    /// Changes are meant, also without `--operate`.
    pub operate: bool,
    /// Rows may be compared in read-only mode too.
    pub read_only_may_validate: bool,
    /// A folder of a team, where this user's audit is appended too.
    pub audit_dir: Option<PathBuf>,
    /// Databases, as HOST/DB, whose rows may be destroyed by a load; empty is none.
    pub reload_allowed: Vec<Destination>,
    /// Patterns of HOST/DB that are never overwritten, whatever else is allowed.
    pub protected: Vec<String>,
    /// Names of tasks that are not started again.
    pub retired: Vec<String>,
    pub scope: Scope,
    pub logs: Logs,
    pub screen: Screen,
    pub cost: Cost,
    /// Limits of the rules, and what differs from task to task.
    pub alerts: alert::Settings,
    /// Databases by name, in the order of their names.
    pub databases: Vec<Entry>,
    /// Comparisons that have a name.
    pub validations: BTreeMap<String, validate::Settings>,
    /// Refreshes by name.
    pub refreshes: BTreeMap<String, refresh::Settings>,
    /// Keys of the console, merged over the defaults and checked.
    pub keys: Keymap,
}

/// What is watched and what may ring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Patterns of task names, `*` for any characters; empty is all.
    pub tasks: Vec<String>,
    /// Tags a task must have, all of them.
    pub tags: BTreeMap<String, String>,
}

/// Logs besides those of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logs {
    /// Names of log groups.
    pub groups: Vec<String>,
}

/// What the terminal gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    pub characters: Characters,
    pub colour: Colour,
    pub theme: ThemeName,
    pub clipboard: Clipboard,
    /// A clock with seconds in the header: one small frame a second.
    pub clock: bool,
    /// The terminal's bell at something new and critical.
    pub bell: bool,
    /// Where times are shown besides UTC.
    pub time_zone: Option<jiff::tz::TimeZone>,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            characters: Characters::Auto,
            colour: Colour::Auto,
            theme: ThemeName::Sixteen,
            clipboard: Clipboard::Auto,
            clock: true,
            bell: true,
            time_zone: None,
        }
    }
}

/// Which characters may be drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Characters {
    /// As the locale says.
    #[default]
    Auto,
    Unicode,
    Ascii,
}

/// Whether colours may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Colour {
    /// Unless `NO_COLOR` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// The built-in themes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// The terminal's own sixteen colours.
    #[default]
    Sixteen,
    /// Blue and orange instead of green and red; 256 colours where there are as many.
    ColourBlind,
    Monochrome,
}

/// Whether text may be sent to the clipboard of whoever looks at the terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clipboard {
    /// Through OSC 52, wrapped as tmux or screen need it.
    #[default]
    Auto,
    Never,
}

/// What watching may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// US dollars a day for `GetMetricData`; above it metrics are asked for less often.
    pub dollars_per_day: f64,
}

impl Default for Cost {
    fn default() -> Self {
        Self { dollars_per_day: feeds::Settings::default().dollars_per_day }
    }
}

/// Where a configuration came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Read from this file.
    File(PathBuf),
    /// No file was named and there is none here, which is fine.
    Absent(PathBuf),
    /// No file was named and this system has no folder for configurations (no home).
    Nowhere,
}

/// Where the file is looked for when none is named: `~/.config/cutover/config.toml` on Linux (`XDG_CONFIG_HOME` counts).
pub fn default_path() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "cutover").map(|dirs| dirs.config_dir().join("config.toml"))
}

/// Reads the file named, or the one at the default place. A file that was named must be there.
///
/// # Errors
/// Every mistake in the file, or why it cannot be read.
pub fn load(named: Option<&Path>) -> Result<(Config, Source), Mistakes> {
    let Some(path) = named.map(Path::to_owned).or_else(default_path) else {
        return Ok((Config::default(), Source::Nowhere));
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((parse(&text, &path)?, Source::File(path))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            Ok((Config::default(), Source::Absent(path)))
        }
        Err(error) => Err(Mistakes::unreadable(path, &error, named.is_some())),
    }
}

/// Checks a text as the file at `path`, which is only for messages.
///
/// # Errors
/// Every mistake in the text.
pub fn parse(text: &str, path: &Path) -> Result<Config, Mistakes> {
    let mut config = Config::default();
    let mistakes = keys::read(text, &mut config);
    let folder = path.parent().unwrap_or(Path::new(""));
    for files in config.validations.values_mut().flat_map(|validation| &mut validation.statements) {
        (files.source, files.target) = (folder.join(&files.source), folder.join(&files.target));
    }
    for step in config.refreshes.values_mut().flat_map(|refresh| &mut refresh.custom) {
        if let Does::Sql(path) = &mut step.does {
            *path = folder.join(&*path);
        }
    }
    for one in config.refreshes.values_mut().flat_map(|refresh| &mut refresh.defuse) {
        if let Action::File(path) = &mut one.action {
            *path = folder.join(&*path);
        }
    }
    if mistakes.is_empty() { Ok(config) } else { Err(Mistakes::new(path.to_owned(), text, mistakes)) }
}
