//! Revoking tokens at their provider, once the account there is unlinked or nobody here may have them any more: RFC 7009.

use std::time::Duration;

use http::{Request, StatusCode, header};
use oauth2::AuthType;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::{Granted, giver};
use crate::app::App;
use crate::base::encoding::base64;
use crate::config::Upstream;
use crate::config::words::{Protocol, UpstreamAuthMethod};
use crate::federation;
use crate::federation::metadata::known;
use crate::federation::offered::opened;
use crate::federation::refusal::Refusal;
use crate::federation::secret::Credentials;
use crate::outbound::Purpose;
use crate::outbound::failure::Failure;
use crate::store::db;
use crate::store::installation::upstream;
use crate::store::people::upstream_token::{self, EndAll, Forget, Giver, Take, TryLater, UpstreamToken};

/// How many tokens of a provider are looked at at once.
const BATCH: i64 = 100;

/// For how long one process has a token for itself: longer than a request to a provider may take.
const TAKEN_FOR: Duration = Duration::from_secs(60);

/// When a provider is asked again that does not answer: after a minute, then twice as long each time.
const AGAIN: Duration = Duration::from_secs(60);

/// How often it is asked, over almost six days.
const TRIES: i64 = 14;

/// How often this is done.
const EVERY: Duration = Duration::from_secs(60);

/// In how many of these rounds it is looked for tokens that nobody may have any more: once an hour.
const LOOKS: u64 = 60;

/// Has tokens revoked until the process ends. A provider may take long to answer, and other jobs do not wait for it.
pub async fn run(app: &App) {
    let mut rounds = tokio::time::interval(EVERY);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for round in 0_u64.. {
        rounds.tick().await;
        let done = async {
            if round % LOOKS == 0 {
                end_unwanted(app).await?;
            }
            revoke_ended(app).await
        };
        let seconds = || app.now().micros() as f64 / 1e6;
        match done.await {
            Ok(gone) => app.metrics.job("revoke", true, gone, seconds()),
            Err(error) => {
                tracing::warn!("tokens of other providers could not be revoked: {error}");
                app.metrics.job("revoke", false, 0, seconds());
            }
        }
    }
}

/// The settings by which tokens were given.
enum Settings {
    /// They are those of now.
    Same(Box<Upstream>),
    /// They cannot be read now, and may be in order again tomorrow.
    Unreadable,
    /// The provider is gone, or is another one by now, or we are another client there.
    Other,
}

impl Settings {
    async fn of(app: &App, of: &Giver) -> db::Result<Self> {
        if let Some(offered) = federation::named(app, &of.provider).await? {
            let is_same = giver(&offered.settings) == *of;
            return Ok(if is_same { Self::Same(Box::new((*offered.settings).clone())) } else { Self::Other });
        }
        let stored = upstream::list(&mut *app.db.read().await?).await?;
        let is_unreadable = stored.iter().any(|row| row.name == of.provider && opened(&app.vault, row).is_err());
        Ok(if is_unreadable { Self::Unreadable } else { Self::Other })
    }
}

/// Has those tokens revoked that no client may have any more, since the settings of their provider have changed; returns how many.
pub async fn end_unwanted(app: &App) -> db::Result<u64> {
    let givers = upstream_token::givers(&mut *app.db.read().await?).await?;
    let mut ended = 0;
    for giver in givers {
        let is_wanted = match Settings::of(app, &giver).await? {
            Settings::Same(settings) => !settings.token_clients.is_empty(),
            Settings::Unreadable => true,
            Settings::Other => false,
        };
        if !is_wanted {
            ended += app.db.write(EndAll { giver }).await?;
        }
    }
    Ok(ended)
}

/// Revokes tokens that have ended; returns how many are gone. Several replicas may do it at once.
pub async fn revoke_ended(app: &App) -> db::Result<u64> {
    let providers = upstream_token::ended_providers(&mut *app.db.read().await?).await?;
    let mut gone = 0;
    for provider in providers {
        let ended = upstream_token::ended(&mut *app.db.read().await?, &provider, app.now(), BATCH).await?;
        for row in ended {
            let take = Take { id: row.id.clone(), sealed: row.sealed.clone(), until: app.now() + TAKEN_FOR };
            if !app.db.write(take).await? {
                continue;
            }
            match revoke(app, &row).await? {
                true => gone += 1,
                // It does not answer, and would not the next time either.
                false => break,
            }
        }
    }
    Ok(gone)
}

/// Revokes the tokens of a row; returns whether it is gone.
async fn revoke(app: &App, row: &UpstreamToken) -> db::Result<bool> {
    let revoked = match (Settings::of(app, &row.giver).await?, Granted::open(&app.vault, row)) {
        (Settings::Same(upstream), Some(granted)) => ask(app, &upstream, &granted).await,
        (Settings::Unreadable, _) => {
            Err(Refusal::Unreachable(Failure::Broken("its settings cannot be read".to_owned())))
        }
        // No other provider gets them to see.
        (Settings::Other, _) => Err(Refusal::wrong("the settings are those of another provider or client by now")),
        (_, None) => Err(Refusal::wrong("they cannot be opened")),
    };
    match revoked {
        Err(Refusal::Unreachable(why)) if row.tries + 1 < TRIES => {
            tracing::debug!(upstream = row.giver.provider, %why, "tokens could not be revoked yet");
            let wait = AGAIN * 2_u32.pow(u32::try_from(row.tries).unwrap_or_default());
            app.db.write(TryLater { id: row.id.clone(), at: app.now() + wait }).await?;
            return Ok(false);
        }
        Err(why) => {
            tracing::warn!(upstream = row.giver.provider, %why, "tokens could not be revoked, and are forgotten");
        }
        Ok(()) => {}
    }
    app.db.write(Forget { id: row.id.clone(), sealed: row.sealed.clone() }).await?;
    Ok(true)
}

/// Asks the provider to revoke tokens. With the refresh token, those that were got by it end as well: RFC 7009 §2.1.
async fn ask(app: &App, upstream: &Upstream, granted: &Granted) -> Result<(), Refusal> {
    let endpoint = match upstream.protocol {
        Protocol::Oauth2 => upstream.revocation_endpoint.clone(),
        Protocol::Oidc => known(app, upstream).await?.revocation_endpoint.clone(),
    };
    let Some(endpoint) = endpoint else { return Ok(()) };
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
