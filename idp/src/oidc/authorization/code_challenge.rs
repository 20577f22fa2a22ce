//! Proof Key for Code Exchange: RFC 7636, with the method S256 alone.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::base::encoding::{from_base64url, sha256_text};
use crate::oidc::client::metadata::Client;
use crate::oidc::difference::Difference;
use crate::oidc::error::Error;
use crate::oidc::params::Params;

/// The only method that is offered; with `plain` the challenge would be the verifier.
pub const METHOD: &str = "S256";

/// The challenge that a code is bound to; the client later sends the verifier that it was made from: RFC 7636 §4.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// The challenge of an authorization request: RFC 7636 §4.3. A missing challenge is an error if the client must
    /// send one. A challenge without a method is an error, since it would mean `plain`.
    pub fn parse(params: &Params, client: &Client) -> Result<Option<Self>, Error> {
        match (params.once("code_challenge")?, params.once("code_challenge_method")?) {
            (None, None) if client.is_public() => Err(Error::invalid_request(
                "code_challenge (PKCE, method S256) is missing; a client without a secret must send it.",
            )
            .because(missing())),
            (None, None) if client.requires_pkce() => Err(Error::invalid_request(
                "code_challenge (PKCE, method S256) is missing; only a client that was added with --require-pkce false, or declared \
                 with require_pkce = false, may leave it out.",
            )
            .because(missing())),
            (None, None) => Ok(None),
            (None, Some(_)) => {
                Err(Error::invalid_request("code_challenge_method without code_challenge.").because(missing()))
            }
            (Some(challenge), Some(METHOD)) => match from_base64url(challenge) {
                Some(hash) if hash.len() == 32 => Ok(Some(Self(challenge.to_owned()))),
                _ => {
                    let came = format!("{} characters", challenge.chars().count());
                    let expected = "43 characters, the base64url of 32 bytes without padding";
                    Err(Error::invalid_request("code_challenge is not the base64url of a SHA-256 hash.")
                        .because(Difference::new("code_challenge", came, expected)))
                }
            },
            (Some(_), method) => {
                let came = method.unwrap_or("nothing, which means plain");
                Err(Error::invalid_request("code_challenge_method must be S256.")
                    .because(Difference::new("code_challenge_method", came, METHOD)))
            }
        }
    }

    /// A challenge as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The challenge as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the challenge was made from this verifier: RFC 7636 §4.6.
    pub fn verify(&self, verifier: &str) -> bool {
        let well_formed = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        well_formed && sha256_text(verifier.as_bytes()).as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

fn missing() -> Difference {
    Difference::missing("code_challenge", "the hash of a code_verifier (RFC 7636 §4.2)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::client::metadata::ClientKind;
    use proptest::prelude::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(client: &Client, challenge: &str, method: &str) -> Result<Option<CodeChallenge>, Error> {
        let params = Params::from_pairs([("code_challenge", challenge), ("code_challenge_method", method)]);
        CodeChallenge::parse(&params, client)
    }

    #[test]
    fn the_example_of_rfc_7636_appendix_b_verifies() {
        let challenge = parse(&Client::sample(ClientKind::Spa), CHALLENGE, "S256").unwrap().unwrap();
        assert!(challenge.verify(VERIFIER));
    }

    #[test]
    fn b3_wrong_short_long_and_strange_verifiers_do_not() {
        let challenge = CodeChallenge::stored(CHALLENGE.to_owned());
        for verifier in
            ["", CHALLENGE, &VERIFIER[..42], &format!("{VERIFIER}A"), &format!("{VERIFIER}\n"), &"é".repeat(30)]
        {
            assert!(!challenge.verify(verifier), "{verifier}");
        }
        for (length, good) in [(42, false), (43, true), (128, true), (129, false)] {
            let verifier = "a".repeat(length);
            let challenge = CodeChallenge::stored(sha256_text(verifier.as_bytes()));
            assert_eq!(challenge.verify(&verifier), good, "{length}");
        }
    }

    #[test]
    fn a9_a_missing_plain_or_malformed_challenge_is_refused() {
        let mut client = Client::sample(ClientKind::Web);
        for (challenge, method) in [
            ("", ""),
            ("", "S256"),
            (CHALLENGE, ""),
            (CHALLENGE, "plain"),
            (CHALLENGE, "s256"),
            (VERIFIER, "plain"),
            (&CHALLENGE[1..], "S256"),
            ("a", "S256"),
            (&CHALLENGE.replace('-', "+"), "S256"),
            (&format!("{CHALLENGE}="), "S256"),
        ] {
            assert!(parse(&client, challenge, method).is_err(), "{challenge} {method}");
        }
        client.metadata.require_pkce = false;
        assert_eq!(parse(&client, "", "").unwrap(), None);
        assert!(parse(&client, CHALLENGE, "").is_err(), "what is sent must be right, needed or not");
    }

    proptest! {
        #[test]
        fn strangers_text_never_panics(challenge in "\\PC{0,60}", verifier in "\\PC{0,140}") {
            let _ = parse(&Client::sample(ClientKind::Spa), &challenge, "S256");
            prop_assert!(!CodeChallenge::stored(CHALLENGE.to_owned()).verify(&verifier));
        }

        #[test]
        fn every_verifier_verifies_its_own_challenge(verifier in "[A-Za-z0-9._~-]{43,128}") {
            let challenge = sha256_text(verifier.as_bytes());
            prop_assert!(parse(&Client::sample(ClientKind::Spa), &challenge, "S256").unwrap().unwrap().verify(&verifier));
        }
    }
}
