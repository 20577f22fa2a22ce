//! The claims of a person, by scope: Core §5.1 and §5.4.

pub mod access_token;
pub mod acr;
pub mod id_token;
pub mod introspection;
pub mod userinfo;

use serde_json::{Map, Value, json};

use crate::base::clock::Timestamp;
use crate::oidc::scope::{ADDRESS, EMAIL, PHONE, PROFILE, ScopeSet};

/// The claims of `profile` that are stored as text in a person's profile. `preferred_username` and `updated_at` are
/// stored elsewhere; with them these are the fourteen of Core §5.4.
pub const PROFILE_CLAIMS: [&str; 12] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
];

/// The members of the `address` claim: Core §5.1.1.
pub const ADDRESS_MEMBERS: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// What relying parties may learn about a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// The subject, which never changes.
    pub sub: String,
    /// The profile's claims by their names, and `address`; other members are never sent.
    pub profile: Map<String, Value>,
    /// The mail address.
    pub email: Option<String>,
    /// Whether it was shown to be theirs.
    pub email_verified: bool,
    /// The phone number in E.164.
    pub phone_number: Option<String>,
    /// Whether it was shown to be theirs.
    pub phone_number_verified: bool,
    /// The name by which they sign in.
    pub preferred_username: Option<String>,
    /// When any of this was last changed.
    pub updated_at: Option<Timestamp>,
}

/// All claims that can come from scopes.
pub fn supported() -> impl Iterator<Item = &'static str> {
    let others = ["preferred_username", "updated_at", "email", "email_verified"];
    let last = ["address", "phone_number", "phone_number_verified"];
    PROFILE_CLAIMS.into_iter().chain(others).chain(last)
}

/// Whether these scopes ask for any claims of a person.
pub fn asked_for(scope: &ScopeSet) -> bool {
    [PROFILE, EMAIL, ADDRESS, PHONE].into_iter().any(|claims| scope.contains(claims))
}

/// The person's claims that these scopes ask for, with their defined types; claims without a value are left out
/// (Core §5.3.2).
pub fn for_scope(person: &Person, scope: &ScopeSet) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    if scope.contains(PROFILE) {
        for name in PROFILE_CLAIMS {
            put(name, text(&person.profile, name));
        }
        put("preferred_username", person.preferred_username.as_deref().and_then(nonempty));
        put("updated_at", person.updated_at.map(|at| json!(at.seconds())));
    }
    if scope.contains(EMAIL) {
        let email = person.email.as_deref().and_then(nonempty);
        put("email_verified", email.as_ref().map(|_| json!(person.email_verified)));
        put("email", email);
    }
    if scope.contains(ADDRESS) {
        put("address", person.profile.get("address").and_then(Value::as_object).and_then(address));
    }
    if scope.contains(PHONE) {
        let phone = person.phone_number.as_deref().and_then(nonempty);
        put("phone_number_verified", phone.as_ref().map(|_| json!(person.phone_number_verified)));
        put("phone_number", phone);
    }
    claims
}

fn address(members: &Map<String, Value>) -> Option<Value> {
    let members: Map<String, Value> =
        ADDRESS_MEMBERS.into_iter().filter_map(|name| Some((name.to_owned(), text(members, name)?))).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

fn text(map: &Map<String, Value>, name: &str) -> Option<Value> {
    map.get(name).and_then(Value::as_str).and_then(nonempty)
}

fn nonempty(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Person {
        let profile = json!({
            "name": "Alice", "nickname": "", "birthdate": null, "gender": 1, "roles": ["admin"], "email": "other@example.com",
            "address": { "locality": "Bern", "region": "", "planet": "Earth" },
        });
        Person {
            sub: "1".to_owned(),
            profile: profile.as_object().unwrap().clone(),
            email: Some("alice@example.com".to_owned()),
            email_verified: true,
            phone_number: Some("+41310000000".to_owned()),
            phone_number_verified: false,
            preferred_username: Some("alice".to_owned()),
            updated_at: Some(Timestamp::from_micros(5_500_000)),
        }
    }

    #[test]
    fn each_scope_brings_its_claims_with_their_types() {
        for (scope, claims) in [
            ("openid", json!({})),
            ("openid profile", json!({ "name": "Alice", "preferred_username": "alice", "updated_at": 5 })),
            ("email", json!({ "email": "alice@example.com", "email_verified": true })),
            ("address", json!({ "address": { "locality": "Bern" } })),
            ("phone", json!({ "phone_number": "+41310000000", "phone_number_verified": false })),
        ] {
            assert_eq!(Value::Object(for_scope(&alice(), &ScopeSet::parse(scope).unwrap())), claims, "{scope}");
        }
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let nobody = Person { email: Some(String::new()), ..Person::default() };
        assert!(for_scope(&nobody, &ScopeSet::standard()).is_empty());
    }

    #[test]
    fn the_scopes_of_core_ask_for_nineteen_claims() {
        assert_eq!(supported().count(), 14 + 2 + 1 + 2);
    }
}
