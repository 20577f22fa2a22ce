//! Programs that begin anonymous accounts, and others that want to have somebody's.

use latchkey::account::invitation::{self, Wanted};
use latchkey::config::{SecondFactor, SignUp};
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::server::jobs;

use crate::harness::{
    Browser, Form, PASSWORD, Page, RelyingParty, Reply, TestApp, code_in, form_encode, minutes, seconds, sender,
};

async fn trying() -> (TestApp, RelyingParty) {
    let app = TestApp::with(|config| config.login.sign_up = SignUp::Open).await;
    let rp = app.trial().await;
    (app, rp)
}

async fn begin(browser: &mut Browser, rp: &RelyingParty) -> Page {
    let page = browser.get(&rp.request().path()).await;
    page.form_to("/sign-in/anonymous").submit(browser).await
}

/// Sends a form, and does not follow where the answer leads.
async fn send(browser: &mut Browser, form: &Form) -> Reply {
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = http::Request::post(browser.app.path(&form.action))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", browser.app.issuer());
    let reply = browser.send(request, form_encode(&fields)).await;
    reply.expect(303)
}

async fn rows(app: &TestApp) -> Vec<i64> {
    let mut rows = Vec::new();
    for table in ["user_account", "anonymous_account", "browser", "session", "event"] {
        rows.push(app.rows(table).await);
    }
    rows
}

#[tokio::test]
async fn q3_opening_addresses_begins_no_account_and_a_form_without_its_proof_neither() {
    let (app, rp) = trying().await;
    let before = rows(&app).await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let form = page.form_to("/sign-in/anonymous");
    let interaction = form.get("interaction").unwrap();
    for path in ["/sign-in/anonymous".to_owned(), format!("/sign-in/anonymous?interaction={interaction}")] {
        assert_eq!(browser.get(&path).await.reply.status, 405);
    }
    browser.post("/sign-in/anonymous", &[("interaction", interaction)]).await.refused(403);
    form.clone().fill("csrf", "x").submit(&mut browser).await.refused(403);
    form.clone().fill("interaction", "x").submit(&mut browser).await.refused(400);
    form.submit(&mut app.browser()).await.refused(403);
    assert_eq!(rows(&app).await, before);
}

#[tokio::test]
async fn a_client_that_begins_none_gets_none_by_a_form_that_was_made_up() {
    let (app, _) = trying().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    let refused = page.form_to("/sign-in").to("/sign-in/anonymous").submit(&mut browser).await;
    assert!(refused.refused(403).text().contains("cannot continue without an account"), "{}", refused.text());
    assert_eq!(app.rows("user_account").await, 0);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_begins_one_account() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().path()).await;
    for _ in 0..2 {
        page.form_to("/sign-in/anonymous").submit(&mut browser).await.expect("consent");
    }
    assert_eq!(app.rows("user_account").await, 1);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_begins_one_account() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    let form = browser.get(&rp.request().path()).await.form_to("/sign-in/anonymous");
    let mut other = browser.clone();
    tokio::join!(send(&mut browser, &form), send(&mut other, &form));
    assert_eq!((app.rows("user_account").await, app.rows("session").await), (1, 1));
    let begun = app.events().await.into_iter().filter(|kind| kind == "anonymous_account_begun").count();
    assert_eq!(begun, 1);
    let path = rp.request().path();
    let names = [browser.get(&path).await.name(), other.get(&path).await.name()];
    assert!(names.contains(&"consent".to_owned()), "{names:?}");
}

#[tokio::test]
async fn who_sends_the_form_again_for_want_of_an_answer_goes_on_with_what_it_has_begun() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    let form = browser.get(&rp.request().path()).await.form_to("/sign-in/anonymous");
    let (mut lost, without) = (browser.clone(), browser.clone());
    send(&mut lost, &form).await;
    app.clock.advance(seconds(1));
    form.submit(&mut browser).await.expect("consent");
    assert_eq!((app.rows("user_account").await, app.rows("session").await), (1, 1));
    // An answer that was late is none too late.
    lost.get(&rp.request().path()).await.expect("consent");
    app.clock.advance(seconds(31));
    lost.get(&rp.request().path()).await.expect("sign-in");
    browser.get(&rp.request().path()).await.expect("consent");
    // Once somebody has signed in there, a form without their cookie opens nothing of what they have.
    browser.sign_in("alice").await;
    form.submit(&mut without.clone()).await.expect("consent");
    assert_eq!((app.rows("anonymous_account").await, app.live_sessions_of("alice").await), (2, 0));
}

