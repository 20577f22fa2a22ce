//! Where the answer to an authorization request may go: decided before the rest of the request is read.

use crate::oidc::authorization::response::AuthorizationResponse;
use crate::oidc::authorization::response_mode::ResponseMode;
use crate::oidc::client::metadata::Client;
use crate::oidc::client::redirect_uri;
use crate::oidc::difference::Difference;
use crate::oidc::error::Error;
use crate::oidc::params::{Params, bounded};
use crate::oidc::reason::Reason;

/// How long `state` and `nonce` may be, in bytes.
pub const MAX_STATE: usize = 4 * 1024;

/// Why a request is answered with a page of our own and never with a redirect: RFC 6749 §4.1.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request names no client.
    MissingClientId,
    /// There is no such client.
    UnknownClient,
    /// The client is disabled.
    DisabledClient,
    /// The request does not say where the answer goes.
    MissingRedirectUri,
    /// The client did not register that address.
    UnregisteredRedirectUri,
    /// A parameter that decides where the answer goes was sent twice.
    Repeated(&'static str),
}

impl Refusal {
    /// One of each kind.
    pub fn all() -> [Self; 6] {
        [
            Self::MissingClientId,
            Self::UnknownClient,
            Self::DisabledClient,
            Self::MissingRedirectUri,
            Self::UnregisteredRedirectUri,
            Self::Repeated("client_id"),
        ]
    }

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::MissingClientId => Reason::MissingClientId,
            Self::UnknownClient => Reason::UnknownClient,
            Self::DisabledClient => Reason::DisabledClient,
            Self::MissingRedirectUri => Reason::MissingRedirectUri,
            Self::UnregisteredRedirectUri => Reason::UnregisteredRedirectUri,
            Self::Repeated(_) => Reason::RepeatedParameter,
        }
    }
}

impl Refusal {
    /// What came and what was expected, if that adds something to the refusal.
    pub fn difference(self, params: &Params, client: Option<&Client>) -> Option<Difference> {
        let came = |name: &str| params.get(name).unwrap_or_default();
        match self {
            Self::MissingClientId => Some(Difference::missing("client_id", "the id of a client")),
            Self::UnknownClient => {
                Some(Difference::new("client_id", came("client_id"), "the id of a registered client"))
            }
            Self::DisabledClient => {
                Some(Difference::new("client_id", came("client_id"), "a client that is not disabled"))
            }
            Self::MissingRedirectUri => Some(Difference::missing("redirect_uri", "a registered address")),
            Self::UnregisteredRedirectUri => {
                let registered = client.map_or(&[][..], |client| &client.redirect_uris);
                Some(Difference::of_uri("redirect_uri", came("redirect_uri"), registered))
            }
            Self::Repeated(name) => Some(Difference::new(name, "more than one", "one")),
        }
    }
}

/// The name of the client that a request is from.
pub fn client_id(params: &Params) -> Result<&str, Refusal> {
    params.once("client_id").map_err(|_| Refusal::Repeated("client_id"))?.ok_or(Refusal::MissingClientId)
}

/// Proves where an answer may go: RFC 6749 §3.1.2.4. `client` is the client found under `client_id(params)`.
pub fn identify(params: &Params, client: Option<&Client>) -> Result<Recipient, Refusal> {
    let client_id = client_id(params)?;
    let client = client.filter(|client| client.client_id == client_id).ok_or(Refusal::UnknownClient)?;
    if client.disabled {
        return Err(Refusal::DisabledClient);
    }
    let redirect_uri = params.once("redirect_uri").map_err(|_| Refusal::Repeated("redirect_uri"))?;
    let redirect_uri = redirect_uri.ok_or(Refusal::MissingRedirectUri)?;
    if !redirect_uri::matches(client, redirect_uri) {
        return Err(Refusal::UnregisteredRedirectUri);
    }
    Ok(Recipient {
        redirect_uri: redirect_uri.to_owned(),
        // `validate` reports errors in these two; here they must not prevent an answer.
        mode: ResponseMode::of_answer(params),
        state: bounded(params, "state", MAX_STATE).unwrap_or_default(),
    })
}

/// Where an answer may go. Only `identify` makes one, so every redirect has a proven target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
}

impl Recipient {
    /// An error as the answer: RFC 6749 §4.1.2.1, RFC 9207 §2.
    pub fn error(&self, issuer: &str, error: &Error) -> AuthorizationResponse {
        let description = error.description.clone().into_owned();
        let params = vec![("error", error.code.as_str().to_owned()), ("error_description", description)];
        AuthorizationResponse { refusal: Some(error.clone()), ..self.respond(issuer, params) }
    }

