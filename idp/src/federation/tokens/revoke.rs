//! Revoking tokens at their provider, once the account there is unlinked or nobody here may have them any more: RFC 7009.

use std::time::Duration;

use http::{Request, StatusCode, header};
use oauth2::AuthType;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::Granted;
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
use crate::store::db::Result;
use crate::store::installation::upstream;
use crate::store::people::upstream_token::{self, EndAll, Forget, LetGo, Take, UpstreamToken};

/// How many tokens are looked at at once.
const BATCH: i64 = 100;

/// For how long one process has a token for itself: longer than a request to a provider may take.
const TAKEN_FOR: Duration = Duration::from_secs(60);

/// When a provider is asked again that does not answer: after a minute, then twice as long each time.
const AGAIN: Duration = Duration::from_secs(60);

/// How often it is asked, over almost six days.
const TRIES: i64 = 14;

/// Has those tokens revoked that no client may have any more, since the settings of their provider have changed; returns how many.
pub async fn end_unwanted(app: &App) -> Result<u64> {
    let kept = upstream_token::providers(&mut *app.db.read().await?).await?;
    let mut ended = 0;
    for provider in kept {
        if !is_wanted(app, &provider).await? {
            ended += app.db.write(EndAll { provider }).await?;
        }
    }
    Ok(ended)
}

/// Whether some client may have tokens of a provider. One whose settings cannot be read may be in order again tomorrow.
async fn is_wanted(app: &App, provider: &str) -> Result<bool> {
    if let Some(offered) = federation::named(app, provider).await? {
        return Ok(!offered.settings.token_clients.is_empty());
    }
    let stored = upstream::list(&mut *app.db.read().await?).await?;
    Ok(stored.iter().any(|row| row.name == provider && opened(&app.vault, row).is_err()))
}

/// Revokes tokens that have ended; returns how many are gone. Several replicas may do it at once.
pub async fn revoke_ended(app: &App) -> Result<u64> {
    let ended = upstream_token::ended(&mut *app.db.read().await?, app.now(), BATCH).await?;
    let mut gone = 0;
    for row in ended {
        let take = Take { id: row.id.clone(), sealed: row.sealed.clone(), until: app.now() + TAKEN_FOR };
        if app.db.write(take).await? {
            gone += u64::from(revoke(app, &row).await?);
        }
    }
    Ok(gone)
}

/// Revokes the tokens of a row; returns whether it is gone.
async fn revoke(app: &App, row: &UpstreamToken) -> Result<bool> {
    let upstream = federation::named(app, &row.provider).await?.map(|offered| offered.settings);
    let revoked = match (&upstream, Granted::open(&app.vault, row)) {
        (Some(upstream), Some(granted)) => ask(app, upstream, &granted).await,
        // Nobody knows where they could be revoked.
        _ => Ok(()),
    };
    match revoked {
        Err(Refusal::Unreachable(why)) if row.tries + 1 < TRIES => {
            tracing::debug!(upstream = row.provider, %why, "tokens could not be revoked yet");
            let wait = AGAIN * 2_u32.pow(u32::try_from(row.tries).unwrap_or_default());
            let again_at = Some(app.now() + wait);
            app.db.write(LetGo { id: row.id.clone(), again_at, tries: row.tries + 1 }).await?;
            return Ok(false);
        }
        Err(why) => {
            tracing::warn!(upstream = row.provider, %why, "tokens could not be revoked, and are forgotten");
        }
        Ok(()) => {}
    }
    app.db.write(Forget { id: row.id.clone(), sealed: row.sealed.clone() }).await?;
    Ok(true)
}

/// Asks the provider to revoke tokens. With the refresh token, those that were got by it end as well: RFC 7009 §2.1.
async fn ask(app: &App, upstream: &Upstream, granted: &Granted) -> std::result::Result<(), Refusal> {
    let place = match upstream.protocol {
        Protocol::Oauth2 => upstream.revocation_endpoint.clone(),
        Protocol::Oidc => known(app, upstream).await?.revocation_endpoint.clone(),
    };
    let Some(place) = place else { return Ok(()) };
    let answer = app.outbound.fetch(Purpose::UpstreamRevocation, request(app, upstream, &place, granted)?).await;
    let status = answer.map_err(Refusal::Unreachable)?.status();
    match status {
        // A token that is unknown there is none any more: RFC 7009 §2.2.
        _ if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(Refusal::Unreachable(Failure::Busy)),
        _ if status.is_server_error() => {
            Err(Refusal::Unreachable(Failure::Broken(format!("its revocation_endpoint answers {status}"))))
        }
        _ => Err(Refusal::wrong(format!("its revocation_endpoint answers {status}"))),
    }
}

fn request(
    app: &App,
    upstream: &Upstream,
    place: &str,
    granted: &Granted,
) -> std::result::Result<Request<Vec<u8>>, Refusal> {
    let Credentials { secret, auth_type } = Credentials::of(app, upstream)?;
    let mut form = Serializer::new(String::new());
    match &granted.refresh_token {
        Some(token) => form.append_pair("token", token).append_pair("token_type_hint", "refresh_token"),
        None => form.append_pair("token", &granted.access_token).append_pair("token_type_hint", "access_token"),
    };
    let mut request = Request::post(place)
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
