//! Passkeys: the ceremonies of WebAuthn Level 3 (§7), and what they prove. `webauthn-rs` verifies; what it reads less strictly than
//! a provider should is compared here before.
//!
//! The state of a ceremony is sealed into the page that asks for it, so that who only looks leaves no row. It belongs to one
//! browser, lives five minutes and counts once.

mod authenticator_data;
mod client_data;
pub mod imported;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::Id;
use crate::base::token::CookieSecret;
use crate::login::Error;
use crate::oidc::claims::acr::Method;
use crate::store::db::{self, Tx};
use crate::store::ephemeral::Rate;
use crate::store::installation::event::Event;
use crate::store::people::passkey::{self, Backup, Passkey};
use crate::store::people::user::{self, User};

use authenticator_data::{
    AuthenticatorData, EDDSA, LONGEST_ID, PublicKey, authenticator_data, with_person, without_attestation,
};
use client_data::Expected;

/// How many refused signatures of one passkey are recorded: whoever knows its identifier can send as many as they like.
const FAILURES: Rate = Rate { burst: 5, period: Duration::from_secs(600) };

/// How long a ceremony may take: WebAuthn §15.1.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// How a new passkey comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mediation {
    /// The person asks for it, and is verified.
    Asked,
    /// The browser may make it by itself after a sign-in by password: conditional create, WebAuthn §5.1.3. Nobody need be there
    /// (§7.1), and nobody is verified: that is asked of the key when it signs.
    Conditional,
}

impl Mediation {
    /// What the state of a registration is sealed for.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Asked => "passkey registration",
            Self::Conditional => "automatic passkey registration",
        }
    }
}

/// What the state of a sign-in is sealed for.
const SIGN_IN: &str = "passkey sign-in";

/// A ceremony that a page offers.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The options for the browser: JSON as WebAuthn §5.1.8 and §5.1.9 read it.
    pub options: String,
    /// The state, sealed for the form.
    pub ceremony: String,
}

/// A ceremony in progress.
#[derive(Serialize, Deserialize)]
struct Ceremony<S> {
    id: String,
    began_at: Timestamp,
    /// The hash of the browser's secret.
    browser: String,
    /// Who adds a passkey; nobody is known at a sign-in.
    user: Option<Id>,
    challenge: String,
    state: S,
}

/// Why a passkey was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The page was shown too long ago or to another browser, or was used already.
    TooLate,
    /// Nobody has this passkey, or nobody has it any more.
    Unknown,
    /// Its counter went back: there may be a copy of it.
    CounterFell,
    /// Anything else, with the reason, for the log.
    Because(&'static str),
}

impl Refused {
    /// In words, for an operator.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLate => "a challenge that is over, was used, or is another browser's",
            Self::Unknown => "a passkey that nobody has",
            Self::CounterFell => "a counter that went back",
            Self::Because(reason) => reason,
        }
    }
}

/// The relying party for which passkeys are made here; `None` where there can be none, because the issuer is an IP address.
pub fn rp_id(app: &App) -> Option<&str> {
    app.config.passkeys.rp_id(&app.config.issuer)
}

fn webauthn(app: &App) -> Option<Webauthn> {
    let rp_id = rp_id(app)?;
    // The library takes only origins below the relying party here. Ours is compared exactly before, and may be elsewhere.
    let below = Url::parse(&format!("https://{rp_id}")).ok()?;
    let origin = Url::parse(app.config.issuer.origin()).ok()?;
    let site = app.site.get();
    let builder = WebauthnBuilder::new(rp_id, &below).ok()?.append_allowed_origin(&origin);
    builder.rp_name(&site.operator_name).timeout(LIFE).build().ok()
}

