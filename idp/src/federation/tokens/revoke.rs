//! Revoking tokens at their provider, once the account there is unlinked or nobody here may have them any more: RFC 7009.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use oauth2::AuthType;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{Granted, giver};
use crate::app::App;
use crate::base::encoding::base64;
use crate::config::Upstream;
use crate::config::words::UpstreamAuthMethod;
use crate::federation;
use crate::federation::metadata::revocation_endpoint;
use crate::federation::refusal::Refusal;
use crate::federation::secret::Credentials;
use crate::outbound::Purpose;
use crate::outbound::failure::Failure;
use crate::store::db;
use crate::store::installation::event::Event;
use crate::store::people::upstream_token::{self, EndSome, Forget, Giver, Take, TryLater, UpstreamToken};

/// How many tokens of a provider are looked at at once.
const BATCH: i64 = 100;

/// How many tokens are ended by one statement.
const STEP: i64 = 1000;

/// For how long one process has a token for itself: longer than a request to a provider may take.
const TAKEN_FOR: Duration = Duration::from_secs(5 * 60);

/// When a provider is asked again that does not answer: after a minute, then twice as long each time.
const AGAIN: Duration = Duration::from_secs(60);

/// How often it is asked, over almost six days.
const TRIES: i64 = 14;

/// How often this is done.
const EVERY: Duration = Duration::from_secs(60);

/// Has tokens revoked until the process ends. A provider may take long to answer, and other jobs do not wait for it.
pub async fn run(app: &App) {
    let mut rounds = tokio::time::interval(EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        let seconds = || app.now().micros() as f64 / 1e6;
        match revoke_ended(app).await {
            Ok(gone) => app.metrics.job("revoke", true, gone, seconds()),
            Err(error) => {
                tracing::warn!("tokens of other providers could not be revoked: {error}");
                app.metrics.job("revoke", false, 0, seconds());
            }
        }
    }
}

/// Has all tokens of a provider revoked, which its settings want no more; returns how many. Only by an operator's word: the file of one server, which
/// may be an old one, ends nothing that cannot be brought back.
pub async fn end_all(app: &App, provider: &str) -> db::Result<u64> {
    let mut ended = 0;
    loop {
        let some = app.db.write(EndSome { provider: provider.to_owned(), limit: STEP }).await?;
        ended += some;
        if some < STEP.unsigned_abs() {
            app.db.write(Event::UpstreamTokensEnded { upstream: provider.to_owned(), tokens: ended }).await?;
            return Ok(ended);
        }
    }
}

/// The settings by which tokens were given, if they are those of now: no other provider, and no other client of ours, gets them to see.
async fn settings_of(app: &App, of: &Giver) -> db::Result<Option<Arc<Upstream>>> {
    let found = federation::named(app, &of.provider).await?.map(|offered| offered.settings);
    Ok(found.filter(|settings| giver(settings) == *of))
}

/// Revokes tokens that have ended; returns how many are gone. Several replicas may do it at once.
pub async fn revoke_ended(app: &App) -> db::Result<u64> {
    let providers = upstream_token::ended_providers(&mut *app.db.read().await?).await?;
    let mut gone = 0;
    for provider in providers {
        gone += revoke_of(app, &provider).await?;
    }
    Ok(gone)
}

/// Those of one provider, until none is left or it does not answer.
async fn revoke_of(app: &App, provider: &str) -> db::Result<u64> {
    let mut gone = 0;
    loop {
        let ended = upstream_token::ended(&mut *app.db.read().await?, provider, app.now(), BATCH).await?;
        let before = gone;
        for row in &ended {
            let until = app.now() + TAKEN_FOR;
            let (id, sealed) = (row.id.clone(), row.sealed.clone());
            // A row may wait for days.
            let latest = until + Duration::from_secs(365 * 24 * 60 * 60);
            if !app.db.write(Take { id, sealed, until, latest }).await? {
                continue;
            }
            match revoke(app, row).await? {
                Revoked::Gone => gone += 1,
                // Others may be from settings that are here.
                Revoked::NotFromHere => {}
                Revoked::Silent => return Ok(gone),
            }
        }
        if gone == before {
            return Ok(gone);
        }
    }
}

