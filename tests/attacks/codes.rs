//! G1, G2, X4, X13. Codes of an app and recovery codes count once, and are not guessed.

use latchkey::account::authenticator;

use super::second_factor::enrolled;
use crate::harness::{Authenticator, PASSWORD, TestApp, minutes, seconds};

#[tokio::test]
async fn g1_a_code_counts_once_in_all_sign_ins_and_so_does_the_one_that_set_the_app_up() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/authenticator").await;
    let authenticator = Authenticator::with_key(&page.codes()[0]);
    let code = authenticator.code(&app);
    page.form().fill("code", &code).submit(&mut browser).await.reply.expect(200);
    let attempt = async |code: &str| {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        page.form().fill("code", code).submit(&mut browser).await.reply.status.as_u16()
    };
    assert_eq!(attempt(&code).await, 400, "the code that set the app up");
    app.pass(seconds(60)).await;
    let code = authenticator.code(&app);
    assert_eq!(attempt(&code).await, 200);
    assert_eq!(attempt(&code).await, 400, "the same again");
    app.pass(seconds(30)).await;
    assert_eq!(attempt(&code).await, 400, "the same half a minute later");
    // The code of an earlier step is no better than a used one.
    let step = app.app.now().micros() / 30_000_000;
    assert_eq!(attempt(&authenticator.code_at(step + 1)).await, 200);
    assert_eq!(attempt(&authenticator.code_at(step)).await, 400);
    app.pass(seconds(90)).await;
    assert_eq!(attempt(&authenticator.code(&app)).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_of_many_requests_with_one_code_exactly_one_signs_in() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let (code, recovery_code) = (authenticator.code(&app), authenticator.recovery_codes[0].clone());
    for (field, code) in [("code", code), ("recovery_code", recovery_code)] {
        let mut waiting = Vec::new();
        for _ in 0..8 {
            let mut browser = app.browser();
            let page = browser.type_password("alice", PASSWORD).await;
            waiting.push((browser, page.form().fill(field, &code)));
        }
        let tries: Vec<_> = waiting
            .into_iter()
            .map(|(mut browser, form)| {
                tokio::spawn(async move { form.submit(&mut browser).await.reply.status.as_u16() })
            })
            .collect();
        let mut statuses = Vec::new();
        for one in tries {
            statuses.push(one.await.unwrap());
        }
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{field}: {statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x4_g1_one_code_over_two_replicas_signs_in_once() {
    let Some(app) = TestApp::replicas().await else { return };
    let (_, authenticator) = enrolled(&app).await;
    let code = authenticator.code(&app);
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        waiting.push((browser, page.form().fill("code", &code)));
    }
    let tries: Vec<_> = waiting
        .into_iter()
        .map(|(mut browser, form)| tokio::spawn(async move { form.submit(&mut browser).await.reply.status.as_u16() }))
        .collect();
    let mut signed_in = 0;
    for one in tries {
        signed_in += i32::from(one.await.unwrap() == 200);
    }
    assert_eq!(signed_in, 1);
}

#[tokio::test]
async fn g2_a_sign_in_takes_five_codes_and_an_account_twenty_in_an_hour() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let wrong = authenticator.wrong_code(&app);
    let mut browser = app.browser();
    for sign_in in 0..4 {
        let page = browser.type_password("alice", PASSWORD).await;
        for attempt in 0..5 {
            let page = page.form().fill("code", &wrong).submit(&mut browser).await;
            let expected = if attempt == 4 { 429 } else { 400 };
            assert_eq!(page.reply.status, expected, "sign-in {sign_in}, code {attempt}: {}", page.text());
        }
        // The right code is too late for this sign-in.
        let late = page.form().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
        assert!(late.refused(429).text().contains("Please sign in again"), "{}", late.text());
    }
    // Twenty codes are tried: from now on not even the right one counts, in no sign-in of a stranger's browser.
    let page = app.browser().type_password("alice", PASSWORD).await;
    let refused = page.form().fill("code", &authenticator.code(&app)).submit(&mut app.browser()).await;
    assert_eq!(refused.reply.status, 403, "a form of another browser");
    let mut stranger = app.browser();
    let page = stranger.type_password("alice", PASSWORD).await;
    let refused = page.form().fill("code", &authenticator.code(&app)).submit(&mut stranger).await;
    assert!(refused.refused(429).text().contains("Wait 60 minutes"), "{}", refused.text());
    // A recovery code is too long to be guessed, and so still counts.
    let page = stranger.type_password("alice", PASSWORD).await;
    page.form().fill("recovery_code", &authenticator.recovery_codes[0]).submit(&mut stranger).await.reply.expect(200);
    assert_eq!(app.events().await.iter().filter(|kind| *kind == "second_factor_failed").count(), 4);
    app.pass(minutes(61)).await;
    app.browser().sign_in_with("alice", &authenticator).await;
}

#[tokio::test]
async fn g2_a_form_of_the_account_takes_five_codes_in_an_hour_and_says_how_long_to_wait() {
    let app = TestApp::new().await;
    let (mut browser, authenticator) = enrolled(&app).await;
    let form = browser.get("/account/password").await.form_to("/account/password");
    let form = form.fill("current", PASSWORD).fill("password", "seven calm otters sing");
    for _ in 0..5 {
        form.clone().fill("code", &authenticator.wrong_code(&app)).submit(&mut browser).await.refused(400);
    }
    app.pass(minutes(20)).await;
    let early = form.clone().fill("code", &authenticator.code(&app)).submit(&mut browser).await;
    assert!(early.refused(429).text().contains("Wait 40 minutes"), "{}", early.text());
    app.pass(minutes(41)).await;
    form.fill("code", &authenticator.code(&app)).submit(&mut browser).await.expect("password");
}

#[tokio::test]
async fn g2_f4_strangers_codes_do_not_shut_the_owner_out() {
    let app = TestApp::new().await;
    let (browser, authenticator) = enrolled(&app).await;
    let wrong = authenticator.wrong_code(&app);
    let mut stranger = app.browser();
    for _ in 0..4 {
        let page = stranger.type_password("alice", PASSWORD).await;
        for _ in 0..5 {
            page.form().fill("code", &wrong).submit(&mut stranger).await;
        }
    }
    browser.sign_in_with("alice", &authenticator).await;
}

#[tokio::test]
async fn g2_many_right_sign_ins_close_no_door() {
    let app = TestApp::with(|config| config.login.throttle_close = 10).await;
    let (_, authenticator) = enrolled(&app).await;
    for _ in 0..15 {
        app.pass(minutes(1)).await;
        app.browser().sign_in_with("alice", &authenticator).await;
    }
    assert_eq!(app.rows("password_failure").await, 0);
}

#[tokio::test]
async fn x13_after_a_restore_no_code_works_that_was_used_before_it() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    // The backup knows nothing of what is used from here on.
    let code = authenticator.code(&app);
    latchkey::store::installation::epoch::begin(&app.app.db, || {}).await.unwrap();
    let attempt = async |field: &str, code: &str| {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        page.form().fill(field, code).submit(&mut browser).await.reply.status.as_u16()
    };
    assert_eq!(attempt("code", &code).await, 400);
    assert_eq!(attempt("recovery_code", &authenticator.recovery_codes[0]).await, 400);
    app.pass(minutes(1)).await;
    assert_eq!(attempt("code", &authenticator.code(&app)).await, 200);
}

