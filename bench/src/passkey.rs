//! People who sign in with a passkey: authenticator and browser in one.

use std::iter::Cycle;
use std::vec::IntoIter;

use anyhow::{Context, Result, ensure};
use latchkey::base::encoding::{base64url, sha256};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::load::{Client, Connection, Request};
use crate::scenarios::{cookies, encode};

/// A passkey on several devices, without a counter.
#[derive(Clone)]
pub struct Passkey {
    id: [u8; 32],
    key: PKey<Private>,
}

impl Passkey {
    /// A new key, with an identifier made of this number.
    pub fn new(n: u32) -> Result<Self> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        Ok(Self { id: sha256(&n.to_be_bytes()), key: PKey::from_ec_key(EcKey::generate(&group)?)? })
    }

    /// The identifier of the credential, as it is stored.
    pub fn credential_id(&self) -> String {
        base64url(&self.id)
    }

    /// The public key as it is stored: a `COSE_Key` for ES256 (RFC 9053 §7.1.1).
    pub fn public_key(&self) -> Result<String> {
        let key = self.key.ec_key()?;
        let (mut x, mut y, mut context) = (BigNum::new()?, BigNum::new()?, BigNumContext::new()?);
        key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
        let (x, y) = (x.to_vec_padded(32)?, y.to_vec_padded(32)?);
        let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        Ok(base64url(&[&head[..], &x, &[0x22, 0x58, 0x20], &y].concat()))
    }

    /// What a browser sends when the key has signed this challenge: WebAuthn Level 3 §7.2.
    fn sign(&self, origin: &str, challenge: &Value) -> Result<String> {
        let client_data =
            json!({ "type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": false });
        let client_data = client_data.to_string();
        // Present, verified, eligible for a copy and copied; and no counter.
        let data = [&sha256(b"localhost")[..], &[0x1d, 0, 0, 0, 0]].concat();
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        signer.update(&data)?;
        signer.update(&sha256(client_data.as_bytes()))?;
        let response = json!({
            "id": self.credential_id(), "rawId": self.credential_id(), "type": "public-key",
            "response": {
                "clientDataJSON": base64url(client_data.as_bytes()),
                "authenticatorData": base64url(&data),
                "signature": base64url(&signer.sign_to_vec()?),
            },
        });
        Ok(response.to_string())
    }
}

/// People who sign in one after the other, each in a browser of their own: the page, then the form with the signature.
pub struct PasskeySignIn {
    origin: String,
    keys: Cycle<IntoIter<Passkey>>,
}

impl PasskeySignIn {
    /// The people with these keys, at this provider.
    pub fn new(origin: &str, keys: Vec<Passkey>) -> Self {
        Self { origin: origin.to_owned(), keys: keys.into_iter().cycle() }
    }
}

/// The value of the first attribute of this name and beginning, without the escapes of HTML.
fn attribute(page: &str, before: &str) -> Result<String> {
    let value = page.split(before).nth(1).and_then(|rest| rest.split('"').next()).context("not on the page")?;
    Ok(value.replace("&#34;", "\"").replace("&#38;", "&").replace("&quot;", "\"").replace("&amp;", "&"))
}

impl Client for PasskeySignIn {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        let page = connection.send(&Request { method: "GET", path: "/sign-in", headers: "", body: "" }).await?;
        let key = self.keys.next().context("no passkeys")?;
        let options: Value = serde_json::from_str(&attribute(&page.body, "data-options=\"")?)?;
        let response = key.sign(&self.origin, &options["challenge"])?;
        let csrf = attribute(&page.body, "name=\"csrf\" value=\"")?;
        let ceremony = attribute(&page.body, "name=\"ceremony\" value=\"")?;
        let body = encode(&[("csrf", &csrf), ("ceremony", &ceremony), ("response", &response)]);
        let headers = cookies(&page);
        let request = Request { method: "POST", path: "/sign-in/passkey", headers: &headers, body: &body };
        let answer = connection.send(&request).await?;
        ensure!(answer.status == 303, "{}: {}", answer.status, answer.body);
        Ok(())
    }
}
