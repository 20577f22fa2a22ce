//! Coming back from another provider.

use serde_json::json;

use super::code::Answer;
use super::identity::Identity;
use super::metadata::{is_issuer_of, known};
use super::refusal::Refusal;
use super::round_trip::RoundTrip;
use super::{oauth2, oidc, tokens};
use crate::app::App;
use crate::config::Upstream;
use crate::config::words::Protocol;
use crate::oidc::difference::shown;

/// Who has come back.
pub async fn arrive(app: &App, upstream: &Upstream, trip: &RoundTrip, answer: Answer<'_>) -> Result<Identity, Refusal> {
    let known = match upstream.protocol {
        Protocol::Oidc => Some(known(app, upstream).await?),
        Protocol::Oauth2 => None,
    };
    let issuer = known.as_ref().map_or(upstream.issuer.as_str(), |known| known.metadata.issuer().as_str());
    let announces = known.as_ref().is_some_and(|known| known.names_itself);
    // RFC 9207 §2.4: before anything else of the answer is used, an error, too.
    match answer.get("iss") {
        Some(iss) if iss != issuer && !(issuer.contains('{') && is_issuer_of(upstream, iss)) => {
            return Err(Refusal::wrong(format!("the answer is of {}, not of {issuer}", shown(iss))));
        }
        None if announces || upstream.names_itself => {
            return Err(Refusal::wrong("the answer has no iss, which the provider announces"));
        }
        _ => {}
    }
    if let Some(error) = answer.get("error") {
        let description = answer.get("error_description");
        let description = description.map(|text| format!(": {}", shown(text))).unwrap_or_default();
        return Err(Refusal::Denied(format!("{}{description}", shown(error))));
    }
    let code = answer.get("code").ok_or_else(|| Refusal::wrong("the answer has neither a code nor an error"))?;
    let mut came = match &known {
        Some(known) => oidc::arrive(app, upstream, known, trip, (code, answer)).await?,
        None => oauth2::arrive(app, upstream, trip, (code, answer)).await?,
    };
    if let Some(name) = answer.name().filter(|_| upstream.user_field) {
        came.claims.entry("name").or_insert_with(|| json!(name));
    }
    if !upstream.allowed.is_empty() && !upstream.allowed.iter().any(|condition| condition.is_met(&came.claims)) {
        return Err(Refusal::NotAllowed);
    }
    let identity = Identity::of_claims(upstream, &came.issuer, &came.claims)
        .ok_or_else(|| Refusal::wrong(format!("it has no {} that can be kept", upstream.subject_claim)))?;
    let tokens = tokens::hold(app, upstream, came.granted.repeating(answer.repeated(upstream))).await?;
    Ok(Identity { tokens, ..identity })
}
