//! One's own account: what the pages promise to the person in front of them.

use latchkey::config::Issuer;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::oidc::resource::Resource;
use latchkey::oidc::scope::ScopeSet;

use crate::harness::{Browser, Form, PASSWORD, Page, Passkey, RelyingParty, TestApp, Tokens, form_encode, minutes};
use latchkey::account::{passkeys, password_link};
use latchkey::store::people::passkey;

const NEW_PASSWORD: &str = "seven slow barges turn";

async fn change_password(browser: &mut Browser, current: &str, new: &str) -> Page {
    let page = browser.get("/account/password").await;
    page.form_to("/account/password").fill("current", current).fill("password", new).submit(browser).await
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let app = TestApp::new().await;
    app.user("alice").await;
    for page in ["/account", "/account/password", "/account/sessions", "/account/applications"] {
        let mut browser = app.browser();
        let asked = browser.get(page).await;
        assert!(asked.url.contains("/sign-in"), "{}", asked.url);
        let form = asked.form_to("/sign-in").fill("identifier", "alice").fill("password", "not the right one");
        let again = form.submit(&mut browser).await;
        let form = again.form_to("/sign-in").fill("identifier", "alice").fill("password", PASSWORD);
        let back = form.submit(&mut browser).await;
        assert_eq!(app.path(&back.url), page, "after a wrong try, too");
        assert_eq!(back.reply.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(back.reply.header("cache-control"), Some("no-store"));
    }
    // By name and never by address.
    let mut browser = app.browser();
    let asked = browser.get("/sign-in?return=https://evil.example/").await;
    let form = asked.form_to("/sign-in").fill("identifier", "alice").fill("password", PASSWORD);
    assert_eq!(app.path(&form.submit(&mut browser).await.url), "/");
}

#[tokio::test]
async fn a_changed_password_ends_everything_but_this_browser() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let mut elsewhere = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&elsewhere.authorize(&rp).await.code()).await.tokens();
    let mut here = app.browser().sign_in("alice").await;
    let before = here.cookies["sid"].clone();
    let done = change_password(&mut here, PASSWORD, NEW_PASSWORD).await;
    assert!(done.reply.body.contains("Your password is changed"), "{}", done.reply.body);
    assert_ne!(here.cookies["sid"], before, "a new session cookie");
    assert_eq!(app.rows("password_failure").await, 0, "the try that succeeded is no failure");
    here.get(&rp.request().set("prompt", "none").path()).await.code();
    elsewhere.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    assert!(app.events().await.contains(&"password_changed".to_owned()));
    for (password, name) in [(PASSWORD, "sign-in"), (NEW_PASSWORD, "")] {
        let mut browser = app.browser();
        let form = browser.get("/sign-in").await.form().fill("identifier", "alice").fill("password", password);
        assert_eq!(form.submit(&mut browser).await.name(), name);
    }
}

/// A person's three devices, each with an application; the third one has offline access.
async fn three_devices(app: &TestApp, rp: &RelyingParty) -> Vec<(Browser, Tokens)> {
    let mut devices = Vec::new();
    for scope in ["openid", "openid", "openid offline_access"] {
        let mut browser = app.browser().sign_in("alice").await;
        let code = browser.go_through(&rp.request().set("scope", scope)).await.code();
        devices.push((browser, rp.exchange(&code).await.tokens()));
    }
    devices
}

/// The form that changes the password, with the box that signs out elsewhere as it is.
async fn password_form(browser: &mut Browser) -> Form {
    let form = browser.get("/account/password").await.form_to("/account/password");
    form.fill("current", PASSWORD).fill("password", NEW_PASSWORD)
}

