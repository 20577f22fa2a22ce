//! Whoever is signed in, for the pages of their own account.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::http::error::Error;
use crate::http::page::{self, Layout};
use crate::http::request::form::ProvenForm;
use crate::http::request::visitor::Visitor;
use crate::login;
use crate::oidc::params::Params;
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::session::{Session, Touch};

/// How often a person may change something: each change leaves an event.
const CHANGES: Rate = Rate { burst: 60, period: Duration::from_secs(10) };

/// A person at a page of their own.
pub struct AccountHolder {
    /// The browser.
    pub visitor: Visitor,
    /// The session whose account it is: the one that was used last.
    pub session: Session,
    /// The sessions of other accounts in this browser.
    pub others: Vec<Session>,
}

impl AccountHolder {
    /// Who that is; `None` if nobody is signed in.
    pub async fn of(app: &App, visitor: Visitor) -> Result<Option<Self>, Error> {
        let mut sessions = visitor.sessions(app).await?.into_iter();
        let Some(session) = sessions.next() else { return Ok(None) };
        login::session::touch(app, &session).await;
        Ok(Some(Self { visitor, session, others: sessions.collect() }))
    }

    /// The person on whose page a form was, with the form's fields. `None` if that session is over: a form of one
    /// person must not change the account of the next.
    pub async fn of_form(app: &App, form: ProvenForm) -> Result<Option<(Self, Params)>, Error> {
        let ProvenForm { visitor, params } = form;
        let whose = params.get("whose").unwrap_or_default();
        let mut sessions = visitor.sessions(app).await?;
        let shown = sessions.iter().position(|session| handle(app, session, session.id.as_str()) == whose);
        let Some(shown) = shown else { return Ok(None) };
        let session = sessions.remove(shown);
        if let Err(wait) = app.ephemeral.limit(&format!("account:{}", session.user_id), CHANGES).await {
            return Err(Error::TooMany(wait));
        }
        if shown == 0 {
            login::session::touch(app, &session).await;
        } else {
            // The page that follows is this person's, too.
            app.db.write_one(Touch { session: session.id.clone() }).await?;
        }
        Ok(Some((Self { visitor, session, others: sessions }, params)))
    }

    /// What a page of this account is set in.
    pub fn layout(&self, app: &App, page: Page) -> Layout<'_> {
        let holder = handle(app, &self.session, self.session.id.as_str());
        Layout { holder: Some(holder), ..page::layout(app, &self.visitor).of(page) }
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
