//! From flags and the configuration file to what each room takes.

use super::demo::DemoFlags;
use super::{Clock, Failure};
use crate::change::Mode;
use crate::config::{self, Characters, Colour, Config, Source};
use crate::console::terminal::Capability;
use crate::{aws, feeds, store};
use std::path::{Path, PathBuf};

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
    pub(super) clock: Clock,
    /// Whether anything may be changed.
    pub(super) mode: Mode,
    pub(super) store: store::Settings,
    /// The embedded AWS to start and look at.
    pub(super) demo: Option<DemoFlags>,
}

impl Setup {
    /// Reads the configuration; flags win over it.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load(flags: Flags) -> Result<Self, Failure> {
        let (config, _) = config::load(flags.config.as_deref())?;
        let Config {
            environment,
            profile,
            region,
            endpoint_url,
            expect_account,
            operate,
            audit_dir,
            scope,
            screen,
            cost,
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
        Ok(Self { environment, aws, watch, screen, clock: Clock::System, mode, store, demo: None })
    }

    /// The demo takes only the look of the screen from the configuration: no account, no scope.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(super) fn demo(flags: DemoFlags, config: Option<&Path>) -> Result<Self, Failure> {
        let (config, _) = config::load(config)?;
        let clock = flags.clock();
        Ok(Self {
            environment: None,
            aws: aws::Settings::default(),
            watch: feeds::Settings::default(),
            screen: config.screen,
            clock,
            mode: Mode::default(),
            store: store::Settings::default(),
            demo: Some(flags),
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

    /// Where the configuration is read from.
    pub fn place(named: Option<&Path>) -> Option<PathBuf> {
        named.map(Path::to_owned).or_else(config::default_path)
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
        })
    }
}
