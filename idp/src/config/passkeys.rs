//! `[passkeys]`: the domain that passkeys belong to.

use url::Url;

use super::issuer::Issuer;
use super::reader::{if_set, rule, section};

section! {
    /// The domain that passkeys belong to (WebAuthn). It is part of each of them, and cannot be changed in any.
    pub struct Passkeys("passkeys") {
        /// The domain of passkeys: that of the issuer, one above it, or the former one after a move, whose
        /// `/.well-known/webauthn` then lists the origin of the issuer. The server does not start while passkeys are
        /// stored that belong to another domain, since they would stop working.
        rp_id: Option<String> = None, must(if_set(rule("a domain, such as \"example.com\"", |text: &String| is_domain(text)))),
            otherwise("the domain of the issuer; there are no passkeys if that is an IP address");
        /// Former domains of passkeys, whose passkeys may stop working.
        retired_rp_ids: Vec<String> = Vec::new();
        /// Other origins that may use the passkeys of this provider, such as the next one before a move:
        /// `/.well-known/webauthn` lists them. Browsers read about five.
        related_origins: Vec<String> = Vec::new(),
            must(rule("origins, such as \"https://login.example.com\"", |all: &Vec<String>| all.iter().all(|one| is_origin(one))));
        /// Whether people who have no passkey are offered one after a sign-in, once, in a browser that can make one.
        offer: bool = true;
        /// Whether the browser may make a passkey by itself after a sign-in by password, if it has that password stored
        /// (WebAuthn, conditional create). A letter tells the person.
        conditional_create: bool = true;
    }
}

impl Passkeys {
    /// The domain of the passkeys that are made here: WebAuthn §4, "RP ID".
    pub fn rp_id<'a>(&'a self, issuer: &'a Issuer) -> Option<&'a str> {
        self.rp_id.as_deref().or_else(|| issuer.domain())
    }
}

/// Whether the text is a domain in the form in which browsers compare it.
fn is_domain(text: &str) -> bool {
    let url = Url::parse(&format!("https://{text}/"));
    url.is_ok_and(|url| url.domain() == Some(text) && url.port().is_none() && !text.ends_with('.'))
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_origins_are_written_as_browsers_compare_them() {
        for good in ["example.com", "localhost", "xn--bcher-kva.example"] {
            assert!(is_domain(good), "{good}");
        }
        for bad in [
            "",
            "Example.com",
            "example.com.",
            "example.com:443",
            "127.0.0.1",
            "[::1]",
            "a/b",
            "a@b",
            "https://example.com",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
        assert!(is_origin("https://login.example.com") && is_origin("https://login.example.com:8443"));
        for bad in [
            "https://login.example.com/",
            "http://login.example.com",
            "login.example.com",
            "https://login.example.com:443",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn the_domain_is_that_of_the_issuer_unless_it_is_set() {
        let (mut passkeys, issuer) =
            (Passkeys { rp_id: None, ..crate::config::Config::default().passkeys }, "https://id.example.com:8443/auth");
        let issuer = Issuer::parse(issuer).unwrap();
        assert_eq!(passkeys.rp_id(&issuer), Some("id.example.com"));
        assert_eq!(passkeys.rp_id(&Issuer::parse("http://127.0.0.1:8080").unwrap()), None);
        assert_eq!(passkeys.rp_id(&Issuer::parse("http://[::1]:8080").unwrap()), None);
        assert_eq!(passkeys.rp_id(&Issuer::localhost(80)), Some("localhost"));
        passkeys.rp_id = Some("example.com".to_owned());
        assert_eq!(passkeys.rp_id(&issuer), Some("example.com"));
    }
}
