//! `cutover config check` and `cutover config path`.

use super::print;
use crate::app::{Failure, Found, Setup};
use crate::model::untrusted::shown;
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Say whether the configuration can be used, or everything that is wrong with it
    Check,
    /// Print the path where the configuration is looked for, whether it is there or not
    Path,
}

pub fn run(named: Option<&Path>, arguments: &Arguments) -> Result<u8, Failure> {
    match arguments.command {
        Command::Check => {
            let said = match Setup::check(named)? {
                Found::File(path) => format!("{}: ok\n", shown(&path.display().to_string())),
                Found::Absent(path) => {
                    format!("{}: not there; every default applies\n", shown(&path.display().to_string()))
                }
                Found::Nowhere => "no folder for configurations here (no home); every default applies\n".to_owned(),
            };
            print::out(&said)?;
        }
        // Nothing but the path, there or not: `cp config.example.toml "$(cutover config path)"`.
        Command::Path => match Setup::place(named) {
            Some(path) => print::out(&format!("{}\n", path.display()))?,
            None => return Err(Failure::usage("no folder for configurations here: HOME is not set")),
        },
    }
    Ok(0)
}
