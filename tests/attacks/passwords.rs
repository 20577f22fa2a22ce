//! F. Passwords.

use crate::harness::{Browser, PASSWORD, Page, TestApp, seconds};

async fn attempt(browser: &mut Browser, identifier: &str, password: &str) -> Page {
    let page = browser.get("/sign-in").await;
    page.form().fill("identifier", identifier).fill("password", password).submit(browser).await
}

async fn generous() -> TestApp {
    TestApp::with(|config| config.login.address_burst = 10_000).await
}

#[tokio::test]
async fn f3_an_address_that_tries_one_person_after_another_is_slowed_down() {
    let app = TestApp::with(|config| config.login.address_burst = 20).await;
    let mut browser = app.browser();
    for n in 0..20 {
        assert_ne!(attempt(&mut browser, &format!("nobody{n}"), "wrong password here").await.reply.status, 429, "{n}");
    }
    assert_eq!(attempt(&mut browser, "nobody20", "wrong password here").await.reply.status, 429);
    let mut neighbour = app.browser();
    neighbour.address = [192, 0, 2, 1].into();
    assert_ne!(attempt(&mut neighbour, "nobody20", "wrong password here").await.reply.status, 429);
    app.clock.advance(seconds(6));
    assert_ne!(
        attempt(&mut browser, "nobody21", "wrong password here").await.reply.status,
        429,
        "one more in six seconds"
    );
}

#[tokio::test]
async fn f1_known_and_unknown_people_get_the_same_answer() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for _ in 0..7 {
        let known = attempt(&mut browser, "alice", "wrong password here").await;
        let unknown = attempt(&mut browser, "nobody", "wrong password here").await;
        assert_eq!(known.reply.status, unknown.reply.status);
        let strip = |page: &Page, name: &str| page.text().replace(name, "");
        assert_eq!(strip(&known, "alice"), strip(&unknown, "nobody"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f5_parallel_tries_and_other_spellings_share_one_counter() {
    let app = generous().await;
    app.user("alice").await;
    let spellings = ["alice", "ALICE", " alice ", "ａｌｉｃｅ", "alice@example.com", "Alice@Example.COM"];
    let mut tasks = Vec::new();
    for n in 0..48u8 {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, n].into();
        let spelling = spellings[n as usize % spellings.len()];
        tasks.push(tokio::spawn(async move {
            let page = browser.get("/sign-in").await;
            let form = page.form().fill("identifier", spelling).fill("password", "wrong password here");
            let fields: Vec<_> = form.fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let request = http::Request::post("/sign-in")
                .header("content-type", "application/x-www-form-urlencoded")
                // Believed of trusted proxies only.
                .header("x-forwarded-for", format!("192.0.2.{n}"));
            browser.send(request, crate::harness::form_encode(&fields)).await.status.as_u16()
        }));
    }
    let mut counted = 0;
    for task in tasks {
        match task.await.unwrap() {
            429 => {}
            _ => counted += 1,
        }
    }
    assert_eq!(counted, 5, "four failures are free, the fifth begins the waiting; no other try was looked at");
    // Even the right password waits.
    let mut browser = app.browser();
    assert_eq!(attempt(&mut browser, "alice", PASSWORD).await.reply.status, 429);
    app.clock.advance(seconds(2));
    attempt(&mut browser, "alice", PASSWORD).await.reply.expect(200);
    // A success forgets the failures.
    let mut stranger = app.browser();
    for _ in 0..4 {
        assert_ne!(attempt(&mut stranger, "alice", "wrong password here").await.reply.status, 429);
    }
}

#[tokio::test]
async fn f5_waiting_doubles_up_to_a_minute_and_a_hundred_failures_close_the_door() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for n in 1..=100u32 {
        let answer = attempt(&mut browser, "alice", "wrong password here").await;
        assert_ne!(answer.reply.status, 429, "try {n}");
        let wait = if n < 5 { 0 } else { 1u64 << (n - 5).min(6) }.min(60);
        if wait > 0 {
            app.clock.advance(seconds(wait - 1));
            assert_eq!(attempt(&mut browser, "alice", PASSWORD).await.reply.status, 429, "after {n} failures");
            app.clock.advance(seconds(2));
        }
    }
    let closed = attempt(&mut browser, "alice", PASSWORD).await;
    assert!(closed.form().get("identifier").is_some(), "the right password no longer opens the door");
    assert!(app.events().await.contains(&"password_door_closed".to_owned()));
}

#[tokio::test]
async fn f4_the_rightful_user_on_a_known_device_is_not_shut_out_by_a_strangers_tries() {
    let app = generous().await;
    let mut known = app.browser().sign_in("alice").await;
    let mut stranger = app.browser();
    for _ in 0..6 {
        attempt(&mut stranger, "alice", "wrong password here").await;
    }
    assert_eq!(attempt(&mut stranger, "alice", PASSWORD).await.reply.status, 429);
    attempt(&mut known, "alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn f6_a_huge_password_is_refused_before_it_is_hashed() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    assert_eq!(attempt(&mut browser, "alice", &"x".repeat(1 << 20)).await.reply.status, 413);
    let too_long = attempt(&mut browser, "alice", &"x".repeat(1025)).await;
    assert_eq!(too_long.reply.status, 400);
    assert_eq!(app.rows("password_failure").await, 0, "not even counted as a try");
    attempt(&mut browser, "alice", PASSWORD).await.reply.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f6_beyond_the_queue_hashing_is_refused_with_503() {
    let app = TestApp::with(|config| {
        config.login.address_burst = 10_000;
        config.login.hashing_at_once = Some(1);
        config.login.hashing_queue = 2;
        config.login.argon2_memory = latchkey::config::units::Size::mib(64);
        config.login.argon2_iterations = 4;
    })
    .await;
    let tasks: Vec<_> = (0..40)
        .map(|n| {
            let mut browser = app.browser();
            tokio::spawn(async move { attempt(&mut browser, &format!("nobody{n}"), "wrong password here").await.reply })
        })
        .collect();
    let mut refused = 0;
    for task in tasks {
        let reply = task.await.unwrap();
        if reply.status == 503 {
            refused += 1;
            assert!(reply.header("retry-after").is_some());
        }
    }
    assert!(refused >= 20, "one is hashed, two wait, the others are refused: {refused}");
}

#[tokio::test]
async fn f7_a_password_is_the_same_in_every_form_of_unicode_and_a_look_alike_name_is_taken() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let (composed, apart) = ("пять цапель летят домой й", "пять цапель летят домои\u{306} й");
    let composed_text: String = composed.to_owned();
    assert_ne!(composed_text, apart);
    let (one, two) = ("café heron evening flight", "cafe\u{301} heron evening flight");
    latchkey::login::users::set_password(&app.app, &alice.id, &one.into()).await.unwrap();
    app.clock.advance(seconds(1));
    attempt(&mut app.browser(), "alice", two).await.reply.expect(200);

    let new = latchkey::login::users::NewUser {
        sub: None,
        profile: serde_json::Map::new(),
        identifiers: vec![latchkey::login::identifier::parse("аӏісе", None).unwrap()],
        password: None,
        roles: vec![],
    };
    let refused = latchkey::login::users::add(&app.app, new).await.unwrap_err();
    assert!(matches!(refused, latchkey::login::Error::Store(latchkey::store::db::Error::Conflict)), "{refused:?}");
}
