//! One line for each request, and the id by which an operator finds it.

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::base::encoding::base64url;

/// Names one request in the log and on the error page that came of it.
#[derive(Clone, Debug, Default)]
pub struct RequestId(String);

impl RequestId {
    /// The id as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that the log layer gave the request.
    pub fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self("-".to_owned()))
    }
}

/// The layer that gives each request an id and logs its end. The path is that of the route, never what was sent: a
/// query may hold codes and tokens.
pub async fn layer(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId(base64url(&app.pen.random.bytes::<9>()));
    request.extensions_mut().insert(id.clone());
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let began = std::time::Instant::now();
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", value);
    }
    tracing::info!(
        request = id.as_str(),
        method = method.as_str(),
        path = path.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}