impl<S: Serialize + DeserializeOwned> Ceremony<S> {
    fn offer(app: &App, purpose: &str, browser: &CookieSecret, user: Option<&Id>, begun: (Value, S)) -> Option<Offer> {
        let (options, state) = begun;
        let ceremony = Self {
            id: app.random.name::<16>(),
            began_at: app.now(),
            browser: browser.hash().as_str().to_owned(),
            user: user.cloned(),
            challenge: options.get("challenge")?.as_str()?.to_owned(),
            state,
        };
        let ceremony = app.interactions.seal_value(&app.random, purpose, &ceremony);
        Some(Offer { options: options.to_string(), ceremony })
    }

    /// Opens a sealed ceremony and uses it up; `None` unless it is this browser's and certainly was not used before.
    async fn begin(app: &App, purpose: &str, browser: &CookieSecret, sealed: &str) -> Result<Option<Self>, Error> {
        let Some(ceremony) = app.interactions.open_value::<Self>(purpose, sealed) else { return Ok(None) };
        let ends = ceremony.began_at + LIFE;
        if app.now() >= ends || ceremony.browser != browser.hash().as_str() {
            return Ok(None);
        }
        let is_first = app.ephemeral.once(&format!("passkey:{}", ceremony.id), ceremony.began_at, ends).await?;
        Ok(is_first.then_some(ceremony))
    }
}

/// A credential as `PublicKeyCredential.toJSON()` writes it: WebAuthn §5.1.
#[derive(Deserialize)]
struct Sent<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
struct Attestation {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    object: String,
}

#[derive(Deserialize)]
struct Assertion {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
    #[serde(rename = "userHandle", default)]
    user_handle: Option<String>,
}

impl<R: DeserializeOwned> Sent<R> {
    fn read(json: &str) -> Result<Self, Refused> {
        let sent: Self = serde_json::from_str(json).map_err(|_| Refused::Because("a response that cannot be read"))?;
        if sent.kind != "public-key" || sent.id != sent.raw_id {
            return Err(Refused::Because("a credential with two identifiers"));
        }
        let length = bytes(&sent.id)?.len();
        if length == 0 || length > LONGEST_ID {
            Err(Refused::Because("an identifier of another length"))
        } else {
            Ok(sent)
        }
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Refused> {
    from_base64url(text).ok_or(Refused::Because("a response that is not base64url"))
}

fn compare(expected: Expected<'_>, client_data: &str) -> Result<(), Refused> {
    expected.problem(&bytes(client_data)?).map_or(Ok(()), |problem| Err(Refused::Because(problem)))
}

/// Who adds a passkey, as their authenticator shows them.
pub struct Person<'a> {
    /// The user.
    pub id: &'a Id,
    /// The handle of the user in passkeys.
    pub handle: &'a str,
    /// The identifier that the person signs in with.
    pub identifier: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// The passkeys that there are: an authenticator that has one makes no other.
    pub passkeys: &'a [Passkey],
}

/// Offers to make a passkey.
pub fn offer_registration(
    app: &App,
    browser: &CookieSecret,
    person: &Person<'_>,
    mediation: Mediation,
) -> Option<Offer> {
    let ids = person.passkeys.iter().filter_map(|one| from_base64url(&one.credential_id)).map(Into::into).collect();
    let handle = Uuid::parse_str(person.handle).ok()?;
    let begun = webauthn(app)?.start_passkey_registration(handle, person.identifier, person.name, Some(ids));
    let (options, state) = begun.ok()?;
    let mut options = serde_json::to_value(options).ok()?.get_mut("publicKey")?.take();
    // The library verifies these, and does not ask for them by itself.
    let mut state = serde_json::to_value(state).ok()?;
    state.pointer_mut("/rs/credential_algorithms")?.as_array_mut()?.push(json!("EDDSA"));
    let state: PasskeyRegistration = serde_json::from_value(state).ok()?;
    let algorithms = options.get_mut("pubKeyCredParams")?.as_array_mut()?;
    algorithms.push(json!({ "type": "public-key", "alg": EDDSA }));
    // The library asks for a key that the sign-in page could not find by itself.
    let selection = options.get_mut("authenticatorSelection")?.as_object_mut()?;
    selection.insert("residentKey".to_owned(), json!("required"));
    selection.insert("requireResidentKey".to_owned(), json!(true));
    if mediation == Mediation::Conditional {
        // To require it fails where it would disturb the person: WebAuthn §5.1.3.
        selection.insert("userVerification".to_owned(), json!("preferred"));
        // And Chromium refuses what is to be protected by a verification (credProtect) that is not required.
        if let Some(extensions) = options.get_mut("extensions").and_then(Value::as_object_mut) {
            extensions.retain(|name, _| !name.to_lowercase().ends_with("credentialprotectionpolicy"));
        }
    }
    Ceremony::offer(app, mediation.purpose(), browser, Some(person.id), (options, state))
}

/// A passkey that a page sends.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// How it came about.
    pub mediation: Mediation,
    /// The sealed state of the ceremony.
    pub ceremony: &'a str,
    /// What the browser answered.
    pub response: &'a str,
}

