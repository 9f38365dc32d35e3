//! Who asks, and from where, as the system says it.

use crate::model::audit::Whence;
use std::io::IsTerminal as _;

/// This process.
pub fn here() -> Whence {
    Whence {
        os_user: os_user(),
        host: host(),
        pid: std::process::id(),
        tty: std::io::stdin().is_terminal(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Whether a process of this number runs here. It may be another one by now.
pub fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // A process of somebody else cannot be signalled, and is alive.
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The name that goes with the user number; the environment, which anybody can set, only where no file knows it.
fn os_user() -> String {
    let number = rustix::process::getuid().as_raw();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    });
    let said = || std::env::var("USER").ok().filter(|name| !name.is_empty());
    match (name, said()) {
        (Some(name), _) => name,
        (None, Some(said)) => format!("{said} (uid {number})"),
        (None, None) => format!("uid {number}"),
    }
}

fn host() -> String {
    let file = |path: &str| std::fs::read_to_string(path).ok();
    let found = file("/proc/sys/kernel/hostname").or_else(|| file("/etc/hostname"));
    let found = found.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    let found = found.trim();
    if found.is_empty() { "unknown".to_owned() } else { found.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_has_a_user_and_a_host() {
        let here = here();
        assert!(is_alive(here.pid) && !is_alive(u32::MAX) && !is_alive(0));
        assert!(!here.os_user.is_empty() && !here.host.is_empty() && !here.host.contains('\n'));
    }
}
