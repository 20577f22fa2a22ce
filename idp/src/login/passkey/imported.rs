//! Passkeys that another system has registered: read from JSON, and looked into as those that are made here.

use openssl::bn::BigNumContext;
use openssl::nid::Nid;
use openssl::pkey::{Id as KeyKind, PKey, Public};
use serde::Deserialize;

use super::authenticator_data::{LONGEST_ID, PublicKey};
use crate::app::App;
use crate::base::cbor::write_bytes;
use crate::base::encoding::{base64url, from_base64url};
use crate::base::id::Id;
use crate::store::people::passkey::{Backup, Passkey};

/// How many bytes a user handle has at most: WebAuthn §5.4.3.
const LONGEST_HANDLE: usize = 64;

/// A passkey of another system. Bytes are in base64url without padding.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The identifier of the credential.
    credential_id: String,
    /// The public key: a `COSE_Key` (RFC 9052 §7), or a `SubjectPublicKeyInfo` in DER (RFC 5280 §4.1).
    public_key: String,
    /// How often it has signed.
    #[serde(default)]
    counter: u32,
    /// The relying party for which it was made; ours unless it says so.
    rp_id: Option<String>,
    /// The handle of the user there. It is looked at and not kept: a passkey is found by its credential.
    user_handle: Option<String>,
    /// How a browser reaches the authenticator. It is not kept: browsers find out by themselves where no credential is named.
    transports: Option<Vec<String>>,
    /// Whether the key can leave its device; the first sign-in tells if it is not known.
    backup_eligible: Option<bool>,
    /// Whether it has left it.
    backed_up: Option<bool>,
    /// The model of the authenticator, or who made it.
    aaguid: Option<String>,
    /// What its person calls it.
    name: Option<String>,
}

impl Imported {
    /// Reads JSON; an error is in words.
    pub fn read(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| format!("This is no passkey: {error}."))
    }

    /// What its person calls it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The passkey of this user, if it is one that can sign in here; an error is in words.
    pub fn passkey(&self, app: &App, user: &Id) -> Result<Passkey, String> {
        let ours = super::rp_id(app).ok_or("There are no passkeys here: the issuer is an IP address.")?;
        if let Some(other) = self.rp_id.as_deref().filter(|rp_id| *rp_id != ours) {
            return Err(format!(
                "rp_id: this passkey belongs to {other:?}, and works at a provider whose passkeys belong to it; those here belong to \
                 {ours:?} (passkeys.rp_id)."
            ));
        }
        let id = bytes("credential_id", &self.credential_id)?;
        if id.is_empty() || id.len() > LONGEST_ID {
            return Err(format!("credential_id: 1 to {LONGEST_ID} bytes."));
        }
        if let Some(handle) = &self.user_handle
            && !(1..=LONGEST_HANDLE).contains(&bytes("user_handle", handle)?.len())
        {
            return Err(format!("user_handle: 1 to {LONGEST_HANDLE} bytes."));
        }
        if self.transports.as_ref().is_some_and(|all| all.iter().any(|one| one.is_empty() || one.len() > 32)) {
            return Err("transports: words such as \"internal\" and \"hybrid\".".to_owned());
        }
        let aaguid = self.aaguid.as_deref().map(uuid::Uuid::parse_str).transpose();
        let aaguid = aaguid.map_err(|_| "aaguid: a UUID.")?.filter(|aaguid| !aaguid.is_nil());
        Ok(Passkey {
            id: app.id(),
            user_id: user.clone(),
            credential_id: self.credential_id.clone(),
            public_key: base64url(&cose_key(&bytes("public_key", &self.public_key)?)?),
            rp_id: ours.to_owned(),
            user_handle: None,
            counter: self.counter.into(),
            backup: self.backup()?,
            aaguid: aaguid.map(|aaguid| aaguid.to_string()),
            name: None,
            created_at: app.now(),
            last_used_at: None,
            automatic_at: None,
            proven_at: None,
            since: None,
        })
    }

    fn backup(&self) -> Result<Backup, String> {
        match (self.backup_eligible, self.backed_up) {
            (None, None) => Ok(Backup::Unknown),
            (Some(false), Some(true)) => Err("backed_up: a key that cannot leave its device has no backup.".to_owned()),
            (None, Some(_)) => Err("backed_up: needs backup_eligible, too.".to_owned()),
            (Some(is_eligible), backed_up) => Ok(Backup::of_flags(is_eligible, backed_up == Some(true))),
        }
    }
}

fn bytes(member: &str, text: &str) -> Result<Vec<u8>, String> {
    from_base64url(text).ok_or_else(|| format!("{member}: base64url without padding."))
}

/// The key as a `COSE_Key` that is accepted at a registration, too.
fn cose_key(key: &[u8]) -> Result<Vec<u8>, String> {
    let key = of_spki(key).unwrap_or_else(|| key.to_vec());
    PublicKey::read(&key).map_err(|problem| format!("public_key: {problem}."))?;
    Ok(key)
}