/// What became of tokens that are to be revoked.
enum Revoked {
    /// Nothing is left of them here.
    Gone,
    /// They wait: they were given by other settings than those of this server, which another one may have.
    NotFromHere,
    /// They wait: the provider does not answer.
    Silent,
}

/// Revokes the tokens of a row.
async fn revoke(app: &App, row: &UpstreamToken) -> db::Result<Revoked> {
    let settings = settings_of(app, &row.giver).await?;
    let waits = if settings.is_some() { Revoked::Silent } else { Revoked::NotFromHere };
    let revoked = match (settings, Granted::open(&app.vault, row)) {
        (Some(upstream), Some(granted)) => ask(app, &upstream, &granted).await,
        (None, _) => Err(Refusal::Unreachable(Failure::Broken("its settings are not here".to_owned()))),
        (_, None) => Err(Refusal::wrong("they cannot be opened")),
    };
    match revoked {
        Err(Refusal::Unreachable(why)) if row.tries + 1 < TRIES => {
            tracing::debug!(upstream = row.giver.provider, %why, "tokens could not be revoked yet");
            let wait = AGAIN * 2_u32.pow(u32::try_from(row.tries).unwrap_or_default());
            app.db.write(TryLater { id: row.id.clone(), at: app.now() + wait }).await?;
            return Ok(waits);
        }
        Err(why) => {
            tracing::warn!(upstream = row.giver.provider, %why, "tokens could not be revoked, and are forgotten");
        }
        Ok(()) => {}
    }
    app.db.write(Forget { id: row.id.clone(), sealed: row.sealed.clone() }).await?;
    Ok(Revoked::Gone)
}

/// Asks the provider to revoke tokens. With the refresh token, those that were got by it end as well: RFC 7009 §2.1.
async fn ask(app: &App, upstream: &Upstream, granted: &Granted) -> Result<(), Refusal> {
    let Some(endpoint) = revocation_endpoint(app, upstream).await? else { return Ok(()) };
    let request = request(app, upstream, &endpoint, granted)?;
    let answer = app.outbound.fetch(Purpose::UpstreamRevocation, request).await;
    let status = answer.map_err(Refusal::Unreachable)?.status();
    let says = format!("its revocation_endpoint answers {status}");
    // RFC 7009 §2.2: a token that is unknown there is none any more. A client that is refused may have a new secret tomorrow.
    let comes_back = [StatusCode::UNAUTHORIZED, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_success() {
        Ok(())
    } else if status.is_server_error() || comes_back.contains(&status) {
        Err(Refusal::Unreachable(Failure::Broken(says)))
    } else {
        Err(Refusal::wrong(says))
    }
}

fn request(app: &App, upstream: &Upstream, endpoint: &str, granted: &Granted) -> Result<Request<Vec<u8>>, Refusal> {
    let Credentials { secret, auth_type } = Credentials::of(app, upstream)?;
    let mut form = Serializer::new(String::new());
    match &granted.refresh_token {
        Some(token) => form.append_pair("token", token).append_pair("token_type_hint", "refresh_token"),
        None => form.append_pair("token", &granted.access_token).append_pair("token_type_hint", "access_token"),
    };
    let mut request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    let in_header = secret.as_ref().filter(|_| matches!(auth_type, AuthType::BasicAuth));
    if let Some(secret) = in_header {
        // RFC 6749 §2.3.1: both are encoded first.
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let joined = format!("{}:{}", encoded(&upstream.client_id), encoded(secret.secret()));
        request = request.header(header::AUTHORIZATION, format!("Basic {}", base64(joined.as_bytes())));
    }
    let is_named = upstream.token_endpoint_auth_method == UpstreamAuthMethod::ClientSecretBasicAndId;
    if in_header.is_none() || is_named {
        form.append_pair("client_id", &upstream.client_id);
    }
    if let Some(secret) = secret.as_ref().filter(|_| in_header.is_none()) {
        form.append_pair("client_secret", secret.secret());
    }
    request.body(form.finish().into_bytes()).map_err(Refusal::wrong)
}
