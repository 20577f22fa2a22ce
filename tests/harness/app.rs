//! The provider under test.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use latchkey::account::users::{self, NewUser};
use latchkey::app::App;
use latchkey::base::clock::Clock;
use latchkey::base::id::Id;
use latchkey::base::network::Network;
use latchkey::base::random::Random;
use latchkey::clients;
use latchkey::config::{Config, Issuer, RedisUrl, SecondFactor};
use latchkey::jose::Algorithm;
use latchkey::login::identifier;
use latchkey::mail::mailbox::Mailbox;
use latchkey::mail::message::Message;
use latchkey::mail::tray::Tray;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::oidc::client::registration::NewClient;
use latchkey::oidc::scope::ScopeSet;
use latchkey::outbound::names::Names;
use latchkey::server::boot::{self, Surroundings};
use latchkey::server::router::router;
use latchkey::store;
use latchkey::store::clients::client;
use latchkey::store::db::{Change, Error, Tx};
use latchkey::store::people::session::Session;
use latchkey::store::people::user::User;
use tower::ServiceExt;

use super::browser::Browser;
use super::database::{START, fresh_config};
use super::http::Reply;
use super::process::{Process, binary, free_port};
use super::relying_party::RelyingParty;
use super::servers::RedisServer;

/// Everybody's password.
pub const PASSWORD: &str = "five tame herons drift";

/// Who letters are from.
pub fn sender() -> Mailbox {
    Mailbox::parse("Northwind <id@northwind.example>").unwrap()
}

pub fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The columns that hold a moment, from the migrations.
fn times() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let mut table = String::new();
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                table = rest.split_whitespace().next().unwrap().to_owned();
            }
            let added = line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "));
            let line = added.map_or(line, |(_, column)| column);
            if let Some((altered, _)) = added {
                table = altered.to_owned();
            }
            let column = line.split_whitespace().next().unwrap_or_default();
            if (column.ends_with("_at") || column.ends_with("_until") || column == "at") && line.contains("BIGINT") {
                found.push((table.clone(), column.to_owned()));
            }
        }
    }
    found
}

/// A provider with a database, a clock and a router of its own.
#[derive(Clone)]
pub struct TestApp {
    pub app: App,
    pub clock: Clock,
    router: Router,
    /// Where letters stay, if any are sent.
    pub tray: Option<Tray>,
    /// The letters that have been looked at, in the order in which a test sees them.
    pub(super) seen: Arc<Mutex<Vec<Message>>>,
    /// Real processes that requests go to in turn, instead of to the router here.
    replicas: Option<Arc<Replicas>>,
}

/// Two real processes on one database and one Redis.
struct Replicas {
    processes: [Process; 2],
    next: AtomicUsize,
    /// The Redis of this test, unless the suite has one.
    _redis: Option<RedisServer>,
}

/// What a provider of a test has around it: no letters, and nothing that has to outlast a power cut.
fn surroundings(clock: &Clock) -> Surroundings {
    Surroundings { clock: clock.clone(), random: Random::System, durable: false, tray: None, names: Names::System }
}

impl TestApp {
    /// The provider of an app in this process.
    fn of(app: App, clock: Clock) -> Self {
        Self { router: router(&app), app, clock, replicas: None, tray: None, seen: Arc::default() }
    }

    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// All its routes, for a server of a test.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A provider that sends letters.
    pub async fn with_mail() -> Self {
        Self::with(|config| config.mail.from = Some(sender())).await
    }

    /// A provider that sends letters, and where everybody needs a second factor.
    pub async fn with_second_factors() -> Self {
        Self::with(|config| {
            config.mail.from = Some(sender());
            config.login.second_factor = SecondFactor::Everybody;
        })
        .await
    }

