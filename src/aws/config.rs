//! From settings to the SDK's configuration: profile, region, endpoints, timeouts.

use crate::aws::credentials::{Chain, Keeper, MetadataRegion, Serving, Source, metadata_region};
use crate::aws::http::{self, Proxy};
use crate::aws::settings::{Origin, Settings};
use crate::model::{Problem, ProblemKind, Region, Scope};
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::timeout::TimeoutConfig;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Opening a connection; the SDK's own default is 3.1 s.
const CONNECT: Duration = Duration::from_millis(3100);

/// One attempt, answer included. A page of 500 table rows takes well under a second; a service that needs longer than
/// this is better asked again.
const ATTEMPT: Duration = Duration::from_secs(15);

/// The embedded AWS's region and keys.
const EMBEDDED_REGION: &str = "eu-west-1";
const EMBEDDED_KEY: &str = "AKIAEMBEDDEDDEMO0000";
const EMBEDDED_SECRET: &str = "embedded";

/// Everything needed to build clients, before it is known whose account it is.
#[derive(Debug)]
pub(super) struct Configured {
    /// Name for scope and messages.
    pub profile: String,
    /// `None` where no one knows it; credentials are still looked for, because lacking those is the better message.
    pub region: Option<Region>,
    pub sdk: SdkConfig,
    pub keeper: Arc<Keeper>,
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build()
}

fn wrong(summary: String, detail: String, hint: &str) -> Problem {
    let at = Timestamp::now();
    Problem { kind: ProblemKind::Configuration, summary, detail, hint: hint.to_owned(), request_id: None, at }
}

/// Reads what there is to read. May ask the metadata service for the region: at most one second.
pub(super) async fn configure(settings: &Settings) -> Result<Configured, Problem> {
    match &settings.origin {
        Origin::Embedded { endpoint } => embedded(endpoint),
        Origin::Chain => chain(settings).await,
    }
}

fn embedded(endpoint: &str) -> Result<Configured, Problem> {
    if !is_loopback(endpoint) {
        let summary = format!("the embedded AWS must be on this machine, not at {endpoint:?}");
        return Err(wrong(summary, String::new(), "Its address looks like http://127.0.0.1:4566."));
    }
    let keys = Credentials::new(EMBEDDED_KEY, EMBEDDED_SECRET, None, None, "embedded");
    let keeper = Arc::new(Keeper::new(Source::Fixed(keys)));
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(aws_config::Region::from_static(EMBEDDED_REGION))
        .endpoint_url(endpoint)
        .http_client(http::client(Proxy::Never))
        .credentials_provider(SharedCredentialsProvider::new(Serving(Arc::clone(&keeper))))
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .build();
    Ok(Configured { profile: "demo".to_owned(), region: Some(Region(EMBEDDED_REGION.to_owned())), sdk, keeper })
}

async fn chain(settings: &Settings) -> Result<Configured, Problem> {
    let profile = Profile::find(settings).await?;
    let given = match &settings.region {
        Some(region) => Some(region.clone()),
        None => EnvironmentVariableRegionProvider::new().region_or(profile.region.as_deref()).await,
    };
    let (region, metadata_silent) = match given {
        Some(region) => (Some(region), false),
        None => match metadata_region().await {
            MetadataRegion::Is(region) => (Some(region.to_string()), false),
            MetadataRegion::Off => (None, false),
            MetadataRegion::Silent => (None, true),
        },
    };
    if let Some(region) = region.as_deref().filter(|region| !looks_like_region(region)) {
        let summary = format!("{region:?} is not a region name");
        return Err(wrong(
            summary,
            String::new(),
            "It looks like eu-west-1; check --region, AWS_REGION and the profile.",
        ));
    }
    let sdk_region = region.clone().map(aws_config::Region::new);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(sdk_region.clone())
        .http_client(http::client(Proxy::FromEnvironment))
        .no_credentials()
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts());
    if let Some(name) = &settings.profile {
        loader = loader.profile_name(name);
    }
    if let Some(url) = &settings.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let sdk = loader.load().await;
    check_endpoints(sdk.endpoint_url())?;
    let chain = Chain {
        profile: settings.profile.clone(),
        region: sdk_region,
        use_fips: sdk.use_fips(),
        use_dual_stack: sdk.use_dual_stack(),
        metadata_silent,
    };
    let source = match &settings.role {
        Some(role) => Source::role(role, chain, &sdk).await,
        None => Source::Chain(chain),
    };
    let keeper = Arc::new(Keeper::new(source));
    let provider = SharedCredentialsProvider::new(Serving(Arc::clone(&keeper)));
    let sdk = sdk.into_builder().credentials_provider(provider).build();
    Ok(Configured { profile: profile.name, region: region.map(Region), sdk, keeper })
}

