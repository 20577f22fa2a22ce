//! Signing out at a relying party's request: RP-Initiated Logout 1.0.

use crate::jose::verify::MAX_TOKEN;
use crate::oidc::authorization::recipient::MAX_STATE;
use crate::oidc::authorization::response::with_query;
use crate::oidc::claims::id_token::Hint;
use crate::oidc::client::metadata::Client;
use crate::oidc::params::{Params, language_tag, words};
use crate::oidc::reason::Reason;

/// Why a request to sign out is answered with an error page and changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A parameter was sent twice.
    Repeated,
    /// A parameter is longer than allowed.
    TooLong,
    /// `id_token_hint` is not a token of ours; the caller verifies it and sets this.
    InvalidHint,
    /// `client_id` is not the client that the hint was made for.
    AnotherClient,
    /// There is no such client, or it is disabled.
    UnknownClient,
    /// The client did not register that address.
    UnregisteredRedirectUri,
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Repeated,
        Self::TooLong,
        Self::InvalidHint,
        Self::AnotherClient,
        Self::UnknownClient,
        Self::UnregisteredRedirectUri,
    ];

    /// The same as a reason, for the log.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Repeated => Reason::RepeatedParameter,
            Self::TooLong => Reason::ParameterTooLong,
            Self::InvalidHint => Reason::InvalidIdTokenHint,
            Self::AnotherClient => Reason::AnotherClient,
            Self::UnknownClient => Reason::UnknownClient,
            Self::UnregisteredRedirectUri => Reason::UnregisteredPostLogoutRedirectUri,
        }
    }
}

/// A request to sign out: RP-Initiated Logout §2. All of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndSessionRequest {
    /// A token by which the client shows which person it means; still to be verified.
    pub id_token_hint: Option<String>,
    /// Who is probably meant.
    pub logout_hint: Option<String>,
    /// The client.
    pub client_id: Option<String>,
    /// Where the person goes afterwards.
    pub post_logout_redirect_uri: Option<String>,
    /// The `state` that is passed back to the client.
    pub state: Option<String>,
    /// The person's languages, the best first.
    pub ui_locales: Vec<String>,
}

impl EndSessionRequest {
    /// Reads a request.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        if params.repeated().is_some() {
            return Err(Refusal::Repeated);
        }
        let text = |name: &str, limit: usize| match params.get(name) {
            Some(value) if value.len() > limit => Err(Refusal::TooLong),
            value => Ok(value.map(str::to_owned)),
        };
        Ok(Self {
            id_token_hint: text("id_token_hint", MAX_TOKEN)?,
            logout_hint: text("logout_hint", MAX_STATE)?,
            client_id: text("client_id", MAX_STATE)?,
            post_logout_redirect_uri: text("post_logout_redirect_uri", MAX_STATE)?,
            state: text("state", MAX_STATE)?,
            ui_locales: words(params, "ui_locales").filter(|word| language_tag(word)).collect(),
        })
    }

    /// The name of the client to look up: `client_id`, else the hint's audience if that is a single client.
    pub fn client_id<'a>(&'a self, hint: Option<&'a Hint>) -> Option<&'a str> {
        self.client_id.as_deref().or_else(|| match hint.map(|hint| &hint.audience[..]) {
            Some([one]) => Some(one),
            _ => None,
        })
    }
}

/// The session of the browser that the request came from, as tokens name it.
#[derive(Clone, Copy, Debug)]
pub struct CurrentSession<'a> {
    /// Its name in tokens.
    pub sid: &'a str,
    /// Whose it is.
    pub sub: &'a str,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask the person first; then go on to the address, if there is one.
    Confirm {
        /// Where the person goes afterwards, the state included.
        redirect: Option<String>,
    },
    /// End the session, if there is one, and go on to the address, or say that it is done.
    SignOut {
        /// Where the person goes afterwards, the state included.
        redirect: Option<String>,
    },
    /// Show an error page, and change nothing.
    Refuse(Refusal),
}

/// Decides on a request: RP-Initiated Logout §2, §3, §4.
///
/// `hint` is the content of the verified `id_token_hint`, `client` the client found under `client_id(hint)`. A person
/// is signed out without being asked only if the hint was made in this session: any site could send the other
/// parameters, or a hint of a revoked key.
pub fn decide(
    request: &EndSessionRequest,
    hint: Option<&Hint>,
    client: Option<&Client>,
    session: Option<CurrentSession<'_>>,
) -> Decision {
    let named = request.client_id(hint);
    if hint.is_some_and(|hint| named.is_some_and(|named| !hint.audience.iter().any(|audience| audience == named))) {
        return Decision::Refuse(Refusal::AnotherClient);
    }
    let client = client.filter(|client| Some(client.client_id.as_str()) == named && !client.disabled);
    let redirect = match redirect(request, named, client) {
        Ok(redirect) => redirect,
        Err(refusal) => return Decision::Refuse(refusal),
    };
    match (session, hint) {
        (None, _) => Decision::SignOut { redirect },
        (Some(session), Some(hint)) if !hint.revoked && is_of(hint, session) => Decision::SignOut { redirect },
        (Some(_), _) => Decision::Confirm { redirect },
    }
}

fn is_of(hint: &Hint, session: CurrentSession<'_>) -> bool {
    hint.sub == session.sub && hint.sid.as_deref().is_none_or(|sid| sid == session.sid)
}

