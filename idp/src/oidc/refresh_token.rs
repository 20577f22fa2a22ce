//! What a presented refresh token leads to: RFC 6749 §6, RFC 9700 §4.14.

use std::time::Duration;

use super::difference::Difference;
use super::error::{Error, ErrorCode};
use super::scope::{OFFLINE_ACCESS, ScopeSet};
use crate::base::clock::Timestamp;
use crate::base::token::TokenHash;

/// A family of refresh tokens, each the successor of the one before, as far as a refresh depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The token that is valid now.
    pub current_hash: TokenHash,
    /// The one before it. That this is still kept means that the current one was never used.
    pub previous_hash: Option<TokenHash>,
    /// When the current one was made of the previous one.
    pub rotated_at: Option<Timestamp>,
    /// When the family ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What to do with a family one of whose tokens was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The current one: make a successor.
    Rotate,
    /// The current one, and it stays.
    Keep,
    /// The previous one, a moment after it was used: answer with the same successor (two tabs, a retry).
    SameSuccessor,
    /// The previous one, later: put another successor in place of the unused one (an answer that never arrived).
    AnotherSuccessor,
    /// An older one, or one that was replaced: someone has a copy. Revoke the family, commit, and refuse.
    Replayed,
    /// Refuse: its time is over.
    Expired,
    /// Refuse: it was revoked.
    Revoked,
}

/// Judges a token by its hash; its handle led to this family.
pub fn judge(family: &Family, presented: &TokenHash, rotates: bool, grace: Duration, now: Timestamp) -> Verdict {
    if family.revoked_at.is_some() {
        return Verdict::Revoked;
    }
    let previous = family.previous_hash.as_ref() == Some(presented);
    if *presented != family.current_hash && !previous {
        return Verdict::Replayed;
    }
    if now >= family.idle_expires_at || now >= family.expires_at {
        return Verdict::Expired;
    }
    if !previous {
        return if rotates { Verdict::Rotate } else { Verdict::Keep };
    }
    match family.rotated_at {
        Some(rotated_at) if now.since(rotated_at) <= grace => Verdict::SameSuccessor,
        _ => Verdict::AnotherSuccessor,
    }
}

/// The scope of a refresh: what was granted, or less if less is asked (RFC 6749 §6).
///
/// `offline_access` that was not granted is ignored: some clients repeat the scope that they first asked for.
pub fn scope(granted: &ScopeSet, asked: Option<&ScopeSet>) -> Result<ScopeSet, Error> {
    let asked = asked.map(|asked| match granted.contains(OFFLINE_ACCESS) {
        true => asked.clone(),
        false => asked.without(OFFLINE_ACCESS),
    });
    match asked.filter(|asked| !asked.is_empty()) {
        None => Ok(granted.clone()),
        Some(asked) if asked.is_subset(granted) => Ok(asked),
        Some(asked) => Err(Error::new(ErrorCode::InvalidScope, "A refresh cannot give more than was granted.")
            .because(Difference::new("scope", asked.to_string(), granted.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);
    const GRACE: Duration = Duration::from_secs(30);

    fn hash(name: &str) -> TokenHash {
        TokenHash::of(name)
    }

    /// A family whose second token was made of its first so many seconds ago.
    fn family(rotated: i64) -> Family {
        Family {
            current_hash: hash("second"),
            previous_hash: Some(hash("first")),
            rotated_at: Some(Timestamp::from_seconds(1_000 - rotated)),
            idle_expires_at: Timestamp::from_seconds(1_001),
            expires_at: Timestamp::from_seconds(1_001),
            revoked_at: None,
        }
    }

    #[test]
    fn what_a_presented_token_leads_to() {
        let new = Family { previous_hash: None, rotated_at: None, current_hash: hash("first"), ..family(0) };
        let idle = Family { idle_expires_at: NOW, ..family(0) };
        let old = Family { expires_at: NOW, ..family(0) };
        let revoked = Family { revoked_at: Some(NOW), ..family(0) };
        for (name, family, presented, rotates, verdict) in [
            ("the first ever", new.clone(), "first", true, Verdict::Rotate),
            ("the first ever, kept", new.clone(), "first", false, Verdict::Keep),
            ("b8 the right handle, a wrong secret", new, "wrong", false, Verdict::Replayed),
            ("the current one", family(5), "second", true, Verdict::Rotate),
            ("b9 the previous one at once", family(0), "first", true, Verdict::SameSuccessor),
            ("b9 the previous one after 30 s", family(30), "first", true, Verdict::SameSuccessor),
            ("b9 the previous one after 31 s", family(31), "first", true, Verdict::AnotherSuccessor),
            ("b9 the previous one after hours", family(900), "first", true, Verdict::AnotherSuccessor),
            ("the previous one, and rotation was switched off", family(5), "first", false, Verdict::SameSuccessor),
            ("the previous one, and the clock jumped back", family(-900), "first", true, Verdict::SameSuccessor),
            ("b8 an older or replaced one", family(5), "zeroth", true, Verdict::Replayed),
            ("idle for too long", idle.clone(), "second", true, Verdict::Expired),
            ("idle for too long, the previous one", idle.clone(), "first", true, Verdict::Expired),
            ("idle for too long, an older one", idle, "zeroth", true, Verdict::Replayed),
            ("too old altogether", old, "second", false, Verdict::Expired),
            ("revoked", revoked.clone(), "second", true, Verdict::Revoked),
            ("revoked, an older one", revoked, "zeroth", true, Verdict::Revoked),
        ] {
            assert_eq!(judge(&family, &hash(presented), rotates, GRACE, NOW), verdict, "{name}");
        }
    }

    #[test]
    fn without_grace_a_retry_gets_another_successor() {
        assert_eq!(judge(&family(1), &hash("first"), true, Duration::ZERO, NOW), Verdict::AnotherSuccessor);
    }

    #[test]
    fn b12_a_refresh_gives_no_more_than_was_granted() {
        let scopes = |text: &str| ScopeSet::parse(text).unwrap();
        let granted = scopes("openid email");
        assert_eq!(scope(&granted, None).unwrap(), granted);
        assert_eq!(scope(&granted, Some(&scopes("email openid"))).unwrap().to_string(), "email openid");
        assert_eq!(scope(&granted, Some(&scopes("email"))).unwrap().to_string(), "email");
        assert_eq!(scope(&granted, Some(&scopes("email phone"))).unwrap_err().code, ErrorCode::InvalidScope);
        assert_eq!(scope(&granted, Some(&scopes("openid offline_access"))).unwrap().to_string(), "openid");
        assert_eq!(scope(&granted, Some(&scopes("offline_access"))).unwrap(), granted);
        assert!(scope(&granted, Some(&scopes("openid offline_access phone"))).is_err());
        let offline = scopes("openid offline_access");
        assert_eq!(scope(&offline, Some(&offline)).unwrap(), offline);
    }

    proptest! {
        #[test]
        fn a_strange_token_never_gets_anything(presented in "\\PC{0,20}", rotated in -100i64..1_000, rotates in any::<bool>()) {
            prop_assume!(presented != "first" && presented != "second");
            prop_assert_eq!(judge(&family(rotated), &hash(&presented), rotates, GRACE, NOW), Verdict::Replayed);
        }
    }
}
