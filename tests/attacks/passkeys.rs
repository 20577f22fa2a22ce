//! E1, E3, E4, E5, F4, H1, H2, H3, H4, H5, H6, X4. Passkeys: ceremonies that are replayed, bent or broken, and what a passkey is good for.

use std::collections::BTreeSet;

use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::harness::{Browser, PASSWORD, PRESENT, Passkey, TestApp, VERIFIED, base64url, from_base64url, minutes};
use latchkey::account::{delete, passkeys as account, users};
use latchkey::base::id::Id;
use latchkey::base::random::Random;
use latchkey::base::token::CookieSecret;
use latchkey::config::{Config, Issuer, SecondFactor};
use latchkey::login::session::SignIn;
use latchkey::oidc::claims::acr::Method;
use latchkey::outbound::names::Names;
use latchkey::server::boot::{self, Surroundings};
use latchkey::store::people::passkey as stored;

use super::ceremonies::{offered, refuses};

/// A person with a passkey, who is signed in in a first browser.
pub(super) async fn enrolled(app: &TestApp) -> (Browser, Passkey) {
    let mut browser = app.browser().sign_in("alice").await;
    let passkey = browser.add_passkey(Passkey::new(app)).await;
    (browser, passkey)
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_name_and_is_told_as_what_it_is() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let (mut first, mut passkey) = enrolled(&app).await;
    let mut bound = first.add_passkey(Passkey::bound(&app)).await;
    for (key, name) in [(&mut passkey, "swk"), (&mut bound, "hwk")] {
        let mut browser = app.browser();
        let page = browser.get(&rp.request().path()).await;
        let page = browser.use_passkey(&page, key).await;
        let page = browser.go_on(page).await;
        assert_eq!(rp.told(&page).await, (vec![name.to_owned(), "mfa".to_owned()], "phr".to_owned()));
    }
    // Where nothing is asked for, it leads to the front page; kept signed in, the session outlives the browser.
    let (mut browser, ceremony) = offered(&app).await;
    let response = passkey.get(&ceremony.options);
    ceremony.answer(&response).fill("keep", "yes").submit(&mut browser).await.reply.expect(200);
    browser.close();
    browser.get("/account").await.expect("account");
    let discovery: Value = serde_json::from_str(&app.get("/.well-known/openid-configuration").await.body).unwrap();
    assert!(discovery["acr_values_supported"].as_array().unwrap().contains(&"phr".into()));
}

#[tokio::test]
async fn what_the_browser_is_asked_is_what_the_policy_says() {
    let app = TestApp::new().await;
    let (mut browser, passkey) = enrolled(&app).await;
    let options = browser.get("/account/passkeys").await.ceremony().options;
    assert_eq!(options["rp"]["id"], "localhost");
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["timeout"], 300_000);
    let selection = &options["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(options["excludeCredentials"][0]["id"], base64url(&passkey.id));
    assert_eq!(from_base64url(options["user"]["id"].as_str().unwrap()).len(), 16);
    assert!(from_base64url(options["challenge"].as_str().unwrap()).len() >= 16);
    let (_, ceremony) = offered(&app).await;
    assert_eq!(ceremony.options["userVerification"], "required");
    assert_eq!(ceremony.options["allowCredentials"], json!([]));
    assert_ne!(ceremony.options["challenge"], offered(&app).await.1.options["challenge"]);
}

#[tokio::test]
async fn a_credential_of_another_system_signs_in_whatever_handle_it_has() {
    let app = TestApp::new().await;
    let alice = app.user("alice").await;
    let mut passkey = Passkey::new(&app);
    passkey.user_handle = b"a-handle-of-32-characters-length".to_vec();
    app.execute(format!(
        "INSERT INTO passkey (id, user_id, credential_id, public_key, rp_id, counter, created_at)
         VALUES ('1', '{}', '{}', '{}', 'localhost', 0, 0)",
        alice.id,
        base64url(&passkey.id),
        base64url(&passkey.cose_key()),
    ))
    .await;
    let mut browser = app.browser();
    browser.sign_in_by(&mut passkey).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    // What the first sign-in says of its backup is held to from then on.
    let bound = |key: &mut Passkey, options: &Value| {
        key.flags = PRESENT | VERIFIED;
        key.get(options)
    };
    refuses(&app, "bound of a sudden", bound, &passkey).await;
    let rename = browser.get("/account/passkeys").await;
    assert!(rename.text().contains("On several devices"), "{}", rename.text());
}

