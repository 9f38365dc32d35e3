//! From flags and the configuration file to what each room takes.

use super::demo::DemoFlags;
use super::demo_folder::DemoFolder;
use super::{Clock, Failure};
use crate::change::Mode;
use crate::config::{self, Characters, Colour, Config, Source, ThemeName};
use crate::console::actions::Keymap;
use crate::console::terminal::Capability;
use crate::console::theme::Look;
use crate::model::change::Safeguards;
use crate::model::database::Entry;
use crate::model::{AccountId, alert, refresh};
use crate::{aws, demo, feeds, store, validate};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What the command line says for every command.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub profile: Option<String>,
    pub region: Option<String>,
    /// A configuration file instead of the usual one.
    pub config: Option<PathBuf>,
    /// Nothing may be changed, whatever else is said.
    pub read_only: bool,
    /// Changes are meant.
    pub operate: bool,
    /// How the console looks, whatever the configuration and `NO_COLOR` say.
    pub theme: Option<ThemeName>,
}

/// Where the configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    File(PathBuf),
    /// It would be there.
    Absent(PathBuf),
    Nowhere,
}

/// Everything a run needs to know before anything is asked.
#[derive(Debug, Clone)]
pub struct Setup {
    pub(super) environment: Option<String>,
    pub(super) aws: aws::Settings,
    pub(super) watch: feeds::Settings,
    pub(super) screen: config::Screen,
    pub(super) alerts: alert::Settings,
    /// Log groups that are shown besides those of tasks.
    pub(super) log_groups: Vec<String>,
    pub(super) theme: Option<ThemeName>,
    /// `[databases.NAME]`.
    pub(super) databases: Vec<Entry>,
    pub(super) keys: Keymap,
    pub(super) clock: Clock,
    /// Whether anything may be changed.
    pub(super) mode: Mode,
    /// Rows may be compared in read-only mode too.
    pub(super) may_validate: bool,
    pub(super) store: store::Settings,
    /// What may not be touched, and what may be overwritten.
    pub(super) safeguards: Safeguards,
    /// Comparisons that have a name.
    pub(super) validations: BTreeMap<String, validate::Settings>,
    /// Refreshes by name.
    pub(super) refreshes: BTreeMap<String, refresh::Settings>,
    /// What the command line said: another process of ours is told the same.
    pub(super) flags: Flags,
    /// The embedded AWS to start and look at.
    pub(super) demo: Option<DemoFlags>,
    /// Where it is, once it is there; every copy knows.
    pub(super) demo_at: Arc<OnceLock<String>>,
    /// Where the audit of the demo is; gone with the last of us.
    pub(super) demo_folder: Option<Arc<DemoFolder>>,
}

