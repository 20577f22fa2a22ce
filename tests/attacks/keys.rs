//! C6, S3, S4, X9. Keys that leak, go missing or are another's, over real processes.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use latchkey::base::encoding::{base64, from_base64url};
use latchkey::base::id::Id;
use latchkey::config::{Config, DatabaseUrl, Issuer};
use latchkey::jose::{Algorithm, KeySet, Typ, VerifyError, sign, verify};
use latchkey::store::installation::process;
use serde_json::Value;

use crate::harness::{Process, RelyingParty, Reply, TestApp, form_encode, free_port, latchkey, refused, run, server};

/// How long a revocation may take to hold in every process.
const EVERYWHERE_WITHIN: Duration = Duration::from_secs(10);

/// A provider here, and real processes on its database: two, or on SQLite, which belongs to one, one.
struct Served {
    app: TestApp,
    processes: Vec<Arc<Process>>,
}

impl Served {
    async fn start() -> Self {
        let app = TestApp::beside_a_process().await;
        let config = &app.app.config;
        let mut processes = vec![Arc::new(Process::start(config, &[]).await)];
        if server().is_some() {
            let port = free_port();
            let listen = format!("127.0.0.1:{port}");
            processes.push(Arc::new(Process::start_at(port, config, &[("LATCHKEY__HTTP__LISTEN", &listen)]).await));
        }
        while app.rows("process").await < processes.len() as i64 {
            tokio::task::yield_now().await;
        }
        Self { app, processes }
    }

    /// Runs `latchkey keys …` on the database.
    async fn keys(&self, args: &[&str]) -> Output {
        let mut command = latchkey(&self.app.app.config);
        command.arg("keys").args(args);
        tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap()
    }
}

/// What a process answers to a request for its issuer.
async fn ask(app: &TestApp, process: &Process, mut request: http::Request<Body>) -> Reply {
    request.headers_mut().insert("host", app.app.config.issuer.authority().parse().unwrap());
    process.send([203, 0, 113, 7].into(), request).await
}

async fn jwks(app: &TestApp, process: &Process) -> Vec<Value> {
    let reply = ask(app, process, http::Request::get("/jwks").body(Body::empty()).unwrap()).await.expect(200);
    reply.json()["keys"].as_array().unwrap().clone()
}

async fn userinfo(app: &TestApp, process: &Process, token: &str) -> u16 {
    let request = http::Request::get("/userinfo").header("authorization", format!("Bearer {token}"));
    ask(app, process, request.body(Body::empty()).unwrap()).await.status.as_u16()
}

async fn own_token(process: &Process, service: &RelyingParty) -> String {
    let request = http::Request::post("/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", service.basic());
    let body = form_encode(&[("grant_type", "client_credentials")]);
    ask(&service.app, process, request.body(body.into()).unwrap()).await.tokens().access_token
}

