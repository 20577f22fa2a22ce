//! Q6. What somebody who is signed in can make of rows.

use crate::harness::{TestApp, seconds};

#[tokio::test]
async fn q6_a_session_is_given_no_more_codes_than_any_application_needs() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser();
    browser.authorize(&rp).await.code();
    let silent = rp.request().set("prompt", "none").path();
    for _ in 0..99 {
        browser.get(&silent).await.code();
    }
    for request in [&silent, &rp.request().path()] {
        for _ in 0..3 {
            browser.get(request).await.error("temporarily_unavailable");
        }
    }
    assert_eq!(app.rows("client_grant").await, 100);
    assert_eq!(app.rows("authorization_code").await, 100);
    // Another session, of the same person or of another, has a measure of its own.
    app.browser().authorize(&rp).await.code();
    app.clock.advance(seconds(1));
    browser.get(&silent).await.code();
    browser.get(&silent).await.error("temporarily_unavailable");
}

#[tokio::test]
async fn q6_the_grants_of_a_session_are_bounded_and_those_in_use_stay() {
    let app = TestApp::new().await;
    let (rp, other) = (app.spa().await, app.spa().await);
    let mut browser = app.browser();
    let used = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    let unused = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    app.clock.advance(seconds(1));
    let of_another = other.exchange(&browser.authorize(&other).await.code()).await.tokens();
    // As many more as days of asking would have left.
    app.clock.advance(seconds(180));
    app.sql(
        "INSERT INTO client_grant (id, user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr,
                                   created_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
         SELECT 'x' || n.i, g.user_id, g.client_row, g.session_id, g.generation, g.scope, g.resources, g.auth_time, g.amr,
                g.acr, g.created_at + 1000000 + n.i
           FROM n, (SELECT * FROM client_grant ORDER BY created_at LIMIT 1) g",
    )
    .await;
    let used = rp.refresh(used.refresh()).await.tokens();
    let newest = rp.exchange(&browser.authorize(&rp).await.code()).await.tokens();
    assert_eq!(app.rows("client_grant").await, 501, "five hundred, and one of the other client");
    for tokens in [&used, &newest] {
        rp.refresh(tokens.refresh()).await.tokens();
    }
    other.refresh(of_another.refresh()).await.tokens();
    // Codes that nobody redeems push out nothing that an application lives by.
    rp.refresh(unused.refresh()).await.tokens();
}

#[tokio::test]
async fn q6_what_is_noted_of_a_persons_changes_is_bounded() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut browser = app.browser().sign_in("alice").await;
    let page = browser.get("/account").await;
    let save = |name: String| page.form_to("/account").fill("name", &name).fill("locale", "en");
    for number in 0..60 {
        assert_eq!(save(format!("Alice {number}")).submit(&mut browser).await.reply.status, 200);
    }
    save("Alice".to_owned()).submit(&mut browser).await.refused(429);
    assert_ne!(app.person("alice").await.profile["name"], "Alice");
    for _ in 0..60 {
        let page = browser.get(&rp.request().path()).await;
        page.form().fill("decision", "deny").submit(&mut browser).await.error("access_denied");
    }
    let page = browser.get(&rp.request().path()).await;
    page.form().fill("decision", "deny").submit(&mut browser).await.refused(429);
    app.clock.advance(seconds(10));
    page.form().fill("decision", "deny").submit(&mut browser).await.error("access_denied");
    save("Alice".to_owned()).submit(&mut browser).await.reply.expect(200);
}
