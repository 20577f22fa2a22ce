//! Real servers of a test's own, to be stopped, emptied and filled up.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::free_port;

/// A Redis of this test alone.
pub struct RedisServer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts one that keeps nothing on disk.
    pub async fn start() -> Self {
        Self::start_at(free_port()).await
    }

    /// Starts one at this port, as if another had come back, and empty.
    pub async fn start_at(port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        let server = Self { child, port, _folder: folder };
        while server.try_cli(&["PING"]).as_deref() != Some("PONG\n") {
            tokio::task::yield_now().await;
        }
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    fn try_cli(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Says something to the server.
    pub fn cli(&self, args: &[&str]) -> String {
        self.try_cli(args).expect("the server answers")
    }

    /// All keys, and what is in them.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for key in self.cli(&["--raw", "KEYS", "*"]).lines() {
            text.push_str(key);
            text.push('\n');
            // A key is of one kind, and asking for the other is an error.
            let either = self.try_cli(&["GET", key]).or_else(|| self.try_cli(&["HGETALL", key]));
            text.push_str(&either.unwrap_or_default());
        }
        text
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
