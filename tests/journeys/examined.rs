//! An operator asks what is wrong with the installation.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::Arc;

use axum::body::Body;
use latchkey::base::network::Network;
use latchkey::config::{Config, DatabaseUrl, RedisUrl};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{CLIENT, Process, RedisServer, SECRET, TestApp, WellKnown, free_port, latchkey, run};

/// Runs a command whose output is JSON, whether it finds problems or not.
async fn json(mut command: Command, code: i32) -> Value {
    let output: Output = tokio::task::spawn_blocking(move || run(command.arg("--json"))).await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}\n{errors}");
    serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}\n{errors}"))
}

async fn doctor(config: &Config, args: &[&str], code: i32) -> Value {
    let mut command = latchkey(config);
    command.arg("doctor").args(args);
    json(command, code).await
}

/// The texts of the findings of a level.
fn findings(report: &Value, level: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["level"] == level)
        .map(|finding| format!("{}: {}", finding["subject"].as_str().unwrap(), finding["what"].as_str().unwrap()))
        .collect()
}

fn has(found: &[String], words: &str) -> bool {
    found.iter().any(|text| text.contains(words))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_wrong_with_a_good_installation() {
    let app = TestApp::beside_a_process().await;
    let server = Process::start(&app.app.config, &[]).await;
    let report = doctor(&app.app.config, &[], 0).await;
    assert_eq!((report["ok"].as_bool(), findings(&report, "problem")), (Some(true), vec![]), "{report:#}");
    let ok = findings(&report, "ok");
    for words in
        ["schema up to date", "1 server running: process", "the server is reached directly", "secrets are readable"]
    {
        assert!(has(&ok, words), "{words} in {ok:#?}");
    }
    let output = run(latchkey(&app.app.config).arg("doctor"));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("No problems found"), "{told}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_by_network_that_may_shut_administrators_out_is_told() {
    let app = TestApp::beside_a_process().await;
    let server = Process::start(&app.app.config, &[]).await;
    app.give_role("alice", "administrator").await;
    app.browser().sign_in("alice").await;
    for (allowed, level, words) in [
        ("203.0.113.0/24", "ok", "they admit an address from which an administrator has signed in"),
        ("10.0.0.0/8,fd00::/8", "advice", "no administrator has signed in lately from an address"),
    ] {
        let mut command = latchkey(&app.app.config);
        command.env("LATCHKEY__ROLE_NETWORKS__0__ROLE", "administrator").arg("doctor");
        command.env("LATCHKEY__ROLE_NETWORKS__0__ALLOWED", allowed);
        let report = json(command, 0).await;
        assert!(has(&findings(&report, level), words), "{allowed}: {report:#}");
    }
    // One that admits nobody is not taken at all.
    let mut command = latchkey(&app.app.config);
    command.env("LATCHKEY__ROLE_NETWORKS__0__ROLE", "administrator").args(["config", "check"]);
    command.env("LATCHKEY__ROLE_NETWORKS__0__DENIED", "0.0.0.0/0,::/0");
    let output = run(&mut command);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("nobody would be admitted"), "{told}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_providers_are_asked_and_what_hangs_in_the_air_is_told() {
    let app = TestApp::beside_a_process().await;
    let all = WellKnown::start().await;
    let (issuer, token) = ("https://id.example.com", "https://id.example.com/token");
    let authorize = "https://id.example.com/authorize";
    all.describe(issuer, [authorize, token], &json!({}));
    all.at(token, |_| (400, json!({ "error": "invalid_grant" })));
    all.at(authorize, |_| (302, json!("/sign-in")));
    let here = all.here(issuer);
    let environment = [
        ("LATCHKEY__OUTBOUND__ALLOWED_NETWORKS", "127.0.0.0/8"),
        ("LATCHKEY__UPSTREAMS__0__NAME", "corp"),
        ("LATCHKEY__UPSTREAMS__0__ISSUER", here.as_str()),
        ("LATCHKEY__UPSTREAMS__0__CLIENT_ID", CLIENT),
        ("LATCHKEY__UPSTREAMS__0__CLIENT_SECRET", SECRET),
        ("LATCHKEY__UPSTREAMS__0__TOKEN_CLIENTS", "nosuch"),
        ("LATCHKEY__CHANNELS__0__NAME", "finance"),
        ("LATCHKEY__CHANNELS__0__KIND", "slack"),
        ("LATCHKEY__CHANNELS__0__CLIENT", "bot"),
    ];
    // Somebody has come by a provider that has another name now.
    app.browser().sign_in("alice").await;
    let user = app.texts("SELECT id FROM user_account").await.remove(0);
    app.execute(format!(
        "INSERT INTO upstream_account (id, user_id, provider, issuer, subject, linked_at) VALUES ('{user}', '{user}', 'work', '{here}', 's', 1)"
    ))
    .await;
    let server = Process::start(&app.app.config, &environment).await;
    let loose = [
        "upstreams: token_clients of provider \"corp\" has \"nosuch\", and there is no such client",
        "channels: client of channel \"finance\" has \"bot\", and there is no such client",
        "upstreams: 1 account is linked by a provider \"work\" that is not configured",
    ];
    let log = server.logs("that is not configured", 1).await;
    let examine = |code| {
        let mut command = latchkey(&app.app.config);
        command.envs(environment).arg("doctor");
        json(command, code)
    };
    let report = examine(0).await;
    let advice = findings(&report, "advice");
    for words in loose {
        assert!(log.contains(&words.replace('"', "\\\"")) || log.contains(words), "{words} in {log}");
        assert!(has(&advice, words), "{words} in {report:#}");
    }
    assert!(has(&advice, "upstreams: corp: it takes the client; whether it takes"), "{report:#}");
    all.at(token, |_| (401, json!({ "error": "invalid_client" })));
    let report = examine(1).await;
    assert!(has(&findings(&report, "problem"), "upstreams: corp, secret: it does not take client_id"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_or_a_database_that_does_not_answer_is_a_problem() {
    let app = TestApp::beside_a_process().await;
    let report = doctor(&app.app.config, &[], 1).await;
    let problems = findings(&report, "problem");
    assert!(problems.len() == 1 && has(&problems, "does not answer"), "{problems:#?}");
    let mut gone = app.app.config.clone();
    let closed = free_port();
    gone.database.url = Some(match gone.database_url() {
        DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(path.with_extension("gone")),
        DatabaseUrl::Postgres(_) => {
            DatabaseUrl::Postgres(format!("postgres://me:hunter2@127.0.0.1:{closed}/latchkey").into())
        }
    });
    let report = doctor(&gone, &[], 1).await;
    let problems = findings(&report, "problem");
    let words = match gone.database_url() {
        DatabaseUrl::Sqlite(path) => format!("there is no database at {}", path.display()),
        DatabaseUrl::Postgres(_) => format!("latchkey on 127.0.0.1:{closed} (database.url) cannot be opened: "),
    };
    assert!(has(&problems, &words), "{words} in {problems:#?}");
    assert!(!report.to_string().contains("hunter2"), "{report:#}");
    // Every finding that is not fine says what follows from it or what to do.
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "problem") {
        assert!(!finding["consequence"].is_null() || !finding["action"].is_null(), "{finding:#}");
    }
}

/// A proxy that sends every request on to a server, with its head changed.
async fn proxy(to: u16, change: impl Fn(String) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let change = Arc::new(change);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let change = Arc::clone(&change);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                let mut server = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], to))).await.unwrap();
                server.write_all(change(String::from_utf8(head).unwrap()).as_bytes()).await.unwrap();
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    url
}

