//! The offer of a passkey after a sign-in, and the passkeys that browsers make by themselves.

use latchkey::config::SignUp;
use serde_json::json;

use crate::harness::{
    BACKED_UP, Browser, ELIGIBLE, Form, PASSWORD, PRESENT, Page, Passkey, RelyingParty, TestApp, VERIFIED, seconds,
};

/// Types the password in a browser whose script says what it can do.
async fn sign_in(browser: &mut Browser, page: &Page, name: &str, can: &str) -> Page {
    let form = page.form_to("/sign-in").fill("identifier", name).fill("password", PASSWORD);
    form.fill("passkeys", can).submit(browser).await
}

/// Signs in on the way to a client.
async fn to_client(browser: &mut Browser, rp: &RelyingParty, can: &str) -> Page {
    let page = browser.get(&rp.request().path()).await;
    sign_in(browser, &page, "alice", can).await
}

/// The form that wants no passkey.
fn later(page: &Page) -> Form {
    let forms = page.expect("passkey-offer").forms_to("/passkey-offer");
    let form = forms.into_iter().find(|form| form.get("ceremony").is_none()).expect("a way around");
    form.fill("answer", "later")
}

async fn amr(rp: &RelyingParty, page: &Page) -> serde_json::Value {
    rp.exchange(&page.code()).await.tokens().id_claims()["amr"].clone()
}

#[tokio::test]
async fn a_passkey_is_offered_once_and_the_way_to_the_client_goes_on() {
    let app = TestApp::new().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    // Whoever answers nothing is asked at the next sign-in.
    let mut browser = app.browser();
    to_client(&mut browser, &rp, "asked").await.expect("passkey-offer");
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "asked").await;
    assert!(page.expect("passkey-offer").text().contains("Sign in faster next time"), "{}", page.text());
    let answer = later(&page);
    let next = answer.submit(&mut browser).await;
    let next = browser.go_on(next).await;
    assert_eq!(amr(&rp, &next).await, json!(["pwd"]));
    // The back button, and the form once more.
    let again = browser.get(&page.url).await;
    assert_ne!(again.name(), "passkey-offer");
    browser.go_on(again).await.code();
    let again = answer.submit(&mut browser).await;
    browser.go_on(again).await.code();
    let mut elsewhere = app.browser();
    let page = to_client(&mut elsewhere, &rp, "asked").await;
    elsewhere.go_on(page).await.code();
    assert_eq!((app.rows("passkey").await, app.rows("passkey_offer").await), (0, 1));
}

#[tokio::test]
async fn a_passkey_that_is_made_at_the_offer_counts_for_this_sign_in_and_signs_in_the_next_time() {
    let app = TestApp::new().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "asked").await;
    let before = browser.cookies["sid"].clone();
    let ceremony = page.expect("passkey-offer").ceremony();
    // What the authenticator refuses can be tried again, or left.
    let refused = ceremony.answer(&json!({})).submit(&mut browser).await;
    assert!(refused.refused(400).text().contains("could not be added"), "{}", refused.text());
    let ceremony = refused.ceremony();
    let mut passkey = Passkey::new(&app);
    let made = ceremony.answer(&passkey.create(&ceremony.options));
    let signed_in_at = app.app.now().micros() / 1_000_000;
    app.clock.advance(seconds(20));
    let next = made.submit(&mut browser).await;
    assert_ne!(browser.cookies["sid"], before, "a new session cookie");
    let next = browser.go_on(next).await;
    let claims = rp.exchange(&next.code()).await.tokens().id_claims();
    assert_eq!(claims["amr"], json!(["pwd", "swk", "mfa"]));
    assert_eq!(claims["auth_time"], json!(signed_in_at), "the sign-in is as old as it was");
    // The answer was lost: the form comes again.
    let again = made.submit(&mut browser).await;
    browser.go_on(again).await.code();
    assert_eq!(app.rows("passkey").await, 1);
    let mut elsewhere = app.browser();
    let page = elsewhere.get(&rp.request().path()).await;
    let page = elsewhere.use_passkey(&page, &mut passkey).await;
    elsewhere.go_on(page).await.code();
    // Once it is removed nobody asks again.
    let page = elsewhere.get("/account/passkeys").await;
    page.press("remove").submit(&mut elsewhere).await;
    assert_eq!(app.rows("passkey").await, 0);
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "asked").await;
    browser.go_on(page).await.code();
}

#[tokio::test]
async fn an_offer_comes_after_a_sign_up_a_code_and_a_sign_in_for_the_account_and_leads_where_that_leads() {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let mut browser = app.browser();
    let form = browser.get("/sign-up").await.form_to("/sign-up").fill("email", "new@example.com");
    let page = form.fill("password", PASSWORD).fill("passkeys", "asked").submit(&mut browser).await;
    assert_eq!(app.path(&later(&page).submit(&mut browser).await.url), "/");
    app.user("alice").await;
    let mut browser = app.browser();
    let page = browser.get("/account/sessions").await;
    let page = sign_in(&mut browser, &page, "alice", "asked").await;
    assert_eq!(app.path(&later(&page).submit(&mut browser).await.url), "/account/sessions");
    // The page of passkeys offers one itself.
    app.user("bob").await;
    let mut browser = app.browser();
    let page = browser.get("/account/passkeys").await;
    let page = sign_in(&mut browser, &page, "bob", "asked").await;
    page.expect("passkeys");
    let authenticator = browser.set_up_authenticator().await;
    let mut browser = app.browser();
    let page = browser.get("/sign-in").await;
    let page = sign_in(&mut browser, &page, "bob", "asked").await;
    let form = page.expect("second-factor").form().fill("code", &authenticator.code(&app)).fill("passkeys", "asked");
    form.submit(&mut browser).await.expect("passkey-offer");
}

