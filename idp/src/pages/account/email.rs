//! Changing the email address: the new one is proven by a code before it takes the place of the old one.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::{address_change, mail_code};
use crate::app::App;
use crate::base::secret::Secret;
use crate::flow::account_holder::{AccountForm, AccountHolder};
use crate::http::error::Error;
use crate::http::page::Wording;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login::identifier;
use crate::login::password;
use crate::pages::mail_code::{CodeProblem, limited_in_account, offered};
use crate::pages::present_password::{self, PresentPasswordProblem};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store;
use crate::store::people::mail_proof::{self, Purpose};
use crate::store::people::user::{self, IdentifierKind};

/// Asks for a new address and the password, then for the code from the letter. Posts `email` and `current`, or `code`, to
/// `/account/email`.
#[derive(Template)]
#[template(path = "pages/account/email.html")]
pub struct AccountEmailPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The present address, if there is one.
    pub present: Option<String>,
    /// Whether the present address can take the change back.
    pub has_way_back: bool,
    /// The new address as typed.
    pub email: String,
    /// The identifier of the person, for password managers.
    pub identifier: String,
    /// Whether the account has a password, which is asked for.
    pub has_password: bool,
    /// The address that a code was sent to; then the code is asked for.
    pub sent_to: Option<String>,
    /// Why the last try failed, in the order of the fields.
    pub problems: Vec<EmailProblem>,
}

/// Why an address was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailProblem {
    /// No address was typed.
    Missing,
    /// It is not an address.
    Malformed,
    /// The account has it already.
    Same,
    /// The present password is not accepted.
    Current(PresentPasswordProblem),
    /// The code, or that too many were asked for.
    Code(CodeProblem),
}

impl EmailProblem {
    fn field(self) -> &'static str {
        match self {
            // Without a code that can still be right, the address is asked for again.
            Self::Code(CodeProblem::TooMany { .. } | CodeProblem::Taken | CodeProblem::Over) => "email",
            Self::Missing | Self::Malformed | Self::Same => "email",
            Self::Current(_) => "current",
            Self::Code(_) => "code",
        }
    }

    fn wording(self) -> Wording {
        match self {
            Self::Missing => Wording::new("sign-up-email-missing"),
            Self::Malformed => Wording::new("sign-up-email-malformed"),
            Self::Same => Wording::new("account-email-same"),
            Self::Current(problem) => problem.wording(),
            Self::Code(problem) => problem.wording(),
        }
    }

    fn wait(self) -> Option<Duration> {
        match self {
            Self::Current(problem) => problem.wait(),
            Self::Code(problem) => problem.wait(),
            _ => None,
        }
    }

    fn status(self) -> StatusCode {
        if self.wait().is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::BAD_REQUEST }
    }
}

impl AccountEmailPage<'_> {
    fn problems(&self) -> FormProblems {
        FormProblems::new(self.problems.iter().map(|one| (one.field(), self.layout.say(one.wording()))))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    offered(&app)?;
    // A change that waits for its code goes on, be it after another sign-in, unless its person wants another address.
    let waits = query.get("step") != Some("address");
    show(&app, &holder, String::new(), vec![], waits).await
}

/// Sends a code to the new address, or makes the change.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    offered(&app)?;
    let AccountForm { holder, params } = form;
    if let Some(code) = params.get("code") {
        let judged = match code.trim() {
            "" => Some(CodeProblem::Missing),
            code => match mail_code::judge_change(&app, &holder.session, code).await? {
                Some(judged) => CodeProblem::of(judged),
                // The page asks for what is missing.
                None => return redirect::to_page(&app, Page::AccountEmail),
            },
        };
        return match judged {
            None => redirect::to_page_with(&app, Page::AccountProfile, "done", "email"),
            Some(problem) => {
                // Without a code that can still be right, another one is asked for.
                let waits = matches!(problem, CodeProblem::Missing | CodeProblem::Wrong);
                show(&app, &holder, String::new(), vec![EmailProblem::Code(problem)], waits).await
            }
        };
    }
    let typed = params.get("email").unwrap_or_default().trim().to_owned();
    let current = Secret::from(params.get("current").unwrap_or_default());
    let again = |problems| show(&app, &holder, typed.clone(), problems, false);
    let parsed = identifier::parse_email(&typed, None).ok();
    let mut problems = Vec::new();
    if parsed.is_none() {
        problems.push(if typed.is_empty() { EmailProblem::Missing } else { EmailProblem::Malformed });
    }
    let mut conn = app.db.read().await?;
    let own = user::identifiers(&mut conn, &holder.session.user_id).await?;
    let has_password = store::people::password::exists(&mut conn, &holder.session.user_id).await?;
    drop(conn);
    let present = identifier::main(&own, &IdentifierKind::Email).map(|it| it.normalised.as_str());
    if parsed.as_ref().is_some_and(|new| present == Some(new.normalised.as_str())) {
        problems.push(EmailProblem::Same);
    }
    if has_password && current.expose().is_empty() {
        problems.push(EmailProblem::Current(PresentPasswordProblem::Missing));
    }
    let Some(address) = parsed.filter(|_| problems.is_empty()) else { return again(problems).await };
    if has_password {
        if let Some(problem) = present_password::limited(&app, &holder).await {
            return again(vec![EmailProblem::Current(problem)]).await;
        }
        match present_password::check(&app, &holder, &current).await? {
            Ok(proof) => password::settle(&app, &proof).await?,
            Err(problem) => return again(vec![EmailProblem::Current(problem)]).await,
        };
    }
    if let Err(problem) = limited_in_account(&app, &holder, &address.normalised, false).await? {
        return again(vec![EmailProblem::Code(problem)]).await;
    }
    mail_code::send_change(&app, &holder.session.user_id, &address, holder.visitor.language.tag()).await?;
    redirect::to_page(&app, Page::AccountEmail)
}

async fn show(
    app: &App,
    holder: &AccountHolder,
    email: String,
    problems: Vec<EmailProblem>,
    waits: bool,
) -> Result<Response, Error> {
    let mut conn = app.db.read().await?;
    let own = user::identifiers(&mut conn, &holder.session.user_id).await?;
    let has_password = store::people::password::exists(&mut conn, &holder.session.user_id).await?;
    let proof = mail_proof::find(&mut conn, &holder.session.user_id, Purpose::Change, app.now()).await?;
    let present = identifier::main(&own, &IdentifierKind::Email);
    let has_way_back = match present {
        Some(old) => address_change::has_way_back(&mut conn, &holder.session.user_id, old, app.now()).await?,
        None => false,
    };
    drop(conn);
    let status = problems.first().map_or(StatusCode::OK, |problem| problem.status());
    let wait = problems.iter().find_map(|problem| problem.wait());
    let layout = holder.layout(app).waiting(wait, app.now());
    // The language switch does not lead to the code of the other address.
    let asks_address = proof.is_some() && !waits;
    let address = asks_address.then(|| format!("{}?step=address", layout.url(Page::AccountEmail.path())));
    let page = AccountEmailPage {
        layout: Layout { address: address.or(layout.address.clone()), ..layout },
        present: present.map(|it| it.as_written.clone()),
        has_way_back,
        email,
        identifier: identifier::shown(&own).unwrap_or_default().to_owned(),
        has_password,
        sent_to: proof.filter(|_| waits).map(|proof| proof.address),
        problems,
    };
    page::show_waiting(app, &holder.visitor, (status, wait), &page)
}
