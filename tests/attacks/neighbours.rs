//! F4, F6. Whoever shares an address with somebody who guesses, asks for letters or sends rubbish is kept from nothing.

use latchkey::config::Config;
use latchkey::letters::delivery::deliver;

use super::guessing::attempt;
use super::mail::{ask_to_sign_in, forget};
use crate::harness::{Browser, PASSWORD, Page, Passkey, TestApp, link_in, minutes, seconds, sender};

const NEW_PASSWORD: &str = "seven slow barges turn";

/// The limits that hold if nothing is configured, with mail.
async fn by_default(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.mail.from = Some(sender());
        config.login.address_burst = Config::default().login.address_burst;
        change(config);
    })
    .await
}

/// The limit is told on a form from which its person goes on, with the way to the client.
fn told_on_the_form(page: &Page) {
    page.refused(429);
    assert!(page.form().get("interaction").is_some(), "the way to the client stays: {}", page.reply.body);
    let wait: u64 = page.reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait) && page.text().contains("Too many attempts. Wait"), "{wait}: {}", page.text());
}

#[tokio::test]
async fn q6_accounts_of_one_network_send_no_more_letters_to_strangers_than_sixty_in_an_hour() {
    let app = by_default(|_| {}).await;
    let mut sent = 0;
    for person in 0..8 {
        let mut browser = app.browser().sign_in(&format!("person{person}")).await;
        for letter in 0..10 {
            let page = browser.get("/account/email?step=address").await;
            let form = page.form_to("/account/email").fill("email", &format!("stranger{person}-{letter}@example.net"));
            let page = form.fill("current", PASSWORD).submit(&mut browser).await;
            sent += usize::from(page.reply.status == 200);
        }
    }
    assert_eq!(sent, 60);
}

#[tokio::test]
async fn f4_a_neighbour_who_guesses_keeps_no_passkey_no_known_device_and_no_second_factor_out() {
    let app = by_default(|config| config.login.second_factor_roles = vec!["support".to_owned()]).await;
    let rp = app.relying_party().await;
    let mut passkey = app.browser().sign_in("alice").await.add_passkey(Passkey::new(&app)).await;
    let mut known = app.browser().sign_in("bob").await;
    let mut with_app = app.browser().sign_in("carol").await;
    let authenticator = with_app.set_up_authenticator().await;
    app.give_role("dave", "support").await;
    let (mut half, mut new) = (app.browser(), app.browser());
    let of_half = half.type_password("carol", PASSWORD).await;
    let of_new = new.type_password("dave", PASSWORD).await;

    let mut neighbour = app.browser();
    let mut statuses = Vec::new();
    for n in 0..24 {
        statuses
            .push(attempt(&mut neighbour, &format!("nobody{n}"), "wrong password here").await.reply.status.as_u16());
    }
    assert_eq!((&statuses[..20], &statuses[20..]), (&[400; 20][..], &[429; 4][..]));

    // A passkey, in a browser that nobody has signed in with.
    let mut phone = app.browser();
    let page = phone.get(&rp.request().path()).await;
    let page = phone.use_passkey(page.expect("sign-in"), &mut passkey).await;
    phone.go_on(page).await.code();
    // A known device, and its own mistakes.
    for _ in 0..3 {
        attempt(&mut known, "bob", "wrong password here").await.refused(400);
    }
    attempt(&mut known, "bob", PASSWORD).await.reply.expect(200);
    // Codes of an app, recovery codes, and an app that is set up on the way.
    of_half.expect("second-factor").form().fill("code", &authenticator.code(&app)).submit(&mut half).await.expect("");
    let page = with_app.type_password("carol", PASSWORD).await;
    let form = page.expect("second-factor").form().fill("recovery_code", &authenticator.recovery_codes[0]);
    form.submit(&mut with_app).await.expect("");
    let of_new = of_new.expect("set-up");
    let code = crate::harness::Authenticator::with_key(&of_new.codes()[0]).code(&app);
    let page = of_new.form().fill("code", &code).submit(&mut new).await;
    assert_eq!(page.reply.expect(200).status, 200);
    assert_eq!(app.live_sessions_of("dave").await, 1);

    // A password in a new browser waits, and is told so where its person goes on.
    let mut stranger = app.browser();
    let page = stranger.get(&rp.request().path()).await;
    let form = page.form().fill("identifier", "alice").fill("password", PASSWORD);
    let page = form.submit(&mut stranger).await;
    told_on_the_form(&page);
    app.clock.advance(seconds(6));
    let form = page.form().fill("identifier", "erin").fill("password", PASSWORD);
    app.user("erin").await;
    let page = form.submit(&mut stranger).await;
    stranger.go_on(page).await.code();
}

#[tokio::test]
async fn f4_a_neighbour_who_asks_for_letters_keeps_nobody_who_is_known_from_theirs() {
    let app = by_default(|_| {}).await;
    let mut known = app.browser().sign_in("bob").await;
    let mut neighbour = app.browser();
    for n in 0..10 {
        forget(&mut neighbour, &format!("nobody{n}@example.com")).await.reply.expect(200);
    }
    forget(&mut neighbour, "nobody10@example.com").await.refused(429);
    // A browser that bob has signed in with.
    forget(&mut known, "bob@example.com").await.reply.expect(200);
    deliver(&app.app).await.unwrap();
    ask_to_sign_in(&mut known, "bob@example.com").await.reply.expect(200);
    // And the account in which he is signed in.
    let form = known.get("/account/email").await.form_to("/account/email");
    let page = form.fill("email", "robert@example.com").fill("current", PASSWORD).submit(&mut known).await;
    assert!(page.reply.expect(200).body.contains("robert@example.com"));
    let subjects: Vec<_> = app.letters_to("bob@example.com").await.into_iter().map(|letter| letter.subject).collect();
    for subject in ["Set a new password", "Your code to sign in"] {
        assert!(subjects.iter().any(|one| one == subject), "{subjects:?}");
    }
    // To addresses of others, that browser is one of the network.
    forget(&mut known, "alice@example.com").await.refused(429);
}

