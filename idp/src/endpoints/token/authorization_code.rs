//! The code exchange: RFC 6749 §4.1.3, RFC 7636 §4.6, OIDC Core §3.1.3.

use std::net::IpAddr;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::crash_point::crash_point;
use crate::base::id::Id;
use crate::base::token::{Token, TokenHash, TokenKind, looks_like};
use crate::http::error::Error;
use crate::login::networks;
use crate::oidc;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::steps::Step;
use crate::oidc::token::authorization_code::{Code, CodeVerdict, Exchange, MAX_FAILURES, check};
use crate::oidc::token::refresh_token::Family;
use crate::oidc::token::request::CodeExchange;
use crate::oidc::token::response::TokenResponse;
use crate::store::db::{self, Change, Tx};
use crate::store::grants::{authorization_code, grant, refresh_family};
use crate::store::installation::event::Event;
use crate::store::origin::Origin;
use crate::tokens::authenticate::ended;
use crate::tokens::family;
use crate::tokens::issue::{self, Wanted};

/// Exchanges a code for tokens.
pub async fn redeem(
    app: &App,
    client: &Client,
    exchange: &CodeExchange,
    address: Option<IpAddr>,
) -> Result<TokenResponse, Error> {
    let CodeExchange { code, redirect_uri, code_verifier, resources } = exchange;
    let unknown = || {
        let expected = "an authorization code, not long after its end";
        let difference = Difference::new("code", looks_like(code), expected);
        Error::from(oidc::error::Error::invalid_grant("The code is not known.").because(difference))
    };
    let code = Token::parse(TokenKind::AuthorizationCode, code).ok_or_else(unknown)?;
    let (hash, now) = (code.hash(), app.now());
    let found = authorization_code::find(&mut *app.db.read().await?, &hash, now).await?;
    let (stored, grant) = found.ok_or_else(unknown)?;
    Origin::note(Step::passed("code", "The code is known."));
    match check(
        &stored,
        &Exchange { redirect_uri: redirect_uri.as_deref(), code_verifier: code_verifier.as_deref() },
        client,
        now,
    ) {
        CodeVerdict::Redeem => {}
        CodeVerdict::Refuse(error) => return Err(error.into()),
        CodeVerdict::Replayed => return replayed(app, &stored).await,
        CodeVerdict::Fail(error) => return failed(app, hash, stored.grant_id, error).await,
    }
    // The session or grant has ended, or the user or client was disabled, since the code was issued.
    let Some(grant) = grant else {
        let error = oidc::error::Error::invalid_grant("What the code stands for has ended.");
        return Err(error.because(ended(app, &stored.grant_id).await?).into());
    };
    networks::admit_person_of(app, client, &grant.user_id, address).await??;

    let (refresh, family) = family::begin(app, client, &grant.id, now).unzip();
    // Tokens are signed before it is known whether this request wins, since nothing slow may happen in the transaction.
    let wanted = Wanted { nonce: stored.nonce.as_deref(), resources, ..Wanted::default() };
    let mut response = issue::for_grant(app, client, &grant, wanted).await?;
    response.refresh_token = refresh.map(|token: Token| token.expose().to_owned());
    crash_point("authorization_code.before_commit");
    let won = app.db.write(Redeem { code: hash, family, now }).await?;
    crash_point("authorization_code.after_commit");
    if won { Ok(response) } else { replayed(app, &stored).await }
}

/// Marks a code as used, and begins its refresh family; returns whether it was unused until then.
#[derive(Clone)]
struct Redeem {
    code: TokenHash,
    /// The hash of the family's handle, and the family.
    family: Option<(TokenHash, Family)>,
    /// The time at which the code was judged.
    now: Timestamp,
}

impl Change for Redeem {
    type Outcome = bool;

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<bool> {
        if !authorization_code::redeem(tx, &self.code, self.now).await? {
            return Ok(false);
        }
        if let Some((handle_hash, family)) = &self.family {
            refresh_family::insert(tx, handle_hash, family).await?;
        }
        crash_point("authorization_code.in_transaction");
        Ok(true)
    }
}

/// Counts a failed exchange; after a few failures the code is invalidated.
async fn failed(app: &App, hash: TokenHash, grant: Id, error: oidc::error::Error) -> Result<TokenResponse, Error> {
    app.db.write(CountFailure { code: hash, grant }).await?;
    Err(error.into())
}

/// Counts a failure by the client of the code.
#[derive(Clone)]
struct CountFailure {
    code: TokenHash,
    /// The grant of the code, for the event of the failure that invalidates the code.
    grant: Id,
}

impl Change for CountFailure {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> db::Result<()> {
        let now = tx.now();
        if authorization_code::fail(tx, &self.code, MAX_FAILURES, now).await?
            && let Some(of) = grant::of_event(tx, &self.grant).await?
        {
            tx.record(&Event::CodeBurnt(of)).await?;
        }
        Ok(())
    }
}

/// Ends the grant of a code that is presented twice, and all its tokens, and commits that before it answers: RFC 6749
/// §4.1.2.
async fn replayed(app: &App, code: &Code) -> Result<TokenResponse, Error> {
    app.metrics.replay("authorization_code");
    app.db.write(grant::End { grant: code.grant_id.clone(), event: Event::CodeReplayed }).await?;
    let came = match code.used_at {
        Some(used_at) => format!("one that was exchanged {} s ago", app.now().since(used_at).as_secs()),
        None => "one that another request exchanged in the same moment".to_owned(),
    };
    let difference =
        Difference::new("code", came, "one that was not exchanged; the tokens of the first exchange have ended");
    Err(oidc::error::Error::invalid_grant("The code was used before.").because(difference).into())
}
