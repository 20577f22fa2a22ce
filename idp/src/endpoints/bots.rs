//! What the bot of a product asks for the people who write to it, and what Telegram tells ours.
//!
//! The client that runs a bot authenticates as at the token endpoint, and names the sender: never a chat, in which others may write.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::channels::answer::{Answer, Answered};
use crate::channels::deep_link::{self, Opened};
use crate::channels::person::{self, Registered};
use crate::channels::sender::Sender;
use crate::channels::{self, code, question, receive, ticket, webhook};
use crate::config::{DeclaredChannel, Updates};
use crate::http::error::Error;
use crate::http::request::client_auth::ConfidentialClient;
use crate::http::request::params::{self, FormParams};
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::params::Params;
use crate::oidc::scope::CHANNEL_REGISTER;
use crate::store::installation::channel_receiver::Noted;
use crate::telegram::update::Update;

/// The header in which Telegram sends the secret of a webhook.
const SECRET: &str = "x-telegram-bot-api-secret-token";

/// Makes a code, which the sender types on the page of their account to bind the chat.
pub async fn codes(
    State(app): State<App>,
    Path(name): Path<String>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Json<Value>, Error> {
    let (channel, sender) = asked(&app, &client, &name, &params)?;
    let begun = code::begin(&app, channel, &sender).await?.map_err(Error::TooMany)?;
    let expires_in = code::LIFETIME.as_secs();
    Ok(Json(json!({ "code": begun.code, "url": begun.url, "expires_in": expires_in })))
}

/// Opens the link by which the sender has come to the bot, and says what they are to be asked.
pub async fn starts(
    State(app): State<App>,
    Path(name): Path<String>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Json<Value>, Error> {
    let (channel, sender) = asked(&app, &client, &name, &params)?;
    Ok(Json(match deep_link::open(&app, channel, params.required("payload")?, &sender).await? {
        Opened::Bind(question) => json!({ "asks": "bind", "question": question.name, "account": question.account }),
        Opened::SignIn(question) => json!({
            "asks": "sign_in", "question": question.name, "numbers": question.numbers, "browser": question.browser,
            "system": question.system, "address": question.address,
        }),
        Opened::NotBound => return Err(not_bound()),
        Opened::Nothing => return Err(over("payload")),
    }))
}

/// Takes the answer of the sender to such a question: `yes` or `no`, or of a sign-in the number that they have chosen or `no`.
pub async fn answers(
    State(app): State<App>,
    Path(name): Path<String>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Json<Value>, Error> {
    let (channel, sender) = asked(&app, &client, &name, &params)?;
    let (question, text) = (params.required("question")?, params.required("answer")?);
    let unfit = |why: &'static str, expected: &str| {
        let difference = Difference::new("answer", text, expected);
        Error::from(oidc::error::Error::invalid_request(why).because(difference))
    };
    let none = || unfit("The answer is none.", "yes, no, or the number that the sender has chosen");
    let answer = Answer::parse(text).ok_or_else(none)?;
    let state = match question::answer(&app, channel, question, &sender, answer).await? {
        Answered::ToBeConfirmed => "confirm_in_browser",
        Answered::Approved => "approved",
        Answered::BindingRefused | Answered::SignInRefused => "refused",
        Answered::Unfit(expected) => return Err(unfit("The answer does not fit the question.", expected)),
        Answered::Over => return Err(over("question")),
    };
    Ok(Json(json!({ "state": state })))
}

/// Makes a link that signs in the person whose chat it is.
pub async fn tickets(
    State(app): State<App>,
    Path(name): Path<String>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Json<Value>, Error> {
    let (channel, sender) = asked(&app, &client, &name, &params)?;
    let url = ticket::begin(&app, channel, &sender).await?.ok_or_else(not_bound)?;
    Ok(Json(json!({ "url": url, "expires_in": ticket::LIFETIME.as_secs() })))
}

/// Makes an account for the sender, if the client may.
pub async fn people(
    State(app): State<App>,
    Path(name): Path<String>,
    ConfidentialClient(client): ConfidentialClient,
    FormParams(params): FormParams,
) -> Result<Json<Value>, Error> {
    let (channel, sender) = asked(&app, &client, &name, &params)?;
    if !client.metadata.scope.contains(CHANNEL_REGISTER) {
        let difference = Difference::one_of("scope", CHANNEL_REGISTER, client.metadata.scope.iter());
        let why = "The client was not registered with the scope channel:register.";
        return Err(oidc::error::Error::new(ErrorCode::UnauthorizedClient, why).because(difference).into());
    }
    match person::register(&app, channel, &sender, params.get("locale")).await? {
        Registered::Here { sub, is_new } => Ok(Json(json!({ "sub": sub, "is_new": is_new }))),
        Registered::Known => {
            let why = "There is an account for this person: they bind the chat by a code.";
            Err(oidc::error::Error::invalid_grant(why).into())
        }
        Registered::Closed => {
            let why = "Nobody is registered by this channel (sign_up of the channel, login.sign_up).";
            Err(oidc::error::Error::new(ErrorCode::AccessDenied, why).into())
        }
    }
}

/// The channel, and who writes there. Of the channels of others, a client learns nothing.
fn asked<'a>(
    app: &'a App,
    client: &Client,
    name: &str,
    params: &Params,
) -> Result<(&'a DeclaredChannel, Sender), Error> {
    params.refuse_repeated()?;
    let own = channels::find(app, name).filter(|it| it.client.as_deref() == Some(client.client_id.as_str()));
    let channel = own.ok_or_else(|| {
        let difference = Difference::new("channel", name, "one whose client (channels.client) this is");
        oidc::error::Error::from(ErrorCode::UnauthorizedClient).because(difference)
    })?;
    let id = params.required("sender")?;
    let sender = Sender::parse(channel.kind, id, params.get("name")).ok_or_else(|| {
        let expected = "what the messenger calls a person: at Telegram from.id, and no group's number";
        let difference = Difference::new("sender", id, expected);
        oidc::error::Error::invalid_request("The sender can be nobody.").because(difference)
    })?;
    Ok((channel, sender))
}

fn not_bound() -> Error {
    let difference = Difference::new("sender", "one who has not", "one who has bound the chat to an account");
    oidc::error::Error::invalid_grant("No account is bound to this sender of the channel.").because(difference).into()
}

fn over(parameter: &'static str) -> Error {
    let came = "one that is unknown, used or too old, or that somebody else has come by";
    let difference = Difference::new(parameter, came, "one of ours that still waits for this sender");
    oidc::error::Error::invalid_grant("The link or the question is over.").because(difference).into()
}

/// Takes an update that Telegram sends. What cannot be read is taken, too: it would come again and again.
pub async fn updates(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, Error> {
    let channel = channels::find(&app, &name).filter(|channel| channel.updates == Updates::Webhook);
    let channel = channel.ok_or(Error::Http(StatusCode::NOT_FOUND, "there is nothing here"))?;
    let mut secrets = headers.get_all(SECRET).iter();
    let secret = match (secrets.next(), secrets.next()) {
        (Some(secret), None) => secret.to_str().unwrap_or_default(),
        _ => "",
    };
    if !webhook::secret(&app, channel).same_as(secret) {
        return Err(Error::Http(StatusCode::UNAUTHORIZED, "the secret of the webhook is another one"));
    }
    let (_, body) = params::body(&app, request).await?;
    if let Some(update) = serde_json::from_slice(&body).ok().and_then(Update::read) {
        // Telegram sends it again.
        if receive::take(&app, channel, &update).await? == Noted::Busy {
            return Err(Error::Unavailable("another server is doing something about this update".into()));
        }
    }
    Ok(StatusCode::OK)
}
