//! The passkeys of the account.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::account::passkey_provider;
use crate::account::passkeys::{self, LONGEST_NAME, LastPasskey, MOST, Removed};
use crate::app::App;
use crate::federation::ways_in::WaysIn;
use crate::flow::account_holder::{AccountForm, AccountHolder, PASSKEY, handle};
use crate::http::cookies::Jar;
use crate::http::diagnosis::Diagnosis;
use crate::http::error::Error;
use crate::http::request::query::Query;
use crate::http::{page, redirect};
use crate::login::passkey::{self, Made, Mediation, Offer, Person, Refused};
use crate::login::second_factor::Required;
use crate::login::session;
use crate::oidc::difference::Difference;
use crate::oidc::reason::Reason;
use crate::pages::passkey_signal::signal;
use crate::pages::{Layout, Moment, Wording};
use crate::site::page::Page;
use crate::store::people::passkey::{Passkey, of_user};
use crate::store::people::user;

/// Shows the passkeys. Posts `ceremony` and `response`, or `rename=<handle>` and `name`, or `remove=<handle>`, to
/// `/account/passkeys`.
#[derive(Template)]
#[template(path = "pages/account/passkeys.html")]
pub struct AccountPasskeysPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// How one more is made; `None` if there can be no more.
    pub offer: Option<Offer>,
    /// The most characters of a name.
    pub longest_name: usize,
    /// What the browser is told about the passkeys that there are: JSON.
    pub signal: Option<String>,
    /// What was just done.
    pub done: Option<PasskeysDone>,
    /// Why the last passkey was not added.
    pub problem: Option<PasskeyProblem>,
}

/// A passkey as its owner sees it.
#[derive(Clone, Debug)]
pub struct PasskeyView {
    /// Its handle in the form.
    pub handle: String,
    /// What its person calls it.
    pub name: Option<String>,
    /// Who made it.
    pub provider: Option<&'static str>,
    /// Whether it is on several devices, or bound to one; `None` if that is not known.
    pub is_synced: Option<bool>,
    /// Whether the browser made it by itself.
    pub is_automatic: bool,
    /// When it was added.
    pub added: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
    /// Why it cannot be removed.
    pub stays: Option<LastPasskey>,
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeysDone {
    /// One was added.
    Added,
    /// One has another name.
    Renamed,
    /// One was removed.
    Removed,
}

/// Why a passkey was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeyProblem {
    /// The page was shown too long ago.
    TooLate,
    /// What came is not accepted.
    Refused,
    /// It came after the step-up was over.
    NotAdded,
}

impl PasskeyProblem {
    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::TooLate => "passkey-too-late",
            Self::Refused => "account-passkey-refused",
            Self::NotAdded => "account-passkey-not-added",
        })
    }
}

