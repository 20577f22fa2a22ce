//! The database and Redis.

use std::time::Duration;

use crate::app::App;
use crate::clients::declare;
use crate::commands::finding::{Finding, Level};
use crate::commands::output::Failure;
use crate::config::{Config, DatabaseUrl};
use crate::server::boot::{self, Purpose, Surroundings};
use crate::server::jobs::PROCESS_SEEN;
use crate::store::condition::{self, Condition};
use crate::store::db::{self, Schema};
use crate::store::ephemeral::{self, Examined};
use crate::store::installation::process;

/// The oldest PostgreSQL that works, as `server_version_num` has it.
const OLDEST_POSTGRES: i64 = 130_000;

/// The oldest Redis that works.
const OLDEST_REDIS: (u64, u64) = (6, 2);

/// Whether database and Redis answer.
pub(super) async fn reached(config: &Config, patience: Duration) -> Vec<Finding> {
    let place = config.database_url().place();
    let reached = tokio::time::timeout(patience, boot::reach(config)).await;
    let database = match reached {
        Ok(Ok(None)) => Finding::ok("database", format!("{place} does not exist yet; the first start creates it")),
        Ok(Ok(Some(Schema::Missing))) => {
            Finding::ok("database", format!("{place} is empty; the first start creates the tables"))
        }
        Ok(Ok(Some(Schema::Behind))) => {
            Finding::ok("database", format!("{place} is of an earlier release; the next start migrates it"))
        }
        Ok(Ok(Some(Schema::UpToDate))) => Finding::ok("database", format!("{place} answers")),
        Ok(Err(error)) => closed(&place, Failure::from(error)),
        Err(_) => silent(&place, patience),
    };
    let mut found = vec![database];
    found.extend(redis(config, patience).await.1);
    found
}

fn closed(place: &str, failure: Failure) -> Finding {
    let why = match failure {
        Failure::NoDatabase(why) | Failure::Failed(why) => why,
        _ => format!("The database {place} cannot be opened."),
    };
    Finding::problem("database", why).so("The server does not start, or cannot answer.")
}

fn silent(place: &str, patience: Duration) -> Finding {
    Finding::problem("database", format!("{place} does not answer within {patience:?}"))
        .so("The server does not start, or cannot answer.")
        .fix("Check database.url, the network and the database server.")
}

/// Opens the database as a command does, and examines it.
pub(super) async fn database(config: &Config, patience: Duration) -> (Option<App>, Vec<Finding>) {
    let place = config.database_url().place();
    // Reached first: opening waits long for a server that does not answer.
    match tokio::time::timeout(patience, boot::reach(config)).await {
        Ok(Ok(None)) => {
            let finding = Finding::problem("database", format!("there is no database at {place}"));
            return (None, vec![finding.fix("Start the server, or run latchkey migrate; both create it.")]);
        }
        Ok(Ok(Some(_))) => {}
        Ok(Err(error)) => return (None, vec![closed(&place, Failure::from(error))]),
        Err(_) => return (None, vec![silent(&place, patience)]),
    }
    let app = match boot::open_patiently(Purpose::Command, config.clone(), Surroundings::real()).await {
        Ok(app) => app,
        Err(error) => return (None, vec![closed(&place, Failure::from(error))]),
    };
    let found = match examined(&app, &place).await {
        Ok(found) => found,
        Err(error) => vec![closed(&place, Failure::Failed(error.to_string()))],
    };
    (Some(app), found)
}

async fn examined(app: &App, place: &str) -> db::Result<Vec<Finding>> {
    let condition = condition::of(&app.db).await?;
    let kind = if condition.settings.is_empty() { "SQLite" } else { "PostgreSQL" };
    let size = condition.bytes >> 20;
    let mut found =
        vec![Finding::ok("database", format!("{place}: {kind} {}, {size} MiB, schema up to date", condition.version))];
    let servers = process::seen(&mut *app.db.read().await?, app.now() - PROCESS_SEEN).await?;
    found.push(Finding::ok("database", format!("{} running: {}", plural(servers.len()), listed(&servers))));
    found.extend(postgres(&condition, i64::from(app.config.database.max_connections), servers.len().max(1) as i64));
    if let (DatabaseUrl::Postgres(_), None, 2..) =
        (app.config.database_url(), &app.config.ephemeral.redis_url, servers.len())
    {
        found.push(
            Finding::problem("redis", "several servers run without a Redis (ephemeral.redis_url)")
                .so("Each counts the tries of an address for itself, and a form that is sent twice may count twice.")
                .fix("Give them one Redis, or run one server."),
        );
    }
    Ok(found)
}

