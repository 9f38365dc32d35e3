//! What stands in the definition of a task, section by section.

use super::Form;
use super::write::{Line, Writer};
use crate::console::state::feed::Feed;
use crate::console::state::world::{DefinitionChange, Document};
use crate::console::state::{State, age};
use crate::model::json;
use crate::model::maintenance_window::Window;
use crate::model::parts::{Endpoint, Instance, PendingMaintenance};
use crate::model::statement::Section;
use crate::model::task::Task;
use crate::model::{EndpointArn, ReplicationKind, Subject, Untrusted, mappings, settings};
use jiff::Timestamp;
use std::net::IpAddr;

/// Everything but the two documents.
pub fn around(state: &State, task: &Task, width: usize, form: Form) -> Vec<Line> {
    let mut out = Writer::new(width);
    changes(state, task, &mut out);
    // As JSON there are the documents and nothing else.
    if form == Form::Words {
        identity(task, &mut out);
        endpoint(state, task, "Source endpoint", &task.source, &mut out);
        endpoint(state, task, "Target endpoint", &task.target, &mut out);
        instance(state, task, &mut out);
        positions(task, &mut out);
    }
    let mut lines = out.done();
    if !lines.is_empty() {
        // What follows begins anew.
        lines.push(Line { kind: super::Kind::Blank, name: String::new(), text: String::new(), more: false });
    }
    lines
}

/// A document in words.
type Told = Result<Vec<Section>, serde_json::Error>;

/// Why a document is not there.
pub fn unread(state: &State, task: &Task) -> String {
    let subject = Subject::Definition(task.arn.clone());
    let why = why_not(state, &subject, "AWS tells none");
    if state.world.feed(&subject).is_some_and(|feed| feed.failed.is_some()) { format!("not read: {why}") } else { why }
}

/// The two documents; `unread` is said where one of them is not there.
pub fn documents(task: &Task, unread: &str, width: usize, form: Form) -> Vec<Line> {
    let mut out = Writer::new(width);
    let documents = [
        ("Table mappings", task.table_mappings.as_deref(), mappings::words as fn(&str) -> Told),
        ("Settings", task.settings.as_deref(), settings::words as fn(&str) -> Told),
    ];
    for (title, text, words) in documents {
        out.heading(title);
        let Some(text) = text else {
            out.unknown("", unread);
            continue;
        };
        let told = match form {
            Form::Words => words(text).map(|sections| out.sections(&sections)),
            Form::Json => pretty(text).map(|text| out.json(&text)),
        };
        if let Err(why) = told {
            out.unknown("", &format!("not readable as JSON ({why}); as it is:"));
            out.json(text);
        }
    }
    out.done()
}

fn pretty(text: &str) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text)?)
}

/// Differences shown of one change.
const DIFFERENCES: usize = 200;

fn changes(state: &State, task: &Task, out: &mut Writer) {
    let all = state.world.definition_changes(&task.arn);
    if all.is_empty() {
        return;
    }
    out.heading("Changed while this console was open");
    for DefinitionChange { what, before, after, seen } in all.iter().rev() {
        let what = match what {
            Document::Mappings => "mappings",
            Document::Settings => "settings",
        };
        out.part(&format!("{what}, seen {} UTC; when it was made is not told", age::clock(*seen)));
        match json::diff(before, after) {
            None => out.unknown("", "one of the two is not readable as JSON; it is not the same text any more"),
            Some(all) if all.is_empty() => out.note("written differently, and saying the same"),
            Some(all) => {
                for change in all.iter().take(DIFFERENCES) {
                    out.path(&change.path);
                    out.old(change.old.as_deref().unwrap_or("(not there)"));
                    out.new_value(change.new.as_deref().unwrap_or("(not there)"));
                }
                if all.len() > DIFFERENCES {
                    out.note(&format!("{} differences more", all.len() - DIFFERENCES));
                }
            }
        }
    }
}

fn text(value: Option<&Untrusted>) -> &str {
    value.map_or("", Untrusted::raw)
}

fn identity(task: &Task, out: &mut Writer) {
    out.heading("Task");
    out.fact("name", task.name.raw());
    out.fact("ARN", task.arn.as_str());
    out.fact("resource id", &task.arn.resource_id().0);
    out.note("what CloudWatch, the log stream and the control tables call it");
    let kind = if task.arn.kind() == ReplicationKind::Serverless { ", serverless" } else { "" };
    out.fact("type", &format!("{}{kind}", task.migration_type.raw()));
    out.fact("status", task.status.raw());
}

