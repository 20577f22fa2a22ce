//! What a presented refresh token leads to: RFC 6749 §6, RFC 9700 §4.14.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::{SKEW, Timestamp};
use crate::base::id::Id;
use crate::base::token::TokenHash;
use crate::oidc::difference::Difference;
use crate::oidc::error::{Error, ErrorCode};
use crate::oidc::scope::{OFFLINE_ACCESS, ScopeSet};

/// How many rotations are remembered. After this many within one grace period the newest token is not rotated for a
/// while, so that the holders of all older ones still find it: fifty tabs that are restored at once do not cause fifty
/// rotations.
pub const MOST_ROTATIONS: usize = 8;

/// A rotation that is remembered for the grace period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// The token that was presented.
    pub hash: TokenHash,
    /// When it was presented.
    pub at: Timestamp,
    /// Its successor, sealed so that only the holder of the presented token can open it.
    pub sealed: String,
}

/// A family of refresh tokens, each the successor of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The grant that it refreshes.
    pub grant_id: Id,
    /// The client that it belongs to.
    pub client_row: Id,
    /// The token that is valid now.
    pub current_hash: TokenHash,
    /// The token before it. As long as it is stored, the current one has not been used.
    pub previous_hash: Option<TokenHash>,
    /// When the current one was made, from the previous one if there is one.
    pub rotated_at: Timestamp,
    /// The last rotations, oldest first; each made the token that was presented in the next one.
    pub rotations: Vec<Rotation>,
    /// When the family ends if it is not used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
}

impl Family {
    /// Which end of the family has passed, and since when.
    pub fn expiry(&self, now: Timestamp) -> Difference {
        let late = |end: Timestamp| format!("{} s after its end", now.since(end).as_secs());
        if now >= self.expires_at {
            let expected = "before it (tokens.refresh_absolute, however often it is used)";
            return Difference::new("refresh_token", late(self.expires_at), expected);
        }
        Difference::new(
            "refresh_token",
            late(self.idle_expires_at),
            "before it (tokens.refresh_idle, without being used)",
        )
    }

    /// The rotations within the grace period.
    fn recent(&self, grace: Duration, now: Timestamp) -> &[Rotation] {
        let recent = |rotation: &&Rotation| is_recent(rotation.at, grace, now);
        let count = self.rotations.iter().rev().take_while(recent).count();
        &self.rotations[self.rotations.len() - count..]
    }

    /// The rotations to remember after a token was presented and got this sealed successor.
    pub fn rotated(&self, presented: &TokenHash, sealed: String, grace: Duration, now: Timestamp) -> Vec<Rotation> {
        let recent = self.recent(grace, now);
        // Drop an earlier successor of the presented token and all rotations after it.
        let mut kept: Vec<_> = recent.iter().take_while(|rotation| rotation.hash != *presented).cloned().collect();
        kept.push(Rotation { hash: presented.clone(), at: now, sealed });
        let surplus = kept.len().saturating_sub(MOST_ROTATIONS);
        kept.split_off(surplus)
    }

    /// Follows successors from a token to the newest one of the family; `open` opens the successor of a token with this
    /// hash. `None` if they do not lead there.
    pub fn newest<T>(
        &self,
        presented: T,
        hash: impl Fn(&T) -> TokenHash,
        open: impl Fn(&T, &TokenHash) -> Option<T>,
    ) -> Option<T> {
        let mut token = presented;
        for _ in 0..=MOST_ROTATIONS {
            let of = hash(&token);
            if of == self.current_hash {
                return Some(token);
            }
            token = open(&token, &of)?;
        }
        None
    }
}

/// Whether a moment lies within the grace period. A moment far in the future comes from before the clock was set back;
/// it does not count, since it would stay recent until the clock has caught up.
fn is_recent(at: Timestamp, grace: Duration, now: Timestamp) -> bool {
    now.since(at) <= grace && at.since(now) <= SKEW
}

/// What to do with a family when one of its tokens is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshVerdict {
    /// The current one: make a successor.
    Rotate,
    /// The current one: return it unchanged.
    Keep,
    /// One that was rotated a moment ago: answer with the newest, the same for all (tabs, replicas, a retry).
    Newest,
    /// The previous one, later: put another successor in place of the unused one (an answer that never arrived).
    AnotherSuccessor,
    /// An older one, or one that was replaced: someone has a copy. Revoke the family, commit, and refuse.
    Replayed,
    /// Refuse: the family has expired.
    Expired,
}

