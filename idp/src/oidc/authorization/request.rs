//! Authorization requests: what is asked, once `recipient` has proven where an answer may go.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::jose::verify::MAX_TOKEN;
use crate::oidc::authorization::code_challenge::CodeChallenge;
use crate::oidc::authorization::prompt::Prompt;
use crate::oidc::authorization::recipient::{MAX_STATE, Recipient};
use crate::oidc::authorization::response_mode::ResponseMode;
use crate::oidc::authorization::response_type::ResponseType;
use crate::oidc::authorization::session::Session;
use crate::oidc::claims::acr::Acr;
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::params::{Params, bounded, language_tag, words};
use crate::oidc::resource::{self, Known};
use crate::oidc::scope::{OFFLINE_ACCESS, ScopeSet};
use crate::oidc::token::grant_type::GrantType;

/// What the provider offers to every client's requests.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The scopes and resources that are known.
    pub known: Arc<Known>,
    /// Whether people can sign up by themselves.
    pub sign_up: bool,
    /// The issuer, which is a resource, too, because of UserInfo.
    pub issuer: String,
}

/// A request that is in order: RFC 6749 §4.1.1, Core §3.1.2.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The client's name.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// How it goes there.
    pub response_mode: ResponseMode,
    /// The requested scopes that are known and that the client may have, and the identifiers of the named resources,
    /// since a person allows resources in the same way as scopes.
    pub scope: ScopeSet,
    /// The named resources; if empty, the client's default resources are meant (RFC 8707 §2.1).
    pub resources: Vec<String>,
    /// What goes back with the answer.
    pub state: Option<String>,
    /// What goes into the ID Token.
    pub nonce: Option<String>,
    /// What the code is bound to.
    pub code_challenge: Option<CodeChallenge>,
    /// What the person is to be shown.
    pub prompt: Prompt,
    /// How old the sign-in may be, in seconds.
    pub max_age: Option<u64>,
    /// The authentication classes of which the client wants one, in its order of preference. Unknown classes are left
    /// out.
    pub acr_values: Vec<Acr>,
    /// Whether an anonymous account satisfies it.
    pub admits_anonymous: bool,
    /// Who is probably going to sign in.
    pub login_hint: Option<String>,
    /// The name of the provider by which they are probably going to. One that is not there is ignored.
    pub idp_hint: Option<String>,
    /// A token that names who is to be signed in; still to be verified.
    pub id_token_hint: Option<String>,
    /// The person's languages, the best first.
    pub ui_locales: Vec<String>,
}

impl AuthorizationRequest {
    /// Whether the client wants the person to prove again who they are, or more than one factor proves. Then nothing that was
    /// proven earlier spares a factor, even if nobody is signed in yet.
    pub fn wants_fresh_proof(&self) -> bool {
        self.prompt.login || self.max_age.is_some() || self.acr_values.iter().any(|class| *class > Acr::OneFactor)
    }

    /// Whether the client wants two factors and takes no less: who has no second factor sets one up on the way.
    pub fn requires_second_factor(&self) -> bool {
        self.acr_values.contains(&Acr::TwoFactors) && self.acr_values.iter().all(|class| *class >= Acr::TwoFactors)
    }

    /// The claim `acr` for a session: the first requested class that it reaches, since an API that asked for a class looks for
    /// that name (RFC 9470 §5), else its own class. Class 0 is never said of somebody who has signed in.
    pub fn acr_of<'a>(&self, session: &'a Session) -> &'a str {
        let own = Acr::from_name(&session.acr);
        let reached = |class: &&Acr| Some(**class) <= own && (**class != Acr::Anonymous || session.is_of_visitor());
        self.acr_values.iter().find(reached).map_or(session.acr.as_str(), |class| class.as_str())
    }
}

