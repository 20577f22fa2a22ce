//! Real servers of a test's own, to be stopped, emptied and filled up.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sqlx::Connection;
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

/// Runs a program of PostgreSQL as whoever runs the tests.
pub fn postgres_client(program: &str, args: &[&str]) {
    let output = Command::new(programs().join(program)).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A PostgreSQL of this test alone.
pub struct PostgresServer {
    port: u16,
    folder: TempDir,
}

impl PostgresServer {
    /// Starts one.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Self { port: free_port(), folder };
        // PostgreSQL refuses to run as root.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(server.folder.path(), open).unwrap();
        server.run("initdb", &["-D", &server.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]);
        server.start_again().await;
        server
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn run(&self, program: &str, args: &[&str]) {
        let program = programs().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(args).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(command.status().expect("PostgreSQL is installed").success(), "{command:?}");
    }

    /// Starts it after it was stopped.
    pub async fn start_again(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off -c max_connections=100",
            self.port,
            self.folder.path().display()
        );
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-t", "60", "-o", &options, "-l", "/dev/null", "start"]);
    }

    /// Stops it at once, as an administrator does who restarts it.
    pub fn stop(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "fast", "-w", "stop"]);
    }

    /// Runs a statement on a connection of its own, which is kept.
    pub async fn connect(&self) -> sqlx::AnyConnection {
        sqlx::any::install_default_drivers();
        sqlx::AnyConnection::connect(&self.url()).await.unwrap()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

/// The folder of the newest installed PostgreSQL.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is installed")
}

/// How an [`SmtpServer`] speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Plain,
    StartTls,
    Tls,
}

/// A mail server of this test alone, which keeps what it gets.
pub struct SmtpServer {
    child: Child,
    port: u16,
    speaks: Speaks,
    credentials: Option<(&'static str, &'static str)>,
    folder: TempDir,
}

/// A letter as the server got it.
#[derive(Clone, Debug)]
pub struct Received {
    pub to: Vec<String>,
    pub tls: bool,
    pub user: Option<String>,
    /// The headers, unfolded, and the parts.
    pub content: String,
}

impl SmtpServer {
    /// Starts one that takes every letter.
    pub async fn start(speaks: Speaks) -> Self {
        Self::start_with(speaks, None).await
    }

    /// The same of one that wants a user and a password.
    pub async fn start_with(speaks: Speaks, credentials: Option<(&'static str, &'static str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let port = free_port();
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/harness/smtp_server.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(program).arg(port.to_string()).arg(folder.path()).arg(match speaks {
            Speaks::Plain => "plain",
            Speaks::StartTls => "starttls",
            Speaks::Tls => "tls",
        });
        command.args(credentials.iter().flat_map(|(user, password)| [*user, *password]));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Self { child: child.expect("Python is installed"), port, speaks, credentials, folder };
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "python3-aiosmtpd is installed");
            tokio::task::yield_now().await;
        }
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its certificate, which no authority has signed.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// How it is written in the configuration.
    pub fn url(&self) -> String {
        let who = self.credentials.map(|(user, password)| format!("{user}:{password}@")).unwrap_or_default();
        match self.speaks {
            Speaks::Plain => format!("smtp://{who}localhost:{}", self.port),
            Speaks::StartTls => format!("smtp://{who}localhost:{}?tls=starttls", self.port),
            Speaks::Tls => format!("smtps://{who}localhost:{}", self.port),
        }
    }

    /// What it does with each letter from now on: `take`, `refuse`, `later`, or to be silent: `mute` at the sender, `slow` at the recipient,
    /// `hang` once it has the letter.
    pub fn will(&self, what: &str) {
        std::fs::write(self.folder.path().join("mode"), what).unwrap();
    }

    /// The letters that it got, oldest first.
    pub fn received(&self) -> Vec<Received> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
        names.retain(|path| path.extension().is_some_and(|end| end == "json"));
        names.sort();
        let read = |path: PathBuf| {
            let letter: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let text = |name: &str| letter[name].as_str().map(str::to_owned);
            Received {
                to: letter["to"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
                tls: letter["tls"].as_bool().unwrap(),
                user: text("user"),
                content: text("content").unwrap().replace("\r\n", "\n"),
            }
        };
        names.into_iter().map(read).collect()
    }
}

impl Received {
    /// The value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        let head = self.content.split("\n\n").next().unwrap().replace("\n ", " ");
        let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
        found.unwrap_or_else(|| panic!("{name} in {head}"))
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
