//! Whether what runs on goes on running after a logout: systemd-logind may end everything a session has left behind, tmux
//! with the console in it included (logind.conf(5)).

use super::command::ask;
use super::{Area, Finding, Verdict};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where systemd looks for settings, the least important first. A file of the same name wins over those before it.
const FOLDERS: [&str; 4] = ["usr/lib/systemd", "usr/local/lib/systemd", "run/systemd", "etc/systemd"];

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// systemd runs here, and logind with it.
    logind: bool,
    kills: Result<bool, String>,
    settings: Settings,
    user: Option<String>,
    /// Whether the user's own services outlive the last session.
    linger: Result<bool, String>,
    /// This process belongs to the user's own services, not to a login.
    outside_session: bool,
}

/// What the files say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Settings {
    kill: Option<bool>,
    only: Vec<String>,
    except: Option<Vec<String>>,
}

impl Settings {
    /// Takes in one file; later lines win.
    fn read(&mut self, text: &str) {
        let mut login = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                login = line == "[Login]";
            }
            let Some((key, value)) = line.split_once('=').filter(|_| login && !line.starts_with(['#', ';'])) else {
                continue;
            };
            let names = || value.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            match key.trim() {
                "KillUserProcesses" => self.kill = truth(value).or(self.kill),
                "KillOnlyUsers" => self.only = names(),
                "KillExcludeUsers" => self.except = Some(names()),
                _ => {}
            }
        }
    }

    /// Whether logind spares this user although it kills; root, where nothing is said.
    fn spares(&self, user: Option<&str>) -> bool {
        let named = |names: &[String]| names.iter().any(|name| Some(name.as_str()) == user);
        let except = self.except.as_ref().map_or(user == Some("root"), |names| named(names));
        except || !self.only.is_empty() && user.is_some() && !named(&self.only)
    }
}

/// As systemd reads it.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// Reads files below `root`, and asks logind only for what they do not say.
pub async fn gather(root: &Path) -> Facts {
    let logind = root.join("run/systemd/system").is_dir();
    let settings = settings(root);
    let user = user(root);
    let property = async |arguments: &[&str], name: &str| {
        let answer = ask("loginctl", arguments).await?;
        let value = answer.lines().find_map(|line| truth(line.strip_prefix(name)?.strip_prefix('=')?));
        value.ok_or_else(|| format!("loginctl does not tell {name}"))
    };
    let kills = match settings.kill {
        Some(kills) => Ok(kills),
        // Without a user it tells what applies to all.
        None if logind => property(&["show-user", "--property=KillUserProcesses"], "KillUserProcesses").await,
        None => Err("nobody says".to_owned()),
    };
    let lingers = user.as_ref().is_some_and(|user| root.join("var/lib/systemd/linger").join(user).exists());
    let linger = match &user {
        _ if lingers => Ok(true),
        Some(user) if logind => property(&["show-user", user, "--property=Linger"], "Linger").await,
        _ => Err("nobody says".to_owned()),
    };
    let group = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let outside_session = group.contains("/user@");
    Facts { logind, kills, settings, user, linger, outside_session }
}

/// The main file, then the additions in the order of their names.
fn settings(root: &Path) -> Settings {
    let mut main = None;
    let mut additions = BTreeMap::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        main = fs::read_to_string(folder.join("logind.conf")).ok().or(main);
        for entry in fs::read_dir(folder.join("logind.conf.d")).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "conf") {
                additions.insert(entry.file_name(), fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }
    let mut settings = Settings::default();
    for text in main.iter().chain(additions.values()) {
        settings.read(text);
    }
    settings
}

/// Name of the user this process runs as: from the files, because a variable can say anything.
fn user(root: &Path) -> Option<String> {
    let id = rustix::process::geteuid().as_raw().to_string();
    let known = fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    // Users of a directory service stand in no file.
    name.or_else(|| std::env::var("USER").ok()).filter(|name| !name.is_empty() && !name.contains('/'))
}

