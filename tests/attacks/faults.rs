//! X. Servers that go away, fill up and come back.

use latchkey::config::{Config, RedisUrl};

use crate::harness::{Process, RedisServer, TestApp, free_port};

/// A provider in this process, and another one in a process of its own, on one Redis of their own.
async fn with_redis(change: impl FnOnce(&mut Config)) -> (RedisServer, TestApp) {
    let redis = RedisServer::start().await;
    let url = RedisUrl::parse(&redis.url()).unwrap();
    let app = TestApp::with(|config| {
        config.ephemeral.redis_url = Some(url);
        change(config);
    })
    .await;
    (redis, app)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_redis_lost_signs_nobody_out_and_lets_nothing_be_used_again() {
    let (redis, app) = with_redis(|config| config.login.address_burst = 12).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    // Two sign-ins under way: one has been answered, one has not.
    let consent = |page: crate::harness::Page| page.form().fill("decision", "allow");
    let answered = consent(browser.get(&rp.request().set("prompt", "consent").path()).await);
    answered.submit(&mut browser).await.code();
    let waiting = consent(browser.get(&rp.request().set("prompt", "consent").path()).await);

    let port = redis.port();
    drop(redis);
    let ready = app.get("/health/ready").await.expect(200).json();
    assert_eq!((ready["database"].as_str(), ready["redis"].as_str()), (Some("ok"), Some("unavailable")));
    // Nobody is signed out: the session, its refresh tokens and a new code all work.
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
    let refreshed = rp.refresh(tokens.refresh()).await.tokens();
    assert!(rp.is_good(&refreshed.access_token).await);
    // What was done for one request is not done again, and neither is what nobody can know of.
    assert_eq!(answered.submit(&mut browser).await.reply.status, 503);
    let unknown = waiting.submit(&mut browser).await;
    assert_eq!((unknown.reply.status.as_u16(), unknown.reply.header("retry-after")), (503, Some("2")));
    // Limits are counted here, and not off.
    let mut refused = 0;
    for n in 0..20 {
        let mut browser = app.browser();
        let form = browser.get("/sign-in").await.form().fill("identifier", &format!("nobody{n}")).fill("password", "x");
        refused += i32::from(form.submit(&mut browser).await.reply.status == 429);
    }
    assert!(refused >= 8, "{refused} of 20 beyond a burst of 12");

    // It comes back, and is empty.
    let redis = RedisServer::start_at(port).await;
    app.clock.advance(crate::harness::seconds(5));
    while app.get("/health/ready").await.expect(200).json()["redis"] != "ok" {
        tokio::task::yield_now().await;
    }
    let again = answered.submit(&mut browser).await;
    assert!(!again.foreign && again.url.contains("/consent"), "asked anew: {}", again.url);
    let late = waiting.submit(&mut browser).await;
    assert!(!late.foreign && late.url.contains("/consent"), "it began before the epoch: {}", late.url);
    // And a new one goes through.
    consent(late).submit(&mut browser).await.code();
    drop(redis);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_redis_emptied_under_way_signs_nobody_out_and_lets_nothing_be_used_again() {
    let (redis, app) = with_redis(|_| {}).await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let tokens = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let form = browser.get(&rp.request().set("prompt", "consent").path()).await.form().fill("decision", "allow");
    form.submit(&mut browser).await.code();
    redis.cli(&["FLUSHALL"]);
    let again = form.submit(&mut browser).await;
    assert!(!again.foreign && again.url.contains("/consent"), "{}", again.url);
    rp.refresh(tokens.refresh()).await.tokens();
    browser.get(&rp.request().set("prompt", "none").path()).await.code();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x7_a_server_starts_although_its_redis_is_away() {
    let app = TestApp::beside_a_process().await;
    let mut config = app.app.config.clone();
    config.ephemeral.redis_url = Some(RedisUrl::parse(&format!("redis://127.0.0.1:{}/", free_port())).unwrap());
    let process = Process::start(&config, &[]).await;
    assert_eq!(process.get("/health/ready").await.unwrap().1["redis"], "unavailable");
    assert_eq!(process.get("/jwks").await.unwrap().0, 200);
}
