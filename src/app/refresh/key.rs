//! The key of masking of a refresh, found anew each time that a process takes a run up: it stands in no plan. Start at [`masking`].

use super::super::validate::sides::command;
use super::super::{Failure, Setup};
use crate::aws::Reader;
use crate::model::Secret;
use crate::model::database::PasswordFrom;
use crate::model::masking::Key;
use crate::model::refresh::RefreshName;
use crate::model::untrusted::shown;

/// The key that `[refresh.NAME.masking]` names; `None` where it names none. Give it to `Work::with_masking_key`.
///
/// # Errors
/// It is not where the configuration says, or too short.
pub async fn masking(setup: &Setup, reader: Option<&Reader>, name: &RefreshName) -> Result<Option<Key>, Failure> {
    let settings = super::plan::settings(setup, &name.0)?;
    let Some(rules) = &settings.masking else { return Ok(None) };
    let failed = |why: String| Failure::could_not(format!("[refresh.{}.masking]: {why}", shown(&name.0)));
    let secret = match &rules.key {
        PasswordFrom::Unsaid => return Ok(None),
        PasswordFrom::Environment(variable) => {
            let found = std::env::var(variable).ok().filter(|text| !text.is_empty());
            let missing = || failed(format!("the variable {} is not set, or empty", shown(variable)));
            Secret::new(found.ok_or_else(missing)?)
        }
        PasswordFrom::Secret(id) => {
            let reader = reader.ok_or_else(|| failed("a secret is kept by AWS, and nobody is signed in".to_owned()))?;
            reader.secret(id).await?.value
        }
        PasswordFrom::Command(words) => command("key_command", words).await.map_err(failed)?,
    };
    Key::new(&secret).map(Some).map_err(|error| failed(error.to_string()))
}