#[tokio::test]
async fn e5_passkeys_are_added_renamed_and_removed_only_after_a_step_up() {
    let app = TestApp::new().await;
    let mut hijacked = app.browser().sign_in("alice").await;
    let fresh = hijacked.get("/account/passkeys").await.ceremony();
    app.pass(minutes(6)).await;
    let asked = hijacked.get("/account/passkeys").await;
    assert!(asked.expect("sign-in").text().contains("please sign in again"), "{}", asked.text());
    fresh.answer(&Passkey::new(&app).create(&fresh.options)).submit(&mut hijacked).await.expect("sign-in");
    assert_eq!(app.rows("passkey").await, 0);
    asked.form().fill("password", PASSWORD).submit(&mut hijacked).await.expect("passkeys");
    let mut passkey = hijacked.add_passkey(Passkey::new(&app)).await;
    let page = hijacked.get("/account/passkeys").await;
    let handle = page.buttons("remove").remove(0);
    app.pass(minutes(6)).await;
    // From now on the password is not enough: not to remove the passkey, and not to set up an app.
    let forms = [page.form().fill("remove", &handle), page.form().fill("rename", &handle).fill("name", "mine")];
    for form in forms {
        form.submit(&mut hijacked).await.expect("sign-in");
    }
    let page = hijacked.get("/account/authenticator").await;
    let page = page.expect("sign-in").form().fill("password", PASSWORD).submit(&mut hijacked).await;
    assert!(page.expect("second-factor").text().contains("Use your passkey"), "{}", page.text());
    let sealed = page.ceremony().form.get("interaction").unwrap().to_owned();
    let set_up = format!("/second-factor/set-up?interaction={sealed}");
    hijacked.get(&set_up).await.expect("second-factor");
    page.ceremony().form.to("/second-factor/set-up").submit(&mut hijacked).await.expect("second-factor");
    hijacked.get("/account/authenticator").await.expect("sign-in");
    let page = hijacked.use_passkey(&page, &mut passkey).await;
    page.expect("authenticator");
    // Then it is: renamed, and removed.
    let page = hijacked.get("/account/passkeys").await;
    let renamed = page.form().fill("rename", &handle).fill("name", " My \u{7}phone ").submit(&mut hijacked).await;
    assert!(renamed.expect("passkeys").text().contains("My phone"), "{}", renamed.text());
    let removed = renamed.form().fill("remove", &handle).submit(&mut hijacked).await;
    assert!(removed.expect("passkeys").text().contains("The passkey is removed."), "{}", removed.text());
    assert_eq!(app.rows("passkey").await, 0);
    let kinds = app.events().await;
    for kind in ["passkey_added", "passkey_renamed", "passkey_removed"] {
        assert_eq!(kinds.iter().filter(|one| *one == kind).count(), 1, "{kind}");
    }
    refuses(&app, "removed", |key, options| key.get(options), &passkey).await;
}

#[tokio::test]
async fn e5_who_has_an_app_and_a_passkey_can_do_without_the_passkey() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let authenticator = browser.set_up_authenticator().await;
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    // A browser without the passkey: password and code are enough to manage the account, and so is a recovery code.
    let mut other = app.browser().sign_in_with("alice", &authenticator).await;
    other.get("/account/passkeys").await.expect("passkeys");
    let mut third = app.browser();
    let page = third.type_password("alice", PASSWORD).await;
    page.form().fill("recovery_code", &authenticator.recovery_codes[0]).submit(&mut third).await.reply.expect(200);
    third.get("/account/authenticator").await.expect("authenticator");
    // The passkey alone is, too, with no code after it.
    let mut fourth = app.browser();
    fourth.sign_in_by(&mut passkey).await.reply.expect(200);
    fourth.get("/account/authenticator").await.expect("authenticator");
    fourth.get("/account/recovery-codes").await.expect("recovery-codes");
}