#[tokio::test]
async fn e3_the_cookie_of_a_browser_opens_no_visitor() {
    for waits in [0, 31] {
        let (app, rp) = trying().await;
        let mut shared = app.browser();
        // Somebody opens the client, and takes the cookie of the browser along; nobody is signed in.
        let form = shared.get(&rp.request().path()).await.form_to("/sign-in/anonymous");
        let mut gone = shared.clone();
        app.clock.advance(seconds(1));
        let next = shared.get(&rp.request().path()).await.form_to("/sign-in/anonymous");
        send(&mut shared, &next).await;
        app.clock.advance(seconds(waits));
        form.submit(&mut gone).await;
        assert_eq!(app.rows("anonymous_account").await, 2, "another account, {waits} s later");
        // Nor does the very form of the visitor in another browser.
        app.clock.advance(seconds(31));
        let mut gone = app.browser();
        next.submit(&mut gone).await;
        assert!(gone.get("/account").await.url.contains("/sign-in"));
    }
}

#[tokio::test]
async fn e3_the_form_of_a_visitor_opens_nothing_of_theirs_after_half_a_minute() {
    for (waits, accounts) in [(29, 1), (31, 2)] {
        let (app, rp) = trying().await;
        let mut shared = app.browser();
        let form = shared.get(&rp.request().path()).await.form_to("/sign-in/anonymous");
        // Somebody has the cookie of the browser and the form, but not the answer to it.
        let mut copy = shared.clone();
        send(&mut shared, &form).await;
        app.clock.advance(seconds(waits));
        form.submit(&mut copy).await.expect("consent");
        assert_eq!(app.rows("anonymous_account").await, accounts, "{waits} s later");
    }
}

#[tokio::test]
async fn q6_a_visitor_who_changes_a_name_keeps_no_neighbour_from_a_client() {
    let (app, rp) = trying().await;
    let mut busy = app.browser();
    begin(&mut busy, &rp).await;
    let account = busy.get("/account").await.form_to("/account");
    for count in 0..70 {
        account.clone().fill("name", &format!("n{count}")).submit(&mut busy).await;
    }
    assert_eq!(account.fill("name", "one more").submit(&mut busy).await.reply.status, 429);
    let mut neighbour = app.browser();
    let consent = begin(&mut neighbour, &rp).await;
    consent.expect("consent").form().fill("decision", "allow").submit(&mut neighbour).await.code();
}

#[tokio::test]
async fn q6_a_visitor_who_allows_again_and_again_is_held() {
    let (app, rp) = trying().await;
    let mut visitor = app.browser();
    begin(&mut visitor, &rp).await.form().fill("decision", "allow").submit(&mut visitor).await.code();
    let path = rp.request().set("prompt", "consent").path();
    let mut given = 0;
    for _ in 0..70 {
        let page = visitor.get(&path).await;
        let page = page.expect("consent").form().fill("decision", "allow").submit(&mut visitor).await;
        given += usize::from(page.reply.status != 429);
    }
    assert_eq!(given, 59, "sixty at once");
}

#[tokio::test]
async fn q6_visitors_of_one_network_write_no_more_than_one_person() {
    let (app, rp) = trying().await;
    let mut visitors = Vec::new();
    for _ in 0..3 {
        let mut browser = app.browser();
        let consent = begin(&mut browser, &rp).await.expect("consent").form();
        let account = browser.get("/account").await.form_to("/account");
        visitors.push((browser, account, consent.fill("decision", "deny")));
    }
    let before = app.rows("event").await;
    for (browser, account, refusal) in &mut visitors {
        for count in 0..15 {
            account.clone().fill("name", &format!("n{count}")).submit(browser).await;
            refusal.submit(browser).await;
        }
    }
    assert_eq!(app.rows("event").await - before, 60);
    // People who have signed in there are not held by it, and neither are visitors of other networks.
    let mut elsewhere = app.browser();
    elsewhere.address = [198, 51, 100, 7].into();
    begin(&mut elsewhere, &rp).await.expect("consent");
    for mut browser in [app.browser().sign_in("alice").await, elsewhere] {
        let form = browser.get("/account").await.form_to("/account").fill("name", "Another");
        form.submit(&mut browser).await.reply.expect(200);
    }
    assert_eq!(app.rows("event WHERE kind = 'profile_changed'").await, 32);
}

#[tokio::test]
async fn q6_a_consent_that_allows_nothing_new_leaves_no_event() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    let consent = begin(&mut browser, &rp).await.expect("consent").form().fill("decision", "allow");
    let events = async || app.rows("event WHERE kind = 'consent_given'").await;
    for _ in 0..5 {
        send(&mut browser, &consent).await;
        assert_eq!(events().await, 1);
    }
    let prompted = browser.get(&rp.request().set("prompt", "consent").path()).await;
    let again = prompted.expect("consent").form().fill("decision", "allow");
    for _ in 0..5 {
        send(&mut browser, &again).await;
        assert_eq!(events().await, 1);
    }
}

