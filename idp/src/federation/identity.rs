//! Who somebody is at another provider.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::DeclaredUpstream;
use crate::store::people::upstream_account::Key;

/// The longest subject: OpenID Connect Core §2.
const LONGEST_SUBJECT: usize = 255;

/// The longest other claim that is kept, in characters.
const LONGEST: usize = 256;

/// Who somebody is at another provider, as it has just said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The name of the provider in the configuration.
    pub upstream: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// What they are called.
    pub name: Option<String>,
    /// Their address there.
    pub email: Option<String>,
    /// Whether the provider has seen them read it, and the operator believes that.
    pub email_is_proven: bool,
    /// Their language.
    pub locale: Option<String>,
}

impl Identity {
    /// Of claims whose origin was verified. `None` without a subject that can be kept.
    pub(super) fn of_claims(upstream: &DeclaredUpstream, issuer: &str, claims: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| {
            let found = claims.get(name)?.as_str()?.trim();
            let fits = !found.is_empty() && found.chars().count() <= LONGEST && !found.contains(char::is_control);
            fits.then(|| found.to_owned())
        };
        let fits = |sub: &&str| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT && !sub.contains(char::is_control);
        let subject = claims.get("sub")?.as_str().filter(fits)?;
        // Some write it as a string.
        let says_so = claims.get("email_verified").is_some_and(|it| *it == Value::Bool(true) || *it == "true");
        Some(Self {
            upstream: upstream.name.clone(),
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            name: text("name"),
            email: text("email"),
            email_is_proven: says_so && upstream.email_is_proven,
            locale: text("locale"),
        })
    }

    /// What the account there is known by.
    pub fn key(&self) -> Key {
        Key { provider: self.upstream.clone(), issuer: self.issuer.clone(), subject: self.subject.clone() }
    }

    /// What its person knows it by.
    pub fn shown_as(&self) -> Option<String> {
        self.email.clone().or_else(|| self.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: &Value, believes: bool) -> Option<Identity> {
        let upstream =
            DeclaredUpstream { name: "google".to_owned(), email_is_proven: believes, ..DeclaredUpstream::default() };
        Identity::of_claims(&upstream, "https://accounts.example", claims.as_object().unwrap())
    }

    #[test]
    fn an_address_is_proven_if_the_provider_says_so_and_the_operator_believes_it() {
        for (says, believes, proven) in [
            (json!(true), true, true),
            (json!("true"), true, true),
            (json!(true), false, false),
            (json!(false), true, false),
            (json!("false"), true, false),
            (json!(1), true, false),
            (json!(null), true, false),
        ] {
            let claims = json!({ "sub": "1", "email": "ann@example.com", "email_verified": says });
            assert_eq!(of(&claims, believes).unwrap().email_is_proven, proven, "{says} {believes}");
        }
    }

    #[test]
    fn whoever_has_no_subject_is_nobody_and_what_is_strange_is_left_out() {
        for sub in [json!(null), json!(""), json!(7), json!("x".repeat(256)), json!("a\0b")] {
            assert_eq!(of(&json!({ "sub": sub }), true), None, "{sub}");
        }
        let claims = json!({ "sub": "1", "name": "a\nb", "email": "x".repeat(257), "locale": 7 });
        let found = of(&claims, true).unwrap();
        assert_eq!((found.name, found.email, found.locale), (None, None, None));
    }
}
