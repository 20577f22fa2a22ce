//! A mail server by its address: `smtp://user:password@host:587` or `smtps://user:password@host`.

use std::fmt;

use url::{Host, Url};

use crate::base::secret::Secret;

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From its beginning: RFC 8314 §3.3.
    Tls,
    /// By STARTTLS, without which nothing is sent: RFC 3207.
    StartTls,
    /// Not at all.
    None,
}

/// A mail server, and who we are there.
#[derive(Clone)]
pub struct Server {
    /// Its name.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// How the connection is encrypted.
    pub(super) encryption: Encryption,
    /// User and password.
    pub(super) credentials: Option<(String, Secret)>,
}

impl Server {
    /// Reads a URL; an error says what is allowed, and never shows the URL.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || "\"smtp://user:password@host:587\" or \"smtps://user:password@host:465\"".to_owned();
        let url = Url::parse(text.trim()).map_err(|_| wanted())?;
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Err(wanted()) };
        if !["", "/"].contains(&url.path()) || url.fragment().is_some() {
            return Err(wanted());
        }
        let here = is_this_machine(host);
        let asked = match url.query() {
            None => None,
            Some("tls=starttls") => Some(Encryption::StartTls),
            Some("tls=none") => Some(Encryption::None),
            Some(_) => return Err("the option ?tls=starttls or ?tls=none, or none".to_owned()),
        };
        let (encryption, port) = match (url.scheme(), asked) {
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtps", Some(_)) => return Err("no option with smtps://, which is always encrypted".to_owned()),
            ("smtp", Some(asked)) => (asked, if here { 25 } else { 587 }),
            ("smtp", None) if here => (Encryption::None, 25),
            ("smtp", None) => (Encryption::StartTls, 587),
            _ => return Err(wanted()),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => return Err("a user before the password".to_owned()),
            (_, None) => return Err("a password after the user, as in \"smtp://user:password@host\"".to_owned()),
            (user, Some(password)) => Some((decoded(user), decoded(password).into())),
        };
        if encryption == Encryption::None && !here && credentials.is_some() {
            return Err("no password with ?tls=none, since anybody on the way could read it".to_owned());
        }
        Ok(Self { host: unbracketed(host), port: url.port().unwrap_or(port), encryption, credentials })
    }

    /// Whether letters go to another machine as everybody on the way can read them.
    pub fn is_readable_on_the_way(&self) -> bool {
        self.encryption == Encryption::None && !is_this_machine(&self.host)
    }

    /// The URL without its password.
    pub fn shown(&self) -> String {
        let scheme = if self.encryption == Encryption::Tls { "smtps" } else { "smtp" };
        let user = self.credentials.as_ref().map(|(user, _)| format!("{user}:***@")).unwrap_or_default();
        let option = match (self.encryption, is_this_machine(&self.host)) {
            (Encryption::None, false) => "?tls=none",
            (Encryption::StartTls, true) => "?tls=starttls",
            _ => "",
        };
        format!("{scheme}://{user}{self}{option}")
    }
}

impl fmt::Display for Server {
    /// Host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            return write!(f, "[{}]:{}", self.host, self.port);
        }
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

fn unbracketed(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// Whether a host is reached without leaving this machine.
fn is_this_machine(host: &str) -> bool {
    let host = unbracketed(host);
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => matches!(Host::parse(&host), Ok(Host::Domain(name)) if name == "localhost"),
    }
}

/// What percent-encoding stands for: RFC 3986 §2.1. A plus is a plus here.
fn decoded(text: &str) -> String {
    let form = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Server {
        Server::parse(text).unwrap_or_else(|wanted| panic!("{text}: {wanted}"))
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted() {
        for (text, encryption, place) in [
            ("smtp://mail.example", Encryption::StartTls, "mail.example:587"),
            ("smtp://mail.example:25", Encryption::StartTls, "mail.example:25"),
            ("smtps://mail.example", Encryption::Tls, "mail.example:465"),
            ("smtp://localhost", Encryption::None, "localhost:25"),
            ("smtp://127.0.0.1:1025", Encryption::None, "127.0.0.1:1025"),
            ("smtp://[::1]", Encryption::None, "[::1]:25"),
            ("smtp://localhost?tls=starttls", Encryption::StartTls, "localhost:25"),
            ("smtp://relay.lan:25?tls=none", Encryption::None, "relay.lan:25"),
        ] {
            let server = read(text);
            assert_eq!((server.encryption, server.to_string().as_str()), (encryption, place), "{text}");
        }
        assert!(read("smtp://relay.lan?tls=none").is_readable_on_the_way());
        assert!(!read("smtp://localhost").is_readable_on_the_way());
    }

    #[test]
    fn a_password_is_not_shown_and_not_sent_where_others_can_read_it() {
        let server = read("smtp://id%40northwind.example:hunter%2F2+x@mail.example");
        let (user, password) = server.credentials.clone().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("id@northwind.example", "hunter/2+x"));
        assert!(!server.shown().contains("hunter") && !format!("{server:?}").contains("hunter"));
        for text in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://user@mail.example",
            "smtp://:hunter2@mail.example",
            "smtp://user:hunter2@relay.lan?tls=none",
            "smtps://mail.example?tls=none",
            "smtp://mail.example?tls=maybe",
            "smtp://mail.example/inbox",
        ] {
            let refused = Server::parse(text).unwrap_err();
            assert!(!refused.contains("hunter"), "{refused}");
        }
        read("smtp://user:hunter2@localhost");
    }
}
