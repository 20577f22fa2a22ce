//! DX1, DX5, DX6, CV2, FB6: how people of products that move here sign in and out.

use latchkey::base::network::Network;
use latchkey::config::{RoleNetworks, SignUp};
use latchkey::server::jobs;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Passkey, RelyingParty, TestApp, answer_to, base64url, minutes};

const OLD_DOMAIN: &str = "old.example";

fn command(app: &TestApp, args: &[&str], input: &Value) -> Answer {
    let environment = [("LATCHKEY__PASSKEYS__RP_ID", OLD_DOMAIN)];
    answer_to(&app.app.config, &environment, &[&["user", "passkey"], args].concat(), &input.to_string())
}

/// A passkey of the product before, with the handle that it gave.
fn old_passkey(app: &TestApp, user_handle: &str) -> Passkey {
    let user_handle = user_handle.as_bytes().to_vec();
    Passkey { rp_id: OLD_DOMAIN.to_owned(), user_handle, ..Passkey::new(app) }
}

fn exported(passkey: &Passkey) -> Value {
    json!({
        "credential_id": base64url(&passkey.id), "public_key": base64url(&passkey.cose_key()), "counter": passkey.counter,
        "user_handle": base64url(&passkey.user_handle), "transports": ["internal", "hybrid"], "rp_id": OLD_DOMAIN,
    })
}

