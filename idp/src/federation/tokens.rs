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
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::config::Upstream;
use crate::keys::vault::Vault;
use crate::store::db::{Change, Result, Tx};
use crate::store::ephemeral::Unavailable;
use crate::store::people::upstream_account::{self, Key};
use crate::store::people::upstream_token::{self, Giver, NewUpstreamToken, UpstreamToken};
use crate::store::people::user;

/// The longest that is kept of what a token endpoint gives, in bytes.
const LONGEST: usize = 32 * 1024;

/// What a token endpoint has given: RFC 6749 §5.1.
#[derive(Clone, Serialize, Deserialize)]
pub struct Granted {
    access_token: String,
    token_type: String,
    #[serde(default)]
    refresh_token: Option<String>,
    /// For what.
    #[serde(default)]
    scope: String,
    /// When the access token ends, if it says so.
    #[serde(default)]
    expires_at: Option<Timestamp>,
    /// Parameters of its answer to the browser that each token request repeats.
    #[serde(default)]
    repeated: Vec<(String, String)>,
}

impl Granted {
    /// What was given just now for this scope, where the answer names no other one.
    pub(super) fn of<T: TokenResponse>(now: Timestamp, tokens: &T, asked: &str) -> Self {
        let token_type = match serde_json::to_value(tokens.token_type()) {
            Ok(Value::String(name)) if !name.eq_ignore_ascii_case("bearer") => name,
            _ => "Bearer".to_owned(),
        };
        // GitHub and others write commas.
        let told = tokens.scopes().into_iter().flatten().flat_map(|one| one.split(',')).filter(|one| !one.is_empty());
        let told = told.collect::<Vec<_>>().join(" ");
        let scope = if told.is_empty() { asked.to_owned() } else { told };
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

    /// These, with the refresh token of others that were given before: many providers send it with the first sign-in alone.
    fn with_refresh_token_of(self, other: Self) -> Self {
        match self.refresh_token {
            Some(_) => self,
            None => Self { refresh_token: other.refresh_token, repeated: other.repeated, ..self },
        }
    }

    fn seal(&self, app: &App, id: &Id) -> String {
        app.vault.seal(&app.random, &sealed_to(id), &serde_json::to_vec(self).unwrap_or_default())
    }

    fn open(vault: &Vault, row: &UpstreamToken) -> Option<Self> {
        serde_json::from_slice(&vault.unseal(&sealed_to(&row.id), &row.sealed)?).ok()
    }
}

impl fmt::Debug for Granted {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Granted({})", self.scope)
    }
}

/// Who gives tokens, by these settings.
fn giver(upstream: &Upstream) -> Giver {
    let Upstream { name, issuer, client_id, .. } = upstream;
    Giver { provider: name.clone(), issuer: issuer.clone(), client_id: client_id.clone() }
}

/// What the tokens of a row are sealed to.
fn sealed_to(id: &Id) -> String {
    format!("upstream_token/sealed/{id}")
}

/// Under which name tokens wait for their account to be linked.
fn waiting(word: &str) -> String {
    format!("upstream-tokens:{word}")
}

/// Tokens that wait, and who has given them.
#[derive(Serialize, Deserialize)]
struct Waiting {
    issuer: String,
    client_id: String,
    granted: Granted,
}

/// Tokens that have come with somebody.
pub(super) struct Held {
    giver: Giver,
    account_key: String,
    granted: Granted,
}

/// The hash of what an account is known by.
fn hash_of(key: &Key) -> String {
    sha256_text([&*key.provider, &*key.issuer, &*key.subject].join("\0").as_bytes())
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
    let Giver { issuer, client_id, .. } = giver(upstream);
    let length = granted.access_token.len() + granted.refresh_token.as_ref().map_or(0, String::len);
    if length > LONGEST {
        return Err(Refusal::wrong("its tokens are too long to be kept, which token_clients wants"));
    }
    let word = app.random.name::<16>();
    put(app, &word, &Waiting { issuer, client_id, granted }).await?;
    Ok(Some(word))
}