#[tokio::test]
async fn who_changes_the_password_signs_out_elsewhere_unless_they_choose_not_to() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let silent = rp.request().set("scope", "openid").set("prompt", "none").path();
    let mut devices = three_devices(&app, &rp).await;
    let form = password_form(&mut devices[0].0).await;
    assert_eq!((form.get("others"), form.get("end_others")), (Some("asked"), Some("yes")), "ticked to begin with");
    // Somebody else, who knows the old password, is half signed in, and waits.
    let authenticator = devices[0].0.set_up_authenticator().await;
    let mut thief = app.browser();
    let half = thief.type_password("alice", PASSWORD).await;
    let code = authenticator.code(&app);
    let mut form = password_form(&mut devices[0].0).await.fill("code", &code);
    form.fields.retain(|(name, _)| name != "end_others");
    let before = devices[0].0.cookies["sid"].clone();
    let done = form.submit(&mut devices[0].0).await;
    assert!(done.text().contains("Your other devices stay signed in."), "{}", done.text());
    assert_ne!(devices[0].0.cookies["sid"], before, "a new session cookie");
    for (browser, tokens) in &mut devices {
        browser.get(&silent).await.code();
        *tokens = rp.refresh(tokens.refresh()).await.tokens();
        assert!(rp.is_good(&tokens.access_token).await);
    }
    app.pass(minutes(1)).await;
    let page = half.form().fill("code", &authenticator.code(&app)).submit(&mut thief).await;
    page.expect("sign-in");
    assert_eq!(app.live_sessions_of("alice").await, 3, "what the old password began is over");

    // By default all others end, the applications with offline access, too.
    app.pass(minutes(1)).await;
    let page = devices[0].0.get("/account/password").await;
    let form =
        page.form_to("/account/password").fill("current", NEW_PASSWORD).fill("password", "nine old kites fly home");
    let done = form.fill("code", &authenticator.code(&app)).submit(&mut devices[0].0).await;
    assert!(done.text().contains("signed out on all other devices"), "{}", done.text());
    for (nth, (browser, tokens)) in devices.iter_mut().enumerate() {
        let page = browser.get(&silent).await;
        if nth == 0 {
            page.code();
        } else {
            page.error("login_required");
        }
        rp.refresh(tokens.refresh()).await.error("invalid_grant");
    }
    assert_eq!(app.live_sessions_of("alice").await, 1);
}

#[tokio::test]
async fn a_form_without_the_choice_and_every_reset_end_all() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let alice = app.user("alice").await;
    let mut devices = three_devices(&app, &rp).await;
    // A page of the release before has no box.
    let mut form = password_form(&mut devices[0].0).await;
    form.fields.retain(|(name, _)| name != "end_others" && name != "others");
    form.submit(&mut devices[0].0).await.expect("password");
    assert_eq!(app.live_sessions_of("alice").await, 1);
    rp.refresh(devices[2].1.refresh()).await.error("invalid_grant");
    latchkey::account::password::set(&app.app, &alice.id, &PASSWORD.into()).await.unwrap();
    assert_eq!(app.live_sessions_of("alice").await, 0);
    let devices = three_devices(&app, &rp).await;
    let link = password_link::make(&app.app, &alice.id, minutes(60)).await.unwrap();
    let mut browser = app.browser();
    browser.get(&link).await.form().fill("password", NEW_PASSWORD).submit(&mut browser).await;
    assert_eq!(app.live_sessions_of("alice").await, 1, "that of the link");
    for (_, tokens) in &devices {
        rp.refresh(tokens.refresh()).await.error("invalid_grant");
    }
}

#[tokio::test]
async fn a_session_tells_its_factors_its_applications_and_where_its_person_signed_in_last() {
    let app = TestApp::new().await;
    let rp = app.client(ClientKind::Spa, |client| client.name = Some("Billing".to_owned())).await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.authorize(&rp).await.code();
    let authenticator = browser.set_up_authenticator().await;
    let plain = app.browser().sign_in_with("alice", &authenticator).await;
    drop(plain);
    let text = browser.get("/account/sessions").await.text();
    assert_eq!(text.matches("Signed in with: Password, code").count(), 2, "{text}");
    assert_eq!(text.matches("Apps: Billing").count(), 1, "{text}");
    assert_eq!(text.matches("IP address: 203.0.113.7").count(), 2, "{text}");
    app.pass(minutes(1)).await;
    browser.address = [198, 51, 100, 1].into();
    browser.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".to_owned();
    let mut browser = browser.sign_in_with("alice", &authenticator).await;
    let page = browser.get("/account/sessions").await;
    let text = page.text();
    assert!(text.contains("Firefox on Linux This device") && text.contains("IP address: 198.51.100.1"), "{text}");
    // What was withdrawn is used no more.
    let applications = browser.get("/account/applications").await;
    applications.press("withdraw").submit(&mut browser).await;
    assert!(!browser.get("/account/sessions").await.text().contains("Billing"));
}

