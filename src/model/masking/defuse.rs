//! Tables that act: queues, schedules, tokens. A copy of production's rows in them makes staging write to people.
//!
//! Start at [`Defuse`] (what the configuration says) and [`not_defused`] (what it forgot).

use super::{Finding, Rules, Table};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is done with one table after the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defuse {
    /// `schema.table` on the target, or the table alone.
    pub table: String,
    pub action: Action,
}

/// How it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Truncate,
    Delete {
        /// SQL of a condition; left out: every row.
        filter: Option<String>,
    },
    /// A file with SQL for the target.
    File(PathBuf),
}

impl Defuse {
    /// It is about this table.
    pub fn is_of(&self, schema: &str, table: &str) -> bool {
        self.table == table || self.table == format!("{schema}.{table}")
    }
}

/// Parts of names by which such a table is known, what it does, and what to do about it. `*` for any text.
struct Known {
    names: &'static [&'static str],
    what: &'static str,
}

/// The shipped checklist.
const KNOWN: &[Known] = &[
    Known {
        names: &[
            "outbox",
            "*_outbox",
            "outbox_*",
            "outbox_messages",
            "email_queue",
            "mail_queue",
            "*_mail_queue",
            "*_email_queue",
        ],
        what: "messages that wait to be sent",
    },
    Known {
        names: &[
            "jobs",
            "job_queue",
            "*_job_queue",
            "queued_jobs",
            "failed_jobs",
            "job_batches",
            "delayed_jobs",
            "good_jobs",
            "good_job_*",
            "good_jobs_*",
            "solid_queue_*",
            "que_jobs",
            "queue_classic_jobs",
            "oban_jobs",
            "graphile_worker*",
            "_private_jobs",
            "procrastinate_jobs",
            "river_job",
            "resque_*",
            "sidekiq_*",
            "dramatiq_*",
            "rq_*",
            "django_q_*",
            "huey_*",
            "messenger_messages",
            "pgmq_*",
            "q_*",
            "background_tasks",
            "background_jobs",
            "scheduled_jobs",
            "scheduled_tasks",
            "hangfire*",
            "qrtz_*",
            "shedlock",
            "delayed_job",
            "job",
            "tasks_queue",
            "task_queue",
        ],
        what: "jobs that a worker takes up",
    },
    Known {
        names: &["pgboss.*", "hangfire.*", "graphile_worker.*", "cron.job", "*.pgboss_*"],
        what: "jobs that a worker takes up",
    },
    Known {
        names: &[
            "django_celery_beat_*",
            "celery_*",
            "djcelery_*",
            "recurring_tasks",
            "cron_jobs",
            "schedules",
            "*_schedules",
        ],
        what: "schedules that fire by themselves",
    },
    Known {
        names: &[
            "webhooks",
            "webhook_*",
            "*_webhooks",
            "*_webhook_endpoints",
            "webhook_subscriptions",
            "hooks",
            "callbacks",
        ],
        what: "addresses of others that are called",
    },
    Known {
        names: &[
            "oauth_*",
            "*_oauth_*",
            "oauth2_*",
            "access_tokens",
            "refresh_tokens",
            "*_access_tokens",
            "*_refresh_tokens",
            "authtoken_token",
            "personal_access_tokens",
            "password_resets",
            "password_reset_*",
            "token_blacklist_*",
            "verification_tokens",
            "magic_links",
            "social_auth_*",
            "socialaccount_*",
            "identities",
            "integrations",
            "*_integrations",
            "*_credentials",
            "credentials",
        ],
        what: "tokens that open somebody's account, here or elsewhere",
    },
    Known {
        names: &["sessions", "*_sessions", "django_session", "user_session", "session", "ar_sessions"],
        what: "sessions of people who are logged in to production",
    },
    Known {
        names: &["api_keys", "*_api_keys", "apikeys", "api_tokens", "*_api_tokens", "service_keys"],
        what: "keys that open an interface",
    },
    Known {
        names: &[
            "devices",
            "user_devices",
            "push_*",
            "*_push_tokens",
            "device_tokens",
            "fcm_*",
            "apns_*",
            "rpush_*",
            "gcm_*",
        ],
        what: "telephones that get messages",
    },
    Known {
        names: &[
            "notifications",
            "*_notifications",
            "notification_*",
            "reminders",
            "*_reminders",
            "campaigns",
            "mailings",
            "newsletters",
        ],
        what: "what people are told of",
    },
];