/// Where the person goes afterwards; nowhere without a client, since then nothing shows that the address is legitimate.
fn redirect(
    request: &EndSessionRequest,
    named: Option<&str>,
    client: Option<&Client>,
) -> Result<Option<String>, Refusal> {
    let Some(uri) = &request.post_logout_redirect_uri else { return Ok(None) };
    if named.is_none() {
        return Ok(None);
    }
    let client = client.ok_or(Refusal::UnknownClient)?;
    if !client.post_logout_redirect_uris.contains(uri) {
        return Err(Refusal::UnregisteredRedirectUri);
    }
    Ok(Some(with_query(uri, request.state.as_deref().map(|state| ("state", state)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client::metadata::ClientKind;
    use proptest::prelude::*;

    const BYE: &str = "https://rp.example/bye";
    const HERE: Option<CurrentSession<'_>> = Some(CurrentSession { sid: "s", sub: "alice" });

    fn hint(audience: &str, sub: &str, sid: Option<&str>) -> Hint {
        Hint { sub: sub.to_owned(), audience: vec![audience.to_owned()], sid: sid.map(str::to_owned), revoked: false }
    }

    fn request(client_id: &str, uri: &str, state: &str) -> EndSessionRequest {
        let params = [("client_id", client_id), ("post_logout_redirect_uri", uri), ("state", state)];
        EndSessionRequest::parse(&Params::from_pairs(params)).unwrap()
    }

    fn confirm(uri: Option<&str>) -> Decision {
        Decision::Confirm { redirect: uri.map(str::to_owned) }
    }

    fn sign_out(uri: Option<&str>) -> Decision {
        Decision::SignOut { redirect: uri.map(str::to_owned) }
    }

    #[test]
    fn d1_d2_who_is_asked_who_is_signed_out_and_who_is_refused() {
        let own = hint("rp", "alice", Some("s"));
        let old = hint("rp", "alice", Some("earlier"));
        let without_sid = hint("rp", "alice", None);
        let bobs = hint("rp", "bob", Some("s"));
        let foreign = hint("other", "alice", Some("s"));
        let revoked = Hint { revoked: true, ..own.clone() };
        let refuse = Decision::Refuse;
        for (name, request, hint, session, decision) in [
            ("nothing at all", request("", "", ""), None, HERE, confirm(None)),
            ("nothing at all, signed out", request("", "", ""), None, None, sign_out(None)),
            ("a hint of this session", request("", "", ""), Some(&own), HERE, sign_out(None)),
            ("a hint without a session", request("", "", ""), Some(&without_sid), HERE, sign_out(None)),
            ("a hint of an earlier session", request("", BYE, ""), Some(&old), HERE, confirm(Some(BYE))),
            ("a hint of someone else", request("", BYE, ""), Some(&bobs), HERE, confirm(Some(BYE))),
            ("a hint of a revoked key", request("rp", BYE, ""), Some(&revoked), HERE, confirm(Some(BYE))),
            ("the same, signed out", request("rp", BYE, ""), Some(&revoked), None, sign_out(Some(BYE))),
            ("hint and address", request("rp", BYE, ""), Some(&own), HERE, sign_out(Some(BYE))),
            (
                "hint, address and state",
                request("", BYE, "a b"),
                Some(&own),
                HERE,
                sign_out(Some("https://rp.example/bye?state=a+b")),
            ),
            ("state alone", request("", "", "a"), Some(&own), HERE, sign_out(None)),
            ("no hint, a client and its address", request("rp", BYE, ""), None, HERE, confirm(Some(BYE))),
            ("the same, signed out", request("rp", BYE, ""), None, None, sign_out(Some(BYE))),
            ("an address and nobody whose it is", request("", BYE, ""), None, HERE, confirm(None)),
            (
                "an address with a query added",
                request("rp", "https://rp.example/bye?x", ""),
                Some(&own),
                HERE,
                refuse(Refusal::UnregisteredRedirectUri),
            ),
            (
                "a foreign address",
                request("rp", "https://evil.example/", ""),
                None,
                None,
                refuse(Refusal::UnregisteredRedirectUri),
            ),
            ("another client's hint", request("rp", BYE, ""), Some(&foreign), HERE, refuse(Refusal::AnotherClient)),
            ("an unknown client", request("nobody", BYE, ""), None, HERE, refuse(Refusal::UnknownClient)),
            ("an unknown client, no address", request("nobody", "", ""), None, HERE, confirm(None)),
        ] {
            assert_eq!(decide(&request, hint, Some(&Client::sample(ClientKind::Web)), session), decision, "{name}");
        }
        let disabled = Client { disabled: true, ..Client::sample(ClientKind::Web) };
        let decision = decide(&request("rp", BYE, ""), Some(&own), Some(&disabled), HERE);
        assert_eq!(decision, refuse(Refusal::UnknownClient));
    }

    #[test]
    fn what_is_repeated_or_too_long_is_refused() {
        let parse = |encoded: &str| EndSessionRequest::parse(&Params::parse(encoded.as_bytes()).unwrap());
        assert_eq!(parse("state=a&state=b"), Err(Refusal::Repeated));
        assert_eq!(parse(&format!("state={}", "a".repeat(MAX_STATE + 1))), Err(Refusal::TooLong));
        assert_eq!(parse(&format!("id_token_hint={}", "a".repeat(MAX_TOKEN + 1))), Err(Refusal::TooLong));
        assert_eq!(parse("ui_locales=ru+%3Cx%3E+en&martian=1").unwrap().ui_locales, ["ru", "en"]);
    }

    proptest! {
        #[test]
        fn nobody_is_sent_to_an_address_that_is_not_registered(uri in "\\PC{1,60}", state in "[^\0]{0,30}", client_id in "rp||x") {
            let client = Client::sample(ClientKind::Web);
            let request = request(&client_id, &uri, &state);
            match decide(&request, None, Some(&client), HERE) {
                Decision::Confirm { redirect: Some(_) } | Decision::SignOut { .. } => prop_assert_eq!(uri, BYE),
                _ => {}
            }
        }
    }
}
