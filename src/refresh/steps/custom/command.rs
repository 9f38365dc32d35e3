//! A command of the configuration on this machine.
//!
//! It gets an environment with what a command needs and what the AWS CLI needs, and none of our passwords or masking keys. Its
//! output goes into the log, clean and bounded. It has a group of processes of its own, which is ended with it: by a timeout, by
//! the end of the runner, and where a runner was killed by the one that goes on.

use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;

/// Names of variables, or beginnings of names, that a command gets from ours.
const KEPT: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_",
    "TZ",
    "TMPDIR",
    "XDG_",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "AWS_",
];
/// So much of its output is kept: lines, and bytes of a line.
const LINES: usize = 200;
const LINE: u64 = 2_000;

fn is_kept(name: &str) -> bool {
    let fits = |kept: &str| if kept.ends_with('_') { name.starts_with(kept) } else { name.eq_ignore_ascii_case(kept) };
    name.eq_ignore_ascii_case("NO_PROXY") || KEPT.iter().any(|kept| fits(kept))
}

/// The group of a command, which does not outlive its owner.
struct Group(Option<Pid>);

impl Group {
    fn end(&mut self) {
        if let Some(pid) = self.0.take() {
            // It may have ended by itself.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs it to its end and says the number it ended with. `mark`: under which name its process is written down.
pub async fn run(work: &mut Work, step: &PlannedStep, argv: &[String], mark: Option<&str>) -> Result<i32, Trouble> {
    let [program, arguments @ ..] = argv else { return Err(Trouble::refused("the command is empty")) };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_kept)))
        .env("CUTOVER_REFRESH", &work.plan.name.0)
        .env("CUTOVER_RUN", &work.id.0)
        .env("CUTOVER_STEP", &step.name.0)
        .env("CUTOVER_TARGET", work.plan.destination.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let failed = |error: std::io::Error| Trouble::Refused(format!("{} cannot be run: {error}", shown(program)));
    let mut child = command.spawn().map_err(failed)?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    let mut group = Group(pid.and_then(Pid::from_raw));
    if let (Some(name), Some(pid)) = (mark, pid) {
        let detail = format!("{pid} {} {}", began(pid).unwrap_or_default(), work.who.host);
        ledger::mark_anew(&mut work.target, &step.name, name, &detail).await?;
    }
    let (send, mut lines) = mpsc::channel(64);
    let readers = [
        child.stdout.take().map(|out| tokio::spawn(read(out, send.clone()))),
        child.stderr.take().map(|out| tokio::spawn(read(out, send.clone()))),
    ];
    drop(send);
    // Half of a command is nobody's wish: it is asked again when it has ended.
    let was_deaf = std::mem::replace(&mut work.deaf, true);
    let ended = follow(work, step, &mut child, &mut lines).await;
    work.deaf = was_deaf;
    group.end();
    for reader in readers.into_iter().flatten() {
        reader.abort();
    }
    ended
}

async fn follow(
    work: &mut Work,
    step: &PlannedStep,
    child: &mut tokio::process::Child,
    lines: &mut mpsc::Receiver<String>,
) -> Result<i32, Trouble> {
    let mut kept = 0;
    loop {
        let line = work.beside(lines.recv()).await?;
        match line {
            Some(line) if kept < LINES => {
                kept += 1;
                work.say(step, line).await?;
            }
            Some(_) if kept == LINES => {
                kept += 1;
                work.say(step, "… what it says further is not kept").await?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let status = work.beside(child.wait()).await?.map_err(|error| Trouble::Failed(error.to_string()))?;
    Ok(status.code().unwrap_or(-1))
}

/// Hands on what is said, line by line, a long line in part.
async fn read(out: impl AsyncRead + Unpin, send: mpsc::Sender<String>) {
    let mut out = BufReader::new(out);
    loop {
        let mut line = Vec::new();
        match (&mut out).take(LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        if send.send(shown(line.trim_end()).into_owned()).await.is_err() {
            return;
        }
    }
}

/// When a process began, in ticks of this machine since it was started; `None` where that is not told (proc(5)), or it has ended
/// and only its parent, which may be stopped, has not heard of it.
fn began(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

/// Ends what a runner of this machine that was killed has left running.
pub async fn end_left_behind(work: &mut Work, step: &PlannedStep) -> Result<(), Trouble> {
    let Some(mark) = ledger::marked(&mut work.target, &step.name, "pid").await? else { return Ok(()) };
    let mut parts = mark.splitn(3, ' ');
    let (Some(pid), Some(then), Some(host)) = (parts.next(), parts.next(), parts.next()) else { return Ok(()) };
    let Some(number) = pid.parse::<i32>().ok().filter(|_| host == work.who.host) else { return Ok(()) };
    // Another process may have that number by now.
    if then.is_empty() || began(number).as_deref() != Some(then) {
        return Ok(());
    }
    let Some(group) = Pid::from_raw(number) else { return Ok(()) };
    work.warn(step, format!("its command of before still runs as process {number}: it is ended")).await?;
    let _ = kill_process_group(group, Signal::KILL);
    while test_kill_process_group(group).is_ok() && began(number).as_deref() == Some(then) {
        work.wait(Duration::from_millis(100)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_gets_what_it_needs_and_none_of_our_secrets() {
        for (name, want) in [
            ("PATH", true),
            ("HOME", true),
            ("LC_ALL", true),
            ("AWS_PROFILE", true),
            ("https_proxy", true),
            ("no_proxy", true),
            ("CUTOVER_TARGET_PASSWORD", false),
            ("REFRESH_MASK_KEY", false),
            ("PGPASSWORD", false),
            ("MYSQL_PWD", false),
            ("PATHOLOGY", false),
        ] {
            assert_eq!(is_kept(name), want, "{name}");
        }
    }
}
