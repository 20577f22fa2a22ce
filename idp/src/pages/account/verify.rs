//! Verifying an address of one's own, by the code or the link in a letter. The link is for the browser in which its account is
//! signed in: whoever opens it elsewhere signs in first, so that nobody confirms what a stranger has entered.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::account::mail_code::{self, Judged};
use crate::app::App;
use crate::base::token::{Token, TokenKind};
use crate::flow::account_holder::{AccountForm, AccountHolder, handle};
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::pages::mail_code::{CodeProblem, limited_in_account, offered};
use crate::pages::{FormProblems, Layout};
use crate::site::page::Page;
use crate::store::people::mail_proof::{self, Purpose};
use crate::store::people::user::{self, Identifier};

/// Asks for the code from a letter, or whether to use its link. Posts `code`, `token` or `send=<handle>` to `/account/verify`.
#[derive(Template)]
#[template(path = "pages/account/verify.html")]
pub struct AccountVerifyPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The address.
    pub address: String,
    /// Its handle in the form that sends another letter.
    pub which: String,
    /// The token of the link that was opened.
    pub token: Option<String>,
    /// Why the last try failed.
    pub problem: Option<CodeProblem>,
}

impl AccountVerifyPage<'_> {
    fn problems(&self) -> FormProblems {
        let of_code = self.problem.filter(|problem| problem.wait().is_none());
        FormProblems::new(of_code.map(|problem| ("code", self.layout.say(problem.wording()))))
    }

    /// That no other letter is sent yet, which is nothing to put right in a field.
    fn limit(&self) -> Option<String> {
        self.problem.filter(|problem| problem.wait().is_some()).map(|problem| self.layout.say(problem.wording()))
    }
}

/// Shows the page, and uses nothing up.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    offered(&app)?;
    if let Some(token) = query.get("token") {
        let link = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?;
        let mut conn = app.db.read().await?;
        let proof = mail_proof::find_by_link(&mut conn, &link.hash(), Purpose::Verify, None, app.now()).await?;
        drop(conn);
        let proof =
            proof.filter(|proof| proof.user_id.as_ref() == Some(&holder.session.user_id)).ok_or(Error::SpentLink)?;
        return show(
            &app,
            &holder,
            Shown { address: proof.address, token: Some(token.to_owned()), ..Shown::default() },
        );
    }
    match unverified(&app, &holder, query.get("which")).await? {
        Some((which, address)) => show(&app, &holder, Shown { address: address.as_written, which, ..Shown::default() }),
        None => redirect::to_page(&app, Page::AccountProfile),
    }
}

/// Sends a letter, or judges what came from one.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    offered(&app)?;
    let AccountForm { holder, params } = form;
    let user = &holder.session.user_id;
    if let Some(token) = params.get("token") {
        let link = Token::parse(TokenKind::OneTimeLink, token).ok_or(Error::SpentLink)?;
        return match mail_code::judge_link(&app, user, &link.hash()).await? {
            Judged::Right => redirect::to_page_with(&app, Page::AccountProfile, "done", "verified"),
            _ => Err(Error::SpentLink),
        };
    }
    let named = params.get("send").or(params.get("which"));
    let Some((which, address)) = unverified(&app, &holder, named).await? else {
        return redirect::to_page(&app, Page::AccountProfile);
    };
    let again = |problem| {
        let (address, which) = (address.as_written.clone(), which.clone());
        show(&app, &holder, Shown { address, which, problem: Some(problem), token: None })
    };
    if params.get("send").is_some() {
        if let Err(problem) = limited_in_account(&app, &holder, &address.normalised, true).await? {
            return again(problem);
        }
        mail_code::send_verification(&app, user, &address, holder.visitor.language.tag()).await?;
        return redirect::to_page_with(&app, Page::AccountVerify, "which", &which);
    }
    let code = params.get("code").unwrap_or_default().trim();
    if code.is_empty() {
        return again(CodeProblem::Missing);
    }
    match CodeProblem::of(mail_code::judge_verification(&app, user, code).await?) {
        None => redirect::to_page_with(&app, Page::AccountProfile, "done", "verified"),
        Some(problem) => again(problem),
    }
}

/// The address of this handle, or the first one, among those of the person that are not verified.
async fn unverified(
    app: &App,
    holder: &AccountHolder,
    which: Option<&str>,
) -> Result<Option<(String, Identifier)>, Error> {
    let own = user::identifiers(&mut *app.db.read().await?, &holder.session.user_id).await?;
    let open = own.into_iter().filter(|it| it.is_email() && it.verified_at.is_none());
    let mut named = open.map(|it| (handle(app, &holder.session, &it.normalised), it));
    Ok(match which {
        Some(which) => named.find(|(handle, _)| handle == which),
        None => named.next(),
    })
}

#[derive(Default)]
struct Shown {
    address: String,
    which: String,
    token: Option<String>,
    problem: Option<CodeProblem>,
}

fn show(app: &App, holder: &AccountHolder, shown: Shown) -> Result<Response, Error> {
    let Shown { address, which, token, problem } = shown;
    let (status, wait) = (CodeProblem::status(problem), problem.and_then(CodeProblem::wait));
    let layout = holder.layout(app).waiting(wait, app.now());
    let page = AccountVerifyPage { layout, address, which, token, problem };
    page::show_waiting(app, &holder.visitor, (status, wait), &page)
}
