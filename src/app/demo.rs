//! The embedded AWS as a process of its own, and the console in front of it.

use super::demo_folder::{is_in_use, remove};
use super::{Clock, Failure, Setup, ThemeName, console as run_console};
use crate::demo;
use crate::demo::clock::FROZEN_AT;
use crate::demo::faults::{Fault, TABLE};
use crate::model::{Problem, ProblemKind};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// What the demo can be told; the same for the server and for the console in front of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DemoFlags {
    pub port: Option<u16>,
    pub source: Option<String>,
    pub target: Option<String>,
    /// `TASKSxTABLES`.
    pub fleet: Option<String>,
    pub seed: Option<u64>,
    pub frozen: bool,
    /// `NAME` or `NAME=VALUE`.
    pub faults: Vec<String>,
}

/// Before the name of the endpoint in what the server prints.
const ENDPOINT: &str = "export AWS_ENDPOINT_URL=";

/// Any will do; the same one makes the same demo.
const DEFAULT_SEED: u64 = 7;

/// Rows per second of a full load: the whole shop takes a little longer than a look at the screen.
const PACE: u32 = 2_000;

/// How often it is looked whether a refresh still needs the demo, and how often in a row none does.
const LOOK_EACH: Duration = Duration::from_millis(500);
const QUIET: u32 = 6;

/// Two databases are made and filled first; on a slow disk that takes a few seconds.
const STARTS_WITHIN: Duration = Duration::from_mins(1);

impl DemoFlags {
    pub(super) fn clock(&self) -> Clock {
        if self.frozen { Clock::Frozen(FROZEN_AT) } else { Clock::System }
    }

    fn arguments(&self) -> Vec<String> {
        let mut out = vec!["demo".to_owned(), "--serve".to_owned(), "--until-stdin-closes".to_owned()];
        let mut pair = |name: &str, value: Option<String>| out.extend(value.map(|value| format!("--{name}={value}")));
        pair("port", self.port.map(|port| port.to_string()));
        pair("source", self.source.clone());
        pair("target", self.target.clone());
        pair("fleet", self.fleet.clone());
        pair("seed", self.seed.map(|seed| seed.to_string()));
        for fault in &self.faults {
            pair("fault", Some(fault.clone()));
        }
        if self.frozen {
            out.push("--frozen".to_owned());
        }
        out
    }

    fn options(&self) -> Result<demo::Options, Failure> {
        let wrong = |flag: &str, error: &dyn std::fmt::Display| Failure::usage(format!("--{flag}: {error}"));
        let fleet = self.fleet.as_deref().map(str::parse).transpose().map_err(|error| wrong("fleet", &error))?;
        let faults: Result<Vec<Fault>, _> = self.faults.iter().map(|text| text.parse()).collect();
        Ok(demo::Options {
            port: self.port.unwrap_or(0),
            seed: self.seed.unwrap_or(DEFAULT_SEED),
            frozen: self.frozen,
            fleet,
            faults: faults.map_err(|error| wrong("fault", &error))?,
            source_url: self.source.clone(),
            target_url: self.target.clone(),
            launcher: Some(demo::launcher()),
            pace: Some(PACE),
            ..demo::Options::default()
        })
    }
}

/// Every fault with its meaning.
pub fn fault_help() -> String {
    let mut out = String::from("NAME[@SERVICE or @OPERATION][=VALUE], for example latency@sts=3000\n\n");
    for row in &TABLE {
        let _ = writeln!(out, "  {:<42} {}", format!("{}{}", row.word, row.takes), row.doc);
    }
    out
}

/// The console on an embedded AWS of its own.
pub fn console(
    flags: DemoFlags,
    config: Option<&Path>,
    theme: Option<ThemeName>,
    read_only: bool,
) -> Result<u8, Failure> {
    // Told now, by us, and not later by a process that nobody sees.
    flags.options()?;
    run_console(Setup::demo(flags, config, theme, read_only)?)
}

/// Serves until a signal, or until standard input ends where that is asked for. `state`: as long as a refresh is carried out
/// whose journal is there, the end of standard input is waited out, and then its folder goes.
pub fn serve(
    flags: &DemoFlags,
    until_stdin_closes: bool,
    state: Option<&Path>,
    print: &dyn Fn(&str) -> Result<(), Failure>,
) -> Result<u8, Failure> {
    let options = flags.options()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::could_not(format!("no runtime: {error}")))?;
    let status = runtime.block_on(async {
        let stopped = stop(until_stdin_closes, state.map(Path::to_owned))
            .map_err(|error| Failure::could_not(format!("signals: {error}")))?;
        let running = demo::serve(options).await.map_err(|error| Failure::could_not(format!("the demo: {error}")))?;
        print(&environment(&running.endpoint_url()))?;
        stopped.await;
        running.stop().await;
        Ok(0)
    });
    // A read of standard input cannot be cancelled; nobody waits for it.
    runtime.shutdown_background();
    status
}

/// Listens from the moment of the call.
fn stop(until_stdin_closes: bool, state: Option<PathBuf>) -> std::io::Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = all_gone(state), if until_stdin_closes => {}
        }
    })
}