#[tokio::test]
async fn e5_a_new_password_wants_the_passkey_of_who_has_no_app() {
    let app = TestApp::new().await;
    let (mut browser, mut passkey) = enrolled(&app).await;
    let form = browser.get("/account/password").await.expect("password").form();
    let form = form.fill("current", PASSWORD).fill("password", "seven calm otters sing");
    app.pass(minutes(6)).await;
    form.submit(&mut browser).await.expect("sign-in");
    let page = browser.get("/account/password").await;
    let page = page.expect("sign-in").form().fill("password", PASSWORD).submit(&mut browser).await;
    let page = browser.use_passkey(page.expect("second-factor"), &mut passkey).await;
    let form = page.expect("password").form().fill("current", PASSWORD).fill("password", "seven calm otters sing");
    let done = form.submit(&mut browser).await;
    assert!(done.expect("password").text().contains("Your password is changed"), "{}", done.text());
    app.browser().type_password("alice", PASSWORD).await.refused(400);
    app.browser().type_password("alice", "seven calm otters sing").await.reply.expect(200);
}

#[tokio::test]
async fn passkeys_of_another_domain_stop_the_start_until_they_are_given_up() {
    let app = TestApp::new().await;
    let (_, passkey) = enrolled(&app).await;
    let open = async |change: fn(&mut Config)| {
        let mut config = app.app.config.clone();
        change(&mut config);
        let surroundings = Surroundings {
            clock: app.clock.clone(),
            random: Random::System,
            durable: false,
            tray: None,
            names: Names::System,
        };
        boot::open(config, surroundings).await.map(drop).map_err(|error| format!("{error:#}"))
    };
    let refused = open(|config| config.passkeys.rp_id = Some("example.com".to_owned())).await.unwrap_err();
    for word in ["1 passkeys belong to localhost", "is now example.com", "passkeys.retired_rp_ids"] {
        assert!(refused.contains(word), "{refused}");
    }
    open(|_| ()).await.unwrap();
    let given_up = |config: &mut Config| {
        config.passkeys.rp_id = Some("example.com".to_owned());
        config.passkeys.retired_rp_ids = vec!["localhost".to_owned()];
    };
    open(given_up).await.unwrap();
    // With the other domain, the old passkey is none, whatever it says.
    let mut config = app.app.config.clone();
    given_up(&mut config);
    let moved = app.on(config).await;
    for rp_id in ["localhost", "example.com"] {
        let key = Passkey { rp_id: rp_id.to_owned(), ..passkey.clone() };
        refuses(&moved, rp_id, |_, options| key.clone().get(options), &key).await;
    }
    // It is no factor any more either: its person manages the account without it.
    let mut browser = moved.browser().sign_in("alice").await;
    let page = browser.get("/account/passkeys").await;
    assert!(!page.expect("passkeys").reply.body.contains("name=\"rename\""), "{}", page.text());
    let mut browser = moved.browser().sign_in("bob").await;
    assert_eq!(browser.get("/account/passkeys").await.ceremony().options["rp"]["id"], "example.com");
    let mut key = browser.add_passkey(Passkey { rp_id: "example.com".to_owned(), ..Passkey::new(&moved) }).await;
    moved.browser().sign_in_by(&mut key).await.reply.expect(200);
}

