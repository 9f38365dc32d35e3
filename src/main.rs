//! `cutover`: parses arguments, loads the configuration, hands over to the app.
use std::process::ExitCode;
fn main() -> ExitCode {
    cutover::app::panic::install();
    match cutover::app::console::console() {
        Ok(e) => ExitCode::from(e.status),
        Err(_) => ExitCode::from(3),
    }
}
