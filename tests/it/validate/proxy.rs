//! A wire between the command and a server that can be held, let go, and cut.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Open,
    /// After so many bytes from the server nothing goes through any more.
    Held(u64),
    Cut,
}

pub struct Proxy {
    port: u16,
    server: String,
    wire: watch::Sender<Wire>,
    passed: Arc<AtomicU64>,
    behind: Arc<Mutex<String>>,
}

impl Proxy {
    /// Stands before the server of this URL.
    pub async fn before(url: &str) -> Self {
        let server = place(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (wire, watched) = watch::channel(Wire::Open);
        let passed = Arc::new(AtomicU64::new(0));
        let behind = Arc::new(Mutex::new(server.clone()));
        let (leads, counted) = (Arc::clone(&behind), Arc::clone(&passed));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *watched.borrow() != Wire::Cut {
                    let behind = leads.lock().unwrap().clone();
                    tokio::spawn(joined(client, behind, watched.clone(), Arc::clone(&counted)));
                }
            }
        });
        Self { port, server, wire, passed, behind }
    }

    /// The URL with the wire in between.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.server, &format!("127.0.0.1:{}", self.port))
    }

    /// From now on so many bytes more.
    pub fn hold_after(&self, bytes: u64) {
        self.wire.send_replace(Wire::Held(self.passed.load(Ordering::SeqCst) + bytes));
    }

    /// Whoever connects from now on reaches the server of this URL.
    pub fn leads_to(&self, url: &str) {
        *self.behind.lock().unwrap() = place(url);
    }

    pub fn let_go(&self) {
        self.wire.send_replace(Wire::Open);
    }

    pub fn cut(&self) {
        self.wire.send_replace(Wire::Cut);
    }

    /// Bytes that have come from the server.
    pub fn so_far(&self) -> u64 {
        self.passed.load(Ordering::SeqCst)
    }

    /// Until so many bytes have come from the server.
    pub async fn passed(&self, bytes: u64) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.passed.load(Ordering::SeqCst) < bytes {
            assert!(std::time::Instant::now() < deadline, "only {} bytes came", self.passed.load(Ordering::SeqCst));
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

fn place(url: &str) -> String {
    url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned()
}

async fn joined(client: TcpStream, server: String, mut wire: watch::Receiver<Wire>, passed: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let up = tokio::io::copy(&mut from_client, &mut to_server);
    let mut watched = wire.clone();
    let down = async {
        let mut buffer = vec![0; 8 * 1_024];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            let so_far = passed.fetch_add(count as u64, Ordering::SeqCst);
            let goes = |wire: &Wire| match wire {
                Wire::Open | Wire::Cut => true,
                Wire::Held(after) => so_far < *after,
            };
            if watched.wait_for(goes).await.is_err() || to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = wire.wait_for(|wire| *wire == Wire::Cut) => {}
        _ = up => {}
        () = down => {}
    }
}
