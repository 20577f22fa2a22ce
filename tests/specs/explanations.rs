//! Why a request was refused: the code that is shown for it, and what `latchkey explain` says.

use http::Request;
use latchkey::account::{delete, edit};
use latchkey::base::clock::Timestamp;
use latchkey::base::network::Network;
use latchkey::base::reference::Reference;
use latchkey::login::identifier::parse_email;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::clients::consent::Withdraw;
use latchkey::store::installation::explanation;
use serde_json::Value;

use crate::harness::{
    Answer, Authorize, Browser, PASSWORD, Page, Passkey, RelyingParty, Reply, TestApp, answer, answer_to, code_in,
    form_encode, keep_log, kept_log, minutes, seconds, sender,
};
use crate::journeys::username_alone::{account, by_name, prove, recover, stranger};

const RECOVERY: &str = "/forgot-password/recovery-code";

/// The code in a text that a person or a developer was shown.
fn code_of(text: &str) -> Option<String> {
    let letter = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let is_code = |part: &&[u8]| part[4] == b'-' && part[..4].iter().chain(&part[5..]).all(letter);
    let text = text.split("mention the code").nth(1).or_else(|| text.split("(reference").nth(1))?;
    let found = text.as_bytes().windows(9).find(is_code)?;
    Some(String::from_utf8(found.to_vec()).unwrap())
}

fn explain(app: &TestApp, code: &str) -> Answer {
    answer(&app.app.config, &["explain", code])
}

/// The code in a refusal, which must have one.
#[track_caller]
fn code(shown: &str) -> String {
    code_of(shown).unwrap_or_else(|| panic!("a code in {shown}"))
}

/// Expects that the explanation under the code in this text says these words, and none of these secrets.
#[track_caller]
fn explained(app: &TestApp, shown: &str, words: &[&str], secrets: &[&str]) {
    let told = explain(app, &code(shown)).done();
    for word in words {
        assert!(told.contains(word), "{word:?} in {told}");
    }
    no_secret(&told, secrets);
}