/// Reads what is asked. Errors go to the recipient; parameters that are not known are ignored (RFC 6749 §3.1).
pub fn validate(
    params: &Params,
    client: &Client,
    recipient: &Recipient,
    offered: &Offered,
) -> Result<AuthorizationRequest, Error> {
    params.refuse_repeated()?;
    refuse_unsupported(params)?;
    ResponseType::parse(params, client)?;
    let resources = resource::parse(params)?;
    resource::requested(&resources, client, &offered.known.resources, &offered.issuer)?;
    let scope = requested_scope(params, client, &offered.known.scopes)?;
    let scope = resource::scopes(&scope, &resources, client, &offered.known.resources, &offered.issuer)?;
    let prompt = Prompt::parse(params, offered.sign_up)?;
    let max_age = max_age(params)?.or(client.metadata.default_max_age);
    // The holder of an anonymous account has never signed in. A client that names classes takes it only if its own is among them.
    let is_weak_enough = params.get("acr_values").is_none()
        || words(params, "acr_values").any(|name| Acr::from_name(&name) == Some(Acr::Anonymous));
    // Nobody has authenticated, so there is no time of it to tell.
    let wants_time = max_age.is_some() || client.metadata.require_auth_time;
    let admits_anonymous = client.begins_anonymous_accounts() && is_weak_enough && !prompt.login && !wants_time;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: recipient.redirect_uri().to_owned(),
        response_mode: ResponseMode::parse(params)?,
        scope: scope.union(&resources.iter().cloned().collect()),
        resources,
        state: bounded(params, "state", MAX_STATE)?,
        nonce: bounded(params, "nonce", MAX_STATE)?,
        code_challenge: CodeChallenge::parse(params, client)?,
        prompt,
        max_age,
        admits_anonymous,
        acr_values: words(params, "acr_values").filter_map(|name| Acr::from_name(&name)).collect(),
        login_hint: bounded(params, "login_hint", MAX_STATE)?,
        idp_hint: params.get("idp_hint").map(str::to_owned),
        id_token_hint: bounded(params, "id_token_hint", MAX_TOKEN)?,
        ui_locales: words(params, "ui_locales").filter(|word| language_tag(word)).collect(),
    })
}

/// The scope of an authorization request: the scopes that are known here and allowed to the client; others are ignored.
///
/// `offline_access` is ignored if the client cannot get a refresh token (Core §11). RFC 6749 §3.3 requires an error if
/// no scope is requested and there is no default.
fn requested_scope(params: &Params, client: &Client, known: &ScopeSet) -> Result<ScopeSet, Error> {
    scope_for(&ScopeSet::parse(params.once("scope")?.unwrap_or_default())?, client, known)
}

/// The part of a scope that a client can be granted for a person.
pub fn scope_for(asked: &ScopeSet, client: &Client, known: &ScopeSet) -> Result<ScopeSet, Error> {
    let mut scope = client.allowed_scope(&asked.intersection(known));
    if !client.allows_grant(GrantType::RefreshToken) {
        scope = scope.without(OFFLINE_ACCESS);
    }
    if scope.is_empty() {
        let error = Error::new(ErrorCode::InvalidScope, "Ask for a scope that this client may have, such as openid.");
        let expected = format!("some of {}", client.metadata.scope);
        let came = if asked.is_empty() { "nothing".to_owned() } else { asked.to_string() };
        return Err(error.because(Difference::new("scope", came, expected)));
    }
    Ok(scope)
}

/// Request objects and registration by request are not offered: Core §3.1.2.6, §6, §7.2.1.
fn refuse_unsupported(params: &Params) -> Result<(), Error> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(code.into());
        }
    }
    Ok(())
}

