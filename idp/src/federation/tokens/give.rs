//! Giving a client the access token of somebody at another provider, which is refreshed first where it is about to end: RFC 6749 §6.

use std::time::{Duration, Instant};

use oauth2::basic::{BasicErrorResponse, BasicTokenResponse};
use openidconnect::{RefreshToken, RequestTokenError};
use serde_json::Value;

use super::{Granted, giver};
use crate::app::App;
use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::config::Upstream;
use crate::config::words::UpstreamAuthMethod;
use crate::federation::code::not_given;
use crate::federation::metadata::token_endpoint;
use crate::federation::refusal::Refusal;
use crate::federation::secret::exchanging;
use crate::outbound::failure::Failure;
use crate::outbound::{Purpose, TURN};
use crate::store::db::{self, Change, Tx};
use crate::store::ephemeral::Rate;
use crate::store::installation::event::Event;
use crate::store::people::upstream_account::UpstreamAccount;
use crate::store::people::upstream_token::{self, Forget, Take, UpstreamToken};
use crate::store::people::user;

/// For how long a token has to be good that a client gets, unless it lives for less than twice as long.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// How often it is looked whether another one has let go.
const LOOK: Duration = Duration::from_millis(50);

/// For how long that is waited for.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long the database is waited for, in seconds, to keep what was refreshed.
const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3)];

/// How often it is noted that a client has got a token.
const NOTED: Rate = Rate { burst: 1, period: Duration::from_secs(60 * 60) };

/// What providers say of a refresh token that works no more: RFC 6749 §5.2, X, GitHub, and Microsoft. Nothing else in our request could be invalid, or
/// want its person.
const ENDED: [&str; 7] = [
    "invalid_grant",
    "invalid_request",
    "bad_refresh_token",
    "bad_token",
    "interaction_required",
    "consent_required",
    "login_required",
];

/// What a client gets.
#[derive(Clone)]
pub struct Given {
    /// The access token of the provider.
    pub access_token: String,
    /// How it is shown there.
    pub token_type: String,
    /// For what it is.
    pub scope: String,
    /// When it ends, if the provider has said so.
    pub expires_at: Option<Timestamp>,
}

impl From<Granted> for Given {
    fn from(granted: Granted) -> Self {
        let Granted { access_token, token_type, scope, expires_at, .. } = granted;
        Self { access_token, token_type, scope, expires_at }
    }
}

/// Why a client gets nothing.
#[derive(Debug)]
pub enum NotGiven {
    /// There is no token that works: its person has to come by the provider once more.
    None,
    /// The provider does not answer, or not as it has to.
    Refused(Refusal),
    /// Our own database failed.
    Store(db::Error),
}

