//! The claims of a profile that an operator can set: OIDC Core §5.1.

use serde_json::{Map, Value};
use unic_langid::LanguageIdentifier;
use url::Url;

use crate::oidc::claims::{ADDRESS_MEMBERS, PROFILE_CLAIMS};

/// The longest value, in characters.
pub const LONGEST: usize = 256;

/// A claim that is stored in the profile, or a member of its `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim(&'static str);

/// The claim of the postal address, which has members.
const ADDRESS: &str = "address";

impl Claim {
    /// All claims; the members of `address` are listed by their own names.
    pub fn all() -> impl Iterator<Item = Self> {
        PROFILE_CLAIMS.into_iter().chain(ADDRESS_MEMBERS).map(Self)
    }

    /// The claim of this name.
    #[cfg(test)]
    fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|claim| claim.0 == name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    fn is_of_address(self) -> bool {
        ADDRESS_MEMBERS.contains(&self.0)
    }

    /// Checks a value; the error says what it should be.
    pub fn check(self, value: &str) -> Result<(), &'static str> {
        let lines = matches!(self.0, "formatted" | "street_address");
        if value.trim().is_empty() || value.chars().count() > LONGEST {
            return Err("allowed: 1 to 256 characters");
        }
        if value.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
            return Err("allowed: text without control characters");
        }
        let allowed = match self.0 {
            "profile" | "picture" | "website" => {
                Url::parse(value).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
            }
            "birthdate" => is_date(value),
            "zoneinfo" => {
                let mut letters = value.chars();
                letters.next().is_some_and(|first| first.is_ascii_alphabetic())
                    && letters.all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c))
            }
            "locale" => value.parse::<LanguageIdentifier>().is_ok(),
            _ => true,
        };
        let why = match self.0 {
            "birthdate" => "allowed: YYYY-MM-DD, YYYY, or 0000-MM-DD without the year",
            "zoneinfo" => "allowed: the name of a time zone, such as Europe/Zurich",
            "locale" => "allowed: a language tag, such as en or pt-BR",
            _ => "allowed: a URL that begins with https: or http:",
        };
        if allowed { Ok(()) } else { Err(why) }
    }

    /// Sets or removes the claim in a profile.
    pub fn put(self, profile: &mut Map<String, Value>, value: Option<&str>) {
        if !self.is_of_address() {
            match value {
                Some(value) => drop(profile.insert(self.0.to_owned(), value.into())),
                None => drop(profile.remove(self.0)),
            }
            return;
        }
        let mut address = profile.remove(ADDRESS).and_then(|it| it.as_object().cloned()).unwrap_or_default();
        match value {
            Some(value) => drop(address.insert(self.0.to_owned(), value.into())),
            None => drop(address.remove(self.0)),
        }
        if !address.is_empty() {
            profile.insert(ADDRESS.to_owned(), Value::Object(address));
        }
    }

    /// The claim's value in a profile.
    pub fn get(self, profile: &Map<String, Value>) -> Option<&str> {
        let holder = if self.is_of_address() { profile.get(ADDRESS)?.as_object()? } else { profile };
        holder.get(self.0)?.as_str()
    }
}

/// Whether this is a date, a year, or a date of the year 0000: OIDC Core §5.1.
fn is_date(text: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let within = |text: &str, most| digits(text, 2) && text.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    match text.split('-').collect::<Vec<_>>()[..] {
        [year] => digits(year, 4),
        [year, month, day] => digits(year, 4) && within(month, 12) && within(day, 31),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str) -> Claim {
        Claim::from_name(name).unwrap()
    }

    #[test]
    fn each_claim_has_the_form_that_core_defines() {
        for (name, good, bad) in [
            ("name", "Alice", ""),
            ("name", "Алиса", "a\u{7}"),
            ("formatted", "Lane 1\nBern", "a\tb"),
            ("website", "https://alice.example", "javascript:alert(1)"),
            ("birthdate", "1990-02-28", "28.2.1990"),
            ("birthdate", "0000-02-28", "1990-13-01"),
            ("birthdate", "1990", "1990-02"),
            ("zoneinfo", "Europe/Zurich", "Zürich"),
            ("locale", "pt-BR", "in English"),
        ] {
            assert_eq!(claim(name).check(good), Ok(()), "{name} {good}");
            assert!(claim(name).check(bad).is_err(), "{name} {bad}");
        }
        assert!(claim("name").check(&"a".repeat(257)).is_err());
        assert_eq!(Claim::from_name("email"), None, "identifiers are no claims of the profile");
    }

    #[test]
    fn members_of_the_address_are_kept_together_and_go_together() {
        let mut profile = Map::new();
        claim("locality").put(&mut profile, Some("Bern"));
        claim("country").put(&mut profile, Some("CH"));
        claim("name").put(&mut profile, Some("Alice"));
        assert_eq!(
            serde_json::json!(profile),
            serde_json::json!({ "name": "Alice", "address": { "locality": "Bern", "country": "CH" } })
        );
        assert_eq!(claim("country").get(&profile), Some("CH"));
        claim("locality").put(&mut profile, None);
        claim("country").put(&mut profile, None);
        claim("name").put(&mut profile, None);
        assert!(profile.is_empty());
    }
}
