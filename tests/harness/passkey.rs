//! A person's passkey: an authenticator with the browser around it, made after WebAuthn Level 3 and CTAP 2.1 and not of the code that
//! it is to test. Whatever it says can be changed before it is sent.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde_json::{Map, Value, json};

use super::app::{PASSWORD, TestApp};
use super::browser::{Browser, Form, Page};
use super::relying_party::RelyingParty;

/// The flags of authenticator data: WebAuthn §6.1.
pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
pub const ELIGIBLE: u8 = 0x08;
pub const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A passkey.
#[derive(Clone)]
pub struct Passkey {
    pub id: Vec<u8>,
    pub key: PKey<Private>,
    /// The handle of the user, as it was given.
    pub user_handle: Vec<u8>,
    pub rp_id: String,
    /// What it says as the origin of the page.
    pub origin: String,
    pub aaguid: [u8; 16],
    pub flags: u8,
    pub counter: u32,
    /// What is put into the client data, in place of what belongs there.
    pub client_data: Map<String, Value>,
}

impl Passkey {
    /// A new key for this provider, on several devices and without a counter, as those of phones are.
    pub fn new(app: &TestApp) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut id = vec![0; 32];
        openssl::rand::rand_bytes(&mut id).unwrap();
        Self {
            id,
            key,
            user_handle: Vec::new(),
            rp_id: "localhost".to_owned(),
            origin: app.app.config.issuer.origin().to_owned(),
            aaguid: [0; 16],
            flags: PRESENT | VERIFIED | ELIGIBLE | BACKED_UP,
            counter: 0,
            client_data: Map::new(),
        }
    }

    /// The same on one device, with a counter, as a security key is.
    pub fn bound(app: &TestApp) -> Self {
        Self { flags: PRESENT | VERIFIED, counter: 1, ..Self::new(app) }
    }

    /// The same with an RSA key (RS256), as Windows makes them in a TPM.
    pub fn rsa(app: &TestApp) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        Self { key, ..Self::bound(app) }
    }

    /// The same with an Ed25519 key.
    pub fn ed25519(app: &TestApp) -> Self {
        Self { key: PKey::generate_ed25519().unwrap(), ..Self::new(app) }
    }

    /// The coordinates of the public key.
    fn point(&self) -> (Vec<u8>, Vec<u8>) {
        let key = self.key.ec_key().unwrap();
        let (mut x, mut y, mut context) =
            (BigNum::new().unwrap(), BigNum::new().unwrap(), BigNumContext::new().unwrap());
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
        (x.to_vec_padded(32).unwrap(), y.to_vec_padded(32).unwrap())
    }

    /// The public key as a `COSE_Key`.
    pub fn cose_key(&self) -> Vec<u8> {
        if let Ok(rsa) = self.key.rsa() {
            let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00];
            return [&head[..], &rsa.n().to_vec(), &[0x21, 0x43], &rsa.e().to_vec()].concat();
        }
        if self.key.id() == Id::ED25519 {
            let x = self.key.raw_public_key().unwrap();
            return [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20][..], &x].concat();
        }
        let (x, y) = self.point();
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..], &x, &[0x22, 0x58, 0x20], &y].concat()
    }

    fn client_data(&self, kind: &str, challenge: &Value) -> String {
        let mut data = json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false });
        for (name, value) in &self.client_data {
            data[name] = value.clone();
        }
        data.to_string()
    }

    /// The data of the authenticator, with the new credential if there is one.
    pub fn authenticator_data(&self, key: Option<&[u8]>) -> Vec<u8> {
        let mut data = sha256(self.rp_id.as_bytes()).to_vec();
        data.push(self.flags | if key.is_some() { ATTESTED } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if let Some(key) = key {
            data.extend(self.aaguid);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            data.extend(key);
        }
        data
    }

    /// What the browser sends about a new key.
    pub fn create(&mut self, options: &Value) -> Value {
        let key = self.cose_key();
        self.create_with(options, &key, b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData")
    }

    /// The same with another key, or another beginning of the attestation object.
    pub fn create_with(&mut self, options: &Value, key: &[u8], object: &[u8]) -> Value {
        self.user_handle = from_base64url(options["user"]["id"].as_str().unwrap());
        let data = self.authenticator_data(Some(key));
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let object = [object, &[0x59], &length, &data].concat();
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": base64url(self.client_data("webauthn.create", &options["challenge"]).as_bytes()),
                "attestationObject": base64url(&object),
            },
        })
    }

    /// What the browser sends when the key signs.
    pub fn get(&mut self, options: &Value) -> Value {
        if self.counter > 0 {
            self.counter += 1;
        }
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let data = self.authenticator_data(None);
        let signed = [&data[..], &sha256(client_data.as_bytes())].concat();
        // Ed25519 has its own digest.
        let mut signer = match self.key.id() {
            Id::ED25519 => Signer::new_without_digest(&self.key).unwrap(),
            _ => Signer::new(MessageDigest::sha256(), &self.key).unwrap(),
        };
        json!({
            "id": base64url(&self.id), "rawId": base64url(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": base64url(client_data.as_bytes()),
                "authenticatorData": base64url(&data),
                "signature": base64url(&signer.sign_oneshot_to_vec(&signed).unwrap()),
                "userHandle": base64url(&self.user_handle),
            },
        })
    }
}

