//! An operator who manages people on the command line while the server runs.

use latchkey::account::users;
use latchkey::base::token::{Token, TokenKind};
use latchkey::login::identifier;
use latchkey::store::people::role::ADMINISTRATOR;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, TestApp, answer, pkce};

fn command(app: &TestApp, args: &[&str]) -> Answer {
    answer(&app.app.config, args)
}

/// What `user show` tells programs.
fn shown(app: &TestApp, user: &str) -> Value {
    command(app, &["user", "show", user, "--json"]).json()
}

/// Types a wrong password so many times.
async fn fail(app: &TestApp, name: &str, times: usize) {
    let mut browser = app.browser();
    for _ in 0..times {
        let page = browser.get("/sign-in").await;
        page.form().fill("identifier", name).fill("password", "wrong password here").submit(&mut browser).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_is_added_with_a_profile_and_only_what_is_known_is_verified() {
    let app = TestApp::beside_a_process().await;
    let add = ["user", "add", "--username", "Alice", "--email", "alice@example.com", "--name", "Alice Liddell"];
    let text = command(&app, &[&add[..], &["--locality", "Oxford", "--locale", "en-GB"]].concat()).done();
    assert!(text.starts_with("Added Alice (subject ") && text.contains("/set-password?token=lk_mt_"), "{text}");
    let json = shown(&app, "alice");
    assert_eq!((&json["email_verified"], &json["has_password"]), (&json!(false), &json!(false)));
    assert_eq!(
        json["profile"],
        json!({ "name": "Alice Liddell", "locale": "en-GB", "address": { "locality": "Oxford" } })
    );
    // To follow the link proves nothing: the operator may have handed it over in any way.
    let link = text.lines().last().unwrap().trim();
    let mut browser = app.browser();
    browser.get(link).await.form().fill("password", PASSWORD).submit(&mut browser).await;
    let json = shown(&app, "alice@example.com");
    assert_eq!(
        (&json["email_verified"], &json["has_password"], &json["sessions"]),
        (&json!(false), &json!(true), &json!(1))
    );
    assert!(json["last_sign_in_at"].is_string(), "{json}");
    let text = command(&app, &["user", "show", "Alice"]).done();
    for (name, value) in [
        ("email", "alice@example.com (not verified)"),
        ("username", "Alice"),
        ("locality", "Oxford"),
        ("password", "set"),
    ] {
        let line = text.lines().find_map(|line| line.strip_prefix(name).filter(|rest| rest.starts_with("  ")));
        assert_eq!(line.map(str::trim), Some(value), "{name} in {text}");
    }
    command(&app, &["user", "add", "--email", "bob@example.com", "--email-verified"]).done();
    assert_eq!(shown(&app, "bob@example.com")["email_verified"], true);
    for (args, code, words) in [
        (
            &["--email", "carol"][..],
            2,
            "--email: \"carol\" is not an email address; a username is given with --username",
        ),
        (&["--username", "carol@example.com"], 2, "--username: \"carol@example.com\" is not a username"),
        (&["--username", "carol@example.com"], 2, "an email address is given with --email"),
        (&["--username", "carol", "--email-verified"], 2, "--email"),
        (&["--username", "carol", "--website", "carol"], 2, "--website: allowed: a URL"),
        (&["--username", "ALICE"], 4, "Another user has this email address or username"),
        (&["--name", "Carol"], 2, "--email"),
    ] {
        command(&app, &[&["user", "add"], args].concat()).refused(code, words);
    }
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_profile_is_edited_claim_by_claim() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let edit = |args: &[&str]| command(&app, &[&["user", "edit", "alice"], args].concat());
    let text = edit(&["--nickname", "Al", "--birthdate", "1852-05-04", "--country", "UK"]).done();
    assert!(text.starts_with("Changed alice.\n") && text.contains("1852-05-04"), "{text}");
    let userinfo = rp.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!((&userinfo["nickname"], &userinfo["name"]), (&json!("Al"), &json!("alice Example")), "{userinfo}");
    let json = edit(&["--unset", "nickname", "--unset", "country", "--name", "Alice", "--json"]).json();
    assert_eq!(json["profile"], json!({ "name": "Alice", "locale": "en", "birthdate": "1852-05-04" }));
    let changes = async || app.events().await.iter().filter(|kind| *kind == "profile_changed").count();
    assert_eq!(changes().await, 2);
    assert!(edit(&["--name", "Alice"]).done().starts_with("Nothing to change: alice has this profile already."));
    assert_eq!(changes().await, 2);
    edit(&["--birthdate", "May"]).refused(2, "--birthdate: allowed: YYYY-MM-DD");
    edit(&["--unset", "email"]).refused(2, "invalid value");
    edit(&[]).refused(2, "give at least one option");
    command(&app, &["user", "edit", "nobody", "--name", "X"]).refused(3, "No user found for nobody.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identifiers_are_added_verified_and_removed_but_never_the_last_one() {
    let app = TestApp::beside_a_process().await;
    command(&app, &["user", "add", "--username", "alice"]).done();
    app.user("bob").await;
    let identifier = |args: &[&str]| command(&app, &[&["user", "identifier"], args].concat());
    identifier(&["remove", "alice", "alice"]).refused(4, "is the only thing that the user can sign in with");
    let json = identifier(&["add", "alice", "--email", "second@example.com", "--email-verified", "--json"]).json();
    assert_eq!(json["identifiers"][1]["value"], "second@example.com");
    assert!(json["identifiers"][1]["verified_at"].is_string(), "{json}");
    identifier(&["remove", "alice", "second@example.com"]).done();
    identifier(&["add", "alice", "--email-verified"]).refused(2, "--email");
    let text = identifier(&["add", "alice", "--email", "Alice@Example.com"]).done();
    assert!(text.contains("Added Alice@Example.com to alice.") && text.contains("  username alice"), "{text}");
    let verified = || shown(&app, "alice")["identifiers"][1]["verified_at"].is_string();
    assert!(!verified());
    identifier(&["verify", "alice", "alice"]).refused(2, "is a username");
    identifier(&["verify", "alice", "other@example.com"])
        .refused(3, "The user does not have other@example.com, only: alice");
    assert!(
        identifier(&["verify", "alice", "alice@example.com"])
            .done()
            .starts_with("Marked alice@example.com as verified.")
    );
    assert!(verified());
    assert!(identifier(&["verify", "alice", "alice@example.com"]).done().contains("is verified already"));
    for (args, code, words) in [
        (&["add", "alice", "--email", "bob@example.com"][..], 4, "Another user has this"),
        (&["add", "alice", "--email", "ALICE@example.com"], 4, "The user has Alice@Example.com already"),
        (&["add", "alice", "--username", "Alice", "--email", "a@example.com"], 4, "The user has alice already"),
        (&["add", "alice", "--username", "аӏісе"], 4, "The user has alice already"),
        (&["add", "alice", "--username", "x@example.com"], 2, "--username: "),
        (&["add", "alice"], 2, "--email"),
        (&["add", "nobody", "--username", "x"], 3, "No user found for nobody."),
        (&["remove", "alice", "bob"], 3, "The user does not have bob"),
    ] {
        identifier(args).refused(code, words);
    }
    // A link that may have gone to an address goes with it.
    let link = command(&app, &["user", "set-password", "alice", "--json"]).json();
    assert!(identifier(&["remove", "alice", "ALICE"]).done().contains("Removed ALICE from Alice@Example.com."));
    let page = app.browser().get(link["link"]["url"].as_str().unwrap()).await;
    assert!(page.reply.status.is_client_error(), "{}", page.reply.status);
    command(&app, &["user", "show", "alice"]).refused(3, "No user found for alice.");
    assert_eq!(shown(&app, "alice@example.com")["username"], Value::Null);
    let events = app.events().await;
    for (kind, count) in [("identifier_added", 2), ("identifier_verified", 1), ("identifier_removed", 2)] {
        assert_eq!(events.iter().filter(|one| *one == kind).count(), count, "{kind}: {events:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended_one_by_one_or_all_at_once() {
    let app = TestApp::beside_a_process().await;
    app.user("alice").await;
    let text = command(&app, &["user", "sessions", "list", "alice"]).done();
    assert!(text.contains("alice is not signed in anywhere."), "{text}");
    let mut first = app.browser().sign_in("alice").await;
    let mut second = app.browser().sign_in("alice").await;
    let listed = command(&app, &["user", "sessions", "list", "alice", "--json"]).json();
    let handles: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["session"].as_str().unwrap()).collect();
    assert_eq!(handles.len(), 2);
    let text = command(&app, &["user", "sessions", "list", "alice"]).done();
    assert!(text.starts_with("SESSION") && text.contains(handles[0]), "{text}");
    // The most recently used one comes first.
    let text = command(&app, &["user", "sessions", "end", "alice", handles[0]]).done();
    assert!(text.contains(&format!("Ended session {} of alice.", handles[0])), "{text}");
    assert!(second.get("/account").await.url.contains("/sign-in"));
    first.get("/account").await.reply.expect(200);
    command(&app, &["user", "sessions", "end", "alice", handles[0]])
        .refused(3, &format!("The user has: {}", handles[1]));
    for args in [&["alice"][..], &["alice", handles[1], "--all"], &["alice", handles[1], "--offline-access"]] {
        assert_eq!(command(&app, &[&["user", "sessions", "end"], args].concat()).code, 2, "{args:?}");
    }
    let json = command(&app, &["user", "sessions", "end", "alice", "--all", "--json"]).json();
    assert_eq!(json["ended"], json!([handles[1]]));
    assert!(first.get("/account").await.url.contains("/sign-in"));
    // Access that outlives sessions is ended if that is wished.
    let rp = app.relying_party().await;
    let request = rp.request().set("scope", "openid offline_access");
    let code = app.browser().sign_in("alice").await.go_through(&request).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    let text = command(&app, &["user", "sessions", "end", "alice", "--all"]).done();
    assert!(text.starts_with("Ended 1 session of alice.") && text.contains("add --offline-access"), "{text}");
    let tokens = rp.refresh(tokens.refresh()).await.tokens();
    command(&app, &["user", "sessions", "end", "alice", "--all", "--offline-access"]).done();
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    let events = app.events().await;
    assert_eq!(events.iter().filter(|one| *one == "session_ended").count(), 1);
    assert_eq!(events.iter().filter(|one| *one == "all_sessions_ended").count(), 3);
    command(&app, &["user", "sessions", "list", "nobody"]).refused(3, "No user found for nobody.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_throttled_or_shut_out_is_told_and_unlocked() {
    let app = TestApp::beside_a_process().await;
    let alice = app.user("alice").await;
    assert_eq!(shown(&app, "alice")["throttled_until"], Value::Null);
    fail(&app, "alice", 5).await;
    fail(&app, "alice@example.com", 1).await;
    let json = shown(&app, "alice");
    assert_eq!((json["throttled_until"].is_string(), &json["password_closed"]), (true, &json!(false)), "{json}");
    let text = command(&app, &["user", "show", "alice"]).done();
    assert!(text.contains("password sign-in  throttled until "), "{text}");
    let text = command(&app, &["user", "unlock", "alice"]).done();
    assert!(text.starts_with("Unlocked alice"), "{text}");
    assert_eq!((app.rows("password_failure").await, &shown(&app, "alice")["throttled_until"]), (0, &Value::Null));
    app.browser().sign_in("alice").await;
    // After a hundred failures in a row.
    let now = app.app.now().micros();
    app.execute(format!("INSERT INTO password_failure VALUES ('user:{}', 100, {now}, {now})", alice.id)).await;
    let json = shown(&app, "alice");
    assert_eq!(json["password_closed"], true);
    let text = command(&app, &["user", "show", "alice"]).done();
    assert!(text.contains("closed after too many failures"), "{text}");
    assert_eq!(command(&app, &["user", "unlock", "alice", "--json"]).json()["password_closed"], false);
    assert!(command(&app, &["user", "unlock", "alice"]).done().contains("no failures to forget"));
    assert_eq!(app.events().await.iter().filter(|one| *one == "user_unlocked").count(), 2);
    command(&app, &["user", "unlock", "nobody"]).refused(3, "No user found for nobody.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unlocking_a_user_forgets_the_failures_on_known_devices_and_those_of_nobody_else() {
    let app = TestApp::with(|_| {}).await;
    // One device is known by a row of its own alone, the other one by its session alone.
    let mut devices = Vec::new();
    for name in ["alice", "alice", "bob"] {
        devices.push(app.browser().sign_in(name).await);
    }
    let alice = app.person("alice").await.id;
    let of_session = "SELECT b.secret_hash FROM browser b JOIN session s ON s.browser_id = b.id";
    app.execute(format!(
        "DELETE FROM known_device WHERE user_id = '{alice}'
            AND browser_hash = (SELECT MIN(secret_hash) FROM ({of_session} WHERE s.user_id = '{alice}') own)"
    ))
    .await;
    app.execute(format!(
        "DELETE FROM session WHERE user_id = '{alice}' AND browser_id IN (
            SELECT b.id FROM browser b JOIN known_device d ON d.browser_hash = b.secret_hash)"
    ))
    .await;
    for (device, name) in devices.iter_mut().zip(["alice", "alice", "bob"]) {
        let page = device.get("/sign-in?account=another").await;
        page.form().fill("identifier", name).fill("password", "wrong password here").submit(device).await;
    }
    assert_eq!(app.rows("password_failure").await, 6, "of the name and of the user, on each device");
    assert!(latchkey::login::password::unlock(&app.app, &alice).await.unwrap());
    assert_eq!(app.rows("password_failure").await, 2, "bob's");
    assert!(!latchkey::login::password::unlock(&app.app, &alice).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_searched_and_listed_page_by_page_with_a_count() {
    let app = TestApp::beside_a_process().await;
    for (name, email, full) in [
        ("alice", "a@one.example", "Alice Liddell"),
        ("bob", "b@one.example", "Bob Ross"),
        ("carol", "c@two.example", "Алиса Иванова"),
    ] {
        command(&app, &["user", "add", "--username", name, "--email", email, "--name", full]).done();
    }
    let list = |args: &[&str]| command(&app, &[&["user", "list", "--json"], args].concat()).json();
    let names = |page: &Value| -> Vec<String> {
        page["users"].as_array().unwrap().iter().map(|one| one["username"].as_str().unwrap().to_owned()).collect()
    };
    let all = list(&[]);
    assert_eq!(
        (names(&all), &all["total"], &all["next"]),
        (vec!["alice".into(), "bob".into(), "carol".into()], &json!(3), &Value::Null)
    );
    let first = list(&["--limit", "2"]);
    assert_eq!((names(&first), &first["total"]), (vec!["alice".into(), "bob".into()], &json!(3)));
    let second = list(&["--limit", "2", "--after", first["next"].as_str().unwrap()]);
    assert_eq!((names(&second), &second["next"]), (vec!["carol".into()], &Value::Null));
    let sub = all["users"][1]["sub"].as_str().unwrap();
    for (text, wanted) in [
        ("one.example", &["alice", "bob"][..]),
        ("LIDDELL", &["alice"]),
        ("аЛИСА", &["carol"]),
        ("CAROL", &["carol"]),
        (sub, &["bob"]),
        ("nothing", &[]),
        ("%", &[]),
    ] {
        let found = list(&["--search", text]);
        assert_eq!(
            (names(&found), found["total"].as_u64()),
            (wanted.iter().map(|it| (*it).to_owned()).collect(), Some(wanted.len() as u64)),
            "{text}"
        );
    }
    let page = list(&["--search", "one.example", "--limit", "1"]);
    assert_eq!((names(&page), &page["total"]), (vec!["alice".into()], &json!(2)));
    let page = list(&["--search", "one.example", "--limit", "1", "--after", page["next"].as_str().unwrap()]);
    assert_eq!((names(&page), &page["total"], &page["next"]), (vec!["bob".into()], &json!(2), &Value::Null));
    let text = command(&app, &["user", "list", "--limit", "2"]).done();
    assert!(text.starts_with("SUBJECT") && text.contains("2 of 3 users. For the next page, add --after "), "{text}");
    assert!(command(&app, &["user", "list", "--search", "nothing"]).done().contains("No users match \"nothing\"."));
    for (args, code) in [(&["--limit", "0"][..], 2), (&["--limit", "1001"], 2), (&["--after", "nobody"], 3)] {
        assert_eq!(command(&app, &[&["user", "list"], args].concat()).code, code, "{args:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_user_is_gone_everywhere_at_once_and_leaves_an_event() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let code = browser.go_through(&rp.request()).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    fail(&app, "alice", 1).await;
    let id = app.person("alice").await.id;
    let said = command(&app, &["user", "delete", "alice"]).refused(2, "add --yes");
    for words in ["alice@example.com", "sessions: 1", "applications with access: 1", "identifiers: alice"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(app.rows("user_account").await, 1);
    let text = command(&app, &["user", "delete", "alice", "--yes"]).done();
    assert!(text.starts_with("Deleted alice (subject "), "{text}");
    for table in [
        "user_account",
        "user_identifier",
        "password",
        "session",
        "client_grant",
        "consent",
        "refresh_family",
        "authorization_code",
        "known_device",
        "password_failure",
        "one_time_link",
        "address_change",
        "upstream_change",
    ] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
    rp.userinfo(&tokens.access_token).await.expect(401);
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert_eq!(rp.introspect(&tokens.access_token).await.expect(200).json()["active"], false);
    assert!(browser.get("/account").await.url.contains("/sign-in"));
    let events: Vec<(String, String)> = sqlx::query_as("SELECT kind, data FROM event WHERE kind = 'user_deleted'")
        .fetch_all(&mut *app.app.db.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(events, [("user_deleted".to_owned(), json!({ "user": id.as_str() }).to_string())]);
    let sql = "SELECT kind FROM event WHERE user_id = $1 AND (address IS NOT NULL OR user_agent IS NOT NULL)";
    let from_somewhere: Vec<(String,)> =
        sqlx::query_as(sql).bind(&id).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert_eq!(from_somewhere, [], "the events say no more from where the user came");
    command(&app, &["user", "delete", "alice", "--yes"]).refused(3, "No user found for alice.");
    // The names are free again.
    app.user("alice").await;
}

/// The kinds of all events that say from where they came.
async fn from_somewhere(app: &TestApp) -> Vec<String> {
    let sql = "SELECT kind FROM event WHERE address IS NOT NULL OR user_agent IS NOT NULL ORDER BY kind";
    let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_to_the_grants_of_a_deleted_user_says_no_more_from_where() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(browser.go_through(&rp.request()).await.code());
    }
    for _ in 0..3 {
        rp.exchange_with(&codes[0], rp.redirect_uri(), &pkce().0).await.error("invalid_grant");
    }
    rp.exchange(&codes[1]).await.tokens();
    rp.exchange(&codes[1]).await.error("invalid_grant");
    let tokens = rp.exchange(&codes[2]).await.tokens();
    rp.revoke(tokens.refresh()).await.expect(200);
    // A right handle with a wrong secret.
    let mine = rp.exchange(&codes[3]).await.tokens();
    let mine = Token::parse(TokenKind::RefreshToken, mine.refresh()).unwrap();
    rp.refresh(mine.next(TokenKind::RefreshToken, &app.app.random).expose()).await.error("invalid_grant");
    let before = from_somewhere(&app).await;
    for kind in ["code_burnt", "code_replayed", "grant_revoked", "refresh_token_replayed"] {
        assert!(before.iter().any(|one| one == kind), "{kind}: {before:?}");
        let text = command(&app, &["events", "--user", "alice", "--kind", kind, "--json"]).done();
        assert!(text.contains(&format!("\"{kind}\"")), "{kind} is found by its user: {text}");
    }
    command(&app, &["user", "delete", "alice", "--yes"]).done();
    assert_eq!(from_somewhere(&app).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_fails_while_its_user_is_deleted_leaves_no_event() {
    let app = TestApp::with(|config| config.login.hashing_at_once = Some(1)).await;
    let alice = app.user("alice").await;
    app.app.hashing.measure().await.unwrap();
    let turn = app.app.hashing.turn().await.unwrap();
    let at_work = app.clone();
    let attempt = tokio::spawn(async move { fail(&at_work, "alice", 1).await });
    for _ in 0..1_000_000 {
        if app.app.hashing.usage().waiting == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(app.app.hashing.usage().waiting, 1, "the user was read, and the password waits for its turn");
    latchkey::account::delete::delete(&app.app, &alice.id, false).await.unwrap();
    drop(turn);
    attempt.await.unwrap();
    assert_eq!(app.rows("password_failure").await, 2, "it was verified");
    assert_eq!(from_somewhere(&app).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_administrator_is_neither_disabled_nor_deleted_by_mistake() {
    let app = TestApp::beside_a_process().await;
    app.give_role("alice", ADMINISTRATOR).await;
    app.give_role("bob", ADMINISTRATOR).await;
    let text = command(&app, &["user", "disable", "alice"]).done();
    assert!(text.starts_with("Disabled alice and ended all sessions."), "{text}");
    assert!(command(&app, &["user", "disable", "alice"]).done().contains("alice is disabled already."));
    // Bob alone is left.
    for args in [&["disable", "bob"][..], &["delete", "bob", "--yes"]] {
        command(&app, &[&["user"], args].concat()).refused(4, "bob is the last administrator who can sign in");
    }
    assert_eq!(shown(&app, "bob")["roles"], json!([ADMINISTRATOR]));
    assert_eq!(shown(&app, "bob")["disabled"], false);
    assert_eq!(command(&app, &["user", "disable", "bob", "--last-administrator", "--json"]).json()["disabled"], true);
    assert!(command(&app, &["user", "enable", "bob"]).done().starts_with("Enabled bob."));
    assert!(command(&app, &["user", "enable", "bob"]).done().contains("bob is enabled already."));
    let json = command(&app, &["user", "delete", "alice", "--yes", "--json"]).json();
    assert_eq!(json["deleted"], true);
    command(&app, &["user", "delete", "bob", "--yes", "--last-administrator"]).done();
    assert_eq!(app.rows("user_account").await, 0);
    for args in [&["disable", "nobody"][..], &["enable", "nobody"], &["delete", "nobody"], &["set-password", "nobody"]]
    {
        command(&app, &[&["user"], args].concat()).refused(3, "No user found for nobody.");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_are_given_and_taken_but_not_from_the_last_administrator() {
    let app = TestApp::beside_a_process().await;
    app.user("alice").await;
    app.user("bob").await;
    let role = |args: &[&str]| command(&app, &[&["user", "role"], args].concat());
    assert_eq!(role(&["add", "bob", "editor"]).done().trim(), "Gave bob the role editor. Roles now: editor");
    assert!(role(&["add", "bob", "editor"]).done().contains("bob has the role editor already."));
    for name in ["alice", "bob"] {
        role(&["add", name, ADMINISTRATOR]).done();
    }
    assert_eq!(role(&["remove", "bob", "editor", "--json"]).json()["roles"], json!([ADMINISTRATOR]));
    assert!(role(&["remove", "bob", "editor"]).done().contains("bob does not have the role editor."));
    role(&["remove", "alice", ADMINISTRATOR]).done();
    role(&["remove", "bob", ADMINISTRATOR]).refused(4, "bob is the last administrator who can sign in");
    assert_eq!(shown(&app, "bob")["roles"], json!([ADMINISTRATOR]));
    role(&["remove", "bob", ADMINISTRATOR, "--last-administrator"]).done();
    assert_eq!(shown(&app, "bob")["roles"], json!([]));
    role(&["add", "bob", "ADMINISTRATOR"]).refused(2, "is written administrator");
    role(&["add", "nobody", "editor"]).refused(3, "No user found for nobody.");
    let told = command(&app, &["events", "--user", "bob", "--kind", "role_given", "--kind", "role_taken"]).done();
    assert_eq!((told.matches(" given").count(), told.matches(" taken away").count()), (2, 2), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_are_let_go_at_once_one_stays() {
    let app = TestApp::beside_a_process().await;
    app.give_role("alice", ADMINISTRATOR).await;
    app.give_role("bob", ADMINISTRATOR).await;
    let let_go = async |name: &str| {
        let id = app.person(name).await.id;
        latchkey::account::delete::delete(&app.app, &id, false).await.unwrap()
    };
    let (alice, bob) = tokio::join!(let_go("alice"), let_go("bob"));
    assert_ne!(alice, bob, "{alice:?} {bob:?}");
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_lose_the_role_at_once_one_keeps_it() {
    let app = TestApp::beside_a_process().await;
    app.give_role("alice", ADMINISTRATOR).await;
    app.give_role("bob", ADMINISTRATOR).await;
    let take = async |name: &str| {
        let id = app.person(name).await.id;
        latchkey::account::roles::take(&app.app, &id, ADMINISTRATOR, false).await.unwrap()
    };
    let (alice, bob) = tokio::join!(take("alice"), take("bob"));
    assert_ne!(alice, bob, "{alice:?} {bob:?}");
    assert_eq!(app.rows("user_role").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_deleted_is_asked_to_sign_in_and_gets_no_code() {
    let app = TestApp::beside_a_process().await;
    let rp = app.client(latchkey::oidc::client::metadata::ClientKind::Web, |new| new.first_party = true).await;
    let mut browser = app.browser().sign_in("alice").await;
    let id = app.person("alice").await.id;
    latchkey::account::delete::delete(&app.app, &id, false).await.unwrap();
    browser.get(&rp.request().path()).await.expect("sign-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_has_lost_the_second_factor_gets_in_again() {
    let app = TestApp::beside_a_process().await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let told = command(&app, &["user", "show", "alice"]).done();
    assert!(told.contains("authenticator app since") && told.contains("10 recovery codes left"), "{told}");
    assert_eq!(authenticator.recovery_codes.len(), 10);
    let told = command(&app, &["user", "reset-factors", "alice"]).done();
    assert!(told.contains("ended all sessions"), "{told}");
    let shown = shown(&app, "alice");
    assert!(shown["authenticator_since"].is_null() && shown["recovery_codes_left"] == 0, "{shown:#}");
    browser.get("/account").await.expect("sign-in");
    app.browser().sign_in("alice").await;
    let told = command(&app, &["user", "reset-factors", "alice"]).done();
    assert!(told.contains("alice has no second factor and no recovery codes."), "{told}");
    // Who has codes alone loses them, and is told how to get in again.
    let new = users::NewUser {
        sub: None,
        profile: serde_json::Map::new(),
        identifiers: vec![identifier::parse_username("ada").unwrap()],
        password: Some(PASSWORD.into()),
        roles: Vec::new(),
    };
    users::add(&app.app, new).await.unwrap();
    let mut ada = app.browser();
    ada.type_password("ada", PASSWORD).await.reply.expect(200);
    crate::journeys::username_alone::renew(&mut ada).await;
    let told = command(&app, &["user", "reset-factors", "ada"]).done();
    assert!(told.contains("Removed the recovery codes of ada, and ended all sessions."), "{told}");
    assert!(told.contains("latchkey user set-password ada"), "{told}");
    let told = command(&app, &["user", "reset-factors", "ada"]).done();
    assert!(told.contains("ada has no second factor and no recovery codes."), "{told}");
    let events = command(&app, &["events", "--user", "alice", "--kind", "factors_reset"]).done();
    assert!(events.contains("second factors removed and all sessions ended by an operator"), "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_has_typed_too_many_codes_is_unlocked() {
    let app = TestApp::beside_a_process().await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let (wrong, mut stranger) = (authenticator.wrong_code(&app), app.browser());
    let full = loop {
        let page =
            stranger.type_password("alice", PASSWORD).await.form().fill("code", &wrong).submit(&mut stranger).await;
        if page.reply.status == 429 {
            break page;
        }
    };
    assert!(full.text().contains("Too many wrong codes. Wait"), "{}", full.text());
    assert!(command(&app, &["user", "unlock", "alice"]).done().contains("Unlocked alice"));
    app.browser().sign_in_with("alice", &authenticator).await;
}
