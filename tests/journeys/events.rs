//! An operator looks up what has happened, and how much of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Answer, PASSWORD, TestApp, answer, latchkey, run};

/// A command that follows events; it ends with the test.
struct Following(Child);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";

fn command(app: &TestApp, args: &[&str]) -> Answer {
    answer(&app.app.config, args)
}

fn json(app: &TestApp, args: &[&str]) -> Value {
    command(app, &[args, &["--json"]].concat()).json()
}

/// A person who has signed in to an application, and was mistaken once.
async fn somebody(app: &TestApp) -> String {
    let rp = app.relying_party().await;
    app.user("alice").await;
    let mut browser = app.browser();
    browser.user_agent = FIREFOX.to_owned();
    let page = browser.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", "a wrong one").submit(&mut browser).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    browser.go_on(page).await.code();
    rp.id().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_tells_who_from_where_with_what_and_for_which_client() {
    let app = TestApp::beside_a_process().await;
    let client = somebody(&app).await;
    let events = json(&app, &["events", "--user", "alice", "--kind", "signed_in"]);
    let event = &events[0];
    assert_eq!(events.as_array().unwrap().len(), 1, "{events:#}");
    assert_eq!(event["user"]["name"], "alice");
    assert_eq!(event["client_id"], *client);
    assert_eq!(event["address"], "203.0.113.7");
    assert_eq!(event["device"], "Firefox on Linux");
    assert_eq!(event["user_agent"], FIREFOX);
    assert!(event["request_id"].as_str().is_some_and(|id| id.len() > 8), "{event:#}");
    assert_eq!(event["data"]["amr"][0], "pwd");
    let told = command(&app, &["events", "--user", "alice@example.com"]).done();
    let lines: Vec<&str> = told.lines().collect();
    let signed_in =
        lines.iter().find(|line| line.contains("alice signed in (pwd)")).unwrap_or_else(|| panic!("{told}"));
    for words in [&format!("client {client}"), "from 203.0.113.7", "Firefox on Linux", "request "] {
        assert!(signed_in.contains(words), "{words} in {signed_in}");
    }
    // The oldest is first, as in a log.
    let kind =
        |words: &str| lines.iter().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {told}"));
    assert!(kind("account created") < kind("sign-in failed (1 in a row)"));
    assert!(kind("sign-in failed (1 in a row)") < kind("signed in (pwd)"));
    assert!(kind("signed in (pwd)") < kind(&format!("allowed {client}")));
    // What a command does has no address.
    command(&app, &["user", "disable", "alice"]).done();
    let disabled = &json(&app, &["events", "--kind", "user_disabled"])[0];
    assert!(disabled["address"].is_null() && disabled["request_id"].is_null(), "{disabled:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_chosen_by_client_kind_time_and_number() {
    let app = TestApp::beside_a_process().await;
    let client = somebody(&app).await;
    let kinds = |args: &[&str]| -> Vec<String> {
        let events = json(&app, &[&["events"], args].concat());
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    let of_client = kinds(&["--client", &client]);
    for kind in ["client_created", "sign_in_failed", "signed_in", "consent_given"] {
        assert!(of_client.contains(&kind.to_owned()), "{kind} in {of_client:?}");
    }
    assert!(!of_client.contains(&"user_created".to_owned()), "{of_client:?}");
    assert_eq!(kinds(&["--kind", "signed_in", "--kind", "sign_in_failed"]), ["sign_in_failed", "signed_in"]);
    assert_eq!(kinds(&["--kind", "signed_in", "--kind", "sign_in_failed", "--limit", "1"]), ["signed_in"]);
    assert_eq!(kinds(&["--kind", "signed_in", "--since", "1h"]), ["signed_in"]);
    assert_eq!(kinds(&["--kind", "signed_in", "--since", "2026-01-01T00:00:00Z"]), ["signed_in"]);
    assert_eq!(kinds(&["--kind", "signed_in", "--since", "2999-01-01T00:00:00+01:00"]), [""; 0]);
    assert_eq!(command(&app, &["events", "--since", "2999-01-01T00:00:00Z"]).done(), "No events.\n");
    // A client that was removed is still known by what it did.
    command(&app, &["client", "remove", &client]).done();
    assert!(kinds(&["--client", &client]).contains(&"signed_in".to_owned()));
    for (args, code, words) in [
        (&["--user", "nobody"][..], 3, "No user found for nobody."),
        (&["--client", "nobody"], 3, "No client found for \"nobody\"."),
        (&["--since", "yesterday"], 2, "2026-01-31T12:00:00Z"),
        (&["--kind", "sign_in"], 2, "signed_in"),
        (&["--limit", "0"], 2, "--limit"),
    ] {
        let refused = run(latchkey(&app.app.config).args([&["events"], args].concat()));
        let told = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {told}");
        assert!(told.contains(words) && refused.stdout.is_empty(), "{args:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_events_are_followed_as_they_happen() {
    let app = TestApp::beside_a_process().await;
    app.user("alice").await;
    let mut command = latchkey(&app.app.config);
    command.args(["events", "--follow", "--json", "--limit", "1"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut following = Following(command.spawn().unwrap());
    let (said, heard) = std::sync::mpsc::channel();
    let lines = BufReader::new(following.0.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| said.send(line)));
    let next = || -> Value {
        let line = tokio::task::block_in_place(|| heard.recv_timeout(Duration::from_secs(60)));
        serde_json::from_str(&line.expect("an event within a minute")).unwrap()
    };
    assert_eq!(next()["kind"], "user_created");
    app.browser().sign_in("alice").await;
    let event = next();
    assert_eq!((event["kind"].as_str(), event["user"]["name"].as_str()), (Some("signed_in"), Some("alice")));
    let id = following.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(following.0.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is_and_how_much_it_is_used_is_counted() {
    let app = TestApp::beside_a_process().await;
    somebody(&app).await;
    app.user("bob").await;
    let mut away = app.browser().sign_in("carol").await;
    away.get("/account").await;
    app.sql(
        "UPDATE session SET last_active_at = last_active_at - 2678400000000, expires_at = 1, created_at = 1
              WHERE user_id = (SELECT user_id FROM user_identifier WHERE normalised = 'carol')",
    )
    .await;
    app.sql(
        "UPDATE event SET at = at - 864000000000
              WHERE kind = 'signed_in' AND user_id = (SELECT user_id FROM user_identifier WHERE normalised = 'carol')",
    )
    .await;
    let stats = json(&app, &["stats"]);
    for (name, count) in [
        ("people", 3),
        ("active_in_30_days", 1),
        ("sessions", 1),
        ("grants", 1),
        ("clients", 1),
        ("sign_ins_in_7_days", 1),
        ("sign_ins_in_30_days", 2),
    ] {
        assert_eq!(stats[name]["count"], count, "{name} in {stats:#}");
        assert_eq!(stats[name]["at_least"], false, "{name} in {stats:#}");
    }
    let days = stats["sign_ins_a_day"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days.iter().map(|day| day["sign_ins"].as_i64().unwrap()).sum::<i64>(), 2);
    let told = command(&app, &["stats"]).done();
    for words in ["people               3\n", "sign-ins in 7 days   1 (0.1 a day)", "DAY (UTC)"] {
        assert!(told.contains(words), "{words} in {told}");
    }
}
