//! What settings say about the claims of other providers.

use serde_json::{Map, Value as Json};

use crate::config::source::Raw;
use crate::config::value::{Value, quoted};

/// A place among the claims of somebody: a name, or a JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim(String);

impl Claim {
    /// The claim of this name.
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// What is there.
    pub fn find<'a>(&self, claims: &'a Map<String, Json>) -> Option<&'a Json> {
        let Some(pointer) = self.0.strip_prefix('/') else { return claims.get(&self.0) };
        // The first step is ours, since a map is no value; RFC 6901 §4 for its two escapes.
        let (first, rest) = pointer.split_once('/').map_or((pointer, None), |(first, rest)| (first, Some(rest)));
        let found = claims.get(&first.replace("~1", "/").replace("~0", "~"))?;
        rest.map_or(Some(found), |rest| found.pointer(&format!("/{rest}")))
    }

    /// Its text: a text, or a whole number as its digits.
    pub fn text(&self, claims: &Map<String, Json>) -> Option<String> {
        text(self.find(claims)?)
    }

    /// Takes it away, with all that is below the same first name.
    pub fn remove(&self, claims: &mut Map<String, Json>) {
        let first = self.0.strip_prefix('/').map_or(&*self.0, |pointer| pointer.split('/').next().unwrap_or_default());
        claims.remove(&first.replace("~1", "/").replace("~0", "~"));
    }

    /// Whether it is true: some providers write that as text or as a number.
    pub fn holds(&self, claims: &Map<String, Json>) -> bool {
        self.find(claims).is_some_and(|found| match found {
            Json::Bool(yes) => *yes,
            Json::Number(number) => number.as_u64() == Some(1),
            Json::String(text) => text == "true" || text == "1",
            _ => false,
        })
    }

    /// Whether it has this value, or is a list that does.
    fn has(&self, claims: &Map<String, Json>, value: &str) -> bool {
        let is = |one: &Json| {
            text(one).as_deref() == Some(value) || matches!(one, Json::Bool(it) if it.to_string() == value)
        };
        self.find(claims).is_some_and(|found| match found {
            Json::Array(all) => all.iter().any(is),
            one => is(one),
        })
    }
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// The two ends of a template, and the name in braces between them.
pub fn parts(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// A claim with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    claim: Claim,
    value: String,
}

impl Condition {
    fn parse(text: &str) -> Option<Self> {
        let (claim, value) = text.split_once('=')?;
        let (claim, value) = (claim.trim(), value.trim());
        (!claim.is_empty() && !value.is_empty()).then(|| Self { claim: Claim::named(claim), value: value.to_owned() })
    }

    /// Whether somebody with these claims meets it.
    pub fn is_met(&self, claims: &Map<String, Json>) -> bool {
        self.claim.has(claims, &self.value)
    }

    fn written(&self) -> String {
        format!("{}={}", self.claim.0, self.value)
    }
}

/// A role that a claim gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRule {
    condition: Condition,
    /// The role.
    pub role: String,
}

impl RoleRule {
    /// Whether somebody with these claims has it.
    pub fn gives(&self, claims: &Map<String, Json>) -> bool {
        self.condition.is_met(claims)
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Claim {
    fn expected() -> String {
        "the name of a claim, or a JSON pointer".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        String::parse(raw).map(Self)
    }
    fn render(&self) -> String {
        quoted(&self.0)
    }
}

impl Value for Condition {
    fn expected() -> String {
        "a claim, = and a value, such as \"hd=northwind.example\"".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        raw.text().and_then(Self::parse).ok_or_else(<Self as Value>::expected)
    }
    fn render(&self) -> String {
        quoted(&self.written())
    }
}

impl Value for RoleRule {
    fn expected() -> String {
        "a claim, = and a value, -> and a role, such as \"groups=admins -> administrator\"".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let read = |text: &str| {
            let (condition, role) = text.rsplit_once("->")?;
            let role = role.trim();
            // The same as for a role that is given here.
            let is_name = !role.is_empty() && role.len() <= 100 && !role.contains(char::is_whitespace);
            let is_written = role == "administrator" || !role.eq_ignore_ascii_case("administrator");
            let is_role = is_name && is_written && !role.contains(char::is_control);
            is_role.then_some(Self { condition: Condition::parse(condition)?, role: role.to_owned() })
        };
        raw.text().and_then(read).ok_or_else(<Self as Value>::expected)
    }
    fn render(&self) -> String {
        quoted(&format!("{} -> {}", self.condition.written(), self.role))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(claims: Json) -> Map<String, Json> {
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_by_a_pointer() {
        let claims = of(json!({ "sub": "1", "data": { "id": 7, "a/b": { "c": ["x"] } }, "/odd": true, "a/b": "y" }));
        for (claim, found) in [
            ("sub", Some("1")),
            ("/sub", Some("1")),
            ("/data/id", Some("7")),
            ("/data/a~1b/c/0", Some("x")),
            ("/a~1b", Some("y")),
            ("data", None),
            ("/data/none", None),
            ("none", None),
        ] {
            assert_eq!(Claim::named(claim).text(&claims).as_deref(), found, "{claim}");
        }
    }

    #[test]
    fn a_condition_is_met_by_a_value_and_by_a_list_that_has_it() {
        let claims = of(json!({ "hd": "northwind.example", "groups": ["a", "admins"], "n": 5, "yes": true }));
        for (condition, met) in [
            ("hd=northwind.example", true),
            ("hd = northwind.example", true),
            ("hd=northwind", false),
            ("hd=Northwind.example", false),
            ("groups=admins", true),
            ("groups=admin", false),
            ("/groups/0=a", true),
            ("n=5", true),
            ("yes=true", true),
            ("none=", false),
            ("none=x", false),
        ] {
            assert_eq!(Condition::parse(condition).is_some_and(|it| it.is_met(&claims)), met, "{condition}");
        }
    }

    #[test]
    fn a_rule_for_a_role_is_read_and_written() {
        let read = |text: &str| RoleRule::parse(&Raw::Text(text.to_owned()));
        let rule = read("groups=a->b -> administrator").unwrap();
        assert_eq!((rule.role.as_str(), rule.render().as_str()), ("administrator", "\"groups=a->b -> administrator\""));
        for wrong in [
            "groups=a",
            "groups -> administrator",
            "groups=a ->",
            "-> administrator",
            "groups=a -> Administrator",
            "groups=a -> two words",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
