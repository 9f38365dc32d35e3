//! Secrets Manager: the credentials of the demo's databases, as RDS keeps them. They open nothing but the demo.

use super::parts::{Endpoint, Place};
use super::{ACCOUNT, REGION, Refusal, World, seeded, topics};
use crate::demo::wire::Value;
use jiff::{SignedDuration, Timestamp};

/// Most secrets in one answer (`ListSecrets`).
const PAGE: usize = 100;
/// The password was changed this long before the opening.
const CHANGED: SignedDuration = SignedDuration::from_hours(24 * 6);

/// The key with which the demo's refresh masks.
const MASK_KEY: &str = "refresh/mask-key";

/// One secret; its value is made when asked for.
struct Secret<'a> {
    name: String,
    /// `None`: the key of masking, which is nobody's login.
    endpoint: Option<&'a Endpoint>,
    place: Option<&'a Place>,
}

fn all(world: &World) -> Vec<Secret<'_>> {
    let databases = world.setting.databases.as_ref();
    let place = |name: &str| {
        databases.and_then(|all| match name {
            "shop-prod" => Some(&all.source),
            "shop-aurora" => Some(&all.target),
            "shop-staging" => Some(&all.staging),
            _ => None,
        })
    };
    let endpoints = world.endpoints.iter();
    let logins = endpoints.map(|endpoint| Secret {
        name: name_of(&endpoint.name),
        endpoint: Some(endpoint),
        place: place(&endpoint.name),
    });
    logins.chain([Secret { name: MASK_KEY.to_owned(), endpoint: None, place: None }]).collect()
}

/// The secret an endpoint's password is kept in, whether the endpoint reads it there or not.
pub fn name_of(endpoint: &str) -> String {
    format!("rds/{endpoint}")
}

impl Secret<'_> {
    /// Six characters that Secrets Manager puts behind the name.
    fn arn(&self) -> String {
        let id = seeded::resource_id(seeded::place(&self.name), "secret");
        format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{}-{}", self.name, &id[..6])
    }

    fn about(&self) -> String {
        let login = self.endpoint.map(|endpoint| format!("credentials of {}", endpoint.name));
        login.unwrap_or_else(|| "key of the masking of staging".to_owned())
    }

    fn version(&self) -> String {
        topics::uuid(seeded::place(&self.name), 1)
    }

    /// By name, by ARN, or by ARN without the six characters.
    fn is(&self, id: &str) -> bool {
        let arn = self.arn();
        id == self.name || id == arn || arn.rsplit_once('-').is_some_and(|(whole, _)| id == whole)
    }

    /// What RDS writes: JSON with user, password and address. A file has no server, so its URL stands beside.
    fn value(&self) -> String {
        let Some(endpoint) = self.endpoint else {
            let half = |what: &str| seeded::resource_id(seeded::place(&self.name), what);
            return [half("one"), half("other")].concat().to_ascii_lowercase();
        };
        let url = self.place.map(|place| place.url.as_str());
        let served = url.filter(|url| !url.starts_with("sqlite"));
        let (username, password) = served.and_then(login).unwrap_or_else(|| {
            (endpoint.user.clone(), seeded::resource_id(seeded::place(&self.name), "password").to_ascii_lowercase())
        });
        let mut value = serde_json::json!({
            "username": username,
            "password": password,
            "engine": endpoint.engine.0,
            "host": endpoint.host,
            "port": endpoint.port,
            "dbname": endpoint.database,
            "dbInstanceIdentifier": endpoint.name,
        });
        if let (Some(url), None) = (url, served) {
            value["url"] = url.into();
        }
        value.to_string()
    }
}

/// User and password of a URL.
fn login(url: &str) -> Option<(String, String)> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    // A plus sign is itself here, other than in a form.
    let plain = |text: &str| crate::demo::wire::unescape(&text.replace('+', "%2B"));
    Some((plain(user), plain(password)))
}

fn named<'a>(world: &'a World, input: &Value) -> Result<Secret<'a>, Refusal> {
    let id = input.text_of("SecretId").filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Refusal::secrets_parameter("You must provide a value for the SecretId parameter."))?;
    let found = all(world).into_iter().find(|secret| secret.is(id));
    found.ok_or_else(|| Refusal::not_found_exception("Secrets Manager can't find the specified secret."))
}

