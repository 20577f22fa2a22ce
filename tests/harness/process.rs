//! The real binary on a real port, to be killed.

use std::process::{Child, Command, Output, Stdio};

use latchkey::config::{Config, DatabaseUrl};
use latchkey::vault::master_key_text;
use openidconnect::reqwest;

/// A running `latchkey serve`.
pub struct Process {
    child: Child,
    issuer: String,
    http: reqwest::Client,
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The command with a configuration in its environment.
pub fn latchkey(config: &Config) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let database = match config.database_url() {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => url.expose().to_owned(),
    };
    command.env("LATCHKEY__ISSUER", config.issuer.as_str()).env("LATCHKEY__DATABASE__URL", database);
    command.env("LATCHKEY__DATA_DIR", &config.data_dir);
    if let Some(key) = &config.secrets.master_key {
        command.env("LATCHKEY__SECRETS__MASTER_KEY", master_key_text(key).as_str());
    }
    command
}

impl Process {
    /// Starts a server and waits until it is ready.
    pub async fn start(config: &Config, environment: &[(&str, &str)]) -> Self {
        let mut command = latchkey(config);
        command.arg("serve").envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let http = reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut process = Self { child, issuer: config.issuer.as_str().to_owned(), http };
        let ready = format!("{}/health/ready", process.issuer);
        loop {
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("latchkey ended with {status}: {}", process.said());
            }
            match process.http.get(&ready).send().await {
                Ok(answer) if answer.status() == 200 => return process,
                _ => tokio::task::yield_now().await,
            }
        }
    }

    /// Posts a form; an error if the connection breaks.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<(u16, serde_json::Value)> {
        let request = self.http.post(format!("{}{path}", self.issuer));
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

    fn said(&mut self) -> String {
        let mut text = String::new();
        let _ = std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut text);
        text
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