#[tokio::test]
async fn all_sessions_end_with_this_one_and_what_depends_on_them() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut devices = three_devices(&app, &rp).await;
    let page = devices[0].0.get("/account/sessions").await;
    let page = page.form_to("/account/sessions").fill("end", "all").submit(&mut devices[0].0).await;
    page.expect("signed-out");
    assert_eq!(app.live_sessions_of("alice").await, 0);
    for (browser, tokens) in &mut devices {
        browser.get("/account").await.expect("sign-in");
        rp.refresh(tokens.refresh()).await.error("invalid_grant");
    }
    assert!(app.events().await.contains(&"all_sessions_ended".to_owned()));
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_tries_are_counted() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    for (current, new, words) in [
        ("", NEW_PASSWORD, "Enter your current password"),
        (PASSWORD, "short", "too short"),
        (PASSWORD, "aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        ("wrong password here", NEW_PASSWORD, "is not your current password"),
    ] {
        let refused = change_password(&mut browser, current, new).await;
        assert_eq!(refused.reply.status, 400);
        assert!(refused.reply.body.contains(words), "{words}: {}", refused.reply.body);
    }
    for _ in 0..4 {
        change_password(&mut browser, "wrong password here", NEW_PASSWORD).await;
    }
    let throttled = change_password(&mut browser, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(throttled.reply.status, 429, "{}", throttled.reply.body);
}

#[tokio::test]
async fn a_device_can_be_signed_out_and_all_others_at_once() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let mut phone = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&phone.authorize(&rp).await.code()).await.tokens();
    let mut tablet = app.browser().sign_in("alice").await;
    let mut here = app.browser().sign_in("alice").await;
    let page = here.get("/account/sessions").await;
    assert_eq!(page.reply.body.matches("name=\"end\"").count(), 4, "two devices, all others, and all");
    assert_eq!(page.reply.body.matches("This device").count(), 1);
    // The last one that is listed began first: the phone.
    let ended = page.form_to("/account/sessions").fill("end", &page.buttons("end")[1]).submit(&mut here).await;
    assert!(ended.reply.body.contains("The session on the selected device has ended."), "{}", ended.reply.body);
    phone.get(&rp.request().set("prompt", "none").path()).await.error("login_required");
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    let asked = tablet.get("/account").await;
    assert!(!asked.url.contains("/sign-in"), "the tablet is still signed in");

    ended.form_to("/account/sessions").fill("end", "others").submit(&mut here).await;
    assert!(tablet.get("/account").await.url.contains("/sign-in"));
    let left = here.get("/account/sessions").await;
    assert_eq!(left.reply.body.matches("name=\"end\"").count(), 0, "this one is left");
}

#[tokio::test]
async fn a_device_that_its_person_signs_out_keeps_no_app_and_no_trust() {
    let app = TestApp::new().await;
    let rp = app.client(ClientKind::Native, |client| client.name = Some("Phone app".to_owned())).await;
    let authenticator = app.browser().sign_in("alice").await.set_up_authenticator().await;
    let offline = rp.request().set("scope", "openid offline_access");
    // A phone that is lost: with an application that outlives the session, and without the second factor for thirty days.
    let signs_in = async || {
        app.pass(minutes(1)).await;
        let mut phone = app.browser();
        let page = phone.type_password("alice", PASSWORD).await;
        let form = page.expect("second-factor").form().fill("code", &authenticator.code(&app)).fill("trust", "yes");
        form.submit(&mut phone).await.expect("");
        let tokens = rp.exchange(&phone.go_through(&offline).await.code()).await.tokens();
        (phone, tokens)
    };
    // The one of the person, with such an application, too.
    let (mut here, mine) = signs_in().await;
    for way in ["one", "others", "all"] {
        let (mut phone, before) = signs_in().await;
        // What was given there in a session before this one is that of the phone, too.
        phone.cookies.remove("sid");
        app.pass(minutes(1)).await;
        phone.type_password("alice", PASSWORD).await.expect("");
        let tokens = rp.exchange(&phone.go_through(&offline).await.code()).await.tokens();
        let page = here.get("/account/sessions").await;
        assert!(page.text().contains("Apps: Phone app"), "{}", page.text());
        let form = match way {
            // The first one that is listed beside this one: the phone was used last.
            "one" => page.press("end"),
            _ => page.form_to("/account/sessions").fill("end", way),
        };
        let done = form.submit(&mut here).await;
        let told = if way == "all" { "signed out" } else { "Apps that got access there have lost it." };
        assert!(done.reply.expect(200).body.contains(told), "{way}");
        for tokens in [&tokens, &before] {
            rp.refresh(tokens.refresh()).await.error("invalid_grant");
            assert!(!rp.is_good(&tokens.access_token).await, "{way}");
        }
        app.pass(minutes(1)).await;
        phone.type_password("alice", PASSWORD).await.expect("second-factor");
        assert_eq!(rp.is_good(&mine.access_token).await, way != "all", "{way}");
    }
    rp.refresh(mine.refresh()).await.error("invalid_grant");
}

