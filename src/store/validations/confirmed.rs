//! Who has once agreed to what comparing two databases by rows costs.

use super::{failed, path};
use crate::model::validation::Pair;
use crate::store::place::{Settings, folder};
use crate::store::{StoreError, open};
use jiff::Timestamp;
use sqlx::Connection as _;

/// Whether this user has not yet agreed to it for this pair. Where nothing was ever kept, nobody has.
///
/// # Errors
/// What is there cannot be read.
pub async fn is_first(settings: &Settings, pair: &Pair) -> Result<bool, StoreError> {
    let (_, path) = path(settings)?;
    let Some(mut connection) = open::read(&path).await? else { return Ok(true) };
    if open::version(&mut connection, &path).await? < 2 {
        return Ok(true);
    }
    let select = include_str!("../../../sql/store/validation/is_confirmed.sql");
    let found = sqlx::query_scalar::<_, i64>(select).bind(&pair.source).bind(&pair.target).bind(&pair.os_user);
    Ok(found.fetch_one(&mut connection).await.map_err(failed(&path))? == 0)
}

/// Remembers that this user has agreed.
///
/// # Errors
/// The disk cannot be written: then it is asked again the next time.
pub async fn confirmed(settings: &Settings, pair: &Pair, at: Timestamp) -> Result<(), StoreError> {
    let (dir, path) = path(settings)?;
    folder(dir)?;
    let mut connection = open::write(dir, &path).await?;
    let failed = failed(&path);
    let insert = include_str!("../../../sql/store/validation/confirm.sql");
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
    let insert = sqlx::query(insert).bind(&pair.source).bind(&pair.target).bind(&pair.os_user);
    insert.bind(at.as_microsecond()).execute(&mut *change).await.map_err(&failed)?;
    change.commit().await.map_err(&failed)?;
    connection.close().await.map_err(&failed)
}
