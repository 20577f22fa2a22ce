//! Signing in by a chat that is bound: the page shows a number, which its person chooses in the chat.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::password::{self, Shown, SignInProblem};
use super::ticket::come_in;
use crate::app::App;
use crate::base::id::Id;
use crate::channels::approval::{self, Begins, Standing};
use crate::channels::{bot, speak};
use crate::config::{DeclaredChannel, Updates};
use crate::flow::authorization::{Step, layout_of};
use crate::http::error::Error;
use crate::http::request::form::ProvenForm;
use crate::http::request::query::Query;
use crate::http::request::visitor::Visitor;
use crate::http::{page, redirect};
use crate::login::identifier::normalise;
use crate::oidc::difference::Difference;
use crate::pages::Layout;
use crate::pages::channels::{approving, link};
use crate::site::page::Page;
use crate::store::ephemeral::Rate;
use crate::store::people::user;

/// How often a network may begin.
const BEGUN: Rate = Rate { burst: 20, period: Duration::from_secs(15) };

/// How often a network may have somebody asked.
const CALLED: Rate = Rate { burst: 10, period: Duration::from_secs(60) };

/// What the sealed name of a sign-in is for.
const SEALED: &str = "channel sign-in";

/// Shows the number. Posts `identifier` or `finish=yes` with `request` to `/sign-in/channel`.
#[derive(Template)]
#[template(path = "pages/sign_in/channel.html")]
pub struct SignInChannelPage<'a> {
    /// The layout of the page.
    pub layout: Layout<'a>,
    /// The name of the bot that people see.
    pub label: String,
    /// How it stands.
    pub state: SignInState,
    /// The link to the bot.
    pub link: String,
    /// What the address of the page carries.
    pub query: String,
    /// Whether the bot can write to people, by the name that they sign in with.
    pub can_call: bool,
    /// Whether somebody was asked by their name, if somebody has it.
    pub is_called: bool,
    /// The sealed name of the sign-in.
    pub request: String,
}

/// How a sign-in stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInState {
    /// It waits for the person to choose this number.
    Waits(u8),
    /// It was approved.
    Approved,
    /// It was refused, or a wrong number was chosen.
    Refused,
    /// It is too old, or was used.
    Over,
}

impl SignInChannelPage<'_> {
    fn number(&self) -> Option<u8> {
        match self.state {
            SignInState::Waits(number) => Some(number),
            _ => None,
        }
    }

    fn is_approved(&self) -> bool {
        self.state == SignInState::Approved
    }

    fn problem(&self) -> Option<&'static str> {
        match self.state {
            SignInState::Refused => Some("sign-in-channel-refused"),
            SignInState::Over => Some("sign-in-channel-over"),
            _ => None,
        }
    }
}

/// A sign-in that waits, as the address of the page names it.
#[derive(Clone, Serialize, Deserialize)]
struct Named {
    id: Id,
    /// What the link to the bot carries.
    payload: String,
    channel: String,
    keep: bool,
    return_to: Option<String>,
    is_called: bool,
    /// The hash of the browser's secret.
    browser: String,
}

impl Named {
    fn return_to(&self) -> Option<Page> {
        self.return_to.as_deref().and_then(Page::by_return_name)
    }

    fn open(app: &App, visitor: &Visitor, sealed: &str) -> Result<Self, Error> {
        let named: Option<Self> = app.interactions.open_value(SEALED, sealed);
        named.filter(|named| named.browser == visitor.browser.hash().as_str()).ok_or_else(|| {
            let difference = Difference::new("request", "one of another browser, or none", "one of this browser");
            Error::InteractionExpired.because(difference)
        })
    }

    /// What the address of the page carries.
    fn query(&self, app: &App, step: Option<&Step>) -> String {
        let sealed = app.interactions.seal_value(&app.random, SEALED, self);
        let interaction = step.map(|step| format!("&interaction={}", step.interaction.seal(app)));
        format!("request={sealed}{}", interaction.unwrap_or_default())
    }

    fn address(&self, app: &App, step: Option<&Step>) -> String {
        format!("{}?{}", app.url(Page::SignInChannel), self.query(app, step))
    }
}

/// Shows how a sign-in stands.
pub async fn get(State(app): State<App>, visitor: Visitor, query: Query) -> Result<Response, Error> {
    let step = Step::open_if_any(&app, &visitor, query.get("interaction")).await?;
    let sealed = query.get("request").unwrap_or_default();
    let named = Named::open(&app, &visitor, sealed)?;
    let channel = approving(&app).await?.into_iter().find(|channel| channel.name == named.channel);
    let Some(channel) = channel else { return redirect::to_page(&app, Page::SignIn) };
    let state = match approval::standing(&app, &named.id, &visitor.browser.hash()).await? {
        None => SignInState::Over,
        Some(Standing { is_refused: true, .. }) => SignInState::Refused,
        Some(Standing { is_approved: true, .. }) => SignInState::Approved,
        Some(Standing { number, .. }) => SignInState::Waits(number),
    };
    let query = named.query(&app, step.as_ref());
    // The language switch returns to the page with what it waits for.
    let place = format!("{}{}?{query}", app.config.issuer.path(), Page::SignInChannel.path());
    let layout = layout_of(&app, &visitor, step.as_ref()).of(Page::SignInChannel);
    let shown = SignInChannelPage {
        layout: Layout { return_to: named.return_to(), address: Some(place), ..layout },
        label: channel.label().to_owned(),
        state,
        link: link(channel, &named.payload),
        query,
        can_call: channel.updates != Updates::None,
        is_called: named.is_called,
        request: sealed.to_owned(),
    };
    page::show_with(&app, &visitor, StatusCode::OK, &shown)
}

