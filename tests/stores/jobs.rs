//! `server::jobs`: what has expired goes, and what lives stays.

use latchkey::config::DatabaseUrl;
use latchkey::jose::Algorithm;
use latchkey::oidc::client::metadata::ClientKind;
use latchkey::store::installation::sweep::{self, Swept};
use latchkey::store::people::password::OF_DEVICES;

use crate::harness::{TestApp, left_out, minutes};

#[tokio::test]
async fn ninety_days_of_refreshing_leave_one_row() {
    // The fastest signature: there will be 25,920 of them.
    let app = TestApp::with(|config| config.tokens.signing_algorithms = vec![Algorithm::ES256]).await;
    let rp = app.client(ClientKind::Spa, |_| {}).await;
    let request = rp.request().set("scope", "openid offline_access").set("prompt", "consent");
    let code = app.browser().go_through(&request).await.code();
    let mut tokens = rp.exchange(&code).await.tokens();
    let counted = ["refresh_family", "client_grant", "event", "session", "authorization_code", "revoked_access_token"];
    let mut before = Vec::new();
    for table in counted {
        before.push(app.rows(table).await);
    }
    for _ in 0..90 * 24 * 6 - 1 {
        app.clock.advance(minutes(10));
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
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    for (table, left) in [("refresh_family", 1), ("client_grant", 1), ("session", 1), ("authorization_code", 0)] {
        assert_eq!(app.rows(table).await, left, "{table}");
    }
    rp.refresh(kept.refresh()).await.tokens();
    assert_eq!(latchkey::server::jobs::remove_expired(&app.app).await.unwrap(), 0);
}

#[tokio::test]
async fn q3_anonymous_starts_add_no_row_and_no_memory() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tables =
        ["browser", "session", "client_grant", "authorization_code", "event", "installation", "password_failure"];
    let mut before = Vec::new();
    for table in tables {
        before.push(app.rows(table).await);
    }
    let request = rp.request().path();
    for _ in 0..2_000 {
        // No cookie is kept: each is a browser of its own.
        let started = app.get(&request).await.expect(303);
        app.get(started.location()).await.expect(400);
    }
    for (table, rows) in tables.iter().zip(before) {
        assert_eq!(app.rows(table).await, rows, "{table}");
    }
    if let latchkey::store::ephemeral::Ephemeral::Memory(memory) = &app.app.ephemeral {
        assert!(format!("{memory:?}").len() < 2_000, "{memory:?}");
    }
}

#[tokio::test]
async fn a_sweep_looks_at_its_range_and_no_further() {
    let app = TestApp::new().await;
    let DatabaseUrl::Sqlite(_) = app.app.config.database_url() else { return left_out("SQLite") };
    for swept in Swept::ALL {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sweep::statement(swept, true)));
        let mut conn = app.app.db.read().await.unwrap();
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sql).bind(0_i64).bind("").bind("").fetch_all(&mut *conn).await.unwrap();
        let first = &plan[0].3;
        assert!(
            first.starts_with("SEARCH") && first.contains(">? AND ") && first.contains("<?"),
            "{swept:?}: {plan:?}"
        );
    }
}

#[tokio::test]
async fn the_failures_of_a_user_are_found_without_reading_those_of_everybody() {
    let app = TestApp::new().await;
    let DatabaseUrl::Sqlite(_) = app.app.config.database_url() else { return left_out("SQLite") };
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {OF_DEVICES}"));
    let mut conn = app.app.db.read().await.unwrap();
    let plan: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(sql).bind("user:x").bind("x").fetch_all(&mut *conn).await.unwrap();
    assert!(plan.iter().all(|step| !step.3.starts_with("SCAN")), "{plan:?}");
}

#[tokio::test]
async fn no_table_grows_for_ever() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let tokens = rp.tokens_of("alice").await;
    rp.revoke(&tokens.access_token).await.expect(200);
    let mut stranger = app.browser();
    let form = stranger.get("/sign-in").await.form().fill("identifier", "nobody").fill("password", "a wrong one");
    form.submit(&mut stranger).await;
    // What was counted becomes an event when its time is over.
    app.clock.advance(minutes(21));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    app.clock.advance(minutes(401 * 24 * 60));
    latchkey::server::jobs::remove_expired(&app.app).await.unwrap();
    for table in [
        "authorization_code",
        "refresh_family",
        "client_grant",
        "session",
        "browser",
        "known_device",
        "password_failure",
        "failed_sign_in",
        "event",
    ] {
        assert_eq!(app.rows(table).await, 0, "{table}");
    }
    assert_eq!(app.rows("revoked_access_token").await + app.rows("one_time_link").await, 0);
}

#[tokio::test]
async fn a_sweep_goes_range_by_range_and_misses_nothing() {
    let app = TestApp::new().await;
    let rp = app.relying_party().await;
    let mut live = rp.tokens_of("alice").await;
    // 2,500 dead grants with their families around a live one: three ranges.
    app.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
         INSERT INTO client_grant (id, user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, created_at)
         SELECT 'dead-' || CAST(n.i AS TEXT), user_id, client_row, session_id, generation, scope, resources, auth_time, amr, acr, 1
           FROM n, client_grant WHERE client_grant.id NOT LIKE 'dead-%'",
    )
    .await;
    app.sql(
        "INSERT INTO refresh_family (handle_hash, grant_id, current_hash, created_at, rotated_at, last_used_at, idle_expires_at, expires_at)
         SELECT 'handle-' || id, id, 'x', 1, 1, 1, 2, 3 FROM client_grant WHERE id LIKE 'dead-%'",
    )
    .await;
    assert_eq!(app.rows("refresh_family").await, 2501);
    assert_eq!(latchkey::server::jobs::remove_expired(&app.app).await.unwrap(), 5000);
    assert_eq!((app.rows("refresh_family").await, app.rows("client_grant").await), (1, 1));
    live = rp.refresh(live.refresh()).await.tokens();
    assert!(rp.is_good(&live.access_token).await);
}