async fn sub_of(app: &TestApp, rp: &RelyingParty, passkey: &mut Passkey) -> Value {
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = browser.use_passkey(&page, passkey).await;
    let page = browser.go_on(page).await;
    rp.exchange(&page.code()).await.tokens().id_claims()["sub"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dx1_a_passkey_of_the_old_domain_with_a_handle_of_32_characters_signs_in_as_the_same_person() {
    let app = TestApp::with(|config| config.passkeys.rp_id = Some(OLD_DOMAIN.to_owned())).await;
    let rp = app.relying_party().await;
    let (alice, _) = (app.user("alice").await, app.user("bob").await);
    app.user("carol").await;
    let mut passkey = old_passkey(&app, "0123456789abcdef0123456789abcdef");
    let json = command(&app, &["add", "alice", "--json"], &exported(&passkey)).json();
    assert_eq!(json["credential_id"], base64url(&passkey.id));
    assert_eq!(sub_of(&app, &rp, &mut passkey).await, json!(alice.sub));
    assert!(app.events().await.contains(&"passkey_added".to_owned()));

    // Another one in the other form of a key, whose authenticator tells no handle.
    let mut other = old_passkey(&app, "an id");
    let spki = base64url(&other.key.public_key_to_der().unwrap());
    let mut document = exported(&other);
    document["public_key"] = json!(spki);
    document["name"] = json!(" Work \u{7} laptop ");
    command(&app, &["add", "alice"], &document).done();
    let mut browser = app.browser();
    let ceremony = browser.get("/sign-in").await.ceremony();
    let mut response = other.get(&ceremony.options);
    response["response"].as_object_mut().unwrap().remove("userHandle");
    ceremony.answer(&response).submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");

    // Many products ask for Ed25519 first: it comes in either form, too.
    let second = Passkey { key: PKey::generate_ed25519().unwrap(), ..old_passkey(&app, "another id") };
    let third = Passkey { key: PKey::generate_ed25519().unwrap(), ..old_passkey(&app, "a third id") };
    for (mut passkey, key) in
        [(second.clone(), second.cose_key()), (third.clone(), third.key.public_key_to_der().unwrap())]
    {
        let mut document = exported(&passkey);
        document["public_key"] = json!(base64url(&key));
        command(&app, &["add", "carol"], &document).done();
        app.browser().sign_in_by(&mut passkey).await.reply.expect(200);
    }

    // One credential is one account's.
    for name in ["alice", "bob"] {
        command(&app, &["add", name], &exported(&passkey)).refused(4, "A user has this passkey already");
    }
    let listed = command(&app, &["list", "alice", "--json"], &Value::Null).json();
    let rows = listed.as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[1]["name"], &rows[0]["synced"]),
        (2, &json!("Work  laptop"), &json!(true)),
        "{listed}"
    );
    assert!(rows[0]["last_used_at"].is_string(), "{listed}");
    let handle = rows[0]["passkey"].as_str().unwrap();
    command(&app, &["remove", "bob", handle], &Value::Null).refused(3, "The user has: none");
    command(&app, &["remove", "alice", handle], &Value::Null).done();
    let mut browser = app.browser();
    browser.sign_in_by(&mut passkey).await.refused(400);
    assert_eq!(app.rows("passkey").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dx1_h6_what_is_no_good_passkey_is_not_imported_and_nobody_gets_more_than_twenty() {
    let app = TestApp::with(|config| config.passkeys.rp_id = Some(OLD_DOMAIN.to_owned())).await;
    app.user("alice").await;
    let good = exported(&old_passkey(&app, "an id"));
    let mut off_the_curve = old_passkey(&app, "an id").cose_key();
    off_the_curve[12] ^= 1;
    for (member, value, word) in [
        ("public_key", json!(base64url(&off_the_curve)), "no point of its curve"),
        ("public_key", json!("AAAA"), "public_key: "),
        ("public_key", json!("a+b="), "base64url without padding"),
        ("credential_id", json!(""), "credential_id: "),
        ("credential_id", json!(base64url(&[1; 1024])), "credential_id: "),
        ("user_handle", json!(base64url(&[1; 65])), "user_handle: "),
        ("rp_id", json!("other.example"), "those here belong to"),
        ("aaguid", json!("none"), "aaguid: "),
        ("transports", json!([""]), "transports: "),
        ("backed_up", json!(true), "backup_eligible"),
        ("counter", json!(-1), "no passkey"),
        ("secret", json!("x"), "secret"),
    ] {
        let mut document = good.clone();
        document[member] = value;
        command(&app, &["add", "alice"], &document).refused(2, word);
    }
    command(&app, &["add", "nobody"], &good).refused(3, "No user found for nobody.");
    assert_eq!(app.rows("passkey").await, 0);
    for _ in 0..20 {
        command(&app, &["add", "alice", "--no-letter"], &exported(&old_passkey(&app, "an id"))).done();
    }
    command(&app, &["add", "alice"], &good).refused(4, "alice has 20 passkeys already");
    // Without a password the last passkey is the only way in.
    app.sql("DELETE FROM password").await;
    let listed = command(&app, &["list", "alice", "--json"], &Value::Null).json();
    let handles: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["passkey"].as_str().unwrap()).collect();
    for handle in &handles[1..] {
        command(&app, &["remove", "alice", handle], &Value::Null).done();
    }
    command(&app, &["remove", "alice", handles[0]], &Value::Null).refused(4, "the only way in");
}

#[tokio::test]
async fn cv2_a_password_and_a_code_are_told_as_what_they_are_and_the_code_counts_once() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let authenticator = app.browser().sign_in("alice").await.set_up_authenticator().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    let code = authenticator.code(&app);
    let page = page.expect("second-factor").form().fill("code", &code).submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let claims = rp.exchange(&page.code()).await.tokens().id_claims();
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    let mut again = app.browser();
    let page = again.type_password("alice", PASSWORD).await;
    page.expect("second-factor").form().fill("code", &code).submit(&mut again).await.refused(400);
    again.get("/account").await.expect("sign-in");
    app.pass(minutes(1)).await;
    let next = authenticator.code(&app);
    page.form().fill("code", &next).submit(&mut again).await.reply.expect(200);
}

#[tokio::test]
async fn fb6_a_sign_out_ends_the_tokens_and_the_person_stays_the_same() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let sub = tokens.id_claims()["sub"].clone();
    assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], true);
    browser.get(&format!("/end_session?id_token_hint={}", tokens.id_token.as_deref().unwrap())).await;
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert_eq!(rp.introspect(&tokens.access_token).await.json()["active"], false);
    assert_eq!(rp.introspect(tokens.refresh()).await.json()["active"], false);
    // What the person allowed stays: the next sign-in asks for the password alone.
    let page = browser.get(&rp.request().path()).await;
    let page = page.form().fill("identifier", "alice").fill("password", PASSWORD).submit(&mut browser).await;
    assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["sub"], sub);
}

