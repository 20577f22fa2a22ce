//! The server under load, pinned to its core.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::load::{Connection, Request};

/// A running server.
pub struct Server {
    child: Child,
    pub port: u16,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Server {
    /// Starts the server with these variables, and waits until it is ready.
    pub async fn start(binary: &Path, core: usize, port: u16, environment: &[(String, String)]) -> Result<Self> {
        let began = Instant::now();
        let child = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .arg(binary)
            .arg("serve")
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("LATCHKEY__ISSUER", format!("http://localhost:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("the server cannot be started")?;
        let mut server = Self { child, port, started_in: Duration::ZERO };
        let ready = Request { method: "GET", path: "/health/ready", headers: "", body: "" };
        loop {
            if let Ok(mut connection) = Connection::open(port).await
                && connection.send(&ready).await.is_ok_and(|answer| answer.status == 200)
            {
                server.started_in = began.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The memory that is the process's own share, in MiB.
    pub fn pss(&self) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
    }

    /// The most memory that the process has had since [`Server::forget_peak`], in MiB.
    pub fn peak(&self) -> Result<f64> {
        crate::audit::peak_memory(self.child.id())
    }

    /// Begins the peak of the memory at what it is now (`clear_refs` of proc(5)).
    pub fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