#[tokio::test]
async fn the_origins_that_may_use_our_passkeys_are_listed() {
    let app = TestApp::with(|config| {
        config.passkeys.related_origins = vec!["https://login.example.com".to_owned()];
    })
    .await;
    let reply = app.get("/.well-known/webauthn").await.expect(200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let listed: Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(listed, json!({ "origins": [app.app.config.issuer.origin(), "https://login.example.com"] }));
    // They are no origins of ours: a response of their pages is for their own servers.
    let (_, passkey) = enrolled(&app).await;
    let related = |key: &mut Passkey, options: &Value| {
        key.origin = "https://login.example.com".to_owned();
        key.get(options)
    };
    refuses(&app, "related", related, &passkey).await;
}

#[tokio::test]
async fn e5_a_session_that_is_too_old_or_has_ended_by_now_adds_and_removes_no_passkey() {
    let app = TestApp::new().await;
    let (_, passkey) = enrolled(&app).await;
    let (old, user) = (app.session_of("alice").await, app.person("alice").await);
    let stored = stored::of_user(&mut app.app.db.read().await.unwrap(), &user.id).await.unwrap();
    let there = stored.first().unwrap().clone();
    app.pass(minutes(6)).await;
    let browser = CookieSecret::new(&app.app.random);
    let sign_in = SignIn {
        user: &user,
        methods: &[Method::SoftwareKey],
        keep: false,
        browser: &browser,
        sid: None,
        user_agent: None,
        address: [127, 0, 0, 1].into(),
        proof: None,
        second: None,
        passkey: None,
        upstream: None,
        proven_at: None,
    };
    let another = stored::Passkey { id: app.app.id(), credential_id: "another".to_owned(), ..there.clone() };
    let removed = account::remove(&app.app, &old, &there.id).await.unwrap();
    assert_eq!(removed, account::Removed::NotThere, "the session is too old");
    assert!(account::add(&app.app, &old, &another, &sign_in).await.unwrap().is_none(), "the session is too old");
    assert_eq!(app.rows("passkey").await, 1);
    // A session that is recent enough does both.
    let mut passkey = passkey;
    app.browser().sign_in_by(&mut passkey).await;
    let session = app.session_of("alice").await;
    assert!(account::add(&app.app, &session, &another, &sign_in).await.unwrap().is_some());
    let session = app.session_of("alice").await;
    assert_eq!(account::remove(&app.app, &session, &there.id).await.unwrap(), account::Removed::Done);
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let app = TestApp::new().await;
    let (mut browser, mut passkey) = enrolled(&app).await;
    let alice = app.person("alice").await;
    app.execute(format!("DELETE FROM password WHERE user_id = '{}'", alice.id)).await;
    let page = browser.get("/account/passkeys").await;
    assert!(page.text().contains("no way left to sign in"), "{}", page.text());
    assert!(!page.reply.body.contains("name=\"remove\""));
    // Not by a form of one's own either: the handle is that of renaming.
    let handle = page.buttons("rename").remove(0);
    page.form().fill("remove", &handle).submit(&mut browser).await.expect("passkeys");
    assert_eq!(app.rows("passkey").await, 1);
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    // With a second one, either can go.
    browser.add_passkey(Passkey::bound(&app)).await;
    let page = browser.get("/account/passkeys").await;
    page.form().fill("remove", &handle).submit(&mut browser).await.expect("passkeys");
    assert_eq!(app.rows("passkey").await, 1);
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_that_an_operator_requires() {
    let app = TestApp::with(|config| config.login.second_factor = SecondFactor::Administrators).await;
    let rp = app.relying_party().await;
    let (mut browser, mut passkey) = enrolled(&app).await;
    app.give_role("alice", "administrator").await;
    // It is one by itself.
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    // After the password it is asked for, on the way to a client, too; no app can be set up in its place.
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut other).await;
    assert!(page.expect("second-factor").text().contains("Use your passkey"), "{}", page.text());
    other.get("/account").await.expect("sign-in");
    assert!(page.forms_to("/second-factor").is_empty(), "a form for codes that the account has not");
    let page = other.use_passkey(&page, &mut passkey).await;
    let page = other.go_on(page).await;
    assert_eq!(rp.told(&page).await.1, "phr");
    // And it cannot be removed.
    browser.sign_in_by(&mut passkey).await;
    let page = browser.get("/account/passkeys").await;
    assert!(page.text().contains("this passkey cannot be removed"), "{}", page.text());
    page.form().fill("remove", &page.buttons("rename")[0]).submit(&mut browser).await.expect("passkeys");
    assert_eq!(app.rows("passkey").await, 1);
}

#[tokio::test]
async fn e1_a_passkey_gives_a_new_cookie_when_it_is_added_and_when_it_signs() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut seen = BTreeSet::from([browser.cookies["sid"].clone()]);
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    assert!(seen.insert(browser.cookies["sid"].clone()), "a new cookie once the passkey is added");
    browser.get("/account/passkeys").await.expect("passkeys");
    browser.sign_in_by(&mut passkey).await;
    assert!(seen.insert(browser.cookies["sid"].clone()), "a new cookie once the passkey has signed");
}

