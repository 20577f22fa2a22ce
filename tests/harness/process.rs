//! The real binary on a real port, to be killed.

use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::body::Body;
use http_body_util::BodyExt;
use latchkey::config::{Config, DatabaseUrl};
use latchkey::keys::vault::master_key_text;
use openidconnect::reqwest;

use super::http::Reply;

/// A running `latchkey serve`.
pub struct Process {
    child: Child,
    port: u16,
    /// What the process has logged so far.
    log: Arc<Mutex<String>>,
    /// Reads the log all the time: a full pipe would hold the process up.
    reader: Option<JoinHandle<()>>,
    http: reqwest::Client,
}

/// A port that nobody listens on, each of them once in a process. It is below those that Linux gives to outgoing connections: one of
/// those could take it before the server does that it is meant for.
pub fn free_port() -> u16 {
    const PORTS: std::ops::Range<u16> = 20_000..32_768;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let begins = u16::try_from(std::process::id() * 61 % u32::from(PORTS.end - PORTS.start)).unwrap();
    PORTS
        .map(|_| PORTS.start + (begins + TAKEN.fetch_add(1, Ordering::Relaxed)) % (PORTS.end - PORTS.start))
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port between 20000 and 32767")
}

/// The command with a configuration in its environment.
pub fn latchkey(config: &Config) -> Command {
    binary(env!("CARGO_BIN_EXE_latchkey").as_ref(), config)
}

/// The same of another build, such as the release before.
pub fn binary(path: &Path, config: &Config) -> Command {
    let mut command = Command::new(path);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let database = match config.database_url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.expose().to_owned(),
    };
    command.env("LATCHKEY__ISSUER", config.issuer.as_str()).env("LATCHKEY__DATABASE__URL", database);
    command.env("LATCHKEY__DATA_DIR", &config.data_dir);
    if let (Some(certificate), Some(key)) = (&config.tls.certificate_file, &config.tls.key_file) {
        command.env("LATCHKEY__TLS__CERTIFICATE_FILE", certificate).env("LATCHKEY__TLS__KEY_FILE", key);
    }
    let proxies: Vec<String> = config.http.trusted_proxies.iter().map(ToString::to_string).collect();
    command.env("LATCHKEY__HTTP__TRUSTED_PROXIES", proxies.join(","));
    command.env("LATCHKEY__LOGIN__ADDRESS_BURST", config.login.address_burst.to_string());
    let millis = |time: std::time::Duration| format!("{}ms", time.as_millis());
    command.env("LATCHKEY__DATABASE__ACQUIRE_TIMEOUT", millis(config.database.acquire_timeout));
    command.env("LATCHKEY__DATABASE__STATEMENT_TIMEOUT", millis(config.database.statement_timeout));
    command.env("LATCHKEY__EPHEMERAL__REDIS_TIMEOUT", millis(config.ephemeral.redis_timeout));
    command.env("LATCHKEY__LOGIN__HASHING_WAIT", millis(config.login.hashing_wait));
    if let Some(key) = &config.secrets.master_key {
        command.env("LATCHKEY__SECRETS__MASTER_KEY", master_key_text(key).as_str());
    }
    if let Some(redis) = &config.ephemeral.redis_url {
        command.env("LATCHKEY__EPHEMERAL__REDIS_URL", redis.expose().expose());
        command.env("LATCHKEY__EPHEMERAL__REDIS_PREFIX", &config.ephemeral.redis_prefix);
    }
    command
}

impl Process {
    /// Starts a server and waits until it is ready.
    pub async fn start(config: &Config, environment: &[(&str, &str)]) -> Self {
        Self::start_at(config.issuer.port(), config, environment).await
    }

    /// The same of one that listens on this port, wherever its issuer points to.
    pub async fn start_at(port: u16, config: &Config, environment: &[(&str, &str)]) -> Self {
        let mut process = Self::spawn(port, latchkey(config), environment);
        process.ready().await;
        process
    }