#[tokio::test]
async fn s1_a_replica_that_keeps_visitors_for_less_removes_none_of_the_others() {
    let (app, rp) = trying().await;
    let (mut browser, silent) = (app.browser(), rp.request().set("prompt", "none").path());
    browser.visit(&rp).await;
    let mut config = app.app.config.clone();
    config.login.anonymous_kept = minutes(24 * 60);
    let shorter = app.on(config).await;
    app.pass(minutes(20 * 24 * 60)).await;
    jobs::remove_expired(&shorter.app).await.unwrap();
    browser.get(&silent).await.code();
    // A use that it has noted counts by its own time, and for others not by less than theirs.
    app.pass(minutes(2 * 60)).await;
    browser.on(&shorter).get(&silent).await.code();
    app.pass(minutes(25 * 60 + 1)).await;
    jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("anonymous_account").await, 1);
    jobs::remove_expired(&shorter.app).await.unwrap();
    assert_eq!(app.rows("user_account").await, 0);
    // A use that an earlier release has noted is none too few.
    app.browser().visit(&rp).await;
    app.sql("UPDATE anonymous_account SET kept_until = 0").await;
    app.pass(minutes(23 * 60)).await;
    jobs::remove_expired(&shorter.app).await.unwrap();
    assert_eq!(app.rows("anonymous_account").await, 1);
}

#[tokio::test]
async fn a_network_begins_ten_at_once_and_then_one_in_a_minute() {
    let (app, rp) = trying().await;
    for _ in 0..10 {
        begin(&mut app.browser(), &rp).await.expect("consent");
    }
    let limited = begin(&mut app.browser(), &rp).await;
    assert_eq!((limited.reply.status.as_u16(), app.rows("user_account").await), (429, 10));
    app.pass(minutes(1)).await;
    begin(&mut app.browser(), &rp).await.expect("consent");
    begin(&mut app.browser(), &rp).await.refused(429);
}

#[tokio::test]
async fn all_networks_together_begin_no_more_than_the_operator_allows_and_people_still_sign_in() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.anonymous_per_minute = 3;
    })
    .await;
    let rp = app.trial().await;
    for network in 1..=3 {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, network].into();
        begin(&mut browser, &rp).await.expect("consent");
    }
    let limited = begin(&mut app.browser(), &rp).await;
    assert!(limited.refused(429).reply.headers.contains_key("retry-after"));
    assert_eq!((app.rows("user_account").await, app.rows("session").await), (3, 3));
    rp.tokens_of("alice").await;
    app.pass(seconds(20)).await;
    begin(&mut app.browser(), &rp).await.expect("consent");
}

#[tokio::test]
async fn a_refresh_beside_a_sign_up_loses_nothing() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    let page = browser.get(&rp.request().set("scope", "openid offline_access").path()).await;
    let page = browser.go_on_as_visitor(&page).await;
    let tokens = rp.exchange(&page.code()).await.tokens();
    let sub = tokens.id_claims()["sub"].clone();
    let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    let (page, refreshed) = tokio::join!(form.submit(&mut browser), rp.refresh(tokens.refresh()));
    page.reply.expect(200);
    let refreshed = refreshed.tokens();
    assert_eq!((&refreshed.id_claims()["sub"], &refreshed.id_claims()["acr"]), (&sub, &serde_json::json!("0")));
    rp.refresh(refreshed.refresh()).await.tokens();
    assert_eq!(serde_json::json!(app.person("dora@example.com").await.sub), sub);
}

