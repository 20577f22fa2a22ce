//! What the browser says about a ceremony: WebAuthn §5.8.1. The library compares less than is compared here, and reads more forms.

use serde_json::Value;

/// What the browser must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The type of the ceremony: `webauthn.create` or `webauthn.get`.
    pub kind: &'a str,
    /// The challenge, in base64url.
    pub challenge: &'a str,
    /// The origin of the page.
    pub origin: &'a str,
}

impl Expected<'_> {
    /// Why these bytes do not say it.
    pub fn problem(self, bytes: &[u8]) -> Option<&'static str> {
        let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(bytes) else {
            return Some("client data that cannot be read");
        };
        let is = |name: &str, wanted: &str| members.get(name).and_then(Value::as_str) == Some(wanted);
        match () {
            () if !is("type", self.kind) => Some("another type of ceremony"),
            () if !is("challenge", self.challenge) => Some("another challenge"),
            () if !is("origin", self.origin) => Some("another origin"),
            // A page that embeds ours, whoever shows it: §13.4.2.
            () if !matches!(members.get("crossOrigin"), None | Some(Value::Bool(false))) => {
                Some("a page within another")
            }
            () if members.contains_key("topOrigin") => Some("a page within another"),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h2_nothing_but_our_own_page_is_accepted() {
        let expected = Expected { kind: "webauthn.get", challenge: "abc_", origin: "https://id.example.com" };
        let good = r#"{"type":"webauthn.get","challenge":"abc_","origin":"https://id.example.com""#;
        for end in ["}", r#","crossOrigin":false}"#, r#","crossOrigin":false,"other":1}"#] {
            assert_eq!(expected.problem(format!("{good}{end}").as_bytes()), None, "{end}");
        }
        for (title, json) in [
            ("an array", "[]".to_owned()),
            ("no JSON", good.to_owned()),
            ("another type", format!("{good}}}").replace("get", "create")),
            ("another challenge", format!("{good}}}").replace("abc_", "abd_")),
            ("a challenge that is padded", format!("{good}}}").replace("abc_", "abc_=")),
            ("a challenge in the other alphabet", format!("{good}}}").replace("abc_", "abc/")),
            ("a challenge that is not a string", format!("{good}}}").replace("\"abc_\"", "[105,183,63]")),
            ("another host", format!("{good}}}").replace("id.", "evil.")),
            ("a host below ours", format!("{good}}}").replace("id.", "a.id.")),
            ("another port", format!("{good}}}").replace(".com", ".com:444")),
            ("another scheme", format!("{good}}}").replace("https", "http")),
            ("our origin with a path", format!("{good}}}").replace(".com", ".com/")),
            ("an origin that is not a string", format!("{good}}}").replace("\"https://id.example.com\"", "null")),
            ("within another page", format!(r#"{good},"crossOrigin":true}}"#)),
            ("within another page, in other words", format!(r#"{good},"crossOrigin":"false"}}"#)),
            ("within a page of ours", format!(r#"{good},"topOrigin":"https://id.example.com"}}"#)),
        ] {
            assert!(expected.problem(json.as_bytes()).is_some(), "{title}: {json}");
        }
    }
}
