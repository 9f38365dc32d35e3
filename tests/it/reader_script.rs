//! A scripted HTTP server: each operation answers from its own list, the last entry for ever.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const DATE: &str = "Sun, 22 Nov 2026 14:03:22 GMT";
pub const ACCOUNT: &str = "123456789012";

/// What happens to one request.
#[derive(Debug, Clone)]
pub enum Play {
    /// Status, content type, body.
    Answer(u16, &'static str, String),
    /// A body of rpcv2Cbor, status 200.
    Cbor(Vec<u8>),
    /// The connection is closed in the middle of the answer.
    Cut,
    /// The connection is closed before a single byte.
    Slam,
}

impl Play {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, "application/x-amz-json-1.1", body.into())
    }

    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
    }

    pub fn who(account: &str) -> Self {
        let body = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/watcher/jane</Arn>\
             <UserId>U</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        Self::Answer(200, "text/xml", body)
    }

    pub fn sts_error(code: &str) -> Self {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>");
        Self::Answer(403, "text/xml", body)
    }
}

#[derive(Debug, Default)]
struct Script {
    plays: HashMap<String, Vec<Play>>,
    /// Operation, body, access key id it was signed with.
    seen: Vec<(String, String, String)>,
}

/// A running server; stops with the test.
#[derive(Debug, Clone)]
pub struct Server {
    pub url: String,
    script: Arc<Mutex<Script>>,
}

impl Server {
    /// Starts with an identity in the usual account.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, script: Arc::default() };
        server.script("GetCallerIdentity", vec![Play::who(ACCOUNT)]);
        let script = Arc::clone(&server.script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script)));
            }
        });
        server
    }

    pub fn script(&self, operation: &str, plays: Vec<Play>) {
        self.script.lock().unwrap().plays.insert(operation.to_owned(), plays);
    }

    pub fn count(&self, operation: &str) -> usize {
        self.script.lock().unwrap().seen.iter().filter(|(seen, ..)| seen == operation).count()
    }

    pub fn bodies(&self, operation: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.seen.iter().filter(|(seen, ..)| seen == operation).map(|(_, body, _)| body.clone()).collect()
    }

    pub fn keys(&self, operation: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.seen.iter().filter(|(seen, ..)| seen == operation).map(|(.., key)| key.clone()).collect()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    while let Some((head, body)) = request(&mut stream).await {
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
            line.map(|line| line[name.len() + 1..].trim().to_owned())
        };
        let first = head.lines().next().unwrap_or_default();
        let operation = header("x-amz-target")
            .and_then(|target| target.rsplit('.').next().map(str::to_owned))
            .or_else(|| body.split('&').find_map(|pair| pair.strip_prefix("Action=").map(str::to_owned)))
            .or_else(|| first.split("/operation/").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned))
            .unwrap_or_else(|| first.to_owned());
        let key = header("authorization")
            .and_then(|text| {
                text.split("Credential=").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned)
            })
            .unwrap_or_default();
        let play = {
            let mut script = script.lock().unwrap();
            script.seen.push((operation.clone(), body, key));
            match script.plays.get_mut(&operation) {
                Some(plays) if plays.len() > 1 => plays.remove(0),
                Some(plays) => plays[0].clone(),
                None => Play::error(400, "UnknownOperationException", &operation),
            }
        };
        let play = match play {
            Play::Answer(status, kind, body) => Ok((status, kind, body.into_bytes())),
            Play::Cbor(body) => Ok((200, "application/cbor", body)),
            broken => Err(broken),
        };
        match play {
            Ok((status, kind, body)) => {
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nDate: {DATE}\r\nContent-Type: {kind}\r\nx-amzn-RequestId: req-1\r\n\
                     smithy-protocol: rpc-v2-cbor\r\nx-aws-ec2-metadata-token-ttl-seconds: 600\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                if stream.write_all(&[answer.as_bytes(), &body].concat()).await.is_err() {
                    return;
                }
            }
            Err(Play::Cut) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"Repl").await;
                return;
            }
            Err(_) => return,
        }
    }
}

/// One request: head and body.
async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>()))
        .and_then(Result::ok)
        .unwrap_or(0);
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, String::from_utf8_lossy(&bytes[head_end..head_end + length]).into_owned()))
}