#[tokio::test]
async fn i4_an_account_sends_ten_letters_in_an_hour_whatever_networks_it_asks_from() {
    let app = by_default(|config| config.login.step_up = minutes(60)).await;
    let mut browser = app.browser().sign_in("mallory").await;
    let mut sent = 0;
    for n in 0..14u8 {
        browser.address = [198, 51, 100, n].into();
        let form = browser.get("/account/email").await.form_to("/account/email");
        let form = form.fill("email", &format!("victim{n}@example.com")).fill("current", PASSWORD);
        sent += u32::from(form.submit(&mut browser).await.reply.status == 200);
    }
    assert_eq!(sent, 10);
}

#[tokio::test]
async fn f4_an_office_whose_people_all_type_the_right_password_is_let_in() {
    let app = by_default(|_| {}).await;
    app.user("alice").await;
    for _ in 0..40 {
        attempt(&mut app.browser(), "alice", PASSWORD).await.reply.expect(200);
    }
    // They have taken nothing from who mistypes.
    for n in 0..20 {
        attempt(&mut app.browser(), &format!("nobody{n}"), "wrong password here").await.refused(400);
    }
    attempt(&mut app.browser(), "alice", PASSWORD).await.refused(429);
}

#[tokio::test]
async fn f6_right_passwords_have_a_limit_too_so_that_they_keep_no_processor_busy() {
    let app = TestApp::with(|config| config.login.address_burst = 2).await;
    app.user("alice").await;
    let mut taken = 0;
    while attempt(&mut app.browser(), "alice", PASSWORD).await.reply.status == 200 {
        taken += 1;
        assert!(taken < 100, "they are limited");
    }
    assert_eq!(taken, 15 * 2 + 2);
}

/// Sends a signature that no passkey has made.
async fn send_rubbish(browser: &mut Browser, page: &Page) -> Page {
    page.ceremony().form.fill("response", "{}").submit(browser).await
}

#[tokio::test]
async fn f4_whoever_sends_rubbish_for_a_passkey_is_slowed_down_on_the_form_and_a_known_browser_is_not() {
    let app = TestApp::with(|config| config.login.address_burst = 1).await;
    let rp = app.relying_party().await;
    let mut known = app.browser().sign_in("alice").await;
    let mut passkey = known.add_passkey(Passkey::new(&app)).await;
    let mut neighbour = app.browser();
    let page = neighbour.get(&rp.request().path()).await;
    for _ in 0..15 {
        send_rubbish(&mut neighbour, &page).await.refused(400);
    }
    told_on_the_form(&send_rubbish(&mut neighbour, &page).await);
    known.sign_in_by(&mut passkey).await.expect("");
    // Two in a second, and not one in six.
    app.clock.advance(seconds(1));
    send_rubbish(&mut neighbour, &page).await.refused(400);
}

#[tokio::test]
async fn f4_made_up_links_keep_nobody_from_setting_a_password_and_one_link_is_limited_on_its_form() {
    let app = by_default(|config| config.login.address_burst = 3).await;
    app.user("alice").await;
    let mut owner = app.browser();
    forget(&mut owner, "alice").await.reply.expect(200);
    let link = link_in(&app.letter_to("alice@example.com").await);
    let page = owner.get(&link).await;
    let mut neighbour = app.browser();
    let rubbish = neighbour.get("/sign-in").await.form().to("/set-password").fill("token", "lk_mt_unknown");
    for _ in 0..10 {
        rubbish.clone().fill("password", NEW_PASSWORD).submit(&mut neighbour).await.refused(410);
    }
    for _ in 0..3 {
        page.form().fill("password", "short").submit(&mut owner).await.refused(400);
    }
    let limited = page.form().fill("password", NEW_PASSWORD).submit(&mut owner).await;
    assert!(limited.refused(429).text().contains("Too many attempts. Wait 6 seconds"), "{}", limited.text());
    app.clock.advance(seconds(6));
    limited.form().fill("password", NEW_PASSWORD).submit(&mut owner).await.expect("");
}

#[tokio::test]
async fn f4_a_thief_of_a_session_keeps_its_owner_from_no_new_password() {
    let app = by_default(|config| config.login.address_burst = 3).await;
    let mut thief = app.browser().sign_in("alice").await;
    let form = thief.get("/account/password").await.form_to("/account/password").fill("password", "short");
    for _ in 0..3 {
        form.clone().fill("current", "wrong password here").submit(&mut thief).await.refused(400);
    }
    let limited = form.fill("current", "wrong password here").submit(&mut thief).await;
    assert!(limited.refused(429).text().contains("Too many attempts"), "{}", limited.text());
    let mut owner = app.browser();
    forget(&mut owner, "alice").await.reply.expect(200);
    let page = owner.get(&link_in(&app.letter_to("alice@example.com").await)).await;
    page.form().fill("password", NEW_PASSWORD).submit(&mut owner).await.expect("");
}
