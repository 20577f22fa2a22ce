//! Setting a password by a link that works once.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::account::address_change::{self, TakingBack};
use crate::account::own_words::OwnWords;
use crate::account::password::{self, ByLink, LinkWish, ProvenLink};
use crate::account::recent_factors::{RecentFactors, Unwanted};
use crate::app::App;
use crate::base::secret::Secret;
use crate::base::token::{Token, TokenKind};
use crate::flow::next_page;
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::login::identifier;
use crate::login::second_factor::{self, Required};
use crate::oidc::claims::acr::Method;
use crate::site::page::Page;
use crate::store::people::one_time_link::{self, Purpose};
use crate::store::people::user::{self, User};

use super::new_password::{PasswordProblem, check_counted};
use super::recent_factors::{RecentFactor, of_factors, unwanted};
use super::{FormProblems, Layout};

/// Asks for a new password. Posts `token`, `password`, and any number of `remove` to `/set-password`.
#[derive(Template)]
#[template(path = "pages/set_password.html")]
pub struct SetPasswordPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The token of the link.
    pub token: String,
    /// The identifier of the person whose password is set.
    pub identifier: String,
    /// The least number of characters.
    pub least_password: u64,
    /// Whether the link removes all second factors, whatever is ticked.
    pub resets_factors: bool,
    /// The change of the address that the link takes back.
    pub taking_back: Option<TakingBack>,
    /// What was added to the account lately, and can be removed.
    pub recent: Vec<RecentFactor>,
    /// Why the last password was not accepted.
    pub problem: Option<PasswordProblem>,
}

impl SetPasswordPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problem.map(|problem| ("password", self.layout.say(problem.wording()))))
    }
}

/// Shows the page without using up the link, since programs that scan mails open it, too.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let token = query.get("token").unwrap_or_default();
    let found = user_of_link(&app, token).await?;
    show(&app, &visitor, found, Shown { token, unwanted: &Unwanted::default(), problem: None }).await
}

/// Sets the password, and uses the link up.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let token = params.get("token").unwrap_or_default();
    let found = user_of_link(&app, token).await?;
    let password = Secret::from(params.get("password").unwrap_or_default());
    let own = OwnWords::of_user(&app, &found.user.id).await?;
    let unwanted = unwanted(&params);
    if let Some(problem) = check_counted(&app, found.link.hash.as_str(), &password, own).await? {
        return show(&app, &visitor, found, Shown { token, unwanted: &unwanted, problem: Some(problem) }).await;
    }
    let Found { user, link, .. } = found;
    let sign_in = visitor.sign_in(&user, &[Method::Password]);
    // Whether there are codes to be typed is judged where the link is used up: with some links the factors go.
    let is_half = second_factor::is_required(&app, &mut *app.db.read().await?, &user.id).await?;
    let wish = LinkWish { password: &password, unwanted, is_half };
    match password::set_by_link(&app, &link, wish, &sign_in).await? {
        ByLink::SignedIn(signed_in) => next_page::after_sign_in(&app, &visitor, None, None, &signed_in).await,
        ByLink::Half(generation) => {
            let user = User { generation, ..user };
            let first = second_factor::half(&app, &user, &[Method::Password], false);
            next_page::to_second_factor(&app, &visitor, None, None, first)
        }
        ByLink::Spent => Err(Error::SpentLink),
        ByLink::AddressTaken => Err(Error::AddressTaken),
    }
}

/// What can be removed, as the page shows it.
async fn recent(app: &App, user: &User, unwanted: &Unwanted) -> Result<Vec<RecentFactor>, Error> {
    let now = app.now();
    let factors = RecentFactors::of(&mut *app.db.read().await?, &user.id, &Required::of(app), now).await?;
    Ok(of_factors(&factors, unwanted, now))
}

/// A link, and what it does.
struct Found {
    /// The user whose password it sets.
    user: User,
    link: ProvenLink,
    /// The change of the address that it takes back.
    taking_back: Option<TakingBack>,
}

/// Finds a link that works.
async fn user_of_link(app: &App, token: &str) -> Result<Found, Error> {
    let hash = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?.hash();
    let mut conn = app.db.read().await?;
    for purpose in Purpose::ALL {
        let Some(id) = one_time_link::find(&mut conn, &hash, purpose, app.now()).await? else { continue };
        let user = user::find(&mut conn, &id).await?.filter(|user| user.disabled_at.is_none());
        let taking_back = match purpose {
            Purpose::TakeBack => {
                Some(address_change::taking_back(&mut conn, &id, &hash, app.now()).await?.ok_or(Error::SpentLink)?)
            }
            Purpose::SetPassword | Purpose::Recover => None,
        };
        let user = user.ok_or(Error::SpentLink)?;
        if taking_back.as_ref().is_some_and(|change| change.is_taken) {
            return Err(Error::AddressTaken);
        }
        return Ok(Found { user, link: ProvenLink { hash, purpose }, taking_back });
    }
    Err(Error::SpentLink)
}

/// What the page shows.
struct Shown<'a> {
    token: &'a str,
    unwanted: &'a Unwanted,
    problem: Option<PasswordProblem>,
}

async fn show(app: &App, visitor: &Visitor, found: Found, shown: Shown<'_>) -> Result<Response, Error> {
    let (Found { user, link, taking_back }, Shown { token, unwanted, problem }) = (found, shown);
    let resets_factors = link.purpose == Purpose::Recover;
    let identifiers = user::identifiers(&mut *app.db.read().await?, &user.id).await?;
    // The present one may go.
    let identifier = match &taking_back {
        Some(change) => Some(change.old.clone()),
        None => identifier::shown(&identifiers).map(str::to_owned),
    };
    let (status, wait) = PasswordProblem::answer(problem);
    let layout = page::layout(app, visitor).of(Page::SetPassword).waiting(wait, app.now());
    let address = format!("{}?token={token}", layout.url(Page::SetPassword.path()));
    let page = SetPasswordPage {
        layout: layout.at(address),
        token: token.to_owned(),
        identifier: identifier.unwrap_or_default(),
        least_password: app.config.login.password_min_length.into(),
        resets_factors,
        taking_back,
        recent: if resets_factors { vec![] } else { recent(app, &user, unwanted).await? },
        problem,
    };
    page::show_waiting(app, visitor, (status, wait), &page)
}
