//! The issuer: the URL from which all others are made.

use std::fmt;

use url::{Host, Url};

use super::source::Raw;
use super::value::{Value, quoted};
use crate::base::encoding::sha256_text;

/// The issuer identifier (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), checked and in normal form.
///
/// Clients compare it as a string, so it is kept exactly as the operator wrote it, and only its normal form is
/// accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    /// Where in the text the path begins.
    path: usize,
    port: u16,
    https: bool,
    /// What distinguishes this issuer's cookies from those of another issuer on the same host.
    mark: String,
}

impl Issuer {
    /// The issuer on this port of localhost, for a first try and for tests.
    pub fn localhost(port: u16) -> Self {
        let text = if port == 80 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        Self { path: text.len(), text, port, https: false, mark: String::new() }
    }

    /// Reads an issuer; an error says what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "an absolute URL, such as \"https://id.example.com\"".to_owned())?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err("an https URL (http on localhost, 127.0.0.0/8 and [::1] only)".to_owned()),
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("a URL without query, fragment, user and password".to_owned());
        }
        let path = url.path().trim_end_matches('/');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !path.is_empty() && !path[1..].split('/').all(|part| !part.is_empty() && part.bytes().all(plain)) {
            return Err("a path of letters, digits and -._~".to_owned());
        }
        let origin = url.origin().ascii_serialization();
        if path.starts_with("/health/") {
            return Err("another path: below /health load balancers ask".to_owned());
        }
        let normal = format!("{origin}{path}");
        if normal != text {
            return Err(format!("written as {normal:?}"));
        }
        let (https, port) = (url.scheme() == "https", url.port_or_known_default().unwrap_or(443));
        let mark = if path.is_empty() { String::new() } else { format!("-{}", &sha256_text(path.as_bytes())[..8]) };
        Ok(Self { text: normal, path: origin.len(), port, https, mark })
    }

    /// The issuer as clients see it: without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of a path below the issuer, which begins with a slash: `/authorize`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The issuer's own path: empty, or `/auth`.
    pub fn path(&self) -> &str {
        &self.text[self.path..]
    }

    /// What the names of this issuer's cookies end with: nothing, or a dash and a short hash of the path. A `__Host-`
    /// cookie belongs to the whole host, so two issuers on one host would share it.
    pub fn cookie_mark(&self) -> &str {
        &self.mark
    }

    /// Scheme, host and port, as a browser sends them in `Origin`: RFC 6454 §6.2.
    pub fn origin(&self) -> &str {
        &self.text[..self.path]
    }

    /// Host and, unless it is the scheme's own, port, as a browser sends them in `Host`: RFC 9110 §7.2.
    pub fn authority(&self) -> &str {
        let origin = self.origin();
        origin.split_once("://").map_or(origin, |(_, authority)| authority)
    }

    /// The host, if it is a name and no IP address.
    pub fn domain(&self) -> Option<&str> {
        let authority = self.authority();
        let host = authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let host = host.map_or(authority, |(host, _)| host);
        (!host.starts_with('[') && host.parse::<std::net::Ipv4Addr>().is_err()).then_some(host)
    }

    /// The port of the issuer, written or implied.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is https; else it is http on a loopback host, where cookies cannot be `Secure`.
    pub fn is_https(&self) -> bool {
        self.https
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Value for Issuer {
    fn expected() -> String {
        "an https URL".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text().ok_or_else(<Self as Value>::expected)?)
    }
    fn render(&self) -> String {
        quoted(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn https_is_demanded_except_on_loopback() {
        for text in [
            "https://id.example.com",
            "https://id.example.com:8443/auth",
            "https://example.com/a/b-c",
            "http://localhost:8080",
            "http://op.localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:8080/auth",
        ] {
            assert_eq!(Issuer::parse(text).map(|issuer| issuer.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "id.example.com",
            "/auth",
            "http://id.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "ftp://localhost",
            "https://id.example.com?x",
            "https://id.example.com#x",
            "https://id.example.com?",
            "https://me@id.example.com",
            "https://id.example.com/a b",
            "https://id.example.com/a%2fb",
            "https://id.example.com/a;Domain=b",
            "https://id.example.com/a//b",
        ] {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_normal_form_is_accepted_and_told() {
        for (text, normal) in [
            ("https://id.example.com/", "https://id.example.com"),
            ("https://ID.example.com", "https://id.example.com"),
            ("https://id.example.com:443", "https://id.example.com"),
            ("https://id.example.com/auth/", "https://id.example.com/auth"),
            ("https://id.example.com/x/../auth", "https://id.example.com/auth"),
        ] {
            assert_eq!(Issuer::parse(text), Err(format!("written as {normal:?}")));
        }
    }

    #[test]
    fn the_parts_of_an_issuer_with_a_path() {
        let issuer = Issuer::parse("https://example.com:8443/auth").unwrap();
        assert_eq!(issuer.url("/authorize"), "https://example.com:8443/auth/authorize");
        assert_eq!((issuer.path(), issuer.origin()), ("/auth", "https://example.com:8443"));
        assert_eq!((issuer.authority(), issuer.port(), issuer.is_https()), ("example.com:8443", 8443, true));
        let issuer = Issuer::parse("http://localhost").unwrap();
        assert_eq!((issuer.path(), issuer.authority(), issuer.port()), ("", "localhost", 80));
    }

    proptest! {
        #[test]
        fn strangers_text_never_panics(text in "(https?://)?\\PC{0,40}") {
            if let Ok(issuer) = Issuer::parse(&text) {
                prop_assert_eq!(issuer.as_str(), text.as_str());
                prop_assert_eq!(issuer.url(""), format!("{}{}", issuer.origin(), issuer.path()));
            }
        }
    }
}
