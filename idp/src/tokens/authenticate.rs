//! Decides what an access token allows at this moment.

use std::sync::Arc;

use crate::account::person::{person_of, told_by};
use crate::app::App;
use crate::base::id::Id;
use crate::base::token::looks_like;
use crate::clients;
use crate::jose::verify::VerifyError;
use crate::jose::{Typ, verify};
use crate::oidc::claims::Person;
use crate::oidc::claims::access_token::AccessToken;
use crate::oidc::difference::Difference;
use crate::store::db::Result;
use crate::store::grants::grant;
use crate::store::grants::revoked_access_token;
use crate::store::people::{channel_binding, user};
use crate::tokens::binding_name;

/// A valid token, and the person behind it if there is one.
pub struct Live {
    /// The claims of the token.
    pub token: Arc<AccessToken>,
    /// The person who gave its grant.
    pub person: Option<Person>,
}

/// Verifies an access token and its present state; `None` if it is not one of ours, or is expired or revoked, or if its
/// grant, session, user or client is no longer live.
pub async fn access_token(app: &App, token: &str) -> Result<Option<Live>> {
    let now = app.now();
    let ring = app.keys.ring();
    let verified = ring.verified.or_else(token, || {
        let claims = verify(token, &ring.public, Typ::AccessToken).ok()?;
        AccessToken::from_claims(&claims, app.issuer(), now).ok()
    });
    // A token from before the epoch may have been revoked after the backup that this database was restored from.
    let good = verified.filter(|token| !token.is_over(now) && token.issued_at > app.epoch);
    let Some(token) = good else { return Ok(None) };
    let person = match &token.grant {
        Some(name) => {
            let Some(id) = app.grant_names.grant(name) else { return Ok(None) };
            match grant::find_for_token(&mut *app.db.read().await?, &id, &token.jti, now).await? {
                Some((grant, user, identifiers)) => Some(told_by(&grant, person_of(user, &identifiers))),
                None => return Ok(None),
            }
        }
        None => {
            let client = clients::find(app, &token.client_id).await?;
            let lives = client.is_some_and(|found| !found.client.disabled);
            if !lives || revoked_access_token::contains(&mut *app.db.read().await?, &token.jti).await? {
                return Ok(None);
            }
            match &token.binding {
                Some(name) => match bound(app, name, &token).await? {
                    Some(person) => Some(person),
                    None => return Ok(None),
                },
                None => None,
            }
        }
    };
    Ok(Some(Live { token, person }))
}

/// The person of a token that the client of a bot got, if they have the chat bound still, and the client runs that bot still.
async fn bound(app: &App, name: &str, token: &AccessToken) -> Result<Option<Person>> {
    let Some(id) = binding_name::of(app).id(name) else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let Some(binding) = channel_binding::find_live(&mut conn, &id).await? else { return Ok(None) };
    let runs =
        app.config.channels.iter().any(|channel| {
            channel.name == binding.channel && channel.client.as_deref() == Some(token.client_id.as_str())
        });
    let found = user::find_with_identifiers(&mut conn, &binding.user_id).await?;
    Ok(found.filter(|(user, _)| runs && user.sub == token.sub).map(|(user, identifiers)| person_of(user, &identifiers)))
}

/// Why a grant is no longer live, for the operator. This has no effect on any decision.
pub async fn ended(app: &App, grant: &Id) -> Result<Difference> {
    let came = grant::why_over(&mut *app.db.read().await?, grant, app.now()).await?;
    let came = if came.is_empty() { vec!["a grant that was ended meanwhile".to_owned()] } else { came };
    Ok(Difference::new("grant", came.join("; "), "a grant that lives"))
}

/// Why an access token is not valid, for the log. This has no effect on any decision.
pub fn why_not(app: &App, token: &str) -> Difference {
    let now = app.now();
    let claims = match verify(token, &app.keys.ring().public, Typ::AccessToken) {
        Ok(claims) => claims,
        Err(VerifyError::UnexpectedHeader) if verify(token, &app.keys.ring().public, Typ::Jwt).is_ok() => {
            return Difference::new("access_token", "an ID token", "an access token");
        }
        Err(VerifyError::Malformed) => {
            return Difference::new("access_token", looks_like(token), "an access token");
        }
        Err(error) => return Difference::new("access_token", error.to_string(), "an access token of this provider"),
    };
    match AccessToken::from_claims(&claims, app.issuer(), now) {
        Err(error) => {
            let came = claims.get("iss").and_then(serde_json::Value::as_str).unwrap_or_default();
            Difference::new("access_token", format!("{} (iss {came})", error.description), "one that has not expired")
        }
        Ok(_) => Difference::new(
            "access_token",
            "one that was revoked, or whose grant, session, user or client has ended",
            "one whose grant lives",
        ),
    }
}
