//! `cutover demo`.

use super::{Common, Theme, print};
use crate::app::{self, DemoFlags, Failure};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Only serve the embedded AWS: print the environment to export, serve until stopped
    #[arg(long)]
    serve: bool,
    /// Port of the embedded AWS on 127.0.0.1; a free one when left out
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Source database to use instead of a file of its own: postgres://… or mysql://…; it is written to
    #[arg(long, value_name = "URL")]
    source: Option<String>,
    /// Target database to use instead of a file of its own: postgres://… or mysql://…; it is written to
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Many tasks, without databases behind them: 600x100 is 600 tasks of 100 tables
    #[arg(long, value_name = "TASKSxTABLES")]
    fleet: Option<String>,
    /// What everything random in the demo comes from; 7 when left out
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop the clock, for pictures and tests
    #[arg(long)]
    frozen: bool,
    /// A fault from the start (repeatable); `--fault help` lists them
    #[arg(long = "fault", value_name = "NAME[=VALUE]")]
    faults: Vec<String>,
    /// How the console looks; wins over the configuration and the environment
    #[arg(long, value_enum, value_name = "THEME", conflicts_with = "serve")]
    theme: Option<Theme>,
    /// End when standard input does: how the console's own server ends with it
    #[arg(long, hide = true, requires = "serve")]
    until_stdin_closes: bool,
    /// And not before every refresh has ended whose journal is there
    #[arg(long, hide = true, requires = "until_stdin_closes", value_name = "FOLDER")]
    while_runs_in: Option<PathBuf>,
}

pub fn run(common: &Common, theme: Option<Theme>, arguments: Arguments) -> Result<u8, Failure> {
    if common.profile.is_some() || common.region.is_some() {
        return Err(Failure::usage("the demo has an account of its own: leave out --profile and --region"));
    }
    let Arguments {
        serve,
        port,
        source,
        target,
        fleet,
        seed,
        frozen,
        faults,
        theme: own,
        until_stdin_closes,
        while_runs_in,
    } = arguments;
    if faults.iter().any(|fault| fault == "help") {
        print::out(&app::fault_help())?;
        return Ok(0);
    }
    let flags = DemoFlags { port, source, target, fleet, seed, frozen, faults };
    if serve {
        return app::serve(&flags, until_stdin_closes, while_runs_in.as_deref(), &|text| print::out(text));
    }
    app::demo_console(flags, common.config.as_deref(), own.or(theme).map(Into::into), common.read_only)
}