/// A form that holds a ceremony, and what the browser is asked.
pub struct CeremonyForm {
    pub form: Form,
    pub options: Value,
}

impl CeremonyForm {
    /// The form with this response.
    pub fn answer(&self, response: &Value) -> Form {
        self.form.clone().fill("response", &response.to_string())
    }
}

impl Page {
    /// The form of the page that holds a ceremony.
    #[track_caller]
    pub fn ceremony(&self) -> CeremonyForm {
        let found = self.ceremony_in("passkey");
        found.unwrap_or_else(|| panic!("no ceremony at {}:\n{}", self.url, self.reply.body))
    }

    /// The form with the ceremony that the browser may do by itself.
    pub fn automatic_ceremony(&self) -> Option<CeremonyForm> {
        self.ceremony_in("passkey-automatic")
    }

    fn ceremony_in(&self, class: &str) -> Option<CeremonyForm> {
        let html = scraper::Html::parse_document(&self.reply.body);
        let forms = scraper::Selector::parse(&format!("form.{class}")).unwrap();
        let form = html.select(&forms).next()?;
        let options = serde_json::from_str(form.value().attr("data-options").unwrap()).unwrap();
        Some(CeremonyForm { form: Form::read(&form, &self.url), options })
    }
}

impl Browser {
    /// Adds a passkey to the account of the person who has just signed in here.
    pub async fn add_passkey(&mut self, mut passkey: Passkey) -> Passkey {
        let page = self.get("/account/passkeys").await;
        let ceremony = page.expect("passkeys").ceremony();
        let response = passkey.create(&ceremony.options);
        let page = ceremony.answer(&response).submit(self).await;
        assert!(page.expect("passkeys").text().contains("The passkey is added."), "{}", page.text());
        passkey
    }

    /// Signs in with the password on the way to a client; the browser makes a passkey by itself. Returns it, and the page that comes then.
    pub async fn authorize_and_make_passkey(&mut self, rp: &RelyingParty) -> (Page, Passkey) {
        let user = self.user.clone();
        self.app.user(&user).await;
        let page = self.get(&rp.request().path()).await;
        let form = page.form_to("/sign-in").fill("identifier", &user).fill("password", PASSWORD);
        let page = form.fill("passkeys", "automatic").submit(self).await;
        let ceremony = page.automatic_ceremony().expect("a ceremony for the browser");
        let mut passkey = Passkey { flags: ELIGIBLE | BACKED_UP, ..Passkey::new(&self.app) };
        let page = ceremony.answer(&passkey.create(&ceremony.options)).submit(self).await;
        // From now on its person is there when it signs.
        passkey.flags |= PRESENT | VERIFIED;
        (page, passkey)
    }

    /// Signs in with a passkey on the page that is shown, and returns the page that comes then.
    pub async fn use_passkey(&mut self, page: &Page, passkey: &mut Passkey) -> Page {
        let ceremony = page.ceremony();
        let response = passkey.get(&ceremony.options);
        ceremony.answer(&response).submit(self).await
    }

    /// Signs in with a passkey for the pages of the provider.
    pub async fn sign_in_by(&mut self, passkey: &mut Passkey) -> Page {
        let page = self.get("/sign-in?account=another").await;
        self.use_passkey(&page, passkey).await
    }
}
