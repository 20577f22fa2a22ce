//! The tokens that a provider gives for an account there. They are kept where its `token_clients` names somebody who may have them: sealed,
//! refreshed when a client gets one, and revoked when the account is unlinked. Otherwise they are dropped once it is known who has come.

pub mod give;
pub mod revoke;

use std::fmt;

use oauth2::TokenResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::identity::Identity;
use super::refusal::Refusal;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::id::Id;
use crate::config::Upstream;
use crate::keys::vault::Vault;
use crate::store::db::{Change, Result, Tx};
use crate::store::people::upstream_account::{self, Key};
use crate::store::people::upstream_token::{self, NewUpstreamToken, UpstreamToken};
use crate::store::people::user;

/// What a token endpoint has given: RFC 6749 §5.1.
#[derive(Clone, Serialize, Deserialize)]
pub struct Granted {
    access_token: String,
    token_type: String,
    #[serde(default)]
    refresh_token: Option<String>,
    /// For what, if it says so: otherwise for all that was asked for.
    #[serde(default)]
    scope: Option<String>,
    /// When the access token ends, if it says so.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// Parameters of its answer to the browser that each token request repeats.
    #[serde(default)]
    repeated: Vec<(String, String)>,
}

impl Granted {
    pub(super) fn of<T: TokenResponse>(now: Timestamp, tokens: &T) -> Self {
        let token_type = match serde_json::to_value(tokens.token_type()) {
            Ok(Value::String(name)) if !name.eq_ignore_ascii_case("bearer") => name,
            _ => "Bearer".to_owned(),
        };
        let scope = tokens.scopes().map(|all| all.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" "));
        Self {
            access_token: tokens.access_token().secret().to_owned(),
            token_type,
            refresh_token: tokens.refresh_token().map(|token| token.secret().to_owned()),
            scope,
            expires_at: tokens.expires_in().map(|lives| now + lives),
            repeated: Vec::new(),
        }
    }

    /// The same with the parameters that each token request repeats.
    pub(super) fn repeating(self, repeated: Vec<(String, String)>) -> Self {
        Self { repeated, ..self }
    }

    /// What is known after a second answer. Many providers give a refresh token with the first one alone, and tell what does not change once.
    fn after(self, before: Self) -> Self {
        Self {
            refresh_token: self.refresh_token.or(before.refresh_token),
            scope: self.scope.or(before.scope),
            repeated: if self.repeated.is_empty() { before.repeated } else { self.repeated },
            ..self
        }
    }

    fn seal(&self, app: &App, id: &Id) -> String {
        app.vault.seal(&app.random, &place(id), &serde_json::to_vec(self).unwrap_or_default())
    }

    fn open(vault: &Vault, row: &UpstreamToken) -> Option<Self> {
        serde_json::from_slice(&vault.unseal(&place(&row.id), &row.sealed)?).ok()
    }
}

impl fmt::Debug for Granted {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granted({:?})", self.scope)
    }
}

/// Where the tokens of a row are sealed to.
fn place(id: &Id) -> String {
    format!("upstream_token/sealed/{id}")
}

/// Where tokens wait for their account to be linked.
fn waiting(word: &str) -> String {
    format!("upstream-tokens:{word}")
}

/// Holds the tokens of somebody who has just come until it is known to whose account they belong; returns the word by which they are found,
/// `None` if they are not kept.
pub(super) async fn hold(
    app: &App,
    upstream: &Upstream,
    granted: Granted,
) -> std::result::Result<Option<String>, Refusal> {
    if upstream.token_clients.is_empty() {
        return Ok(None);
    }
    let word = app.random.name::<16>();
    let place = waiting(&word);
    let sealed = app.vault.seal(&app.random, &place, &serde_json::to_vec(&granted).map_err(Refusal::wrong)?);
    app.ephemeral.put(&place, sealed.as_bytes(), app.now() + app.config.login.interaction).await?;
    Ok(Some(word))
}

/// The tokens that have come with somebody, once. A client that wants some later is told that their person has to come once more.
pub(super) async fn held(app: &App, identity: &Identity) -> Option<Granted> {
    let place = waiting(identity.tokens.as_deref()?);
    let sealed = match app.ephemeral.take(&place).await {
        Ok(sealed) => String::from_utf8(sealed?).ok()?,
        Err(unavailable) => {
            tracing::warn!(upstream = identity.upstream, "tokens of a provider could not be kept: {unavailable}");
            return None;
        }
    };
    serde_json::from_slice(&app.vault.unseal(&place, &sealed)?).ok()
}

/// What is written of tokens for an account that is linked only now.
pub(super) fn of_new(app: &App, granted: &Granted) -> NewUpstreamToken {
    let id = app.id();
    NewUpstreamToken { sealed: granted.seal(app, &id), id }
}

/// Keeps the tokens that have come with somebody whose account is linked already.
pub async fn keep(app: &App, identity: &Identity) -> Result<()> {
    match held(app, identity).await {
        Some(granted) => keep_granted(app, identity.key(), granted).await,
        None => Ok(()),
    }
}

pub(super) async fn keep_granted(app: &App, key: Key, granted: Granted) -> Result<()> {
    app.db.write(Keep { app: app.clone(), key, granted }).await
}

#[derive(Clone)]
struct Keep {
    app: App,
    key: Key,
    granted: Granted,
}

impl Change for Keep {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { app, key, granted } = self;
        let (key, now) = (&key, tx.now());
        let Some(account) = upstream_account::find(tx, key).await? else { return Ok(()) };
        // Nothing is kept for whoever may not come in.
        if user::hold(tx, &account.user_id).await?.is_none_or(|held| held.disabled_at.is_some()) {
            return Ok(());
        }
        let there = upstream_token::of_account(tx, &account.id).await?;
        match there.map(|row| (Granted::open(&app.vault, &row), row)) {
            None => {
                let new = of_new(&app, &granted);
                upstream_token::insert(tx, &account.id, &account.provider, &new, now).await
            }
            Some((before, row)) => {
                let granted = match before {
                    Some(before) => granted.after(before),
                    None => granted,
                };
                let sealed = granted.seal(&app, &row.id);
                upstream_token::replace(tx, &row.id, &row.sealed, &sealed, now).await.map(drop)
            }
        }
    }
}
