//! Accounts with a username and a password alone: how they are made, and how their owners get in again. F1, F5.

use latchkey::account::{delete, users};
use latchkey::config::{Config, SecondFactor, SignUp, SignUpChallenge, SignUpIdentifier};
use latchkey::login::identifier;

use crate::harness::{Authenticator, Browser, PASSWORD, Page, TestApp, answer_to, minutes, sender};

pub const NEW_PASSWORD: &str = "seven slow barges turn";

pub async fn by_name(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.sign_up_identifier = SignUpIdentifier::Username;
        config.login.sign_up_challenge = SignUpChallenge::Never;
        change(config);
    })
    .await
}

async fn sign_up(browser: &mut Browser, name: &str) -> Page {
    let page = browser.get("/sign-up").await;
    page.form_to("/sign-up").fill("username", name).fill("password", PASSWORD).submit(browser).await
}

/// A new account, the browser that is signed in to it, and its recovery codes.
pub async fn account(app: &TestApp, name: &str) -> (Browser, Vec<String>) {
    let mut browser = app.browser();
    let codes = sign_up(&mut browser, name).await.codes();
    assert_eq!(codes.len(), 10);
    (browser, codes)
}

const RECOVERY: &str = "/forgot-password/recovery-code";

/// Types a username and a recovery code.
pub async fn prove(browser: &mut Browser, name: &str, code: &str) -> Page {
    let form = browser.get(RECOVERY).await.form_to(RECOVERY);
    form.fill("identifier", name).fill("recovery_code", code).submit(browser).await
}

/// Types a username, a recovery code and, if they belong together, a new password.
pub async fn recover(browser: &mut Browser, name: &str, code: &str) -> Page {
    let page = prove(browser, name, code).await;
    if page.reply.status != 200 {
        return page;
    }
    page.form_to(RECOVERY).fill("password", NEW_PASSWORD).submit(browser).await
}

/// New recovery codes, which replace those that the account has.
pub async fn renew(browser: &mut Browser) -> Vec<String> {
    let page = browser.get("/account/recovery-codes").await;
    let codes = page.press("replace").submit(browser).await.codes();
    assert_eq!(codes.len(), 10);
    codes
}

/// A browser in a network of its own.
pub fn stranger(app: &TestApp, n: u8) -> Browser {
    let mut browser = app.browser();
    browser.address = [198, 51, 100, n].into();
    browser
}

pub async fn type_password(browser: &mut Browser, name: &str, password: &str) -> Page {
    let form = browser.get("/sign-in").await.form_to("/sign-in");
    form.fill("identifier", name).fill("password", password).submit(browser).await
}

#[tokio::test]
async fn a_username_and_a_password_make_an_account_with_ten_codes_that_are_shown_once_on_the_way() {
    // No letter is asked for, where there are letters, either.
    let app = by_name(|config| config.mail.from = Some(sender())).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("prompt", "create").path()).await;
    assert_eq!(page.expect("sign-up").form_to("/sign-up").get("email"), None);
    let form = page.form_to("/sign-up").fill("username", "Ada.L").fill("password", PASSWORD);
    let shown = form.submit(&mut browser).await;
    assert_eq!(shown.codes().len(), 10, "{}", shown.text());
    assert_eq!(shown.reply.header("cache-control"), Some("no-store"));
    let onward = shown.link("I have kept them");
    let page = browser.get(&onward).await;
    let tokens = rp.exchange(&browser.go_on(page).await.code()).await.tokens();
    let userinfo = rp.userinfo(&tokens.access_token).await.json();
    assert_eq!((&userinfo["preferred_username"], &userinfo["email"]), (&"Ada.L".into(), &serde_json::Value::Null));
    assert_eq!((app.rows("recovery_code").await, app.rows("outbox").await), (10, 0));
    assert!(app.events().await.contains(&"recovery_codes_made".to_owned()));
    // Nobody sees them again.
    let page = browser.get("/account/recovery-codes").await;
    assert!(page.codes().is_empty() && page.text().contains("10"), "{}", page.text());
    let security = browser.get("/account/security").await;
    assert!(security.reply.body.contains("href=\"/account/recovery-codes\""));
    // Whoever has not kept them is told what to do.
    assert!(security.text().contains("If you don’t have them, create new ones."), "{}", security.text());
    assert!(page.text().contains("New codes replace the ones that you have."), "{}", page.text());
    app.sql("DELETE FROM recovery_code").await;
    let page = browser.get("/account/recovery-codes").await;
    assert!(!page.text().contains("replace"), "there are none: {}", page.text());
}