    /// A provider whose configuration differs from the default.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        super::log::trace();
        let mut config = fresh_config().await;
        change(&mut config);
        let clock = Clock::manual(START + seconds(60));
        // Letters go to no server unless the test has one.
        let tray = (config.mail.from.is_some() && config.mail.transports.is_empty()).then(Tray::default);
        let app = boot::open(config, Surroundings { tray: tray.clone(), ..surroundings(&clock) }).await.unwrap();
        Self { tray, ..Self::of(app, clock) }
    }

    /// A provider on a port of its own and with the time of the world, beside which a real process can serve.
    pub async fn beside_a_process() -> Self {
        let mut config = fresh_config().await;
        config.issuer = Issuer::localhost(super::free_port());
        let app = boot::open(config, surroundings(&Clock::System)).await.unwrap();
        Self::of(app, Clock::System)
    }

    /// So many real processes that all start at once on a PostgreSQL database without tables, and the provider beside them.
    /// `None` where the suite runs on SQLite.
    pub async fn first_start(count: usize) -> Option<(Self, Vec<Process>)> {
        super::database::server_or_left_out()?;
        let mut config = super::database::empty_config().await;
        super::database::as_by_default(&mut config);
        config.issuer = Issuer::localhost(super::free_port());
        let mut processes: Vec<_> = (0..count)
            .map(|_| {
                let port = free_port();
                let listen = format!("127.0.0.1:{port}");
                Process::spawn(port, super::latchkey(&config), &[("LATCHKEY__HTTP__LISTEN", &*listen)])
            })
            .collect();
        for process in &mut processes {
            process.ready().await;
        }
        let app = boot::open(config, surroundings(&Clock::System)).await.unwrap();
        Some((Self::of(app, Clock::System), processes))
    }

    /// So many replicas within this process that open a PostgreSQL database without tables at the same moment; none where the
    /// suite runs on SQLite, which has one server.
    pub async fn opened_at_once(count: usize) -> Vec<App> {
        if super::database::server_or_left_out().is_none() {
            return Vec::new();
        }
        let mut config = super::database::empty_config().await;
        // The fastest to make, so that all are at the same place at the same time.
        config.tokens.signing_algorithms = vec![Algorithm::ES256];
        super::database::as_by_default(&mut config);
        let opening: Vec<_> = (0..count)
            .map(|_| {
                let (config, handle) = (config.clone(), tokio::runtime::Handle::current());
                std::thread::spawn(move || handle.block_on(boot::open(config, surroundings(&Clock::System))).unwrap())
            })
            .collect();
        tokio::task::block_in_place(|| opening.into_iter().map(|one| one.join().unwrap()).collect())
    }

    /// A provider with another configuration, such as that of a restored database, and the world's clock.
    pub async fn on(&self, config: Config) -> Self {
        let app = boot::open(config, surroundings(&self.clock)).await.unwrap();
        Self::of(app, self.clock.clone())
    }

    /// The same database served by another process, as far as a test can tell: nothing is shared in memory.
    pub async fn replica(&self) -> Self {
        self.replica_at(self.clock.clone()).await
    }

    /// A replica whose clock shows another time.
    pub async fn replica_at(&self, clock: Clock) -> Self {
        let app = boot::open(self.app.config.clone(), surroundings(&clock)).await.unwrap();
        Self::of(app, clock)
    }

    /// Two real processes on one PostgreSQL and one Redis; each request goes to the other one than the request before.
    /// `None` where the suite runs on SQLite, which belongs to one process.
    pub async fn replicas() -> Option<Self> {
        Self::replicas_with(|_| {}).await
    }

    /// Replicas whose configuration differs from the default.
    pub async fn replicas_with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        super::database::server_or_left_out()?;
        let mut config = fresh_config().await;
        change(&mut config);
        config.issuer = Issuer::localhost(free_port());
        // What tells who sent a request: both processes see this machine alone.
        config.http.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        let mut redis = None;
        if config.ephemeral.redis_url.is_none() {
            let own = RedisServer::start().await;
            config.ephemeral.redis_url = Some(RedisUrl::parse(&own.url()).unwrap());
            redis = Some(own);
        }
        let app = boot::open(config, surroundings(&Clock::System)).await.unwrap();
        let other = free_port();
        let listen = format!("127.0.0.1:{other}");
        let processes = [
            Process::start(&app.config, &[]).await,
            Process::start_at(other, &app.config, &[("LATCHKEY__HTTP__LISTEN", &listen)]).await,
        ];
        let replicas = Replicas { processes, next: AtomicUsize::new(0), _redis: redis };
        Some(Self { replicas: Some(Arc::new(replicas)), ..Self::of(app, Clock::System) })
    }

    /// The release before and this one, each in a process of its own, on one database that the release before has made. On
    /// SQLite the one serves after the other, on PostgreSQL both at once. `None` where there is no such build.
    pub async fn after_the_release_before() -> Option<Self> {
        let Some(before) = std::env::var_os("LATCHKEY_TEST_RELEASE_BEFORE") else {
            super::database::left_out("the release before");
            return None;
        };
        let mut config = super::database::empty_config().await;
        config.issuer = Issuer::localhost(free_port());
        config.http.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        let redis = config.ephemeral.redis_url.take();
        let mut old = Process::spawn(config.issuer.port(), binary(before.as_ref(), &config), &[]);
        old.ready().await;
        config.ephemeral.redis_url = redis;
        let side_by_side = super::database::server().is_some();
        if !side_by_side {
            drop(old);
            let app = boot::open(config, surroundings(&Clock::System)).await.unwrap();
            return Some(Self::of(app, Clock::System));
        }
        let app = boot::open(config, surroundings(&Clock::System)).await.unwrap();
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let new = Process::start_at(port, &app.config, &[("LATCHKEY__HTTP__LISTEN", &listen)]).await;
        let replicas = Replicas { processes: [old, new], next: AtomicUsize::new(0), _redis: None };
        Some(Self { replicas: Some(Arc::new(replicas)), ..Self::of(app, Clock::System) })
    }

    /// Lets time pass. Real processes have the world's clock, so that for them all that has happened moves into the past.
    pub async fn pass(&self, time: Duration) {
        if let Clock::Manual(_) = self.clock {
            return self.clock.advance(time);
        }
        let micros = i64::try_from(time.as_micros()).unwrap();
        for (table, column) in times() {
            let sql = format!("UPDATE {table} SET {column} = {column} - {micros} WHERE {column} IS NOT NULL");
            self.execute(sql).await;
        }
        self.rotations_move(micros).await;
        // Time steps of half a minute.
        self.execute(format!("UPDATE totp SET last_step = last_step - {}", micros / 30_000_000)).await;
    }

    /// The same for the times of rotations, which are within a JSON text.
    async fn rotations_move(&self, micros: i64) {
        let sql = "SELECT handle_hash, rotations FROM refresh_family WHERE rotations IS NOT NULL";
        let rows: Vec<(String, String)> =
            sqlx::query_as(sql).fetch_all(&mut *self.app.db.read().await.unwrap()).await.unwrap();
        for (handle, rotations) in rows {
            let mut rotations: Vec<latchkey::oidc::token::refresh_token::Rotation> =
                serde_json::from_str(&rotations).unwrap();
            for rotation in &mut rotations {
                rotation.at = rotation.at - Duration::from_micros(micros.unsigned_abs());
            }
            let text = serde_json::to_string(&rotations).unwrap();
            self.execute(format!("UPDATE refresh_family SET rotations = '{text}' WHERE handle_hash = '{handle}'"))
                .await;
        }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: http::Request<Body>) -> Reply {
        self.send_from([203, 0, 113, 7].into(), request).await
    }

    pub async fn send_from(&self, address: std::net::IpAddr, mut request: http::Request<Body>) -> Reply {
        let host = self.app.config.issuer.authority().to_owned();
        request.headers_mut().entry("host").or_insert(host.parse().unwrap());
        if let Some(replicas) = &self.replicas {
            let turn = replicas.next.fetch_add(1, Ordering::SeqCst);
            return replicas.processes[turn % 2].send(address, request).await;
        }
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 40_000)));
        Reply::read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// GET of a path or URL of ours.
    pub async fn get(&self, target: &str) -> Reply {
        self.send(http::Request::get(self.path(target)).body(Body::empty()).unwrap()).await
    }

    /// POST of a form to a path of ours.
    pub async fn post(&self, target: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_with(target, fields, &[]).await
    }

    pub async fn post_with(&self, target: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
        let mut request =
            http::Request::post(self.path(target)).header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(super::http::form_encode(fields).into()).unwrap()).await
    }

    /// The path and query of a URL of ours, or of a path below the issuer.
    pub fn path(&self, target: &str) -> String {
        match target.strip_prefix(self.app.config.issuer.origin()) {
            Some(path) => path.to_owned(),
            None => format!("{}{target}", self.app.config.issuer.path()),
        }
    }

    pub fn issuer(&self) -> &str {
        self.app.issuer()
    }

    /// A person with a password, made if there is none of that name.
    pub async fn user(&self, name: &str) -> User {
        if let Some(user) = self.find_user(name).await {
            return user;
        }
        let now = self.app.now();
        let identifiers = [name.to_owned(), format!("{name}@example.com")];
        let new = NewUser {
            sub: None,
            profile: serde_json::json!({ "name": format!("{name} Example"), "locale": "en" })
                .as_object()
                .unwrap()
                .clone(),
            identifiers: identifiers.iter().map(|text| identifier::parse(text, Some(now)).unwrap()).collect(),
            password: Some(PASSWORD.into()),
            roles: vec![],
        };
        users::add(&self.app, new).await.unwrap()
    }

    /// Gives a person a role.
    pub async fn give_role(&self, name: &str, role: &'static str) {
        let (user, now, id) = (self.user(name).await.id, self.app.now(), self.app.id());
        let give =
            made_up(move |tx| Box::pin(async move { store::people::role::give(tx, &user, role, &id, now).await }));
        self.app.db.write(give).await.unwrap();
    }

    pub async fn find_user(&self, name: &str) -> Option<User> {
        store::people::user::find_by_identifier(&mut self.app.db.read().await.unwrap(), name).await.unwrap()
    }

    /// A person as stored now.
    pub async fn person(&self, name: &str) -> User {
        self.find_user(name).await.unwrap()
    }

    /// Returns when somebody waits for a row that another has written and not committed; at once on SQLite, where all wait for
    /// the one writer.
    pub async fn somebody_waits(&self) {
        if super::database::server().is_none() {
            return;
        }
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..10_000 {
            let row: (i64,) = sqlx::query_as(waiting).fetch_one(&mut *self.app.db.read().await.unwrap()).await.unwrap();
            if row.0 > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("nobody waits");
    }

    /// In how many places a person is signed in.
    pub async fn live_sessions_of(&self, name: &str) -> usize {
        let (user, now) = (self.person(name).await, self.app.now());
        let mut conn = self.app.db.read().await.unwrap();
        store::people::session::list_of_user(&mut conn, &user.id, now).await.unwrap().len()
    }

    /// The live session of a person that was used last.
    pub async fn session_of(&self, name: &str) -> Session {
        let (user, now) = (self.person(name).await, self.app.now());
        let mut conn = self.app.db.read().await.unwrap();
        let listed = store::people::session::list_of_user(&mut conn, &user.id, now).await.unwrap();
        store::people::session::find(&mut conn, &listed[0].id, now).await.unwrap().unwrap()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// A web application with a secret; of somebody else, so that people are asked for consent.
    pub async fn relying_party(&self) -> RelyingParty {
        self.client(ClientKind::Web, |_| {}).await
    }

    /// A client at which people can begin an anonymous account.
    pub async fn trial(&self) -> RelyingParty {
        self.client(ClientKind::Web, |client| client.metadata.anonymous_accounts = true).await
    }

    /// An application in the browser.
    pub async fn spa(&self) -> RelyingParty {
        self.client(ClientKind::Spa, |_| {}).await
    }

    /// A program that acts for itself.
    pub async fn service(&self) -> RelyingParty {
        self.client(ClientKind::Service, |client| {
            client.redirect_uris.clear();
            client.metadata.scope = "read write".to_owned().try_into().unwrap();
        })
        .await
    }

    pub async fn client(&self, kind: ClientKind, change: impl FnOnce(&mut NewClient)) -> RelyingParty {
        let redirect_uri = match kind {
            ClientKind::Native => "http://127.0.0.1/callback",
            _ => "https://rp.example/callback",
        };
        let mut new = NewClient {
            name: Some("The Herons' Club".to_owned()),
            redirect_uris: vec![redirect_uri.to_owned()],
            post_logout_redirect_uris: if kind == ClientKind::Service {
                vec![]
            } else {
                vec!["https://rp.example/bye".to_owned()]
            },
            ..NewClient::of_kind(kind)
        };
        change(&mut new);
        // What is not offered is registered, too, as if the operator had taken it away later.
        let mut offered = new.clone();
        let metadata = &mut offered.metadata;
        metadata.scope = ScopeSet::standard();
        (metadata.resources, metadata.default_resources) = (Vec::new(), Vec::new());
        (metadata.id_token_signed_response_alg, metadata.access_token_signed_response_alg) = (None, None);
        let (mut client, secret) = clients::add(&self.app, offered).await.unwrap().unwrap();
        if client.metadata != new.metadata {
            client.metadata = new.metadata;
            let (client, now) = (client.clone(), self.app.now());
            let replace = made_up(move |tx| Box::pin(async move { client::replace(tx, &client, now).await }));
            self.app.db.write(replace).await.unwrap();
        }
        RelyingParty::new(self, client, secret)
    }

    /// What has happened, oldest first.
    pub async fn events(&self) -> Vec<String> {
        let since = latchkey::base::clock::Timestamp::from_micros(0);
        store::installation::event::kinds_since(&mut self.app.db.read().await.unwrap(), since).await.unwrap()
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let row: (i64,) = sqlx::query_as(sql).fetch_one(&mut *self.app.db.read().await.unwrap()).await.unwrap();
        row.0
    }

    /// The texts that a query finds, each the only column of its row.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        let rows: Vec<(String,)> =
            sqlx::query_as(sql).fetch_all(&mut *self.app.db.read().await.unwrap()).await.unwrap();
        rows.into_iter().map(|row| row.0).collect()
    }

    /// Runs a statement behind the provider's back.
    pub async fn sql(&self, sql: &'static str) {
        self.execute(sql.to_owned()).await;
    }

    /// The same for a statement that is made for the moment.
    pub async fn execute(&self, sql: String) {
        self.app
            .db
            .write(made_up(move |tx| {
                let sql = sqlx::AssertSqlSafe(sql.clone());
                Box::pin(async move { Ok(sqlx::query(sql).execute(&mut **tx).await.map(drop)?) })
            }))
            .await
            .unwrap();
        // What was changed behind its back is seen after a second; tests have no second to wait.
        self.app.remembered_clients.forget();
    }

    pub async fn withdraw_consent(&self, user: &Id, client_row: &Id) {
        let withdraw = store::clients::consent::Withdraw { user: user.clone(), client_row: client_row.clone() };
        self.app.db.write(withdraw).await.unwrap();
    }
}

/// A change that a test makes up.
#[derive(Clone)]
pub struct MadeUp<F>(F);

impl<F, T> Change for MadeUp<F>
where
    F: for<'c> FnOnce(&'c mut Tx<'_>) -> Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>,
    F: Clone + Send + 'static,
    T: Send + 'static,
{
    type Outcome = T;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<T, Error> {
        (self.0)(tx).await
    }
}

/// Makes a change of a closure.
pub fn made_up<F, T>(change: F) -> MadeUp<F>
where
    F: for<'c> FnOnce(&'c mut Tx<'_>) -> Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'c>>,
{
    MadeUp(change)
}