fn endpoint(state: &State, task: &Task, title: &str, arn: &EndpointArn, out: &mut Writer) {
    out.heading(title);
    let Some(endpoint) = state.world.endpoint(arn) else {
        out.fact("ARN", &arn.0);
        return out.unknown("", &why_not(state, &Subject::Endpoints, "in no answer: deleted, or of another account"));
    };
    out.fact("name", endpoint.name.raw());
    out.fact("engine", endpoint.engine.raw());
    let port = endpoint.port.map(|port| format!(":{port}")).unwrap_or_default();
    match &endpoint.host {
        Some(host) => out.fact("host", &format!("{}{port}", host.raw())),
        None if endpoint.secret.is_some() => out.fact("host", "in the secret"),
        None => out.fact("host", "none: this engine has none"),
    }
    if let Some(database) = &endpoint.database {
        out.fact("database", database.raw());
    }
    if let Some(user) = &endpoint.username {
        out.fact("user", user.raw());
    }
    if let Some(secret) = &endpoint.secret {
        out.fact("secret", secret.raw());
    }
    let ssl = text(endpoint.ssl_mode.as_ref());
    let certificate = endpoint.certificate.as_ref().map(|arn| format!(", certificate {}", arn.raw()));
    out.fact("TLS", &format!("{}{}", if ssl.is_empty() { "not told" } else { ssl }, certificate.unwrap_or_default()));
    if ssl == "none" {
        out.note("rows travel unencrypted, unless the network does it");
    }
    let status = text(endpoint.status.as_ref());
    if !status.is_empty() && status != "active" {
        out.fact("status", status);
    }
    for setting in &endpoint.settings {
        out.fact(setting.name.raw(), setting.value.raw());
    }
    tested(state, task, arn, out);
}

/// The last connection test: what it said. When, DMS does not tell.
fn tested(state: &State, task: &Task, arn: &EndpointArn, out: &mut Writer) {
    let Some(test) = state.world.connection(task, arn) else {
        let why = why_not(state, &Subject::Connections, "never, from the instance of this task; it cannot start so");
        return out.unknown("last test", &why);
    };
    out.fact("last test", &format!("{}; when: not told by AWS", test.status.raw()));
    if let Some(why) = test.last_failure.as_ref().filter(|why| !why.is_empty()) {
        if test.status.raw() == "failed" {
            out.beware(why.raw());
        } else {
            out.note(&format!("the failure before: {}", why.raw()));
        }
    }
}

/// Why something is not there: not asked, refused, or `otherwise`.
fn why_not(state: &State, subject: &Subject, otherwise: &str) -> String {
    match state.world.feed(subject) {
        Some(feed) if feed.has_data() => otherwise.to_owned(),
        Some(feed) => match &feed.failed {
            Some(failure) => failure.problem.lines().join("; "),
            None => "not read yet".to_owned(),
        },
        None => "not read yet".to_owned(),
    }
}

fn instance(state: &State, task: &Task, out: &mut Writer) {
    out.heading("Replication instance");
    let Some(arn) = &task.instance else {
        if task.arn.kind() == ReplicationKind::Serverless {
            return out.fact("", "serverless: AWS runs it on capacity of its own");
        }
        return out.unknown("", "AWS tells none");
    };
    let Some(instance) = state.world.instance(arn) else {
        out.fact("ARN", &arn.0);
        return out.unknown("", &why_not(state, &Subject::Instances, "in no answer: deleted, or of another account"));
    };
    out.fact("name", instance.name.raw());
    let storage = instance.storage_gb.map(|gb| format!(", {gb} GB")).unwrap_or_default();
    out.fact("class", &format!("{}{storage}", instance.class.raw()));
    out.fact("engine version", instance.engine_version.raw());
    out.fact("status", instance.status.raw());
    let network = &instance.network;
    let zone = |zone: &Option<Untrusted>| zone.as_ref().map(|zone| zone.raw().to_owned());
    let zones = match (instance.multi_az, zone(&network.availability_zone), zone(&network.secondary_zone)) {
        (true, Some(one), Some(two)) => format!("yes: {one}, standby in {two}"),
        (true, ..) => "yes".to_owned(),
        (false, Some(one), _) => format!("no: only {one}"),
        (false, ..) => "no".to_owned(),
    };
    out.fact("Multi-AZ", &zones);
    placed(instance, out);
    for (title, arn) in [("source", &task.source), ("target", &task.target)] {
        if let Some(endpoint) = state.world.endpoint(arn) {
            inbound(title, instance, endpoint, out);
        }
    }
    upkeep(state, instance, out);
}

fn list<'a>(items: impl Iterator<Item = &'a Untrusted>) -> String {
    items.map(Untrusted::raw).collect::<Vec<_>>().join(", ")
}

fn placed(instance: &Instance, out: &mut Writer) {
    let network = &instance.network;
    out.fact("private addresses", &or_not_told(list(network.private_addresses.iter())));
    if network.publicly_accessible || !network.public_addresses.is_empty() {
        out.fact("public addresses", &or_not_told(list(network.public_addresses.iter())));
    }
    if let Some(vpc) = &network.vpc {
        out.fact("VPC", vpc.raw());
    }
    if let Some(group) = &network.subnet_group {
        out.fact("subnet group", group.raw());
    }
    let subnets: Vec<String> = network
        .subnets
        .iter()
        .map(|subnet| {
            let zone = subnet.availability_zone.as_ref().map(|zone| format!(" ({})", zone.raw())).unwrap_or_default();
            format!("{}{zone}", subnet.id.raw())
        })
        .collect();
    if !subnets.is_empty() {
        out.fact("subnets", &subnets.join(", "));
    }
    let groups: Vec<String> = network
        .security_groups
        .iter()
        .map(|group| match group.status.raw() {
            "active" => group.id.raw().to_owned(),
            status => format!("{} ({status})", group.id.raw()),
        })
        .collect();
    out.fact("security groups", &or_not_told(groups.join(", ")));
}

