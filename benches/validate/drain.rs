//! What the wire itself takes: all rows of both sides at the same time, in the order of the key and in the formats that a
//! comparison reads them in, and nothing done with them.

use super::Place;
use super::measure::{self, Cost};
use futures_util::stream::StreamExt as _;
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};
use std::time::Instant;

/// Drains `t` of both.
pub async fn both(source: &Place, target: &Place, places: &[&Place]) -> Cost {
    let own = i32::try_from(std::process::id()).unwrap();
    let (before, used) = (measure::servers(places), measure::cpu(own));
    let began = Instant::now();
    let urls = [source.url.clone(), target.url.clone()];
    let of_mysql = target.of_mysql;
    let [first, second] = urls;
    let one = tokio::spawn(async move { postgres(&first).await });
    let other = tokio::spawn(async move { if of_mysql { mysql(&second).await } else { postgres(&second).await } });
    one.await.unwrap();
    other.await.unwrap();
    let (wall, tool) = (began.elapsed().as_secs_f64(), measure::cpu(own) - used);
    let servers = measure::servers(places) - before;
    Cost { wall, tool, servers, memory: 0.0, status: Some(0), stdout: String::new(), stderr: String::new() }
}

async fn postgres(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let copy = "COPY (SELECT id, n, amount, name, note, at, day, flag, x FROM t ORDER BY id) TO STDOUT (FORMAT binary)";
    let mut bytes = 0;
    let mut stream = connection.copy_out_raw(copy).await.unwrap();
    while let Some(message) = stream.next().await {
        bytes += message.unwrap().len();
    }
    drop(stream);
    assert!(bytes > 0);
    connection.close().await.unwrap();
}

async fn mysql(url: &str) {
    let mut connection = MySqlConnection::connect(url).await.unwrap();
    let sql = "SELECT id, n, amount, name, note, at, day, flag, x FROM t ORDER BY id";
    let mut rows = 0;
    {
        let mut stream = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).fetch(&mut connection);
        while let Some(row) = stream.next().await {
            drop(row.unwrap());
            rows += 1;
        }
    }
    assert!(rows > 0);
    connection.close().await.unwrap();
}