#[tokio::test]
async fn g2_a_browser_that_signed_in_before_the_app_was_there_is_a_strangers() {
    let app = TestApp::new().await;
    let mut before = app.browser().sign_in("alice").await;
    let mut owner = app.browser().sign_in("alice").await;
    app.pass(minutes(1)).await;
    let authenticator = owner.set_up_authenticator().await;
    let (wrong, mut stranger) = (authenticator.wrong_code(&app), app.browser());
    for _ in 0..4 {
        let page = stranger.type_password("alice", PASSWORD).await;
        for _ in 0..5 {
            page.form().fill("code", &wrong).submit(&mut stranger).await;
        }
    }
    let page = before.type_password("alice", PASSWORD).await;
    page.form().fill("code", &authenticator.code(&app)).submit(&mut before).await.refused(429);
    owner.sign_in_with("alice", &authenticator).await;
}

#[tokio::test]
async fn g1_the_form_that_set_an_app_up_does_not_do_it_twice() {
    let app = TestApp::new().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account/authenticator").await;
    let code = Authenticator::with_key(&page.codes()[0]).code(&app);
    let form = page.form().fill("code", &code);
    form.submit(&mut browser).await.reply.expect(200);
    let page = browser.get("/account/authenticator").await;
    page.form().fill("remove", "yes").submit(&mut browser).await.expect("security");
    form.submit(&mut browser).await.expect("authenticator");
    assert_eq!(app.rows("totp").await, 0);
}

#[tokio::test]
async fn g1_a_code_that_was_used_stays_used_after_a_restart() {
    let app = TestApp::new().await;
    let (_, authenticator) = enrolled(&app).await;
    let code = authenticator.code(&app);
    let attempt = async |app: &TestApp, field: &str, code: &str| {
        let mut browser = app.browser();
        let page = browser.type_password("alice", PASSWORD).await;
        page.form().fill(field, code).submit(&mut browser).await.reply.status.as_u16()
    };
    let recovery_code = &authenticator.recovery_codes[0];
    assert_eq!(attempt(&app, "code", &code).await, 200);
    assert_eq!(attempt(&app, "recovery_code", recovery_code).await, 200);
    // A process that is started on the same database, with nothing in its memory.
    let again = app.replica().await;
    assert_eq!(attempt(&again, "code", &code).await, 400);
    assert_eq!(attempt(&again, "recovery_code", recovery_code).await, 400);
}

#[tokio::test]
async fn g1_a_code_of_an_app_that_was_replaced_meanwhile_is_worth_nothing() {
    let app = TestApp::new().await;
    let (mut owner, old) = enrolled(&app).await;
    let mut thief = app.browser();
    let half = thief.type_password("alice", PASSWORD).await;
    // Another app takes its place while the code is on its way.
    let code = old.code(&app);
    assert!(authenticator::remove(&app.app, &app.session_of("alice").await).await.unwrap());
    let page = owner.get("/account/authenticator").await;
    let new = Authenticator::with_key(&page.expect("authenticator").codes()[0]);
    page.form().fill("code", &new.code(&app)).submit(&mut owner).await.reply.expect(200);
    half.form().fill("code", &code).submit(&mut thief).await.refused(400);
}