impl PasskeysDone {
    const ALL: [(&'static str, Self); 3] =
        [("added", Self::Added), ("renamed", Self::Renamed), ("removed", Self::Removed)];

    fn wording(self) -> Wording {
        Wording::new(match self {
            Self::Added => "account-passkey-added",
            Self::Renamed => "account-passkey-renamed",
            Self::Removed => "account-passkey-removed",
        })
    }
}

impl AccountPasskeysPage<'_> {
    fn done_text(&self) -> Option<String> {
        self.done.map(|done| self.layout.say(done.wording()))
    }

    fn problem_text(&self) -> Option<String> {
        self.problem.map(|problem| self.layout.say(problem.wording()))
    }

    /// Why a passkey cannot be removed, in words.
    fn why_it_stays(&self, why: &LastPasskey) -> String {
        match why {
            LastPasskey::WayIn => self.layout.t("account-passkey-last"),
            LastPasskey::SecondFactor => {
                let operator = self.layout.site.operator_name.as_str();
                self.layout.t_args("account-passkey-required", &[("operator", operator)])
            }
        }
    }

    /// What a passkey is called: by its person, or else by who made it.
    fn title(&self, passkey: &PasskeyView) -> String {
        let named = passkey.name.as_deref().or(passkey.provider).map(str::to_owned);
        named.unwrap_or_else(|| self.layout.t("passkey"))
    }
}

/// Shows the page.
pub async fn get(State(app): State<App>, query: Query, holder: AccountHolder) -> Result<Response, Error> {
    let done = PasskeysDone::ALL.into_iter().find(|(name, _)| query.get("done") == Some(*name));
    let was_lost = holder.visitor.carried.as_deref() == Some(PASSKEY);
    let news = match done {
        _ if was_lost => News::Lost,
        Some((_, done)) => News::Done(done),
        None => News::None,
    };
    let mut response = show(&app, &holder, news).await?;
    if was_lost {
        Jar::of(&app).put_down(&mut response);
    }
    Ok(response)
}

/// What the page tells.
enum News {
    /// Nothing new.
    None,
    /// What was just done.
    Done(PasskeysDone),
    /// A passkey was not added, since what came is not accepted.
    Refused(Refused),
    /// A passkey was not added, since its step-up was over.
    Lost,
}

/// Adds, renames or removes a passkey.
pub async fn post(State(app): State<App>, form: AccountForm) -> Result<Response, Error> {
    let AccountForm { holder, params } = form;
    let id = &holder.session.user_id;
    let there = of_user(&mut *app.db.read().await?, id).await?;
    let chosen = |name: &str| {
        let wanted = params.get(name)?;
        there.iter().find(|one| handle(&app, &holder.session, one.id.as_str()) == wanted)
    };
    let done = |done: &str| redirect::to_page_with(&app, Page::AccountPasskeys, "done", done);
    if params.get("rename").is_some() {
        // Otherwise it is gone already, or another person's.
        return match chosen("rename") {
            Some(one) if passkeys::rename(&app, id, &one.id, params.get("name").unwrap_or_default()).await? => {
                done("renamed")
            }
            _ => redirect::to_page(&app, Page::AccountPasskeys),
        };
    }
    if params.get("remove").is_some() {
        return match chosen("remove") {
            Some(one) if passkeys::remove(&app, &holder.session, &one.id).await? == Removed::Done => done("removed"),
            // The page says why it stays.
            _ => redirect::to_page(&app, Page::AccountPasskeys),
        };
    }
    let (ceremony, response) = (params.get("ceremony").unwrap_or_default(), params.get("response").unwrap_or_default());
    let made = Made { mediation: Mediation::Asked, ceremony, response };
    let made = match passkey::check_registration(&app, &holder.visitor.browser, id, made).await? {
        Ok(made) => made,
        Err(refused) => return show(&app, &holder, News::Refused(refused)).await,
    };
    let Some(user) = session::unchanged_user(&app, &holder.session).await? else {
        return redirect::to_page(&app, Page::AccountPasskeys);
    };
    // The passkey has just verified its person.
    let methods = holder.session.methods_and(passkey::method(made.backup));
    let sign_in = holder.visitor.renewal(&holder.session, &user, &methods);
    let Some(signed_in) = passkeys::add(&app, &holder.session, &made, &sign_in).await? else {
        return show(&app, &holder, News::Refused(Refused::Because("a passkey that somebody has"))).await;
    };
    let mut response = done("added")?;
    Jar::of(&app).hand_over(&mut response, &signed_in);
    Ok(response)
}

async fn show(app: &App, holder: &AccountHolder, news: News) -> Result<Response, Error> {
    let (done, problem) = match &news {
        News::None => (None, None),
        News::Done(done) => (Some(*done), None),
        News::Refused(Refused::TooLate) => (None, Some(PasskeyProblem::TooLate)),
        News::Refused(_) => (None, Some(PasskeyProblem::Refused)),
        News::Lost => (None, Some(PasskeyProblem::NotAdded)),
    };
    let id = &holder.session.user_id;
    let mut conn = app.db.read().await?;
    let there = of_user(&mut conn, id).await?;
    let known = user::passkey_handle(&mut conn, id).await?.unwrap_or_default();
    let (required, ways_in) = (Required::of(app), WaysIn::of(app).await?);
    let mut views = Vec::new();
    for one in &there {
        let stays = passkeys::last(&mut conn, one, &there, Some(&required), &ways_in).await?;
        views.push(PasskeyView { stays, ..view(app, holder, one) });
    }
    drop(conn);
    let person = Person {
        id,
        handle: &known,
        identifier: &holder.account.identifier,
        name: &holder.account.title(),
        passkeys: &there,
    };
    let begin = || passkey::offer_registration(app, &holder.visitor.browser, &person, Mediation::Asked);
    let offer = (there.len() < MOST).then(begin).flatten();
    let shown = AccountPasskeysPage {
        layout: holder.layout(app),
        passkeys: views,
        offer,
        longest_name: LONGEST_NAME,
        signal: signal(app, &known, &there, &holder.account),
        done,
        problem,
    };
    let status = if matches!(news, News::Refused(_)) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let mut response = page::show_with(app, &holder.visitor, status, &shown)?;
    if let News::Refused(refused) = news {
        let difference = Difference::new("response", refused.as_str(), "a new passkey of this person");
        Diagnosis::new(Reason::PasskeyNotAdded, Some(difference)).ride_on(&mut response);
    }
    Ok(response)
}

fn view(app: &App, holder: &AccountHolder, passkey: &Passkey) -> PasskeyView {
    PasskeyView {
        handle: handle(app, &holder.session, passkey.id.as_str()),
        name: passkey.name.clone(),
        provider: passkey.aaguid.as_deref().and_then(passkey_provider::name),
        is_synced: passkey.backup.is_synced(),
        is_automatic: passkey.automatic_at.is_some(),
        added: Moment::new(passkey.created_at, app.now()),
        used: passkey.last_used_at.map(|at| Moment::new(at, app.now())),
        stays: None,
    }
}