/// No secret, and nothing that is as long as a token.
fn no_secret(told: &str, secrets: &[&str]) {
    for secret in secrets.iter().chain(&["lk_", "eyJ", "Basic ", "Bearer ", "v1.", PASSWORD, "hunter2"]) {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    let longest = told.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').map(str::len).max();
    assert!(longest < Some(43), "something as long as a token in {told}");
}

/// What is stored, as it is stored.
async fn stored(app: &TestApp) -> String {
    let sql = "SELECT reference || ' ' || about || ' ' || COALESCE(client_id, '') || ' ' || steps FROM explanation";
    let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    rows.into_iter().map(|row| row.0).collect::<Vec<_>>().join("\n")
}

/// The steps under the code in this text, as they are stored: for a test that has a clock of its own.
async fn kept(app: &TestApp, shown: &str) -> String {
    let reference = Reference::parse(&code(shown)).unwrap();
    let mut conn = app.app.db.read().await.unwrap();
    let found =
        explanation::find(&mut conn, &reference, Timestamp::from_seconds(0), seconds(0)).await.unwrap().unwrap();
    found.steps.iter().map(|step| format!("{}: {}", step.of, step.says)).collect::<Vec<_>>().join("\n")
}

fn description(page: &Page) -> String {
    page.param("error_description").unwrap_or_default()
}

async fn ask(app: &TestApp, request: &Authorize) -> String {
    app.browser().get(&request.path()).await.text()
}

async fn type_password(browser: &mut Browser, name: &str, password: &str) -> Page {
    let page = browser.get("/sign-in?account=another").await;
    page.form().fill("identifier", name).fill("password", password).submit(browser).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_authorization_that_gets_a_page_is_explained() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let good = rp.request();
    for (name, value, words) in [
        ("client_id", "nobody", &["authorization request", "No client with this client_id", "What came: nobody"][..]),
        ("client_id", "", &["does not say which client"]),
        ("redirect_uri", "", &["does not say where the answer goes"]),
        (
            "redirect_uri",
            "https://rp.example/callback/",
            &["FAIL redirect_uri", "at character 28: \"/\" instead of nothing more", rp.id()],
        ),
        ("redirect_uri", "https://rp.example/Callback", &["at character 20: \"C\" instead of \"c\"", "Only capital"]),
        ("redirect_uri", "http://rp.example/callback", &["at character 5: \":\" instead of \"s\""]),
        ("redirect_uri", "https://rp.example/c\u{430}llback", &["U+0430 instead of \"a\""]),
        ("redirect_uri", "https://rp.example/callback?t=hunter2", &["at character 28: \"?\""]),
    ] {
        explained(&app, &ask(&app, &good.clone().set(name, value)).await, words, &[]);
    }
    app.sql("UPDATE client SET disabled_at = 1").await;
    explained(&app, &ask(&app, &good).await, &["The client is disabled", "latchkey client enable"], &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_authorization_that_goes_back_to_the_client_is_explained() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let strict = app.client(ClientKind::Web, |client| client.metadata.require_second_factor = true).await;
    let denied = app
        .client(ClientKind::Web, |client| {
            client.metadata.denied_networks = vec![Network::parse("203.0.113.0/24").unwrap()]
        })
        .await;
    let mut browser = app.browser();
    let good = rp.request();
    let silent = || good.clone().set("prompt", "none");
    for (request, words) in [
        (good.clone().without("code_challenge"), &["code_challenge", "What came: nothing"][..]),
        (good.clone().set("code_challenge_method", "plain"), &["What came: plain. What was expected: S256"]),
        (good.clone().set("code_challenge", "short"), &["What came: 5 characters", "43 characters"]),
        (good.clone().set("scope", "martian"), &["invalid_scope", "What came: martian"]),
        (good.clone().without("scope"), &["invalid_scope", "What came: nothing"]),
        (good.clone().set("prompt", "create"), &["What came: create", "(login.sign_up)"]),
        (
            good.clone().set("prompt", "martian"),
            &["What came: martian", "one of none, login, consent, select_account."],
        ),
        (good.clone().set("resource", "https://api.example"), &["invalid_target", "https://api.example"]),
        (good.clone().set("request", "eyJhbGciOiJub25lIn0.e30."), &["request_not_supported"]),
        (silent(), &["login_required", "ok   redirect_uri", "nobody is signed in"]),
        (silent().set("id_token_hint", "x"), &["login_required", "id_token_hint"]),
        (denied.request(), &["access_denied", "203.0.113.0/24, which is denied"]),
    ] {
        let page = browser.get(&request.path()).await;
        assert!(code_of(&description(&page)).is_some(), "{} leads to {}", request.path(), page.url);
        explained(&app, &description(&page), words, &[]);
    }
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&silent().path()).await;
    let words = ["consent_required", "a consent to", "none that is remembered"];
    explained(&app, &description(page.error("consent_required")), &words, &[]);
    browser.authorize(&rp).await.code();
    app.sql("UPDATE session SET auth_time = auth_time - 100000000").await;
    let page = browser.get(&silent().set("max_age", "90").path()).await;
    let words = ["login_required", "one within 90 s", "s too old"];
    explained(&app, &description(page.error("login_required")), &words, &[]);
    let page = browser.get(&strict.request().set("prompt", "none").path()).await;
    let words = ["FAIL second factor", "a sign-in by pwd (urn:latchkey:acr:1fa)"];
    explained(&app, &description(page.error("login_required")), &words, &[]);
    let two = "urn:latchkey:acr:2fa";
    let page = browser.get(&silent().set("acr_values", two).path()).await;
    let expected = format!("What was expected: {two}. The account has no second factor; the sign-in page would have");
    let words = ["FAIL acr_values", "a sign-in by pwd (urn:latchkey:acr:1fa)", &expected];
    explained(&app, &description(page.error("login_required")), &words, &[]);
    let page = browser.get(&good.clone().set("acr_values", "phr").path()).await;
    let words = ["What was expected: phr. The account has no passkey."];
    explained(&app, &description(page.error("unmet_authentication_requirements")), &words, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_who_is_no_answer_is_explained() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.login.sign_up = latchkey::config::SignUp::Open;
    let app = app.on(config).await;
    let (rp, usual) = (app.trial().await, app.relying_party().await);
    let mut browser = app.browser();
    browser.visit(&rp).await;
    for request in [usual.request(), rp.request().set("max_age", "60")] {
        let page = browser.get(&request.set("prompt", "none").path()).await;
        let words = ["The anonymous account of this browser is no answer"];
        explained(&app, &description(page.error("login_required")), &words, &[]);
    }
    let mut other = app.browser();
    let form = other.get(&usual.request().path()).await.form_to("/sign-in").to("/sign-in/anonymous");
    let refused = form.submit(&mut other).await;
    explained(&app, &refused.refused(403).text(), &["a client without anonymous_accounts"], &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_for_tokens_is_explained() {
    let app = TestApp::beside_a_process().await;
    let (rp, spa) = (app.relying_party().await, app.spa().await);
    let mut browser = app.browser().sign_in("alice").await;
    let told = |reply: &Reply, words: &[&str], secrets: &[&str]| {
        let description = reply.json()["error_description"].as_str().unwrap().to_owned();
        explained(&app, &description, words, &[secrets, &[rp.secret(), &rp.verifier]].concat());
    };
    let code = browser.authorize(&rp).await.code();
    let wrong = "w".repeat(43);
    let uri = rp.redirect_uri();
    let words = [
        "token request",
        rp.id(),
        "ok   client: The client has proven its secret",
        "What came: another one, of 43 bytes",
    ];
    told(&rp.exchange_with(&code, uri, &wrong).await, &words, &[&code, &wrong]);
    let words = ["redirect_uri", "at character 28: \"2\" instead of nothing more"];
    told(&rp.exchange_with(&code, "https://rp.example/callback2", &rp.verifier).await, &words, &[&code]);
    told(&rp.exchange_with(&code, uri, "").await, &["code_verifier is missing"], &[&code]);
    told(&rp.exchange(&code).await, &["after 3 wrong exchanges"], &[&code]);
    told(&rp.exchange("hunter2").await, &["The code is not known", "no token of this provider"], &[]);
    let code = browser.authorize(&rp).await.code();
    told(&spa.exchange(&code).await, &["The code was made for another client", spa.id()], &[&code]);
    app.pass(seconds(75)).await;
    told(
        &rp.exchange(&code).await,
        &["The code has expired", "s after its end", "tokens.authorization_code"],
        &[&code],
    );
    let code = browser.authorize(&rp).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    told(&rp.exchange(&code).await, &["The code was used before", "exchanged 0 s ago"], &[&code]);
    let words = [
        "What the refresh token stands for has ended",
        "FAIL grant",
        "ended 0 s ago: its authorization code came twice",
    ];
    told(&rp.refresh(tokens.refresh()).await, &words, &[tokens.refresh()]);
    let (code, own) = (browser.authorize(&rp).await.code(), rp.challenge.clone());
    let without = [("grant_type", "authorization_code"), ("code", &*code), ("code_verifier", &*rp.verifier)];
    let words = ["redirect_uri is not the one", "What came: nothing. What was expected: https://rp.example/callback."];
    told(&rp.post("/token", &without).await, &words, &[&code, "They differ"]);
    told(&rp.exchange_with(&code, uri, &own).await, &["What came: the code_challenge itself"], &[&code, &own]);
    told(&rp.exchange_with(&code, uri, "short").await, &["one of 5 bytes, and a verifier has 43 to 128"], &[&code]);
    let code = browser.authorize(&rp).await.code();
    let odd = "ü".repeat(40);
    told(&rp.exchange_with(&code, uri, &odd).await, &["of 80 bytes, with characters that no verifier has"], &[&code]);
    told(&rp.refresh(&code).await, &["an authorization code", "a refresh token of this client"], &[&code]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_is_refused_is_explained() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    let told = |reply: &Reply, words: &[&str], secret: &str| {
        explained(&app, reply.json()["error_description"].as_str().unwrap(), words, &[secret]);
    };
    let token = async || rp.tokens_of("alice").await.refresh().to_owned();
    let first = token().await;
    let second = rp.refresh(&first).await.tokens().refresh().to_owned();
    rp.refresh(&second).await.tokens();
    app.pass(minutes(2)).await;
    told(&rp.refresh(&first).await, &["was used before", "the newest of its family was made 12"], &first);
    let idle = token().await;
    app.sql("UPDATE refresh_family SET idle_expires_at = 1000000").await;
    told(&rp.refresh(&idle).await, &["has expired", "tokens.refresh_idle"], &idle);
    app.sql("UPDATE refresh_family SET expires_at = 1000000").await;
    told(&rp.refresh(&idle).await, &["has expired", "tokens.refresh_absolute"], &idle);
    let ended = token().await;
    app.sql("UPDATE user_account SET disabled_at = 1").await;
    told(&rp.refresh(&ended).await, &["FAIL grant", "a user who is disabled"], &ended);
    app.sql("UPDATE user_account SET disabled_at = NULL, generation = generation + 1").await;
    told(&rp.refresh(&ended).await, &["a user who was signed out everywhere"], &ended);
    let ended = token().await;
    app.sql("UPDATE session SET ended_at = 1").await;
    told(&rp.refresh(&ended).await, &["a session that was ended"], &ended);
    let more = [("grant_type", "refresh_token"), ("refresh_token", &*token().await), ("scope", "openid phone")];
    told(&rp.post("/token", &more).await, &["invalid_scope", "What came: openid phone"], more[1].1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ended_a_grant_is_explained() {
    let app = TestApp::beside_a_process().await;
    let rp = app.spa().await;
    let told = async |token: &str, words: &[&str]| {
        let reply = rp.refresh(token).await;
        explained(&app, reply.json()["error_description"].as_str().unwrap(), words, &[token]);
    };
    let revoked = rp.tokens_of("alice").await;
    let replayed = rp.tokens_of("alice").await;
    rp.revoke(revoked.refresh()).await.expect(200);
    told(revoked.refresh(), &["a grant that was ended 0 s ago: the client revoked it (grant_revoked)"]).await;
    let newest = rp.refresh(replayed.refresh()).await.tokens().refresh().to_owned();
    let last = rp.refresh(&newest).await.tokens().refresh().to_owned();
    app.pass(minutes(2)).await;
    rp.refresh(replayed.refresh()).await.error("invalid_grant");
    told(&last, &["a refresh token came again that was replaced before (refresh_token_replayed)"]).await;
    let withdrawn = rp.tokens_of("alice").await;
    let withdraw = Withdraw { user: app.person("alice").await.id, client_row: rp.client.id.clone() };
    app.app.db.write(withdraw).await.unwrap();
    told(withdrawn.refresh(), &["took the application's access away (consent_withdrawn)"]).await;
    let other = rp.tokens_of("alice").await;
    app.sql("UPDATE client_grant SET ended_at = 1 WHERE ended_at IS NULL").await;
    app.sql("DELETE FROM event").await;
    told(other.refresh(), &["the event that says by what is no longer kept"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_of_a_person_is_explained_with_what_was_asked() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let page = page.expect("consent").form().fill("decision", "deny").submit(&mut browser).await;
    let words = ["FAIL consent", "access_denied", "a no by the person"];
    explained(&app, &description(page.error("access_denied")), &words, &[]);
    let mut config = app.app.config.clone();
    config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
    config.terms.version = Some("2026".to_owned());
    let app = app.on(config).await;
    let mut browser = browser.on(&app);
    let page = browser.get(&rp.request().path()).await;
    let page = page.expect("terms").form_to("/terms").fill("decision", "deny").submit(&mut browser).await;
    let page = browser.go_on(page).await;
    let words = ["FAIL terms", "access_denied", "a no to version 2026 of the terms of service"];
    explained(&app, &description(page.error("access_denied")), &words, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn which_secret_a_client_has_tried_is_explained() {
    let app = TestApp::beside_a_process().await;
    let (service, other) = (app.service().await, app.service().await);
    let tried = async |secret: &str, words: &[&str]| {
        let form = [("grant_type", "client_credentials"), ("client_id", service.id()), ("client_secret", secret)];
        let reply = app.post("/token", &form).await.error("invalid_client");
        explained(&app, reply.json()["error_description"].as_str().unwrap(), words, &[secret.trim()]);
    };
    let words =
        ["What came: the right one, with blanks or a line break beside it. What was expected: the registered one."];
    tried(&format!("{} ", service.secret()), &words).await;
    tried(&format!("{}\n", service.secret()), &words).await;
    tried(other.secret(), &[&format!("What came: a secret of the client {}", other.id())]).await;
    tried("hunter2", &["What came: another one."]).await;
    app.sql("UPDATE client_secret SET expires_at = 1000000").await;
    app.app.remembered_clients.forget();
    tried(service.secret(), &["What came: its secret", ", which expired", "one that was registered; there is none"])
        .await;
    let twice = [("client_id", service.id()), ("client_secret", "hunter2"), ("grant_type", "client_credentials")];
    let reply = app.post_with("/token", &twice, &[("authorization", &service.basic())]).await;
    let words = ["two of a header, client_secret and client_assertion, from", service.id()];
    explained(&app, reply.json()["error_description"].as_str().unwrap(), &words, &[service.secret()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_authenticate_is_explained_at_every_endpoint() {
    let app = TestApp::beside_a_process().await;
    let (rp, spa, service) = (app.relying_party().await, app.spa().await, app.service().await);
    let body =
        |id: &'static str| [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", "hunter2")];
    let told = |reply: Reply, words: &[&str]| {
        let reply = reply.error("invalid_client");
        explained(&app, reply.json()["error_description"].as_str().unwrap(), words, &[service.secret()]);
    };
    told(app.post("/token", &body("nobody")).await, &["What came: nobody", "the id of a registered client"]);
    let wrong = [("client_id", rp.id()), ("client_secret", "hunter2"), ("token", "x")];
    for path in ["/token", "/revoke", "/introspect"] {
        told(app.post(path, &wrong).await, &[rp.id(), "FAIL client_secret", "What came: another one"]);
    }
    let none = [("grant_type", "refresh_token"), ("client_id", rp.id())];
    let words = ["What came: none. What was expected: client_secret_basic or client_secret_post"];
    told(app.post("/token", &none).await, &words);
    let basic = service.basic().replace("Basic ", "Basic x");
    told(app.post_with("/token", &[], &[("authorization", &basic)]).await, &["credentials are malformed"]);
    let assertion = [("client_id", rp.id()), ("client_assertion", "eyJhbGciOiJub25lIn0.e30.")];
    told(app.post("/token", &assertion).await, &["Client assertions are not offered"]);
    let reply = spa.post("/token", &[("grant_type", "client_credentials")]).await;
    let words = ["ok   client: The client is registered without a secret", "unauthorized_client", "grant_type"];
    explained(&app, reply.json()["error_description"].as_str().unwrap(), &words, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_by_password_is_explained_to_the_operator_alone() {
    let app = TestApp::beside_a_process().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let mut pages = Vec::new();
    let mut told = async |name: &str, password: &str, words: &[&str]| {
        let page = type_password(&mut browser, name, password).await;
        explained(&app, &page.text(), words, &[name, password]);
        pages.push(page.text());
    };
    told("nobody-here", "a wrong one", &["sign-in", "a name that nobody has"]).await;
    told("alice", "a wrong one", &["What came: another password"]).await;
    app.sql("UPDATE user_account SET disabled_at = 1").await;
    told("alice", PASSWORD, &["What came: a disabled user"]).await;
    app.sql("UPDATE user_account SET disabled_at = NULL").await;
    app.sql("DELETE FROM password").await;
    told("alice", PASSWORD, &["What came: a user without a password"]).await;
    told(&"x".repeat(5000), "a wrong one", &["more than any name or password can have"]).await;
    // The pages say the same but for the code.
    let without = |text: &String| text.replace(&code(text), "");
    assert!(pages.windows(2).all(|pair| without(&pair[0]) == without(&pair[1])), "{pages:?}");
    for _ in 0..4 {
        type_password(&mut browser, "bob", "a wrong one").await;
    }
    let page = type_password(&mut browser, "bob", "a wrong one").await;
    let page = if page.reply.status.as_u16() == 429 { page } else { type_password(&mut browser, "bob", "x").await };
    explained(&app, &page.text(), &["too many tries with this name", "counts from 20"], &["bob"]);
    // Nothing was typed that could be judged.
    assert_eq!(code_of(&type_password(&mut browser, "alice", "").await.text()), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_that_is_refused_is_explained() {
    // Codes are of half a minute each: the clock must not go on while a busy machine takes its time.
    let app = TestApp::new().await;
    let mut first = app.browser().sign_in("alice").await;
    let authenticator = first.set_up_authenticator().await;
    app.pass(minutes(5)).await;
    let now = || app.app.now().micros() / 30_000_000;
    let attempt = async |field: &str, typed: &str, words: &[&str]| {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        let page = page.form().fill(field, typed).submit(&mut browser).await;
        let told = kept(&app, &page.text()).await;
        assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
        no_secret(&told, &[typed]);
    };
    attempt("code", &authenticator.wrong_code(&app), &["totp: The code is of no step within 10 minutes"]).await;
    attempt("code", &authenticator.code_at(now() - 5), &["ago: the clock of the device", "is off by"]).await;
    attempt("code", &authenticator.code_at(now() + 6), &["from now: the clock of the device"]).await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    attempt("code", &code, &["The code is right, and it, or a later one, was used before"]).await;
    attempt("recovery_code", "12345", &["is no recovery code: letters are missing"]).await;
    attempt("recovery_code", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", &["no recovery code of this account"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passkeys_codes_from_letters_and_set_ups_that_are_refused_are_explained() {
    let app = TestApp::with_second_factors().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let mut stranger = Passkey::new(&app);
    let page = browser.get("/sign-in").await;
    let refused = browser.use_passkey(&page, &mut stranger).await.text();
    assert!(kept(&app, &refused).await.contains("Nobody has this passkey here"), "{refused}");
    let page = browser.get("/sign-in/mail").await;
    let page = page.form().fill("email", "alice@example.com").submit(&mut browser).await;
    let right = code_in(&app.letter_to("alice@example.com").await);
    let other = if right == "000000" { "000001" } else { "000000" };
    let refused = page.form().fill("code", other).submit(&mut browser).await.text();
    let told = kept(&app, &refused).await;
    assert!(told.contains("The code from the letter is another one"), "{told}");
    no_secret(&told, &[&right, other]);
    let page = page.form().fill("code", &right).submit(&mut browser).await;
    let refused = page.expect("set-up").form().fill("code", "000000").submit(&mut browser).await.text();
    assert!(kept(&app, &refused).await.contains("totp: The code is of no step"), "{refused}");
}

#[tokio::test]
async fn every_page_that_refuses_an_interaction_or_a_link_shows_a_code() {
    let app = TestApp::with(|config| config.login.sign_up = latchkey::config::SignUp::Open).await;
    let mut browser = app.browser().sign_in("alice").await;
    let mut refused = Vec::new();
    for page in latchkey::site::page::Page::ALL.iter().map(|page| page.path()) {
        let answer = browser.get(&format!("{page}?interaction=v1.k1.garbage&token=x&id_token_hint=x")).await;
        let status = answer.reply.status.as_u16();
        if (400..500).contains(&status) && status != 405 {
            assert!(code_of(&answer.text()).is_some(), "{page} answers {status} without a code: {}", answer.text());
            refused.push(page);
        }
    }
    for page in ["/terms", "/passkey-offer", "/consent", "/set-password", "/sign-up", "/end_session", "/sign-in/mail"] {
        assert!(refused.contains(&page), "{page} is not among {refused:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_that_is_refused_shows_a_code_whoever_has_the_name() {
    let app = TestApp::new().await;
    app.user("alice").await;
    let mut browser = app.browser();
    let mut pages = Vec::new();
    for (name, typed) in [("nobody-here", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA"), ("alice", "12345")] {
        let form = browser.get("/forgot-password/recovery-code").await.form_to("/forgot-password/recovery-code");
        let page = form.fill("identifier", name).fill("recovery_code", typed).submit(&mut browser).await;
        let told = kept(&app, &page.refused(400).text()).await;
        assert!(told.contains("The name and the recovery code do not set a password"), "{told}");
        no_secret(&told, &[name, typed]);
        pages.push(page.text_without_code().replace(name, ""));
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_recovery_code_that_sets_no_password_is_explained() {
    let app = by_name(|config| config.mail.from = Some(sender())).await;
    let (mut owner, codes) = account(&app, "ada").await;
    let (_, others) = account(&app, "bob").await;
    let attempt = async |n: u8, name: &str, typed: &str, words: &str| {
        let page = recover(&mut stranger(&app, n), name, typed).await;
        let told = kept(&app, &page.refused(400).text()).await;
        assert!(told.contains(words), "{words:?} in {told}");
        no_secret(&told, &[typed]);
    };
    attempt(1, "nobody-here", &codes[0], "identifier: Nobody has this name here").await;
    attempt(2, "ada", "12345", "is no recovery code: letters are missing").await;
    attempt(3, "ada", &others[0], "is no recovery code of this account").await;
    recover(&mut stranger(&app, 4), "ada", &codes[0]).await.reply.expect(200);
    attempt(5, "ada", &codes[0], "The code was used before").await;
    // Two pages with one code: the second one is too late.
    let pages = [prove(&mut owner, "ada", &codes[1]).await, prove(&mut owner, "ada", &codes[1]).await];
    let [first, second] = pages.map(|page| page.form_to(RECOVERY).fill("password", PASSWORD));
    first.submit(&mut owner).await.reply.expect(200);
    app.pass(minutes(2)).await;
    let told = kept(&app, &second.submit(&mut owner).await.refused(400).text()).await;
    assert!(told.contains("The code was used before"), "{told}");
    edit::add_identifiers(
        &app.app,
        &app.person("ada").await.id,
        vec![parse_email("ada@example.com", Some(app.app.now())).unwrap()],
    )
    .await
    .unwrap()
    .unwrap();
    app.pass(minutes(8 * 24 * 60)).await;
    attempt(7, "ada", &codes[2], "has had an email address for more than seven days").await;
    delete::disable(&app.app, &app.person("bob").await.id, false).await.unwrap();
    attempt(8, "bob", &others[0], "The account is disabled").await;
}

#[tokio::test]
async fn a_sign_out_that_is_refused_is_explained() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let nowhere = form_encode(&[("post_logout_redirect_uri", "https://rp.example/nowhere"), ("client_id", rp.id())]);
    for (query, words) in [
        (&*nowhere, &["has not registered this post_logout_redirect_uri", "They differ at character"][..]),
        ("id_token_hint=x", &["The id_token_hint is no ID token of this provider"]),
        ("state=1&state=2", &["A parameter came more than once"]),
        (&*format!("state={}", "x".repeat(5000)), &["A parameter is longer"]),
    ] {
        let shown = browser.get(&format!("/end_session?{query}")).await.text();
        let told = kept(&app, &shown).await;
        assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
    }
}

#[tokio::test]
async fn q3_silent_renewals_take_no_code_from_anybody_else() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    let silent = rp.request().set("prompt", "none").path();
    let mut codes = 0;
    for _ in 0..100 {
        let page = app.browser().get(&silent).await;
        codes += usize::from(code_of(&description(page.error("login_required"))).is_some());
    }
    assert_eq!(codes, 5, "of one client in one network");
    assert_eq!(app.rows("explanation").await, 5);
    let page = type_password(&mut app.browser(), "alice", "a wrong one").await;
    assert!(code_of(&page.refused(400).text()).is_some(), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_configuration_keeps_longer_is_not_removed() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.log.explanations_kept = seconds(0);
    let silent = app.on(config.clone()).await;
    config.log.explanations_kept = minutes(60);
    let brief = app.on(config).await;
    let bad = app.relying_party().await.request().set("client_id", "nobody");
    let (long, short) = (ask(&app, &bad).await, ask(&brief, &bad).await);
    let sweep = async || {
        for app in [&silent, &brief, &app] {
            latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
        }
    };
    sweep().await;
    assert_eq!(app.rows("explanation").await, 2);
    let of = async |kept: &str, shown: &str| {
        let kept = [("LATCHKEY__LOG__EXPLANATIONS_KEPT", kept)];
        answer_to(&app.app.config, &kept, &["explain", &code(shown)], "")
    };
    assert!(of("0s", &short).await.done().contains("What came: nobody"));
    app.sql("UPDATE explanation SET at = at - 7200000000, kept_until = kept_until - 7200000000").await;
    explain(&app, &code(&short)).refused(1, "Nothing is kept");
    sweep().await;
    assert_eq!(app.rows("explanation").await, 1);
    assert!(of("1h", &long).await.done().contains("What came: nobody"));
    // A release before has not written for how long.
    app.sql("UPDATE explanation SET kept_until = NULL").await;
    explained(&app, &long, &["What came: nobody"], &[]);
    of("1h", &long).await.refused(1, "Nothing is kept");
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("explanation").await, 1);
    latchkey::server::jobs::remove_expired(&brief.app).await.unwrap();
    assert_eq!(app.rows("explanation").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_no_secret_of_a_refused_request_is_stored() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let code = browser.go_on(page).await.code();
    let wrong = "w".repeat(43);
    rp.exchange_with(&code, rp.redirect_uri(), &wrong).await.error("invalid_grant");
    rp.exchange_with(&code, &format!("https://rp.example/cb?code={code}"), &rp.verifier).await.error("invalid_grant");
    app.post("/token", &[("client_id", &*code), ("client_secret", rp.secret())]).await.error("invalid_client");
    let assertion = "eyJhbGciOiJub25lIn0.e30.abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl";
    app.post("/token", &[("client_id", rp.id()), ("client_assertion", assertion)]).await.error("invalid_client");
    ask(&app, &rp.request().set("redirect_uri", "https://bob:hunter2@rp.example/?t=hunter2#hunter2")).await;
    ask(&app, &rp.request().set("client_id", "carol@example.com")).await;
    let mut guesser = app.browser();
    type_password(&mut guesser, "dave@example.com", "correct horse battery staple").await.refused(400);
    let form = [("identifier", "dave"), ("password", "correct horse battery staple"), ("csrf", "forged")];
    guesser.post("/sign-in", &form).await.refused(403);
    let stored = stored(&app).await;
    assert!(stored.lines().count() >= 8, "{stored}");
    let secrets = [
        &*code,
        rp.secret(),
        &wrong,
        &rp.verifier,
        assertion,
        "correct horse",
        "carol",
        "dave",
        "bob",
        "forged",
        "latchkey_",
    ];
    no_secret(&stored, &secrets);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_explanation_is_kept_for_as_long_as_the_configuration_says() {
    let app = TestApp::beside_a_process().await;
    let rp = app.relying_party().await;
    let shown = ask(&app, &rp.request().set("client_id", "nobody")).await;
    let code = code(&shown);
    let data = answer(&app.app.config, &["explain", &code.to_lowercase().replace('-', " "), "--json"]).json();
    assert_eq!((&data["code"], &data["about"]), (&Value::from(&*code), &Value::from("authorization request")));
    assert_eq!(data["steps"][0]["passed"], false, "{data:#}");
    let off = [("LATCHKEY__LOG__EXPLANATIONS_KEPT", "0s")];
    answer_to(&app.app.config, &off, &["explain", "0000-0000"], "").refused(1, "log.explanations_kept is 0s");
    explain(&app, "0000-0000").refused(1, "Nothing is kept under 0000-0000");
    explain(&app, "hunter2!").refused(2, "eight letters and digits");
    app.pass(minutes(7 * 24 * 60 + 1)).await;
    explain(&app, &code).refused(1, "Nothing is kept");
    assert_eq!(app.rows("explanation").await, 1);
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("explanation").await, 0);
}

#[tokio::test]
async fn without_explanations_no_code_is_shown() {
    let app = TestApp::with(|config| config.log.explanations_kept = seconds(0)).await;
    let rp = app.relying_party().await;
    assert_eq!(code_of(&ask(&app, &rp.request().set("client_id", "nobody")).await), None);
    assert_eq!(app.rows("explanation").await, 0);
}

#[tokio::test]
async fn what_succeeds_or_breaks_is_not_explained() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    rp.refresh(tokens.refresh()).await.tokens();
    rp.userinfo("hunter2").await.expect(401);
    app.get("/nowhere").await.expect(404);
    assert_eq!(app.rows("explanation").await, 0);
}

#[tokio::test]
async fn the_code_is_in_the_line_of_its_request() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    keep_log();
    let code = code(&ask(&app, &rp.request().set("client_id", "nobody")).await);
    assert!(kept_log().contains(&format!("reference={code}")), "{}", kept_log());
}

#[tokio::test]
async fn q3_a_flood_of_refusals_writes_no_more_than_a_few_rows() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let bad = rp.request().set("client_id", "nobody").path();
    let from = async |last: u8| {
        let request = Request::get(app.path(&bad)).body(axum::body::Body::empty()).unwrap();
        app.send_from([198, 51, last, 9].into(), request).await.body
    };
    let mut shown = 0;
    for _ in 0..60 {
        shown += usize::from(code_of(&from(1).await).is_some());
    }
    assert_eq!(shown, 30, "of one network");
    // Others still get theirs, and all together get no more than these.
    assert!(code_of(&from(2).await).is_some());
    for last in 3..40 {
        for _ in 0..20 {
            from(last).await;
        }
    }
    assert_eq!(app.rows("explanation").await, 300);
    app.clock.advance(minutes(2));
    assert!(code_of(&from(1).await).is_some());
}

#[tokio::test]
async fn a_refusal_is_answered_without_a_code_if_it_cannot_be_kept() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    app.user("alice").await;
    app.sql("DROP TABLE explanation").await;
    let shown = ask(&app, &rp.request().set("client_id", "nobody")).await;
    assert!(shown.contains("We don’t know this app"), "{shown}");
    assert_eq!(code_of(&shown), None);
    let reply = rp.exchange("hunter2").await.error("invalid_grant");
    assert_eq!(reply.json()["error_description"], "The code is not known.");
    let page = type_password(&mut app.browser(), "alice", "a wrong one").await;
    page.refused(400);
    assert_eq!(code_of(&page.text()), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_one_replica_has_shown_is_explained_on_every_other() {
    let Some(app) = TestApp::replicas().await else { return };
    let rp: RelyingParty = app.relying_party().await;
    for _ in 0..2 {
        let fields = form_encode(&[("grant_type", "authorization_code"), ("code", "hunter2"), ("client_id", rp.id())]);
        let request = Request::post(app.path("/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(fields.into())
            .unwrap();
        let reply = app.send(request).await;
        explained(&app, reply.json()["error_description"].as_str().unwrap(), &["token request", rp.id()], &[]);
    }
}

#[tokio::test]
async fn who_has_refused_the_terms_is_told_from_who_has_refused_consent() {
    let app = TestApp::with(|config| {
        config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
        config.terms.version = Some("2026-01".to_owned());
    })
    .await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let denied = page.expect("terms").form_to("/terms").fill("decision", "deny").submit(&mut browser).await;
    let why = kept(&app, &description(denied.error("access_denied"))).await;
    let words = "terms: The request was refused: access_denied: The user refused. What came: a no to version 2026-01 of the terms of \
                 service. What was expected: a yes.";
    assert!(why.contains(words), "{why}");
    let page = browser.get(&rp.request().path()).await;
    let page = page.expect("terms").form_to("/terms").fill("decision", "accept").submit(&mut browser).await;
    let denied = page.expect("consent").form_to("/consent").fill("decision", "deny").submit(&mut browser).await;
    let why = kept(&app, &description(denied.error("access_denied"))).await;
    assert!(why.contains("The user refused.") && !why.contains("terms"), "{why}");
}
