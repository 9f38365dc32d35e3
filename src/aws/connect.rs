//! From settings to a reader that knows whose account it reads.

use crate::aws::config::{self, Configured};
use crate::aws::credentials;
use crate::aws::failure::Class;
use crate::aws::limiter::{Limiter, Limiters, Urgency};
use crate::aws::reader::Reader;
use crate::aws::settings::Settings;
use crate::aws::wire::{Caller, Clients, Refused, Reply, Wire};
use crate::model::operation::Operation;
use crate::model::parts::Identity;
use crate::model::stamp::Stamp;
use crate::model::{Problem, ProblemKind, Region, Scope};
use aws_credential_types::provider::error::CredentialsError;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Credentials are looked for even where the region is unknown, to tell the more useful of two problems; not for longer
/// than this, because nothing can come of it.
const WITHOUT_REGION: Duration = Duration::from_millis(500);

/// A live connection.
#[derive(Debug, Clone)]
pub struct Connected {
    pub reader: Reader,
    pub scope: Scope,
    pub identity: Identity,
}

/// Where would be read, before anybody is asked who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub profile: String,
    /// `None` where nothing names one.
    pub region: Option<Region>,
}

/// How signing in ended, with what is learnt on the way also where it fails.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub result: Result<Connected, Problem>,
    /// The clock of the service that was asked who we are.
    pub stamp: Option<Stamp>,
    /// That service does not allow the question.
    pub denied: bool,
}

/// Finds out profile and region as [`connect`] would. May ask the metadata service: at most one second.
pub async fn place(settings: &Settings) -> Result<Place, Problem> {
    let Configured { profile, region, .. } = config::configure(settings).await?;
    Ok(Place { profile, region })
}

/// Finds configuration and credentials and asks who they are. Without credentials anywhere the problem comes within two
/// seconds, also where the metadata service never answers; a slow sign-in service is waited for.
pub async fn connect(settings: &Settings, limiters: &Limiters) -> Result<Connected, Problem> {
    sign_in(settings, limiters).await.result
}

/// [`connect`], with more about how it went.
pub async fn sign_in(settings: &Settings, limiters: &Limiters) -> SignIn {
    let (mut stamp, mut denied) = (None, false);
    let answered = |asked: &Result<Reply<Caller>, Refused>| match asked {
        Ok(reply) => stamp = reply.stamp,
        Err(refused) => (stamp, denied) = (refused.stamp, refused.class == Class::Denied),
    };
    let result = connected(settings, limiters, answered).await;
    SignIn { result, stamp, denied }
}

async fn connected(
    settings: &Settings,
    limiters: &Limiters,
    answered: impl FnOnce(&Result<Reply<Caller>, Refused>),
) -> Result<Connected, Problem> {
    let Configured { profile, region, sdk, keeper } = config::configure(settings).await?;
    let Some(region) = region else {
        let looked = tokio::time::timeout(WITHOUT_REGION, keeper.load()).await;
        return Err(match looked {
            Ok(Err(error @ CredentialsError::CredentialsNotLoaded(_))) => {
                credentials::problem(&error, &profile, Timestamp::now())
            }
            _ => no_region(&profile),
        });
    };
    let found = keeper.load().await.map_err(|error| credentials::problem(&error, &profile, Timestamp::now()))?;
    let clients = Clients::new(&sdk);
    // The account, and with it the limiter, is only known after the first answer.
    let first = Limiter::new(settings.requests_per_second, settings.burst);
    let asked = clients.who(&first, &region, &found).await;
    answered(&asked);
    let reply = asked?;
    let (stated, heard, caller) = (reply.stated, Timestamp::now(), reply.value);
    let limiter = limiters.of(&caller.account, &region, settings.requests_per_second, settings.burst);
    for _ in 0..first.traffic().requests_last_minute {
        limiter.count(Operation::GetCallerIdentity);
    }
    let held = keeper.hold(found, SystemTime::now());
    let identity = Identity { account: caller.account.clone(), arn: caller.arn, expires: held.expires() };
    let scope = Scope { profile: profile.clone(), account: caller.account, region };
    let wire = Wire::new(clients, keeper, limiter, scope.clone());
    // The first question about a time must know what time it is there.
    wire.clock.saw(stated, heard);
    Ok(Connected { reader: Reader::new(Arc::new(wire), Urgency::Interactive), scope, identity })
}

fn no_region(profile: &str) -> Problem {
    Problem {
        kind: ProblemKind::Configuration,
        summary: format!("no AWS region is set (profile {profile})"),
        detail: "looked at: --region, AWS_REGION, AWS_DEFAULT_REGION, the profile, instance metadata".to_owned(),
        hint: "Pass --region eu-west-1 or set AWS_REGION.".to_owned(),
        request_id: None,
        at: Timestamp::now(),
    }
}

/// Renewed credentials that belong to somebody else: data of two accounts must never mix.
pub(super) fn other_account(expected: &Scope, found: &str, region: &Region) -> Problem {
    Problem {
        kind: ProblemKind::AccessDenied,
        summary: format!("the credentials now belong to account {found}, not {}", expected.account.0),
        detail: format!("profile {} in {}", expected.profile, region.0),
        hint: "Nothing was read with them. Sign in to the first account again, or start again for the other."
            .to_owned(),
        request_id: None,
        at: Timestamp::now(),
    }
}
