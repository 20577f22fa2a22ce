//! The refresh: RFC 6749 §6, RFC 9700 §4.14. `oidc::token::refresh_token` judges the presented token.

use std::net::IpAddr;

use crate::app::App;
use crate::base::crash_point::crash_point;
use crate::base::token::{Token, TokenKind, looks_like};
use crate::http::error::Error;
use crate::login::networks;
use crate::login::session;
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::steps::Step;
use crate::oidc::token::refresh_token::{Family, MOST_ROTATIONS, RefreshVerdict, judge, scope};
use crate::oidc::token::request::Refresh;
use crate::oidc::token::response::TokenResponse;
use crate::store::grants::grant;
use crate::store::grants::refresh_family::{self, Advance, Found, Successor};
use crate::store::installation::event::Event;
use crate::store::origin::Origin;
use crate::tokens::authenticate::ended;
use crate::tokens::issue::{self, Wanted};
use crate::tokens::successors;

/// How often a refresh is tried while others of the same family are faster. Each try finds another rotation, and a
/// grace period has at most `MOST_ROTATIONS`; more tries mean that something is wrong.
const LOOKS: usize = 2 * MOST_ROTATIONS;

/// Issues new tokens for a refresh token that came from this address.
pub async fn refresh(
    app: &App,
    client: &Client,
    refresh: &Refresh,
    address: Option<IpAddr>,
) -> Result<TokenResponse, Error> {
    let presented = Token::parse(TokenKind::RefreshToken, &refresh.refresh_token);
    let presented = presented.ok_or_else(|| unknown(looks_like(&refresh.refresh_token)))?;
    for _ in 0..LOOKS {
        if let Some(response) = try_once(app, client, refresh, &presented, address).await? {
            return Ok(response);
        }
    }
    Err(Error::Unavailable("too many refreshes of one family at once".into()))
}

/// Reads the family and advances it by one guarded statement; `None` if the family has changed in between.
async fn try_once(
    app: &App,
    client: &Client,
    refresh: &Refresh,
    presented: &Token,
    address: Option<IpAddr>,
) -> Result<Option<TokenResponse>, Error> {
    let (handle_hash, hash, now) = (presented.handle_hash(), presented.hash(), app.now());
    let found = refresh_family::find(&mut *app.db.read().await?, &handle_hash, now).await?;
    let Found { family, sealed_successor, grant } =
        found.ok_or_else(|| unknown("one whose family has been removed"))?;
    if family.client_row != client.id {
        // The token stays valid for its client, and no other client learns that it is valid.
        return Err(unknown("another client's"));
    }
    Origin::note(Step::passed("refresh_token", "The token belongs to a family of this client."));
    let grace = app.config.tokens.refresh_grace;
    let verdict = judge(&family, &hash, client.rotates_refresh_tokens(), grace, now);
    if verdict == RefreshVerdict::Replayed {
        return replayed(app, &family).await;
    }
    if verdict == RefreshVerdict::Expired {
        let error = oidc::error::Error::invalid_grant("The refresh token has expired.");
        return Err(error.because(family.expiry(now)).into());
    }
    let Some(grant) = grant else {
        let error = oidc::error::Error::invalid_grant("What the refresh token stands for has ended.");
        return Err(error.because(ended(app, &family.grant_id).await?).into());
    };
    networks::admit_person_of(app, client, &grant.user_id, address).await??;
    if grant.is_of_visitor() && !client.begins_anonymous_accounts() {
        let difference =
            Difference::new("grant", "a visitor's", "that of somebody who has signed in: the client takes no visitors");
        let error = oidc::error::Error::invalid_grant("The client takes no visitors any more.");
        return Err(error.because(difference).into());
    }
    // What the client may ask for can have become less since.
    let allowed = client.allowed_scope(&grant.scope);
    if allowed.is_empty() && !grant.scope.is_empty() {
        return Err(oidc::error::Error::invalid_grant("The client may not be given this scope any more.").into());
    }
    let scope = scope(&allowed, refresh.scope.as_ref())?;
    let same = match verdict {
        RefreshVerdict::Keep => Some(presented.clone()),
        RefreshVerdict::Newest => successors::newest(app, presented, &family, sealed_successor.as_deref()),
        _ => None,
    };
    let (token, successor) = match same {
        Some(token) => (token, None),
        // If no successor can be opened, the client gets a new one, as if it had never received the response.
        None => {
            let token = presented.next(TokenKind::RefreshToken, &app.random);
            let rotations = family.rotated(&hash, successors::seal(app, presented, &token), grace, now);
            let successor = Successor { hash: token.hash(), previous_hash: hash, rotations };
            (token, Some(successor))
        }
    };
    let wanted = Wanted { narrower: Some(&scope), resources: &refresh.resources, ..Wanted::default() };
    let mut response = issue::for_grant(app, client, &grant, wanted).await?;
    response.refresh_token = Some(token.expose().to_owned());
    crash_point("refresh_token.before_commit");
    let now = app.now();
    let idle_expires_at = (now + app.config.tokens.refresh_idle).min(family.expires_at);
    let current_hash = family.current_hash;
    let advanced = app.db.write_one(Advance { handle_hash, current_hash, successor, now, idle_expires_at }).await?;
    crash_point("refresh_token.after_commit");
    if grant.is_of_visitor() {
        session::touch_anonymous(app, &grant.user_id).await;
    }
    Ok(advanced.then_some(response))
}

/// The token was replayed: ends the grant with its family and tokens, and commits that before it answers.
async fn replayed(app: &App, family: &Family) -> Result<Option<TokenResponse>, Error> {
    app.metrics.replay("refresh_token");
    app.db.write(grant::End { grant: family.grant_id.clone(), event: Event::RefreshTokenReplayed }).await?;
    let newest = app.now().since(family.rotated_at).as_secs();
    let came = format!("one that was rotated before; the newest of its family was made {newest} s ago");
    let difference =
        Difference::new("refresh_token", came, "the newest one (tokens.refresh_grace); the grant has ended");
    Err(oidc::error::Error::invalid_grant("The refresh token was used before.").because(difference).into())
}

fn unknown(came: &str) -> Error {
    let difference = Difference::new("refresh_token", came, "a refresh token of this client");
    oidc::error::Error::invalid_grant("The refresh token is not known.").because(difference).into()
}