fn plural(servers: usize) -> String {
    if servers == 1 { "1 server".to_owned() } else { format!("{servers} servers") }
}

fn listed(servers: &[String]) -> String {
    if servers.is_empty() { "none".to_owned() } else { servers.join("; ") }
}

/// What is wrong with the settings of PostgreSQL, for this many connections of each of this many servers.
fn postgres(condition: &Condition, connections: i64, servers: i64) -> Vec<Finding> {
    let setting = |name: &str| condition.settings.get(name).map_or("", String::as_str);
    let number = |name: &str| setting(name).parse::<i64>().ok();
    let mut found = Vec::new();
    if number("server_version_num").is_some_and(|version| version < OLDEST_POSTGRES) {
        let what = format!("PostgreSQL {} is older than 13", condition.version);
        found.push(Finding::problem("database", what).so("Latchkey is not tested with it.").fix("Upgrade PostgreSQL."));
    }
    if setting("in_recovery") == "true" || setting("default_transaction_read_only") == "on" {
        found.push(
            Finding::problem("database", "PostgreSQL takes no writes: it is a standby, or read-only")
                .so("Nobody can sign in.")
                .fix("Point database.url to the primary."),
        );
    }
    if !["UTF8", ""].contains(&setting("server_encoding")) {
        found.push(
            Finding::problem("database", format!("its encoding is {} and not UTF8", setting("server_encoding")))
                .so("Names in other scripts cannot be stored.")
                .fix("Create the database with ENCODING 'UTF8'."),
        );
    }
    for name in ["fsync", "full_page_writes", "synchronous_commit"].into_iter().filter(|name| setting(name) == "off") {
        found.push(
            Finding::advice("database", format!("{name} is off"))
                .so("After a crash, what was already answered may be lost: a revoked token may work again.")
                .fix(format!("Set {name} = on.")),
        );
    }
    if let Some(most) = number("max_connections").filter(|most| connections * servers > *most - 5) {
        let what = format!(
            "{servers} x {connections} connections (database.max_connections) do not fit into PostgreSQL's max_connections of {most}"
        );
        found.push(
            Finding::problem("database", what)
                .so("Under load, requests are answered with 503.")
                .fix("Raise max_connections of PostgreSQL, or lower database.max_connections."),
        );
    }
    found
}

/// Whether the clients and resources in the database get their signatures with this configuration.
pub(super) async fn signable(app: &App) -> Vec<Finding> {
    // What reached the database has reported one that cannot be read.
    let unsignable = declare::unsignable(app).await.unwrap_or_default();
    let finding = |what| {
        Finding::problem("database", what)
            .so("A server does not start with this configuration.")
            .fix("Change tokens.signing_algorithms, or the client or resource: latchkey client edit, latchkey resource edit.")
    };
    unsignable.into_iter().map(finding).collect()
}

/// Connects to Redis, if there is one, and examines it.
pub(super) async fn redis(config: &Config, patience: Duration) -> (Option<Examined>, Vec<Finding>) {
    let Some(url) = &config.ephemeral.redis_url else { return (None, Vec::new()) };
    let lost = |why: String| {
        Finding::problem("redis", format!("{url} (ephemeral.redis_url) does not answer: {why}"))
            .so("Each server counts the tries of an address for itself until it does; nobody is signed out.")
            .fix("Check ephemeral.redis_url, the network and the Redis server.")
    };
    match Examined::examine(url.expose(), patience).await {
        Ok((redis, condition)) => (Some(redis), of_redis(&condition)),
        Err(why) => (None, vec![lost(why)]),
    }
}