/// Checks a passkey that was made: WebAuthn §7.1. It is not stored yet.
pub async fn check_registration(
    app: &App,
    browser: &CookieSecret,
    user: &Id,
    made: Made<'_>,
) -> Result<Result<Passkey, Refused>, Error> {
    let purpose = made.mediation.purpose();
    let ceremony = Ceremony::<PasskeyRegistration>::begin(app, purpose, browser, made.ceremony).await?;
    let Some(ceremony) = ceremony.filter(|ceremony| ceremony.user.as_ref() == Some(user)) else {
        return Ok(Err(Refused::TooLate));
    };
    let handle = user::passkey_handle(&mut *app.db.read().await?, user).await?;
    Ok(registered(app, &ceremony, made).map(|passkey| {
        let handle = handle.and_then(|handle| Uuid::parse_str(&handle).ok());
        Passkey { user_id: user.clone(), user_handle: handle.map(|handle| base64url(handle.as_bytes())), ..passkey }
    }))
}

fn registered(app: &App, ceremony: &Ceremony<PasskeyRegistration>, made: Made<'_>) -> Result<Passkey, Refused> {
    let (rp_id, webauthn) = rp_id(app).zip(webauthn(app)).ok_or(Refused::TooLate)?;
    let (is_automatic, sent) = (made.mediation == Mediation::Conditional, Sent::<Attestation>::read(made.response)?);
    let kind = "webauthn.create";
    compare(
        Expected { kind, challenge: &ceremony.challenge, origin: app.config.issuer.origin() },
        &sent.response.client_data,
    )?;
    let object = bytes(&sent.response.object)?;
    let bytes = authenticator_data(&object).ok_or(Refused::Because("an attestation that cannot be read"))?;
    let data = AuthenticatorData::read(bytes).map_err(Refused::Because)?;
    if let Some(problem) = if is_automatic { data.problem_of_backup() } else { data.problem() } {
        return Err(Refused::Because(problem));
    }
    // The library knows no conditional create, and would ask for somebody who is there. Nothing is signed over these flags.
    let bare = if is_automatic { without_attestation(&with_person(bytes)) } else { without_attestation(bytes) };
    let made = data.credential.as_ref().filter(|made| base64url(made.id) == sent.id);
    let made = made.ok_or(Refused::Because("another credential than it says"))?;
    PublicKey::read(made.public_key).map_err(Refused::Because)?;
    let credential = json!({
        "id": sent.id, "rawId": sent.id, "type": sent.kind,
        "response": { "attestationObject": base64url(&bare), "clientDataJSON": sent.response.client_data },
    });
    let credential: RegisterPublicKeyCredential = of_json(credential)?;
    webauthn.finish_passkey_registration(&credential, &ceremony.state).map_err(|error| of_library(&error))?;
    Ok(Passkey {
        id: app.id(),
        // The caller knows them.
        user_id: Id::from(""),
        user_handle: None,
        credential_id: sent.id,
        public_key: base64url(made.public_key),
        rp_id: rp_id.to_owned(),
        counter: data.counter.into(),
        backup: Backup::of_flags(data.is_backup_eligible(), data.is_backed_up()),
        aaguid: Some(Uuid::from_bytes(made.aaguid)).filter(|aaguid| !aaguid.is_nil()).map(|aaguid| aaguid.to_string()),
        name: None,
        created_at: app.now(),
        last_used_at: None,
        automatic_at: is_automatic.then(|| app.now()),
        proven_at: None,
        since: None,
    })
}

