//! S1. Commands and configurations of an operator who makes a mistake.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use latchkey::config::{Config, DatabaseUrl, Issuer};

use crate::harness::{Process, TestApp, binary, empty_config, free_port, latchkey, left_out, refused, run};

pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(super) fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    said(output)
}

pub(super) fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o777
}

/// A client in the environment, as a server has it whose configuration declares one.
const DECLARED: [(&str, &str); 4] = [
    ("LATCHKEY__CLIENTS__0__CLIENT_ID", "declared"),
    ("LATCHKEY__CLIENTS__0__KIND", "web"),
    ("LATCHKEY__CLIENTS__0__REDIRECT_URIS", "https://app.example.com/callback"),
    ("LATCHKEY__CLIENTS__0__SECRETS", "0123456789abcdef0123456789abcdef"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_command_with_another_configuration_changes_nothing_that_it_was_not_told_to() {
    let app = TestApp::beside_a_process().await;
    let config = &app.app.config;
    let server = Process::start(config, &DECLARED).await;
    let before = (facts(&app).await, app.rows("client").await);
    // None of the declared clients, an algorithm without a key, another one in the same place.
    for args in [&["user", "list"][..], &["client", "list"], &["keys", "list"], &["user", "add", "--username", "alice"]]
    {
        for environment in [
            &[("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "ES256,RS256")][..],
            &[DECLARED[1], DECLARED[2], DECLARED[3], ("LATCHKEY__CLIENTS__0__CLIENT_ID", "another")],
        ] {
            let answer = run(latchkey(config).args(args).envs(environment.iter().copied()));
            assert!(matches!(answer.status.code(), Some(0 | 4)), "{args:?}: {}", said(&answer));
        }
    }
    assert_eq!((facts(&app).await, app.rows("client").await), before);
    let shown = done(&run(latchkey(config).args(["client", "show", "declared", "--json"])));
    assert!(shown.contains("\"disabled\": false"), "{shown}");
    drop(server);
}

/// The facts about the installation, and the algorithms of its keys.
async fn facts(app: &TestApp) -> Vec<(String, String)> {
    // But for what the server's jobs write: the generation of the keys, the turns that jobs take, the end of the audit log.
    let sql = "SELECT name, value FROM installation
                WHERE name NOT IN ('signing_key.generation', 'audit_end') AND name NOT LIKE 'turn.%'
               UNION SELECT 'key', algorithm FROM signing_key ORDER BY 1, 2";
    sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_commands_refuse_a_database_that_is_not_theirs() {
    let app = TestApp::beside_a_process().await;
    let mut other = app.app.config.clone();
    other.issuer = Issuer::localhost(free_port());
    let answer = run(latchkey(&other).args(["user", "list"]));
    assert_eq!(answer.status.code(), Some(66), "{}", said(&answer));
    assert!(said(&answer).contains(app.issuer()) && said(&answer).contains(other.issuer.as_str()), "{}", said(&answer));
    // As an earlier release has left it.
    app.sql("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
    let migrations = app.rows("_sqlx_migrations").await;
    let answer = run(latchkey(&app.app.config).args(["user", "list"]));
    assert_eq!(answer.status.code(), Some(66), "{}", said(&answer));
    assert!(said(&answer).contains("latchkey migrate"), "{}", said(&answer));
    assert_eq!(app.rows("_sqlx_migrations").await, migrations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_replica_with_an_older_file_does_not_undo_what_a_newer_one_declares() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, client: &str, age: u64, edition: &str| {
        let path = folder.path().join(name);
        let text = format!(
            "{edition}\n[[clients]]\nclient_id = '{client}'\nkind = 'spa'\nredirect_uris = ['https://{client}.example.com/']\n"
        );
        std::fs::write(&path, text).unwrap();
        let written = std::fs::File::options().write(true).open(&path).unwrap();
        let now = written.metadata().unwrap().modified().unwrap();
        written.set_modified(now - Duration::from_secs(age)).unwrap();
        path
    };
    let old = file("old.toml", "old", 3600, "");
    let new = file("new.toml", "new", 60, "");
    let numbered = file("numbered.toml", "numbered", 7200, "edition = 1");
    let config = &app.app.config;
    let start =
        async |file: &Path| Process::start(config, &[("LATCHKEY_CONFIG", file.to_str().unwrap())]).await.stopped();
    let disabled = |client: &str| {
        let shown = run(latchkey(config).args(["client", "show", client, "--json"]));
        shown.status.success().then(|| said(&shown).contains("\"disabled\": true"))
    };
    start(&new).await;
    let log = start(&old).await;
    assert_eq!((disabled("new"), disabled("old")), (Some(false), None), "{log}");
    assert!(log.contains("are not declared: those of a newer one"), "{log}");
    // A number is newer than any time, and holds against every file without one.
    start(&numbered).await;
    assert_eq!((disabled("new"), disabled("numbered")), (Some(true), Some(false)));
    let log = start(&new).await;
    assert_eq!((disabled("new"), disabled("numbered")), (Some(true), Some(false)), "{log}");
    // The same clients in an older file are no reason to warn.
    let copy = file("copy.toml", "numbered", 9000, "");
    let log = start(&copy).await;
    assert!(!log.contains("are not declared"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_told_with_the_setting_that_changes_it() {
    let config = empty_config().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (key, setting) in [("LATCHKEY__HTTP__LISTEN", "http.listen"), ("LATCHKEY__METRICS__LISTEN", "metrics.listen")] {
        let free = format!("127.0.0.1:{}", free_port());
        let mut command = latchkey(&config);
        command.arg("serve").env("LATCHKEY__HTTP__LISTEN", free).env(key, address.to_string());
        let answer = run(&mut command);
        assert_eq!(answer.status.code(), Some(1), "{}", said(&answer));
        let words = format!("Cannot listen on {address}: already in use. Choose another port with {setting}.\n");
        assert!(said(&answer).ends_with(&words), "{}", said(&answer));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_opened_is_named_once_and_without_its_password() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    let closed = free_port();
    let mut urls =
        vec![(format!("postgres://me:hunter2@127.0.0.1:{closed}/shop"), format!("shop on 127.0.0.1:{closed}"))];
    if let DatabaseUrl::Postgres(url) = config.database_url() {
        let mut url = url::Url::parse(url.expose()).unwrap();
        url.set_path("nowhere");
        urls.push((url.to_string(), "nowhere on ".to_owned()));
    }
    for (url, named) in urls {
        config.database.url = Some(DatabaseUrl::Postgres(url.into()));
        let answer = run(latchkey(&config).args(["user", "list"]));
        let told = said(&answer);
        assert_eq!(answer.status.code(), Some(1), "{told}");
        assert!(told.starts_with("The database ") && told.contains(&named), "{told}");
        assert_eq!(told.matches("cannot be opened").count(), 1, "{told}");
        for words in ["hunter2", "error returned from database", "at line", "src/backend", "error communicating"] {
            assert!(!told.contains(words), "{words} in {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_in_the_wrong_folder_makes_nothing_and_says_where_it_looked() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::for_test(Issuer::localhost(free_port()));
    config.data_dir = "latchkey-data".into();
    for args in [&["user", "show", "alice"][..], &["client", "list"], &["keys", "rotate"], &["backup", "x.db"]] {
        let answer = run(latchkey(&config).args(args).current_dir(folder.path()));
        assert_eq!(answer.status.code(), Some(66), "{args:?}: {}", said(&answer));
        let looked = folder.path().canonicalize().unwrap().join("latchkey-data/latchkey.db");
        assert!(said(&answer).contains(looked.to_str().unwrap()), "{}", said(&answer));
        assert!(said(&answer).contains("--config"), "{}", said(&answer));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{args:?}");
    }
    // A backup that is not there, and one that is, without the key of its database.
    let elsewhere = tempfile::tempdir().unwrap();
    let (none, backup) = (elsewhere.path().join("none"), elsewhere.path().join("backup"));
    std::fs::write(&backup, "what a backup holds").unwrap();
    for (file, code, words) in [(&none, 1, "cannot be read"), (&backup, 66, "latchkey-data/master.key")] {
        let answer = run(latchkey(&config).arg("restore").arg(file).current_dir(folder.path()));
        assert_eq!(answer.status.code(), Some(code), "{}", said(&answer));
        for words in [words, file.to_str().unwrap()] {
            assert!(said(&answer).contains(words), "{}", said(&answer));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{file:?}");
    }
    done(&run(latchkey(&config).arg("migrate").current_dir(folder.path())));
    done(&run(latchkey(&config).args(["user", "list"]).current_dir(folder.path())));
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_user_may_not_open_is_not_told_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (data, open) = (folder.path().join("data"), folder.path().join("open"));
    let mut config = Config::for_test(Issuer::localhost(free_port()));
    config.data_dir = data.clone();
    // A command leaves all in the one file; a server that is killed leaves some of it in the log beside.
    done(&run(latchkey(&config).arg("migrate")));
    assert!(data.join("master.key").exists() && !data.join("latchkey.db-wal").exists());
    let path = data.join("latchkey.db");
    // Who is root may open everything, and asks as somebody else.
    let root = std::fs::metadata(&data).unwrap().uid() == 0;
    let copy = folder.path().join("latchkey");
    if root {
        std::fs::copy(env!("CARGO_BIN_EXE_latchkey"), &copy).unwrap();
        set_mode(folder.path(), 0o755);
    }
    let command = |config: &Config| match root {
        true => {
            let mut command = binary(&copy, config);
            command.uid(65534).gid(65534);
            command
        }
        false => latchkey(config),
    };
    if command(&config).arg("--version").output().is_err() {
        return left_out("a folder that everybody can enter");
    }
    std::fs::create_dir(&open).unwrap();
    set_mode(&open, 0o777);
    std::fs::copy(&path, open.join("latchkey.db")).unwrap();
    set_mode(&open.join("latchkey.db"), 0o666);
    let mut beside = config.clone();
    beside.database.url = Some(DatabaseUrl::Sqlite(open.join("latchkey.db")));
    let (key, listing) = (data.join("master.key"), ["user", "list"].as_slice());
    for (closed, config, args, named) in [
        (&data, &config, listing, &path),
        (&data, &config, &["migrate"], &path),
        (&path, &config, listing, &path),
        (&data, &beside, listing, &key),
        (&key, &beside, listing, &key),
    ] {
        // The others are open to whoever asks.
        for (path, mode) in [(&data, 0o777), (&path, 0o666), (&key, 0o666), (closed, 0)] {
            set_mode(path, mode);
        }
        let answer = run(command(config).args(args));
        for path in [&data, &path, &key] {
            set_mode(path, 0o700);
        }
        let told = said(&answer);
        assert_eq!(answer.status.code(), Some(1), "{closed:?} {args:?}: {told}");
        for words in [named.to_str().unwrap(), "Permission denied", "this process runs as user", "belongs to user"] {
            assert!(told.contains(words), "{closed:?} {args:?}: {words} in {told}");
        }
        assert!(!told.contains("There is no") && !told.contains("is missing"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_migrate_and_restore_refuse_what_belongs_to_another_issuer() {
    let app = TestApp::beside_a_process().await;
    let mut other = app.app.config.clone();
    other.issuer = Issuer::localhost(free_port());
    let refuses = |args: &[&str], named: &str| {
        let before = std::fs::read(named).ok();
        let answer = run(latchkey(&other).args(args));
        assert_eq!(answer.status.code(), Some(66), "{}", said(&answer));
        for words in [app.issuer(), other.issuer.as_str(), named] {
            assert!(said(&answer).contains(words), "{words} in {}", said(&answer));
        }
        assert_eq!(std::fs::read(named).ok(), before);
    };
    done(&run(latchkey(&app.app.config).arg("migrate")));
    match app.app.config.database_url() {
        DatabaseUrl::Sqlite(path) => {
            let backup = path.with_extension("backup");
            done(&run(latchkey(&app.app.config).arg("backup").arg(&backup)));
            app.app.db.close().await;
            refuses(&["migrate"], path.to_str().unwrap());
            refuses(&["restore", backup.to_str().unwrap()], backup.to_str().unwrap());
            done(&run(latchkey(&app.app.config).arg("restore").arg(&backup)));
        }
        DatabaseUrl::Postgres(_) => refuses(&["migrate"], "database.url"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_a_database_of_another_program_is_refused_and_an_empty_one_is_taken() {
    let empty = empty_config().await;
    done(&run(latchkey(&empty).arg("migrate")));
    done(&run(latchkey(&empty).args(["user", "list"])));

    let config = empty_config().await;
    let (url, named) = match config.database_url() {
        DatabaseUrl::Sqlite(path) => {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            (format!("sqlite:{}?mode=rwc", path.display()), path.display().to_string())
        }
        DatabaseUrl::Postgres(url) => (url.expose().to_owned(), "database.url".to_owned()),
    };
    let execute = async |sql: &'static str| {
        sqlx::any::install_default_drivers();
        let mut conn = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::Executor::execute(&mut conn, sqlx::raw_sql(sql)).await.unwrap();
        sqlx::Connection::close(conn).await.unwrap();
    };
    execute("CREATE TABLE invoices (number TEXT)").await;
    let file = match config.database_url() {
        DatabaseUrl::Sqlite(path) => Some(path),
        DatabaseUrl::Postgres(_) => None,
    };
    if let Some(path) = &file {
        set_mode(path, 0o644);
    }
    let as_it_is = || file.as_ref().map(|path| (std::fs::read(path).unwrap(), mode(path)));
    let before = as_it_is();
    for answer in [run(latchkey(&config).arg("migrate")), refused(&config)] {
        assert_eq!(answer.status.code(), Some(66), "{}", said(&answer));
        for words in ["invoices", &named] {
            assert!(said(&answer).contains(words), "{words} in {}", said(&answer));
        }
        assert!(as_it_is() == before, "nothing was changed");
    }
    // What cannot be migrated is named by its address.
    execute("CREATE TABLE installation (name TEXT, value TEXT); CREATE TABLE data_key (id TEXT)").await;
    let answer = run(latchkey(&config).arg("migrate"));
    assert_eq!(answer.status.code(), Some(1), "{}", said(&answer));
    assert!(said(&answer).contains(&named) && said(&answer).contains("cannot be migrated"), "{}", said(&answer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_removed_in_pieces_and_works_no_more_from_the_first_on() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    let tokens = rp.tokens_of("alice").await;
    app.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO client_grant (id, user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr,
                                   offline_at, created_at, ended_at)
         SELECT 'g' || i, user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, offline_at,
                created_at, ended_at FROM client_grant, n",
    )
    .await;
    let remove = |environment: &[(&str, &str)]| {
        run(latchkey(&app.app.config).args(["client", "remove", "--", rp.id()]).envs(environment.iter().copied()))
    };
    let doomed = remove(&[("LATCHKEY_TEST_KILL_AT", "client_removed.in_part")]);
    assert_eq!(doomed.status.signal(), Some(9), "{}", said(&doomed));
    let left = app.rows("client_grant").await;
    assert!((1..1201).contains(&left), "{left}");
    app.app.remembered_clients.forget();
    rp.userinfo(&tokens.access_token).await.expect(401);
    rp.refresh(tokens.refresh()).await.error("invalid_client");
    done(&remove(&[]));
    assert_eq!((app.rows("client_grant").await, app.rows("client").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_deleted_in_pieces_and_has_no_access_from_the_first_on() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let code = browser.go_through(&rp.request()).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    let n = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)";
    for (table, columns, values) in [
        (
            "session",
            "sid, browser_id, user_id, generation, auth_time, amr, acr, created_at, last_active_at, idle_seconds, expires_at",
            "'s' || i, browser_id, user_id, generation, auth_time, amr, acr, created_at, last_active_at, idle_seconds, expires_at",
        ),
        (
            "client_grant",
            "user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, created_at",
            "user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, created_at",
        ),
        ("event", "at, kind, user_id, data, address", "at + i, kind, user_id, data, address"),
    ] {
        let which = if table == "event" { "WHERE kind = 'signed_in'" } else { "" };
        app.execute(format!(
            "{n} INSERT INTO {table} (id, {columns}) SELECT 'x' || i, {values} FROM (SELECT * FROM {table} {which}) one, n"
        ))
        .await;
    }
    let delete = |environment: &[(&str, &str)]| {
        run(latchkey(&app.app.config).args(["user", "delete", "alice", "--yes"]).envs(environment.iter().copied()))
    };
    let doomed = delete(&[("LATCHKEY_TEST_KILL_AT", "user_deleted.in_part")]);
    assert_eq!(doomed.status.signal(), Some(9), "{}", said(&doomed));
    let left = app.rows("client_grant").await;
    assert!((1..1201).contains(&left), "{left}");
    rp.userinfo(&tokens.access_token).await.expect(401);
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(browser.get("/account").await.url.contains("/sign-in"));
    let shown = done(&run(latchkey(&app.app.config).args(["user", "show", "alice", "--json"])));
    assert!(shown.contains("\"disabled\": true"), "{shown}");
    // Enabled again in the middle, the user stays, and can be deleted later.
    let id = app.person("alice").await.id;
    let since = app.person("alice").await.disabled_at.unwrap();
    done(&run(latchkey(&app.app.config).args(["user", "enable", "alice"])));
    let kept = latchkey::account::delete::delete_disabled(&app.app, &id, since).await;
    assert!(matches!(kept, Err(latchkey::store::db::Error::Conflict)), "{kept:?}");
    assert_eq!(app.rows("client_grant").await, left);
    done(&delete(&[]));
    for table in ["client_grant", "session", "user_account"] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
    let sql = "SELECT COUNT(*), COUNT(address) FROM event";
    let events: (i64, i64) = sqlx::query_as(sql).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert!(events.0 > 1200 && events.1 == 0, "{events:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_reads_again_what_it_can_and_ends_no_server() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latchkey.toml");
    let write = |name: &str, level: &str, client: &str, rest: &str| {
        let text = format!(
            "{rest}\n[pages]\noperator_name = '{name}'\n[log]\nlevel = '{level}'\n[[clients]]\nclient_id = '{client}'\n\
             kind = 'spa'\nredirect_uris = ['https://app.example.com/']\n"
        );
        std::fs::write(&path, text).unwrap();
    };
    write("Northwind", "warn", "first", "");
    let server = Process::start(&app.app.config, &[("LATCHKEY_CONFIG", path.to_str().unwrap())]).await;
    let shows = async |name: &str| {
        let began = std::time::Instant::now();
        while !server.text(&server.url("/sign-in")).await.contains(name) {
            assert!(began.elapsed() < Duration::from_secs(60), "{name} is shown");
        }
    };
    shows("Northwind").await;
    write("Southwind", "info", "second", "[tokens]\naccess_token = '5m'");
    server.hang_up();
    shows("Southwind").await;
    server.logs("the configuration was reloaded", 1).await;
    // Wrong, and so nothing of it is taken, and it is told why; and right again.
    write("Eastwind", "loud", "third", "");
    server.hang_up();
    server.logs("the configuration was not reloaded, the previous one stays in force: log.level", 1).await;
    assert!(server.text(&server.url("/sign-in")).await.contains("Southwind"));
    write("Westwind", "info", "second", "");
    server.hang_up();
    shows("Westwind").await;
    let shown = |client: &str| run(latchkey(&app.app.config).args(["client", "show", client, "--json"]));
    assert!(said(&shown("first")).contains("\"disabled\": true"));
    assert!(said(&shown("second")).contains("\"disabled\": false"));
    assert_eq!(shown("third").status.code(), Some(3));
    let log = server.stopped();
    for line in ["log.level is info", "second", "tokens.access_token", "log.level", "the configuration was reloaded"] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_takes_all_of_a_configuration_or_nothing() {
    let app = TestApp::beside_a_process().await;
    let (config, folder) = (&app.app.config, tempfile::tempdir().unwrap());
    let path = folder.path().join("latchkey.toml");
    let write = |name: &str, rest: &str, client: &str| {
        let text = format!(
            "[pages]\noperator_name = '{name}'\n{rest}\n[[clients]]\nclient_id = '{name}'\nkind = 'spa'\n\
             redirect_uris = ['https://app.example.com/']\n{client}\n"
        );
        std::fs::write(&path, text).unwrap();
    };
    write("first", "", "");
    let environment = [("LATCHKEY_CONFIG", path.to_str().unwrap())];
    let server = Process::start(config, &environment).await;
    let declared = |client: &str| run(latchkey(config).args(["client", "show", client])).status.success();
    const ES256: &str = "[tokens]\nsigning_algorithms = ['RS256', 'ES256']";
    for (name, rest, client, key) in [
        ("second", ES256, "id_token_signed_response_alg = 'ES256'", "tokens.signing_algorithms, which is"),
        ("third", "[[scopes]]\nname = 'x1'\ndescription = 'See x1'", "scope = 'openid x1'", "[[scopes]], which is"),
        (
            "fourth",
            &format!("{ES256}\n[[resources]]\nidentifier = 'https://api.example'\nsigning_algorithm = 'ES256'"),
            "",
            "resources.0.signing_algorithm: ES256 needs",
        ),
        ("fifth", "logo = 'nope.png'", "", "pages.logo: the logo nope.png cannot be read"),
    ] {
        write(name, rest, client);
        server.hang_up();
        let log = server.logs(key, 1).await;
        assert!(!log.contains("the configuration was reloaded"), "{log}");
        assert!(server.text(&server.url("/sign-in")).await.contains("first"), "{name}");
        assert!(declared("first") && !declared(name), "{name}");
    }
    // What a command has registered for the settings that wait for a restart.
    let add = ["client", "add", "--kind", "service", "--client-id", "ahead", "--id-token-signed-response-alg", "ES256"];
    done(&run(latchkey(config).args(add).env("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "RS256,ES256")));
    write("seventh", ES256, "");
    server.hang_up();
    let log = server.logs("the previous one stays in force: tokens.signing_algorithms lacks ES256", 1).await;
    assert!(!log.contains("the configuration was reloaded"), "{log}");
    assert!(server.text(&server.url("/sign-in")).await.contains("first"), "nothing of it is in force");
    done(&run(latchkey(config).args(["client", "remove", "ahead"])));
    write("sixth", ES256, "");
    server.hang_up();
    let log = server.logs("the configuration was reloaded", 1).await;
    assert!(log.contains("keys=\"tokens.signing_algorithms\""), "{log}");
    assert!(server.text(&server.url("/sign-in")).await.contains("sixth") && declared("sixth"));
}
