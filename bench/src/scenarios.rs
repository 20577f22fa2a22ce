//! What is measured.

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use latchkey::boot::{self, Surroundings};
use latchkey::config::{Config, DatabaseUrl, Issuer};
use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Executor};

use crate::Run;
use crate::fill::{self, Filled, PASSWORD, REDIRECT_URI, VERIFIER};
use crate::load::{Answer, Client, Connection, Outcome, Request, load};
use crate::raw::Raw;
use crate::report::{Line, Report};
use crate::server::{Server, free_port};

fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The same request again and again.
#[derive(Clone)]
struct Same {
    method: &'static str,
    path: &'static str,
    headers: String,
    body: String,
    expect: &'static str,
}

impl Client for Same {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let request = Request { method: self.method, path: self.path, headers: &self.headers, body: &self.body };
        let answer = connection.send(&request).await?;
        ensure!(answer.status == 200 && answer.body.contains(self.expect), "{}: {}", answer.status, answer.body);
        Ok(())
    }
}

/// A refresh with the token that the refresh before has brought.
struct Refresh {
    client_id: String,
    token: String,
}

impl Client for Refresh {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let fields = [("grant_type", "refresh_token"), ("client_id", &self.client_id), ("refresh_token", &self.token)];
        let answer = json(post(connection, "/token", &fields).await?)?;
        ensure!(answer["id_token"].is_string(), "no ID token: {answer}");
        let next = answer["refresh_token"].as_str().context("no refresh token")?;
        ensure!(next != self.token, "the token was not rotated");
        next.clone_into(&mut self.token);
        Ok(())
    }
}

/// The exchange of one code after another.
struct Exchange {
    client: (String, String),
    codes: std::vec::IntoIter<String>,
}

impl Exchange {
    async fn next(&mut self, connection: &mut Connection) -> Result<Value> {
        let code = self.codes.next().context("out of codes: raise fill::CODES")?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client.0),
            ("client_secret", &self.client.1),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        json(post(connection, "/token", &fields).await?)
    }
}

impl Client for Exchange {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let answer = self.next(connection).await?;
        ensure!(answer["id_token"].is_string() && answer["refresh_token"].is_string(), "{answer}");
        Ok(())
    }
}

/// A person who signs in by the form, each time as another user.
struct SignIn {
    cookies: HashMap<String, String>,
    csrf: String,
    next: u32,
    step: u32,
    users: u32,
}

impl SignIn {
    fn cookies(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) }
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.lines() {
            let set = line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
            if let Some((name, value)) = set.and_then(|(_, value)| value.split(';').next()?.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Client for SignIn {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        if self.csrf.is_empty() {
            let page = Request { method: "GET", path: "/sign-in", headers: "", body: "" };
            let answer = connection.send(&page).await?;
            self.keep(&answer);
            let csrf = answer.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
            csrf.context("no csrf token")?.clone_into(&mut self.csrf);
        }
        let identifier = format!("user{}@example.com", 1 + self.next % self.users);
        self.next += self.step;
        let body = encode(&[("csrf", &self.csrf), ("identifier", &identifier), ("password", PASSWORD)]);
        let headers = self.cookies();
        let request = Request { method: "POST", path: "/sign-in", headers: &headers, body: &body };
        let answer = connection.send(&request).await?;
        ensure!(answer.status == 303, "{}: {}", answer.status, answer.body);
        self.keep(&answer);
        Ok(())
    }
}

async fn post(connection: &mut Connection, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    connection.send(&Request { method: "POST", path, headers: "", body: &encode(fields) }).await
}

fn json(answer: Answer) -> Result<Value> {
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.body);
    Ok(serde_json::from_str(&answer.body)?)
}

/// A database of this run.
struct Place {
    folder: tempfile::TempDir,
    url: String,
    port: u16,
}

