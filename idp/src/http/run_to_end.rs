//! Work outlives its connection.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Error;
use crate::app::App;

/// The layer for routes that change state: the handler runs to its end even if the client has gone, and a shutdown waits
/// for it.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    match app.requests.spawn(next.run(request)).await {
        Ok(response) => response,
        Err(stopped) => Error::Internal(format!("a handler stopped: {stopped}")).into_response(),
    }
}
