//! A database for each test, copied from a template that was made once: with its schema, data key and signing key.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use latchkey::base::clock::{Clock, Timestamp};
use latchkey::base::random::Random;
use latchkey::base::seal::SealingKey;
use latchkey::config::{Config, DatabaseUrl, Issuer, RedisUrl};
use latchkey::outbound::names::Names;
use latchkey::server::boot::{self, Surroundings};
use latchkey::store::db::Db;
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// When tests begin: a Thursday.
pub const START: Timestamp = Timestamp::from_seconds(1_767_225_600 + 12 * 3600);

static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
static COUNT: AtomicU64 = AtomicU64::new(0);
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let own = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    tempfile::Builder::new().prefix("latchkey-tests-").permissions(own).tempdir().unwrap()
});

struct Template {
    place: Place,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Server { url: String, name: String },
}

pub fn master_key() -> SealingKey {
    SealingKey::new(std::array::from_fn(|index| index as u8))
}

pub fn server() -> Option<String> {
    std::env::var("LATCHKEY_TEST_DATABASE").ok().filter(|url| !url.is_empty())
}

/// Notes that the test that runs on this thread cannot do what it is for, because this is not here: `./test` counts it as left
/// out and not as passed.
pub fn left_out(missing: &str) {
    let Some(path) = std::env::var_os("LATCHKEY_TEST_LEFT_OUT") else { return };
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(format!("{name}\t{missing}\n").as_bytes()).unwrap();
}

/// The PostgreSQL server that a test cannot do without.
pub fn server_or_left_out() -> Option<String> {
    server().or_else(|| {
        left_out("PostgreSQL");
        None
    })
}

/// The Redis that the suite runs on, if it does.
fn redis() -> Option<RedisUrl> {
    let url = std::env::var("LATCHKEY_TEST_REDIS").ok().filter(|url| !url.is_empty())?;
    Some(RedisUrl::parse(&url).unwrap())
}

fn config_at(place: &Place, folder: &Path) -> Config {
    let mut config = Config::for_test(Issuer::localhost(8080));
    config.data_dir = folder.to_owned();
    config.secrets.master_key = Some(master_key());
    config.database.url = Some(match place {
        Place::File(path) => DatabaseUrl::Sqlite(path.clone()),
        Place::Server { url, name } => DatabaseUrl::Postgres(at(url, name).into()),
    });
    config.database.max_connections = 4;
    make_generous(&mut config);
    // Most tests sign in more often from one address than people do.
    config.login.address_burst = 10_000;
    config
}

/// Limits that no busy machine reaches, but in the tests that are about them: those take `as_by_default`.
fn make_generous(config: &mut Config) {
    let ample = Duration::from_secs(60);
    config.database.acquire_timeout = ample;
    config.database.statement_timeout = ample;
    config.ephemeral.redis_timeout = Duration::from_secs(5);
    config.login.hashing_wait = Duration::from_secs(20);
}

/// Takes the limits that hold if nothing is configured.
pub fn as_by_default(config: &mut Config) {
    let default = Config::default();
    config.database.acquire_timeout = default.database.acquire_timeout;
    config.database.statement_timeout = default.database.statement_timeout;
    config.ephemeral.redis_timeout = default.ephemeral.redis_timeout;
    config.login.hashing_wait = default.login.hashing_wait;
}

fn at(url: &str, name: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    url.set_path(name);
    url.into()
}

async fn template() -> &'static Template {
    TEMPLATE
        .get_or_init(|| async {
            let place = match server() {
                None => Place::File(FOLDER.path().join("template.db")),
                Some(url) => {
                    let name = format!("latchkey_template_{}", std::process::id());
                    execute(&url, format!("CREATE DATABASE {name}")).await;
                    Place::Server { url, name }
                }
            };
            let surroundings = Surroundings {
                clock: Clock::manual(START),
                random: Random::seeded(7),
                durable: false,
                tray: None,
                names: Names::System,
            };
            let app = boot::open(config_at(&place, FOLDER.path()), surroundings).await.unwrap();
            app.db.close().await;
            // Connections that went earlier may still be about to write the log into the file: a copy would be half of it.
            if let Place::File(path) = &place {
                while Db::merge(path).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
            Template { place }
        })
        .await
}

async fn execute(url: &str, sql: String) {
    sqlx::any::install_default_drivers();
    let mut conn = sqlx::AnyConnection::connect(url).await.unwrap();
    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await.unwrap();
    conn.close().await.unwrap();
}

/// The configuration of a database that is not there yet, or has no tables.
pub async fn empty_config() -> Config {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder = FOLDER.path().join(format!("empty-{number}"));
    let place = match server() {
        None => Place::File(folder.join("latchkey.db")),
        Some(url) => {
            let name = format!("latchkey_{}_empty_{number}", std::process::id());
            execute(&url, format!("CREATE DATABASE {name}")).await;
            Place::Server { url, name }
        }
    };
    let mut config = config_at(&place, &folder);
    config.ephemeral.redis_url = redis();
    config.ephemeral.redis_prefix = format!("test-{}-{number}", std::process::id());
    config
}

/// The configuration of a database that no other test has.
pub async fn fresh_config() -> Config {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let place = match &template().await.place {
        Place::File(template) => {
            let path = FOLDER.path().join(format!("{number}.db"));
            std::fs::copy(template, &path).unwrap();
            Place::File(path)
        }
        Place::Server { url, name } => {
            let fresh = format!("latchkey_{}_{number}", std::process::id());
            execute(url, format!("CREATE DATABASE {fresh} TEMPLATE {name}")).await;
            Place::Server { url: url.clone(), name: fresh }
        }
    };
    let mut config = config_at(&place, FOLDER.path());
    config.ephemeral.redis_url = redis();
    config.ephemeral.redis_prefix = format!("test-{}-{number}", std::process::id());
    config
}