fn or_not_told(words: String) -> String {
    if words.is_empty() { "not told".to_owned() } else { words }
}

/// What the inbound rule of a database must let in, so that this instance reaches it.
fn inbound(title: &str, instance: &Instance, endpoint: &Endpoint, out: &mut Writer) {
    let Some(port) = endpoint.port else { return };
    let network = &instance.network;
    let groups = list(network.security_groups.iter().map(|group| &group.id));
    let addresses: Vec<String> = network.private_addresses.iter().map(range).collect();
    let from: Vec<String> = [groups, addresses.join(" and ")].into_iter().filter(|words| !words.is_empty()).collect();
    if from.is_empty() {
        return;
    }
    out.fact(&format!("{title} must let in"), &format!("allow tcp {port} from {}", from.join(" or from ")));
}

/// One address as a rule takes it.
fn range(address: &Untrusted) -> String {
    match address.raw().parse() {
        Ok(IpAddr::V6(_)) => format!("{}/128", address.raw()),
        Ok(IpAddr::V4(_)) => format!("{}/32", address.raw()),
        Err(_) => address.raw().to_owned(),
    }
}

fn upkeep(state: &State, instance: &Instance, out: &mut Writer) {
    let now = state.now;
    let window = instance.maintenance_window.as_ref();
    let next = window.and_then(|text| Window::parse(text.raw())).and_then(|window| window.next(now));
    match (window, next) {
        (None, _) => out.unknown("maintenance window", "not told"),
        (Some(text), None) => out.fact("maintenance window", text.raw()),
        (Some(text), Some((from, to))) => {
            let next = format!("{} UTC, next {} to {}", text.raw(), moment(from), age::moment(to, from));
            out.fact("maintenance window", &next);
        }
    }
    let upgrades = if instance.auto_minor_upgrade { "by themselves, in that window" } else { "only when asked for" };
    out.fact("minor upgrades", upgrades);
    let pending = &instance.pending;
    let changes = [
        pending.class.as_ref().map(|class| format!("class {}", class.raw())),
        pending.storage_gb.map(|gb| format!("{gb} GB")),
        pending.engine_version.as_ref().map(|version| format!("engine {}", version.raw())),
        pending.multi_az.map(|on| format!("Multi-AZ {}", if on { "on" } else { "off" })),
        pending.network_type.as_ref().map(|kind| format!("network {}", kind.raw())),
    ];
    let changes: Vec<String> = changes.into_iter().flatten().collect();
    if !changes.is_empty() {
        out.fact("changes to come", &changes.join(", "));
        out.beware("made in the window; the instance restarts, its tasks stand still");
    }
    let mine: Vec<&PendingMaintenance> =
        state.world.maintenance.iter().filter(|one| one.instance == instance.arn).collect();
    if mine.is_empty() {
        let known = state.world.feed(&Subject::Maintenance).is_some_and(Feed::has_data);
        let why = why_not(state, &Subject::Maintenance, "none");
        return if known { out.fact("pending maintenance", &why) } else { out.unknown("pending maintenance", &why) };
    }
    for one in mine {
        let dates =
            [("after", one.auto_applied_after), ("forced at", one.forced_apply), ("planned for", one.current_apply)];
        let dates = dates.into_iter().filter_map(|(word, at)| at.map(|at| format!("{word} {} UTC", moment(at))));
        let dates: Vec<String> = dates.collect();
        let when = if dates.is_empty() { "no date told".to_owned() } else { dates.join(", ") };
        let opted = one.opt_in.as_ref().map(|opt_in| format!(", asked for: {}", opt_in.raw())).unwrap_or_default();
        out.fact("pending maintenance", &format!("{}: {when}{opted}", one.action.raw()));
        if let Some(words) = &one.description {
            out.note(words.raw());
        }
        out.beware("patching stops the changes for a moment; a reboot puts tasks in error");
    }
}

/// With the date, so that it reads the same however long the text stays on screen.
fn moment(at: Timestamp) -> String {
    at.strftime("%a %Y-%m-%d %H:%M").to_string()
}

fn positions(task: &Task, out: &mut Writer) {
    out.heading("Positions");
    let or = |value: &Option<Untrusted>, otherwise: &str| {
        value
            .as_ref()
            .filter(|text| !text.is_empty())
            .map_or_else(|| otherwise.to_owned(), |text| text.raw().to_owned())
    };
    out.fact("CDC starts at", &or(&task.cdc_start_position, "the start of the task"));
    out.fact("CDC stops at", &or(&task.cdc_stop_position, "no position: it goes on"));
    out.fact("recovery checkpoint", &or(&task.recovery_checkpoint, "none told"));
    out.note("only sure to be fresh while the task is stopped or failed");
}