/// Offers to sign in with a passkey, whoever has one.
pub fn offer_sign_in(app: &App, browser: &CookieSecret) -> Option<Offer> {
    let (options, state) = webauthn(app)?.start_discoverable_authentication().ok()?;
    // The library means it for autofill alone; the script decides when it asks.
    let options = serde_json::to_value(options).ok()?.get_mut("publicKey")?.take();
    Ceremony::offer(app, SIGN_IN, browser, None, (options, state))
}

/// Proof that a user's passkey has signed, for this browser and now. It counts when it is used up, in the transaction that relies
/// on it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The user, of the generation at that moment.
    pub user: User,
    passkey: Id,
    counter: i64,
    backup: Backup,
}

impl Proof {
    /// The row of the passkey.
    pub const fn passkey(&self) -> &Id {
        &self.passkey
    }

    /// The method by which the user signs in.
    pub const fn method(&self) -> Method {
        method(self.backup)
    }

    /// Notes the use, for whoever holds the user's row; returns `false` if the passkey is gone, or was used since.
    pub(super) async fn use_up(&self, tx: &mut Tx<'_>) -> db::Result<bool> {
        let now = tx.now();
        passkey::note_use(tx, &self.passkey, self.counter, self.backup, now).await
    }
}

/// What a passkey is called in `amr`.
pub const fn method(backup: Backup) -> Method {
    match backup {
        Backup::Bound => Method::HardwareKey,
        Backup::Unknown | Backup::Eligible | Backup::Synced => Method::SoftwareKey,
    }
}

/// Checks the signature of a passkey: WebAuthn §7.2. It is found by the identifier of its credential, and whose it is decides who
/// signs in.
pub async fn check(
    app: &App,
    browser: &CookieSecret,
    ceremony: &str,
    response: &str,
) -> Result<Result<Box<Proof>, Refused>, Error> {
    let Some(ceremony) = Ceremony::begin(app, SIGN_IN, browser, ceremony).await? else {
        return Ok(Err(Refused::TooLate));
    };
    let sent = match Sent::<Assertion>::read(response) {
        Ok(sent) => sent,
        Err(refused) => return Ok(Err(refused)),
    };
    let found = {
        let mut conn = app.db.read().await?;
        match passkey::find(&mut conn, &sent.id).await? {
            Some(passkey) => user::find(&mut conn, &passkey.user_id).await?.map(|user| (passkey, user)),
            None => None,
        }
    };
    let Some((passkey, user)) = found else { return Ok(Err(Refused::Unknown)) };
    if user.disabled_at.is_some() {
        return Ok(Err(Refused::Because("a disabled user")));
    }
    match signed(app, ceremony, &sent, &passkey) {
        Ok((counter, backup)) => Ok(Ok(Box::new(Proof { user, passkey: passkey.id, counter, backup }))),
        Err(refused) => {
            let (user, handle) = (user.id, passkey.id.handle());
            if refused == Refused::CounterFell {
                app.db.write(Event::PasskeyCounterFell { user, passkey: handle }).await?;
            } else if app.ephemeral.limit(&format!("passkey-failed:{}", passkey.id), FAILURES).await.is_ok() {
                app.db.write(Event::PasskeyFailed { user, passkey: handle }).await?;
            }
            Ok(Err(refused))
        }
    }
}

