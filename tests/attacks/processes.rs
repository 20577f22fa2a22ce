//! X, Q1. Processes that are killed, clients that go away, clocks that jump.

use std::future::Future;
use std::io::{Read, Write};
use std::pin::Pin;
use std::task::Poll;

use latchkey::config::{Config, Issuer};

use crate::harness::{PASSWORD, Process, TestApp, free_port, latchkey, minutes, refused, run, seconds};

const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x1_kill_9_at_any_point_of_a_refresh_signs_nobody_out_and_leaves_one_branch() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    for point in ["refresh_token.before_commit", "refresh_token.in_transaction", "refresh_token.after_commit"] {
        for round in 0..ROUNDS {
            let tokens = rp.tokens_of("alice").await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("client_id", rp.id())];
            let mut doomed = Process::start(&app.app.config, &[("LATCHKEY_TEST_KILL_AT", point)]).await;
            let answer = doomed.post("/token", &form).await;
            assert!(answer.is_err(), "{point}: no answer gets out: {answer:?}");
            assert_eq!(doomed.killed_by(), Some(9), "{point}");

            let process = Process::start(&app.app.config, &[]).await;
            let (status, retried) = process.post("/token", &form).await.unwrap();
            assert_eq!(status, 200, "{point}, round {round}: the retry is answered: {retried}");
            let (_, again) = process.post("/token", &form).await.unwrap();
            assert_eq!(retried["refresh_token"], again["refresh_token"], "{point}: one branch");
            let next = retried["refresh_token"].as_str().unwrap();
            let next = [("grant_type", "refresh_token"), ("refresh_token", next), ("client_id", rp.id())];
            assert_eq!(process.post("/token", &next).await.unwrap().0, 200, "{point}: and it goes on");
            // The first leads there for a moment, and is dead after that.
            app.pass(seconds(31)).await;
            let (status, refused) = process.post("/token", &form).await.unwrap();
            assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_grant")), "{point}: the first is dead");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x2_kill_9_at_any_point_of_an_exchange_costs_a_code_at_most_and_no_session() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    for (point, committed) in [
        ("authorization_code.before_commit", false),
        ("authorization_code.in_transaction", false),
        ("authorization_code.after_commit", true),
    ] {
        for round in 0..ROUNDS {
            let mut browser = app.browser();
            let code = browser.authorize(&rp).await.code();
            let form = |code: &str| {
                [
                    ("grant_type", "authorization_code".to_owned()),
                    ("code", code.to_owned()),
                    ("redirect_uri", rp.redirect_uri().to_owned()),
                    ("code_verifier", rp.verifier.clone()),
                    ("client_id", rp.id().to_owned()),
                ]
            };
            let owned = form(&code);
            let fields: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut doomed = Process::start(&app.app.config, &[("LATCHKEY_TEST_KILL_AT", point)]).await;
            assert!(doomed.post("/token", &fields).await.is_err(), "{point}");
            assert_eq!(doomed.killed_by(), Some(9), "{point}");

            let process = Process::start(&app.app.config, &[]).await;
            let (status, answer) = process.post("/token", &fields).await.unwrap();
            assert_eq!(status, if committed { 400 } else { 200 }, "{point}, round {round}: {answer}");
            // The person is still signed in: a new code comes without a password.
            let code = browser.get(&rp.request().set("prompt", "none").path()).await.code();
            let owned = form(&code);
            let fields: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(process.post("/token", &fields).await.unwrap().0, 200, "{point}");
        }
    }
}