/// The SDK panics over an empty endpoint and shows its insides over a malformed one, so both are told here.
fn check_endpoints(found: Option<&str>) -> Result<(), Problem> {
    let variables = [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DATABASE_MIGRATION_SERVICE",
        "AWS_ENDPOINT_URL_CLOUDWATCH",
        "AWS_ENDPOINT_URL_STS",
    ];
    let set = variables.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    let found = found.map(|url| ("endpoint_url of the profile", url.to_owned()));
    match set.chain(found).find(|(_, url)| !is_endpoint_url(url)) {
        None => Ok(()),
        Some((place, url)) => Err(wrong(
            format!("{url:?} is no http or https URL"),
            format!("it stands in {place}"),
            "Unset it to reach AWS itself.",
        )),
    }
}

/// Whether this can be the address of a service: `http` or `https`, and a host.
pub fn is_endpoint_url(text: &str) -> bool {
    let Ok(url) = text.parse::<hyper::Uri>() else { return false };
    matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
}

/// The profile in use, as the files say.
struct Profile {
    name: String,
    region: Option<String>,
}

impl Profile {
    /// A profile that was asked for by name must be there, and the files must be readable; having no files is fine.
    #[allow(clippy::default_trait_access, reason = "the types are of a crate that is otherwise not needed")]
    async fn find(settings: &Settings) -> Result<Self, Problem> {
        let named =
            settings.profile.clone().or_else(|| std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()));
        let files = format!(
            "{} and {}",
            file("AWS_CONFIG_FILE", "~/.aws/config"),
            file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
        );
        let override_name = settings.profile.clone().map(Into::into);
        let loaded =
            aws_config::profile::load(&Default::default(), &Default::default(), &Default::default(), override_name)
                .await;
        let profiles = loaded.map_err(|error| {
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            wrong(format!("the AWS profile files cannot be read: {files}"), why, "Correct the line named above.")
        })?;
        let name = named.clone().unwrap_or_else(|| "default".to_owned());
        let section = profiles.get_profile(&name);
        if named.is_some() && section.is_none() {
            let mut known: Vec<&str> = profiles.profiles().collect();
            known.sort_unstable();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let summary = format!("there is no AWS profile named {name:?} in {files}");
            return Err(wrong(summary, format!("profiles there: {known}"), "Check --profile and AWS_PROFILE."));
        }
        let region = section.and_then(|section| section.get("region")).map(str::to_owned);
        // As the AWS CLI has it: keys in the environment come before any profile but one that is named on the command line.
        let keys = std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty());
        let by_keys = keys && settings.profile.is_none();
        let name = if by_keys || section.is_none() { Scope::NO_PROFILE.to_owned() } else { name };
        Ok(Self { name, region })
    }
}

/// Path of a file of the AWS tools, as a person knows it.
fn file(variable: &str, default: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

trait RegionOr {
    async fn region_or(&self, other: Option<&str>) -> Option<String>;
}

impl RegionOr for EnvironmentVariableRegionProvider {
    async fn region_or(&self, other: Option<&str>) -> Option<String> {
        let found = aws_config::meta::region::ProvideRegion::region(self).await;
        found.map(|region| region.to_string()).or_else(|| other.map(str::to_owned)).filter(|region| !region.is_empty())
    }
}

/// The region becomes part of a host name, so nothing else may stand in it.
fn looks_like_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 64
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// `http://` to 127.0.0.0/8, `[::1]` or `localhost`, with an optional port and path.
fn is_loopback(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    if let Ok(address) = authority.parse::<std::net::SocketAddr>() {
        return address.ip().is_loopback();
    }
    let host = authority.split(':').next().unwrap_or_default();
    host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()) || authority == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_aws_is_only_ever_on_this_machine() {
        for (endpoint, want) in [
            ("http://127.0.0.1:4566", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:1/", true),
            ("http://localhost:80", true),
            ("https://127.0.0.1:1", false),
            ("http://127.0.0.1.example.com", false),
            ("http://localhost.example.com:1", false),
            ("http://127.0.0.1@dms.eu-west-1.amazonaws.com", false),
            ("http://localhost:1@example.com:80", false),
            ("https://dms.eu-west-1.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(endpoint), want, "{endpoint}");
        }
    }

    #[test]
    fn an_endpoint_is_a_web_address() {
        for (text, want) in [
            ("http://127.0.0.1:4566", true),
            ("https://vpce-1.dms.eu-west-1.vpce.amazonaws.com", true),
            ("http://[::1]:80/path", true),
            ("", false),
            ("nonsense", false),
            ("http://", false),
            ("http://:80", false),
            ("http:///path", false),
            ("ftp://host", false),
            ("http://a b", false),
            ("http://host\u{1b}[2J", false),
        ] {
            assert_eq!(is_endpoint_url(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_region_cannot_smuggle_a_host() {
        for (text, want) in [("eu-west-1", true), ("us-gov-west-1", true), ("", false), ("eu-west-1.evil.com/", false)]
        {
            assert_eq!(looks_like_region(text), want, "{text}");
        }
    }
}