impl Setup {
    /// Reads the configuration; flags win over it.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load(flags: Flags) -> Result<Self, Failure> {
        let told = flags.clone();
        let (config, _) = config::load(flags.config.as_deref())?;
        let Config {
            environment,
            profile,
            region,
            endpoint_url,
            expect_account,
            operate,
            read_only_may_validate: may_validate,
            audit_dir,
            reload_allowed,
            protected,
            retired,
            scope,
            logs,
            screen,
            cost,
            alerts,
            databases,
            validations,
            refreshes,
            keys,
        } = config;
        let mode = Mode { read_only: flags.read_only, operate: flags.operate || operate, expect_account };
        let store = store::Settings { dir: store::default_dir(), shared: audit_dir };
        let aws = aws::Settings {
            profile: flags.profile.or(profile),
            region: flags.region.or(region),
            endpoint_url,
            ..aws::Settings::default()
        };
        let config::Scope { tasks, tags } = scope;
        let watch = feeds::Settings { tasks, tags, dollars_per_day: cost.dollars_per_day };
        watch.check().map_err(|error| Failure::usage(error.to_string()))?;
        let (log_groups, theme) = (logs.groups, flags.theme);
        let clock = Clock::System;
        let safeguards = Safeguards { reload_allowed, protected, retired };
        Ok(Self {
            environment,
            aws,
            watch,
            screen,
            alerts,
            log_groups,
            theme,
            databases,
            keys,
            clock,
            mode,
            may_validate,
            store,
            safeguards,
            validations,
            refreshes,
            flags: told,
            demo: None,
            demo_at: Arc::default(),
            demo_folder: None,
        })
    }

    /// The demo takes only the look of the screen and the limits from the configuration: no account, no scope. Things can
    /// be changed in it unless that is not wanted: it is nobody's.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(super) fn demo(
        flags: DemoFlags,
        config: Option<&Path>,
        theme: Option<ThemeName>,
        read_only: bool,
    ) -> Result<Self, Failure> {
        let folder = DemoFolder::new();
        let folder = folder.map_err(|error| Failure::could_not(format!("no folder for the demo's audit: {error}")))?;
        let setup = Self::demo_in(flags, config, theme, read_only, folder.state())?;
        Ok(Self { demo_folder: Some(Arc::new(folder)), ..setup })
    }

    /// The same for another process beside the console of a demo: its state and its embedded AWS are there.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(super) fn of_demo(
        flags: DemoFlags,
        config: Option<&Path>,
        (state, endpoint): (PathBuf, String),
        read_only: bool,
    ) -> Result<Self, Failure> {
        let setup = Self::demo_in(flags, config, None, read_only, state)?;
        let aws = aws::Settings::embedded(&endpoint);
        Ok(Self { aws, demo_at: Arc::new(OnceLock::from(endpoint)), ..setup })
    }

    fn demo_in(
        flags: DemoFlags,
        config: Option<&Path>,
        theme: Option<ThemeName>,
        read_only: bool,
        state: PathBuf,
    ) -> Result<Self, Failure> {
        let told = Flags { config: config.map(Path::to_owned), read_only, ..Flags::default() };
        let (config, _) = config::load(config)?;
        let clock = flags.clock();
        let safeguards = demo::safeguards(flags.source.as_deref(), flags.target.as_deref());
        let expect_account = Some(AccountId(demo::world::ACCOUNT.to_owned()));
        Ok(Self {
            environment: None,
            aws: aws::Settings::default(),
            watch: feeds::Settings::default(),
            screen: config.screen,
            alerts: config.alerts,
            // What an account of one's own names is not in the demo.
            log_groups: demo::LOG_GROUPS.map(str::to_owned).to_vec(),
            theme,
            databases: Vec::new(),
            keys: config.keys,
            clock,
            mode: Mode { read_only, operate: true, expect_account },
            // The databases of the demo are nobody's.
            may_validate: true,
            store: store::Settings { dir: Some(state), shared: None },
            validations: config.validations,
            refreshes: prepared(&safeguards)?,
            safeguards,
            flags: told,
            demo: Some(flags),
            demo_at: Arc::default(),
            demo_folder: None,
        })
    }

    /// Checks the file named or the usual one.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(named: Option<&Path>) -> Result<Found, Failure> {
        Ok(match config::load(named)?.1 {
            Source::File(path) => Found::File(path),
            Source::Absent(path) => Found::Absent(path),
            Source::Nowhere => Found::Nowhere,
        })
    }

    /// Whether anything may be changed, and whether rows may be compared where it may not.
    pub fn mode(&self) -> (&Mode, bool) {
        (&self.mode, self.may_validate)
    }

    /// Whether anything may be changed at all.
    ///
    /// # Errors
    /// Not here, and what to set.
    pub fn may_change(&self) -> Result<(), Failure> {
        Ok(self.mode.authority().map(drop)?)
    }

    /// Limits of the rules.
    pub fn alerts(&self) -> &alert::Settings {
        &self.alerts
    }

    /// Where the configuration is read from.
    pub fn place(named: Option<&Path>) -> Option<PathBuf> {
        named.map(Path::to_owned).or_else(config::default_path)
    }

    /// AWS, where it is asked: that of the demo once it is there.
    pub(super) fn aws(&self) -> aws::Settings {
        self.demo_at.get().map_or_else(|| self.aws.clone(), aws::Settings::embedded)
    }

    /// The profile as the header shows it before anybody has answered.
    pub(super) fn profile(&self) -> String {
        let from_env = || std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        match &self.demo {
            Some(_) => "demo".to_owned(),
            None => self.aws.profile.clone().or_else(from_env).unwrap_or_else(|| "default".to_owned()),
        }
    }

    /// What the screen may use: what the terminal can do, unless the configuration knows better.
    pub(super) fn capability(&self) -> Result<Capability, Failure> {
        let here = Capability::here()?;
        Ok(Capability {
            ascii: match self.screen.characters {
                Characters::Auto => here.ascii,
                Characters::Unicode => false,
                Characters::Ascii => true,
            },
            colour: match self.screen.colour {
                Colour::Auto => here.colour,
                Colour::Always => true,
                Colour::Never => false,
            },
            wide: here.wide,
        })
    }

    /// How the roles look: the flag, else no colours where there shall be none, else as configured.
    pub(super) fn look(&self, capability: Capability) -> Look {
        let plain = !capability.colour && self.theme.is_none();
        match self.theme.unwrap_or(self.screen.theme) {
            _ if plain => Look::Monochrome,
            ThemeName::Sixteen => Look::Sixteen,
            ThemeName::ColourBlind => Look::ColourBlind { wide: capability.wide },
            ThemeName::Monochrome => Look::Monochrome,
        }
    }
}

/// The refresh that the demo has ready: of the staging database, wherever that is.
fn prepared(safeguards: &Safeguards) -> Result<BTreeMap<String, refresh::Settings>, Failure> {
    let mut refreshes = config::parse(demo::REFRESH, Path::new("demo/refresh.toml"))?.refreshes;
    for refresh in refreshes.values_mut() {
        refresh.to = safeguards.reload_allowed.last().cloned().into_iter().collect();
    }
    Ok(refreshes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_a_refresh_ready_for_the_staging_database_and_no_other() {
        let own = prepared(&demo::safeguards(None, None)).unwrap();
        assert_eq!(own.keys().collect::<Vec<_>>(), ["staging"]);
        assert_eq!(own["staging"].to, [demo::safeguards(None, None).reload_allowed[1].clone()]);
        let given =
            prepared(&demo::safeguards(Some("postgres://u:p@db-a/shop"), Some("mysql://u:p@db-b/stage"))).unwrap();
        assert_eq!(given["staging"].to[0].to_string(), "db-b/stage");
    }
}