/// What is wrong with a Redis.
fn of_redis(condition: &ephemeral::Condition) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut parts = condition.version.split('.').map_while(|part| part.parse::<u64>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version < OLDEST_REDIS && version != (0, 0) {
        let what = format!("Redis {} is older than 6.2", condition.version);
        found.push(Finding::problem("redis", what).so("Latchkey is not tested with it.").fix("Upgrade Redis."));
    }
    if condition.is_replica {
        found.push(
            Finding::problem("redis", "it is a replica, which takes no writes")
                .so("Each server counts the tries of an address for itself.")
                .fix("Point ephemeral.redis_url to the primary."),
        );
    }
    if !["noeviction", ""].contains(&condition.policy.as_str()) {
        let what = format!("its maxmemory-policy is {}", condition.policy);
        let so = "When its memory is full it forgets keys that are still needed: limits begin again, and a form that was sent may \
                  be sent again.";
        let finding = if condition.most_memory == 0 && !condition.policy.starts_with("allkeys-") {
            Finding::advice("redis", what)
        } else {
            Finding::problem("redis", what)
        };
        found.push(finding.so(so).fix("Set maxmemory-policy noeviction."));
    }
    match condition.persists {
        Some(true) => {}
        Some(false) => found.push(
            Finding::advice("redis", "it writes nothing to disk (neither appendonly nor save is on)")
                .so("When it restarts, limits begin again, and people who are signing in at that moment have to begin again. Nobody is \
                     signed out.")
                .fix("Set appendonly yes, if restarts are frequent."),
        ),
        None => found.push(Finding::ok("redis", "it does not say whether it writes to disk")),
    }
    if found.iter().all(|finding| finding.level == Level::Ok) {
        found.insert(0, Finding::ok("redis", format!("Redis {} answers", condition.version)));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn levels(found: &[Finding], level: Level) -> Vec<&str> {
        found.iter().filter(|finding| finding.level == level).map(|finding| finding.what.as_str()).collect()
    }

    #[test]
    fn a_redis_that_forgets_is_a_problem_and_one_that_does_not_persist_is_told() {
        let good = ephemeral::Condition {
            version: "7.2.4".to_owned(),
            policy: "noeviction".to_owned(),
            most_memory: 0,
            persists: Some(true),
            is_replica: false,
        };
        assert!(of_redis(&good).iter().all(|finding| finding.level == Level::Ok));
        for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
            let found = of_redis(&ephemeral::Condition { policy: policy.to_owned(), ..good.clone() });
            assert_eq!(levels(&found, Level::Problem), [format!("its maxmemory-policy is {policy}")]);
            assert!(found[0].consequence.is_some() && found[0].action.is_some());
        }
        let volatile = ephemeral::Condition { policy: "volatile-lru".to_owned(), ..good.clone() };
        assert_eq!(levels(&of_redis(&volatile), Level::Advice).len(), 1);
        let full = ephemeral::Condition { most_memory: 1 << 20, ..volatile };
        assert_eq!(levels(&of_redis(&full), Level::Problem).len(), 1);
        let forgets = of_redis(&ephemeral::Condition { persists: Some(false), ..good.clone() });
        assert_eq!(levels(&forgets, Level::Advice).len(), 1, "{forgets:?}");
        for wrong in [
            ephemeral::Condition { version: "6.0.16".to_owned(), ..good.clone() },
            ephemeral::Condition { is_replica: true, ..good },
        ] {
            assert_eq!(levels(&of_redis(&wrong), Level::Problem).len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn each_setting_of_postgres_that_loses_something_is_told() {
        let good = [
            ("server_version_num", "160004"),
            ("server_encoding", "UTF8"),
            ("fsync", "on"),
            ("full_page_writes", "on"),
            ("synchronous_commit", "on"),
            ("max_connections", "100"),
            ("default_transaction_read_only", "off"),
            ("in_recovery", "false"),
        ];
        let with = |name: &str, value: &str| {
            let mut settings: BTreeMap<_, _> = good.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            if let Some(setting) = settings.get_mut(name) {
                *setting = value.to_owned();
            }
            let condition = Condition { version: "16.4".to_owned(), bytes: 0, settings };
            postgres(&condition, 10, 3)
        };
        assert!(with("", "").is_empty());
        for (name, value, level) in [
            ("server_version_num", "120018", Level::Problem),
            ("server_encoding", "SQL_ASCII", Level::Problem),
            ("fsync", "off", Level::Advice),
            ("synchronous_commit", "off", Level::Advice),
            ("max_connections", "30", Level::Problem),
            ("default_transaction_read_only", "on", Level::Problem),
            ("in_recovery", "true", Level::Problem),
        ] {
            assert_eq!(levels(&with(name, value), level).len(), 1, "{name} = {value}");
        }
    }
}