impl From<db::Error> for NotGiven {
    fn from(error: db::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for NotGiven {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The access token of an account for a client, by its row.
pub async fn give(
    app: &App,
    upstream: &Upstream,
    account: &UpstreamAccount,
    client_row: &Id,
) -> Result<Given, NotGiven> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let row = upstream_token::of_account(&mut *app.db.read().await?, &account.id).await?;
        // What another provider has given, or the same one to another client of ours, it gets from nobody.
        let row = row.filter(|row| row.giver == giver(upstream)).ok_or(NotGiven::None)?;
        let before = Granted::open(&app.vault, &row).ok_or(NotGiven::None)?;
        let now = app.now();
        if is_good(&before, row.kept_at, now) {
            note(app, account, client_row).await?;
            return Ok(before.into());
        }
        if before.refresh_token.is_none() {
            return Err(NotGiven::None);
        }
        let until = now + taken_for(app);
        let latest = until + SKEW;
        // Another request does it already: a refresh token may work once.
        let is_busy = row.busy_until.is_some_and(|at| now < at && at <= latest);
        let take = Take { id: row.id.clone(), sealed: row.sealed.clone(), until, latest };
        if is_busy || !app.db.write(take).await? {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        // To its end, also if the client goes away: what the provider has given is lost otherwise.
        let taken = Taken { row, user: account.user_id.clone(), until, before: before.clone() };
        let (whole, settings) = (app.clone(), upstream.clone());
        let refreshing = app.requests.spawn(async move { refresh(&whole, &settings, taken).await });
        let granted = match refreshing.await {
            Ok(Ok(granted)) => granted,
            // It is good for a moment still.
            Ok(Err(NotGiven::Refused(_))) if before.expires_at.is_none_or(|at| app.now() < at) => before,
            Ok(Err(why)) => return Err(why),
            Err(failed) => return Err(Refusal::wrong(failed).into()),
        };
        note(app, account, client_row).await?;
        return Ok(granted.into());
    }
    Err(Refusal::wrong("another request refreshes it, and has waited too long for the provider").into())
}

/// Whether a client can get an access token as it is. One that cannot be refreshed is good as long as it lives.
fn is_good(granted: &Granted, kept_at: Timestamp, now: Timestamp) -> bool {
    let Some(ends) = granted.expires_at else { return true };
    match granted.refresh_token {
        Some(_) => now + GOOD_FOR.min(ends.since(kept_at) / 2) < ends,
        None => now < ends,
    }
}

/// For how long one process has the tokens of an account for itself: longer than its requests may take, of which there are three where the
/// provider has to describe itself first, and longer than clocks differ.
fn taken_for(app: &App) -> Duration {
    3 * (app.config.outbound.timeout + TURN) + SKEW
}

/// A row that this process has taken.
struct Taken {
    row: UpstreamToken,
    user: Id,
    until: Timestamp,
    before: Granted,
}

/// Refreshes the tokens of a row, or removes them where the provider knows them no more.
async fn refresh(app: &App, upstream: &Upstream, taken: Taken) -> Result<Granted, NotGiven> {
    let Taken { row, user, until, before } = taken;
    let answered = ask(app, upstream, &before).await;
    let (outcome, ends) = match answered {
        Ok(Some(granted)) => {
            let granted = granted.with_refresh_token_of(before.clone());
            (Ok(granted.clone()), Ends::Refreshed(granted))
        }
        Ok(None) => (Err(NotGiven::None), Ends::Over),
        Err(refusal) => (Err(refusal.into()), Ends::AsBefore),
    };
    let end = End { app: app.clone(), id: row.id, user, until, before, ends };
    // The provider has given them once: a database that is away for a moment is waited for.
    for pause in PAUSES {
        match app.db.write(end.clone()).await {
            Ok(()) => return outcome,
            Err(error) => tracing::warn!(upstream = upstream.name, "refreshed tokens could not be kept yet: {error}"),
        }
        tokio::time::sleep(pause).await;
    }
    app.db.write(end).await?;
    outcome
}

/// How a refresh ends.
#[derive(Clone)]
enum Ends {
    Refreshed(Granted),
    Over,
    AsBefore,
}

/// Writes what a refresh has brought.
#[derive(Clone)]
struct End {
    app: App,
    id: Id,
    user: Id,
    until: Timestamp,
    /// The tokens that were refreshed.
    before: Granted,
    ends: Ends,
}

impl Change for End {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        let (Self { app, id, user, until, before, ends }, now) = (self, tx.now());
        // Whoever signs in meanwhile holds it, too.
        user::hold(tx, &user).await?;
        let Some(row) = upstream_token::find(tx, &id).await? else { return Ok(()) };
        let there = Granted::open(&app.vault, &row);
        // Its person may have come by the provider meanwhile: then the access token is newer, and the refresh token may be.
        let is_same = there.as_ref().is_some_and(|there| there.refresh_token == before.refresh_token);
        match (ends, there) {
            (Ends::Refreshed(granted), Some(there)) if is_same => {
                let is_newer = there.access_token != before.access_token;
                let granted = match is_newer {
                    true => Granted { refresh_token: granted.refresh_token, ..there },
                    false => granted,
                };
                upstream_token::replace(tx, &id, &granted.seal(&app, &id), now).await?;
            }
            (Ends::Over, Some(there)) if is_same && there.access_token == before.access_token => {
                return Forget { id, sealed: row.sealed }.apply(tx).await;
            }
            // The access token that has come meanwhile works without it.
            (Ends::Over, Some(there)) if is_same => {
                let granted = Granted { refresh_token: None, ..there };
                upstream_token::replace(tx, &id, &granted.seal(&app, &id), now).await?;
            }
            _ => {}
        }
        upstream_token::let_go(tx, &id, until).await
    }
}

/// Asks the provider for new tokens; `None` if it knows the refresh token no more.
async fn ask(app: &App, upstream: &Upstream, before: &Granted) -> Result<Option<Granted>, Refusal> {
    let Some(token) = before.refresh_token.clone().map(RefreshToken::new) else { return Ok(None) };
    let client = exchanging(app, upstream, token_endpoint(app, upstream).await?)?;
    let mut request = client.exchange_refresh_token(&token);
    if upstream.token_endpoint_auth_method == UpstreamAuthMethod::ClientSecretBasicAndId {
        request = request.add_extra_param("client_id", upstream.client_id.clone());
    }
    for (name, value) in &before.repeated {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    let http = |request| {
        let outbound = app.outbound.clone();
        async move { outbound.fetch(Purpose::UpstreamToken, request).await }
    };
    let answered: Result<BasicTokenResponse, _> = request.request_async(&http).await;
    match answered {
        Ok(tokens) => Ok(Some(Granted::of(app.now(), &tokens, &before.scope))),
        Err(error) if ENDED.contains(&&*code_of(&error)) => {
            tracing::info!(upstream = upstream.name, "the provider knows a refresh token no more");
            Ok(None)
        }
        Err(error) => Err(not_given(error)),
    }
}

/// What a provider says is wrong; some say it with the status of a success.
fn code_of(error: &RequestTokenError<Failure, BasicErrorResponse>) -> String {
    match error {
        RequestTokenError::ServerResponse(said) => said.error().to_string(),
        RequestTokenError::Parse(_, body) => {
            let said: Value = serde_json::from_slice(body).unwrap_or_default();
            said["error"].as_str().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

/// Notes who has got a token, at most once an hour of each client.
async fn note(app: &App, account: &UpstreamAccount, client_row: &Id) -> db::Result<()> {
    let of = format!("upstream-token-given:{}:{}", account.id.as_str(), client_row.as_str());
    if app.ephemeral.limit(&of, NOTED).await.is_err() {
        return Ok(());
    }
    let event = Event::UpstreamTokenGiven {
        user: account.user_id.clone(),
        client_row: client_row.clone(),
        upstream: account.provider.clone(),
    };
    app.db.write(event).await
}