/// Polls a request some times, and goes away.
async fn abandon<T>(mut request: Pin<Box<dyn Future<Output = T> + '_>>, polls: usize) {
    for _ in 0..polls {
        let done = std::future::poll_fn(|context| Poll::Ready(request.as_mut().poll(context).is_ready())).await;
        if done {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn x3_a_client_that_goes_away_at_any_moment_leaves_no_half_state() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    for polls in 0..40 {
        // A refresh.
        let tokens = rp.tokens_of("alice").await;
        let before = rotated(&app).await;
        abandon(Box::pin(rp.refresh(tokens.refresh())), polls).await;
        settle(&app).await;
        // What was begun is done to its end, although nobody is there to hear of it.
        assert_eq!(rotated(&app).await - before, i64::from(polls > 0), "after {polls} polls");
        let next = rp.refresh(tokens.refresh()).await.tokens();
        assert!(rp.is_good(&next.access_token).await, "after {polls} polls");
        // An exchange: the code works, or is used with all that belongs to it.
        let code = app.browser().authorize(&rp).await.code();
        let before = (used_codes(&app).await, app.rows("refresh_family").await);
        abandon(Box::pin(rp.exchange(&code)), polls).await;
        settle(&app).await;
        let after = (used_codes(&app).await, app.rows("refresh_family").await);
        assert_eq!(after.0 - before.0, after.1 - before.1, "a used code has its family, after {polls} polls");
    }
}

#[tokio::test]
async fn x3_a_person_who_goes_away_at_any_moment_leaves_no_half_state() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    for polls in 0..25 {
        let name = format!("person{polls}");
        app.user(&name).await;
        // A sign-in: a session with all that belongs to it, or none; and whoever comes back signs in.
        let before = (app.rows("session").await, signed_in(&app).await, app.rows("browser").await);
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let form = page.form().fill("identifier", &name).fill("password", PASSWORD);
        abandon(Box::pin(form.submit(&mut browser)), polls).await;
        settle(&app).await;
        let sessions = app.rows("session").await - before.0;
        assert_eq!(sessions, i64::from(polls > 0), "what was begun is done to its end, after {polls} polls");
        assert_eq!(signed_in(&app).await - before.1, sessions, "with its event, after {polls} polls");
        assert_eq!(app.rows("browser").await - before.2, sessions, "in its browser, after {polls} polls");
        let mut browser = app.browser().sign_in(&name).await;

        // A consent: it is there, or it is asked for again; either way a code comes.
        let before = app.rows("consent").await;
        let page = browser.get(&rp.request().path()).await;
        let form = page.expect("consent").form().fill("decision", "allow");
        abandon(Box::pin(form.submit(&mut browser)), polls).await;
        settle(&app).await;
        assert_eq!(app.rows("consent").await - before, i64::from(polls > 0), "after {polls} polls");
        let code = browser.authorize(&rp).await.code();
        rp.exchange(&code).await.tokens();

        // A change of the password: the new one and the end of all other sessions, or neither.
        let mut elsewhere = app.browser().sign_in(&name).await;
        let page = browser.get("/account/password").await;
        let form = page.form_to("/account/password").fill("current", PASSWORD).fill("password", OTHER_PASSWORD);
        abandon(Box::pin(form.submit(&mut browser)), polls).await;
        settle(&app).await;
        let good = async |password: &str| {
            let mut browser = app.browser();
            let form = browser.get("/sign-in").await.form().fill("identifier", &name).fill("password", password);
            form.submit(&mut browser).await.name() != "sign-in"
        };
        let changed = polls > 0;
        assert_eq!((good(OTHER_PASSWORD).await, good(PASSWORD).await), (changed, !changed), "after {polls} polls");
        let ended = elsewhere.get("/account").await.url.contains("/sign-in");
        assert_eq!(ended, changed, "other sessions end with the password and not without, after {polls} polls");
    }
}

const OTHER_PASSWORD: &str = "seven slow barges turn";

async fn signed_in(app: &TestApp) -> i64 {
    count(app, "SELECT COUNT(*) FROM event WHERE kind = 'signed_in'").await
}

/// Waits until the work of all requests has ended.
async fn settle(app: &TestApp) {
    app.app.requests.close();
    app.app.requests.wait().await;
    app.app.requests.reopen();
}

async fn used_codes(app: &TestApp) -> i64 {
    count(app, "SELECT COUNT(*) FROM authorization_code WHERE used_at IS NOT NULL").await
}

async fn rotated(app: &TestApp) -> i64 {
    count(app, "SELECT COUNT(*) FROM refresh_family WHERE previous_hash IS NOT NULL").await
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    let row: (i64,) = sqlx::query_as(sql).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    row.0
}

#[tokio::test]
async fn x8_a_clock_that_jumps_makes_nothing_expired_or_used_good_again() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let used = browser.authorize(&rp).await.code();
    let tokens = rp.exchange(&used).await.tokens();
    let unused = browser.authorize(&rp).await.code();

    app.clock.advance(minutes(120));
    rp.userinfo(&tokens.access_token).await.expect(401);
    rp.exchange(&unused).await.error("invalid_grant");
    // Back, before the keys began: tokens are still made, and good.
    app.clock.set_back(minutes(300));
    let now = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    assert!(rp.is_good(&now.access_token).await);
    // And whoever comes now signs in, and is let in at once the next time.
    let mut newcomer = app.browser();
    rp.exchange(&newcomer.authorize(&rp).await.code()).await.tokens();
    rp.exchange(&newcomer.get(&rp.request().set("prompt", "none").path()).await.code()).await.tokens();
    // What was used stays used.
    app.clock.advance(minutes(180));
    rp.exchange(&used).await.error("invalid_grant");
    app.clock.advance(seconds(90));
    rp.exchange(&unused).await.error("invalid_grant");
}

