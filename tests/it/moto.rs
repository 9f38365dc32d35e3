//! moto, the AWS of the Python world: what our client reads there alike is not only our own idea of AWS.

use crate::embedded::python;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// moto's server; it ends with the test.
pub struct Moto(Child, String);

impl Moto {
    pub fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = python().with_file_name("moto_server");
        let child = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot run {}: {error}: run `tests/run`", program.display()));
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "moto does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self(child, format!("http://127.0.0.1:{port}"))
    }

    /// For `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.1
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