pub fn value(world: &World, input: &Value) -> Result<Value, Refusal> {
    let secret = named(world, input)?;
    let absent = |what: &str, value: &str| {
        let message = format!("Secrets Manager can't find the specified secret value for {what}: {value}");
        Err(Refusal::not_found_exception(message))
    };
    if let Some(stage) = input.text_of("VersionStage").filter(|stage| *stage != "AWSCURRENT") {
        return absent("staging label", stage);
    }
    if let Some(version) = input.text_of("VersionId").filter(|version| *version != secret.version()) {
        return absent("VersionId", version);
    }
    Ok(Value::map([
        ("ARN", secret.arn().into()),
        ("Name", secret.name.as_str().into()),
        ("VersionId", secret.version().into()),
        ("SecretString", secret.value().into()),
        ("VersionStages", Value::list(["AWSCURRENT".into()])),
        ("CreatedDate", changed(world).into()),
    ]))
}

fn changed(world: &World) -> Timestamp {
    world.opened - CHANGED
}

/// What is told of a secret without its value; versions have another name in a list.
fn shape(world: &World, secret: &Secret<'_>, versions: &'static str) -> Value {
    let stages = Value::Map(vec![(secret.version().into(), Value::list(["AWSCURRENT".into()]))]);
    let tag = Value::map([("Key", "project".into()), ("Value", "shop-migration".into())]);
    Value::map([
        ("ARN", secret.arn().into()),
        ("Name", secret.name.as_str().into()),
        ("Description", secret.about().into()),
        ("RotationEnabled", false.into()),
        ("LastChangedDate", changed(world).into()),
        ("CreatedDate", (world.opened - CHANGED * 10).into()),
        ("Tags", Value::list([tag])),
        (versions, stages),
    ])
}

pub fn describe(world: &World, input: &Value) -> Result<Value, Refusal> {
    Ok(shape(world, &named(world, input)?, "VersionIdsToStages"))
}

pub fn list(world: &World, input: &Value) -> Result<Value, Refusal> {
    let size = match input.get("MaxResults").and_then(Value::int) {
        None => PAGE,
        Some(asked) => usize::try_from(asked)
            .ok()
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| Refusal::secrets_parameter("MaxResults must be between 1 and 100"))?,
    };
    let mut found = all(world);
    for filter in input.items_of("Filters") {
        let prefixes: Vec<&str> = filter.items_of("Values").iter().filter_map(Value::text).collect();
        match filter.text_of("Key") {
            Some("name" | "all") => found.retain(|secret| prefixes.iter().any(|p| secret.name.starts_with(p))),
            other => return Err(Refusal::secrets_parameter(format!("Filter {other:?} is not one of the demo's"))),
        }
    }
    let invalid = Refusal::secrets_token;
    let start = match input.text_of("NextToken") {
        None => 0,
        Some(token) => token.strip_prefix("demo-").and_then(|n| n.parse::<usize>().ok()).ok_or_else(invalid)?,
    };
    let end = found.len().min(start.saturating_add(size));
    let page = found.get(start..end).ok_or_else(invalid)?;
    let items = page.iter().map(|secret| shape(world, secret, "SecretVersionsToStages"));
    let next = (end < found.len()).then(|| format!("demo-{end}"));
    Ok(Value::map([("SecretList", Value::list(items)), ("NextToken", next.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clock::FROZEN_AT;
    use crate::demo::world::Setting;

    #[test]
    fn a_secret_is_found_by_name_and_by_either_form_of_its_arn() {
        let world = World::new(Setting::default(), FROZEN_AT);
        let arn = all(&world)[0].arn();
        let short = arn.rsplit_once('-').unwrap().0.to_owned();
        for (id, found) in
            [("rds/shop-prod", true), (&arn, true), (&short, true), ("shop-prod", false), ("rds/shop", false)]
        {
            assert_eq!(value(&world, &Value::map([("SecretId", id.into())])).is_ok(), found, "{id}");
        }
    }

    #[test]
    fn user_and_password_are_taken_out_of_the_address() {
        for (url, want) in [
            ("postgres://dms:p%40s+s@127.0.0.1:5544/shop", Some(("dms", "p@s+s"))),
            ("mysql://root@db/app", Some(("root", ""))),
            ("postgres://127.0.0.1/shop", None),
        ] {
            let got = login(url);
            assert_eq!(got.as_ref().map(|(user, password)| (user.as_str(), password.as_str())), want, "{url}");
        }
    }
}
