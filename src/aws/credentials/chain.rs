//! The ordinary chain of providers, built so that it fails fast: the metadata service gets one attempt and one second.

use crate::aws::http::{self, Proxy};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_types::timeout::TimeoutConfig;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// The whole conversation with the metadata service (token, role name, credentials). On an instance it takes
/// milliseconds; in a container without the hop it hangs. The AWS CLI gives one second and one attempt too.
const METADATA_TOTAL: Duration = Duration::from_secs(1);
const METADATA_STEP: Duration = Duration::from_millis(800);

/// Connecting to STS or SSO, and one attempt there. Slow answers (a corporate identity provider) are waited for.
const PROVIDER_CONNECT: Duration = Duration::from_secs(3);
const PROVIDER_ATTEMPT: Duration = Duration::from_secs(15);

/// What the chain needs to know; read again from files at every load, so new credentials are found when they change.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Chain {
    /// As given by the user; `None` leaves it to `AWS_PROFILE`.
    pub profile: Option<String>,
    pub region: Option<Region>,
    pub use_fips: Option<bool>,
    pub use_dual_stack: Option<bool>,
    /// The metadata service was just asked for the region and did not answer.
    pub metadata_silent: bool,
}

/// Where credentials come from.
#[derive(Debug, Clone)]
pub(in crate::aws) enum Source {
    Chain(Chain),
    /// What a role gives to whom the chain finds.
    Role(Arc<AssumeRoleProvider>),
    /// Keys of the embedded AWS.
    Fixed(Credentials),
}

impl Source {
    /// A role that is taken on with what the chain finds.
    pub(in crate::aws) async fn role(role: &str, chain: Chain, sdk: &SdkConfig) -> Self {
        let role = AssumeRoleProvider::builder(role).session_name("cutover").configure(sdk);
        Self::Role(Arc::new(role.build_from_provider(chain).await))
    }

    pub(super) async fn load(&self) -> Result<Credentials, CredentialsError> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Chain(chain) => chain.load().await,
            Self::Role(provider) => provider.provide_credentials().await,
        }
    }
}

/// One provider that had nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::aws) struct Tried {
    pub name: &'static str,
    pub why: String,
}

/// None had any.
#[derive(Debug, thiserror::Error)]
#[error("no credentials found")]
pub(in crate::aws) struct NothingFound(pub Vec<Tried>);

impl Chain {
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let mut tried = Vec::new();
        for (name, provider) in self.providers() {
            match provider.provide_credentials().await {
                Ok(credentials) => return Ok(credentials),
                Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
                    tried.push(Tried { name, why: error.source().map(ToString::to_string).unwrap_or_default() });
                }
                Err(error) => return Err(error),
            }
        }
        Err(CredentialsError::not_loaded(NothingFound(tried)))
    }

    fn providers(&self) -> Vec<(&'static str, Box<dyn ProvideCredentials>)> {
        let conf = provider_config(self.region.clone(), Proxy::FromEnvironment)
            .with_use_fips(self.use_fips)
            .with_use_dual_stack(self.use_dual_stack);
        let mut out: Vec<(&'static str, Box<dyn ProvideCredentials>)> = Vec::new();
        // A profile named on the command line is meant: keys left in the environment may belong to another account.
        if self.profile.is_none() {
            out.push(("environment", Box::new(EnvironmentVariableCredentialsProvider::new())));
        }
        let metadata = || Metadata::new(self.metadata_silent);
        let mut profile = ProfileFileCredentialsProvider::builder()
            .configure(&conf)
            .with_custom_provider("Ec2InstanceMetadata", metadata());
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        out.push(("profile", Box::new(profile.build())));
        let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&conf).build();
        out.push(("web identity", Box::new(web_identity)));
        out.push(("container", Box::new(EcsCredentialsProvider::builder().configure(&conf).build())));
        out.push(("instance metadata", Box::new(metadata())));
        out
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

fn provider_config(region: Option<Region>, proxy: Proxy) -> ProviderConfig {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(PROVIDER_CONNECT).operation_attempt_timeout(PROVIDER_ATTEMPT).build();
    ProviderConfig::without_region()
        .with_region(region)
        .with_http_client(http::client(proxy))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_timeout_config(timeouts)
}

fn metadata_client(conf: &ProviderConfig) -> imds::Client {
    imds::Client::builder()
        .configure(conf)
        .max_attempts(1)
        .connect_timeout(METADATA_STEP)
        .read_timeout(METADATA_STEP)
        .operation_attempt_timeout(METADATA_STEP)
        .operation_timeout(METADATA_TOTAL)
        .build()
}

/// What the metadata service says about the region.
#[derive(Debug)]
pub(in crate::aws) enum MetadataRegion {
    Is(Region),
    /// Switched off by `AWS_EC2_METADATA_DISABLED`, so nothing was asked and nothing is slow.
    Off,
    /// No answer, or none that helps.
    Silent,
}

/// Asks the metadata service for the region. At most one second.
pub(in crate::aws) async fn metadata_region() -> MetadataRegion {
    if std::env::var("AWS_EC2_METADATA_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true")) {
        return MetadataRegion::Off;
    }
    let conf = provider_config(None, Proxy::Never);
    let provider =
        imds::region::ImdsRegionProvider::builder().configure(&conf).imds_client(metadata_client(&conf)).build();
    match tokio::time::timeout(METADATA_TOTAL, provider.region()).await {
        Ok(Some(region)) => MetadataRegion::Is(region),
        _ => MetadataRegion::Silent,
    }
}

/// The metadata provider, with "does not answer" meaning "has none" so that the chain goes on and names everything.
#[derive(Debug)]
struct Metadata {
    inner: imds::credentials::ImdsCredentialsProvider,
    silent: bool,
}

impl Metadata {
    fn new(silent: bool) -> Self {
        let conf = provider_config(None, Proxy::Never);
        let client = metadata_client(&conf);
        let inner = imds::credentials::ImdsCredentialsProvider::builder().configure(&conf).imds_client(client).build();
        Self { inner, silent }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let no_answer = || CredentialsError::not_loaded("the instance metadata service does not answer");
        if self.silent {
            return Err(no_answer());
        }
        match tokio::time::timeout(METADATA_TOTAL, self.inner.provide_credentials()).await {
            Err(_) => Err(no_answer()),
            Ok(Err(error)) if is_metadata_error(&error) => Err(no_answer()),
            Ok(answer) => answer,
        }
    }
}

fn is_metadata_error(error: &CredentialsError) -> bool {
    error.source().and_then(|source| source.downcast_ref::<imds::client::error::ImdsError>()).is_some()
}

impl ProvideCredentials for Metadata {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}
