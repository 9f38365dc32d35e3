//! The command line: its words, and one file for each command without a screen.
//!
//! May touch `app` and `model`. Exit status everywhere: 0 fine; 1 the answer is "no"; 2 usage or configuration; 3 could not
//! be done or could not be told. Start at [`Arguments`] for the words and [`run`] for who does what.

mod activity;
mod completions;
mod config;
mod confirm;
mod databases;
mod demo;
mod doctor;
mod events;
mod logs;
mod metrics;
mod operate;
mod print;
mod refresh;
mod reload;
mod resume;
mod schedules;
mod start;
mod stop;
mod switch;
mod tables;
mod tasks;
mod test_connections;
mod validate;
mod validations;

use crate::app::{self, Failure, Flags, Setup, ThemeName};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

pub use print::Format;

/// A terminal console for AWS Database Migration Service.
#[derive(Debug, Parser)]
#[command(
    name = "cutover",
    version,
    about,
    after_help = "Without a command: the console. Exit status: 0 fine, 1 the answer is no, 2 usage or configuration, \
                  3 could not be done or could not be told."
)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// How the console looks; wins over the configuration and the environment
    #[arg(long, value_enum, value_name = "THEME")]
    theme: Option<Theme>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Apart from the options of one command, which would otherwise stand among them.
const EVERYWHERE: &str = "Options of every command";

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[allow(clippy::doc_markdown, reason = "these lines are printed by --help as they stand")]
struct Common {
    /// Profile of ~/.aws/config and ~/.aws/credentials; wins over AWS_PROFILE and the configuration
    #[arg(long, global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    profile: Option<String>,
    /// Region; wins over AWS_REGION, the profile and the configuration
    #[arg(long, global = true, value_name = "REGION", help_heading = EVERYWHERE)]
    region: Option<String>,
    /// Configuration file to read instead of the one `cutover config path` names
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// Watch only, change nothing: also the default; wins over --operate and the configuration
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    read_only: bool,
    /// Changes are meant; they also need expect_account in the configuration
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    operate: bool,
}

/// The built-in themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Theme {
    /// The terminal's own colours
    #[value(name = "16-colour")]
    Sixteen,
    /// Blue and orange instead of green and red
    ColourBlind,
    /// Bold, underlined and reversed only
    Monochrome,
}

