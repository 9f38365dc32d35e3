//! `cutover`: parses its arguments and hands over. Everything else is in the library, one room a folder.

use clap::Parser as _;
use cutover::{app, cli};
use std::process::ExitCode;

fn main() -> ExitCode {
    app::panic::install();
    ExitCode::from(cli::run(cli::Arguments::parse()))
}
