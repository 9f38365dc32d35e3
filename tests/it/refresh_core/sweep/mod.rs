//! A whole refresh, with every step that its plan has, killed at every point: PostgreSQL and MariaDB, a load by the embedded
//! DMS, schedules of the embedded EventBridge. `stand.rs` is the two databases and AWS, `seen.rs` what is compared, `kills.rs` the
//! sweep, `deaths.rs` which deaths it has, `stops.rs` what follows where nobody dies, `again.rs` deaths while everything is loaded
//! again, `aborts.rs` an end in the middle of a load, `key.rs` a masking key that is lost, `amend.rs` a configuration that was
//! wrong, `mutants.rs` deliberate mistakes that it must find.
//!
//! `CUTOVER_SWEEP_SEED` repeats a sweep, `CUTOVER_SWEEP_POINT="3 after commit"` takes one point in each variant. As part of all
//! tests a sweep takes each point once, another variant each time, as far as its time goes; with `CUTOVER_FULL=1` in each variant. At points that are the
//! same as those they follow, for whoever dies there, the process is only stopped.

mod aborts;
mod again;
mod amend;
mod deaths;
mod key;
mod kills;
mod mutants;
mod seen;
mod stand;
mod stops;

use super::*;
use cutover::aws::{Connected, Limiters, connect};
use cutover::change::{Executor, Mode, Notifier};
use cutover::model::audit::Whence;
use cutover::model::change::Safeguards;
use cutover::model::masking::Key;
use cutover::model::refresh::WishFor;
use cutover::model::{AccountId, Secret};
use cutover::refresh::Aws;
use cutover::store::Audit;

const SECRET: &str = "a key of sixteen bytes and more";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:dms-failures";

/// What a whole refresh works with besides its target.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct More {
    source: String,
    /// `http://127.0.0.1:PORT`
    aws: String,
    /// The end is wished for from the beginning.
    abort: bool,
    secret: String,
}

impl More {
    pub async fn means(&self, means: Means, plan: &Plan) -> Means {
        let wish = self.abort.then_some(WishFor::AbortStoppingTask);
        Means {
            source: Door::fixed(Database::parse(&self.source).unwrap()),
            aws: Some(self.aws(&means.store, plan).await),
            time: quick(),
            wishes: watch::channel(wish).1,
            ..means
        }
    }

    pub fn key(&self) -> Key {
        key(&self.secret)
    }

    async fn aws(&self, store: &Settings, plan: &Plan) -> Aws {
        let connected = connected(&self.aws).await;
        let expect_account = Some(AccountId("123456789012".into()));
        let authority = Mode { read_only: false, operate: true, expect_account }.authority().unwrap();
        let whence = Whence {
            os_user: "ann".into(),
            host: "t".into(),
            pid: std::process::id(),
            tty: false,
            version: "t".into(),
        };
        let audit = async || Audit::open(store, &whence).await.unwrap();
        let safeguards = Safeguards { reload_allowed: vec![plan.destination.clone()], ..Safeguards::default() };
        let executor =
            Executor::new(&authority, &connected, audit().await, whence.clone(), None, safeguards, quick()).unwrap();
        let kept = (audit().await, whence.clone());
        let notifier = Notifier::new(&authority, &connected, TOPIC.parse().unwrap(), kept, None, quick()).unwrap();
        Aws::new(connected.reader, executor, Some(notifier))
    }
}

fn key(secret: &str) -> Key {
    Key::new(&Secret::new(secret)).unwrap()
}

async fn connected(endpoint: &str) -> Connected {
    let embedded = cutover::aws::Settings::embedded(endpoint.to_owned());
    let settings = cutover::aws::Settings { requests_per_second: 1_000.0, burst: 1_000, ..embedded };
    connect(&settings, &Limiters::default()).await.unwrap()
}

/// A folder for journals: in memory, since each word in a journal waits for the disk.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Nothing is waited for longer than this: the embedded AWS is done by then.
fn quick() -> Time {
    Time { now: Timestamp::now, wait: |span| Box::pin(tokio::time::sleep(span.min(Duration::from_millis(4)))) }
}