#[tokio::test]
async fn a_sign_out_in_the_browser_itself_leaves_offline_access_and_trust() {
    // OIDC Core §11
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let authenticator = app.browser().sign_in("alice").await.set_up_authenticator().await;
    let mut browser = app.browser();
    let page = browser.type_password("alice", PASSWORD).await;
    page.form().fill("code", &authenticator.code(&app)).fill("trust", "yes").submit(&mut browser).await.expect("");
    let code = browser.go_through(&rp.request().set("scope", "openid offline_access")).await.code();
    let tokens = rp.exchange(&code).await.tokens();
    let page = browser.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut browser).await;
    browser.get("/account").await.expect("sign-in");
    rp.refresh(tokens.refresh()).await.tokens();
    browser.type_password("alice", PASSWORD).await.expect("");
}

#[tokio::test]
async fn what_an_application_was_allowed_can_be_withdrawn() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let own = app.client(ClientKind::Web, |client| client.first_party = true).await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    own.exchange(&browser.authorize(&own).await.code()).await.tokens();
    let page = browser.get("/account/applications").await;
    assert_eq!(page.reply.body.matches("name=\"withdraw\"").count(), 2, "one that asked, one that need not");
    assert!(page.reply.body.contains("See your email address"));
    for handle in &page.buttons("withdraw") {
        page.form_to("/account/applications").fill("withdraw", handle).submit(&mut browser).await;
    }
    rp.refresh(tokens.refresh()).await.error("invalid_grant");
    rp.userinfo(&tokens.access_token).await.expect(401);
    browser.get(&rp.request().set("prompt", "none").path()).await.error("consent_required");
    assert!(browser.get("/account/applications").await.reply.body.contains("No app has access to your account"));
    assert!(app.events().await.contains(&"consent_withdrawn".to_owned()));
}

#[tokio::test]
async fn all_that_an_application_may_still_do_is_shown_whatever_it_asked_for_last() {
    let resource = |identifier: &str, name: &str, scope: &str| Resource {
        identifier: identifier.to_owned(),
        name: name.to_owned(),
        scopes: ScopeSet::parse(scope).unwrap(),
        access_token: None,
        algorithm: None,
    };
    let (orders, stock) = ("https://orders.example", "https://stock.example");
    let registered = [resource(orders, "The order book", "orders:read"), resource(stock, stock, "stock:read")];
    let app = TestApp::new().await;
    for resource in registered {
        latchkey::resources::add(&app.app, resource).await.unwrap().unwrap();
    }
    // One that people are asked about, and one that is the operator's own.
    for first_party in [false, true] {
        let rp = app
            .client(ClientKind::Web, |new| {
                new.first_party = first_party;
                new.metadata.resources = vec![orders.to_owned(), stock.to_owned()];
                new.metadata.scope = ScopeSet::standard().union(&ScopeSet::parse("orders:read").unwrap());
            })
            .await;
        let mut browser = app.browser();
        browser.user = format!("alice{first_party}");
        let asked = if first_party { rp.request() } else { rp.request().set("prompt", "consent") };
        let wide = asked.clone().set("scope", "openid orders:read offline_access");
        let wide = wide.add("resource", orders).add("resource", stock);
        let tokens = rp.exchange(&browser.go_through(&wide).await.code()).await.tokens();
        let narrow = browser.go_through(&asked.set("scope", "openid email")).await.code();
        rp.exchange(&narrow).await.tokens();
        rp.refresh(tokens.refresh()).await.tokens();
        let page = browser.get("/account/applications").await;
        let shown = page.text();
        for words in [
            "Stay connected when you are not using the app",
            "Use the permission “orders:read”",
            "Use “The order book” on your behalf",
            "Use “https://stock.example” on your behalf",
            "See your email address",
        ] {
            assert_eq!(shown.matches(words).count(), 1, "{words}: {shown}");
        }
        assert!(!shown.contains(app.issuer()), "the issuer is no application: {shown}");
        // And it ends with the button beside it.
        page.press("withdraw").submit(&mut browser).await;
        rp.refresh(tokens.refresh()).await.error("invalid_grant");
    }
}

