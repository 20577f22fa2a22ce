//! The terms of service: accepted at sign-up, and by everybody when their version changes.

use latchkey::account::terms;
use latchkey::config::{Config, SignUp, SignUpChallenge};
use serde_json::json;

use crate::harness::{Browser, PASSWORD, Page, Process, TestApp, answer, code_in, sender};

fn of_version(version: &'static str) -> impl FnOnce(&mut Config) {
    move |config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        config.pages.tos_uri = Some("https://northwind.example/terms".to_owned());
        config.terms.version = Some(version.to_owned());
    }
}

/// The same provider with another version of the terms.
async fn with_version(app: &TestApp, version: &'static str) -> TestApp {
    let mut config = app.app.config.clone();
    of_version(version)(&mut config);
    app.on(config).await
}

/// The versions that a person has accepted.
async fn accepted(app: &TestApp, name: &str) -> Vec<String> {
    let id = app.person(name).await.id;
    let export = latchkey::account::export::export(&app.app, &id).await.unwrap().unwrap();
    let all = export["terms_accepted"].as_array().unwrap().clone();
    assert!(all.iter().all(|one| one["at"].is_string()));
    all.iter().map(|one| one["version"].as_str().unwrap().to_owned()).collect()
}

async fn decide(browser: &mut Browser, page: &Page, decision: &str) -> Page {
    let page = page.expect("terms").form_to("/terms").fill("decision", decision).submit(browser).await;
    browser.go_on(page).await
}

#[tokio::test]
async fn a_sign_up_accepts_the_terms_or_makes_no_account() {
    let app = TestApp::with(of_version("2026-01")).await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    page.link("Read the terms");
    let form = page.form_to("/sign-up").fill("email", "bob@example.com").fill("password", PASSWORD);
    for ticked in [None, Some("no"), Some("")] {
        let form = match ticked {
            None => form.clone(),
            Some(value) => form.clone().fill("terms", value),
        };
        let refused = form.submit(&mut browser).await;
        assert!(refused.refused(400).text().contains("Accept the terms of service"), "{}", refused.text());
    }
    assert_eq!(app.rows("user_account").await, 0);
    form.fill("terms", "yes").submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    assert_eq!(accepted(&app, "bob@example.com").await, ["2026-01"]);
    assert!(browser.get("/account/activity").await.text().contains("Terms of service accepted"));
}

#[tokio::test]
async fn what_was_accepted_before_the_letter_is_noted_with_the_account() {
    let app = TestApp::with(|config| {
        of_version("2026-01")(config);
        config.mail.from = Some(sender());
    })
    .await;
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    let form = page.form_to("/sign-up").fill("email", "bob@example.com").fill("password", PASSWORD);
    let page = form.fill("terms", "yes").submit(&mut browser).await;
    let code = code_in(&app.letter_to("bob@example.com").await);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    assert_eq!(accepted(&app, "bob@example.com").await, ["2026-01"]);
}

#[tokio::test]
async fn when_the_version_changes_everybody_is_asked_once_before_an_application_gets_anything() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    page.expect("terms");
    assert_eq!(app.rows("authorization_code").await, 0);
    browser.get(&rp.request().set("prompt", "none").path()).await.error("interaction_required");
    let page = decide(&mut browser, &page, "accept").await;
    assert!(!rp.exchange(&page.code()).await.tokens().access_token.is_empty());
    // Not again.
    let page = browser.get(&rp.request().path()).await;
    browser.go_on(page).await.code();
    assert_eq!(accepted(&app, "alice").await, ["2026-01"]);

    let later = with_version(&app, "2027-01").await;
    let (rp, mut browser) = (rp.on(&later), browser.on(&later));
    let page = browser.get(&rp.request().path()).await;
    decide(&mut browser, &page, "accept").await.code();
    assert_eq!(accepted(&app, "alice").await, ["2026-01", "2027-01"]);
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "terms_accepted").count(), 2, "{events:?}");
    // An operator sees it, too.
    let shown = answer(&app.app.config, &["user", "show", "alice"]).done();
    assert!(shown.contains("2026-01 accepted at 20") && shown.contains("2027-01 accepted at 20"), "{shown}");
    let shown = answer(&app.app.config, &["user", "show", "alice", "--json"]).json();
    let versions: Vec<_> = shown["terms"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, ["2026-01", "2027-01"]);
    assert!(shown["terms"][0]["accepted_at"].as_str().unwrap().ends_with('Z'), "{shown}");
}

