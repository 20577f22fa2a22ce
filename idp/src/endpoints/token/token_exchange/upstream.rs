//! For the account of a person at another provider: a client acts for them there, with that provider's own access token.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::config::Upstream;
use crate::federation::tokens::give::{Given, NotGiven, give};
use crate::federation::{self, providers};
use crate::http::error::Error;
use crate::oidc;
use crate::oidc::claims::introspection::may_see;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::ErrorCode;
use crate::oidc::scope::ScopeSet;
use crate::oidc::steps::Step;
use crate::oidc::token::request::TokenExchange;
use crate::oidc::token::response::{ACCESS_TOKEN, UpstreamTokenResponse};
use crate::store::origin::Origin;
use crate::store::people::upstream_account::{self, UpstreamAccount};
use crate::store::people::upstream_token;
use crate::store::people::user;
use crate::tokens::authenticate;

/// The access token of a provider (`audience`) for the person of one of our own access tokens (`subject_token`), which the client has got
/// itself or was sent as a resource server.
pub(super) async fn exchange(
    app: &App,
    client: &Client,
    wanted: &TokenExchange,
) -> Result<UpstreamTokenResponse, Error> {
    if !wanted.resources.is_empty() {
        let why = "resource is not taken: the token is for the provider that audience names.";
        return Err(oidc::error::Error::new(ErrorCode::InvalidTarget, why).into());
    }
    let missing = || oidc::error::Error::invalid_request("audience, the name of a provider, is missing.");
    let upstream = provider_of(app, client, wanted.audience.as_deref().ok_or_else(missing)?).await?;
    let sub = person_of(app, client, &wanted.subject_token).await?;
    Origin::note(Step::passed("subject_token", "It is an access token of a person that this client may use."));
    let missing = || {
        let why = "The person has to sign in by this provider first, or once more: send them with idp_hint.";
        let error = oidc::error::Error::new(ErrorCode::InteractionRequired, why);
        let difference = Difference::new(
            "person",
            "somebody without a kept token that works",
            "somebody who has come by the provider with token_clients set",
        );
        Error::from(error.because(difference))
    };
    let account = account_of(app, &sub, &upstream).await?.ok_or_else(missing)?;
    match give(app, &upstream, &account, &client.id).await {
        Ok(given) => answer(app, given, wanted.scope.as_ref()),
        Err(NotGiven::None) => Err(missing()),
        Err(NotGiven::Refused(refusal)) => Err(Error::Unavailable(format!("{}: {refusal}", upstream.name).into())),
        Err(NotGiven::Store(error)) => Err(error.into()),
    }
}

/// The provider that is meant, if the client may act for people there.
async fn provider_of(app: &App, client: &Client, named: &str) -> Result<Arc<Upstream>, Error> {
    let all = federation::all(app).await?;
    let open = all.iter().filter(|one| one.disabled_at.is_none()).map(|one| &one.settings);
    let own: Vec<_> = open.filter(|one| one.token_clients.contains(&client.client_id)).collect();
    let found = own.iter().find(|one| one.name == named);
    found.map(|one| Arc::clone(one)).ok_or_else(|| {
        let difference = Difference::one_of("audience", named, own.iter().map(|one| one.name.as_str()));
        let why = "audience has to be the name of a provider at which this client may act.";
        oidc::error::Error::new(ErrorCode::InvalidTarget, why).because(difference).into()
    })
}

/// The subject of an access token. Anything else is `invalid_request`: RFC 8693 §2.2.2.
async fn person_of(app: &App, client: &Client, token: &str) -> Result<String, Error> {
    let refused = |difference: Difference| {
        let why = "This subject_token is no access token of a person that this client may use.";
        let of_parameter = Difference { of: "subject_token", ..difference };
        Error::from(oidc::error::Error::invalid_request(why).because(of_parameter))
    };
    let Some(live) = authenticate::access_token(app, token).await? else {
        return Err(refused(authenticate::why_not(app, token)));
    };
    if !may_see(client, &live.token.client_id, &live.token.audience) {
        let expected = "one of its own, or one for its resource_identifiers";
        return Err(refused(Difference::new("subject_token", "a token of another client", expected)));
    }
    // Somebody who has signed in, and not a bot that acts for them, nor a client for itself.
    match live.person.filter(|_| live.token.grant.is_some() && live.token.actor.is_none()) {
        Some(person) => Ok(person.sub),
        None => {
            let came = "a token that a client has got without its person";
            Err(refused(Difference::new("subject_token", came, "one of somebody who has signed in")))
        }
    }
}

/// The account of a person at a provider of which tokens are kept; of several, the one by which they have come last.
async fn account_of(app: &App, sub: &str, upstream: &Upstream) -> Result<Option<UpstreamAccount>, Error> {
    let providers = providers(app).await?;
    let mut conn = app.db.read().await?;
    let Some(user) = user::find_by_sub(&mut conn, sub).await? else { return Ok(None) };
    let kept: HashMap<_, _> = upstream_token::of_user(&mut conn, &user.id).await?.into_iter().collect();
    let all = upstream_account::of_user(&mut conn, &user.id).await?;
    let there = all.into_iter().filter(|one| one.provider == upstream.name && providers.have(one));
    Ok(there.filter(|one| kept.contains_key(&one.id)).max_by_key(|one| kept.get(&one.id).copied()))
}

/// The answer, if the token is for all that was asked for. RFC 8693 §2.2.1.
fn answer(app: &App, given: Given, asked: Option<&ScopeSet>) -> Result<UpstreamTokenResponse, Error> {
    let mut words = given.scope.split(' ');
    if let Some(missing) = asked.and_then(|asked| asked.iter().find(|word| !words.clone().any(|one| one == *word))) {
        let difference = Difference::one_of("scope", missing, words.by_ref());
        let why = "The person has not allowed all of this scope to be used at the provider.";
        return Err(oidc::error::Error::new(ErrorCode::InvalidScope, why).because(difference).into());
    }
    Ok(UpstreamTokenResponse {
        access_token: given.access_token,
        issued_token_type: ACCESS_TOKEN,
        token_type: given.token_type,
        expires_in: given.expires_at.map(|at| at.since(app.now()).as_secs()),
        scope: given.scope,
    })
}
