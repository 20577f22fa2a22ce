//! Names the request to the changes that its handler makes, so that their events say where it came from.

use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::request::client_ip;
use crate::http::request::id::RequestId;
use crate::http::request::visitor::user_agent;
use crate::oidc::discovery::AUTHORIZE;
use crate::site::page::Page;
use crate::store::origin::{Explained, Origin};

/// The layer around handlers that may change something. It must be inside `run_to_end`, in whose task the handler runs.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = RequestId::of(&request).as_str().to_owned();
    let (parts, body) = request.into_parts();
    let source = client_ip::of(&parts, &app);
    let explained = Explained::of(about(&app, &parts), source.bucket);
    let origin = Origin::new(source.address.to_string(), user_agent(&parts.headers), id).explained(explained);
    origin.around(next.run(Request::from_parts(parts, body))).await
}

/// What a request asks for whose refusal is explained; `None` for all others.
fn about(app: &App, parts: &Parts) -> Option<&'static str> {
    let route = parts.extensions.get::<MatchedPath>()?.as_str();
    let path = route.strip_prefix(app.config.issuer.path()).unwrap_or(route);
    let is_one = |pages: &[Page]| pages.iter().any(|page| page.path() == path);
    Some(match path {
        AUTHORIZE => "authorization request",
        "/token" => "token request",
        "/revoke" => "revocation request",
        "/introspect" => "introspection request",
        _ if is_one(&SIGN_IN) => "sign-in",
        _ if is_one(&ON_THE_WAY) => "authorization request",
        _ if is_one(&[Page::EndSession]) => "sign-out",
        _ => return None,
    })
}

/// The pages of a sign-in.
const SIGN_IN: [Page; 6] = [
    Page::SignIn,
    Page::SignInPasskey,
    Page::SignInAnonymous,
    Page::SecondFactor,
    Page::SetUpSecondFactor,
    Page::SignInByMail,
];

/// The pages between a sign-in and the answer to the client.
const ON_THE_WAY: [Page; 3] = [Page::SelectAccount, Page::Consent, Page::ContinueAs];
