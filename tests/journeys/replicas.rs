//! Every journey again over two real processes on one PostgreSQL and one Redis, each request going to the other process
//! than the one before. On SQLite there is one process, and nothing to do.

use crate::harness::{PASSWORD, TestApp};
use crate::journeys::{main_job, two_tabs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_main_job_over_two_replicas() {
    let Some(app) = TestApp::replicas().await else { return };
    main_job::played_on(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_over_two_replicas() {
    let Some(app) = TestApp::replicas().await else { return };
    two_tabs::two_tabs(&app).await;
    two_tabs::three_tabs(&app).await;
    two_tabs::killed_in_mid_refresh(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn x4_b10_fifty_tabs_over_two_replicas_stay_signed_in_on_one_branch() {
    let Some(app) = TestApp::replicas().await else { return };
    two_tabs::fifty_tabs(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn x4_b10_fifty_refreshes_of_one_token_over_two_replicas_leave_one_branch() {
    let Some(app) = TestApp::replicas().await else { return };
    two_tabs::fifty_refreshes(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn x4_b5_fifty_exchanges_of_one_code_over_two_replicas_give_one_answer() {
    let Some(app) = TestApp::replicas().await else { return };
    two_tabs::fifty_exchanges(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_on_an_empty_database_agree() {
    let Some((app, processes)) = TestApp::first_start(5).await else { return };
    for table in ["user_account", "user_identifier", "signing_key"] {
        assert_eq!(app.rows(table).await, 1, "{table}");
    }
    assert_eq!(app.rows("one_time_link").await, 1, "the link, in the output of one");
    let mut keys = Vec::new();
    for process in &processes {
        let host = format!("localhost:{}", app.app.config.issuer.port());
        let request = http::Request::get("/jwks").header("host", host).body(axum::body::Body::empty()).unwrap();
        let reply = process.send([192, 0, 2, 7].into(), request).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        keys.push(reply.body);
    }
    assert!(keys.iter().all(|each| *each == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_for_one_request_is_done_once_for_all_replicas() {
    let Some(app) = TestApp::replicas().await else { return };
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let consent = browser.get(&rp.request().set("prompt", "consent").path()).await;
    assert!(consent.url.contains("/consent"), "{}", consent.url);
    let form = consent.form().fill("decision", "allow");
    form.submit(&mut browser).await.code();
    // The same form again, at the other replica: it is asked again and not answered.
    let again = form.submit(&mut browser).await;
    assert!(!again.foreign && again.url.contains("/consent"), "{}", again.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tries_of_one_address_are_counted_over_all_replicas() {
    let Some(app) = TestApp::replicas_with(|config| config.login.address_burst = 6).await else { return };
    app.user("alice").await;
    let mut statuses = Vec::new();
    for n in 0..8 {
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let form = page.form().fill("identifier", &format!("nobody{n}")).fill("password", PASSWORD);
        statuses.push(form.submit(&mut browser).await.reply.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2, "{statuses:?}");
}