#[tokio::test]
async fn e3_forms_of_passkeys_are_ours() {
    let app = TestApp::new().await;
    let (mut browser, mut passkey) = enrolled(&app).await;
    let (mut stranger, ceremony) = offered(&app).await;
    let response = passkey.get(&ceremony.options);
    ceremony.answer(&response).fill("csrf", "").submit(&mut stranger).await.refused(403);
    ceremony.answer(&response).fill("csrf", "x").submit(&mut stranger).await.refused(403);
    let adding = browser.get("/account/passkeys").await.ceremony();
    let response = Passkey::new(&app).create(&adding.options);
    adding.answer(&response).fill("csrf", "x").submit(&mut browser).await.refused(403);
    adding.answer(&response).fill("whose", "x").submit(&mut browser).await.expect("passkeys");
    assert_eq!(app.rows("passkey").await, 1);
}

#[tokio::test]
async fn e4_a_passkey_of_who_is_disabled_or_gone_opens_nothing() {
    let app = TestApp::new().await;
    let (_, passkey) = enrolled(&app).await;
    let alice = app.person("alice").await;
    delete::disable(&app.app, &alice.id, false).await.unwrap();
    refuses(&app, "disabled", |key, options| key.get(options), &passkey).await;
    users::enable(&app.app, &alice.id).await.unwrap();
    app.browser().sign_in_by(&mut passkey.clone()).await.reply.expect(200);
    // An operator removes all factors of who has lost them, passkeys with them.
    assert!(latchkey::account::factors::reset(&app.app, &alice.id).await.unwrap().is_any());
    refuses(&app, "reset", |key, options| key.get(options), &passkey).await;
    assert_eq!(app.rows("passkey").await, 0);
}

#[tokio::test]
async fn an_operators_reset_tells_the_person_which_factor_is_gone() {
    let app = TestApp::with_mail().await;
    enrolled(&app).await;
    let alice = app.person("alice").await;
    assert_eq!(told_by_reset(&app, &alice.id).await, ["A passkey was removed"]);
    app.browser().sign_in("alice").await.set_up_authenticator().await;
    assert_eq!(told_by_reset(&app, &alice.id).await, ["An authenticator app was removed"]);
}

/// The subjects of the letters that a reset causes.
async fn told_by_reset(app: &TestApp, user: &Id) -> Vec<String> {
    let before = app.letters_to("alice@example.com").await.len();
    assert!(latchkey::account::factors::reset(&app.app, user).await.unwrap().is_any());
    let letters = app.letters_to("alice@example.com").await;
    letters[before..].iter().map(|letter| letter.subject.clone()).collect()
}

#[tokio::test]
async fn f4_a_closed_password_does_not_close_the_passkey() {
    let app = TestApp::with(|config| config.login.throttle_close = 10).await;
    let (_, mut passkey) = enrolled(&app).await;
    let mut stranger = app.browser();
    for _ in 0..12 {
        stranger.type_password("alice", "wrong wrong wrong wrong").await;
        app.pass(minutes(2)).await;
    }
    stranger.type_password("alice", PASSWORD).await.refused(400);
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
}

