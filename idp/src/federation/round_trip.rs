//! The way to another provider and back: RFC 6749 §4.1, with PKCE (RFC 7636) and a nonce.

use openidconnect::core::CoreResponseType;
use openidconnect::{AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, Scope};
use serde::{Deserialize, Serialize};

use super::metadata::{client, known};
use super::refusal::Refusal;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::sha256_text;
use crate::base::id::Id;
use crate::base::token::CookieSecret;
use crate::config::DeclaredUpstream;
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
    upstream: &DeclaredUpstream,
    browser: &CookieSecret,
    wish: Wish<'_>,
) -> Result<String, Refusal> {
    let known = known(app, upstream).await?;
    let (state, nonce) = (app.random.name::<32>(), app.random.name::<32>());
    let verifier = PkceCodeVerifier::new(app.random.name::<48>());
    let trip = RoundTrip {
        upstream: upstream.name.clone(),
        purpose: wish.purpose,
        interaction: wish.interaction.cloned(),
        return_to: wish.return_to.and_then(Page::return_name).map(str::to_owned),
        keep: wish.keep,
        invitation: wish.invitation,
        again: wish.again,
        nonce: nonce.clone(),
        verifier: verifier.secret().clone(),
        browser: browser.hash().as_str().to_owned(),
        began_at: app.now(),
    };
    let kept = serde_json::to_vec(&trip).map_err(Refusal::wrong)?;
    app.ephemeral.put(&place(&state), &kept, trip.began_at + app.config.login.interaction).await?;
    let client = client(app, upstream, &known)?;
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client
        .authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    // The crate adds `openid` by itself.
    for word in upstream.scope.iter().filter(|word| *word != "openid") {
        request = request.add_scope(Scope::new(word.to_owned()));
    }
    if let Some(hint) = wish.login_hint {
        request = request.add_extra_param("login_hint", hint.to_owned());
    }
    if wish.again {
        // Core §3.1.2.1: with max_age, the ID token says when they signed in.
        request = request.add_extra_param("prompt", "login").add_extra_param("max_age", "0");
    }
    Ok(request.url().0.to_string())
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
