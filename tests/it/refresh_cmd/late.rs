//! The process that waits beside a run, and `watch --late` for when there is none: with the real binary.

use super::*;

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:dms-failures";

impl Scene {
    /// Begins a run that waits for its gate, and of which somebody is told after so many seconds.
    fn begin_told_after(&self, seconds: i64) -> (RefreshId, Started) {
        let mut plan = self.desk.plan(vec![count_up(), waits(&self.desk)]);
        plan.notice_after = Some(jiff::SignedDuration::from_secs(seconds));
        plan.topic = Some(TOPIC.to_owned());
        self.begin_of(plan)
    }

    /// Who waits beside it.
    fn waiting(&self, id: &RefreshId) -> Pid {
        let path = self.desk.file("xdg/cutover/runs").join(format!("{}.notice", id.0));
        let pid = || std::fs::read_to_string(&path).ok()?.split_once(' ')?.0.parse().ok().and_then(Pid::from_raw);
        wait_for(|| pid().is_some());
        pid().unwrap()
    }

    fn subjects(&self) -> Vec<String> {
        self.aws.messages().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
    }
}

/// Gone, or dead and not waited for.
fn is_gone(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[test]
fn a_run_that_was_killed_is_told_of_once_by_whoever_waits_beside_it() {
    let scene = Scene::new();
    let (id, started) = scene.begin_told_after(15);
    let waiting = scene.waiting(&id);
    assert_ne!(waiting, scene.pid());
    kill_process(scene.pid(), Signal::KILL).unwrap();
    drop(started);
    wait_for(|| !scene.subjects().is_empty());
    wait_for(|| is_gone(waiting));
    let said = std::fs::read_to_string(scene.desk.file("xdg/cutover/runs").join(format!("{}.log", id.0))).unwrap();
    assert!(said.contains(" is late: told dms-failures"), "{said}");
    // Whoever goes on has somebody beside him, too, who finds that it was told.
    scene.open();
    assert_eq!(scene.json(&["resume", "nightly"]).0, 0);
    let next = scene.waiting(&id);
    assert_ne!(next, waiting);
    wait_for(|| is_gone(next));
    assert_eq!(scene.subjects(), ["refresh nightly: late"]);
}

#[test]
fn whoever_waits_ends_with_the_run_and_tells_nobody() {
    let scene = Scene::new();
    scene.open();
    let (id, started) = scene.begin_told_after(3_600);
    let waiting = scene.waiting(&id);
    drop(started);
    assert_eq!(scene.state(), "done");
    wait_for(|| is_gone(waiting));
    assert!(scene.subjects().is_empty());
}

#[test]
fn somebody_on_another_machine_tells_of_a_run_whose_machine_is_lost() {
    let scene = Scene::new();
    let (id, started) = scene.begin_told_after(3_600);
    scene.until("gate", "running");
    for pid in [scene.pid(), scene.waiting(&id)] {
        kill_process(pid, Signal::KILL).unwrap();
    }
    drop(started);
    std::fs::rename(scene.desk.file("xdg"), scene.desk.file("lost")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scene.desk.script("UPDATE cutover_ledger_run SET began = '2020-01-01T00:00:00Z'"));
    let watch = scene.command(&["watch", "nightly", "--late", "--output", "json"]).stdout(Stdio::piped()).spawn();
    let mut child = watch.unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("watching for runs on the target of nightly that are late"));
    let said = lines.next().unwrap();
    assert!(said.contains(&format!("run {} is late: told dms-failures", id.0)), "{said}");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(scene.subjects(), ["refresh nightly: late"]);
    let output = scene.run(&["watch", "nightly", "--late", "--read-only"]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("read-only"), "{output:?}");
}