/// The console is gone, and every refresh that it began.
async fn all_gone(state: Option<PathBuf>) {
    stdin_closed().await;
    let Some(state) = state else { return };
    let mut quiet = 0;
    // One that is about to begin has made its folder, and no lock yet.
    while state.join("runs").exists() && quiet < QUIET {
        quiet = if is_in_use(&state) { 0 } else { quiet + 1 };
        tokio::time::sleep(LOOK_EACH).await;
    }
    remove(&state);
}

async fn stdin_closed() {
    let read = || std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
    // An error is an end too.
    let _ = tokio::task::spawn_blocking(read).await;
}

/// What any AWS client needs to find the embedded one. Keys are any; the server does not check them.
fn environment(endpoint: &str) -> String {
    format!(
        "# The embedded AWS of cutover. Paste this into another shell; Ctrl-C here stops it.\n\
         {ENDPOINT}{endpoint}\n\
         export AWS_ACCESS_KEY_ID=demo\n\
         export AWS_SECRET_ACCESS_KEY=demo\n\
         export AWS_REGION=eu-west-1\n\
         export AWS_DEFAULT_REGION=eu-west-1\n\
         unset AWS_PROFILE AWS_SESSION_TOKEN\n"
    )
}

/// A server of our own. It ends when its standard input does, which is when we are gone, however we go, and when every refresh
/// is gone that we began.
pub struct Server {
    endpoint: String,
    child: Child,
}

impl Server {
    /// `state`: where the refreshes are kept that it outlives us for.
    pub async fn start(flags: &DemoFlags, state: Option<&Path>) -> Result<Self, Problem> {
        let program = std::env::current_exe().map_err(|error| problem(&format!("where this program is: {error}")))?;
        let mut child = Command::new(program)
            .args(flags.arguments())
            .args(state.iter().flat_map(|state| [Path::new("--while-runs-in"), state]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-Z stops us, not the world we look at.
            .process_group(0)
            .spawn()
            .map_err(|error| problem(&error.to_string()))?;
        let started = tokio::time::timeout(STARTS_WITHIN, endpoint(&mut child)).await;
        match started {
            Ok(Some(endpoint)) => Ok(Self { endpoint, child }),
            Ok(None) => Err(problem(&last_words(&mut child).await)),
            Err(_) => Err(problem("it did not start in time")),
        }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Keeps the server alive for as long as we live; comes back only when it ended by itself.
    pub async fn ended(mut self) -> Problem {
        // What it says on the way out would block it when nobody read.
        let said = last_words(&mut self.child).await;
        let how = match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Problem {
            summary: "the embedded AWS has ended".to_owned(),
            detail: format!("{how} {said}").trim_end().to_owned(),
            hint: "What is on screen stays as it was. Leave with q and start `cutover demo` again.".to_owned(),
            ..problem("")
        }
    }
}

/// The endpoint from what the server prints; `None` where it ended before that.
async fn endpoint(child: &mut Child) -> Option<String> {
    let mut lines = BufReader::new(child.stdout.take()?).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(endpoint) = line.strip_prefix(ENDPOINT) {
            return Some(endpoint.to_owned());
        }
    }
    None
}

async fn last_words(child: &mut Child) -> String {
    let mut text = String::new();
    if let Some(stderr) = child.stderr.take() {
        let _ = stderr.take(4096).read_to_string(&mut text).await;
    }
    text
}

fn problem(detail: &str) -> Problem {
    Problem {
        kind: ProblemKind::Internal,
        summary: "the embedded AWS did not start".to_owned(),
        detail: detail.to_owned(),
        hint: "`cutover demo --serve` shows the same without a screen.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_gets_every_flag_the_console_got() {
        let flags = DemoFlags {
            port: Some(4566),
            source: Some("postgres://a/b".into()),
            target: Some("mysql://c/d".into()),
            fleet: Some("600x100".into()),
            seed: Some(7),
            frozen: true,
            faults: vec!["throttle".into(), "latency=300".into()],
        };
        assert_eq!(
            flags.arguments().join(" "),
            "demo --serve --until-stdin-closes --port=4566 --source=postgres://a/b --target=mysql://c/d \
             --fleet=600x100 --seed=7 --fault=throttle --fault=latency=300 --frozen"
        );
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_starts() {
        let fleet = |text: &str| DemoFlags { fleet: Some(text.into()), ..DemoFlags::default() };
        let fault = |text: &str| DemoFlags { faults: vec![text.into()], ..DemoFlags::default() };
        assert!(fleet("600x100").options().is_ok() && fault("throttle@dms=0.5").options().is_ok());
        for (flags, want) in [
            (fleet("600"), "--fleet: expected TASKSxTABLES"),
            (fleet("axb"), "--fleet: expected TASKSxTABLES"),
            (fault("throtle"), "did you mean throttle?"),
            (fault("latency=soon"), "--fault: fault latency"),
        ] {
            let failure = flags.options().err().unwrap();
            assert_eq!(failure.status, 2);
            assert!(failure.lines[0].contains(want), "{:?}", failure.lines);
        }
    }
}