fn kid_of(token: &str) -> String {
    let header: Value = serde_json::from_slice(&from_base64url(token.split('.').next().unwrap()).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn has(keys: &[Value], kid: &str) -> bool {
    keys.iter().any(|key| key["kid"] == kid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_leaked_key_that_is_revoked_is_dead_in_every_process_within_ten_seconds() {
    let served = Served::start().await;
    let app = &served.app;
    let (rp, service) = (app.relying_party().await, app.service().await);
    let token = rp.tokens_of("alice").await.access_token;
    let leaked = kid_of(&token);
    // A token that a thief who has the key makes for himself.
    let mut claims = verify(&token, &app.app.keys.ring().public, Typ::AccessToken).unwrap();
    claims.insert("jti".to_owned(), "forged".into());
    let ring = app.app.keys.ring();
    let forged = sign(ring.signer(Algorithm::RS256, app.app.now()).unwrap(), Typ::AccessToken, &claims).unwrap();
    for process in &served.processes {
        assert_eq!(userinfo(app, process, &forged).await, 200, "it is as good as ours");
    }

    let began = Instant::now();
    let revoked = served.keys(&["revoke", &leaked]).await;
    assert_eq!(revoked.status.code(), Some(0), "{}", said(&revoked));
    for process in &served.processes {
        assert!(!has(&jwks(app, process).await, &leaked), "it is published no more");
        assert_eq!(userinfo(app, process, &forged).await, 401);
        assert_eq!(userinfo(app, process, &token).await, 401, "nobody can tell ours from the thief's");
        // It was the one that signs: another one does, at once.
        let fresh = own_token(process, &service).await;
        assert_ne!(kid_of(&fresh), leaked);
        verify(&fresh, &KeySet::new(jwks(app, process).await).unwrap(), Typ::AccessToken).unwrap();
    }
    assert!(began.elapsed() < EVERYWHERE_WITHIN, "{:?}", began.elapsed());
    assert!(app.events().await.contains(&"signing_key_revoked".to_owned()));

    let listed = said(&served.keys(&["list"]).await);
    let line = |kid: &str| listed.lines().find(|line| line.contains(kid)).unwrap_or_else(|| panic!("{listed}"));
    assert!(line(&leaked).trim_end().ends_with("revoked"), "{listed}");
    assert!(listed.lines().any(|line| line.trim_end().ends_with("signs")), "{listed}");
    // Again, as one does who was told that some servers had not followed.
    for (kid, code) in [(&*leaked, 0), ("nothing-of-ours", 3)] {
        assert_eq!(served.keys(&["revoke", kid]).await.status.code(), Some(code), "{kid}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_key_that_made_way_and_is_revoked_is_dead_in_every_process() {
    let served = Served::start().await;
    let app = &served.app;
    let token = app.relying_party().await.tokens_of("alice").await.access_token;
    let leaked = kid_of(&token);
    let rotated = served.keys(&["rotate", "--now"]).await;
    assert_eq!(rotated.status.code(), Some(0), "{}", said(&rotated));
    for process in &served.processes {
        assert_eq!(userinfo(app, process, &token).await, 200, "its tokens live on");
    }
    // No other key is made because of it, so that the revocation itself is what every process has to notice.
    let revoked = served.keys(&["revoke", &leaked]).await;
    assert_eq!(revoked.status.code(), Some(0), "{}", said(&revoked));
    for process in &served.processes {
        assert!(!has(&jwks(app, process).await, &leaked), "it is published no more");
        assert_eq!(userinfo(app, process, &token).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x9_a_rotation_at_once_fails_no_verification_and_returns_when_every_process_signs_with_the_new_key() {
    let served = Served::start().await;
    let service = served.app.service().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = Vec::new();
    for (index, process) in served.processes.iter().enumerate() {
        // As a resource server does that asks another process than the one that signed: it fetches the keys again when
        // a token names an unknown one.
        let publisher = served.processes[(index + 1) % served.processes.len()].clone();
        let (process, service, stop) = (process.clone(), service.clone(), stop.clone());
        clients.push(tokio::spawn(async move {
            let (mut known, mut seen, mut verified) = (KeySet::default(), BTreeSet::new(), 0);
            while !stop.load(Ordering::SeqCst) {
                let token = own_token(&process, &service).await;
                if verify(&token, &known, Typ::AccessToken) == Err(VerifyError::UnknownKey) {
                    known = KeySet::new(jwks(&service.app, &publisher).await).unwrap();
                }
                verify(&token, &known, Typ::AccessToken).expect("the key is published by every process");
                seen.insert(kid_of(&token));
                verified += 1;
            }
            (seen, verified)
        }));
    }
    let rotated = served.keys(&["rotate", "--now", "--json"]).await;
    assert_eq!(rotated.status.code(), Some(0), "{}", said(&rotated));
    let made: Value = serde_json::from_slice(&rotated.stdout).unwrap();
    let kid = made[0]["kid"].as_str().unwrap();
    assert_eq!(made[0]["state"], "published", "told as it was made: {made}");
    for process in &served.processes {
        assert_eq!(kid_of(&own_token(process, &service).await), kid, "every process signs with it");
    }
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        let (seen, verified) = client.await.unwrap();
        assert!(seen.contains(kid) && verified > 5, "{seen:?}, {verified} tokens");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_process_that_has_ended_is_waited_for_by_nobody() {
    let app = TestApp::beside_a_process().await;
    let config = app.app.config.clone();
    let process = Process::start(&config, &[]).await;
    let began = std::time::Instant::now();
    while app.rows("process").await == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "a server notes that it is there");
    }
    let log = process.stopped();
    // The temporary folder is open, and may be.
    let warned = log.lines().any(|line| line.contains("WARN") && !line.contains("is open to others"));
    assert!(!warned && log.contains("stopping on SIGTERM"), "{log}");
    assert_eq!(app.rows("process").await, 0, "and that it has gone: {log}");
    let keys = |args: &'static [&'static str]| run(latchkey(&config).arg("keys").args(args));
    let kid = app.app.keys.ring().signer(latchkey::jose::Algorithm::RS256, app.app.now()).unwrap().kid().to_owned();
    let rotated = keys(&["rotate", "--now"]);
    assert!(rotated.status.success(), "{rotated:?}");
    // A second time, as one does who was told that some servers had not followed.
    for _ in 0..2 {
        let revoked = run(latchkey(&config).args(["keys", "revoke", &kid]));
        assert!(revoked.status.success(), "{revoked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_a_process_that_does_not_follow_is_named() {
    let served = Served::start().await;
    let app = &served.app.app;
    // One that hangs, or has lost the database.
    let name = "process 7 on a-host".to_owned();
    let hung = process::Report { process: Id::from("hung"), name, keys_generation: 0, alone: false };
    app.db.write(hung).await.unwrap();
    let rotated = served.keys(&["rotate", "--now"]).await;
    let told = said(&rotated);
    assert_eq!(rotated.status.code(), Some(1), "{told}");
    assert!(told.contains("process 7 on a-host"), "{told}");
    assert!(!told.contains(&format!("process {}", served.processes[0].id())), "the others have followed: {told}");
}

/// A provider alone on an SQLite file, with a master key of its own making.
struct Alone {
    folder: tempfile::TempDir,
    config: Config,
}

impl Alone {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        let mut config = Config::for_test(Issuer::localhost(free_port()));
        config.data_dir = folder.path().to_owned();
        Self { folder, config }
    }

    async fn serves(&self) {
        drop(Process::start(&self.config, &[]).await);
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove_database(&self) {
        for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
            let _ = std::fs::remove_file(self.path(name));
        }
    }

    fn is_refused_with(&self, words: &[&str]) {
        let told = said(&refused(&self.config));
        for word in words {
            assert!(told.contains(word), "{word} in {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_missing_master_key_is_refused_and_none_is_made() {
    let alone = Alone::new();
    alone.serves().await;
    alone.rename("master.key", "copy");
    let (key, database) = (alone.path("master.key"), alone.path("latchkey.db"));
    let move_away = format!("mv {}", database.display());
    alone.is_refused_with(&[key.to_str().unwrap(), "is missing", "secrets.master_key_file", &move_away]);
    let listed = run(latchkey(&alone.config).args(["user", "list"]));
    assert_eq!(listed.status.code(), Some(1), "{}", said(&listed));
    assert!(!key.exists() && !alone.path("master.key.new").exists(), "nothing was made");
    alone.rename("copy", "master.key");
    alone.serves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_database_that_is_missing_or_emptied_beside_its_key_is_refused_and_none_is_made() {
    let alone = Alone::new();
    alone.serves().await;
    let (key, database) = (alone.path("master.key"), alone.path("latchkey.db"));
    let move_away = format!("mv {}", key.display());
    let words = [key.to_str().unwrap(), database.to_str().unwrap(), "missing or empty", "latchkey restore", &move_away];
    alone.remove_database();
    alone.is_refused_with(&words);
    assert!(!database.exists(), "nothing was made");
    std::fs::write(&database, "").unwrap();
    alone.is_refused_with(&words);
    assert_eq!(std::fs::metadata(&database).unwrap().len(), 0, "nothing was made");
    // A database, but not the one that was there.
    alone.remove_database();
    sqlx::any::install_default_drivers();
    let url = format!("sqlite:{}?mode=rwc", database.display());
    let mut conn = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE something (else_ TEXT)").execute(&mut conn).await.unwrap();
    sqlx::Connection::close(conn).await.unwrap();
    alone.is_refused_with(&words);
    // On purpose, as the message says.
    alone.remove_database();
    alone.rename("master.key", "master.key.before");
    alone.serves().await;
    assert_ne!(std::fs::read(&key).unwrap(), std::fs::read(alone.path("master.key.before")).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_first_start_that_ended_in_the_middle_can_be_begun_again() {
    let alone = Alone::new();
    alone.serves().await;
    let key = std::fs::read(alone.path("master.key")).unwrap();
    // After the database was sealed, and before the key had its name.
    alone.rename("master.key", "master.key.new");
    std::fs::set_permissions(alone.path("master.key.new"), PermissionsExt::from_mode(0o644)).unwrap();
    alone.serves().await;
    assert_eq!(std::fs::read(alone.path("master.key")).unwrap(), key);
    assert_eq!(mode(&alone.path("master.key")), 0o600);
    // Before the database was made.
    alone.rename("master.key", "master.key.new");
    alone.remove_database();
    alone.serves().await;
    assert_eq!(std::fs::read(alone.path("master.key")).unwrap(), key);
    assert!(!alone.path("master.key.new").exists());
    // While the key was written.
    std::fs::remove_file(alone.path("master.key")).unwrap();
    alone.remove_database();
    std::fs::write(alone.path("master.key.new"), "").unwrap();
    std::fs::write(alone.path("master.key.new.killed"), "before it had a name").unwrap();
    alone.serves().await;
    let begins = |name: &std::ffi::OsString| name.to_str().unwrap().starts_with("master.key");
    let folder = std::fs::read_dir(alone.folder.path()).unwrap();
    let keys: Vec<_> = folder.map(|entry| entry.unwrap().file_name()).filter(begins).collect();
    assert_eq!(keys, ["master.key"], "and nothing is left beside it");
    // An empty file in the place of a key that something is sealed with is no beginning.
    alone.rename("master.key", "copy");
    std::fs::write(alone.path("master.key.new"), "").unwrap();
    alone.is_refused_with(&["this is not a master key", alone.path("master.key").to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s4_a_master_key_is_taken_as_openssl_writes_it_and_what_is_none_is_named_with_its_file() {
    let alone = Alone::new();
    alone.serves().await;
    let file = alone.path("master.key");
    let text = std::fs::read_to_string(&file).unwrap();
    let standard = base64(&from_base64url(text.trim()).unwrap());
    assert!(standard.ends_with('='), "{standard}");
    std::fs::write(&file, standard + "\n").unwrap();
    alone.serves().await;
    std::fs::write(&file, "not a key").unwrap();
    alone.is_refused_with(&[file.to_str().unwrap(), "openssl rand -base64 32"]);
    // Another's key.
    std::fs::write(&file, base64(&[7; 32])).unwrap();
    alone.is_refused_with(&[file.to_str().unwrap(), alone.path("latchkey.db").to_str().unwrap(), "another"]);
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{path:?}: {error}")).permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_the_files_of_a_database_are_its_owners_alone_and_open_folders_are_told() {
    let alone = Alone::new();
    let files =
        ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm", "latchkey.db.lock", "latchkey.db.use", "master.key"];
    let process = Process::start(&alone.config, &[]).await;
    for name in files {
        assert_eq!(mode(&alone.path(name)), 0o600, "{name}");
    }
    let backup = alone.path("backup");
    let done = run(latchkey(&alone.config).arg("backup").arg(&backup));
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(mode(&backup), 0o600);
    assert!(!process.stopped().contains("open to others"));
    // As the release before left them, and as a copy by hand may be.
    for name in ["latchkey.db", "backup", "latchkey.db.lock", "latchkey.db.use", "master.key"] {
        std::fs::set_permissions(alone.path(name), PermissionsExt::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(alone.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let process = Process::start(&alone.config, &[]).await;
    for name in files {
        assert_eq!(mode(&alone.path(name)), 0o600, "{name}");
    }
    let told = process.stopped();
    let folder = alone.folder.path().to_str().unwrap();
    assert!(told.contains(&format!("the folder {folder} is open to others (mode 755)")), "{told}");
    let done = run(latchkey(&alone.config).arg("restore").arg(&backup));
    assert!(done.status.success(), "{}", said(&done));
    let DatabaseUrl::Sqlite(database) = alone.config.database_url() else { panic!("SQLite") };
    assert_eq!(mode(&database), 0o600);
}
