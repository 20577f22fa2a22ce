//! Redirect URIs: what may be registered, and what matches it.

use url::Url;

use crate::oidc::client::metadata::{Client, ClientKind};

/// How long a redirect URI may be, in bytes.
const MAX_URI: usize = 2048;

/// The loopback hosts, as they are written in a URI.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Whether a redirect URI may be registered for this kind of client: RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1.
/// The error says why not.
pub fn check_redirect_uri(kind: ClientKind, uri: &str) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("the redirect URI '{}' {why}", uri.escape_debug()));
    if uri.len() > MAX_URI {
        return Err("a redirect URI is longer than 2048 bytes".to_owned());
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
        return refuse("has characters that a URI cannot have");
    }
    if uri.contains('#') {
        return refuse("has a fragment");
    }
    let Ok(parsed) = Url::parse(uri) else { return refuse("is not an absolute URI") };
    if !parsed.username().is_empty() || parsed.password().is_some() || authority(uri).is_some_and(|a| a.contains('@')) {
        return refuse("has a user name");
    }
    if uri.contains('*') {
        return refuse("has a wildcard (*), which is not allowed; list each redirect URI by itself");
    }
    match parsed.scheme() {
        // A browser reads `https:host` and `https:///host` as `https://host`; only the last form is accepted.
        "https" if uri.starts_with("https://") && authority(uri).is_some_and(|authority| !authority.is_empty()) => {
            Ok(())
        }
        "http" if loopback(uri).is_some() => Ok(()),
        "http" | "https" => refuse("must use https, or http on 127.0.0.1, [::1] or localhost"),
        scheme if kind == ClientKind::Native && scheme.contains('.') => Ok(()),
        _ if kind == ClientKind::Native => {
            refuse("must use https, http on a loopback address, or a scheme with a dot such as com.example.app")
        }
        _ => refuse("must use https"),
    }
}

/// Whether this redirect URI is registered for the client: compared as strings (RFC 9700 §2.1), except for the port of
/// a native client's loopback address (RFC 8252 §7.3).
pub fn matches(client: &Client, requested: &str) -> bool {
    client.redirect_uris.iter().any(|registered| {
        registered == requested
            || client.kind == ClientKind::Native
                && loopback(registered).is_some_and(|address| loopback(requested) == Some(address))
    })
}

/// The web origin of a URI (RFC 6454 §6.2), for clients that call from the pages that they redirect to.
pub fn origin(uri: &str) -> Option<String> {
    Url::parse(uri)
        .ok()
        .map(|url| url.origin())
        .filter(url::Origin::is_tuple)
        .map(|origin| origin.ascii_serialization())
}

fn authority(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    rest.split(['/', '?', '#']).next()
}

