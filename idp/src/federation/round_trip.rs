//! The way to another provider and back: RFC 6749 §4.1, with PKCE (RFC 7636) and a nonce.

use std::collections::BTreeMap;

use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde::{Deserialize, Serialize};
use url::Url;

use super::metadata::{endpoint, known};
use super::redirect_uri;
use super::refusal::Refusal;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::base::token::CookieSecret;
use crate::config::Upstream;
use crate::config::words::{NonceUse, Protocol};
use crate::login::interaction::Interaction;
use crate::site::page::Page;

/// What somebody goes to another provider for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To link the account there to the account of this session.
    Link {
        /// The session.
        session: Id,
    },
}

/// Somebody on the way to another provider and back. It is kept here under the hash of `state`, and taken once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoundTrip {
    /// The name of the provider.
    pub upstream: String,
    /// What for.
    pub purpose: Purpose,
    /// The sign-in in progress that goes on afterwards, if there is one.
    pub interaction: Option<Interaction>,
    /// The name of the page to which a sign-in without one returns.
    return_to: Option<String>,
    /// Whether the person wants to be kept signed in.
    pub keep: bool,
    /// The code of the invitation by which they may make an account.
    #[serde(default)]
    pub invitation: Option<String>,
    /// Whether the person was to prove again who they are.
    pub(super) again: bool,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// The hash of the browser's secret.
    browser: String,
    /// When it began.
    pub(super) began_at: Timestamp,
}

/// What somebody wants who sets out.
pub struct Wish<'a> {
    /// What for.
    pub purpose: Purpose,
    /// The sign-in in progress, if there is one.
    pub interaction: Option<&'a Interaction>,
    /// The page to which a sign-in without one returns.
    pub return_to: Option<Page>,
    /// Whether to keep them signed in.
    pub keep: bool,
    /// The code of the invitation by which they may make an account.
    pub invitation: Option<String>,
    /// What the provider may fill into its form.
    pub login_hint: Option<&'a str>,
    /// Whether the person is to prove again who they are.
    pub again: bool,
}

impl RoundTrip {
    /// One that begins now.
    pub(super) fn begin(app: &App, upstream: &Upstream, browser: &CookieSecret, wish: Wish<'_>) -> Self {
        Self {
            upstream: upstream.name.clone(),
            purpose: wish.purpose,
            interaction: wish.interaction.cloned(),
            return_to: wish.return_to.and_then(Page::return_name).map(str::to_owned),
            keep: wish.keep,
            invitation: wish.invitation,
            again: wish.again,
            nonce: app.random.name::<32>(),
            verifier: app.random.name::<48>(),
            browser: browser.hash().as_str().to_owned(),
            began_at: app.now(),
        }
    }

    /// The page to which a sign-in without an interaction returns.
    pub fn return_to(&self) -> Option<Page> {
        self.return_to.as_deref().and_then(Page::by_return_name)
    }

    /// Whether this browser has set out.
    pub fn is_of(&self, browser: &CookieSecret) -> bool {
        self.browser == browser.hash().as_str()
    }
}

/// Sets out: returns the address at the provider.
pub async fn set_out(
    app: &App,
    upstream: &Upstream,
    browser: &CookieSecret,
    wish: Wish<'_>,
) -> Result<String, Refusal> {
    let (state, hint) = (app.random.name::<32>(), wish.login_hint);
    let trip = RoundTrip::begin(app, upstream, browser, wish);
    let url = address(app, upstream, &trip, &state, hint).await?;
    keep(app, &state, &trip).await?;
    Ok(url.into())
}

/// Keeps a way until it is taken.
pub(super) async fn keep(app: &App, state: &str, trip: &RoundTrip) -> Result<(), Refusal> {
    let kept = serde_json::to_vec(trip).map_err(Refusal::wrong)?;
    Ok(app.ephemeral.put(&place(state), &kept, trip.began_at + app.config.login.interaction).await?)
}

/// The authorization request: Core §3.1.2.1.
pub(super) async fn address(
    app: &App,
    upstream: &Upstream,
    trip: &RoundTrip,
    state: &str,
    login_hint: Option<&str>,
) -> Result<Url, Refusal> {
    let mut url = authorization_endpoint(app, upstream).await?;
    let mut query = url.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &upstream.client_id)
        .append_pair("redirect_uri", &redirect_uri(app, upstream))
        .append_pair("scope", &scope(upstream))
        .append_pair("state", state);
    if upstream.protocol == Protocol::Oidc && upstream.nonce != NonceUse::Never {
        query.append_pair("nonce", &trip.nonce);
    }
    if upstream.pkce {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(trip.verifier.clone()));
        query.append_pair("code_challenge", challenge.as_str()).append_pair("code_challenge_method", "S256");
    }
    if upstream.form_post {
        query.append_pair("response_mode", "form_post");
    }
    if let Some(hint) = login_hint {
        query.append_pair("login_hint", hint);
    }
    for (name, value) in further_parameters(upstream, trip.again) {
        query.append_pair(name, &value);
    }
    drop(query);
    Ok(url)
}

/// What the settings add to the request, each name once (RFC 6749 §3.1). Of `prompt`, which is a list, all values count (Core §3.1.2.1); of
/// anything else, what asks people to prove again who they are.
fn further_parameters(upstream: &Upstream, again: bool) -> BTreeMap<&str, String> {
    let mut all: BTreeMap<&str, String> = BTreeMap::new();
    // With max_age, the ID token says when they signed in.
    let of_again = upstream.again_parameters.iter().filter(|_| again);
    for (name, value) in upstream.authorization_parameters.iter().chain(of_again).filter_map(|it| it.split_once('=')) {
        let there = all.entry(name).or_default();
        let is_said = there.split(' ').any(|one| one == value);
        match name {
            "prompt" if is_said => {}
            "prompt" if !there.is_empty() => there.push_str(&format!(" {value}")),
            _ => value.clone_into(there),
        }
    }
    all
}

/// Where people are sent to.
async fn authorization_endpoint(app: &App, upstream: &Upstream) -> Result<Url, Refusal> {
    match upstream.protocol {
        Protocol::Oidc => Ok(known(app, upstream).await?.metadata.authorization_endpoint().url().clone()),
        Protocol::Oauth2 => {
            let place = endpoint(upstream.authorization_endpoint.as_ref(), "authorization_endpoint")?;
            Url::parse(place).map_err(Refusal::wrong)
        }
    }
}

/// What is asked for; of OpenID Connect, `openid` always (Core §3.1.2.1).
pub(super) fn scope(upstream: &Upstream) -> String {
    let openid = (upstream.protocol == Protocol::Oidc).then_some("openid");
    let others = upstream.scope.iter().filter(|word| openid != Some(*word));
    openid.into_iter().chain(others).collect::<Vec<_>>().join(" ")
}

/// Takes the way that began with this `state`: exactly one of several callers gets it.
pub async fn take(app: &App, state: &str) -> Result<Option<RoundTrip>, Refusal> {
    let Some(kept) = app.ephemeral.take(&place(state)).await? else { return Ok(None) };
    let trip: RoundTrip = serde_json::from_slice(&kept).map_err(Refusal::wrong)?;
    Ok((app.now() < trip.began_at + app.config.login.interaction).then_some(trip))
}

fn place(state: &str) -> String {
    format!("upstream:{}", sha256_text(state.as_bytes()))
}
