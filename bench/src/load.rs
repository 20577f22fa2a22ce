//! Load: many connections in one thread, each sending its next request when the answer to the last has come.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, as far as a client needs it.
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: String,
}

impl Connection {
    /// Opens a connection to the server on this port.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), host: format!("localhost:{port}") })
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, request: &Request<'_>) -> Result<Answer> {
        let Request { method, path, headers, body } = request;
        let form = if body.is_empty() { "" } else { "Content-Type: application/x-www-form-urlencoded\r\n" };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}{form}Content-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(text.as_bytes()).await?;
        self.buffer.clear();
        let end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let headers = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let status = headers.get(9..12).and_then(|text| text.parse().ok()).context("no status")?;
        let length = headers.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
        let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
        while self.buffer.len() < end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        let headers = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        Ok(Answer { status, headers, body: String::from_utf8_lossy(&self.buffer[end..end + length]).into_owned() })
    }
}

/// A request; headers end with a line break each.
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a str,
    pub body: &'a str,
}

/// What one client does again and again.
pub trait Client {
    /// Does it once. A request that is answered otherwise than it should is an error.
    async fn once(&mut self, connection: &mut Connection) -> Result<()>;
}

/// The result of a load.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Requests in a second.
    pub rate: f64,
    /// Half of the requests took no longer.
    pub median: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
}

/// Loads the server with one connection for each client.
pub async fn load<C: Client + 'static>(port: u16, clients: Vec<C>, time: Duration) -> Result<Outcome> {
    let begins = Instant::now() + Duration::from_secs(1);
    let ends = begins + time;
    let local = tokio::task::LocalSet::new();
    let mut tasks = Vec::new();
    for mut client in clients {
        tasks.push(local.spawn_local(async move {
            let mut connection = Connection::open(port).await?;
            let mut latencies = Vec::new();
            loop {
                let began = Instant::now();
                if began >= ends {
                    return Ok::<_, anyhow::Error>(latencies);
                }
                client.once(&mut connection).await?;
                let done = Instant::now();
                if began >= begins && done <= ends {
                    latencies.push(done - began);
                }
            }
        }));
    }
    let mut latencies = Vec::new();
    local
        .run_until(async {
            for task in tasks {
                latencies.extend(task.await??);
            }
            Ok::<_, anyhow::Error>(())
        })
        .await?;
    latencies.sort_unstable();
    let at = |share: f64| latencies.get((latencies.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Outcome { rate: latencies.len() as f64 / time.as_secs_f64(), median: at(0.5), p99: at(0.99) })
}

/// Has each client do its work so often, each on a connection of its own; how often all have done it in a second.
pub async fn in_all<C: Client + 'static>(port: u16, clients: Vec<C>, count: usize) -> Result<f64> {
    let began = Instant::now();
    let all = clients.len() * count;
    let local = tokio::task::LocalSet::new();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            local.spawn_local(async move {
                let mut connection = Connection::open(port).await?;
                for _ in 0..count {
                    client.once(&mut connection).await?;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    local
        .run_until(async {
            for task in tasks {
                task.await??;
            }
            Ok::<_, anyhow::Error>(())
        })
        .await?;
    Ok(all as f64 / began.elapsed().as_secs_f64())
}
