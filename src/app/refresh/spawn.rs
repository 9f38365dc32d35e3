//! Beginning the process of a run. It has a session of its own, a log of its own, and no more of our environment than it needs; it
//! lives on when we end, however we end. Start at [`start`]; [`go_on`] is the same for a run that is there.

use super::carry::confirmed;
use super::order::{Answer, Begin, Further, Order, Said, What, Whereabouts};
use super::runs;
use crate::app::{Failure, Setup, headless};
use crate::model::database::PasswordFrom;
use crate::model::refresh::RefreshId;
use crate::model::shell::quoted;
use crate::refresh::plan::Built;
use crate::store;
use jiff::Timestamp;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Whoever waits for a session of somebody who is gone waits about two minutes (`refresh::held`).
const BEGINS_WITHIN: Duration = Duration::from_mins(5);

/// Variables of the environment that a run needs besides those that the configuration names; a star ends a beginning.
const ENVIRONMENT: [&str; 27] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TZDIR",
    "TMPDIR",
    "XDG_*",
    "AWS_*",
    "CUTOVER_*",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_*",
    "GNUPGHOME",
    "PASSWORD_STORE_*",
    "VAULT_*",
    "RUST_BACKTRACE",
];

/// Makes an order of a plan that was shown and answered.
///
/// # Errors
/// The plan must not be carried out, another run of its name is not over, or the answer does not confirm it.
pub fn begun(setup: &Setup, built: &Built, answer: &Answer) -> Result<What, Failure> {
    setup.mode.authority()?;
    if !built.shown.may_run() {
        let line = "the plan must not be carried out: `cutover refresh plan` says what forbids it".to_owned();
        return Err(Failure { status: 1, lines: vec![line] });
    }
    let name = &built.plan.name.0;
    if let Some(open) = headless::block(runs::open_of(setup, name))? {
        let line = format!("run {} of {name} is {}, and there is one at a time", open.id.0, open.state.word());
        let hint = format!("`cutover refresh status {}` says what goes on.", quoted(name));
        return Err(Failure { status: 1, lines: vec![line, hint] });
    }
    let order = Begin {
        id: crate::refresh::new_id(Timestamp::now()),
        plan: built.plan.clone(),
        hash: built.shown.hash.clone(),
        made: built.shown.made,
        answer: answer.clone(),
    };
    confirmed(&order)?;
    Ok(What::Begin(Box::new(order)))
}

/// Begins a run of this plan in a process of its own. Returns when that has the target and its journal, or refuses. Blocks: it
/// signs in and looks at the target.
///
/// # Errors
/// As [`begun`]; or why it did not begin. Nothing was changed then.
pub fn start(setup: &Setup, built: &Built, answer: &Answer) -> Result<RefreshId, Failure> {
    process(setup, begun(setup, built, answer)?, false)
}

/// Carries out in a process of its own what was shown and answered, of a run that is there. Blocks as [`start`] does.
///
/// # Errors
/// Why it does not go on.
pub fn start_meant(setup: &Setup, what: What) -> Result<RefreshId, Failure> {
    process(setup, what, false)
}

/// Goes on with a run that is there, in a process of its own. `take_over`: somebody said that the other machine that has it is
/// gone. Blocks as [`start`] does.
///
/// # Errors
/// Why it does not go on.
pub fn go_on(setup: &Setup, further: Further, take_over: bool) -> Result<RefreshId, Failure> {
    setup.mode.authority()?;
    let run = match &further {
        Further::Resume(id) | Further::Finish(id) | Further::LoadAgain { id, .. } => Some(id),
        Further::Recover { id, .. } => id.as_ref(),
    };
    // A wish that nobody took was meant for another moment. One that somebody has yet to take stays.
    if let Some(id) = run
        && let Ok(seen) = headless::block(runs::seen(setup, id))
        && seen.head.alive != Some(true)
    {
        store::runs::take_wish(&setup.store, id);
    }
    go_on_wished(setup, further, take_over)
}

/// The same with a wish that is taken first of all.
pub(super) fn go_on_wished(setup: &Setup, further: Further, take_over: bool) -> Result<RefreshId, Failure> {
    process(setup, What::Further(further), take_over)
}

fn process(setup: &Setup, what: What, take_over: bool) -> Result<RefreshId, Failure> {
    let order = Order { what, place: Whereabouts::of(setup)?, take_over };
    let order = serde_json::to_vec(&order).map_err(|error| Failure::could_not(format!("the order: {error}")))?;
    if setup.demo.is_some() {
        // The embedded AWS waits for whoever has a folder, see `app::demo`.
        let _ = store::runs::folder(&setup.store);
    }
    let failed = |error: std::io::Error| Failure::could_not(format!("no process for the run: {error}"));
    let program = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(program)
        .args(["refresh", "carry-out"])
        .env_clear()
        .envs(environment(setup))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Until it has a log there is nobody who would read it.
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends at once says why, or not even that.
        let _ = stdin.write_all(&order);
    }
    said(child)
}

/// Waits for its only line, in a thread that also waits for its end: nobody leaves a dead process behind.
fn said(mut child: Child) -> Result<RefreshId, Failure> {
    let (sender, line) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(stdout) = stdout {
            let _ = BufReader::new(stdout).read_line(&mut text);
        }
        let _ = sender.send(text);
        let _ = child.wait();
    });
    let Ok(text) = line.recv_timeout(BEGINS_WITHIN) else {
        return Err(Failure::could_not_all(vec![
            "the process of the run has not said whether it has begun".to_owned(),
            "`cutover refresh status` shows it when it has.".to_owned(),
        ]));
    };
    match serde_json::from_str(&text) {
        Ok(Said::Begun(id)) => Ok(id),
        Ok(Said::Refused { status, lines }) => Err(Failure { status, lines }),
        Err(_) => Err(Failure::could_not_all(vec![
            "the process of the run ended without a word".to_owned(),
            "`cutover refresh status` says whether it had begun.".to_owned(),
        ])),
    }
}

/// As much of our environment as a run needs.
pub(super) fn environment(setup: &Setup) -> Vec<(OsString, OsString)> {
    let named = named(setup);
    let is_needed = |name: &str| {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == pattern,
        };
        ENVIRONMENT.into_iter().any(fits) || named.iter().any(|one| one == name)
    };
    std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_needed)).collect()
}

/// Variables that the configuration names: passwords, keys of masking.
fn named(setup: &Setup) -> Vec<String> {
    let passwords = setup.databases.iter().map(|entry| &entry.password);
    let keys = setup.refreshes.values().filter_map(|refresh| refresh.masking.as_ref()).map(|rules| &rules.key);
    let variable = |from: &PasswordFrom| match from {
        PasswordFrom::Environment(name) => Some(name.clone()),
        _ => None,
    };
    passwords.chain(keys).filter_map(variable).collect()
}