#[tokio::test]
async fn another_persons_handles_do_nothing() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut alice = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&alice.authorize(&rp).await.code()).await.tokens();
    app.browser().sign_in("alice").await;
    let session = alice.get("/account/sessions").await.buttons("end").remove(0);
    let application = alice.get("/account/applications").await.buttons("withdraw").remove(0);

    let mut mallory = app.browser();
    mallory.user = "mallory".to_owned();
    let mut mallory = mallory.sign_in("mallory").await;
    mallory.authorize(&rp).await.code();
    let page = mallory.get("/account/sessions").await;
    page.form_to("/language").to("/account/sessions").fill("end", &session).submit(&mut mallory).await;
    page.form_to("/language").to("/account/applications").fill("withdraw", &application).submit(&mut mallory).await;
    assert_eq!(alice.get("/account/sessions").await.reply.body.matches("name=\"end\"").count(), 3);
    assert!(rp.is_good(&tokens.access_token).await);
}

#[tokio::test]
async fn a_changed_name_and_language_are_told_to_applications() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let before = rp.userinfo(&tokens.access_token).await.expect(200).json();
    app.clock.advance(minutes(1));
    let page = browser.get("/account").await;
    let form = page.form_to("/account").fill("name", " Alice Liddell ").fill("locale", "ru");
    let saved = form.submit(&mut browser).await;
    assert!(saved.reply.body.contains("Изменения сохранены"), "in the new language: {}", saved.reply.body);
    let after = rp.userinfo(&tokens.access_token).await.expect(200).json();
    assert_eq!((after["name"].as_str(), after["locale"].as_str()), (Some("Alice Liddell"), Some("ru")));
    assert!(after["updated_at"].as_i64() > before["updated_at"].as_i64());
    let long = saved.form_to("/account").fill("name", &"x".repeat(257)).submit(&mut browser).await;
    assert_eq!(long.reply.status, 400);
    assert_eq!(rp.userinfo(&tokens.access_token).await.expect(200).json()["name"], "Alice Liddell");
}

#[tokio::test]
async fn of_two_accounts_in_a_browser_the_other_one_can_be_chosen() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await.sign_in("bob").await;
    let page = browser.get("/account").await;
    assert!(page.reply.body.contains("bob Example"));
    let handle = page.reply.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let other = page.form_to("/account/switch").fill("session", handle).submit(&mut browser).await;
    assert!(other.reply.body.split("<form").next().unwrap().contains("alice Example"), "{}", other.reply.body);
}

#[tokio::test]
async fn whoever_adds_a_factor_after_a_switch_of_accounts_goes_on_with_that_account() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    app.clock.advance(minutes(1));
    browser = browser.sign_in("bob").await;
    app.clock.advance(minutes(1));
    let other = browser.get("/account").await.press("session").submit(&mut browser).await;
    assert!(other.reply.body.split("<form").next().unwrap().contains("alice Example"), "{}", other.reply.body);
    app.clock.advance(minutes(1));
    browser.add_passkey(Passkey::new(&app)).await;
    let page = browser.get("/account").await;
    assert!(page.reply.body.split("<form").next().unwrap().contains("alice Example"), "{}", page.reply.body);
}

#[tokio::test]
async fn e3_forms_of_the_account_need_their_proof() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    for (path, field) in [
        ("/account", ("name", "Mallory")),
        ("/account/password", ("password", NEW_PASSWORD)),
        ("/account/sessions", ("end", "others")),
        ("/account/applications", ("withdraw", "x")),
        ("/account/switch", ("session", "x")),
    ] {
        assert_eq!(browser.post(path, &[field]).await.reply.status, 403, "{path}");
    }
}

#[tokio::test]
async fn password_managers_find_the_page_that_changes_a_password() {
    let app = TestApp::new().await;
    let reply = app.get("/.well-known/change-password").await;
    assert_eq!(reply.expect(303).location(), format!("{}/account/password", app.issuer()));
    let app = TestApp::with(|config| config.issuer = Issuer::parse("https://id.example/auth").unwrap()).await;
    let reply = app.get("https://id.example/.well-known/change-password").await;
    assert_eq!(reply.expect(303).location(), "https://id.example/auth/account/password");
}