/// What a table of this name does, where the checklist knows it.
pub fn known(schema: &str, table: &str) -> Option<&'static str> {
    let (table, full) = (table.to_lowercase(), format!("{schema}.{table}").to_lowercase());
    let fits = |name: &&str| crate::model::pattern::fits(name, if name.contains('.') { &full } else { &table });
    KNOWN.iter().find(|known| known.names.iter().any(fits)).map(|known| known.what)
}

/// A warning for each loaded table that the checklist knows and nobody defuses, and a finding for what is defused and is
/// not there.
pub fn not_defused(loaded: &[Table], defuse: &[Defuse], rules: &Rules) -> Vec<Finding> {
    let mut findings = Vec::new();
    for table in loaded {
        let taken = defuse.iter().any(|one| one.is_of(&table.schema, &table.name));
        let excluded = rules.of_table(&table.schema, &table.name).is_some_and(|rules| rules.exclude_data);
        if taken || excluded {
            continue;
        }
        if let Some(what) = known(&table.schema, &table.name) {
            let name = table.full_name();
            let hint = format!("defuse = [{{ table = {name:?}, action = \"truncate\" }}], or leave it out of the load");
            findings.push(Finding::warning(name, format!("is loaded and may hold {what}"), hint));
        }
    }
    for one in defuse.iter().filter(|one| !matches!(one.action, Action::File(_))) {
        if !loaded.iter().any(|table| one.is_of(&table.schema, &table.name)) {
            let what = "is to be defused and is not loaded: what stands in it stays as staging left it";
            findings.push(Finding::warning(one.table.clone(), what, "check its name, or leave it out of defuse"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(schema: &str, name: &str) -> Table {
        Table { schema: schema.into(), name: name.into(), ..Table::default() }
    }

    #[test]
    fn tables_that_act_are_known_by_name() {
        for (schema, name, want) in [
            ("public", "outbox", true),
            ("public", "Order_Outbox", true),
            ("public", "good_jobs", true),
            ("public", "solid_queue_ready_executions", true),
            ("public", "oban_jobs", true),
            ("public", "django_celery_beat_periodictask", true),
            ("pgboss", "job", true),
            ("pgboss", "archive", true),
            ("public", "webhooks", true),
            ("public", "oauth_access_tokens", true),
            ("public", "sessions", true),
            ("public", "api_keys", true),
            ("public", "user_devices", true),
            ("public", "users", false),
            ("public", "orders", false),
            ("public", "customer", false),
        ] {
            assert_eq!(known(schema, name).is_some(), want, "{schema}.{name}");
        }
    }

    #[test]
    fn a_loaded_table_that_acts_is_told_unless_it_is_defused_or_left_out() {
        let loaded =
            [table("public", "outbox"), table("public", "jobs"), table("public", "sessions"), table("a", "users")];
        let mut rules = Rules::default();
        rules.tables.insert("sessions".into(), super::super::TableRules { exclude_data: true, ..Default::default() });
        let defuse = [
            Defuse { table: "public.outbox".into(), action: Action::Truncate },
            Defuse { table: "gone".into(), action: Action::Delete { filter: None } },
        ];
        let found = not_defused(&loaded, &defuse, &rules);
        let places: Vec<&str> = found.iter().map(|one| one.place.as_str()).collect();
        assert_eq!(places, ["public.jobs", "gone"]);
        assert!(found[0].what.contains("a worker takes up") && found[0].hint.contains("public.jobs"), "{found:?}");
    }
}
