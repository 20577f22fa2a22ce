//! Names the request to the changes that its handler makes, so that their events say where it came from.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::layers::explain;
use crate::http::request::client_ip;
use crate::http::request::id::RequestId;
use crate::http::request::visitor::user_agent;
use crate::store::origin::{Explained, Origin};

/// The layer around handlers that may change something. It must be inside `run_to_end`, in whose task the handler runs.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = RequestId::of(&request).as_str().to_owned();
    let (parts, body) = request.into_parts();
    let source = client_ip::of(&parts, &app);
    let explained = Explained::of(explain::about(&app, &parts), source.bucket);
    let origin = Origin::new(source.address.to_string(), user_agent(&parts.headers), id).explained(explained);
    origin.around(next.run(Request::from_parts(parts, body))).await
}