/// Begins a sign-in, has its person asked, or completes it.
pub async fn post(State(app): State<App>, form: ProvenForm) -> Result<Response, Error> {
    let ProvenForm { visitor, params } = form;
    let step = Step::open_if_any(&app, &visitor, params.get("interaction")).await?;
    let step = step.as_ref();
    if let Some(name) = params.get("channel") {
        let return_to = params.get("return").and_then(Page::by_return_name);
        return begin(&app, &visitor, step, name, (return_to, params.get("keep_signed_in").is_some())).await;
    }
    let named = Named::open(&app, &visitor, params.get("request").unwrap_or_default())?;
    if params.get("finish").is_some() {
        return finish(&app, &visitor, step, &named).await;
    }
    call(&app, &visitor, &named, params.get("identifier").unwrap_or_default()).await?;
    redirect::see_other(&Named { is_called: true, ..named }.address(&app, step))
}

async fn begin(
    app: &App,
    visitor: &Visitor,
    step: Option<&Step>,
    name: &str,
    (return_to, keep): (Option<Page>, bool),
) -> Result<Response, Error> {
    let Some(channel) = approving(app).await?.into_iter().find(|channel| channel.name == name) else {
        return redirect::to_page(app, Page::SignIn);
    };
    if let Err(wait) = visitor.limit(app, "channel-sign-in", BEGUN).await {
        let problems = vec![SignInProblem::limited(app, "channel", wait)];
        let shown = Shown { problems, return_to, ..Shown::default() };
        return password::show(app, visitor, step, shown, StatusCode::TOO_MANY_REQUESTS).await;
    }
    let browser = visitor.browser.hash();
    let begins = Begins { browser: &browser, user_agent: visitor.user_agent.as_deref(), address: visitor.address };
    let begun = approval::begin(app, channel, &begins).await?;
    let named = Named {
        id: begun.id,
        payload: begun.payload,
        channel: channel.name.clone(),
        keep,
        return_to: return_to.and_then(Page::return_name).map(str::to_owned),
        is_called: false,
        browser: browser.as_str().to_owned(),
    };
    let mut response = redirect::see_other(&named.address(app, step))?;
    visitor.remember(app, &mut response);
    Ok(response)
}

/// Has somebody asked in their chat, if somebody has this name and a chat. Nobody learns here whether that is so.
async fn call(app: &App, visitor: &Visitor, named: &Named, typed: &str) -> Result<(), Error> {
    let is_heard = |channel: &&DeclaredChannel| channel.name == named.channel && channel.updates != Updates::None;
    let Some(channel) = approving(app).await?.into_iter().find(is_heard).cloned() else { return Ok(()) };
    if visitor.limit(app, "channel-called", CALLED).await.is_err() {
        return Ok(());
    }
    let (app, request, name) = (app.clone(), named.id.clone(), normalise(typed));
    // While the answer is on its way, so that it does not tell by its time.
    app.requests.clone().spawn(async move {
        let called = async {
            let found = user::find_by_identifier(&mut *app.db.read().await?, &name).await?;
            match found.filter(|user| user.disabled_at.is_none()) {
                Some(user) => bot::call(&app, &channel, &request, &user.id).await,
                None => Ok(None),
            }
        };
        match called.await {
            Ok(say) => speak::later(&app, &channel, say.into_iter().collect()),
            Err(error) => tracing::warn!(channel = channel.name, %error, "nobody could be asked about a sign-in"),
        }
    });
    Ok(())
}

/// Signs in whoever has approved it.
async fn finish(app: &App, visitor: &Visitor, step: Option<&Step>, named: &Named) -> Result<Response, Error> {
    let came = approval::finish(app, &named.id, &visitor.browser.hash()).await?;
    let entered = match &came {
        Some(came) => come_in(app, visitor, step, named.return_to(), (came, named.keep)).await?,
        None => None,
    };
    if let Some(response) = entered {
        return Ok(response);
    }
    app.metrics.sign_in("channel", "refused");
    let found = "one that nobody has approved, or that was used, or of a chat that is bound no more";
    let why = Some(Difference::new("sign-in", found, "one that was approved in a chat that is bound"));
    let (problems, return_to) = (vec![SignInProblem::ChannelRefused], named.return_to());
    password::show(app, visitor, step, Shown { problems, why, return_to, ..Shown::default() }, StatusCode::FORBIDDEN)
        .await
}
