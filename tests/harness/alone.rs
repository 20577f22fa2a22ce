//! A server that is loaded by hand, connection by connection.

use std::net::SocketAddr;
use std::time::Duration;

use latchkey::config::{Config, Issuer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Process, free_port, latchkey};

// Series of the metrics.
pub const UNREAD: &str = "latchkey_http_connections_ended_total{reason=\"unread\"}";
pub const SILENT: &str = "latchkey_http_connections_ended_total{reason=\"silent\"}";
pub const REFUSED: &str = "latchkey_http_connections_refused_total{taken=\"address\"}";
pub const DISPLACED: &str = "latchkey_http_connections_ended_total{reason=\"displaced\"}";
pub const OPEN: &str = "latchkey_http_connections ";

/// The most memory that a process has had in use, in MiB.
pub fn peak(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
}

/// Processor time that a process has used, in seconds.
pub fn processor(process: &Process) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let fields: Vec<f64> =
        stat.rsplit_once(')').unwrap().1.split_whitespace().map(|it| it.parse().unwrap_or(0.0)).collect();
    // Fields 14 and 15, where the first after the name is 3; in ticks of 10 ms.
    (fields[11] + fields[12]) / 100.0
}

/// A server alone that trusts no proxy, with the metrics at a listener of their own.
pub struct Alone {
    pub process: Process,
    pub address: SocketAddr,
    pub metrics: String,
    _folder: tempfile::TempDir,
}

impl Alone {
    pub async fn start(environment: &[(&str, &str)]) -> Self {
        Self::start_by(latchkey, environment).await
    }

    pub async fn start_by(command: impl Fn(&Config) -> std::process::Command, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::for_test(Issuer::localhost(free_port()));
        config.data_dir = folder.path().to_owned();
        let (port, watching) = (config.issuer.port(), format!("127.0.0.1:{}", free_port()));
        let mut command = command(&config);
        command.env("LATCHKEY__METRICS__LISTEN", &watching);
        let mut process = Process::spawn(port, command, environment);
        process.ready().await;
        let address = ([127, 0, 0, 1], port).into();
        Self { process, address, metrics: format!("http://{watching}/metrics"), _folder: folder }
    }

    /// A connection from one of the addresses of this machine.
    pub async fn connect(&self, last: u8) -> std::io::Result<tokio::net::TcpStream> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, last], 0).into())?;
        socket.connect(self.address).await
    }

    /// Connections that have sent this much and no more.
    pub async fn held(&self, last: u8, count: usize, bytes: &[u8]) -> Vec<tokio::net::TcpStream> {
        let mut held = Vec::new();
        for _ in 0..count {
            let mut stream = self.connect(last).await.unwrap();
            // The server may have closed this connection already.
            let _ = stream.write_all(bytes).await;
            held.push(stream);
        }
        held
    }

    /// The status that GET of a path has for somebody at this address.
    pub async fn get(&self, last: u8, path: &str) -> String {
        let mut stream = self.connect(last).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.host());
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        // A connection that finds no place is closed without an answer.
        let _ = read.expect("an answer or an end in time");
        String::from_utf8_lossy(&answer).chars().skip(9).take(3).collect()
    }

    /// Asks until this is the status; fails if that takes too long.
    pub async fn answers(&self, last: u8, path: &str, status: &str) {
        let began = std::time::Instant::now();
        while self.get(last, path).await != status {
            assert!(began.elapsed() < Duration::from_secs(20), "{path} for 127.0.0.{last}");
        }
    }

    pub fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The value of a series of the metrics.
    pub async fn metric(&self, series: &str) -> u64 {
        let text = self.process.text(&self.metrics).await;
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("{series} in {text}")).trim().parse().unwrap()
    }

    /// Waits until a series has reached this; fails if it takes too long.
    pub async fn reaches(&self, series: &str, least: u64) {
        let began = std::time::Instant::now();
        while self.metric(series).await < least {
            assert!(began.elapsed() < Duration::from_secs(60), "{series}: {}", self.metric(series).await);
            tokio::task::yield_now().await;
        }
    }
}