#[tokio::test]
async fn who_was_a_visitor_before_reads_nothing_of_whoever_signs_up_there_and_leaves_no_word_for_their_letters() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.mail.from = Some(sender());
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let scope = "openid profile email offline_access";
    let page = browser.get(&rp.request().set("scope", scope).path()).await;
    let tried = rp.exchange(&browser.go_on_as_visitor(&page).await.code()).await.tokens();
    let form = browser.get("/account").await.form_to("/account").fill("mail_word", "heron");
    form.submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("user_account WHERE mail_word IS NOT NULL").await, 0, "a visitor gets no letters");
    let form = browser.get("/account").await.form_to("/account").fill("locale", "ru");
    form.submit(&mut browser).await.reply.expect(200);
    app.sql("UPDATE user_account SET mail_word = 'planted', former_mail_word = 'planted'").await;
    assert_eq!(app.rows("user_account WHERE former_until IS NOT NULL").await, 1, "of the language");
    // The next person at this computer signs up, and leaves the box as it is.
    let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    let asked = form.submit(&mut browser).await;
    let code = code_in(&app.letter_to("dora@example.com").await);
    asked.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    assert_eq!(app.rows("user_account WHERE mail_word IS NOT NULL").await, 0);
    let kept = "user_account WHERE former_mail_word IS NOT NULL OR former_until IS NOT NULL";
    assert_eq!(app.rows(kept).await, 0, "what a visitor had is not put back to who has signed up");
    let refreshed = rp.refresh(tried.refresh()).await.tokens();
    for access_token in [&tried.access_token, &refreshed.access_token] {
        let told = rp.userinfo(access_token).await.json();
        assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["sub"], "{told}");
    }
    for claim in ["email", "name", "locale"] {
        assert!(refreshed.id_claims().get(claim).is_none(), "{}", refreshed.id_claims());
    }
    // What the visitor has allowed says nothing of the person, who is asked.
    browser.get(&rp.request().set("scope", "openid").set("prompt", "none").path()).await.code();
    browser.get(&rp.request().set("prompt", "none").path()).await.error("consent_required");
    let page = browser.get(&rp.request().path()).await;
    let page = browser.go_on(page).await;
    let told = rp.userinfo(&rp.exchange(&page.code()).await.tokens().access_token).await.json();
    assert_eq!(told["email"], "dora@example.com");
}

#[tokio::test]
async fn e6_what_a_visitor_has_allowed_counts_for_nobody_who_signs_up() {
    let (app, rp) = trying().await;
    let native = app.client(ClientKind::Native, |client| client.metadata.anonymous_accounts = true).await;
    let mut browser = app.browser();
    let asked = begin(&mut browser, &rp).await.expect("consent").form();
    let open = browser.get(&rp.request().set("prompt", "consent").path()).await.expect("consent").form();
    let device = browser.get(&native.request().set("scope", "openid").path()).await.expect("consent").form();
    let mut pending = Vec::new();
    for form in
        [asked.clone().fill("decision", "allow"), asked.fill("decision", "deny"), device.fill("decision", "allow")]
    {
        pending.push(send(&mut browser, &form).await.location().to_owned());
    }
    let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.reply.expect(200);
    // What the visitor has answered, and the page that asked the visitor.
    browser.get(&pending[0]).await.expect("consent");
    browser.get(&pending[1]).await.expect("consent");
    let page = open.fill("decision", "allow").submit(&mut browser).await;
    assert!(page.expect("consent").text().contains("dora@example.com"), "{}", page.text());
    browser.get(&pending[2]).await.expect("continue-as");
    let page = browser.go_on(page).await;
    assert_eq!(rp.exchange(&page.code()).await.tokens().id_claims()["email"], "dora@example.com");
}

#[tokio::test]
async fn a_code_that_is_typed_after_the_visitor_has_gone_makes_nobody_and_says_why() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.mail.from = Some(sender());
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    begin(&mut browser, &rp).await.expect("consent");
    let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
    let asked = form.submit(&mut browser).await;
    let code = code_in(&app.letter_to("dora@example.com").await);
    app.sql("UPDATE session SET ended_at = 1").await;
    let refused = asked.form().fill("code", &code).submit(&mut browser).await;
    assert!(refused.refused(400).text().contains("cannot be kept"), "{}", refused.text());
    assert_eq!((app.rows("user_identifier").await, app.rows("anonymous_account").await), (0, 1));
}

#[tokio::test]
async fn no_letter_and_no_guess_opens_the_account_of_a_visitor() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.mail.from = Some(sender());
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].as_str().unwrap().to_owned();
    for password in ["", PASSWORD] {
        let mut thief = app.browser();
        let page = thief.get("/sign-in").await;
        page.form().fill("identifier", &sub).fill("password", password).submit(&mut thief).await.refused(400);
    }
    let mut thief = app.browser();
    let page = thief.get("/forgot-password").await;
    page.form().fill("identifier", &sub).submit(&mut thief).await;
    assert_eq!((app.rows("outbox").await, app.rows("anonymous_account").await), (0, 1));
    // What protects an account is for people who can prove who they are, whatever form they make up.
    for path in [
        "/account/password",
        "/account/passkeys",
        "/account/authenticator",
        "/account/recovery-codes",
        "/account/email",
    ] {
        let form = browser.get("/account/data").await.form().to(path).fill("password", PASSWORD).fill("new", PASSWORD);
        form.submit(&mut browser).await.expect("account");
    }
    for table in ["password", "passkey", "totp", "recovery_code", "user_identifier"] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn two_tabs_that_keep_one_account_make_one() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    begin(&mut browser, &rp).await.expect("consent");
    let mut other = browser.clone();
    let (one, two) = (browser.get("/sign-up").await.form(), other.get("/sign-up").await.form());
    let (one, two) = (one.fill("password", PASSWORD), two.fill("password", PASSWORD));
    let (one, two) = (one.fill("email", "one@example.com"), two.fill("email", "two@example.com"));
    let (one, two) = tokio::join!(one.submit(&mut browser), two.submit(&mut other));
    let mut statuses = [one.reply.status.as_u16(), two.reply.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{} and {}", one.text(), two.text());
    assert_eq!((app.rows("user_account").await, app.rows("user_identifier").await), (1, 1));
}