impl From<Theme> for ThemeName {
    fn from(theme: Theme) -> Self {
        match theme {
            Theme::Sixteen => Self::Sixteen,
            Theme::ColourBlind => Self::ColourBlind,
            Theme::Monochrome => Self::Monochrome,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the tasks of the account and region, each with its health
    Tasks(tasks::Arguments),
    /// List the tables of one task
    Tables(tables::Arguments),
    /// What the two databases of one task say: apply exceptions, suspended tables, DMS's validation failures, slot, locks
    Databases(databases::Arguments),
    /// List the newest metrics of one task
    Metrics(metrics::Arguments),
    /// List what has happened to tasks and instances, or follow it
    Events(events::Arguments),
    /// List the rules and schedules of EventBridge, and when each fires next; enable or disable one
    Schedules(schedules::Arguments),
    /// Start a task for the first time, or a cdc task from a position, after a preview and a confirmation
    Start(start::Arguments),
    /// Resume a task where it stopped, after a preview and a confirmation
    Resume(resume::Arguments),
    /// Stop a task and wait until it has, after a preview and a confirmation
    Stop(stop::Arguments),
    /// Load every table of a task again, or chosen ones, after a preview and a confirmation
    #[command(override_usage = "cutover reload [OPTIONS] <TASK> <--all|--table <SCHEMA.TABLE>...>")]
    Reload(reload::Arguments),
    /// Test the connections of a task to source and target, and wait for the answers
    TestConnections(test_connections::Arguments),
    /// List what was changed, or refused: by whom, from where, and what came of it
    Activity(activity::Arguments),
    /// Print the log of one task, and follow it
    Logs(logs::Arguments),
    /// Check that everything a cutover needs is there: permissions, logs, clock, terminal, this machine
    Doctor(doctor::Arguments),
    /// Compare two databases row by row: is the target equal to the source, and if not, where?
    Validate(Box<validate::Arguments>),
    /// List what was compared, what came of it, and one table through all of that
    Validations(validations::Arguments),
    /// Load a target from its source with everything around it, in a run that survives whatever happens to this machine
    Refresh(refresh::Arguments),
    /// Check the configuration, or say where it is looked for
    Config(config::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
    /// Look around without an account: the console on an embedded AWS that really moves rows
    Demo(demo::Arguments),
}

/// Does what the arguments say; the exit status.
pub fn run(arguments: Arguments) -> u8 {
    let Arguments { common, theme, command } = arguments;
    let done = match command {
        None => common.console(theme).and_then(app::console),
        Some(Command::Demo(arguments)) => demo::run(&common, theme, arguments),
        Some(_) if theme.is_some() => Err(Failure::usage("only the console has a --theme")),
        Some(Command::Tasks(arguments)) => common.setup().and_then(|setup| tasks::run(&setup, &arguments)),
        Some(Command::Tables(arguments)) => common.setup().and_then(|setup| tables::run(&setup, &arguments)),
        Some(Command::Metrics(arguments)) => common.setup().and_then(|setup| metrics::run(&setup, &arguments)),
        Some(Command::Events(arguments)) => common.setup().and_then(|setup| events::run(&setup, &arguments)),
        Some(Command::Schedules(arguments)) => common.setup().and_then(|setup| schedules::run(&setup, &arguments)),
        Some(Command::Databases(arguments)) => common.setup().and_then(|setup| databases::run(&setup, &arguments)),
        Some(Command::Start(arguments)) => common.setup().and_then(|setup| start::run(&setup, &arguments)),
        Some(Command::Resume(arguments)) => common.setup().and_then(|setup| resume::run(&setup, &arguments)),
        Some(Command::Stop(arguments)) => common.setup().and_then(|setup| stop::run(&setup, &arguments)),
        Some(Command::Reload(arguments)) => common.setup().and_then(|setup| reload::run(&setup, &arguments)),
        Some(Command::TestConnections(arguments)) => {
            common.setup().and_then(|setup| test_connections::run(&setup, &arguments))
        }
        Some(Command::Activity(arguments)) => common.setup().and_then(|setup| activity::run(&setup, &arguments)),
        Some(Command::Logs(arguments)) => common.setup().and_then(|setup| logs::run(&setup, &arguments)),
        Some(Command::Doctor(arguments)) => doctor::run(&common.flags(), &arguments),
        Some(Command::Validate(arguments)) => validate::run(common.flags(), *arguments),
        Some(Command::Validations(arguments)) => common.setup().and_then(|setup| validations::run(&setup, arguments)),
        Some(Command::Refresh(arguments)) => refresh::run(&common, &arguments),
        Some(Command::Config(arguments)) => config::run(common.config.as_deref(), &arguments),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
    };
    done.unwrap_or_else(|failure| {
        print::failure(&failure);
        failure.status
    })
}

impl Common {
    fn setup(&self) -> Result<Setup, Failure> {
        Setup::load(self.flags())
    }

    fn console(&self, theme: Option<Theme>) -> Result<Setup, Failure> {
        Setup::load(Flags { theme: theme.map(ThemeName::from), ..self.flags() })
    }

    fn flags(&self) -> Flags {
        let Self { profile, region, config, read_only, operate } = self.clone();
        Flags { profile, region, config, read_only, operate, theme: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_words_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn common_flags_stand_before_or_after_the_command() {
        for line in [
            &["cutover", "--region", "eu-west-1", "tasks"][..],
            &["cutover", "tasks", "--region", "eu-west-1"],
            &["cutover", "--region=eu-west-1"],
        ] {
            let arguments = Arguments::try_parse_from(line).unwrap();
            assert_eq!(arguments.common.region.as_deref(), Some("eu-west-1"), "{line:?}");
        }
    }
}