#[tokio::test]
async fn dx5_a_visitor_has_a_subject_and_a_class_keeps_the_subject_with_a_passkey_and_unused_ones_vanish() {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let (rp, usual) = (app.trial().await, app.relying_party().await);
    let mut browser = app.browser();
    let tokens = browser.visit(&rp).await;
    let (sub, acr) = (tokens.id_claims()["sub"].clone(), tokens.id_claims()["acr"].clone());
    assert_eq!(acr, "0");
    let unused = app.browser().visit(&rp).await;
    // The visitor signs up, and a thief with the old cookie has nothing.
    let before = browser.cookies.clone();
    app.pass(minutes(1)).await;
    let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    assert_ne!(browser.cookies, before, "a sign-in has a cookie of its own");
    let mut thief = app.browser();
    thief.cookies = before;
    thief.get("/account").await.expect("sign-in");
    // The old tokens go on, and say how they came about; the next ones say more.
    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    assert_eq!((&refreshed.id_claims()["sub"], &refreshed.access_claims()["acr"]), (&sub, &json!("0")));
    assert!(refreshed.id_claims().get("email").is_none(), "{}", refreshed.id_claims());
    // What the visitor has allowed stays, but for scopes with data of the person: these are asked for again.
    browser.get(&rp.request().set("scope", "openid").set("prompt", "none").path()).await.code();
    let page = browser.get(&rp.request().path()).await;
    let page = page.expect("consent").form().fill("decision", "allow").submit(&mut browser).await;
    let claims = rp.exchange(&page.code()).await.tokens().id_claims();
    assert_eq!((&claims["sub"], &claims["acr"]), (&sub, &json!("urn:latchkey:acr:1fa")));
    assert_eq!(claims["email"], "dora@example.com");
    let page = browser.get(&usual.request().path()).await;
    assert_eq!(usual.exchange(&browser.go_on(page).await.code()).await.tokens().id_claims()["sub"], sub);
    // A passkey is one more way to the same account, from any browser.
    let mut passkey = browser.add_passkey(Passkey::new(&app)).await;
    let mut other = app.browser();
    let page = other.get(&rp.request().path()).await;
    let page = other.use_passkey(&page, &mut passkey).await;
    let claims = rp.exchange(&other.go_on(page).await.code()).await.tokens().id_claims();
    assert_eq!((&claims["sub"], &claims["acr"]), (&sub, &json!("phr")));
    // The other visitor never comes back.
    app.pass(minutes(31 * 24 * 60)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!((app.rows("user_account").await, app.rows("anonymous_account").await), (1, 0));
    assert_eq!(json!(app.person("dora@example.com").await.sub), sub);
    assert_ne!(unused.id_claims()["sub"], sub);
}

#[tokio::test]
async fn dx6_a_trusted_browser_skips_the_code_and_no_step_up_and_an_address_outside_the_rule_is_access_denied() {
    let office = vec![Network::parse("203.0.113.0/24").unwrap()];
    let rule = RoleNetworks { role: "support".to_owned(), allowed: office, denied: vec![] };
    let app = TestApp::with(|config| config.role_networks = vec![rule]).await;
    app.give_role("alice", "support").await;
    let rp = app.relying_party().await;
    let authenticator = app.browser().sign_in("alice").await.set_up_authenticator().await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let form = page.expect("second-factor").form().fill("code", &authenticator.code(&app)).fill("trust", "yes");
    form.submit(&mut browser).await.expect("");
    app.pass(minutes(6)).await;
    browser.type_password("alice", PASSWORD).await.expect("");
    let claims = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens().id_claims();
    assert_eq!(claims["amr"], json!(["pwd"]));
    let page = browser.get("/account/authenticator").await;
    page.expect("sign-in").form().fill("password", PASSWORD).submit(&mut browser).await.expect("second-factor");
    browser.address = [198, 51, 100, 9].into();
    let why = browser.get(&rp.request().path()).await.error("access_denied").param("error_description").unwrap();
    assert!(why.contains("network"), "{why}");
}
