//! `cutover completions SHELL`.

use super::print;
use crate::app::Failure;
use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell to complete for
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let mut text = Vec::new();
    generate(arguments.shell, &mut super::Arguments::command(), "cutover", &mut text);
    print::out(&String::from_utf8_lossy(&text))?;
    Ok(0)
}
