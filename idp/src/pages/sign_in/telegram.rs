//! Signing in by Telegram's login widget, without its script, and by buttons of a bot that have a `login_url`.
//!
//! The widget answers in the fragment of our address, which only a script can read: a small one of ours puts it into a form. A button opens
//! our address in whichever browser Telegram takes, with what Telegram has signed in the query and without any `state`. Anybody can send
//! such a link, signed for their own account, to somebody else. So nobody is signed in by it before a page has named the account and asked.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::upstream::{Back, SET_OUT, arrived, refused, sign_in, taken};
use crate::app::App;
use crate::channels;
use crate::config::DeclaredChannel;
use crate::federation::arrival::Arrival;
use crate::federation::telegram::widget::{self, Came, Said};
use crate::federation::telegram::{self, Wrong};
use crate::http::error::Error;
use crate::http::page;
use crate::http::request::form::ProvenForm;
use crate::http::request::visitor::Visitor;
use crate::oidc::difference::Difference;
use crate::pages::Layout;
use crate::store::installation::upstream;

/// Takes Telegram's answer out of the fragment. Posts `state` and `result` to its own address.
#[derive(Template)]
#[template(path = "pages/sign_in/telegram.html")]
pub struct TelegramPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// Where the form goes, below the issuer.
    pub path: String,
    /// The `state` with which the browser has set out.
    pub state: String,
    /// The answer, if it came in the query.
    pub result: String,
}

/// Asks whether to sign in to the account that a link is signed for. Posts `signed` to its own address.
#[derive(Template)]
#[template(path = "pages/sign_in/telegram_confirm.html")]
pub struct TelegramConfirmPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// Where the form goes, below the issuer.
    pub path: String,
    /// The bot.
    pub bot: String,
    /// What the person of Telegram is called.
    pub person: String,
    /// Their username there.
    pub username: Option<String>,
    /// What Telegram has signed.
    pub signed: String,
}

impl TelegramConfirmPage<'_> {
    fn title(&self) -> String {
        self.layout.t_args("telegram-confirm-title", &[("person", &self.person)])
    }
}

/// Telegram has led here: by its answer to who has set out, or by a button of the bot.
pub async fn get(
    State(app): State<App>,
    Path(name): Path<String>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let channel = find(&app, &name).await?;
    let came = Came::of(&query.unwrap_or_default()).map_err(|wrong| {
        let expected = "what Telegram adds to the address";
        Error::Http(StatusCode::BAD_REQUEST, "the address cannot be read").because(Difference::new(
            "query",
            wrong.to_string(),
            expected,
        ))
    })?;
    let Came { state, result, signed } = came;
    match (signed, state) {
        (Some(signed), Some(state)) => finish(&app, &visitor, channel, Some(&state), Ok(Some(signed))).await,
        (Some(signed), None) => ask(&app, &visitor, channel, signed).await,
        (None, state) => {
            let shown = TelegramPage {
                layout: page::layout(&app, &visitor),
                path: widget::path(channel),
                state: state.unwrap_or_default(),
                result: result.unwrap_or_default(),
            };
            page::show_with(&app, &visitor, StatusCode::OK, &shown)
        }
    }
}

/// Takes Telegram's answer from the form of the page, or a yes to the question.
pub async fn post(State(app): State<App>, Path(name): Path<String>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let channel = find(&app, &name).await?;
    visitor.limit(&app, "upstream", SET_OUT).await.map_err(Error::TooMany)?;
    match params.get("signed") {
        Some(signed) => confirmed(&app, &visitor, channel, signed).await,
        None => {
            let said = Said::of_fragment(params.get("result").unwrap_or_default());
            finish(&app, &visitor, channel, params.get("state"), said).await
        }
    }
}

/// The bot of this name, if people sign in by it.
async fn find<'a>(app: &'a App, name: &str) -> Result<&'a DeclaredChannel, Error> {
    let is_off = upstream::is_disabled(&mut *app.db.read().await?, telegram::PROVIDER).await?;
    let found = channels::find(app, name).filter(|channel| !is_off && channel.sign_in);
    found.ok_or_else(|| {
        let (came, expected) = ("the name of another one", "that of a channel by which people sign in (sign_in)");
        Error::InteractionExpired.because(Difference::new("channel", came, expected))
    })
}

/// Goes on for who has set out from here.
async fn finish(
    app: &App,
    visitor: &Visitor,
    channel: &DeclaredChannel,
    state: Option<&str>,
    said: Result<Option<Said>, Wrong>,
) -> Result<Response, Error> {
    let (trip, step) = taken(app, visitor, telegram::PROVIDER, state).await?;
    let came = widget::arrive(app, channel, Some(&trip), said).await;
    of_browser(arrived(app, visitor, step.as_ref(), &trip, came).await)
}

/// Asks who has come by a button of the bot.
async fn ask(app: &App, visitor: &Visitor, channel: &DeclaredChannel, signed: Said) -> Result<Response, Error> {
    let written = signed.written();
    let person = match widget::read(app, channel, signed) {
        Ok(signed) => signed.person,
        Err(refusal) => {
            return of_browser(refused(app, visitor, None, (telegram::PROVIDER, Back::default()), refusal).await);
        }
    };
    let id = person.id.to_string();
    let shown = TelegramConfirmPage {
        layout: page::layout(app, visitor),
        path: widget::path(channel),
        bot: channel.label().to_owned(),
        person: person.name().unwrap_or(id),
        username: person.username,
        signed: written,
    };
    page::show_with(app, visitor, StatusCode::OK, &shown)
}

/// Signs in who has said yes.
async fn confirmed(app: &App, visitor: &Visitor, channel: &DeclaredChannel, signed: &str) -> Result<Response, Error> {
    let said = Said::of_query(signed).map(Some);
    match widget::arrive(app, channel, None, said).await {
        Ok(identity) => {
            let arrival = Arrival::by_link(app, &visitor.browser, identity);
            sign_in(app, visitor, None, (Back::default(), None), &arrival).await
        }
        Err(refusal) => of_browser(refused(app, visitor, None, (telegram::PROVIDER, Back::default()), refusal).await),
    }
}

/// What Telegram has said comes with the browser, and not from a server: if it is not accepted, the request is to blame.
fn of_browser(response: Result<Response, Error>) -> Result<Response, Error> {
    let mut response = response?;
    if response.status() == StatusCode::BAD_GATEWAY {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}