#[tokio::test]
async fn the_form_of_one_person_does_not_keep_the_account_of_the_next() {
    let (app, rp) = trying().await;
    let mut browser = app.browser();
    begin(&mut browser, &rp).await.expect("consent");
    let form = browser.get("/sign-up").await.form().fill("email", "one@example.com").fill("password", PASSWORD);
    app.sql("UPDATE session SET ended_at = 1").await;
    begin(&mut browser, &rp).await.expect("consent");
    let refused = form.submit(&mut browser).await;
    assert!(refused.refused(400).text().contains("cannot be kept"), "{}", refused.text());
    assert_eq!((app.rows("user_account").await, app.rows("user_identifier").await), (2, 0));
    // With nothing left to keep, the page says so as well.
    app.sql("UPDATE session SET ended_at = 1").await;
    form.submit(&mut browser).await.refused(400);
    // An address that somebody has leaves everything as it was.
    app.user("alice").await;
    begin(&mut browser, &rp).await.expect("consent");
    let form = browser.get("/sign-up").await.form();
    form.fill("email", "alice@example.com").fill("password", PASSWORD).submit(&mut browser).await.refused(400);
    assert_eq!(app.rows("anonymous_account").await, 3);
}

#[tokio::test]
async fn a_visitor_who_is_invited_to_administer_has_nothing_of_it_before_the_second_factor() {
    let app = TestApp::with(|config| {
        config.login.sign_up = SignUp::Open;
        config.login.second_factor = SecondFactor::Administrators;
    })
    .await;
    let rp = app.trial().await;
    let mut browser = app.browser();
    let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
    let wanted = Wanted {
        address: None,
        uses: 1,
        lifetime: minutes(60),
        roles: vec!["administrator".to_owned()],
        language: None,
    };
    let code = invitation::make(&app.app, wanted).await.unwrap().shown.unwrap().0;
    let form = browser.get(&format!("/sign-up?invitation={code}")).await.form_to("/sign-up");
    let form = form.fill("email", "dora@example.com").fill("password", PASSWORD);
    form.submit(&mut browser).await.expect("set-up");
    assert_eq!(serde_json::json!(app.person("dora@example.com").await.sub), sub);
    // The visitor's session is no sign-in of an administrator, neither here nor at the client.
    browser.get("/account").await.expect("sign-in");
    browser.get("/account/data").await.expect("sign-in");
    let page = browser.get(&rp.request().path()).await;
    assert!(page.expect("sign-in").forms_to("/sign-in/anonymous").is_empty());
    browser.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
}

#[tokio::test]
async fn an_account_is_either_kept_or_removed_whoever_is_faster() {
    for _ in 0..3 {
        let app = TestApp::with(|config| {
            config.login.sign_up = SignUp::Open;
            config.login.anonymous_kept = minutes(24 * 60);
        })
        .await;
        let rp = app.trial().await;
        let mut browser = app.browser();
        let sub = browser.visit(&rp).await.id_claims()["sub"].clone();
        // Its session ends before it is unused; here it lives, so that both want the account.
        app.sql("UPDATE anonymous_account SET last_used_at = 0, kept_until = 0").await;
        let form = browser.get("/sign-up").await.form().fill("email", "dora@example.com").fill("password", PASSWORD);
        let (page, gone) = tokio::join!(form.submit(&mut browser), jobs::remove_expired(&app.app));
        gone.unwrap();
        match page.reply.status.as_u16() {
            200 => assert_eq!(serde_json::json!(app.person("dora@example.com").await.sub), sub),
            status => assert_eq!((status, app.rows("user_account").await), (400, 0), "{}", page.text()),
        }
        assert_eq!(app.rows("anonymous_account").await, 0);
    }
}