#[tokio::test]
async fn who_does_not_accept_goes_back_with_access_denied_and_keeps_the_account() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let denied = decide(&mut browser, &page, "deny").await;
    denied.error("access_denied");
    assert_eq!(accepted(&app, "alice").await, [""; 0]);
    let events = app.events().await;
    assert!(
        events.contains(&"terms_refused".to_owned()) && !events.contains(&"consent_refused".to_owned()),
        "{events:?}"
    );
    assert!(browser.get("/account/activity").await.text().contains("Terms of service not accepted"));
    browser.get("/account").await.expect("account");
    browser.get(&rp.request().path()).await.expect("terms");
}

#[tokio::test]
async fn a_yes_counts_for_the_version_and_the_person_that_the_page_was_shown_to() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    let form = page.expect("terms").form_to("/terms").fill("decision", "accept");
    // A version that was never shown.
    form.clone().fill("version", "2099-01").submit(&mut browser).await.expect("terms");
    form.clone().fill("decision", "perhaps").submit(&mut browser).await.expect("terms");
    // Without the page: what the address carries has asked nothing.
    let sealed = browser.get(&rp.request().path()).await.url.split_once("interaction=").unwrap().1.to_owned();
    form.clone().fill("interaction", &sealed).submit(&mut browser).await.expect("terms");
    assert_eq!(accepted(&app, "alice").await, [""; 0]);
    form.submit(&mut browser).await;
    assert_eq!(accepted(&app, "alice").await, ["2026-01"]);
}

