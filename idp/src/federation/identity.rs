//! Who somebody is at another provider.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::language::Languages;
use crate::config::Upstream;
use crate::config::claim::Claim;
use crate::config::words::EmailProof;
use crate::store::people::upstream_account::{Key, Said};

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
    /// The roles that the operator has tied to what the provider says.
    pub roles: Vec<String>,
    /// The word by which the tokens are found that came along, where they are kept.
    #[serde(default)]
    pub tokens: Option<String>,
}

impl Identity {
    /// Of claims whose origin was verified. `None` without a subject that can be kept.
    pub(super) fn of_claims(upstream: &Upstream, issuer: &str, claims: &Map<String, Value>) -> Option<Self> {
        let kept = |text: String| {
            let text = text.trim();
            let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control);
            fits.then(|| text.to_owned())
        };
        let fits = |sub: &String| !sub.is_empty() && sub.len() <= LONGEST_SUBJECT && !sub.contains(char::is_control);
        let subject = upstream.subject_claim.text(claims).filter(fits)?;
        let email = upstream.email_claim.text(claims).and_then(kept);
        let email_is_proven = match upstream.email_proof {
            EmailProof::Never => false,
            EmailProof::Claim => upstream.email_verified_claim.holds(claims),
            EmailProof::Always => email.is_some(),
        };
        let given = upstream.roles.iter().filter(|rule| rule.gives(claims));
        let roles: BTreeSet<String> = given.map(|rule| rule.role.clone()).collect();
        Some(Self {
            upstream: upstream.name.clone(),
            issuer: issuer.to_owned(),
            subject,
            name: name(upstream, claims).and_then(kept),
            email,
            email_is_proven,
            locale: upstream.locale_claim.text(claims).and_then(kept),
            roles: roles.into_iter().collect(),
            tokens: None,
        })
    }

    /// What the account there is known by.
    pub fn key(&self) -> Key {
        Key { provider: self.upstream.clone(), issuer: self.issuer.clone(), subject: self.subject.clone() }
    }

    /// What a profile can take of it.
    pub fn said(&self, languages: &Languages) -> Said {
        let locale = self.locale.as_deref().and_then(|tag| languages.lookup(tag));
        Said { name: self.name.clone(), locale: locale.map(|language| language.tag().to_owned()) }
    }

    /// What its person knows it by.
    pub fn shown_as(&self) -> Option<String> {
        self.email.clone().or_else(|| self.name.clone())
    }
}

/// What somebody is called: the first of several claims that is there, or of several claims that are joined.
fn name(upstream: &Upstream, claims: &Map<String, Value>) -> Option<String> {
    upstream.name_claims.iter().find_map(|joined| {
        let parts = joined.split(' ').filter_map(|one| Claim::named(one).text(claims));
        let parts = parts.filter(|text| !text.trim().is_empty()).collect::<Vec<_>>();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: &Value, believes: bool) -> Option<Identity> {
        let email_proof = if believes { EmailProof::Claim } else { EmailProof::Never };
        let upstream = Upstream { name: "google".to_owned(), email_proof, ..Upstream::default() };
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
            (json!(1), true, true),
            (json!("1"), true, true),
            (json!("yes"), true, false),
            (json!(2), true, false),
            (json!(null), true, false),
        ] {
            let claims = json!({ "sub": "1", "email": "ann@example.com", "email_verified": says });
            assert_eq!(of(&claims, believes).unwrap().email_is_proven, proven, "{says} {believes}");
        }
    }

    #[test]
    fn whoever_has_no_subject_is_nobody_and_what_is_strange_is_left_out() {
        for sub in [json!(null), json!(""), json!(7.5), json!("x".repeat(256)), json!("a\0b"), json!(["1"]), json!({})]
        {
            assert_eq!(of(&json!({ "sub": sub }), true), None, "{sub}");
        }
        let claims = json!({ "sub": "1", "name": "a\nb", "email": "x".repeat(257), "locale": 7.5 });
        let found = of(&claims, true).unwrap();
        assert_eq!((found.name, found.email, found.locale), (None, None, None));
    }
}
