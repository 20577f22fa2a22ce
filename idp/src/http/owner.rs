//! Whoever is signed in, for the pages of their own account.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::error::Error;
use super::visitor::Visitor;
use crate::app::App;
use crate::login;
use crate::store::session::Session;

/// A person at a page of their own.
pub struct Owner {
    /// The browser.
    pub visitor: Visitor,
    /// The session whose account it is: the one that was used last.
    pub session: Session,
    /// The sessions of other accounts in this browser.
    pub others: Vec<Session>,
}

impl Owner {
    /// Who that is; `None` if nobody is signed in.
    pub async fn of(app: &App, visitor: Visitor) -> Result<Option<Self>, Error> {
        let mut sessions = visitor.sessions(app).await?.into_iter();
        let Some(session) = sessions.next() else { return Ok(None) };
        login::session::touch(app, &session).await?;
        Ok(Some(Self { visitor, session, others: sessions.collect() }))
    }
}

/// What stands for a row in a form: rows' ids are not shown, and another person's handle is nobody's here.
pub fn handle(app: &App, owner: &Session, row: &str) -> String {
    app.csrf.fingerprint(&format!("{} {row}", owner.user_id))
}

/// The layer of these pages: no other site's window may keep hold of them.
pub async fn isolated(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let name = HeaderName::from_static("cross-origin-opener-policy");
    response.headers_mut().insert(name, HeaderValue::from_static("same-origin"));
    response
}