#[tokio::test]
async fn an_account_has_twenty_passkeys_at_most() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut forms = Vec::new();
    for number in 0..20 {
        if number == 19 {
            forms.push(browser.get("/account/passkeys").await.ceremony());
        }
        browser.add_passkey(Passkey::new(&app)).await;
    }
    let page = browser.get("/account/passkeys").await;
    assert!(!page.reply.body.contains("data-ceremony"), "{}", page.reply.body);
    let response = Passkey::new(&app).create(&forms[0].options);
    forms[0].answer(&response).submit(&mut browser).await.refused(400);
    assert_eq!(app.rows("passkey").await, 20);
}

#[tokio::test]
async fn a_passkey_with_an_rsa_key_signs_in_as_those_of_windows_do() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::rsa(&app)).await;
    let mut browser = app.browser();
    browser.sign_in_by(&mut passkey).await.reply.expect(200);
    let page = browser.authorize(&rp).await;
    assert_eq!(rp.told(&page).await, (vec!["hwk".to_owned(), "mfa".to_owned()], "phr".to_owned()));
}

#[tokio::test]
async fn a_passkey_with_an_ed25519_key_is_made_and_signs_in() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut passkey = browser.add_passkey(Passkey::ed25519(&app)).await;
    app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    passkey.key = PKey::generate_ed25519().unwrap();
    for _ in 0..7 {
        app.browser().sign_in_by(&mut passkey).await.refused(400);
    }
    let failed = app.events().await.iter().filter(|kind| *kind == "passkey_failed").count();
    assert_eq!(failed, 5, "whoever knows the identifier of a passkey fills no log");
}

#[tokio::test]
async fn where_no_passkey_can_be_made_the_class_of_passkeys_is_not_offered() {
    let app = TestApp::with(|config| config.issuer = Issuer::parse("http://127.0.0.1:8080").unwrap()).await;
    let document: Value = serde_json::from_str(&app.get("/.well-known/openid-configuration").await.body).unwrap();
    assert_eq!(document["acr_values_supported"], json!(["0", "urn:latchkey:acr:1fa", "urn:latchkey:acr:2fa"]));
}

#[tokio::test]
async fn e5_the_passkey_of_a_stolen_phone_takes_the_sessions_that_it_began_with_it() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut here = app.browser().sign_in("alice").await;
    let mut passkey = here.add_passkey(Passkey::new(&app)).await;
    let mut thief = app.browser();
    thief.sign_in_by(&mut passkey).await.expect("");
    let code = thief.go_through(&rp.request().set("scope", "openid offline_access")).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    // Another passkey that the thief adds in it changes nothing.
    thief.add_passkey(Passkey::new(&app)).await;
    // The owner proves it once more, by the same passkey, and removes it.
    app.pass(minutes(6)).await;
    let page = here.get("/account/passkeys").await;
    here.use_passkey(page.expect("sign-in"), &mut passkey).await.expect("passkeys");
    let page = here.get("/account/passkeys").await;
    let done = page.press("remove").submit(&mut here).await;
    assert!(done.expect("passkeys").text().contains("signed in with it are signed out"), "{}", done.text());
    thief.get("/account").await.expect("sign-in");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    here.get("/account").await.expect("account");
    assert_eq!(app.rows("passkey").await, 1, "the owner sees that of the thief, too: {}", done.text());
}

#[tokio::test]
async fn a_passkey_that_an_operator_removes_ends_all_sessions_that_it_began() {
    let app = TestApp::new().await;
    let mut first = app.browser().sign_in("alice").await;
    let mut passkey = first.add_passkey(Passkey::new(&app)).await;
    let mut second = app.browser();
    second.sign_in_by(&mut passkey).await.expect("");
    let user = app.person("alice").await.id;
    let row = latchkey::store::people::passkey::of_user(&mut app.app.db.read().await.unwrap(), &user).await.unwrap();
    latchkey::account::passkeys::remove_of(&app.app, &user, &row[0].id).await.unwrap();
    second.get("/account").await.expect("sign-in");
    first.get("/account").await.expect("account");
}