/// Judges a token by its hash; the family was found by the token's handle.
pub fn judge(family: &Family, presented: &TokenHash, rotates: bool, grace: Duration, now: Timestamp) -> RefreshVerdict {
    let previous = family.previous_hash.as_ref() == Some(presented);
    let recent = family.recent(grace, now);
    let rotated = recent.iter().any(|rotation| rotation.hash == *presented);
    if *presented != family.current_hash && !previous && !rotated {
        return RefreshVerdict::Replayed;
    }
    if now >= family.idle_expires_at || now >= family.expires_at {
        return RefreshVerdict::Expired;
    }
    if *presented == family.current_hash {
        return if rotates && recent.len() < MOST_ROTATIONS { RefreshVerdict::Rotate } else { RefreshVerdict::Keep };
    }
    if rotated || now.since(family.rotated_at) <= grace {
        RefreshVerdict::Newest
    } else {
        RefreshVerdict::AnotherSuccessor
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

    /// A family whose second token was made from its first so many seconds ago.
    fn family(rotated: i64) -> Family {
        Family {
            grant_id: "grant".into(),
            client_row: "client".into(),
            current_hash: hash("second"),
            previous_hash: Some(hash("first")),
            rotated_at: Timestamp::from_seconds(1_000 - rotated),
            rotations: vec![],
            idle_expires_at: Timestamp::from_seconds(1_001),
            expires_at: Timestamp::from_seconds(1_001),
        }
    }

    /// A rotation so many seconds ago.
    fn rotation(of: &str, ago: i64) -> Rotation {
        Rotation { hash: hash(of), at: Timestamp::from_seconds(1_000 - ago), sealed: String::new() }
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_stretch_the_grace_period() {
        let old = hash("older");
        let mut family = family(0);
        family.rotations = vec![Rotation { hash: old.clone(), at: NOW, sealed: String::new() }];
        for (back, verdict) in [
            (0, RefreshVerdict::Newest),
            (59, RefreshVerdict::Newest),
            (61, RefreshVerdict::Replayed),
            (3_600, RefreshVerdict::Replayed),
        ] {
            let now = NOW - Duration::from_secs(back);
            assert_eq!(judge(&family, &old, true, GRACE, now), verdict, "{back} s");
        }
    }

    #[test]
    fn what_a_presented_token_leads_to() {
        let tabs = Family { rotations: vec![rotation("zeroth", 20), rotation("first", 5)], ..family(5) };
        let gone = Family { rotations: vec![rotation("zeroth", 31), rotation("first", 5)], ..family(5) };
        let jumped = Family { rotations: vec![rotation("zeroth", -900), rotation("first", 31)], ..family(31) };
        let full = Family { rotations: (0..8).map(|n| rotation(&n.to_string(), 10)).collect(), ..family(5) };
        let almost = Family { rotations: full.rotations[1..].to_vec(), ..family(5) };
        let rested = Family { rotations: (0..8).map(|n| rotation(&n.to_string(), 31)).collect(), ..family(31) };
        let new = Family { previous_hash: None, current_hash: hash("first"), ..family(0) };
        let idle = Family { idle_expires_at: NOW, ..family(0) };
        let old = Family { expires_at: NOW, ..family(0) };
        for (name, family, presented, rotates, verdict) in [
            ("the first ever", new.clone(), "first", true, RefreshVerdict::Rotate),
            ("the first ever, kept", new.clone(), "first", false, RefreshVerdict::Keep),
            ("b8 the right handle, a wrong secret", new, "wrong", false, RefreshVerdict::Replayed),
            ("the current one", family(5), "second", true, RefreshVerdict::Rotate),
            ("b9 the previous one at once", family(0), "first", true, RefreshVerdict::Newest),
            ("b9 the previous one after 30 s", family(30), "first", true, RefreshVerdict::Newest),
            ("b9 the previous one after 31 s", family(31), "first", true, RefreshVerdict::AnotherSuccessor),
            ("b9 the previous one after hours", family(900), "first", true, RefreshVerdict::AnotherSuccessor),
            ("the previous one, and rotation was switched off", family(5), "first", false, RefreshVerdict::Newest),
            ("the previous one, and the clock jumped back", family(-900), "first", true, RefreshVerdict::Newest),
            ("b8 an older or replaced one", family(5), "zeroth", true, RefreshVerdict::Replayed),
            (
                "b8 one before the previous, its rotation a moment ago",
                tabs.clone(),
                "zeroth",
                true,
                RefreshVerdict::Newest,
            ),
            ("the previous one of these", tabs.clone(), "first", true, RefreshVerdict::Newest),
            ("the current one of these", tabs, "second", true, RefreshVerdict::Rotate),
            ("b8 one before the previous, its rotation 31 s ago", gone, "zeroth", true, RefreshVerdict::Replayed),
            ("one that a clock that jumped back has left behind", jumped, "zeroth", true, RefreshVerdict::Replayed),
            ("the current one after eight rotations at once", full.clone(), "second", true, RefreshVerdict::Keep),
            ("the oldest of these", full, "0", true, RefreshVerdict::Newest),
            ("the current one after seven", almost, "second", true, RefreshVerdict::Rotate),
            ("the current one after eight, half a minute later", rested, "second", true, RefreshVerdict::Rotate),
            ("idle for too long", idle.clone(), "second", true, RefreshVerdict::Expired),
            ("idle for too long, the previous one", idle.clone(), "first", true, RefreshVerdict::Expired),
            ("idle for too long, an older one", idle, "zeroth", true, RefreshVerdict::Replayed),
            ("too old altogether", old, "second", false, RefreshVerdict::Expired),
        ] {
            assert_eq!(judge(&family, &hash(presented), rotates, GRACE, NOW), verdict, "{name}");
        }
    }

    #[test]
    fn without_grace_a_retry_gets_another_successor() {
        assert_eq!(judge(&family(1), &hash("first"), true, Duration::ZERO, NOW), RefreshVerdict::AnotherSuccessor);
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

    #[test]
    fn what_is_remembered_of_rotations_is_young_few_and_leads_to_the_newest() {
        let names = |rotations: Vec<Rotation>| rotations.into_iter().map(|each| each.hash).collect::<Vec<_>>();
        let rotated = |family: &Family, of: &str| names(family.rotated(&hash(of), "x".to_owned(), GRACE, NOW));
        let old = Family { rotations: vec![rotation("zeroth", 31), rotation("first", 30)], ..family(30) };
        assert_eq!(rotated(&old, "second"), [hash("first"), hash("second")]);
        // The previous one gets another successor, which replaces the earlier one.
        let tabs = Family { rotations: vec![rotation("zeroth", 9), rotation("first", 5)], ..family(5) };
        assert_eq!(rotated(&tabs, "first"), [hash("zeroth"), hash("first")]);
        assert_eq!(rotated(&tabs, "zeroth"), [hash("zeroth")]);
        let full = Family { rotations: (0..8).map(|n| rotation(&n.to_string(), 10)).collect(), ..family(5) };
        assert_eq!(rotated(&full, "second").len(), MOST_ROTATIONS);
    }

    /// Tabs of one browser that share a family, and the provider's row, which they change. A token is a name, and a
    /// sealed token is the name itself.
    struct Tabs {
        family: Family,
        now: Timestamp,
        made: usize,
        /// What each tab holds.
        holds: Vec<String>,
    }

    /// A request under way: its token, the family as it last read it, and how often it has read it.
    struct Underway {
        tab: usize,
        token: String,
        saw: Family,
        looks: usize,
    }

    impl Tabs {
        fn new(count: usize) -> Self {
            let family = Family {
                grant_id: "grant".into(),
                client_row: "client".into(),
                current_hash: hash("0"),
                previous_hash: None,
                rotated_at: NOW,
                rotations: vec![],
                idle_expires_at: Timestamp::from_seconds(100_000),
                expires_at: Timestamp::from_seconds(100_000),
            };
            Self { family, now: NOW, made: 0, holds: vec!["0".to_owned(); count] }
        }

        fn present(&self, tab: usize) -> Underway {
            Underway { tab, token: self.holds[tab].clone(), saw: self.family.clone(), looks: 1 }
        }

        /// Continues a request as the endpoint does: a verdict on the family that it read, then one guarded write.
        /// `Err` with the verdict if it is refused, `Ok(None)` if another request was faster.
        fn answer(&mut self, request: &Underway) -> Result<Option<String>, RefreshVerdict> {
            let (token, saw) = (request.token.clone(), &request.saw);
            let presented = hash(&token);
            let verdict = judge(saw, &presented, true, GRACE, self.now);
            let (answer, rotations) = match verdict {
                RefreshVerdict::Keep => (token, None),
                RefreshVerdict::Newest => {
                    let open = |_: &String, hash: &TokenHash| {
                        saw.rotations.iter().rev().find(|each| each.hash == *hash).map(|each| each.sealed.clone())
                    };
                    (saw.newest(token, |token| hash(token), open).expect("leads to the newest"), None)
                }
                RefreshVerdict::Rotate | RefreshVerdict::AnotherSuccessor => {
                    let next = (self.made + 1).to_string();
                    (next.clone(), Some(saw.rotated(&presented, next, GRACE, self.now)))
                }
                refused => return Err(refused),
            };
            if self.family.current_hash != saw.current_hash {
                return Ok(None);
            }
            if let Some(rotations) = rotations {
                self.made += 1;
                self.family.current_hash = hash(&answer);
                self.family.previous_hash = Some(presented);
                self.family.rotated_at = self.now;
                self.family.rotations = rotations;
            }
            Ok(Some(answer))
        }
    }

    proptest! {
        #[test]
        fn a_strange_token_never_gets_anything(presented in "\\PC{0,20}", rotated in -100i64..1_000, rotates in any::<bool>()) {
            prop_assume!(presented != "first" && presented != "second");
            prop_assert_eq!(judge(&family(rotated), &hash(&presented), rotates, GRACE, NOW), RefreshVerdict::Replayed);
        }

        // Each tab asks twice, without a pause. Each step is one of all possible next events: a tab sends its token, or
        // a request continues; then a moment passes. One answer in ten is lost, and its tab tries again.
        #[test]
        fn b10_fifty_tabs_in_every_order_are_never_signed_out_and_leave_one_branch(
            order in prop::collection::vec((any::<prop::sample::Index>(), 0u8..10), 0..800),
        ) {
            let mut tabs = Tabs::new(50);
            let (mut waiting, mut underway): (Vec<usize>, Vec<Underway>) = ((0..50).chain(0..50).collect(), Vec::new());
            let mut order = order.into_iter();
            while !(waiting.is_empty() && underway.is_empty()) {
                let step = order.next();
                let (all, luck) = (waiting.len() + underway.len(), step.map_or(9, |(_, luck)| luck));
                let at = step.map_or(all - 1, |(index, _)| index.index(all));
                tabs.now = tabs.now + Duration::from_millis(step.map_or(0, |_| u64::from(luck) * 4));
                if at < waiting.len() {
                    underway.push(tabs.present(waiting.remove(at)));
                    continue;
                }
                let request = underway.remove(at - waiting.len());
                match tabs.answer(&request) {
                    Ok(Some(_)) if luck == 0 => waiting.push(request.tab),
                    Ok(Some(answer)) => tabs.holds[request.tab] = answer,
                    Ok(None) => {
                        prop_assert!(request.looks < 2 * MOST_ROTATIONS, "looks again and again");
                        let looks = request.looks + 1;
                        underway.push(Underway { token: request.token, looks, ..tabs.present(request.tab) });
                    }
                    Err(verdict) => prop_assert!(false, "a tab is signed out: {:?}", verdict),
                }
            }
            prop_assert!(tabs.now.since(NOW) <= GRACE);
            prop_assert!(tabs.family.rotations.len() <= MOST_ROTATIONS);
            // Every tab reaches the newest token of the one remaining branch.
            for tab in 0..50 {
                let answer = tabs.answer(&tabs.present(tab)).expect("nobody is signed out").expect("nobody is faster");
                prop_assert_eq!(hash(&answer), tabs.family.current_hash.clone());
            }
            // A stolen old token is detected after the grace period, once the newest was used twice.
            let (stolen, newest) = ("0".to_owned(), tabs.made.to_string());
            prop_assert_ne!(&stolen, &newest);
            for _ in 0..2 {
                tabs.now = tabs.now + GRACE + Duration::from_secs(1);
                tabs.holds[0] = tabs.made.to_string();
                tabs.holds[0] = tabs.answer(&tabs.present(0)).expect("good").expect("alone");
            }
            tabs.holds[1] = stolen;
            prop_assert_eq!(tabs.answer(&tabs.present(1)), Err(RefreshVerdict::Replayed));
        }
    }
}
