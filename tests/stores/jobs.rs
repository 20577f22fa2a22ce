//! `jobs`: what has expired goes, and what lives stays.

use crate::harness::{TestApp, minutes};

#[tokio::test]
async fn ninety_days_of_refreshing_leave_one_row() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let code = app.browser().go_through(&request).await.code();
    let mut tokens = rp.exchange(&code).await.tokens();
    let counted = ["refresh_family", "client_grant", "event", "session", "authorization_code", "revoked_access_token"];
    let mut before = Vec::new();
    for table in counted {
        before.push(app.rows(table).await);
    }
    // Every ten minutes would be 12,960 times; every two hours shows the same growth.
    for _ in 0..(90 * 12 - 12) {
        app.clock.advance(minutes(120));
        tokens = rp.refresh(tokens.refresh()).await.tokens();
    }
    for (table, rows) in counted.iter().zip(before) {
        assert_eq!(app.rows(table).await, rows, "{table}");
    }
}

#[tokio::test]
async fn what_is_dead_is_removed_and_what_lives_is_not() {
    let app = TestApp::new().await;
    let rp = app.spa().await;
    for _ in 0..5 {
        rp.tokens_of("alice").await;
    }
    app.clock.advance(minutes(15 * 24 * 60));
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let mut browser = app.browser();
    let kept = rp.exchange(&browser.go_through(&request).await.code()).await.tokens();
    app.clock.advance(minutes(27 * 60));
    latchkey::jobs::remove_expired(&app.app).await.unwrap();
    for (table, left) in [("refresh_family", 1), ("client_grant", 1), ("session", 1), ("authorization_code", 0)] {
        assert_eq!(app.rows(table).await, left, "{table}");
    }
    rp.refresh(kept.refresh()).await.tokens();
    assert_eq!(latchkey::jobs::remove_expired(&app.app).await.unwrap(), 0);
}