#[tokio::test]
async fn acceptances_go_with_the_account_and_nobody_is_asked_where_no_version_is_named() {
    let app = TestApp::with(of_version("2026-01")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get(&rp.request().path()).await;
    decide(&mut browser, &page, "accept").await.code();
    let alice = app.person("alice").await;
    latchkey::account::delete::disable(&app.app, &alice.id, true).await.unwrap();
    app.execute(format!("DELETE FROM user_account WHERE id = '{}'", alice.id)).await;
    assert_eq!(app.rows("terms_acceptance").await, 0);

    let without = TestApp::new().await;
    let rp = without.relying_party().await;
    let mut browser = without.browser().sign_in("bob").await;
    let page = browser.get(&rp.request().path()).await;
    browser.go_on(page).await.code();
    let export = latchkey::account::export::export(&without.app, &without.person("bob").await.id).await.unwrap();
    assert_eq!(export.unwrap()["terms_accepted"], json!([]));
}

/// The same provider on another server, which has read other terms.
async fn elsewhere(app: &TestApp, version: Option<&'static str>) -> TestApp {
    let mut config = app.app.config.clone();
    config.terms.version = version.map(str::to_owned);
    config.pages.tos_uri = version.map(|version| format!("https://northwind.example/terms-{version}"));
    app.on(config).await
}

/// The text of a page without the signs that keep names of another direction apart.
fn plain(page: &Page) -> String {
    page.text().replace(['\u{2068}', '\u{2069}'], "")
}

/// Goes to an address, and on wherever redirects lead, each to another server than the one before.
async fn in_turn(browser: &mut Browser, servers: [&TestApp; 2], path: &str) -> Page {
    let mut url = browser.app.app.config.issuer.url(path);
    for n in 0..10 {
        *browser = browser.on(servers[n % 2]);
        let reply = browser.send(http::Request::get(browser.app.path(&url)), String::new()).await;
        if !reply.status.is_redirection() {
            return Page { reply, url, foreign: false };
        }
        url = url::Url::parse(&url).unwrap().join(reply.location()).unwrap().to_string();
    }
    panic!("redirects without end, last to {url}");
}

#[tokio::test]
async fn while_servers_have_different_versions_the_first_that_asks_says_which_one_is_shown_and_noted() {
    let app = TestApp::with(of_version("2026")).await;
    let rp = app.relying_party().await;
    let (without, later) = (elsewhere(&app, None).await, elsewhere(&app, Some("2027")).await);
    for (name, asks, shows, version, address) in [
        ("alice", &app, &later, "2026", "https://northwind.example/terms"),
        ("bob", &later, &app, "2027", "https://northwind.example/terms-2027"),
        ("carol", &app, &without, "2026", "https://northwind.example/terms"),
    ] {
        let mut browser = app.browser().sign_in(name).await;
        let page = in_turn(&mut browser, [asks, shows], &rp.request().path()).await;
        assert_eq!(page.expect("terms").link("Read the terms"), address, "{name}");
        assert!(page.text().contains(version), "{}", page.text());
        // The form goes to the server that has other terms, and so does all that follows.
        decide(&mut browser, &page, "accept").await.code();
        assert_eq!(accepted(&app, name).await, [version], "{name}");
    }
}

#[tokio::test]
async fn a_sign_up_notes_the_version_that_its_form_has_shown() {
    let app = TestApp::with(of_version("2026")).await;
    let (without, later) = (elsewhere(&app, None).await, elsewhere(&app, Some("2027")).await);
    let filled = |page: &Page, name: &str| {
        page.form_to("/sign-up").fill("email", &format!("{name}@example.com")).fill("password", PASSWORD)
    };
    for (name, other) in [("bob", &later), ("carol", &without)] {
        let mut browser = app.browser();
        let page = browser.get("/sign-up").await;
        let mut browser = browser.on(other);
        filled(&page, name).fill("terms", "yes").submit(&mut browser).await.reply.expect(200);
        assert_eq!(accepted(&app, &format!("{name}@example.com")).await, ["2026"], "{name}");
    }
    // What no server has shown, or what another one shows by now, is not accepted.
    let mut browser = app.browser();
    let page = browser.get("/sign-up").await;
    for shown in ["", "2026", "v1.AAAA"] {
        let refused = filled(&page, "eve").fill("terms", "yes").fill("terms_shown", shown).submit(&mut browser).await;
        assert!(refused.refused(400).text().contains("Accept the terms of service"), "{shown}: {}", refused.text());
    }
    let of_2026 = filled(&page, "eve").fill("terms", "yes").fill("password", "short");
    let is_ticked = |page: &Page| page.reply.body.contains("value=\"yes\" required checked");
    assert!(is_ticked(&of_2026.clone().submit(&mut browser).await), "the same terms again");
    let mut browser = browser.on(&later);
    assert!(
        !is_ticked(&of_2026.submit(&mut browser).await),
        "the page shows other terms than those that were accepted"
    );
    assert!(app.find_user("eve@example.com").await.is_none());
}

#[tokio::test]
async fn who_has_accepted_an_earlier_version_is_told_that_it_has_changed_and_access_of_before_stays() {
    let app = TestApp::with(of_version("2026")).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let request = rp.request().set("scope", "openid offline_access");
    let page = browser.get(&request.path()).await;
    let asked = plain(page.expect("terms"));
    assert!(asked.contains("To continue to ") && asked.contains("(version 2026)"), "{asked}");
    assert!(asked.contains("If you do not accept the terms, you go back to "), "{asked}");
    page.link("Manage your account");
    let tokens = rp.exchange(&decide(&mut browser, &page, "accept").await.code()).await.tokens();
    let later = elsewhere(&app, Some("2027")).await;
    let (rp, mut browser) = (rp.on(&later), browser.on(&later));
    let page = browser.get(&rp.request().path()).await;
    let asked = plain(page.expect("terms"));
    assert!(asked.contains("have changed") && asked.contains("accept version 2027"), "{asked}");
    rp.refresh(&tokens.refresh_token.unwrap()).await.tokens();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_reads_the_version_of_the_terms_with_their_address() {
    let app = TestApp::beside_a_process().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latchkey.toml");
    let write = |version: &str| {
        let text = format!(
            "[login]\nsign_up = 'open'\n[pages]\ntos_uri = 'https://northwind.example/terms-{version}'\n[terms]\nversion = '{version}'\n"
        );
        std::fs::write(&path, text).unwrap();
    };
    write("2026");
    let server = Process::start(&app.app.config, &[("LATCHKEY_CONFIG", path.to_str().unwrap())]).await;
    let shown = async || {
        let page = server.text(&server.url("/sign-up")).await;
        let after = |text: &str| page.split(text).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let sealed = after("name=\"terms_shown\" value=\"").unwrap_or_else(|| panic!("no terms in {page}"));
        (after("terms-").unwrap_or_default(), terms::shown(&app.app, &sealed).unwrap())
    };
    assert_eq!(shown().await, ("2026".to_owned(), "2026".to_owned()));
    write("2027");
    server.hang_up();
    server.logs("the configuration was reloaded", 1).await;
    assert_eq!(shown().await, ("2027".to_owned(), "2027".to_owned()));
    let log = server.stopped();
    assert!(!log.contains("settings have changed that need a restart"), "{log}");
}
