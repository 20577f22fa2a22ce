//! Scopes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::oidc::error::{Error, ErrorCode};

/// The scope that makes a request one of OpenID Connect: Core §3.1.2.1.
pub const OPENID: &str = "openid";
/// The scope of the profile's claims: Core §5.4.
pub const PROFILE: &str = "profile";
/// The scope of `email` and `email_verified`: Core §5.4.
pub const EMAIL: &str = "email";
/// The scope of the postal address: Core §5.4.
pub const ADDRESS: &str = "address";
/// The scope of `phone_number` and `phone_number_verified`: Core §5.4.
pub const PHONE: &str = "phone";
/// The scope of access while the user is away: Core §11.
pub const OFFLINE_ACCESS: &str = "offline_access";
/// Lets the client of a bot make accounts for people who write to it. No specification has it.
pub const CHANNEL_REGISTER: &str = "channel:register";

/// How long a `scope` parameter may be, in bytes.
pub const MAX_SCOPE: usize = 1024;

/// A set of scopes in the order in which they were named: RFC 6749 §3.3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet(Vec<String>);

impl ScopeSet {
    /// Every scope that OpenID Connect Core defines.
    pub fn standard() -> Self {
        [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS].into_iter().collect()
    }

    /// The scopes by which claims about a person are read: Core §5.4.
    pub fn personal() -> Self {
        [PROFILE, EMAIL, ADDRESS, PHONE].into_iter().collect()
    }

    /// Reads the value of a `scope` parameter: RFC 6749 §3.3.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_SCOPE {
            return Err(Error::new(ErrorCode::InvalidScope, "The scope is too long."));
        }
        Self::from_tokens(text)
    }

    fn from_tokens(text: &str) -> Result<Self, Error> {
        let token = |scope: &&str| scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        let scopes: Vec<&str> = text.split(' ').filter(|scope| !scope.is_empty()).collect();
        if !scopes.iter().all(token) {
            return Err(Error::new(ErrorCode::InvalidScope, "A scope has characters that are not allowed."));
        }
        Ok(scopes.into_iter().collect())
    }

    /// Whether this scope is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|s| s == scope)
    }

    /// Whether every scope of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|scope| other.contains(scope))
    }

    /// The scopes of both sets together.
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// The scopes that are in both sets.
    pub fn intersection(&self, other: &Self) -> Self {
        self.iter().filter(|scope| other.contains(scope)).collect()
    }

    /// The set without this scope.
    pub fn without(&self, scope: &str) -> Self {
        self.iter().filter(|s| *s != scope).collect()
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<S: AsRef<str> + Into<String>> FromIterator<S> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        let mut set = Self::default();
        for scope in scopes {
            if !set.contains(scope.as_ref()) {
                set.0.push(scope.into());
            }
        }
        set
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl From<ScopeSet> for String {
    fn from(scopes: ScopeSet) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::from_tokens(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn a_scope_twice_counts_once_and_the_order_stays() {
        assert_eq!(scopes("openid  email openid profile ").to_string(), "openid email profile");
    }

    #[test]
    fn scopes_over_the_limit_or_outside_the_charset_are_errors() {
        assert!(ScopeSet::parse(&"a".repeat(MAX_SCOPE)).is_ok());
        for text in [&"a".repeat(MAX_SCOPE + 1), "a\"b", "a\\b", "é", "a\tb", "a\nb"] {
            assert_eq!(ScopeSet::parse(text).unwrap_err().code, ErrorCode::InvalidScope, "{text}");
        }
    }

    #[test]
    fn sets_are_sets() {
        let (a, b) = (scopes("openid email"), scopes("email phone"));
        assert_eq!(a.union(&b).to_string(), "openid email phone");
        assert_eq!(a.intersection(&b).to_string(), "email");
        assert!(scopes("email").is_subset(&a) && !b.is_subset(&a) && ScopeSet::default().is_subset(&a));
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_parsed_again(text in "\\PC{0,60}", tokens in prop::collection::vec("[!#-\\[\\]-~]{1,8}", 0..12)) {
            let _ = ScopeSet::parse(&text);
            let set: ScopeSet = tokens.into_iter().collect();
            prop_assert_eq!(&ScopeSet::parse(&set.to_string()).unwrap(), &set);
            let json = serde_json::to_string(&set).unwrap();
            prop_assert_eq!(serde_json::from_str::<ScopeSet>(&json).unwrap(), set);
        }
    }
}
