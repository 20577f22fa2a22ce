//! What is measured.

use anyhow::{Context, Result, ensure};
use latchkey::config::{Config, DatabaseUrl, Issuer};
use latchkey::server::boot::{self, Surroundings};
use serde_json::Value;
use sqlx::{AnyConnection, Connection as _, Executor};

use crate::Run;
use crate::crowd;
use crate::fill::{self, Filled, PASSWORD, REDIRECT_URI, VERIFIER};
use crate::load::{Answer, Client, Connection, Outcome, Request, in_all, load};
use crate::passkey::{Passkey, PasskeySignIn};
use crate::raw::Limit;
use crate::report::{Line, Report, Starts};
use crate::server::{Server, free_port};

pub fn encode(fields: &[(&str, &str)]) -> String {
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

/// People who sign in by the form, each as another user in a browser of their own: the page, then the form.
struct SignIn {
    next: u32,
    step: u32,
    users: u32,
}

/// The cookies that an answer sets, as a browser sends them back.
pub fn cookies(answer: &Answer) -> String {
    let set = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        let pair = value.split(';').next()?;
        name.eq_ignore_ascii_case("set-cookie").then(|| pair.to_owned())
    };
    let pairs: Vec<String> = answer.headers.lines().filter_map(set).collect();
    format!("Cookie: {}\r\n", pairs.join("; "))
}