    /// A code as the answer: RFC 6749 §4.1.2, RFC 9207 §2.
    pub fn code(&self, issuer: &str, code: &str) -> AuthorizationResponse {
        self.respond(issuer, vec![("code", code.to_owned())])
    }

    /// The proven address.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    fn respond(&self, issuer: &str, mut params: Vec<(&'static str, String)>) -> AuthorizationResponse {
        params.extend(self.state.clone().map(|state| ("state", state)));
        params.push(("iss", issuer.to_owned()));
        AuthorizationResponse { redirect_uri: self.redirect_uri.clone(), mode: self.mode, params, refusal: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::oidc::authorization::request::tests::{client, good, twice, with};
    use crate::oidc::error::ErrorCode;

    const ISSUER: &str = "https://op.example";

    #[test]
    fn a5_without_a_proven_recipient_there_is_only_a_page() {
        let (client, disabled) = (client(), Client { disabled: true, ..client() });
        for (params, client, refusal) in [
            (with("client_id", ""), Some(&client), Refusal::MissingClientId),
            (twice("client_id", "rp"), Some(&client), Refusal::Repeated("client_id")),
            (with("client_id", "other"), Some(&client), Refusal::UnknownClient),
            (with("client_id", "rp"), None, Refusal::UnknownClient),
            (with("client_id", "rp"), Some(&disabled), Refusal::DisabledClient),
            (with("redirect_uri", ""), Some(&client), Refusal::MissingRedirectUri),
            (
                twice("redirect_uri", "https://rp.example/callback?tenant=1"),
                Some(&client),
                Refusal::Repeated("redirect_uri"),
            ),
            (with("redirect_uri", "https://rp.example/callback"), Some(&client), Refusal::UnregisteredRedirectUri),
        ] {
            assert_eq!(identify(&params, client), Err(refusal), "{refusal:?}");
        }
    }

    #[test]
    fn a8_every_answer_names_the_issuer_and_keeps_the_query() {
        let recipient = identify(&Params::from_pairs(good()), Some(&client())).unwrap();
        assert_eq!(
            recipient.code(ISSUER, "c").location(),
            "https://rp.example/callback?tenant=1&code=c&state=a+b%26c%3Dd&iss=https%3A%2F%2Fop.example"
        );
        let error = recipient.error(ISSUER, &Error::new(ErrorCode::AccessDenied, "No."));
        assert_eq!(
            error.location(),
            "https://rp.example/callback?tenant=1&error=access_denied&error_description=No.&state=a+b%26c%3Dd&iss=https%3A%2F%2Fop.example"
        );
    }

    #[test]
    fn a7_an_error_goes_the_way_that_was_asked_for() {
        let recipient = |params: &Params| identify(params, Some(&client())).unwrap();
        let error = Error::from(ErrorCode::InvalidRequest);
        assert_eq!(recipient(&with("response_mode", "form_post")).error(ISSUER, &error).mode, ResponseMode::FormPost);
        assert_eq!(recipient(&with("response_mode", "fragment")).error(ISSUER, &error).mode, ResponseMode::Fragment);
        assert_eq!(recipient(&twice("state", "x")).state, None);
        for (response_type, asked, mode) in [
            ("token", "", ResponseMode::Fragment),
            ("id_token", "", ResponseMode::Fragment),
            ("code id_token token", "", ResponseMode::Fragment),
            ("code token", "fragment", ResponseMode::Fragment),
            ("id_token", "web_message", ResponseMode::Fragment),
            ("id_token", "query", ResponseMode::Query),
            ("id_token", "form_post", ResponseMode::FormPost),
            ("code", "", ResponseMode::Query),
            ("none", "", ResponseMode::Query),
            ("id_tokens", "", ResponseMode::Query),
            ("", "", ResponseMode::Query),
        ] {
            let mut pairs = good();
            pairs.retain(|(name, _)| name != "response_type");
            pairs.extend(
                [("response_type", response_type), ("response_mode", asked)].map(|(n, v)| (n.into(), v.into())),
            );
            let answer = recipient(&Params::from_pairs(pairs)).error(ISSUER, &error);
            assert_eq!(answer.mode, mode, "{response_type} by {asked}");
            assert_eq!(answer.location().contains("#error=invalid_request"), mode == ResponseMode::Fragment);
        }
    }

    proptest! {
        #[test]
        fn state_goes_back_exactly_as_it_came(state in "[^\0]{1,80}") {
            let recipient = identify(&with("state", &state), Some(&client())).unwrap();
            let location = recipient.code(ISSUER, "c").location();
            let (_, query) = location.split_once('?').unwrap();
            let answer = Params::parse(query.as_bytes()).unwrap();
            prop_assert_eq!(answer.get("state"), Some(state.as_str()));
            prop_assert!(location.is_ascii());
        }
    }
}