fn max_age(params: &Params) -> Result<Option<u64>, Error> {
    let Some(text) = params.once("max_age")? else { return Ok(None) };
    let seconds = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    seconds.map(Some).ok_or_else(|| Error::invalid_request("max_age is not a number of seconds."))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::oidc::authorization::recipient::identify;
    use crate::oidc::client::metadata::ClientKind;
    use proptest::prelude::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    pub(crate) fn client() -> Client {
        Client::sample(ClientKind::Web)
    }

    pub(crate) fn good() -> Vec<(String, String)> {
        [
            ("client_id", "rp"),
            ("redirect_uri", "https://rp.example/callback?tenant=1"),
            ("response_type", "code"),
            ("scope", "openid email"),
            ("state", "a b&c=d"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// The good request with one parameter replaced, or added.
    pub(crate) fn with(name: &str, value: &str) -> Params {
        let mut pairs = good();
        pairs.retain(|(n, _)| n != name);
        pairs.push((name.to_owned(), value.to_owned()));
        Params::from_pairs(pairs)
    }

    pub(crate) fn twice(name: &str, value: &str) -> Params {
        let mut pairs = good();
        pairs.push((name.to_owned(), value.to_owned()));
        pairs.push((name.to_owned(), value.to_owned()));
        Params::from_pairs(pairs)
    }

    fn offered() -> Offered {
        let issuer = "https://op.example".to_owned();
        Offered { known: Arc::new(Known::new(ScopeSet::standard(), Vec::new())), sign_up: false, issuer }
    }

    fn ask(params: &Params) -> Result<AuthorizationRequest, Error> {
        let client = client();
        let recipient = identify(params, Some(&client)).unwrap();
        validate(params, &client, &recipient, &offered())
    }

    #[test]
    fn unknown_and_disallowed_scopes_are_ignored_and_nothing_left_is_an_error() {
        let mut client = client();
        client.metadata.scope = ScopeSet::parse("openid email offline_access").unwrap();
        let ask = |client: &Client, scope: &str| {
            requested_scope(&Params::from_pairs([("scope", scope)]), client, &ScopeSet::standard())
                .map(|s| s.to_string())
        };
        assert_eq!(ask(&client, "openid email phone martian").unwrap(), "openid email");
        assert_eq!(ask(&client, "openid offline_access").unwrap(), "openid offline_access");
        client.metadata.grant_types = vec![GrantType::AuthorizationCode];
        assert_eq!(ask(&client, "openid offline_access").unwrap(), "openid");
        assert_eq!(ask(&client, "").unwrap_err().code, ErrorCode::InvalidScope);
        assert_eq!(ask(&client, "martian").unwrap_err().code, ErrorCode::InvalidScope);
    }

    #[test]
    fn a_request_in_order_is_read_whole() {
        let mut params = good();
        for (name, value) in [
            ("nonce", "n"),
            ("prompt", "login consent"),
            ("max_age", "60"),
            ("login_hint", "alice"),
            ("idp_hint", "google"),
            ("id_token_hint", "t"),
            ("ui_locales", "ru de-CH <x>"),
            ("acr_values", "phrh urn:latchkey:acr:2fa urn:latchkey:acr:1fa"),
            ("response_mode", "form_post"),
            ("display", "popup"),
            ("claims", "{"),
            ("claims_locales", "fr"),
            ("martian", "1"),
        ] {
            params.push((name.to_owned(), value.to_owned()));
        }
        let request = ask(&Params::from_pairs(params)).unwrap();
        assert_eq!(request.scope.to_string(), "openid email");
        assert_eq!((request.state.as_deref(), request.nonce.as_deref()), (Some("a b&c=d"), Some("n")));
        assert_eq!(request.prompt, Prompt { login: true, consent: true, ..Prompt::default() });
        assert_eq!((request.max_age, request.response_mode), (Some(60), ResponseMode::FormPost));
        assert_eq!(request.ui_locales, ["ru", "de-CH"]);
        assert_eq!(request.acr_values, [Acr::TwoFactors, Acr::OneFactor], "in order, without what is not known");
        assert_eq!(request.code_challenge.unwrap().as_str(), CHALLENGE);
    }

    #[test]
    fn a_request_for_a_new_sign_in_or_a_stronger_class_wants_fresh_proof() {
        for (name, value, fresh) in [
            ("nonce", "n", false),
            ("prompt", "login", true),
            ("prompt", "consent", false),
            ("max_age", "0", true),
            ("max_age", "3600", true),
            ("acr_values", "urn:latchkey:acr:1fa", false),
            ("acr_values", "urn:latchkey:acr:1fa urn:latchkey:acr:2fa", true),
        ] {
            let params = good().into_iter().chain([(name.to_owned(), value.to_owned())]);
            let request = ask(&Params::from_pairs(params)).unwrap();
            assert_eq!(request.wants_fresh_proof(), fresh, "{name}={value}");
        }
    }

    #[test]
    fn the_class_of_an_answer_is_the_first_requested_one_that_the_session_reaches() {
        for (wanted, own, told, requires) in [
            ("", "phr", "phr", false),
            ("urn:unknown", "phr", "phr", false),
            ("urn:latchkey:acr:2fa", "phr", "urn:latchkey:acr:2fa", true),
            ("phr urn:latchkey:acr:2fa", "phr", "phr", true),
            ("urn:latchkey:acr:2fa phr", "phr", "urn:latchkey:acr:2fa", true),
            ("urn:latchkey:acr:2fa urn:latchkey:acr:1fa", "urn:latchkey:acr:1fa", "urn:latchkey:acr:1fa", false),
            ("urn:latchkey:acr:1fa", "phr", "urn:latchkey:acr:1fa", false),
            ("phr", "urn:latchkey:acr:2fa", "urn:latchkey:acr:2fa", false),
            ("phr", "of a newer release", "of a newer release", false),
            ("0", "urn:latchkey:acr:1fa", "urn:latchkey:acr:1fa", false),
            ("0 urn:latchkey:acr:2fa", "phr", "urn:latchkey:acr:2fa", false),
            ("urn:latchkey:acr:1fa 0", "0", "0", false),
        ] {
            let params = good().into_iter().chain([("acr_values".to_owned(), wanted.to_owned())]);
            let request = ask(&Params::from_pairs(params)).unwrap();
            let now = crate::base::clock::Timestamp::from_seconds(0);
            let session = Session {
                id: "s".into(),
                sid: String::new(),
                browser_id: "b".into(),
                user_id: "u".into(),
                sub: String::new(),
                generation: 1,
                auth_time: now,
                amr: Vec::new(),
                acr: own.to_owned(),
                created_at: now,
                last_active_at: now,
                expires_at: now,
                kept_at: None,
                unattended_since: None,
            };
            assert_eq!(request.acr_of(&session), told, "{own} for {wanted}");
            assert_eq!(request.requires_second_factor(), requires, "{wanted}");
        }
    }

    #[test]
    fn what_the_client_registered_fills_what_the_request_leaves_open() {
        let mut client = client();
        client.metadata.default_max_age = Some(7);
        let params = Params::from_pairs(good());
        let recipient = identify(&params, Some(&client)).unwrap();
        let request = validate(&params, &client, &recipient, &offered());
        let request = request.unwrap();
        assert_eq!(request.max_age, Some(7));
    }

    #[test]
    fn every_other_mistake_is_told_to_the_client() {
        use ErrorCode::*;
        for (name, value, code) in [
            ("response_type", "", InvalidRequest),
            ("response_type", "token", UnsupportedResponseType),
            ("response_mode", "fragment", InvalidRequest),
            ("response_mode", "web_message", InvalidRequest),
            ("scope", "", InvalidScope),
            ("scope", "a\\b", InvalidScope),
            ("code_challenge", "", InvalidRequest),
            ("code_challenge_method", "plain", InvalidRequest),
            ("code_challenge_method", "", InvalidRequest),
            ("prompt", "none login", InvalidRequest),
            ("prompt", "martian", InvalidRequest),
            ("prompt", "create", InvalidRequest),
            ("max_age", "-1", InvalidRequest),
            ("max_age", "+1", InvalidRequest),
            ("max_age", "1.5", InvalidRequest),
            ("max_age", "99999999999999999999", InvalidRequest),
            ("request", "e30.e30.", RequestNotSupported),
            ("request_uri", "http://169.254.169.254/", RequestUriNotSupported),
            ("registration", "{}", RegistrationNotSupported),
        ] {
            assert_eq!(ask(&with(name, value)).unwrap_err().code, code, "{name}={value}");
        }
        for name in ["state", "nonce", "scope", "response_type", "prompt", "martian"] {
            assert_eq!(ask(&twice(name, "x")).unwrap_err().code, InvalidRequest, "{name} twice");
        }
    }

    #[test]
    fn what_is_over_a_limit_is_an_error_and_never_absent() {
        for (name, limit) in [("state", MAX_STATE), ("nonce", MAX_STATE), ("id_token_hint", MAX_TOKEN)] {
            assert!(ask(&with(name, &"a".repeat(limit))).is_ok(), "{name}");
            assert_eq!(ask(&with(name, &"a".repeat(limit + 1))).unwrap_err().code, ErrorCode::InvalidRequest, "{name}");
        }
        assert_eq!(ask(&with("scope", &"a ".repeat(513))).unwrap_err().code, ErrorCode::InvalidScope);
    }

    proptest! {
        #[test]
        fn strangers_parameters_never_panic_and_never_move_the_recipient(
            name in "client_id|redirect_uri|response_type|response_mode|scope|state|nonce|code_challenge|prompt|max_age|ui_locales|acr_values",
            value in "\\PC{0,60}",
        ) {
            let params = with(&name, &value);
            if let Ok(recipient) = identify(&params, Some(&client())) {
                prop_assert_eq!(recipient.redirect_uri(), "https://rp.example/callback?tenant=1");
                if let Ok(request) = ask(&params) {
                    let json = serde_json::to_string(&request).unwrap();
                    prop_assert_eq!(serde_json::from_str::<AuthorizationRequest>(&json).unwrap(), request);
                }
            }
        }
    }
}