/// The `COSE_Key` of a `SubjectPublicKeyInfo`; `None` if these bytes are not exactly one, or its key is of another kind.
fn of_spki(der: &[u8]) -> Option<Vec<u8>> {
    let key =
        PKey::public_key_from_der(der).ok().filter(|key| key.public_key_to_der().is_ok_and(|again| again == der))?;
    of_ec(&key).or_else(|| of_rsa(&key)).or_else(|| of_ed25519(&key))
}

fn of_ec(key: &PKey<Public>) -> Option<Vec<u8>> {
    let key = key.ec_key().ok()?;
    let is_p256 = key.group().curve_name() == Some(Nid::X9_62_PRIME256V1);
    let mut context = BigNumContext::new().ok().filter(|_| is_p256)?;
    let (mut x, mut y) = (openssl::bn::BigNum::new().ok()?, openssl::bn::BigNum::new().ok()?);
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).ok()?;
    // kty: EC2, alg: ES256, crv: P-256, x, y: RFC 9053 §7.1.1.
    let mut written = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
    written.extend(write_bytes(&x.to_vec_padded(32).ok()?));
    written.push(0x22);
    written.extend(write_bytes(&y.to_vec_padded(32).ok()?));
    Some(written)
}

fn of_ed25519(key: &PKey<Public>) -> Option<Vec<u8>> {
    let x = key.raw_public_key().ok().filter(|_| key.id() == KeyKind::ED25519)?;
    // kty: OKP, alg: EdDSA, crv: Ed25519, x: RFC 9053 §7.2.
    let mut written = vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21];
    written.extend(write_bytes(&x));
    Some(written)
}

fn of_rsa(key: &PKey<Public>) -> Option<Vec<u8>> {
    let key = key.rsa().ok()?;
    // kty: RSA, alg: RS256, n, e: RFC 8230 §4.
    let mut written = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
    written.extend(write_bytes(&key.n().to_vec()));
    written.push(0x21);
    written.extend(write_bytes(&key.e().to_vec()));
    Some(written)
}

#[cfg(test)]
mod tests {
    use openssl::ec::{EcGroup, EcKey};
    use openssl::rsa::Rsa;

    use super::*;

    fn ec(curve: Nid) -> Vec<u8> {
        let group = EcGroup::from_curve_name(curve).unwrap();
        PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap().public_key_to_der().unwrap()
    }

    fn rsa(bits: u32) -> Vec<u8> {
        PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap().public_key_to_der().unwrap()
    }

    #[test]
    fn h6_a_key_of_another_system_is_looked_into_in_either_form() {
        let ed25519 = PKey::generate_ed25519().unwrap().public_key_to_der().unwrap();
        for der in [ec(Nid::X9_62_PRIME256V1), rsa(2048), ed25519] {
            let cose = cose_key(&der).unwrap();
            assert_eq!(cose_key(&cose), Ok(cose), "the same key in the other form");
        }
        let mut behind = ec(Nid::X9_62_PRIME256V1);
        behind.push(0);
        for (title, key) in [
            ("another curve", ec(Nid::SECP384R1)),
            ("RSA of 1024 bits", rsa(1024)),
            ("Ed448", PKey::generate_ed448().unwrap().public_key_to_der().unwrap()),
            ("something behind the key", behind),
            ("nothing", Vec::new()),
        ] {
            assert!(cose_key(&key).unwrap_err().starts_with("public_key: "), "{title}");
        }
    }

    #[test]
    fn what_an_operator_writes_is_read_strictly() {
        let read = |json: &str| Imported::read(json);
        let whole =
            r#"{"credential_id":"AQ","public_key":"AQ","counter":7,"transports":["internal"],"backup_eligible":true}"#;
        assert_eq!(read(whole).unwrap().backup(), Ok(Backup::Eligible));
        assert_eq!(read(r#"{"credential_id":"AQ","public_key":"AQ"}"#).unwrap().backup(), Ok(Backup::Unknown));
        for (json, word) in [
            ("", "no passkey"),
            (r#"{"credential_id":"AQ"}"#, "public_key"),
            (r#"{"credential_id":"AQ","public_key":"AQ","credentialId":"AQ"}"#, "credentialId"),
            (r#"{"credential_id":"AQ","public_key":"AQ","counter":-1}"#, "-1"),
            (r#"{"credential_id":"AQ","public_key":"AQ","counter":4294967296}"#, "4294967296"),
        ] {
            assert!(read(json).unwrap_err().contains(word), "{json}");
        }
        for more in [r#""backed_up":true"#, r#""backup_eligible":false,"backed_up":true"#] {
            let json = format!(r#"{{"credential_id":"AQ","public_key":"AQ",{more}}}"#);
            assert!(read(&json).unwrap().backup().is_err(), "{json}");
        }
    }
}
