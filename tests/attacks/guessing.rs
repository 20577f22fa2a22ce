//! F1, F3, F4, F5. Whoever guesses passwords, and whoever is guessed at.

use crate::harness::{Browser, PASSWORD, Page, TestApp, minutes, seconds};

pub(super) async fn attempt(browser: &mut Browser, identifier: &str, password: &str) -> Page {
    let page = browser.get("/sign-in?account=another").await;
    page.form().fill("identifier", identifier).fill("password", password).submit(browser).await
}

/// How many tries a bucket has counted.
async fn failures(app: &TestApp, bucket: &str) -> i64 {
    let sql = "SELECT failures FROM password_failure WHERE bucket = $1";
    let mut conn = app.app.db.read().await.unwrap();
    let row: Option<(i64,)> = sqlx::query_as(sql).bind(bucket).fetch_optional(&mut *conn).await.unwrap();
    row.map_or(0, |row| row.0)
}

pub(super) async fn generous() -> TestApp {
    TestApp::with(|config| {
        config.login.address_burst = 10_000;
        config.login.hashing_at_once = Some(4);
    })
    .await
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
        let strip = |page: &Page, name: &str| page.text_without_code().replace(name, "");
        assert_eq!(strip(&known, "alice"), strip(&unknown, "nobody"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f5_parallel_tries_and_other_spellings_share_one_counter() {
    let app = generous().await;
    let alice = app.user("alice").await;
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
    assert_eq!(counted, 10, "of each of the two names four failures are free, and the fifth begins the waiting");
    assert_eq!(failures(&app, &format!("user:{}", alice.id)).await, 5, "and no more than five were looked at");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn x4_f5_forty_guesses_at_one_account_over_two_replicas_are_counted_together() {
    let Some(app) = TestApp::replicas_with(|config| {
        config.login.address_burst = 10_000;
        config.login.hashing_at_once = Some(4);
    })
    .await
    else {
        return;
    };
    let alice = app.user("alice").await;
    let mut forms = Vec::new();
    for n in 0..40u8 {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, n].into();
        let page = browser.get("/sign-in").await;
        forms.push((page.form().fill("identifier", "alice").fill("password", "wrong password here"), browser));
    }
    let guesses: Vec<_> = forms
        .into_iter()
        .map(|(form, mut browser)| tokio::spawn(async move { form.submit(&mut browser).await.reply.status.as_u16() }))
        .collect();
    let mut statuses = Vec::new();
    for guess in guesses {
        statuses.push(guess.await.unwrap());
    }
    let looked_at = statuses.iter().filter(|status| **status != 429).count();
    assert_eq!(
        failures(&app, &format!("user:{}", alice.id)).await,
        looked_at as i64,
        "each is counted once: {statuses:?}"
    );
    // Four are free, and after the fifth everybody waits: a second, then two, then four. Real processes have the world's clock.
    assert!((5..10).contains(&looked_at), "{looked_at} were looked at: {statuses:?}");
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
async fn f5_tries_with_all_names_of_one_person_are_counted_together_and_nobody_is_told() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let mut stranger = app.browser();
    for _ in 0..5 {
        assert_eq!(attempt(&mut stranger, "alice", "wrong password here").await.reply.status, 400);
    }
    assert_eq!(attempt(&mut stranger, "alice", "wrong password here").await.reply.status, 429);
    // The other name is refused in silence, even with the right password, and in the words that a stranger's name gets.
    let second = attempt(&mut stranger, "alice@example.com", PASSWORD).await;
    let nobodys = attempt(&mut stranger, "nobody@example.com", PASSWORD).await;
    let strip = |page: &Page, name: &str| (page.reply.status, page.text_without_code().replace(name, ""));
    assert_eq!(strip(&second, "alice@example.com"), strip(&nobodys, "nobody@example.com"));
    assert!(second.text().contains("wait a minute"), "who is rightful learns what to do: {}", second.text());
    assert_eq!(failures(&app, &format!("user:{}", alice.id)).await, 5, "it was not looked at");
    for _ in 0..4 {
        attempt(&mut stranger, "alice@example.com", "wrong password here").await;
        attempt(&mut stranger, "nobody@example.com", "wrong password here").await;
    }
    let second = attempt(&mut stranger, "alice@example.com", "wrong password here").await;
    let nobodys = attempt(&mut stranger, "nobody@example.com", "wrong password here").await;
    assert_eq!(second.reply.status, 429, "each name tells its own wait");
    assert_eq!(strip(&second, "alice@example.com"), strip(&nobodys, "nobody@example.com"));
    app.clock.advance(seconds(2));
    attempt(&mut stranger, "alice@example.com", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn f5_a_device_that_somebody_has_used_tells_nobody_which_names_are_theirs() {
    let app = generous().await;
    let mut device = app.browser().sign_in("alice").await;
    device.cookies.remove("sid");
    for _ in 0..5 {
        assert_eq!(attempt(&mut device, "alice", "wrong password here").await.reply.status, 400);
    }
    assert_eq!(attempt(&mut device, "alice", "wrong password here").await.reply.status, 429);
    for name in ["alice@example.com", "nobody@example.com"] {
        assert_eq!(attempt(&mut device, name, "wrong password here").await.reply.status, 400, "{name}");
    }
    // What was refused in silence was a try at Alice, and none at a name that nobody has.
    assert_eq!(app.rows("failed_sign_in").await, 1, "nobody@example.com alone");
    app.clock.advance(minutes(2));
    attempt(&mut device, "alice@example.com", PASSWORD).await.reply.expect(200);
}

#[tokio::test]
async fn f4_a_device_stays_known_after_sign_out_for_half_a_year() {
    let app = TestApp::with(|config| config.login.throttle_close = 10).await;
    let mut known = app.browser().sign_in("alice").await;
    let page = known.get("/end_session").await;
    page.form().fill("decision", "sign_out").submit(&mut known).await;
    assert!(known.get("/account").await.url.contains("/sign-in"), "signed out");
    // Long enough for the session's row to be swept.
    app.clock.advance(minutes(3 * 24 * 60));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("session").await, 0);
    let mut stranger = app.browser();
    for _ in 0..11 {
        attempt(&mut stranger, "alice", "wrong password here").await;
        app.clock.advance(minutes(2));
    }
    let closed = attempt(&mut stranger, "alice", PASSWORD).await;
    assert_eq!(closed.name(), "sign-in", "ten failures in a row close the password door for strangers");
    assert_eq!(attempt(&mut known, "alice", PASSWORD).await.name(), "", "and for nobody on a known device");
    // The device's own failures slow it down, and never close its door.
    for _ in 0..12 {
        attempt(&mut known, "alice", "wrong password here").await;
        app.clock.advance(minutes(2));
    }
    assert_eq!(attempt(&mut known, "alice", PASSWORD).await.name(), "");

    app.clock.advance(minutes(181 * 24 * 60));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    assert_eq!(app.rows("known_device").await, 0, "a device that was not used is forgotten");
}

#[tokio::test]
async fn f4_a_user_has_a_few_known_devices_and_the_newest_stay() {
    let app = generous().await;
    for _ in 0..25 {
        app.browser().sign_in("alice").await;
        app.clock.advance(seconds(1));
    }
    assert_eq!(app.rows("known_device").await, 20);
}

#[tokio::test]
async fn f4_a_device_of_the_release_before_is_known_by_its_session() {
    let app = generous().await;
    let mut known = app.browser().sign_in("alice").await;
    app.sql("DELETE FROM known_device").await;
    let mut stranger = app.browser();
    for _ in 0..6 {
        attempt(&mut stranger, "alice", "wrong password here").await;
    }
    attempt(&mut known, "alice", PASSWORD).await.reply.expect(200);
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
async fn f3_tries_with_names_that_nobody_has_are_counted_by_network_and_told_once() {
    let app = generous().await;
    app.user("alice").await;
    for network in 1..=3u8 {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, network].into();
        for n in 0..40 {
            attempt(&mut browser, &format!("nobody{network}x{n}"), "wrong password here").await;
        }
    }
    assert_eq!(app.rows("failed_sign_in").await, 3, "a row for each network");
    assert!(!app.events().await.contains(&"unknown_names_tried".to_owned()), "the range is not over");
    app.clock.advance(minutes(21));
    for _ in 0..2 {
        latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    }
    let events = app.events().await;
    assert_eq!(events.iter().filter(|kind| *kind == "unknown_names_tried").count(), 1);
    assert!(!events.contains(&"sign_in_failed".to_owned()), "no event for each");
    assert_eq!(app.rows("failed_sign_in").await, 0);
    let sql = "SELECT data FROM event WHERE kind = 'unknown_names_tried'";
    let (data,): (String,) = sqlx::query_as(sql).fetch_one(&mut *app.app.db.read().await.unwrap()).await.unwrap();
    let data: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!((data["tries"].as_i64(), data["networks"].as_i64()), (Some(120), Some(3)));
    assert_eq!(data["loudest"][0], serde_json::json!(["198.51.100.1", 40]));
}

#[tokio::test]
async fn f3_a_thousand_failures_of_one_user_are_a_few_events() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for _ in 0..130 {
        attempt(&mut browser, "alice", "wrong password here").await;
        app.clock.advance(minutes(2));
    }
    let told = app.events().await.iter().filter(|kind| *kind == "sign_in_failed").count();
    assert_eq!(told, 19, "the first ten, and each tenth up to a hundred");
}

/// The data of the events of a kind, oldest first.
async fn told(app: &TestApp, kind: &str) -> Vec<serde_json::Value> {
    app.settled().await;
    let sql = "SELECT data FROM event WHERE kind = $1 ORDER BY at, id";
    let mut conn = app.app.db.read().await.unwrap();
    let rows: Vec<(String,)> = sqlx::query_as(sql).bind(kind).fetch_all(&mut *conn).await.unwrap();
    rows.into_iter().map(|(data,)| serde_json::from_str(&data).unwrap()).collect()
}

#[tokio::test]
async fn f3_a_network_that_tries_name_after_name_is_suspected_of_stuffing_once_in_ten_minutes() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    browser.address = [198, 51, 100, 7].into();
    for n in 0..18 {
        attempt(&mut browser, &format!("nobody{n}"), &format!("wrong password {n}")).await;
    }
    attempt(&mut browser, "alice", "wrong password 18").await;
    for _ in 0..3 {
        attempt(&mut browser, "ALICE", "wrong password 19").await;
    }
    assert!(told(&app, "stuffing_suspected").await.is_empty(), "nineteen names, in whatever spelling");
    for n in 19..30 {
        attempt(&mut browser, &format!("nobody{n}"), &format!("wrong password {n}")).await;
    }
    let events = told(&app, "stuffing_suspected").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["network"], "198.51.100.7");
    assert!((19..=21).contains(&events[0]["names"].as_u64().unwrap()), "{events:?}");
    assert!(told(&app, "spraying_suspected").await.is_empty(), "no password came twice");
    let metrics = app.app.metrics.text(&app.app.watched()).unwrap();
    assert!(metrics.contains("latchkey_attacks_suspected_total{kind=\"stuffing\"} 1"), "{metrics}");

    app.clock.advance(minutes(11));
    for n in 0..25 {
        attempt(&mut browser, &format!("nobody{n}"), &format!("wrong password {n}")).await;
    }
    assert_eq!(told(&app, "stuffing_suspected").await.len(), 2, "it goes on");
}

#[tokio::test]
async fn f3_a_password_that_is_tried_with_name_after_name_is_suspected_of_spraying_whatever_networks_it_comes_from() {
    let app = generous().await;
    app.user("alice").await;
    for n in 0..25u8 {
        let mut browser = app.browser();
        browser.address = [203, 0, 113, n].into();
        let name = if n == 3 { "alice".to_owned() } else { format!("nobody{n}") };
        attempt(&mut browser, &name, "Summer in the city 2026").await;
    }
    let events = told(&app, "spraying_suspected").await;
    assert_eq!(events.len(), 1);
    assert!(!events[0].to_string().contains("Summer"));
    assert!(told(&app, "stuffing_suspected").await.is_empty(), "no network tried two names");
    assert!(told(&app, "guessing_suspected").await.is_empty(), "no name was tried twice");
}

#[tokio::test]
async fn f3_an_account_that_is_tried_from_network_after_network_is_told_and_a_name_that_nobody_has_is_not() {
    let app = TestApp::with(|config| {
        config.login.address_burst = 10_000;
        config.login.throttle_longest = seconds(1);
    })
    .await;
    let alice = app.user("alice").await;
    for n in 0..15u8 {
        for name in ["alice", "nobody"] {
            let mut browser = app.browser();
            browser.address = [203, 0, 113, n].into();
            attempt(&mut browser, name, &format!("wrong password {n}")).await;
        }
        app.clock.advance(seconds(2));
    }
    let events = told(&app, "guessing_suspected").await;
    assert_eq!(events.len(), 1);
    assert!(events[0].to_string().contains(alice.id.as_str()), "{events:?}");
}

#[tokio::test]
async fn f3_people_who_get_in_and_people_who_mistype_are_suspected_of_nothing() {
    let app = generous().await;
    for n in 0..25 {
        app.user(&format!("person{n}")).await;
        let mut browser = app.browser();
        attempt(&mut browser, &format!("person{n}"), PASSWORD).await.reply.expect(200);
    }
    let mut browser = app.browser();
    for n in 0..4 {
        attempt(&mut browser, "person1", &format!("mistyped {n}")).await;
    }
    for kind in ["stuffing_suspected", "spraying_suspected", "guessing_suspected"] {
        assert!(told(&app, kind).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn who_waits_as_long_as_told_is_let_in() {
    // RFC 9110 §10.2.3
    let app = TestApp::with(|config| {
        config.login.address_burst = 3;
        config.login.address_per_minute = 11;
    })
    .await;
    app.user("alice").await;
    let mut browser = app.browser();
    for _ in 0..3 {
        attempt(&mut browser, "alice", "wrong password here").await.refused(400);
    }
    for _ in 0..5 {
        let limited = attempt(&mut browser, "alice", "wrong password here").await;
        let seconds = limited.refused(429).reply.header("retry-after").unwrap().to_owned();
        assert!(limited.text().contains(&format!("{seconds} second")), "{}", limited.text());
        app.clock.advance(std::time::Duration::from_secs(seconds.parse().unwrap()));
        let page = browser.get("/sign-in").await;
        page.form().fill("identifier", "nobody").fill("password", "wrong").submit(&mut browser).await.refused(400);
    }
}

#[tokio::test]
async fn a_wait_is_told_with_its_end_to_people_and_to_programs() {
    let app = generous().await;
    app.user("alice").await;
    let mut browser = app.browser();
    for _ in 0..5 {
        attempt(&mut browser, "alice", "wrong password here").await;
    }
    let short = attempt(&mut browser, "alice", PASSWORD).await;
    assert_eq!(short.reply.status, 429);
    let seconds: u64 = short.reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(!short.reply.body.contains("<time"), "seconds need no time of day");

    let app = TestApp::with_mail().await;
    let mut browser = app.browser();
    let page = browser.get("/forgot-password").await;
    for _ in 0..3 {
        page.form().fill("identifier", "nobody").submit(&mut browser).await.reply.expect(200);
    }
    let long = page.form().fill("identifier", "nobody").submit(&mut browser).await;
    assert_eq!(long.reply.status, 429);
    let seconds: u64 = long.reply.header("retry-after").unwrap().parse().unwrap();
    assert!((60..=900).contains(&seconds), "{seconds}");
    assert!(long.text().contains("You can try again from") && long.reply.body.contains("<time class=\"exact\""));
    assert!(long.reply.body.contains("times.js"), "which makes it the reader's own time");
}

#[tokio::test]
async fn f3_recovery_codes_that_are_tried_with_name_after_name_or_from_network_after_network_are_told() {
    let app = generous().await;
    let alice = app.user("alice").await;
    let types = async |network: u8, name: &str, code: &str| {
        let mut browser = app.browser();
        browser.address = [198, 51, 100, network].into();
        let form = browser.get("/forgot-password/recovery-code").await.form_to("/forgot-password/recovery-code");
        form.fill("identifier", name).fill("recovery_code", code).submit(&mut browser).await.refused(400);
    };
    for n in 0..19 {
        types(7, &format!("nobody{n}"), &format!("code {n}")).await;
    }
    assert!(told(&app, "stuffing_suspected").await.is_empty(), "nineteen names");
    for n in 19..25 {
        types(7, &format!("nobody{n}"), &format!("code {n}")).await;
    }
    let events = told(&app, "stuffing_suspected").await;
    assert_eq!((events.len(), &events[0]["network"]), (1, &"198.51.100.7".into()));
    assert!(told(&app, "guessing_suspected").await.is_empty());
    for network in 20..35 {
        types(network, "alice", &format!("other code {network}")).await;
    }
    let events = told(&app, "guessing_suspected").await;
    assert_eq!(events.len(), 1);
    assert!(events[0].to_string().contains(alice.id.as_str()), "{events:?}");
}