#[tokio::test]
async fn a_sign_up_that_is_sent_again_says_that_the_account_is_there_and_how_to_get_other_codes() {
    let app = by_name(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("prompt", "create").path()).await;
    let form = page.expect("sign-up").form_to("/sign-up").fill("username", "Ada.L").fill("password", PASSWORD);
    assert_eq!(form.clone().submit(&mut browser).await.codes().len(), 10);
    // The page is loaded again, or somebody goes back to it.
    let again = form.clone().submit(&mut browser).await;
    assert!(again.reply.expect(200).body.contains("Your account is ready"));
    let again = form.clone().submit(&mut browser).await;
    assert!(again.text().contains("Ada.L") && again.codes().is_empty(), "{}", again.text());
    let page = browser.get(&again.link("Continue")).await;
    browser.go_on(page).await.code();
    let page = browser.get(&again.link("Create new codes")).await;
    page.expect("recovery-codes");
    assert_eq!(renew(&mut browser).await.len(), 10);
    // The answer was lost, with the cookie of the session.
    let mut lost = app.browser();
    let page = lost.get(&rp.request().path()).await;
    let page = lost.get(&page.expect("sign-in").link("Create account")).await;
    let form = page.form_to("/sign-up").fill("username", "eve").fill("password", PASSWORD);
    let before = lost.cookies.clone();
    form.clone().submit(&mut lost).await;
    lost.cookies = before;
    let again = form.submit(&mut lost).await;
    assert!(again.text().contains("Your account is ready"), "{}", again.text());
    let page = lost.get(&again.link("Sign in")).await;
    let form = page.expect("sign-in").form_to("/sign-in").fill("identifier", "eve").fill("password", PASSWORD);
    let page = form.submit(&mut lost).await;
    lost.go_on(page).await.code();
    // To every other browser it is a name that somebody has.
    let taken = sign_up(&mut stranger(&app, 1), "ada.l").await;
    assert!(taken.refused(400).text().contains("Somebody has this username"), "{}", taken.text());
    assert_eq!(app.rows("user_account").await, 2);
}

#[tokio::test]
async fn a_sign_up_that_is_sent_again_is_no_sign_in_for_a_request_that_wants_one() {
    let app = by_name(|_| {}).await;
    let (mut browser, _) = account(&app, "ada").await;
    app.pass(minutes(5)).await;
    let rp = app.relying_party().await;
    let page = browser.get(&rp.request().set("prompt", "login").path()).await;
    let page = browser.get(&page.expect("sign-in").link("Create account")).await;
    let form = page.expect("sign-up").form_to("/sign-up").fill("username", "ada").fill("password", "whatever it is");
    let again = form.submit(&mut browser).await;
    browser.get(&again.link("Continue")).await.expect("sign-in");
}

