//! Which engine answers at a port. A driver that speaks to the other one waits for words that never come, or cannot make
//! sense of those that do; whoever typed the wrong scheme is told so.
//!
//! MySQL and MariaDB speak first, PostgreSQL waits to be asked. Start at [`engine`].

use super::dialect::Engine;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A server that speaks first does so within this.
const GREETS: Duration = Duration::from_secs(2);
/// For all of it.
const ANSWERS: Duration = Duration::from_secs(4);
/// What PostgreSQL calls `SSLRequest`: its length, and 80877103 (PostgreSQL manual, "Message Formats").
const MAY_ENCRYPT: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Who speaks there; `None` where nobody does, or nobody who is known.
pub(super) async fn engine(host: &str, port: u16) -> Option<Engine> {
    tokio::time::timeout(ANSWERS, asked(host, port)).await.ok().flatten()
}

async fn asked(host: &str, port: u16) -> Option<Engine> {
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.ok()?;
    let mut greeting = [0; 5];
    if let Ok(read) = tokio::time::timeout(GREETS, stream.read_exact(&mut greeting)).await {
        read.ok()?;
        // Three bytes of length, number of the packet, and the version of the protocol or an error (MySQL internals,
        // "Connection Phase").
        let [_, _, high, number, first] = greeting;
        return (high == 0 && number == 0 && matches!(first, 10 | 255)).then_some(Engine::MySql);
    }
    stream.write_all(&MAY_ENCRYPT).await.ok()?;
    let mut answer = [0; 1];
    stream.read_exact(&mut answer).await.ok()?;
    matches!(&answer, b"S" | b"N").then_some(Engine::PostgreSql)
}
