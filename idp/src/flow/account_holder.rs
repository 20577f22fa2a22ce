//! The signed-in person, for the pages of their account.

use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::base::id::Id;
use crate::flow::next_page;
use crate::http::cookies::Jar;
use crate::http::error::Error;
use crate::http::page::{self, AccountView, Layout};
use crate::http::redirect;
use crate::http::request::form::ProvenForm;
use crate::http::request::visitor::Visitor;
use crate::login;
use crate::login::networks::{self, Rule};
use crate::oidc::params::Params;
use crate::site::page::Page;
use crate::store::people::session::{Session, Touch};

/// The signed-in person, at a page of their account. Without a session, or without the step-up that the page needs, the sign-in
/// page is shown, and returns here.
pub struct AccountHolder {
    /// The browser.
    pub visitor: Visitor,
    /// The session of the account that the page shows: the last used one.
    pub session: Session,
    /// The sessions of other accounts in this browser.
    pub others: Vec<Session>,
    /// The account as the pages show it.
    pub account: AccountView,
    /// The page.
    page: Page,
}

/// A form on a page of the account, with the person who was shown that page. If their session is over, the handler does
/// not run and the page is shown again: the form of one person must not change the account of the next. The same happens if
/// the page needs a step-up that is too old by now.
pub struct AccountForm {
    /// Who sent it.
    pub holder: AccountHolder,
    /// The fields.
    pub params: Params,
}

impl FromRequestParts<App> for AccountHolder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let page = page_at(&parts.extensions, app)?;
        match Self::of(app, page, Visitor::of(parts, app)).await? {
            Some(holder) if holder.may_use(app).await? => Ok(holder),
            // That page says how to keep the account.
            Some(holder) if holder.account.is_anonymous && !page.is_for_anonymous() => {
                Err(redirect::to_page(app, Page::AccountProfile)?)
            }
            _ => Err(next_page::sign_in_first(app, page)?),
        }
    }
}

impl FromRequest<App> for AccountForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let page = page_at(request.extensions(), app)?.of_form();
        let form = ProvenForm::from_request(request, app).await?;
        let made = made_on(page, &form.params);
        match Self::of(app, page, form).await? {
            Some(form) if form.holder.may_use(app).await? => Ok(form),
            // The page asks for what is missing.
            _ => {
                let mut response = redirect::to_page(app, page)?;
                if let Some(made) = made {
                    Jar::of(app).carry(&mut response, &made);
                }
                Err(response)
            }
        }
    }
}

/// What is carried for the page of the passkeys: one was made, and not added.
pub const PASSKEY: &str = "passkey";

/// What was made on a page, outside of this provider, and would be lost with its form: the secret that an authenticator app has by now. A
/// passkey is lost in any case, but its person learns of it.
fn made_on(page: Page, params: &Params) -> Option<String> {
    match page {
        Page::AccountAuthenticator | Page::AccountOtherAuthenticator => params.get("enrolment").map(str::to_owned),
        Page::AccountPasskeys => params.get("response").filter(|it| !it.is_empty()).map(|_| PASSKEY.to_owned()),
        _ => None,
    }
}

/// The page to which a request was routed.
fn page_at(extensions: &Extensions, app: &App) -> Result<Page, Error> {
    let route = extensions.get::<MatchedPath>().map(MatchedPath::as_str);
    let path = route.and_then(|route| route.strip_prefix(app.config.issuer.path()));
    path.and_then(Page::at).ok_or_else(|| Error::Internal("an account page that is not in the table".to_owned()))
}

impl AccountHolder {
    /// The person; `None` if nobody is signed in.
    async fn of(app: &App, at: Page, visitor: Visitor) -> Result<Option<Self>, Error> {
        let mut sessions = visitor.sessions(app).await?.into_iter();
        let Some(session) = sessions.next() else { return Ok(None) };
        admit(app, &visitor, &session.user_id).await?;
        login::session::touch(app, &session).await;
        let account = page::account(app, &visitor, &session).await?;
        Ok(Some(Self { visitor, session, others: sessions.collect(), account, page: at }))
    }

    /// Whether the session has what the page needs.
    async fn may_use(&self, app: &App) -> Result<bool, Error> {
        Ok(login::step_up::lets_in(app, &self.session, self.page).await?)
    }

    /// The layout of the page.
    pub fn layout(&self, app: &App) -> Layout<'_> {
        let holder = handle(app, &self.session, self.session.id.as_str());
        let account = Some(self.account.clone());
        Layout { holder: Some(holder), account, ..page::layout(app, &self.visitor).of(self.page) }
    }
}

impl AccountForm {
    /// The form, with the person who was shown its page; `None` if that session is over.
    async fn of(app: &App, at: Page, form: ProvenForm) -> Result<Option<Self>, Error> {
        let ProvenForm { visitor, params } = form;
        let holder = params.get("whose").unwrap_or_default();
        let mut sessions = visitor.sessions(app).await?;
        let shown = sessions.iter().position(|session| handle(app, session, session.id.as_str()) == holder);
        let Some(shown) = shown else { return Ok(None) };
        let session = sessions.remove(shown);
        admit(app, &visitor, &session.user_id).await?;
        visitor.hold_changes(app, &format!("account:{}", session.user_id), &session).await?;
        match Touch::of(&session) {
            // Makes it the last used session, so that the next page shows this person, too.
            Some(touch) if shown != 0 => app.db.write_one(touch).await?,
            _ => login::session::touch(app, &session).await,
        }
        let account = page::account(app, &visitor, &session).await?;
        Ok(Some(Self { holder: AccountHolder { visitor, session, others: sessions, account, page: at }, params }))
    }
}

/// Refuses what belongs to an account whose person may not use it from this network.
pub async fn admit(app: &App, visitor: &Visitor, user: &Id) -> Result<(), Error> {
    let address = visitor.certain_address;
    if networks::admit(app, user, address).await? {
        return Ok(());
    }
    Err(Error::OutsideNetworks.because(Rule::OfRole.difference(address)))
}

/// The handle of a row in a form. Row ids are not shown, and a handle is valid for its own person only.
pub fn handle(app: &App, holder: &Session, row: &str) -> String {
    app.csrf.fingerprint(&format!("{} {row}", holder.user_id))
}

/// The layer of these pages: windows of other sites may keep no reference to them.
pub async fn isolated(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let name = HeaderName::from_static("cross-origin-opener-policy");
    response.headers_mut().insert(name, HeaderValue::from_static("same-origin"));
    response
}