/// The head of a request without the header that begins like this, and with these lines.
fn with(head: &str, gone: &str, lines: &str) -> String {
    let kept: Vec<&str> = head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with(gone)).collect();
    format!("{}\r\n{lines}\r\n\r\n", kept.join("\r\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_proxy_makes_of_a_request_is_told() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.http.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
    let (port, other) = (config.issuer.port(), free_port());
    let host = format!("host: localhost:{port}");
    let trusting = Process::start(&config, &[]).await;
    let replaces = {
        let host = host.clone();
        move |head: String| with(&with(&head, "host:", &host), "x-forwarded-for:", "X-Forwarded-For: 198.51.100.7")
    };
    let good = proxy(port, replaces.clone()).await;
    let report = doctor(&config, &["--url", &good], 0).await;
    assert!(has(&findings(&report, "ok"), "198.51.100.7 through 127.0.0.1"), "{report:#}");
    let passes_on = {
        let host = host.clone();
        move |head: String| match head.to_ascii_lowercase().contains("x-forwarded-for:") {
            true => with(&head, "host:", &host),
            false => with(&with(&head, "host:", &host), "-", "X-Forwarded-For: 198.51.100.7"),
        }
    };
    let twice = {
        let host = host.clone();
        move |head: String| {
            with(&with(&head, "host:", &host), "-", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 198.51.100.7")
        }
    };
    let adds_a_line = {
        let host = host.clone();
        move |head: String| with(&with(&head, "host:", &host), "-", "X-Forwarded-For: 198.51.100.7")
    };
    let silent = move |head: String| with(&head, "host:", &host);
    let other_host = move |head: String| {
        with(
            &with(&head, "x-forwarded-for:", "X-Forwarded-For: 198.51.100.7"),
            "host:",
            &format!("Host: 127.0.0.1:{port}"),
        )
    };
    for (url, words) in [
        (proxy(port, adds_a_line).await, "a client that sends x-forwarded-for itself hides its address"),
        (proxy(port, passes_on).await, "a client that sends x-forwarded-for itself is believed"),
        (proxy(port, twice).await, "sends x-forwarded-for in 2 lines"),
        (proxy(port, silent).await, "the trusted proxy 127.0.0.1 sends no x-forwarded-for"),
        (proxy(port, other_host).await, "requests arrive with the host 127.0.0.1:"),
        (proxy(other, replaces.clone()).await, "does not answer"),
    ] {
        let report = doctor(&config, &["--url", &url], 1).await;
        let problems = findings(&report, "problem");
        assert!(problems.len() == 1 && has(&problems, words), "{words} in {problems:#?}");
    }
    // A stranger learns nothing, not even that there is something.
    for proof in ["", "v1.x.y.z"] {
        let request = http::Request::get("/health/seen").header("latchkey-probe", proof).body(Body::empty()).unwrap();
        let reply = trusting.send([203, 0, 113, 7].into(), request).await.expect(404);
        let nowhere = trusting
            .send([203, 0, 113, 7].into(), http::Request::get("/health/none").body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, nowhere.status);
        assert!(!reply.body.contains("203.0.113.7"), "{}", reply.body);
    }
    drop(trusting);
    let _trusts_nobody = Process::start(&app.app.config, &[]).await;
    let report = doctor(&app.app.config, &["--url", &good], 1).await;
    assert!(has(&findings(&report, "problem"), "not in http.trusted_proxies"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_forgets_is_told_with_what_follows() {
    let app = TestApp::beside_a_process().await;
    let redis = RedisServer::start().await;
    let mut config = app.app.config.clone();
    config.ephemeral.redis_url = Some(RedisUrl::parse(&redis.url()).unwrap());
    let _server = Process::start(&config, &[]).await;
    let report = doctor(&config, &[], 0).await;
    assert!(has(&findings(&report, "advice"), "redis: it writes nothing to disk"), "{report:#}");
    assert!(has(&findings(&report, "ok"), "the Redis's clock agrees"), "{report:#}");
    redis.cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.cli(&["CONFIG", "SET", "save", "900 1"]);
    let report = doctor(&config, &[], 1).await;
    assert_eq!(findings(&report, "problem"), ["redis: its maxmemory-policy is allkeys-lru"]);
    assert!(!has(&findings(&report, "advice"), "writes nothing"), "{report:#}");
    drop(redis);
    let report = doctor(&config, &[], 1).await;
    assert!(has(&findings(&report, "problem"), "(ephemeral.redis_url) does not answer"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_can_read_or_change_is_a_problem() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("latchkey.toml"), folder.path().join("data"));
    std::fs::write(&file, "[database]\nurl = 'postgres://me:hunter2@localhost/x'\n").unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("master.key"), "not a key").unwrap();
    for (path, mode) in [(&file, 0o644), (&data, 0o775), (&data.join("master.key"), 0o640)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    let mut config = app.app.config.clone();
    config.data_dir = data.clone();
    let mut command = latchkey(&config);
    // As the file has it.
    command.env_remove("LATCHKEY__DATABASE__URL").arg("doctor").arg("--config").arg(&file).args(["--timeout", "2s"]);
    let report = json(command, 1).await;
    let problems = findings(&report, "problem");
    for words in [
        format!("the folder {} is open to others (mode 775)", data.display()),
        format!("{} is open to others", data.join("master.key").display()),
        format!("{} holds secrets, and everybody on this machine can read it", file.display()),
    ] {
        assert!(has(&problems, &words), "{words} in {problems:#?}");
    }
    // Who can only look into the folder reads no secret.
    std::fs::set_permissions(&data, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = latchkey(&config);
    command.env_remove("LATCHKEY__DATABASE__URL").arg("doctor").arg("--config").arg(&file).args(["--timeout", "2s"]);
    let report = json(command, 1).await;
    let words = format!("the folder {} is open to others (mode 755)", data.display());
    assert!(has(&findings(&report, "advice"), &words), "{report:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn config_check_tries_what_the_configuration_names() {
    let app = TestApp::beside_a_process().await;
    let check = |environment: &[(&str, &str)], args: &[&str]| {
        let mut command = latchkey(&app.app.config);
        command.args(["config", "check"]).args(args).envs(environment.iter().copied());
        command
    };
    let report = json(check(&[], &[]), 0).await;
    assert_eq!(findings(&report, "problem"), [""; 0], "{report:#}");
    assert!(has(&findings(&report, "ok"), "database: "), "{report:#}");
    assert_eq!(report["values"]["log.addresses"]["value"], false);
    let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
    let (redis, postgres) = (format!("redis://127.0.0.1:{port}"), format!("postgres://me:hunter2@127.0.0.1:{port}/x"));
    let file = folder.path().join("file");
    std::fs::write(&file, "neither a picture nor a folder").unwrap();
    let file = file.to_str().unwrap();
    let inside = format!("sqlite:{file}/latchkey.db");
    for (environment, words) in [
        (&[("LATCHKEY__EPHEMERAL__REDIS_URL", redis.as_str())][..], "ephemeral.redis_url"),
        (&[("LATCHKEY__DATABASE__URL", postgres.as_str())], "x on 127.0.0.1"),
        (&[("LATCHKEY__DATABASE__URL", inside.as_str())], "is not a folder"),
        (&[("LATCHKEY__OUTBOUND__CA_FILE", file)], "outbound.ca_file cannot be used: "),
        (&[("LATCHKEY__OUTBOUND__CA_FILE", "/nowhere/ca.pem")], "outbound.ca_file cannot be read"),
        (&[("LATCHKEY__PAGES__LOGO", file)], "pages.logo"),
        (&[("LATCHKEY__PAGES__LOGO", "/nowhere/logo.png")], "/nowhere/logo.png"),
        (&[("LATCHKEY__TLS__CERTIFICATE_FILE", file), ("LATCHKEY__TLS__KEY_FILE", file)], "tls.certificate_file"),
    ] {
        let report = json(check(environment, &[]), 1).await;
        let problems = findings(&report, "problem");
        assert!(problems.len() == 1 && has(&problems, words), "{words} in {problems:#?}");
        assert!(!report.to_string().contains("hunter2"));
        let report = json(check(environment, &["--offline"]), 0).await;
        assert_eq!(report["findings"], Value::Array(vec![]), "{words}");
    }
    let output = run(&mut check(&[("LATCHKEY__PAGES__LOGO", file)], &[]));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.code() == Some(1) && told.contains("# problem  files: pages.logo") && told.contains("[pages]"),
        "{told}"
    );
    assert!(told.contains("# 1 problem found"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_keeps_a_server_from_starting_is_a_problem() {
    let app = TestApp::beside_a_process().await;
    let both = ("LATCHKEY__TOKENS__SIGNING_ALGORITHMS", "RS256, ES256");
    let mut add = latchkey(&app.app.config);
    add.env(both.0, both.1).args(["client", "add", "--kind", "service", "--client-id", "robot"]);
    let added = run(add.args(["--access-token-signed-response-alg", "ES256"]));
    assert!(added.status.success(), "{added:?}");
    for (algorithms, is_wrong) in [("RS256", true), (both.1, false)] {
        let mut command = latchkey(&app.app.config);
        command.env(both.0, algorithms).args(["doctor", "--timeout", "2s"]);
        // No server runs, which is a problem in either case.
        let problems = findings(&json(command, 1).await, "problem");
        let words = "lacks ES256, which access tokens of the client robot want";
        assert_eq!(has(&problems, words), is_wrong, "{algorithms}: {problems:#?}");
    }
}