/// The host and the part after the port, if this is a plain http URI on a loopback address.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = LOOPBACK.into_iter().find(|host| rest.starts_with(host))?;
    let mut rest = &rest[host.len()..];
    if let Some(after) = rest.strip_prefix(':') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        after[..digits].parse::<u16>().ok().filter(|port| *port > 0)?;
        rest = &after[digits..];
    }
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(kind: ClientKind, uri: &str) -> Client {
        Client { redirect_uris: vec![uri.to_owned()], ..Client::sample(kind) }
    }

    #[test]
    fn a1_a2_a3_a4_look_alikes_of_a_registered_uri_do_not_match() {
        let web = client(ClientKind::Web, "https://rp.example/callback?tenant=1");
        assert!(matches(&web, "https://rp.example/callback?tenant=1"));
        for trick in [
            "https://rp.example.evil.example/callback?tenant=1",
            "https://rp.example@evil.example/callback?tenant=1",
            "https://evil.example\\@rp.example/callback?tenant=1",
            "https://rp.example\\.evil.example/callback?tenant=1",
            "https://rp.example./callback?tenant=1",
            "https://rp.examp\u{2113}e/callback?tenant=1",
            "https://RP.example/callback?tenant=1",
            "HTTPS://rp.example/callback?tenant=1",
            "https://rp.example:443/callback?tenant=1",
            "https://rp.example:8443/callback?tenant=1",
            "https://rp.example//callback?tenant=1",
            "https://rp.example/../callback?tenant=1",
            "https://rp.example/callback/..;/?tenant=1",
            "https://rp.example/%63allback?tenant=1",
            "https://rp.example/%252e%252e/callback?tenant=1",
            "https://rp.example/Callback?tenant=1",
            "https://rp.example/callback/?tenant=1",
            "https://rp.example/callback",
            "https://rp.example/callback?",
            "https://rp.example/callback?tenant=2",
            "https://rp.example/callback?tenant=1&x=2",
            "https://rp.example/callback?tenant=1&code=stolen",
            "https://rp.example/callback?tenant=1#",
            "https://rp.example/callback?tenant=1#x",
            " https://rp.example/callback?tenant=1",
            "https://rp.example/callback?tenant=1\n",
            "https://rp.example/callback?tenant=1\0",
            "http://rp.example/callback?tenant=1",
            "//rp.example/callback?tenant=1",
            "javascript:alert(1)",
            "",
        ] {
            assert!(!matches(&web, trick), "{trick}");
        }
    }

    #[test]
    fn a4_only_the_port_of_a_native_clients_loopback_address_may_differ() {
        for host in LOOPBACK {
            let native = client(ClientKind::Native, &format!("http://{host}:1234/cb?x=1"));
            for good in ["", ":1", ":1234", ":65535"] {
                assert!(matches(&native, &format!("http://{host}{good}/cb?x=1")), "{host}{good}");
            }
            for bad in [
                ":",
                ":0",
                ":65536",
                ":99999999999",
                ":12a",
                ":+1",
                ":-1",
                "@evil.example",
                ".evil.example",
                ":80@evil.example",
                ":80\\@evil.example",
            ] {
                assert!(!matches(&native, &format!("http://{host}{bad}/cb?x=1")), "{host}{bad}");
            }
            for bad in ["/cb", "/cb?x=2", "/cb?x=1&y", "/", "", "/CB?x=1", "/cb?x=1#f"] {
                assert!(!matches(&native, &format!("http://{host}:5{bad}")), "{bad}");
            }
            assert!(!matches(&native, &format!("https://{host}:5/cb?x=1")));
            let web = client(ClientKind::Web, &format!("http://{host}:1234/cb?x=1"));
            assert!(!matches(&web, &format!("http://{host}:1235/cb?x=1")), "a web client's port is fixed");
        }
        let native = client(ClientKind::Native, "http://127.0.0.1/cb");
        for bad in
            ["http://localhost/cb", "http://[::1]/cb", "http://127.0.0.2/cb", "http://127.1/cb", "http://2130706433/cb"]
        {
            assert!(!matches(&native, bad), "{bad}");
        }
        let https = client(ClientKind::Native, "https://app.example:1/cb");
        assert!(!matches(&https, "https://app.example:2/cb"));
    }

    #[test]
    fn n1_what_may_be_registered() {
        let ok = |kind, uri| check_redirect_uri(kind, uri).is_ok();
        for uri in [
            "https://rp.example/cb",
            "https://rp.example",
            "https://rp.example:8443/cb?x=1",
            "http://localhost:3000/cb",
            "http://127.0.0.1/",
            "http://[::1]:9/cb",
        ] {
            assert!(ClientKind::ALL.into_iter().all(|kind| ok(kind, uri)), "{uri}");
        }
        for uri in ["com.example.app:/oauth", "com.example.app://cb"] {
            assert!(ok(ClientKind::Native, uri) && !ok(ClientKind::Web, uri) && !ok(ClientKind::Spa, uri), "{uri}");
        }
        for uri in [
            "",
            "/cb",
            "rp.example/cb",
            "//rp.example/cb",
            "http://rp.example/cb",
            "http://localhost.evil.example/cb",
            "https://rp.example/cb#",
            "https://rp.example/cb#x",
            "https://a@rp.example/cb",
            "https://a:b@rp.example/",
            "https://@rp.example/",
            "https://*.example/cb",
            "https://rp.example/*",
            "https://rp.example/cb?next=*",
            "https:rp.example",
            "https:/rp.example",
            "https://",
            "https:///cb",
            "https://rp.example/a b",
            "https://rp.example\\cb",
            "https://r\u{e4}p.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://rp.example/x",
            "myapp://cb",
            "urn:ietf:wg:oauth:2.0:oob",
            "https://rp.example/\n",
        ] {
            assert!(ClientKind::ALL.into_iter().all(|kind| !ok(kind, uri)), "{uri}");
        }
        assert!(!ok(ClientKind::Web, &format!("https://rp.example/{}", "a".repeat(MAX_URI))));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin("https://rp.example:443/cb?x").as_deref(), Some("https://rp.example"));
        assert_eq!(origin("http://localhost:3000/").as_deref(), Some("http://localhost:3000"));
        assert_eq!(origin("com.example.app:/cb"), None);
        assert_eq!(origin("nothing"), None);
    }

    proptest! {
        #[test]
        fn only_the_registered_string_matches_a_web_client(uri in "\\PC{0,80}", suffix in "\\PC{1,20}") {
            let _ = check_redirect_uri(ClientKind::Native, &uri);
            let web = client(ClientKind::Web, "https://rp.example/cb");
            prop_assert_eq!(matches(&web, &uri), uri == "https://rp.example/cb");
            let changed = format!("https://rp.example/cb{suffix}");
            prop_assert!(!matches(&web, &changed));
        }

        #[test]
        fn what_matches_a_native_loopback_address_is_that_address(uri in "http://(127.0.0.1|\\[::1\\]|localhost)[:0-9a-z@.\\\\/?#]{0,20}") {
            let native = client(ClientKind::Native, "http://127.0.0.1:7/cb");
            if matches(&native, &uri) {
                let parsed = Url::parse(&uri).unwrap();
                prop_assert_eq!((parsed.host_str(), parsed.path(), parsed.username()), (Some("127.0.0.1"), "/cb", ""));
            }
        }
    }
}
