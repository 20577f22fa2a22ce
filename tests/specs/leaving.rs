//! What a person can take along, and how they leave (GDPR, articles 15, 17 and 20).

use serde_json::Value;

use crate::harness::{Browser, PASSWORD, Page, Passkey, TestApp, minutes};
use latchkey::account::delete::{self, Leaving, delete_due};
use latchkey::account::users;
use latchkey::login::session;
use latchkey::server::jobs;
use latchkey::store::people::role::ADMINISTRATOR;

async fn press(page: &Page, button: &str, fields: &[(&str, &str)], browser: &mut Browser) -> Page {
    let form = fields.iter().fold(page.form().fill(button, "yes"), |form, (name, value)| form.fill(name, value));
    form.submit(browser).await
}

async fn leave(app: &TestApp, name: &str) -> Leaving {
    delete::leave(&app.app, &app.session_of(name).await).await.unwrap()
}

#[tokio::test]
async fn a_person_gets_all_that_is_held_about_them_and_nothing_secret() {
    let app = TestApp::with_mail().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let since = app.app.now().to_string();
    browser.add_passkey(Passkey::new(&app)).await;
    for word in ["grey heron", "blue heron"] {
        browser.get("/account").await.form_to("/account").fill("mail_word", word).submit(&mut browser).await;
    }
    browser.authorize(&rp).await.code();
    app.pass(minutes(6)).await;
    // It is as much as the whole account, so that it needs a recent sign-in.
    let page = browser.get("/account/data").await;
    page.expect("sign-in");
    let page = page.form().fill("password", PASSWORD).submit(&mut browser).await;
    let code = authenticator.code(&app);
    let page = page.expect("second-factor").form().fill("code", &code).submit(&mut browser).await;
    let file = press(page.expect("data"), "export", &[], &mut browser).await;
    assert_eq!(file.reply.header("content-type"), Some("application/json"));
    assert_eq!(file.reply.header("content-disposition"), Some("attachment; filename=\"account.json\""));
    assert_eq!(file.reply.header("cache-control"), Some("no-store"));
    let data: Value = serde_json::from_str(&file.reply.body).unwrap();
    let alice = app.person("alice").await;
    assert_eq!((data["sub"].as_str(), data["profile"]["name"].as_str()), (Some(&*alice.sub), Some("alice Example")));
    let mut identifiers: Vec<_> =
        data["identifiers"].as_array().unwrap().iter().filter_map(|one| one["value"].as_str()).collect();
    identifiers.sort_unstable();
    assert_eq!(identifiers, ["alice", "alice@example.com"]);
    assert_eq!(data["applications"][0]["client_id"], rp.id());
    assert_eq!(
        (&data["recovery_codes"]["unused"], &data["sessions"][0]["user_agent"]),
        (&10.into(), &"Test/1.0".into())
    );
    assert_eq!(data["sessions"][0]["has_ended"], false);
    assert_eq!(data["under_way"]["letters_waiting"][0]["to"], "alice@example.com");
    let passkey = &data["passkeys"][0];
    assert_eq!((passkey["since"].as_str(), &passkey["last_used_at"]), (Some(&*since), &Value::Null), "{passkey}");
    assert_eq!((&passkey["is_synced"], &passkey["domain"]), (&true.into(), &"localhost".into()), "{passkey}");
    assert_eq!(data["mail_word"], "blue heron");
    assert_eq!(data["letters_before"]["mail_word"], "grey heron", "what the way back of an address shows");
    assert_eq!(data["letters_before"]["locale"], "en");
    let known = data["known_browsers"].as_array().unwrap();
    assert_eq!(known.len(), 1, "{known:?}");
    assert!(data["authenticator_app"]["since"].is_string() && data["password"]["changed_at"].is_string(), "{data:#}");
    let made = data["events"].as_array().unwrap().iter().find(|event| event["kind"] == "passkey_added").unwrap();
    assert!(made["details"]["passkey"].is_string(), "{made}");
    let kinds: Vec<_> = data["events"].as_array().unwrap().iter().filter_map(|event| event["kind"].as_str()).collect();
    for kind in ["signed_in", "authenticator_added", "consent_given", "user_created"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    for secret in ["argon2", "v1.", alice.id.as_str(), "sealed", "hash"] {
        assert!(!file.reply.body.contains(secret), "{secret} in {}", file.reply.body);
    }
    assert!(app.events().await.contains(&"data_exported".to_owned()));
}

#[tokio::test]
async fn who_asks_for_it_is_deleted_after_the_days_of_grace() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/data").await;
    let refused = press(&page, "delete", &[], &mut browser).await;
    assert!(refused.refused(400).text().contains("Confirm that you want to delete"), "{}", refused.text());
    let asked = press(&page, "delete", &[("sure", "yes")], &mut browser).await;
    assert!(asked.expect("data").text().contains("Your account will be deleted"), "{}", asked.text());
    // Everything has ended already.
    browser.get("/account").await.expect("sign-in");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(!rp.is_good(&tokens.access_token).await);
    app.pass(minutes(7 * 24 * 60 - 5)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert!(app.find_user("alice").await.is_some(), "five minutes before");
    app.pass(minutes(5)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert!(app.find_user("alice").await.is_none());
    assert_eq!(app.rows("account_deletion").await, 0);
    let events = app.events().await;
    let of_deletion: Vec<_> =
        events.iter().filter(|kind| kind.starts_with("deletion") || *kind == "user_deleted").collect();
    assert_eq!(of_deletion, ["deletion_asked", "deletion_begun", "user_deleted"], "{events:?}");
}

#[tokio::test]
async fn a_session_that_has_ended_or_is_too_old_by_now_deletes_nobody() {
    let app = TestApp::new().await;
    app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    app.pass(minutes(6)).await;
    assert_eq!(delete::leave(&app.app, &session).await.unwrap(), Leaving::StepUpNeeded, "it is too old");
    app.browser().sign_in("alice").await;
    let session = app.session_of("alice").await;
    session::end_all(&app.app, &session.user_id, false).await.unwrap();
    assert_eq!(delete::leave(&app.app, &session).await.unwrap(), Leaving::StepUpNeeded, "it has ended");
    assert_eq!(app.rows("account_deletion").await, 0);
    assert!(!app.events().await.contains(&"deletion_asked".to_owned()));
}

#[tokio::test]
async fn who_signs_in_again_stays() {
    let app = TestApp::new().await;
    app.browser().sign_in("alice").await;
    assert!(matches!(leave(&app, "alice").await, Leaving::At(_)));
    app.pass(minutes(6 * 24 * 60)).await;
    // A wrong password is no sign-in.
    app.browser().type_password("alice", "wrong password here").await.refused(400);
    assert_eq!(app.rows("account_deletion").await, 1);
    app.browser().sign_in("alice").await;
    assert_eq!(app.rows("account_deletion").await, 0);
    app.pass(minutes(2 * 24 * 60)).await;
    assert_eq!(delete_due(&app.app).await.unwrap(), 0);
    app.browser().sign_in("alice").await;
    assert!(app.events().await.contains(&"deletion_taken_back".to_owned()));
}

#[tokio::test]
async fn who_has_asked_for_the_deletion_is_told_that_a_sign_in_has_taken_it_back() {
    let app = TestApp::with_mail().await;
    let mut browser = app.browser().sign_in("alice").await;
    assert!(matches!(leave(&app, "alice").await, Leaving::At(_)));
    // The browser is known, so that no letter says that there was a sign-in.
    browser.type_password("alice", PASSWORD).await.reply.expect(200);
    assert_eq!(app.letter_to("alice@example.com").await.subject, "Your account will not be deleted");
}

#[tokio::test]
async fn an_operator_who_enables_an_account_takes_its_deletion_back() {
    let app = TestApp::new().await;
    app.browser().sign_in("alice").await;
    assert!(matches!(leave(&app, "alice").await, Leaving::At(_)));
    let alice = app.person("alice").await.id;
    delete::disable(&app.app, &alice, false).await.unwrap();
    app.pass(minutes(8 * 24 * 60)).await;
    assert!(users::enable(&app.app, &alice).await.unwrap());
    assert_eq!(delete_due(&app.app).await.unwrap(), 0);
    assert!(app.find_user("alice").await.is_some());
    assert_eq!(app.events().await.last().map(String::as_str), Some("deletion_taken_back"));
}

#[tokio::test]
async fn the_data_are_downloaded_three_times_and_then_once_in_ten_minutes() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/data").await;
    for _ in 0..3 {
        press(&page, "export", &[], &mut browser).await.reply.expect(200);
    }
    press(&page, "export", &[], &mut browser).await.refused(429);
    app.browser().sign_in("bob").await;
}

/// Tables with rows of a person that their data leave out, and why.
const LEFT_OUT: [(&str, &str); 9] = [
    ("password_failure", "a count that is gone when they sign in"),
    ("code_try", "a count that is gone after an hour"),
    ("user_group_member", "nothing writes it yet"),
    ("user_attribute", "nothing writes it yet"),
    ("client_grant", "what it allows is in the applications"),
    ("authorization_code", "it goes after a minute"),
    ("revoked_access_token", "it names a token"),
    ("failed_sign_in", "of names that somebody has typed"),
    ("user_group", "nothing writes it yet"),
];

#[tokio::test]
async fn each_table_with_rows_of_people_is_in_their_data_or_left_out_for_a_reason() {
    let app = TestApp::new().await;
    let is_sqlite = app.app.config.database_url().to_string().starts_with("sqlite");
    let sql = match is_sqlite {
        true => {
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'user_id'"
        }
        false => {
            "SELECT table_name::text FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = current_schema()"
        }
    };
    let tables: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    // What reads each of them is a module of its name, but for these.
    let named = |table: &str| match table {
        "user_identifier" => "find_with_identifiers(".to_owned(),
        "user_role" => "role::of_user(".to_owned(),
        "totp" | "recovery_code" => "Enrolled::of(".to_owned(),
        "replaced_recovery_code" => "recovery_code::replaced_at(".to_owned(),
        "event" => "happened::newest(".to_owned(),
        "consent" => "consent::applications(".to_owned(),
        "account_deletion" => "account_deletion::".to_owned(),
        "invitation_use" => "invitation::used_at(".to_owned(),
        other => format!("{other}::"),
    };
    let source = include_str!("../../idp/src/account/export.rs");
    let left_out = |table: &str| LEFT_OUT.iter().any(|(name, _)| *name == table);
    let missing: Vec<_> =
        tables.iter().map(|row| &row.0).filter(|table| !left_out(table) && !source.contains(&named(table))).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[tokio::test]
async fn the_last_administrator_stays_however_the_order_is() {
    let app = TestApp::new().await;
    for name in ["alice", "bob"] {
        app.give_role(name, ADMINISTRATOR).await;
    }
    // Both may ask while there are two. Only one of them goes.
    for name in ["alice", "bob"] {
        app.browser().sign_in(name).await;
        assert!(matches!(leave(&app, name).await, Leaving::At(_)));
    }
    app.pass(minutes(8 * 24 * 60)).await;
    assert_eq!(delete_due(&app.app).await.unwrap(), 1);
    let left = if app.find_user("alice").await.is_some() { "alice" } else { "bob" };
    assert_eq!(delete_due(&app.app).await.unwrap(), 0);
    let mut browser = app.browser().sign_in(left).await;
    let page = browser.get("/account/data").await;
    let refused = press(&page, "delete", &[("sure", "yes")], &mut browser).await;
    assert!(refused.refused(400).text().contains("the only administrator"), "{}", refused.text());
    browser.get("/account/data").await.expect("data");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_and_the_deletion_at_one_moment_leave_one_of_both() {
    let app = TestApp::new().await;
    for round in 0..6 {
        let name = format!("person{round}");
        app.browser().sign_in(&name).await;
        assert!(matches!(leave(&app, &name).await, Leaving::At(_)));
        app.pass(minutes(8 * 24 * 60)).await;
        let (other, mut browser) = (app.app.clone(), app.browser());
        let page = browser.get("/sign-in").await.form().fill("identifier", &name).fill("password", PASSWORD);
        let deletion = tokio::spawn(async move { delete_due(&other).await.unwrap() });
        let signed_in = page.submit(&mut browser).await.reply.status == 200;
        let gone = deletion.await.unwrap();
        assert_eq!(u64::from(!signed_in), gone, "round {round}");
        assert_eq!(app.find_user(&name).await.is_some(), signed_in, "round {round}");
    }
}
