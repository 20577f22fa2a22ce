//! An operator closes the pages for a while, or wants to know more from the log.

use serde_json::Value;

use crate::harness::{Answer, PASSWORD, Process, TestApp, answer, minutes};

fn command(app: &TestApp, args: &[&str]) -> Answer {
    answer(&app.app.config, args)
}

fn json(app: &TestApp, args: &[&str]) -> Value {
    command(app, &[args, &["--json"]].concat()).json()
}

/// Reads what was ordered, as each server does every second.
async fn look(app: &TestApp) {
    latchkey::server::orders::look(&app.app).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_told_of_a_maintenance_and_machines_go_on() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let mut browser = app.browser().sign_in("bob").await;
    assert_eq!(command(&app, &["maintenance", "status"]).done(), "Maintenance is off.\n");
    let mut waiting = app.browser();
    let form = waiting.get("/sign-in").await.form().fill("identifier", "alice").fill("password", PASSWORD);
    let sessions = app.rows("session").await;
    let message = "Moving to a new home. <b>Back soon</b> & better";
    let on = command(&app, &["maintenance", "on", "--message", message, "--for", "30m"]).done();
    assert!(on.contains("Within 2 seconds") && on.contains("ends by itself at"), "{on}");
    look(&app).await;
    for path in ["/", "/sign-in", "/sign-up", "/account", "/account/sessions", &rp.request().path()] {
        let page = browser.get(path).await;
        let reply = &page.reply;
        assert_eq!(reply.status, 503, "{path}");
        let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1_700..=1_801).contains(&wait), "{wait}");
        let shown = page.text();
        assert!(shown.contains("We’ll be back soon") && shown.contains("30 minutes"), "{shown}");
        assert!(shown.contains(message), "as text, and not as HTML: {shown}");
        assert!(!reply.body.contains("<b>"), "{}", reply.body);
    }
    // A client that wants no page gets an error, and its person no page that nobody sees.
    browser.get(&rp.request().set("prompt", "none").path()).await.error("temporarily_unavailable");
    // A form that was shown before does nothing either, and the language can be chosen.
    assert_eq!(form.submit(&mut waiting).await.reply.status, 503);
    assert_eq!(app.rows("session").await, sessions, "nobody signs in meanwhile");
    let page = browser.get("/sign-in").await;
    let page = page.form_to("/language").fill("language", "ru").submit(&mut browser).await;
    assert_eq!((page.reply.status.as_u16(), page.name().as_str()), (503, "sign-in"));
    assert!(page.text().contains("Скоро вернёмся"), "{}", page.text());
    browser.language = "ru".to_owned();
    let page = browser.get("/sign-in").await;
    assert!(page.text().contains("Скоро вернёмся") && page.text().contains("через 30 минут"), "{}", page.text());
    let style = page.reply.body.split("href=\"").find(|rest| rest.starts_with("/static/")).unwrap();
    browser.get(style.split('"').next().unwrap()).await.reply.expect(200);
    let fields = [("token", tokens.access_token.as_str())];
    assert_ne!(app.post("/introspect", &fields).await.status, 503);
    rp.userinfo(&tokens.access_token).await.expect(200);
    for path in ["/.well-known/openid-configuration", "/jwks", "/health/live", "/health/ready"] {
        app.get(path).await.expect(200);
    }
    let status = json(&app, &["maintenance", "status"]);
    assert_eq!((status["maintenance"].as_bool(), status["message"].as_str()), (Some(true), Some(message)));
    let off = command(&app, &["maintenance", "off"]).done();
    assert!(off.contains("Maintenance is off"), "{off}");
    look(&app).await;
    browser.get("/sign-in").await.reply.expect(200);
    assert_eq!(command(&app, &["maintenance", "off"]).done(), "Maintenance is off, as before.\n");
    let events = app.events().await;
    let of_maintenance: Vec<_> = events.iter().filter(|kind| kind.starts_with("maintenance")).collect();
    assert_eq!(of_maintenance, ["maintenance_began", "maintenance_ended"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_maintenance_ends_by_itself_at_its_time() {
    let app = TestApp::new().await;
    let order = |until| {
        let maintenance =
            latchkey::store::installation::order::Maintenance { since: app.app.now(), until, message: None };
        latchkey::store::installation::order::OrderMaintenance(Some(maintenance))
    };
    let mut browser = app.browser();
    app.app.db.write(order(None)).await.unwrap();
    look(&app).await;
    let page = browser.get("/sign-in").await;
    assert_eq!((page.reply.status.as_u16(), page.reply.header("retry-after")), (503, Some("300")));
    app.app.db.write(order(Some(app.app.now() + minutes(180)))).await.unwrap();
    look(&app).await;
    assert!(browser.get("/sign-in").await.text().contains("about 3 hours"));
    app.clock.advance(minutes(181));
    // Even where the database does not answer any more.
    browser.get("/sign-in").await.reply.expect(200);
    look(&app).await;
    browser.get("/sign-in").await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_maintenance_is_ordered_as_it_can_be() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["maintenance", "on", "--until", "2001-01-01T00:00:00Z"]).refused(2, "in the future");
    command(&app, &["maintenance", "on", "--until", "tomorrow"]).refused(2, "2026-01-31T12:00:00Z");
    command(&app, &["maintenance", "on", "--for", "30"]).refused(2, "unit");
    command(&app, &["maintenance", "on", "--for", "1h", "--until", "2999-01-01T00:00:00Z"])
        .refused(2, "cannot be used with");
    command(&app, &["maintenance", "on", "--message", "two\nlines"]).refused(2, "on one line");
    command(&app, &["maintenance", "on", "--message", " "]).refused(2, "1 to 500 characters");
    command(&app, &["maintenance"]).refused(2, "Usage");
    assert_eq!(json(&app, &["maintenance", "status"])["maintenance"], false);
    let on = json(&app, &["maintenance", "on", "--until", "2999-01-01T03:00:00+03:00"]);
    assert_eq!(on["until"], "2999-01-01T00:00:00Z");
    // Another message is no other maintenance.
    let again = json(&app, &["maintenance", "on", "--message", "It takes longer."]);
    assert_eq!((&again["since"], &again["until"]), (&on["since"], &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_replica_shows_a_maintenance() {
    let Some(app) = TestApp::replicas().await else { return };
    let mut browser = app.browser();
    browser.get("/sign-in").await.reply.expect(200);
    command(&app, &["maintenance", "on"]).done();
    let began = std::time::Instant::now();
    let mut in_a_row = 0;
    // Each request goes to the other one.
    while in_a_row < 2 {
        let status = browser.get("/sign-in").await.reply.status.as_u16();
        in_a_row = if status == 503 { in_a_row + 1 } else { 0 };
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "a replica still answers with {status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_level_of_the_log_is_changed_for_a_while_in_a_running_server() {
    let app = TestApp::beside_a_process().await;
    let server = Process::start(&app.app.config, &[]).await;
    let shown = command(&app, &["log-level"]).done();
    assert_eq!(shown, "The log level is info, as configured (log.level).\n");
    let set = json(&app, &["log-level", "debug"]);
    assert_eq!((set["level"].as_str(), set["configured"].as_str()), (Some("debug"), Some("info")));
    server.logs("log.level is debug from now on", 1).await;
    server.get("/health/live").await.unwrap();
    // A line that is written at this level alone.
    server.logs("/health/live", 1).await;
    let shown = command(&app, &["log-level"]).done();
    assert!(shown.starts_with("The log level is debug until 20") && shown.contains("then info again"), "{shown}");
    command(&app, &["log-level", "default"]).done();
    server.logs("log.level is info from now on", 1).await;
    // And by itself.
    command(&app, &["log-level", "trace"]).done();
    server.logs("log.level is trace from now on", 1).await;
    app.execute(
        "UPDATE installation SET value = '{\"level\":\"trace\",\"until\":1}' WHERE name = 'order.log_level'".to_owned(),
    )
    .await;
    server.logs("log.level is info from now on", 2).await;
    assert_eq!(json(&app, &["log-level"])["level"], "info");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_of_the_log_is_ordered_as_it_can_be() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["log-level", "loud"]).refused(2, "debug");
    command(&app, &["log-level", "debug", "--for", "8d"]).refused(2, "up to 7d");
    command(&app, &["log-level", "debug", "--for", "0s"]).refused(2, "up to 7d");
    command(&app, &["log-level", "default", "--for", "1h"]).refused(2, "--for needs a level");
    command(&app, &["log-level", "--for", "1h"]).refused(2, "LEVEL");
    assert_eq!(json(&app, &["log-level"])["until"], Value::Null);
}
