//! Handlers run to their end, even if the connection closes.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::app::App;
use crate::http::error::Error;

/// The layer for routes that change state: the handler runs to its end even if the client has gone, and a shutdown waits
/// for it. A request that exceeds its time is answered with 503.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    // The client gets an error when the time is over; the handler still runs to its end.
    let work = app.requests.spawn(next.run(request).in_current_span());
    match tokio::time::timeout(app.config.http.request_timeout, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(stopped)) => Error::Internal(format!("a handler stopped: {stopped}")).into_response(),
        Err(_) => Error::Unavailable("the request took too long".into()).into_response(),
    }
}