#[tokio::test]
async fn ending_a_session_says_which_one_has_ended() {
    let app = TestApp::new().await;
    let mut here = app.browser().sign_in("alice").await;
    app.browser().sign_in("alice").await;
    app.sql("UPDATE session SET user_agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0'")
        .await;
    let page = here.get("/account/sessions").await;
    let done = page.press("end").submit(&mut here).await;
    assert!(done.text().contains("Signed out: Firefox on Linux."), "{}", done.text());
    // Any other handle says nothing.
    let done = here.get("/account/sessions?ended=another").await;
    assert!(!done.reply.body.contains("role=\"status\""), "{}", done.text());
}

#[tokio::test]
async fn a_link_that_no_longer_works_is_gone() {
    let app = TestApp::new().await;
    let page = app.browser().get("/set-password?token=lk_link_unknown").await;
    page.refused(410);
    assert!(
        page.reply.body.contains("<code>410</code>"),
        "the page shows the status that was sent: {}",
        page.reply.body
    );
}

#[tokio::test]
async fn the_language_switch_stays_on_this_server() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let form = browser.get("/nowhere?x=1").await.form_to("/language");
    let issuer = app.issuer();
    for (address, expected) in [
        ("/nowhere?x=1", format!("{issuer}/nowhere?x=1")),
        ("//evil.example/", format!("{issuer}//evil.example/")),
        ("https://evil.example/", format!("{issuer}/")),
        ("", format!("{issuer}/")),
    ] {
        let form = form.clone().fill("return", address).fill("language", "ru");
        let sent = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
        let request = http::Request::post(app.path("/language"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", issuer);
        let reply = browser.send(request, form_encode(&sent)).await;
        assert_eq!(reply.expect(303).location(), expected, "{address:?}");
    }
}

#[tokio::test]
async fn a_language_that_no_page_has_stays_until_another_one_is_chosen() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    app.sql("UPDATE user_account SET profile = '{\"locale\":\"de-CH\"}'").await;
    let locale =
        async || app.person("alice").await.profile.get("locale").and_then(|tag| tag.as_str()).map(str::to_owned);
    let form = browser.get("/account").await.form().fill("name", "Alice");
    form.clone().fill("locale", form.get("shown").unwrap()).submit(&mut browser).await.reply.expect(200);
    assert_eq!(locale().await.as_deref(), Some("de-CH"));
    form.fill("locale", "ru").submit(&mut browser).await.reply.expect(200);
    assert_eq!(locale().await.as_deref(), Some("ru"));
}

/// WebAuthn Level 3 §5.1.10. `None` if the page tells the browser nothing of passkeys.
async fn told_of_passkeys(browser: &mut Browser, path: &str) -> Option<serde_json::Value> {
    let page = browser.get(path).await;
    let html = scraper::Html::parse_document(&page.reply.body);
    let place = scraper::Selector::parse(".passkey-signal").unwrap();
    let told = html.select(&place).next()?.value().attr("data-accepted").unwrap();
    assert!(page.reply.body.contains("passkey.js"), "{path} has the script that tells it");
    Some(serde_json::from_str(told).unwrap())
}

#[tokio::test]
async fn the_page_after_a_sign_in_and_that_of_the_account_tell_the_browser_which_passkeys_there_are() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    browser.add_passkey(Passkey::new(&app)).await;
    let alice = app.person("alice").await.id;
    let own = passkey::of_user(&mut app.app.db.read().await.unwrap(), &alice).await.unwrap();
    for path in ["/", "/account", "/account/passkeys"] {
        let told = told_of_passkeys(&mut browser, path).await.expect(path);
        assert_eq!(told["allAcceptedCredentialIds"], serde_json::json!([own[0].credential_id]), "{path}");
        assert_eq!((&told["rpId"], &told["displayName"]), (&"localhost".into(), &"alice Example".into()), "{path}");
    }
    // An operator removes it, and the next page tells so.
    passkeys::remove_of(&app.app, &alice, &own[0].id).await.unwrap();
    let mut browser = browser.sign_in("alice").await;
    let told = told_of_passkeys(&mut browser, "/").await.unwrap();
    assert_eq!(told["allAcceptedCredentialIds"], serde_json::json!([]));
    assert_eq!(told_of_passkeys(&mut app.browser(), "/").await, None, "nobody is signed in");
}
