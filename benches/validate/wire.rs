//! A long and narrow wire: bytes go through at a rate, and arrive later. No privileges, no tc.

use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// 50 Mbit/s each way, shared by all connections of this wire.
const BYTES_PER_SECOND: f64 = 50e6 / 8.0;
/// 40 ms there and back.
const ONE_WAY: Duration = Duration::from_millis(20);
/// Pieces of 16 KB under way: twice what the wire holds, so that it is never empty because of us.
const UNDER_WAY: usize = 32;

pub struct Wire {
    port: u16,
    server: String,
}

/// When the wire is free again, in one direction.
type Free = Arc<Mutex<Instant>>;

impl Wire {
    /// Stands before the server of this URL.
    pub async fn before(url: &str) -> Self {
        let server = url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = server.clone();
        let free: [Free; 2] = [0, 1].map(|_| Arc::new(Mutex::new(Instant::now())));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (behind, free) = (behind.clone(), free.clone());
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(behind).await else { return };
                    for end in [&client, &server] {
                        end.set_nodelay(true).unwrap();
                    }
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let [up, down] = free;
                    tokio::join!(carry(from_client, to_server, up), carry(from_server, to_client, down));
                });
            }
        });
        Self { port, server }
    }

    pub fn url(&self, url: &str) -> String {
        url.replace(&self.server, &format!("127.0.0.1:{}", self.port))
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, free: Free) {
    let (send, mut arrived) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let read = async move {
        let mut buffer = vec![0; 16 * 1_024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let gone = {
                let mut free = free.lock().unwrap();
                *free = (*free).max(Instant::now()) + Duration::from_secs_f64(count as f64 / BYTES_PER_SECOND);
                *free
            };
            tokio::time::sleep_until(gone).await;
            if send.send((gone + ONE_WAY, buffer[..count].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((at, bytes)) = arrived.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, write);
}