#[tokio::test]
async fn nobody_is_held_up_who_cannot_make_a_passkey_has_one_or_is_not_to_be_asked() {
    let app = TestApp::new().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    for can in ["", "no", "true"] {
        let mut browser = app.browser();
        let page = to_client(&mut browser, &rp, can).await;
        page.expect("consent");
    }
    // An offer that waits longer than a sign-in counts, and one of another session.
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "asked").await;
    let form = page.ceremony();
    app.pass(app.app.config.login.step_up).await;
    assert_ne!(browser.get(&page.url).await.name(), "passkey-offer");
    let response = Passkey::new(&app).create(&form.options);
    assert_ne!(form.answer(&response).submit(&mut browser).await.name(), "passkey-offer");
    assert_eq!(app.rows("passkey").await, 0);
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::new(&app)).await;
    let mut browser = app.browser();
    to_client(&mut browser, &rp, "automatic").await.expect("consent");
    let off = TestApp::with(|config| {
        config.passkeys.offer = false;
        config.passkeys.conditional_create = false;
    })
    .await;
    off.user("alice").await;
    let rp = off.relying_party().await;
    let mut browser = off.browser();
    to_client(&mut browser, &rp, "automatic").await.expect("consent");
}

/// A passkey that the browser makes while nobody is there.
fn unattended(app: &TestApp) -> Passkey {
    Passkey { flags: ELIGIBLE | BACKED_UP, ..Passkey::new(app) }
}

#[tokio::test]
async fn a_browser_makes_a_passkey_by_itself_which_is_told_and_counts_once_it_has_verified_its_person() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "automatic").await;
    let before = browser.cookies["sid"].clone();
    let ceremony = page.automatic_ceremony().expect("a ceremony for the browser");
    assert_eq!(ceremony.options["authenticatorSelection"]["userVerification"], "preferred");
    assert!(!ceremony.options["extensions"].to_string().contains("ProtectionPolicy"), "{}", ceremony.options);
    let mut passkey = unattended(&app);
    let next = ceremony.answer(&passkey.create(&ceremony.options)).submit(&mut browser).await;
    assert_eq!(browser.cookies["sid"], before, "nobody has authenticated");
    let next = browser.go_on(next).await;
    assert_eq!(amr(&rp, &next).await, json!(["pwd"]));
    assert!(app.events().await.contains(&"passkey_created_automatically".to_owned()));
    let letters = app.letters_to("alice@example.com").await;
    let is_told = letters.iter().any(|letter| letter.text.contains("your browser created a passkey"));
    assert!(is_told, "{} letters", letters.len());
    // It is no factor yet: whoever does not know of it changes what protects the account as before.
    let mut elsewhere = app.browser();
    let page = elsewhere.get("/account/passkeys").await;
    let page = sign_in(&mut elsewhere, &page, "alice", "automatic").await;
    let text = page.expect("passkeys").text();
    assert!(text.contains("Created automatically") && text.contains("Not used yet"), "{text}");
    passkey.flags |= PRESENT;
    let mut third = app.browser();
    third.sign_in_by(&mut passkey).await.refused(400);
    passkey.flags |= VERIFIED;
    third.sign_in_by(&mut passkey).await.reply.expect(200);
    let mut fourth = app.browser();
    let page = fourth.get("/account/passkeys").await;
    sign_in(&mut fourth, &page, "alice", "automatic").await.expect("second-factor");
}

#[tokio::test]
async fn no_passkey_is_made_unasked_for_who_said_no_or_signed_in_without_a_password_or_where_it_is_off() {
    let app = TestApp::with_mail().await;
    app.user("alice").await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "automatic").await;
    let ceremony = page.automatic_ceremony().unwrap();
    let asked = page.ceremony();
    // What was sealed for the one is not taken for the other.
    let mixed = ceremony.answer(&unattended(&app).create(&asked.options));
    mixed.fill("ceremony", asked.form.get("ceremony").unwrap()).submit(&mut browser).await;
    let mixed = asked.answer(&unattended(&app).create(&ceremony.options));
    mixed.fill("ceremony", ceremony.form.get("ceremony").unwrap()).submit(&mut browser).await;
    assert_eq!(app.rows("passkey").await, 0);
    // A backup of a key that cannot have one is refused here as well.
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "automatic").await;
    let ceremony = page.automatic_ceremony().unwrap();
    let mut broken = Passkey { flags: BACKED_UP, ..unattended(&app) };
    let next = ceremony.answer(&broken.create(&ceremony.options)).submit(&mut browser).await;
    browser.go_on(next).await.code();
    assert_eq!(app.rows("passkey").await, 0);
    // The person says no while the browser makes one.
    let mut browser = app.browser();
    let page = to_client(&mut browser, &rp, "automatic").await;
    let ceremony = page.automatic_ceremony().unwrap();
    let made = ceremony.answer(&unattended(&app).create(&ceremony.options));
    later(&page).submit(&mut browser).await;
    made.submit(&mut browser).await;
    assert_eq!(app.rows("passkey").await, 0);
    for (offer, conditional_create) in [(true, false), (false, true)] {
        let app = TestApp::with(|config| {
            config.passkeys.offer = offer;
            config.passkeys.conditional_create = conditional_create;
        })
        .await;
        app.user("alice").await;
        let rp = app.relying_party().await;
        let mut browser = app.browser();
        let page = to_client(&mut browser, &rp, "automatic").await;
        assert_eq!(page.expect("passkey-offer").automatic_ceremony().is_some(), conditional_create);
        assert_eq!(page.reply.body.contains("Not now"), offer);
        let mut browser = app.browser();
        let page = to_client(&mut browser, &rp, "asked").await;
        assert_eq!(page.name() == "passkey-offer", offer);
    }
}
