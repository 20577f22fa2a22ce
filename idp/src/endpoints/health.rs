//! Liveness and readiness of the process.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::store::installation;

/// The process runs.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

/// The process can serve: the database answers, and no shutdown has begun. A lost Redis is reported, but the process
/// stays ready: each process counts limits alone until Redis is back, and nobody is signed out.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let (database, redis) = tokio::join!(database(&app), app.ephemeral.answers());
    let ready = database && !app.requests.is_closed();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let words = |good: bool| if good { "ok" } else { "unavailable" };
    let mut body = json!({ "status": if ready { "ready" } else { "not ready" }, "database": words(database) });
    if let Some(redis) = redis {
        body["redis"] = words(redis).into();
    }
    (status, Json(body))
}

async fn database(app: &App) -> bool {
    match app.db.read().await {
        Ok(mut conn) => installation::find(&mut conn, "ready").await.is_ok(),
        Err(_) => false,
    }
}