    /// Starts a server with this command, and waits for nothing.
    pub fn spawn(port: u16, mut command: Command, environment: &[(&str, &str)]) -> Self {
        command.arg("serve").envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut line = Vec::new();
            while std::io::BufRead::read_until(&mut lines, b'\n', &mut line).is_ok_and(|count| count > 0) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        // Without a pool: the server may close a connection that rests in the moment that it is used again.
        let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0);
        let http = http.build().unwrap();
        Self { child, port, log, reader: Some(reader), http }
    }

    /// Waits until the server is ready; fails if it ends instead.
    pub async fn ready(&mut self) {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("latchkey ended with {status}: {}", self.said());
            }
            match self.http.get(self.url("/health/ready")).send().await {
                Ok(answer) if answer.status() == 200 => return,
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// The URL of a path, at the port that this process listens on.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Sends a request as a trusted proxy would that speaks for this address.
    pub async fn send(&self, address: IpAddr, request: http::Request<Body>) -> Reply {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let url = self.url(parts.uri.path_and_query().map_or("/", |it| it.as_str()));
        let request = self.http.request(parts.method, url).headers(parts.headers).body(body);
        let answer = request.header("x-forwarded-for", address.to_string()).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Reply { status, headers, body: answer.text().await.unwrap() }
    }

    /// GET of a path.
    pub async fn get(&self, path: &str) -> reqwest::Result<(u16, serde_json::Value)> {
        let answer = self.http.get(self.url(path)).send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_str(&answer.text().await?).unwrap_or_default()))
    }

    /// What a URL answers.
    pub async fn text(&self, url: &str) -> String {
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// Stops the process, and tells what it has logged.
    pub fn stopped(mut self) -> String {
        self.terminate();
        self.child.wait().unwrap();
        self.said()
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells the process to stop, as an init system does.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Tells the process to read its configuration again.
    pub fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits until the process has ended, and tells with which code.
    pub fn ended_with(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Posts a form; an error if the connection breaks.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<(u16, serde_json::Value)> {
        let request = self.http.post(self.url(path));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").body(super::form_encode(fields));
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let body = answer.text().await?;
        Ok((status, serde_json::from_str(&body).unwrap_or_default()))
    }

    /// Waits until the process has ended by itself, and tells by which signal.
    pub fn killed_by(&mut self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.child.wait().unwrap())
    }

    /// Waits until the process has logged these words so many times, and tells what it has logged.
    pub async fn logs(&self, words: &str, times: usize) -> String {
        let began = std::time::Instant::now();
        while self.log.lock().unwrap().matches(words).count() < times {
            assert!(began.elapsed() < std::time::Duration::from_secs(60), "{words}: {}", self.log.lock().unwrap());
            tokio::task::yield_now().await;
        }
        self.log.lock().unwrap().clone()
    }

    fn said(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that is to be refused: waits until it has ended, and fails if it serves instead.
pub fn refused(config: &Config) -> Output {
    let mut command = latchkey(config);
    let mut child =
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        if std::net::TcpStream::connect(("127.0.0.1", config.issuer.port())).is_ok()
            && child.try_wait().unwrap().is_none()
        {
            // It listens before it opens the database; what counts is whether it answers.
            let answer = std::net::TcpStream::connect(("127.0.0.1", config.issuer.port())).and_then(|mut stream| {
                std::io::Write::write_all(&mut stream, b"GET /health/live HTTP/1.0\r\n\r\n")?;
                let mut answer = String::new();
                std::io::Read::read_to_string(&mut stream, &mut answer)?;
                Ok(answer)
            });
            if answer.is_ok_and(|answer| answer.contains("200")) {
                child.kill().unwrap();
                panic!("it serves");
            }
        }
    }
    child.wait_with_output().unwrap()
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    /// What it printed, on both streams.
    pub text: String,
    /// What it printed as its result alone: a warning beside it is no part of the data.
    result: String,
}

/// Runs `latchkey` with these arguments to its end.
pub fn answer(config: &Config, args: &[&str]) -> Answer {
    Answer::of(&run(latchkey(config).args(args)))
}

/// The same with more variables in its environment and with this on standard input.
pub fn answer_to(config: &Config, environment: &[(&str, &str)], args: &[&str], input: &str) -> Answer {
    let mut command = latchkey(config);
    command.args(args).envs(environment.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that needs no input closes it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Answer::of(&child.wait_with_output().unwrap())
}

impl Answer {
    fn of(output: &Output) -> Self {
        let result = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{result}{}", String::from_utf8_lossy(&output.stderr));
        Self { code: output.status.code().unwrap(), text, result }
    }

    /// The text of a command that did what it was told to.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{}", self.text);
        self.text
    }

    /// The same as data.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.text);
        serde_json::from_str(&self.result).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Fails unless the command was refused with this code and these words; returns all of its words.
    #[track_caller]
    pub fn refused(self, code: i32, words: &str) -> String {
        assert_eq!(self.code, code, "{}", self.text);
        assert!(self.text.contains(words), "{words:?} in {}", self.text);
        self.text
    }
}
