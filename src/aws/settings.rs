//! What this room can be told.

/// Where configuration and credentials come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// The ordinary chain: environment, files, roles, instance metadata.
    #[default]
    Chain,
    /// The embedded AWS at this loopback address. Nothing else is read: no environment, no file, no profile.
    Embedded { endpoint: String },
}

/// Settings of the room. `None` means: as the ordinary chain says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub origin: Origin,
    /// `--profile`; wins over `AWS_PROFILE`, and over access keys in the environment, as in the AWS CLI.
    pub profile: Option<String>,
    /// `--region`; wins over the environment and the profile.
    pub region: Option<String>,
    /// ARN of a role that is taken on with the credentials found; for one question, not for watching.
    pub role: Option<String>,
    /// One endpoint for every service; wins over `AWS_ENDPOINT_URL*`.
    pub endpoint_url: Option<String>,
    /// Sustained DMS requests per second, 0.1 to 4. The bucket is shared with every other tool in the account and its
    /// documented refill is 4 to 8 a second (section 1.4 of the DMS facts).
    pub requests_per_second: f64,
    /// DMS requests that may be sent at once after a quiet time, 1 to 50.
    pub burst: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origin: Origin::Chain,
            profile: None,
            region: None,
            role: None,
            endpoint_url: None,
            requests_per_second: 1.0,
            burst: 8,
        }
    }
}

impl Settings {
    /// Settings for the embedded AWS, built from nothing: static keys, `eu-west-1`, no profile, no environment. A
    /// non-loopback endpoint is refused by [`crate::aws::connect`], so these can never reach a real account.
    pub fn embedded(endpoint: impl Into<String>) -> Self {
        Self { origin: Origin::Embedded { endpoint: endpoint.into() }, ..Self::default() }
    }
}
