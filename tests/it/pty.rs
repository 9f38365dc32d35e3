//! The real binary on a real pseudo-terminal: what it shows, cell by cell, what it sent, byte by byte, and in which state
//! it leaves the terminal. One at a time, so that no test waits for another's processor.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A screen is read when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(60);
/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program on a terminal of its own.
pub struct Pty {
    master: Option<Arc<File>>,
    child: Child,
    heard: Arc<Mutex<Heard>>,
    reader: Option<JoinHandle<()>>,
    reading: Arc<AtomicBool>,
    hung_up: Arc<AtomicBool>,
    before: String,
    home: tempfile::TempDir,
    _one: MutexGuard<'static, ()>,
    _alone: File,
}

struct Heard {
    screen: vt100::Parser,
    raw: Vec<u8>,
    last: Instant,
}

/// What to run, on what terminal.
pub struct Start {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    rows: u16,
    columns: u16,
}

impl Start {
    /// The real binary.
    pub fn cutover(args: &[&str]) -> Self {
        Self::program(env!("CARGO_BIN_EXE_cutover"), args)
    }

    pub fn program(program: &str, args: &[&str]) -> Self {
        let env = [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin"), ("SHELL", "/bin/sh")];
        Self {
            program: program.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            env: env.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec(),
            rows: 40,
            columns: 120,
        }
    }

    pub fn env(mut self, name: &str, text: &str) -> Self {
        self.env.retain(|(there, _)| there != name);
        self.env.push((name.to_owned(), text.to_owned()));
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        (self.columns, self.rows) = (columns, rows);
        self
    }

    pub fn start(self) -> Pty {
        let one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        // Also where `tests/run` has them in a process of their own, beside the others.
        let alone = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("pty.lock")).unwrap();
        alone.lock().unwrap();
        let home = tempfile::tempdir().unwrap();
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let master = Arc::new(File::from(master));
        set_size(&master, self.columns, self.rows);
        let before = format!("{:?}", tcgetattr(&master).unwrap());
        let no_ctty = rustix::fs::OFlags::NOCTTY.bits().cast_signed();
        let slave = OpenOptions::new().read(true).write(true).custom_flags(no_ctty).open(name).unwrap();
        // `setsid` becomes the program: a session of its own, with this terminal.
        let mut command = Command::new("/usr/bin/setsid");
        command.arg("--ctty").arg(&self.program).args(&self.args).env_clear().env("HOME", home.path());
        command.current_dir(home.path()).envs(self.env);
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        let child = command.spawn().unwrap();
        // The command holds the last copy of the slave on our side; with it no end of file would ever come.
        drop(command);
        let heard = Arc::new(Mutex::new(Heard {
            screen: vt100::Parser::new(cells(self.rows), cells(self.columns), 0),
            raw: Vec::new(),
            last: Instant::now(),
        }));
        let (reading, hung_up) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let reader = {
            let (master, heard) = (Arc::clone(&master), Arc::clone(&heard));
            let (reading, hung_up) = (Arc::clone(&reading), Arc::clone(&hung_up));
            std::thread::spawn(move || read(&master, &heard, &reading, &hung_up))
        };
        let (master, reader) = (Some(master), Some(reader));
        Pty { master, child, heard, reader, reading, hung_up, before, home, _one: one, _alone: alone }
    }
}

/// Reads until the program has closed its side or the line is cut.
fn read(mut master: &File, heard: &Mutex<Heard>, reading: &AtomicBool, hung_up: &AtomicBool) {
    let mut bytes = [0; 8192];
    let pause = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
    while !hung_up.load(Ordering::Acquire) {
        if !reading.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        if poll(&mut [PollFd::new(&master, PollFlags::IN)], Some(&pause)).unwrap_or(0) == 0 {
            continue;
        }
        // The end is an error here: EIO once every copy of the other side is closed.
        let Ok(count @ 1..) = master.read(&mut bytes) else { return };
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.screen.process(&bytes[..count]);
        heard.raw.extend_from_slice(&bytes[..count]);
        heard.last = Instant::now();
    }
}

fn set_size(master: &File, columns: u16, rows: u16) {
    tcsetwinsize(master, Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
}

impl Pty {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its home and the folder it was started in.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What stands on the screen, one line a row.
    pub fn screen(&self) -> String {
        self.heard().screen.screen().contents()
    }

    /// Everything the program ever sent.
    pub fn raw(&self) -> Vec<u8> {
        self.heard().raw.clone()
    }

    /// Looks at the parsed screen: cells, colours, modes.
    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.heard().screen.screen())
    }

    /// Types.
    pub fn keys(&self, text: &str) {
        self.master.as_deref().unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.heard().screen.screen_mut().set_size(cells(rows), cells(columns));
        set_size(self.master.as_ref().unwrap(), columns, rows);
    }

    /// Waits until the condition holds and the terminal is quiet. Fails with the screen as it is then.
    pub fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let quiet = self.heard().last.elapsed() >= QUIET;
            let screen = self.screen();
            if quiet && holds(&screen) {
                return screen;
            }
            assert!(Instant::now() < end, "waited in vain for {what}; the screen is\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a text on a quiet screen.
    pub fn wait(&self, text: &str) -> String {
        self.until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    pub fn wait_gone(&self, text: &str) -> String {
        self.until(&format!("no {text:?}"), |screen| !screen.contains(text))
    }

    /// The terminal stops reading, as after Ctrl-S, or reads again.
    pub fn reading(&self, reads: bool) {
        self.reading.store(reads, Ordering::Release);
    }

    /// The line is cut: our side of the terminal is closed.
    pub fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::Release);
        self.reader.take().unwrap().join().unwrap();
        assert_eq!(Arc::strong_count(self.master.as_ref().unwrap()), 1);
        self.master = None;
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for the end; the status (negative: killed by that signal) and how long it took.
    pub fn end(&mut self) -> (i32, Duration) {
        self.end_within(PATIENCE)
    }

    pub fn end_within(&mut self, limit: Duration) -> (i32, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let code = status.code().unwrap_or_else(|| -status.signal().unwrap());
                return (code, began.elapsed());
            }
            assert!(began.elapsed() < limit, "still running after {limit:?}; the screen is\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Processor time used so far, user and system, of this process.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Memory in use, in kilobytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// After the end: alternate screen left, cursor shown, paste and focus reporting off, line settings as before.
    pub fn assert_given_back(&mut self) {
        self.reader.take().unwrap().join().unwrap();
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "the alternate screen was not left");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
        });
        let raw = String::from_utf8_lossy(&self.raw()).into_owned();
        assert!(raw.rfind("\x1b[?1004l") > raw.rfind("\x1b[?1004h"), "focus reporting is still on");
        let now = format!("{:?}", tcgetattr(self.master.as_ref().unwrap()).unwrap());
        assert_eq!(self.before, now, "the line settings are not as before");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hung_up.store(true, Ordering::Release);
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

pub fn signal(pid: u32, name: &str) {
    let status = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {name} {pid}");
}