impl Place {
    async fn new(run: &Run) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = match &run.postgres {
            None => format!("sqlite:{}", folder.path().join("latchkey.db").display()),
            Some(server) => {
                let name = format!("latchkey_bench_{}", std::process::id());
                sqlx::any::install_default_drivers();
                let mut conn = AnyConnection::connect(server).await?;
                conn.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await?;
                conn.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
                let mut url = url::Url::parse(server)?;
                url.set_path(&name);
                url.into()
            }
        };
        Ok(Self { folder, url, port: free_port()? })
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config { issuer: Issuer::localhost(self.port), ..Config::default() };
        config.data_dir = self.folder.path().to_owned();
        config.database.url = Some(DatabaseUrl::parse(&self.url).map_err(anyhow::Error::msg)?);
        config.secrets.master_key = Some(latchkey::vault::parse_master_key(KEY)?);
        Ok(config)
    }

    fn environment(&self, algorithms: &str) -> Vec<(String, String)> {
        [
            ("LATCHKEY__DATA_DIR", self.folder.path().display().to_string()),
            ("LATCHKEY__DATABASE__URL", self.url.clone()),
            ("LATCHKEY__SECRETS__MASTER_KEY", KEY.to_owned()),
            ("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", algorithms.to_owned()),
            // One address is all that there is here.
            ("LATCHKEY__LOGIN__ADDRESS_BURST", "1000000".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

const KEY: &str = "C2cBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4";

/// Runs all scenarios, prints the table and adds it to the file.
pub async fn run(run: &Run) -> Result<()> {
    let place = Place::new(run).await?;
    let app = boot::open(place.config()?, Surroundings::real()).await?;
    let mut filled = fill::fill(&app, &place.url, run.users).await?;
    app.db.close().await;
    drop(app);

    let raw = raw_of(run)?;
    let mut report = Report::new(run, raw.clone());
    let server = Server::start(&run.latchkey, run.server_core, place.port, &place.environment("RS256")).await?;
    drop(server);
    let server = Server::start(&run.latchkey, run.server_core, place.port, &place.environment("RS256")).await?;
    report.started_in = server.started_in;
    report.pss_idle = server.pss()?;
    for (name, bar, limit) in bars(&raw) {
        if run.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) || name.contains("ES256") {
            continue;
        }
        let outcome = measure(run, &mut filled, server.port, name).await.with_context(|| name.to_owned())?;
        report.add(Line { name, bar, limit, outcome });
    }
    report.pss_loaded = server.pss()?;
    drop(server);
    if run.only.as_ref().is_none_or(|only| "client_credentials, ES256".contains(only.as_str())) {
        // The keys of the second algorithm are made at the start.
        let server =
            Server::start(&run.latchkey, run.server_core, place.port, &place.environment("ES256,RS256")).await?;
        for (name, bar, limit) in bars(&raw) {
            if name.contains("ES256") {
                let outcome = measure(run, &mut filled, server.port, name).await.with_context(|| name.to_owned())?;
                report.add(Line { name, bar, limit, outcome });
            }
        }
    }
    report.finish(run.out.as_deref())
}

fn raw_of(run: &Run) -> Result<Raw> {
    let own = std::env::current_exe()?;
    let output = std::process::Command::new("taskset")
        .args(["-c", &run.server_core.to_string()])
        .arg(own)
        .arg("raw")
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The scenarios with their bars, in requests a second, and in words what the bar is.
fn bars(raw: &Raw) -> Vec<(&'static str, f64, String)> {
    let share = |share: f64, of: f64, what: &str| (of * share, format!("{:.0} % of {what}", share * 100.0));
    let absolute = |rate: f64| (rate, "fixed".to_owned());
    let with = |name, (bar, limit)| (name, bar, limit);
    vec![
        with("client_credentials, RS256", share(0.8, raw.rs256, "the raw RSA rate")),
        with("refresh, rotating, RS256 x 2", share(0.7, raw.rs256 / 2.0, "half the raw RSA rate")),
        with("code exchange, RS256 x 2", share(0.6, raw.rs256 / 2.0, "half the raw RSA rate")),
        with("client_credentials, ES256", absolute(10_000.0)),
        with("userinfo", absolute(10_000.0)),
        with("introspection", absolute(10_000.0)),
        with("jwks", absolute(40_000.0)),
        with("discovery", absolute(40_000.0)),
        with("password sign-in", share(0.9, raw.argon2id, "the raw argon2id rate")),
    ]
}

async fn measure(run: &Run, filled: &mut Filled, port: u16, name: &str) -> Result<Outcome> {
    let many = |client: Same| vec![client; run.connections];
    let get = |path, headers: String, expect| Same { method: "GET", path, headers, body: String::new(), expect };
    let outcome = if name.starts_with("client_credentials") {
        let (id, secret) = &filled.service;
        let body = encode(&[("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)]);
        let token = Same { method: "POST", path: "/token", headers: String::new(), body, expect: "access_token" };
        load(port, many(token), run.time()).await?
    } else if name.starts_with("refresh") {
        let tokens = filled.refresh_tokens.drain(..run.connections);
        let client_id = filled.spa.clone();
        let clients = tokens.map(|token| Refresh { client_id: client_id.clone(), token }).collect();
        load(port, clients, run.time()).await?
    } else if name.starts_with("code") {
        let each = (fill::CODES as usize / 2) / run.connections;
        let clients = (0..run.connections)
            .map(|_| Exchange {
                client: filled.web.clone(),
                codes: filled.codes.drain(..each).collect::<Vec<_>>().into_iter(),
            })
            .collect();
        load(port, clients, run.time()).await?
    } else if name == "userinfo" || name == "introspection" {
        let mut connection = Connection::open(port).await?;
        let mut clients = Vec::new();
        for _ in 0..run.connections {
            let code = vec![filled.codes.pop().context("out of codes")?].into_iter();
            let tokens = Exchange { client: filled.web.clone(), codes: code }.next(&mut connection).await?;
            let token = tokens["access_token"].as_str().context("no access token")?;
            clients.push(if name == "userinfo" {
                get("/userinfo", format!("Authorization: Bearer {token}\r\n"), "@example.com")
            } else {
                let (id, secret) = &filled.web;
                let body = encode(&[("token", token), ("client_id", id), ("client_secret", secret)]);
                Same { method: "POST", path: "/introspect", headers: String::new(), body, expect: "\"active\":true" }
            });
        }
        load(port, clients, run.time()).await?
    } else if name == "jwks" {
        load(port, many(get("/jwks", String::new(), "\"keys\"")), run.time()).await?
    } else if name == "discovery" {
        load(port, many(get("/.well-known/openid-configuration", String::new(), "issuer")), run.time()).await?
    } else {
        let users = fill::KNOWN.min(run.users);
        let (step, connections) = (run.connections as u32, run.connections as u32);
        let people = (0..connections)
            .map(|next| SignIn { cookies: HashMap::new(), csrf: String::new(), next, step, users })
            .collect();
        load(port, people, run.time().max(std::time::Duration::from_secs(5))).await?
    };
    Ok(outcome)
}