/// The tokens that have come with somebody, once. A client that wants some later is told that their person has to come once more.
pub(super) async fn held(app: &App, identity: &Identity) -> Option<Held> {
    let name = waiting(identity.tokens.as_deref()?);
    let sealed = match app.ephemeral.take(&name).await {
        Ok(sealed) => String::from_utf8(sealed?).ok()?,
        Err(unavailable) => {
            tracing::warn!(upstream = identity.upstream, "tokens of a provider could not be kept: {unavailable}");
            return None;
        }
    };
    let Waiting { issuer, client_id, granted } = serde_json::from_slice(&app.vault.unseal(&name, &sealed)?).ok()?;
    let giver = Giver { provider: identity.upstream.clone(), issuer, client_id };
    Some(Held { giver, account_key: hash_of(&identity.key()), granted })
}

/// The same of somebody who may have to say something once more before they are used.
pub(super) async fn held_still(app: &App, identity: &Identity) -> Option<Held> {
    let held = held(app, identity).await?;
    let Giver { issuer, client_id, .. } = held.giver.clone();
    let waits = Waiting { issuer, client_id, granted: held.granted.clone() };
    if let Some(word) = &identity.tokens
        && let Err(unavailable) = put(app, word, &waits).await
    {
        tracing::warn!(upstream = identity.upstream, "tokens of a provider could not be kept: {unavailable}");
    }
    Some(held)
}

async fn put(app: &App, word: &str, waits: &Waiting) -> std::result::Result<(), Unavailable> {
    let name = waiting(word);
    let sealed = app.vault.seal(&app.random, &name, &serde_json::to_vec(waits).unwrap_or_default());
    app.ephemeral.put(&name, sealed.as_bytes(), app.now() + app.config.login.interaction).await
}

/// What is written of tokens for an account that is linked only now.
pub(super) fn of_new(app: &App, held: &Held) -> NewUpstreamToken {
    let id = app.id();
    NewUpstreamToken {
        sealed: held.granted.seal(app, &id),
        giver: held.giver.clone(),
        account_key: held.account_key.clone(),
        id,
    }
}

/// Keeps the tokens that have come with somebody whose account is linked already.
pub async fn keep(app: &App, identity: &Identity) -> Result<()> {
    match held(app, identity).await {
        Some(held) => keep_held(app, identity.key(), held).await,
        None => Ok(()),
    }
}

pub(super) async fn keep_held(app: &App, key: Key, held: Held) -> Result<()> {
    app.db.write(Keep { app: app.clone(), key, giver: held.giver, granted: held.granted }).await
}

#[derive(Clone)]
struct Keep {
    app: App,
    key: Key,
    giver: Giver,
    granted: Granted,
}

impl Change for Keep {
    type Outcome = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { app, key, giver, granted } = self;
        let now = tx.now();
        let Some(account) = upstream_account::find(tx, &key).await? else { return Ok(()) };
        // Nothing is kept for whoever may not come in.
        if user::hold(tx, &account.user_id).await?.is_none_or(|held| held.disabled_at.is_some()) {
            return Ok(());
        }
        // Before the user's row was held, the account may have been unlinked.
        if upstream_account::find(tx, &key).await?.is_none_or(|there| there.id != account.id) {
            return Ok(());
        }
        let there = upstream_token::of_account(tx, &account.id).await?;
        if let Some(row) = &there
            && row.giver == giver
        {
            // Where it keeps the refresh token of before, which another process may be using just now, that one has it until it lets go.
            let granted = match Granted::open(&app.vault, row) {
                Some(before) => granted.with_refresh_token_of(before),
                None => granted,
            };
            let sealed = granted.seal(&app, &row.id);
            return upstream_token::replace(tx, &row.id, &sealed, now).await;
        }
        let held = Held { giver, account_key: hash_of(&key), granted };
        if let Some(row) = there {
            // Of another issuer under the same name, or of another client of ours.
            upstream_token::end(tx, &row.id).await?;
        }
        upstream_token::insert(tx, &account.id, &of_new(&app, &held), now).await
    }
}
