//! Keeps why a request was refused, so that the layers that render its error can show the code for it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::diagnosis::Diagnosis;
use crate::http::error;

/// The layer around handlers, inside `origin`, in whose scope the steps are noted.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if error::is_refusal(&response)
        && let Some(diagnosis) = response.extensions().get::<Diagnosis>()
    {
        let explained = diagnosis.clone().explained(&app).await;
        response.extensions_mut().insert(explained);
    }
    response
}
