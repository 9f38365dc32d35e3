//! What a process takes, and what it makes the servers do: clocks of the kernel, from /proc.

use super::Place;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds and megabytes.
pub struct Cost {
    pub wall: f64,
    /// CPU of the tool.
    pub tool: f64,
    /// CPU of the servers of both sides.
    pub servers: f64,
    /// Most that was resident.
    pub memory: f64,
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Cost {
    pub fn total(&self) -> f64 {
        self.tool + self.servers
    }
}

/// The run whose wall is in the middle.
pub fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.wall.total_cmp(&b.wall));
    costs.swap_remove(costs.len() / 2)
}

/// Ticks of the kernel's clock in a second; Linux shows it so to everybody, whatever it counts by itself.
const TICKS: f64 = 100.0;

/// Numbers of /proc/PID/stat from its third on.
fn stat(pid: i32) -> Option<Vec<i64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(|word| word.parse().unwrap_or_default()).collect())
}

/// CPU of a process and of its children that are gone.
pub fn cpu(pid: i32) -> f64 {
    stat(pid).map_or(0.0, |stat| stat[11..15].iter().sum::<i64>() as f64 / TICKS)
}

/// CPU of a server with its children, gone or not.
fn server(pid: i32) -> f64 {
    let living =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let children = living.filter(|child| stat(*child).is_some_and(|stat| stat[1] == i64::from(pid)));
    cpu(pid) + children.map(cpu).sum::<f64>()
}

pub fn servers(places: &[&Place]) -> f64 {
    places.iter().map(|place| server(place.server.pid())).sum()
}

/// Runs a command to its end.
pub async fn run(mut command: Command, places: &[&Place]) -> Cost {
    let before = servers(places);
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = i32::try_from(child.id()).unwrap();
    let read = |mut from: Box<dyn std::io::Read + Send>| {
        tokio::task::spawn_blocking(move || {
            let mut all = Vec::new();
            from.read_to_end(&mut all).unwrap();
            String::from_utf8_lossy(&all).into_owned()
        })
    };
    let (stdout, stderr) = (read(Box::new(child.stdout.take().unwrap())), read(Box::new(child.stderr.take().unwrap())));
    let mut memory = 0.0_f64;
    // It stays where it can be asked until it is waited for.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    while waitid(WaitId::Pid(Pid::from_raw(id).unwrap()), options).unwrap().is_none() {
        memory = memory.max(resident(id).unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let wall = began.elapsed().as_secs_f64();
    let tool = cpu(id);
    let status = child.wait().unwrap().code();
    let (stdout, stderr) = (stdout.await.unwrap(), stderr.await.unwrap());
    // A server counts the time of a session when that has ended.
    tokio::time::sleep(Duration::from_millis(100)).await;
    Cost { wall, tool, servers: servers(places) - before, memory, status, stdout, stderr }
}

fn resident(pid: i32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1_024.0)
}
