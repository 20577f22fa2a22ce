//! X. Servers that go away, fill up and come back.

use std::time::{Duration, Instant};

use latchkey::base::encoding::from_base64url;
use latchkey::config::{Config, DatabaseUrl, RedisUrl};
use latchkey::jose::{KeySet, Typ, VerifyError, verify};
use latchkey::keys::signing::When;
use sqlx::Executor;

use crate::harness::{PostgresServer, Process, RedisServer, RelyingParty, TestApp, as_by_default, free_port, left_out};

/// How long a request may take that is refused because the database is away, slow or full.
const REFUSED_WITHIN: Duration = Duration::from_millis(2_500);

/// A provider in this process, and another one in a process of its own, on one Redis of their own.
async fn with_redis(change: impl FnOnce(&mut Config)) -> (RedisServer, TestApp) {
    let redis = RedisServer::start().await;
    let url = RedisUrl::parse(&redis.url()).unwrap();
    let app = TestApp::with(|config| {
        config.ephemeral.redis_url = Some(url);
        as_by_default(config);
        change(config);
    })
    .await;
    (redis, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_redis_lost_signs_nobody_out_and_lets_nothing_be_used_again() {
    let (redis, app) = with_redis(|config| config.login.address_burst = 12).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    // Two sign-ins under way: one has been answered, one has not.
    let consent = |page: crate::harness::Page| page.form().fill("decision", "allow");
    let answered = consent(browser.get(&rp.request().set("prompt", "consent").path()).await);
    answered.submit(&mut browser).await.code();
    let waiting = consent(browser.get(&rp.request().set("prompt", "consent").path()).await);

    let port = redis.port();
    drop(redis);
    let ready = app.get("/health/ready").await.expect(200).json();
    assert_eq!((ready["database"].as_str(), ready["redis"].as_str()), (Some("ok"), Some("unavailable")));
    // Nobody is signed out: the session, its refresh tokens and a new code all work.
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    assert!(rp.is_good(&refreshed.access_token).await);
    // What was done for one request is not done again, and neither is what nobody can know of.
    assert_eq!(answered.submit(&mut browser).await.reply.status, 503);
    let unknown = waiting.submit(&mut browser).await;
    assert_eq!((unknown.reply.status.as_u16(), unknown.reply.header("retry-after")), (503, Some("2")));
    // Limits are counted here, and not off: by the time of the world, in which a busy machine lets one more pass every few seconds.
    let mut refused = 0;
    for n in 0..40 {
        let mut browser = app.browser();
        let form = browser.get("/sign-in").await.form().fill("identifier", &format!("nobody{n}")).fill("password", "x");
        refused += i32::from(form.submit(&mut browser).await.reply.status == 429);
    }
    assert!(refused >= 8, "{refused} of 40 beyond a burst of 12");

    // It comes back, and is empty.
    let redis = RedisServer::start_at(port).await;
    app.clock.advance(crate::harness::seconds(5));
    while app.get("/health/ready").await.expect(200).json()["redis"] != "ok" {
        tokio::task::yield_now().await;
    }
    let again = answered.submit(&mut browser).await;
    assert!(!again.foreign && again.url.contains("/consent"), "asked again: {}", again.url);
    let late = waiting.submit(&mut browser).await;
    assert!(!late.foreign && late.url.contains("/consent"), "it began before the epoch: {}", late.url);
    // And a new one goes through.
    consent(late).submit(&mut browser).await.code();
    drop(redis);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_redis_emptied_under_way_signs_nobody_out_and_lets_nothing_be_used_again() {
    let (redis, app) = with_redis(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let form = browser.get(&rp.request().set("prompt", "consent").path()).await.form().fill("decision", "allow");
    form.submit(&mut browser).await.code();
    redis.cli(&["FLUSHALL"]);
    let again = form.submit(&mut browser).await;
    assert!(!again.foreign && again.url.contains("/consent"), "{}", again.url);
    rp.refresh(tokens.refresh()).await.tokens();
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_a_server_starts_although_its_redis_is_away() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.ephemeral.redis_url = Some(RedisUrl::parse(&format!("redis://127.0.0.1:{}/", free_port())).unwrap());
    let process = Process::start(&config, &[]).await;
    assert_eq!(process.get("/health/ready").await.unwrap().1["redis"], "unavailable");
    assert_eq!(process.get("/jwks").await.unwrap().0, 200);
}

/// A provider on a PostgreSQL of this test alone.
async fn with_postgres(change: impl FnOnce(&mut Config)) -> (PostgresServer, TestApp) {
    let postgres = PostgresServer::start().await;
    let url = DatabaseUrl::parse(&postgres.url()).unwrap();
    let app = TestApp::with(|config| {
        config.database.url = Some(url);
        as_by_default(config);
        change(config);
    })
    .await;
    (postgres, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x5_a_database_that_restarts_is_503_for_a_while_and_nothing_that_was_answered_is_lost() {
    let (postgres, app) = with_postgres(|_| {}).await;
    let rp = app.spa().await;
    let mut tokens = rp.tokens_of("alice").await;
    for _ in 0..3 {
        postgres.stop();
        let refused = rp.refresh(tokens.refresh()).await.expect(503);
        assert_eq!(refused.header("retry-after"), Some("2"));
        assert_eq!(refused.json()["error"], "temporarily_unavailable");
        app.get("/health/ready").await.expect(503);
        app.get("/health/live").await.expect(200);
        app.get("/jwks").await.expect(200);

        postgres.start_again().await;
        let back = Instant::now();
        while app.get("/health/ready").await.status != 200 {
            assert!(back.elapsed() < Duration::from_secs(5), "ready within five seconds");
            tokio::task::yield_now().await;
        }
        // Whatever kept connection it meets: a request or two may be refused, and then all is as it was.
        loop {
            let reply = rp.refresh(tokens.refresh()).await;
            if reply.status == 503 {
                assert!(back.elapsed() < Duration::from_secs(30), "{}", reply.body);
                continue;
            }
            tokens = reply.tokens();
            break;
        }
    }
    assert!(rp.is_good(&tokens.access_token).await);
}

/// Twenty refreshes at once, none of which the database can serve.
async fn refreshes_are_refused_in_time(rp: &RelyingParty, token: &str) {
    let began = Instant::now();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (rp, token) = (rp.clone(), token.to_owned());
            tokio::spawn(async move { (rp.refresh(&token).await, Instant::now()) })
        })
        .collect();
    for task in tasks {
        let (reply, at) = task.await.unwrap();
        reply.expect(503);
        assert!(at - began <= REFUSED_WITHIN, "{:?}", at - began);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x6_a_slow_database_and_an_empty_pool_are_refusals_and_no_waiting() {
    let (postgres, app) = with_postgres(|config| config.database.max_connections = 2).await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    // Somebody holds the table: every statement waits.
    let mut holder = postgres.connect().await;
    holder.execute("BEGIN").await.unwrap();
    holder.execute("LOCK TABLE refresh_family IN ACCESS EXCLUSIVE MODE").await.unwrap();
    refreshes_are_refused_in_time(&rp, tokens.refresh()).await;
    holder.execute("ROLLBACK").await.unwrap();
    rp.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x6_work_that_waits_too_long_for_sqlite_is_refused() {
    let app = TestApp::with(as_by_default).await;
    let DatabaseUrl::Sqlite(path) = app.app.config.database_url() else { return left_out("SQLite") };
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    let url = format!("sqlite:{}", path.display());
    let mut holder = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    refreshes_are_refused_in_time(&rp, tokens.refresh()).await;
    holder.execute("ROLLBACK").await.unwrap();
    rp.refresh(tokens.refresh()).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x9_keys_that_rotate_under_load_fail_no_verification() {
    let app = TestApp::new().await;
    let other = app.replica().await;
    let rp = app.service().await;
    let mut elsewhere = rp.clone();
    elsewhere.app = other.clone();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut clients = Vec::new();
    for rp in [rp.clone(), elsewhere.clone(), rp.clone(), elsewhere.clone()] {
        let stop = stop.clone();
        clients.push(tokio::spawn(async move {
            // As a resource server does: keys are fetched when a token names one that is not known yet.
            let mut known = KeySet::default();
            let (mut seen, mut verified) = (std::collections::BTreeSet::new(), 0);
            while !stop.load(std::sync::atomic::Ordering::SeqCst) {
                let token = rp.client_credentials().await.tokens().access_token;
                if verify(&token, &known, Typ::AccessToken) == Err(VerifyError::UnknownKey) {
                    let keys = rp.app.get("/jwks").await.expect(200).json();
                    known = KeySet::new(keys["keys"].as_array().unwrap().clone()).unwrap();
                }
                verify(&token, &known, Typ::AccessToken).expect("the key is published");
                seen.insert(from_base64url(token.split('.').next().unwrap()).unwrap());
                verified += 1;
            }
            (seen.len(), verified)
        }));
    }
    for _ in 0..6 {
        app.app.keys.rotate(&app.app.db, &app.app.vault, When::Next).await.unwrap();
        // The other replica reads the keys once a minute, long before the next one signs.
        app.clock.advance(crate::harness::minutes(2));
        other.app.keys.reload(&other.app.db, &other.app.vault).await.unwrap();
        app.clock.advance(crate::harness::minutes(24 * 60));
        for _ in 0..10 {
            rp.client_credentials().await.tokens();
        }
    }
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    for client in clients {
        let (keys, verified) = client.await.unwrap();
        assert!(keys >= 2 && verified > 5, "{keys} keys, {verified} tokens");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x10_a_full_disk_is_503_and_loses_and_corrupts_nothing() {
    let disk = SmallDisk::mount();
    let mut config = Config::for_test(latchkey::config::Issuer::localhost(free_port()));
    config.data_dir = disk.path();
    let app = TestApp::with(|original| {
        config.secrets.master_key = original.secrets.master_key.clone();
        *original = config.clone();
    })
    .await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    let filler = disk.fill();
    // What needs a row is refused; what does not goes on.
    let mut refused = 0;
    for _ in 0..200 {
        let reply = rp.refresh(tokens.refresh()).await;
        if reply.status == 503 {
            assert_eq!(reply.header("retry-after"), Some("2"));
            refused += 1;
            if refused == 20 {
                break;
            }
        }
    }
    assert_eq!(refused, 20, "the disk is full");
    app.get("/jwks").await.expect(200);
    assert!(rp.is_good(&tokens.access_token).await, "reading goes on");

    std::fs::remove_file(filler).unwrap();
    let next = rp.refresh(tokens.refresh()).await.tokens();
    assert!(rp.is_good(&next.access_token).await);
    let check: (String,) =
        sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert_eq!(check.0, "ok");
}

/// A file system of a few megabytes.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = ["-t", "tmpfs", "-o", "size=6m", "tmpfs", folder.path().to_str().unwrap()];
        let mut command = std::process::Command::new("mount");
        assert!(
            command.args(mount).status().unwrap().success(),
            "this test mounts a small file system, which root may (in a container, with CAP_SYS_ADMIN)"
        );
        Self(folder)
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().to_owned()
    }

    /// Takes all room that is left.
    fn fill(&self) -> std::path::PathBuf {
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