#[tokio::test]
async fn new_codes_say_whose_they_are_and_where_they_are_typed_on_the_page_and_in_the_file() {
    let app = by_name(|_| {}).await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "Ada.L").await;
    let (codes, address) = (page.codes(), app.app.config.issuer.url("/forgot-password/recovery-code"));
    let told = page.text().replace(['\u{2068}', '\u{2069}'], "");
    assert!(told.contains("Ada.L") && told.contains(&address), "{told}");
    let file = page.link("Download");
    let encoded = file.strip_prefix("data:text/plain;charset=utf-8;base64,").unwrap();
    let text = String::from_utf8(latchkey::base::encoding::from_base64(encoded).unwrap()).unwrap();
    let date = app.app.now().to_string();
    let title = text.lines().next().unwrap().to_owned();
    let lines: Vec<&str> =
        [&*title, "Ada.L", &*address, &date[..10], ""].into_iter().chain(codes.iter().map(|one| &**one)).collect();
    assert!(title.ends_with(": recovery codes"), "{title}");
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test]
async fn f7_a_username_that_is_taken_looks_like_another_or_is_none_is_refused_with_the_reason() {
    let app = by_name(|_| {}).await;
    account(&app, "ace").await;
    for (n, (name, why)) in (0..).zip([
        ("ACE", "Somebody has this username"),
        ("асе", "Somebody has this username"),
        ("", "Choose a username"),
        ("ada@example.com", "letters of one alphabet"),
        ("ada lovelace", "letters of one alphabet"),
    ]) {
        let page = sign_up(&mut stranger(&app, n), name).await;
        assert!(page.refused(400).text().contains(why), "{name}: {}", page.text());
    }
    let mut browser = stranger(&app, 9);
    let page = browser.get("/sign-up").await;
    let form = page.form_to("/sign-up").fill("username", "heron.evening.walk").fill("password", "heron.evening.walk");
    assert!(form.submit(&mut browser).await.text().contains("is made of your name"));
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn a_recovery_code_sets_a_new_password_once_and_ends_what_was_before() {
    let app = by_name(|_| {}).await;
    let (mut before, codes) = account(&app, "ada").await;
    let mut browser = stranger(&app, 1);
    let page = browser.get("/sign-in").await;
    page.link("Set a new password with a recovery code");
    recover(&mut browser, "ADA", &codes[3].to_lowercase().replace('-', " ")).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    assert_eq!(app.rows("known_device").await, 1, "this browser alone");
    before.get("/account").await.expect("sign-in");
    assert_eq!(type_password(&mut stranger(&app, 2), "ada", PASSWORD).await.reply.status, 400);
    type_password(&mut stranger(&app, 3), "ada", NEW_PASSWORD).await.reply.expect(200);
    let again = recover(&mut stranger(&app, 4), "ada", &codes[3]).await;
    assert!(again.refused(400).text().contains("the code was used before"), "{}", again.text());
    let events = app.events().await;
    let told = |kind: &str| events.iter().filter(|one| *one == kind).count();
    assert_eq!((told("recovery_code_used"), told("password_changed")), (1, 1), "{events:?}");
    let activity = browser.get("/account/activity").await.text();
    assert!(activity.contains("Recovery code used") && activity.contains("Password changed"), "{activity}");
    recover(&mut stranger(&app, 5), "ada", &codes[4]).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_at_once_with_one_code_set_one_password() {
    let app = by_name(|config| config.login.hashing_wait = std::time::Duration::from_secs(20)).await;
    let (_, codes) = account(&app, "ada").await;
    let mut trying = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (mut browser, code) = (stranger(&app, n), codes[0].clone());
        trying.spawn(async move { recover(&mut browser, "ada", &code).await.reply.status });
    }
    let answers = trying.join_all().await;
    let with = |status: u16| answers.iter().filter(|one| one.as_u16() == status).count();
    assert_eq!((with(200), with(400)), (1, 19), "{answers:?}");
    assert_eq!(app.events().await.iter().filter(|kind| *kind == "recovery_code_used").count(), 1);
}

#[tokio::test]
async fn f1_a_code_is_refused_alike_whoever_has_the_name_and_whatever_is_wrong_with_it() {
    let app = by_name(|config| config.mail.from = Some(sender())).await;
    let (_, codes) = account(&app, "ada").await;
    let (_, of_another) = account(&app, "bob").await;
    let (_, disabled) = account(&app, "eve").await;
    delete::disable(&app.app, &app.person("eve").await.id, true).await.unwrap();
    // Whoever has an address gets a letter: a code that is one of two factors must not be all that is needed.
    let mut alice = app.browser().sign_in("alice").await;
    alice.set_up_authenticator().await;
    app.clock.advance(minutes(1));
    let of_alice = renew(&mut alice).await;
    let mut texts = Vec::new();
    for (n, (name, code)) in (0..).zip([
        ("ada", &*of_another[0]),
        ("nobody", &codes[0]),
        ("eve", &disabled[0]),
        ("alice", &of_alice[0]),
        ("ada", "00000-00000-00000-00000-00000"),
        ("ada", "x"),
    ]) {
        let page = recover(&mut stranger(&app, n), name, code).await;
        texts.push(page.refused(400).text_without_code());
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    assert_eq!(app.live_sessions_of("alice").await, 1);
    type_password(&mut stranger(&app, 9), "ada", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn f5_guesses_at_recovery_codes_are_limited_by_network_and_lock_no_owner_out() {
    // Nobody guesses them, so that fifteen times as many can be tried as passwords.
    let app = by_name(|config| config.login.address_burst = 2).await;
    let (_, codes) = account(&app, "ada").await;
    let (mut known, _) = account(&app, "eva").await;
    let mut thief = stranger(&app, 1);
    let mut limited = 0;
    known.address = thief.address;
    for _ in 0..30 + 10 {
        let page = recover(&mut thief, "ada", "00000-00000-00000-00000-00000").await;
        if page.reply.status == 429 {
            limited += 1;
            assert!(page.form_to(RECOVERY).get("csrf").is_some() && page.text().contains("Wait 1 second"));
        }
    }
    assert_eq!(limited, 10);
    // Whoever has signed in with a browser behind the same address is counted for it alone.
    recover(&mut known, "eva", "00000-00000-00000-00000-00000").await.refused(400);
    recover(&mut stranger(&app, 2), "ada", &codes[0]).await.reply.expect(200);
}

#[tokio::test]
async fn a_code_does_not_stand_in_for_an_authenticator_app_that_the_account_has() {
    let app = by_name(|_| {}).await;
    let (mut browser, _) = account(&app, "ada").await;
    let authenticator = browser.set_up_authenticator().await;
    app.clock.advance(minutes(8 * 24 * 60));
    // Whoever makes new ones has proven an app that is no recent one: the old ones are void at once.
    let mut browser = app.browser().sign_in_with("ada", &authenticator).await;
    app.clock.advance(minutes(1));
    let codes = renew(&mut browser).await;
    recover(&mut stranger(&app, 1), "ada", &authenticator.recovery_codes[0]).await.refused(400);
    let mut elsewhere = stranger(&app, 2);
    let page = recover(&mut elsewhere, "ada", &codes[0]).await;
    page.expect("second-factor");
    elsewhere.get("/account").await.expect("sign-in");
    let form = page.form_to("/second-factor").fill("code", &authenticator.code(&app));
    form.submit(&mut elsewhere).await.reply.expect(200);
    elsewhere.get("/account").await.expect("account");
}

#[tokio::test]
async fn who_has_no_address_keeps_the_codes_when_the_app_goes_and_makes_new_ones_at_will() {
    let app = by_name(|_| {}).await;
    let (mut browser, _) = account(&app, "ada").await;
    browser.set_up_authenticator().await;
    let page = browser.get("/account/authenticator").await;
    let text = page.text();
    assert!(text.contains("your password alone is enough") && !text.contains("will stop working"), "{text}");
    page.form_to("/account/authenticator").fill("remove", "yes").submit(&mut browser).await.reply.expect(200);
    assert_eq!((app.rows("totp").await, app.rows("recovery_code").await), (0, 10));
    let codes = renew(&mut browser).await;
    recover(&mut stranger(&app, 1), "ada", &codes[9]).await.reply.expect(200);
    // Who was made by an operator has none yet.
    let new = users::NewUser {
        sub: None,
        profile: serde_json::Map::new(),
        identifiers: vec![identifier::parse_username("carol").unwrap()],
        password: Some(PASSWORD.into()),
        roles: Vec::new(),
    };
    users::add(&app.app, new).await.unwrap();
    let mut carol = stranger(&app, 2);
    type_password(&mut carol, "carol", PASSWORD).await.reply.expect(200);
    let codes = renew(&mut carol).await;
    recover(&mut stranger(&app, 3), "carol", &codes[0]).await.reply.expect(200);
}

#[tokio::test]
async fn who_must_set_up_an_app_first_gets_the_codes_that_come_with_it_and_no_others() {
    let app = by_name(|config| config.login.second_factor = SecondFactor::Everybody).await;
    let mut browser = app.browser();
    let page = sign_up(&mut browser, "ada").await;
    let authenticator = Authenticator::with_key(&page.expect("set-up").codes()[0]);
    let form = page.form_to("/second-factor/set-up").fill("code", &authenticator.code(&app));
    let page = form.submit(&mut browser).await;
    for says in ["signs you in once", "set a new one with your username", "replace any that you had"] {
        assert!(page.text().contains(says), "{says} in {}", page.text());
    }
    let codes = page.codes();
    assert_eq!((codes.len(), app.rows("recovery_code").await), (10, 10));
    recover(&mut stranger(&app, 1), "ada", &codes[0]).await.expect("second-factor");
}

#[tokio::test]
async fn a_password_that_is_not_accepted_uses_no_code_up() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut browser = stranger(&app, 1);
    let page = browser.get(RECOVERY).await;
    // A password is asked for, and judged, only after the code was right.
    assert_eq!(page.form_to(RECOVERY).get("password"), None);
    let form = prove(&mut browser, "ada", &codes[0]).await.form_to(RECOVERY);
    for password in ["", "short", "passwordpassword"] {
        form.clone().fill("password", password).submit(&mut browser).await.refused(400);
    }
    form.fill("password", NEW_PASSWORD).submit(&mut browser).await.reply.expect(200);
}

#[tokio::test]
async fn a_new_password_that_is_sent_twice_is_set_twice_by_one_code_in_its_browser_for_half_a_minute() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let mut browser = stranger(&app, 1);
    let form = prove(&mut browser, "ada", &codes[0]).await.form_to(RECOVERY).fill("password", NEW_PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    form.submit(&mut browser).await.reply.expect(200);
    browser.get("/account").await.expect("account");
    assert_eq!(app.events().await.iter().filter(|kind| *kind == "recovery_code_used").count(), 1);
    // Nobody else, and not later.
    let mut other = stranger(&app, 2);
    other.get("/sign-in").await;
    let page = other.get(&format!("{RECOVERY}?recovery={}", form.get("recovery").unwrap())).await;
    assert!(page.refused(400).text().contains("open for too long"), "{}", page.text());
    app.clock.advance(minutes(2));
    let page = form.submit(&mut browser).await;
    assert!(page.refused(400).text().contains("was used before"), "{}", page.text());
    // Nor does a page that was open for too long use a code up.
    let form = prove(&mut browser, "ada", &codes[1]).await.form_to(RECOVERY).fill("password", NEW_PASSWORD);
    app.clock.advance(minutes(31));
    let page = form.submit(&mut browser).await;
    assert!(page.refused(400).text().contains("the code still works"), "{}", page.text());
    recover(&mut stranger(&app, 3), "ada", &codes[1]).await.reply.expect(200);
}

#[tokio::test]
async fn the_way_to_a_new_password_by_code_leads_on_to_the_client() {
    let app = by_name(|_| {}).await;
    let (_, codes) = account(&app, "ada").await;
    let rp = app.relying_party().await;
    let mut browser = stranger(&app, 1);
    let page = browser.get(&rp.request().path()).await;
    let page = browser.get(&page.link("Set a new password with a recovery code")).await;
    let form = page.form_to(RECOVERY).fill("identifier", "ada").fill("recovery_code", &codes[0]);
    let page = form.submit(&mut browser).await;
    let page = page.form_to(RECOVERY).fill("password", NEW_PASSWORD).submit(&mut browser).await;
    rp.exchange(&browser.go_on(page).await.code()).await.tokens();
}

#[tokio::test]
async fn the_page_of_recovery_codes_is_found_wherever_people_sign_up_otherwise_or_get_no_letters() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    browser.get("/sign-in").await.link("Set a new password with a recovery code");
    let page = browser.get("/forgot-password").await;
    page.refused(403).link("Set a new password with a recovery code");
    let app = TestApp::with_mail().await;
    let page = app.browser().get("/set-password?token=lk_mt_x").await;
    page.refused(410).link("Set a new password with a recovery code");
}

#[tokio::test]
async fn a_reset_by_an_operator_ends_the_codes_too_and_is_told() {
    let app = by_name(|_| {}).await;
    let (mut browser, old) = account(&app, "ada").await;
    app.clock.advance(minutes(1));
    let codes = renew(&mut browser).await;
    let gone = latchkey::account::factors::reset(&app.app, &app.person("ada").await.id).await.unwrap();
    assert_eq!((gone.app, gone.passkeys, gone.codes), (false, false, true));
    browser.get("/account").await.expect("sign-in");
    assert!(app.events().await.contains(&"factors_reset".to_owned()));
    for code in [&old[0], &codes[0]] {
        recover(&mut stranger(&app, 1), "ada", code).await.refused(400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_invited_by_an_address_where_accounts_have_none() {
    let app = TestApp::beside_a_process().await;
    let environment = [("LATCHKEY__LOGIN__SIGN_UP", "invitation"), ("LATCHKEY__LOGIN__SIGN_UP_IDENTIFIER", "username")];
    let answer = answer_to(&app.app.config, &environment, &["invitation", "create", "--mail", "bob@example.com"], "");
    answer.refused(2, "with a username alone");
}