#[tokio::test]
async fn x8_people_sign_in_and_stay_signed_in_whatever_the_clock_has_done() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut before = app.browser().sign_in("alice").await;
    rp.exchange(&before.authorize(&rp).await.code()).await.tokens();
    // Back by more than any wait, then forward by less than a session lasts without use, then to where it was.
    for (back, forward) in
        [(minutes(5 * 60), minutes(0)), (minutes(0), minutes(10 * 60)), (minutes(5 * 60), minutes(0))]
    {
        app.clock.set_back(back);
        app.clock.advance(forward);
        // Somebody who mistypes once, and somebody who was signed in already.
        let mut browser = app.browser();
        let page = browser.get(&rp.request().path()).await;
        let wrong =
            page.form().fill("identifier", "alice").fill("password", "not the right one").submit(&mut browser).await;
        assert_eq!(wrong.name(), "sign-in", "{}", wrong.text());
        let page = wrong.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
        let tokens = rp.exchange(&browser.go_on(page).await.code()).await.tokens();
        assert!(rp.is_good(&tokens.access_token).await);
        rp.userinfo(&tokens.access_token).await.expect(200);
        let again = before.get(&rp.request().set("prompt", "none").path()).await.code();
        rp.exchange(&again).await.tokens();
    }
}

fn alone(folder: &tempfile::TempDir) -> Config {
    let mut config = Config::for_test(Issuer::localhost(free_port()));
    config.data_dir = folder.path().to_owned();
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x16_a_second_server_on_one_sqlite_file_is_refused_and_the_command_line_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let _first = Process::start(&config, &[]).await;
    let mut other = config.clone();
    other.issuer = Issuer::localhost(free_port());
    let second = refused(&other);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("another Latchkey serves from it"), "{said}");
    let added = run(latchkey(&config).args(["user", "add", "--username", "alice", "--json"]));
    assert_eq!(added.status.code(), Some(0), "{}", String::from_utf8_lossy(&added.stderr));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x16_a_wrong_master_key_is_noticed_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    drop(Process::start(&config, &[]).await);
    std::fs::write(folder.path().join("master.key"), "A".repeat(43)).unwrap();
    let ended = refused(&config);
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("master key"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q1_half_sent_headers_are_closed_while_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let config = alone(&folder);
    let process = Process::start(&config, &[("LATCHKEY__HTTP__HEADER_TIMEOUT", "1s")]).await;
    let mut slow: Vec<_> = (0..50)
        .map(|_| {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", config.issuer.port())).unwrap();
            stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").unwrap();
            stream
        })
        .collect();
    let (status, _) = process.post("/token", &[("grant_type", "x")]).await.unwrap();
    assert_eq!(status, 400, "others are served in the meantime");
    tokio::task::spawn_blocking(move || {
        for stream in &mut slow {
            let mut answer = Vec::new();
            stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
            // The end of the stream, and not the time-out of this test, is what comes.
            stream.read_to_end(&mut answer).expect("the server closes the connection");
        }
    })
    .await
    .unwrap();
}