/// What tells the browser that nobody has the passkey of this response: the Signal API, WebAuthn §5.1.10.2.
pub fn signal_unknown(app: &App, response: &str) -> Option<String> {
    let sent = Sent::<Assertion>::read(response).ok()?;
    Some(json!({ "rpId": rp_id(app)?, "credentialId": sent.id }).to_string())
}

fn signed(
    app: &App,
    ceremony: Ceremony<DiscoverableAuthentication>,
    sent: &Sent<Assertion>,
    passkey: &Passkey,
) -> Result<(i64, Backup), Refused> {
    let (rp_id, webauthn) = rp_id(app).zip(webauthn(app)).ok_or(Refused::TooLate)?;
    let Assertion { client_data, authenticator_data, signature, user_handle } = &sent.response;
    let kind = "webauthn.get";
    compare(Expected { kind, challenge: &ceremony.challenge, origin: app.config.issuer.origin() }, client_data)?;
    let data = bytes(authenticator_data)?;
    let data = AuthenticatorData::read(&data).map_err(Refused::Because)?;
    if let Some(problem) = data.problem() {
        return Err(Refused::Because(problem));
    }
    // Only a passkey that was made here has a handle that is known.
    let is_theirs = |known: &String| user_handle.as_ref() == Some(known);
    if passkey.rp_id != rp_id || !passkey.user_handle.as_ref().is_none_or(is_theirs) {
        return Err(Refused::Because("a passkey of another user or provider"));
    }
    let backup = Backup::of_flags(data.is_backup_eligible(), data.is_backed_up());
    let was_eligible = match passkey.backup {
        Backup::Unknown => data.is_backup_eligible(),
        known => known != Backup::Bound,
    };
    let key = match PublicKey::read(&bytes(&passkey.public_key)?).map_err(Refused::Because)? {
        PublicKey::Es256 { x, y } => {
            json!({ "type_": "ES256", "key": { "EC_EC2": { "curve": "SECP256R1", "x": x, "y": y } } })
        }
        PublicKey::Ed25519 { x } => json!({ "type_": "EDDSA", "key": { "EC_OKP": { "curve": "ED25519", "x": x } } }),
        PublicKey::Rs256 { n } => json!({ "type_": "RS256", "key": { "RSA": { "n": n, "e": [1, 0, 1] } } }),
    };
    let key: DiscoverableKey = of_json(json!({ "cred": {
        "cred_id": passkey.credential_id, "cred": key, "counter": passkey.counter, "transports": null, "user_verified": true,
        "backup_eligible": was_eligible, "backup_state": passkey.backup == Backup::Synced,
        "registration_policy": "required", "extensions": {}, "attestation": { "data": "None", "metadata": "None" },
        "attestation_format": "none",
    } }))?;
    let credential: PublicKeyCredential = of_json(json!({
        "id": sent.id, "rawId": sent.id, "type": sent.kind,
        "response": { "clientDataJSON": client_data, "authenticatorData": authenticator_data, "signature": signature },
    }))?;
    let done = webauthn.finish_discoverable_authentication(&credential, ceremony.state, &[key]);
    let done = done.map_err(|error| of_library(&error))?;
    Ok((done.counter().into(), backup))
}

/// A value of the library by the form in which it can be stored: its fields cannot be set in any other way.
fn of_json<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|_| Refused::Because("a response that cannot be read"))
}

fn of_library(error: &WebauthnError) -> Refused {
    match error {
        WebauthnError::CredentialPossibleCompromise => Refused::CounterFell,
        WebauthnError::AuthenticationFailure => Refused::Because("another signature"),
        WebauthnError::InvalidRPIDHash => Refused::Because("another provider's authenticator data"),
        WebauthnError::CredentialBackupEligibilityInconsistent => {
            Refused::Because("a key that can leave its device, or cannot any more")
        }
        _ => Refused::Because("a response that the library refuses"),
    }
}