pub fn judge(facts: &Facts) -> Finding {
    let (area, check) = (Area::Host, "after logout");
    let how = "systemd-run --user --scope tmux";
    if !facts.logind {
        return Finding::passed(area, check, "no systemd-logind runs here that would end what a session leaves behind");
    }
    match &facts.kills {
        Ok(false) => Finding::passed(area, check, "systemd-logind leaves alone what a session leaves behind"),
        Ok(true) if facts.settings.spares(facts.user.as_deref()) => Finding::passed(
            area,
            check,
            "systemd-logind spares this user's processes (KillExcludeUsers, KillOnlyUsers)",
        ),
        Ok(true) => match (&facts.linger, facts.outside_session) {
            (Ok(true), true) => Finding::passed(area, check, "this runs outside of the session, and the user lingers"),
            (Ok(true), false) => {
                let message =
                    "systemd-logind ends everything of this session at logout, refreshes too (KillUserProcesses=yes)";
                Finding::failed(area, check, message, format!("Start tmux outside of the session: {how}"))
            }
            (Ok(false), _) => {
                let message = "systemd-logind ends everything at logout, refreshes too (KillUserProcesses=yes), and the user does not linger";
                Finding::failed(area, check, message, format!("loginctl enable-linger, then {how}"))
            }
            (Err(why), _) => {
                let message = "systemd-logind ends what sessions leave behind (KillUserProcesses=yes); whether the user lingers is not known";
                Finding::unknown(area, check, message, format!("loginctl enable-linger, then {how}")).because(why)
            }
        },
        Err(why) => {
            let message = "it is not known whether systemd-logind ends what a session leaves behind";
            let action = "Ask by hand: loginctl show-user --property=KillUserProcesses";
            Finding::unknown(area, check, message, action).because(why)
        }
    }
}

/// What whoever begins something that runs on should know, where a logout would end it.
pub async fn warning() -> Option<String> {
    let found = judge(&gather(Path::new("/")).await);
    let action = found.action.as_ref().map(|action| action.raw()).unwrap_or_default();
    (found.verdict == Verdict::Failed).then(|| format!("{}. {action}", found.message.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_survives_a_logout_is_judged_by_logind_linger_and_where_we_run() {
        let no = || Err("no bus".to_owned());
        let facts = |kills, linger, outside_session| Facts {
            logind: true,
            kills,
            settings: Settings::default(),
            user: Some("jane".into()),
            linger,
            outside_session,
        };
        let spared = Settings { only: vec!["guest".into()], ..Settings::default() };
        for (facts, want, said) in [
            (Facts { logind: false, ..facts(no(), no(), false) }, Verdict::Passed, ""),
            (facts(Ok(false), no(), false), Verdict::Passed, ""),
            (facts(Ok(true), Ok(true), true), Verdict::Passed, ""),
            (facts(Ok(true), Ok(true), false), Verdict::Failed, "systemd-run --user --scope"),
            (facts(Ok(true), Ok(false), true), Verdict::Failed, "enable-linger"),
            (facts(Ok(true), no(), false), Verdict::Unknown, "enable-linger"),
            (facts(no(), Ok(true), true), Verdict::Unknown, "Ask by hand"),
            (Facts { user: Some("root".into()), ..facts(Ok(true), Ok(false), false) }, Verdict::Passed, ""),
            (Facts { settings: spared, ..facts(Ok(true), Ok(false), false) }, Verdict::Passed, ""),
        ] {
            let found = judge(&facts);
            assert_eq!(found.verdict, want, "{facts:?}");
            assert!(found.action.as_ref().map_or("", |action| action.raw()).contains(said), "{found:?}");
            assert_eq!(found.action.is_none(), want == Verdict::Passed, "{found:?}");
        }
    }

    #[tokio::test]
    async fn files_are_read_as_systemd_reads_them() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("run/systemd/system/x", "");
        write("usr/lib/systemd/logind.conf", "[Login]\nKillUserProcesses=yes\n");
        assert_eq!(settings(root.path()).kill, Some(true));
        // What stands in /etc replaces the file of the vendor, and its comments say nothing.
        write(
            "etc/systemd/logind.conf",
            "[Login]\n#KillUserProcesses=no\nKillExcludeUsers=root jane\n[Other]\nKillUserProcesses=no\n",
        );
        let read = settings(root.path());
        assert_eq!((read.kill, read.except), (None, Some(vec!["root".to_owned(), "jane".to_owned()])));
        write("usr/lib/systemd/logind.conf.d/50-keep.conf", "[Login]\nKillUserProcesses=no\n");
        assert_eq!(settings(root.path()).kill, Some(false));
        write("etc/systemd/logind.conf.d/50-keep.conf", "[Login]\nKillUserProcesses = Yes\n");
        write("etc/systemd/logind.conf.d/60-other.txt", "[Login]\nKillUserProcesses=no\n");
        let name = format!("jane:x:{}:1::/home/jane:/bin/sh\n", rustix::process::geteuid().as_raw());
        write("etc/passwd", &name);
        write("var/lib/systemd/linger/jane", "");
        write("proc/self/cgroup", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope\n");
        let facts = gather(root.path()).await;
        assert_eq!((facts.kills.clone(), facts.linger.clone()), (Ok(true), Ok(true)));
        assert!(facts.logind && facts.outside_session && facts.user.as_deref() == Some("jane"), "{facts:?}");
        assert_eq!(judge(&facts).verdict, Verdict::Passed);
    }
}