impl Client for SignIn {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let page = connection.send(&Request { method: "GET", path: "/sign-in", headers: "", body: "" }).await?;
        let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let identifier = format!("user{}@example.com", 1 + self.next % self.users);
        self.next += self.step;
        let fields = [("csrf", csrf.context("no csrf token")?), ("identifier", &identifier), ("password", PASSWORD)];
        let body = encode(&fields);
        let headers = cookies(&page);
        let answer =
            connection.send(&Request { method: "POST", path: "/sign-in", headers: &headers, body: &body }).await?;
        ensure!(answer.status == 303, "{}: {}", answer.status, answer.body);
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
pub struct Place {
    folder: tempfile::TempDir,
    pub url: String,
    pub port: u16,
}

impl Place {
    /// A new one on this PostgreSQL, or an SQLite file.
    pub async fn new(postgres: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = match postgres {
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

    pub fn config(&self) -> Result<Config> {
        let mut config = Config { issuer: Issuer::localhost(self.port), ..Config::default() };
        config.data_dir = self.folder.path().to_owned();
        config.database.url = Some(DatabaseUrl::parse(&self.url).map_err(anyhow::Error::msg)?);
        config.secrets.master_key = Some(latchkey::keys::vault::parse_master_key(KEY)?);
        Ok(config)
    }

    pub fn environment(&self, algorithms: &str) -> Vec<(String, String)> {
        [
            ("LATCHKEY__DATA_DIR", self.folder.path().display().to_string()),
            ("LATCHKEY__DATABASE__URL", self.url.clone()),
            ("LATCHKEY__SECRETS__MASTER_KEY", KEY.to_owned()),
            ("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", algorithms.to_owned()),
            // One address is all that there is here.
            ("LATCHKEY__LOGIN__ADDRESS_BURST", "1000000".to_owned()),
            // Nor are there families that refresh more than once in many minutes.
            ("LATCHKEY__TOKENS__REFRESH_GRACE", "0s".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }
}

const KEY: &str = "C2cBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4";

/// Runs all scenarios, prints the table and adds it to the file.
pub async fn run(run: &Run) -> Result<()> {
    let place = Place::new(run.postgres.as_deref()).await?;
    let app = boot::open(place.config()?, Surroundings::real()).await?;
    let mut filled = fill::fill(&app, &place.url, run.users).await?;
    app.db.close().await;
    drop(app);

    let mut report = Report::new(run);
    let server = Server::start(&run.latchkey, run.server_core, place.port, &place.environment("RS256")).await?;
    drop(server);
    let server = Server::start(&run.latchkey, run.server_core, place.port, &place.environment("RS256")).await?;
    report.started_in = server.started_in;
    report.pss_idle = server.pss()?;
    let wanted = |name: &str| run.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let (es256, rs256): (Vec<_>, Vec<_>) = SCENARIOS.iter().partition(|scenario| scenario.name.contains("ES256"));
    for scenario in rs256.into_iter().filter(|scenario| wanted(scenario.name)) {
        report.add(scenario.measure(run, &mut filled, server.port).await?);
    }
    report.pss_loaded = server.pss()?;
    if wanted("starts") {
        report.starts(starts(run, &filled, &place.url, &server).await?);
    }
    if wanted("crowd") {
        report.crowd(crowd::run(&server).await?);
    }
    drop(server);
    if es256.iter().any(|scenario| wanted(scenario.name)) {
        // The keys of the second algorithm are made at the start.
        let server =
            Server::start(&run.latchkey, run.server_core, place.port, &place.environment("ES256,RS256")).await?;
        for scenario in es256 {
            report.add(scenario.measure(run, &mut filled, server.port).await?);
        }
    }
    report.finish(run.out.as_deref())
}

/// What the server's core can do at most at this moment.
fn raw(run: &Run, limit: Limit) -> Result<f64> {
    let own = std::env::current_exe()?;
    let core = run.server_core.to_string();
    let name = limit.name().to_ascii_lowercase();
    let output = std::process::Command::new("taskset").args(["-c", &core]).arg(own).args(["raw", &name]).output()?;
    Ok(std::str::from_utf8(&output.stdout)?.trim().parse()?)
}

/// The least that a scenario is to reach.
enum Bar {
    /// So many in a second.
    Fixed(f64),
    /// A share of what the core could do if it did nothing else, when each takes so many operations; `spread` if it is measured
    /// again and again.
    Share { share: f64, of: Most, each: f64, spread: bool },
}

/// What the core could do at most.
#[derive(Clone, Copy)]
enum Most {
    /// By the library alone.
    Raw(Limit),
    /// By the same server and the same load, when an answer takes nothing: no database, no signature.
    Empty,
}

impl Most {
    const fn name(self) -> &'static str {
        match self {
            Self::Raw(limit) => limit.name(),
            Self::Empty => "empty answers",
        }
    }

    async fn measure(self, run: &Run, port: u16) -> Result<f64> {
        match self {
            Self::Raw(limit) => raw(run, limit),
            Self::Empty => {
                let body = String::new();
                let live = Same { method: "GET", path: "/health/live", headers: String::new(), body, expect: "live" };
                Ok(load(port, vec![live; run.connections], run.time().min(TWO_SECONDS)).await?.rate)
            }
        }
    }
}

/// As long as a raw limit is measured.
const TWO_SECONDS: std::time::Duration = std::time::Duration::from_secs(2);

struct Scenario {
    name: &'static str,
    bar: Bar,
}

const fn share(share: f64, of: Most, each: f64) -> Bar {
    Bar::Share { share, of, each, spread: true }
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "client_credentials, RS256", bar: share(0.88, Most::Raw(Limit::Rs256), 1.0) },
    Scenario { name: "refresh, rotating, RS256 x 2", bar: share(0.8, Most::Raw(Limit::Rs256), 2.0) },
    Scenario {
        name: "code exchange, RS256 x 2",
        bar: Bar::Share { share: 0.6, of: Most::Raw(Limit::Rs256), each: 2.0, spread: false },
    },
    Scenario { name: "client_credentials, ES256", bar: Bar::Fixed(10_000.0) },
    Scenario { name: "userinfo", bar: share(0.2, Most::Empty, 1.0) },
    Scenario { name: "introspection", bar: share(0.2, Most::Empty, 1.0) },
    Scenario { name: "jwks", bar: Bar::Share { share: 0.75, of: Most::Empty, each: 1.0, spread: false } },
    Scenario { name: "discovery", bar: Bar::Share { share: 0.75, of: Most::Empty, each: 1.0, spread: false } },
    Scenario {
        name: "password sign-in",
        bar: Bar::Share { share: 0.9, of: Most::Raw(Limit::Argon2id), each: 1.0, spread: false },
    },
    // The page, and the form with a signature.
    Scenario { name: "passkey sign-in", bar: Bar::Share { share: 0.05, of: Most::Empty, each: 2.0, spread: false } },
];

impl Scenario {
    /// Loads the server, and measures the limit before and after: a core is not equally fast at all times. Of several rounds
    /// the one in the middle is told, and the least and the greatest share.
    async fn measure(&self, run: &Run, filled: &mut Filled, port: u16) -> Result<Line> {
        let Bar::Share { spread, .. } = self.bar else { return self.once(run, filled, port).await };
        let mut rounds = Vec::new();
        for _ in 0..if spread { run.rounds.max(1) } else { 1 } {
            rounds.push(self.once(run, filled, port).await?);
        }
        rounds.sort_by(|a, b| a.share().total_cmp(&b.share()));
        let shares: Vec<_> = rounds.iter().map(Line::share).collect();
        let mut line = rounds.swap_remove(rounds.len() / 2);
        line.shares = shares;
        Ok(line)
    }

    async fn once(&self, run: &Run, filled: &mut Filled, port: u16) -> Result<Line> {
        let before = match self.bar {
            Bar::Share { of, .. } => of.measure(run, port).await?,
            Bar::Fixed(_) => 0.0,
        };
        let outcome = measure(run, filled, port, self.name).await.with_context(|| self.name)?;
        let (bar, limit) = match self.bar {
            Bar::Share { share, of, each, .. } => {
                let limit = f64::midpoint(before, of.measure(run, port).await?) / each;
                (limit * share, Some((of.name(), limit)))
            }
            Bar::Fixed(rate) => (rate, None),
        };
        Ok(Line { name: self.name, bar, limit, shares: vec![], outcome })
    }
}

/// Somebody who is sent to sign in, looks at the page, and goes away.
#[derive(Clone)]
struct Start {
    path: String,
}

impl Client for Start {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let sent = connection.send(&Request { method: "GET", path: &self.path, headers: "", body: "" }).await?;
        let location = sent.headers.lines().find_map(|line| line.split_once(": ").filter(|it| it.0 == "location"));
        let location = location.with_context(|| format!("{}: {}", sent.status, sent.body))?.1;
        let path = location.find("/sign-in").and_then(|at| location.get(at..)).context("not to sign in")?;
        let headers = cookies(&sent);
        let page = connection.send(&Request { method: "GET", path, headers: &headers, body: "" }).await?;
        ensure!(page.status == 200 && page.body.contains("name=\"password\""), "{}: {}", page.status, page.body);
        Ok(())
    }
}

/// Begins sign-ins that nobody goes on with, and counts what they leave.
async fn starts(run: &Run, filled: &Filled, url: &str, server: &Server) -> Result<Starts> {
    let challenge = latchkey::base::encoding::base64url(&latchkey::base::encoding::sha256(VERIFIER.as_bytes()));
    let query = encode(&[
        ("response_type", "code"),
        ("client_id", &filled.web.0),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile email"),
        ("state", "a-state"),
        ("nonce", "a-nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let each = Start { path: format!("/authorize?{query}") };
    let (rows_before, pss_before) = (rows(url).await?, server.pss()?);
    let count = run.starts as usize / run.connections;
    let rate = in_all(server.port, vec![each; run.connections], count).await.context("starts")?;
    let (rows_after, pss_after) = (rows(url).await?, server.pss()?);
    Ok(Starts { count: count * run.connections, rate, rows_before, rows_after, pss_before, pss_after })
}

/// How many rows all tables have together.
async fn rows(url: &str) -> Result<i64> {
    let mut conn = AnyConnection::connect(url).await?;
    let tables = if url.starts_with("sqlite") {
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
    } else {
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
    };
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut conn).await?;
    let mut rows = 0;
    for (table,) in tables {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{table}\""));
        rows += sqlx::query_as::<_, (i64,)>(sql).fetch_one(&mut conn).await?.0;
    }
    conn.close().await?;
    Ok(rows)
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
    } else if name == "passkey sign-in" {
        let mut people: Vec<Vec<Passkey>> = vec![Vec::new(); run.connections];
        for (n, passkey) in filled.passkeys.iter().enumerate() {
            people[n % run.connections].push(passkey.clone());
        }
        let issuer = format!("http://localhost:{port}");
        let people = people.into_iter().map(|keys| PasskeySignIn::new(&issuer, keys)).collect();
        load(port, people, run.time()).await?
    } else {
        let users = fill::KNOWN.min(run.users);
        let (step, connections) = (run.connections as u32, run.connections as u32);
        let people = (0..connections).map(|next| SignIn { next, step, users }).collect();
        load(port, people, run.time().max(std::time::Duration::from_secs(5))).await?
    };
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::SCENARIOS;

    #[test]
    fn the_page_of_figures_has_a_row_for_each_scenario_on_each_database() {
        let page = include_str!("../../docs/performance.md");
        for database in ["SQLite", "PostgreSQL"] {
            let heading = format!("\n## {database}, ");
            assert!(page.contains(&heading), "docs/performance.md has no section {heading:?}");
            for section in page.split("\n## ").filter(|section| section.starts_with(&heading[4..])) {
                for scenario in SCENARIOS {
                    let row = format!("\n| {} | ", scenario.name);
                    assert!(
                        section.contains(&row),
                        "docs/performance.md has no row {row:?} for {database}: run bench/run"
                    );
                }
            }
        }
    }
}
