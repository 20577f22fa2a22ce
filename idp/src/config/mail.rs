//! `[mail]`: how letters are sent.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::{between, rule, section};
use super::source::Raw;
use super::units::{days, hours, minutes, seconds};
use super::value::{Value, quoted};
use crate::mail::domain::DomainRule;
use crate::mail::mailbox::Mailbox;
use crate::mail::server::Server;

section! {
    /// Letters to people: to verify an address, to set a forgotten password, and to tell what has changed in an account. Without
    /// `from` and `transports` none are sent, and what needs them is off.
    pub struct Mail("mail") {
        /// Who letters are from, such as `Northwind <id@northwind.example>`.
        from: Option<Mailbox> = None, otherwise("no letters are sent");
        /// The mail servers, in the order in which they are tried: `smtp://user:password@host:587` (STARTTLS, without which
        /// nothing is sent) or `smtps://user:password@host:465` (TLS). What is special in a URL is percent-encoded. A
        /// server on this machine (`smtp://localhost`) is spoken to without encryption; `?tls=starttls` and `?tls=none` choose.
        transports: Vec<Server> = vec![],
            should(rule("encrypted ones: with ?tls=none everybody on the way can read the links and codes in letters",
                |all: &Vec<Server>| !all.iter().any(Server::is_readable_on_the_way)));
        /// How long a mail server may take for one letter before the next one is tried; three times as long once it has all of the letter.
        timeout: Duration = seconds(20), must(between(Duration::from_millis(100), minutes(2)));
        /// How long a letter is tried again if no mail server takes it. What expires earlier is given up then.
        give_up: Duration = hours(24), must(between(minutes(1), days(7)));
        /// How long the link works that sets a forgotten password.
        reset_link: Duration = minutes(30), must(between(minutes(5), hours(24)));
        /// How long the link and the code work that verify an address.
        verification: Duration = hours(24), must(between(minutes(10), days(7)));
        /// How long a code works that makes another address the account's.
        code: Duration = minutes(10), must(between(minutes(5), hours(1)));
        /// A file of certificates in PEM that mail servers may have besides those of known authorities.
        ca_file: Option<PathBuf> = None;
    }
}

impl Value for Mailbox {
    fn expected() -> String {
        "an address".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let wanted = || "one address, such as \"Northwind <id@northwind.example>\"".to_owned();
        raw.text().and_then(Mailbox::parse).ok_or_else(wanted)
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for DomainRule {
    fn expected() -> String {
        "a domain of email addresses".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        let wanted = || "a domain, such as \"example.com\", or \"*.example.com\" for those below it".to_owned();
        raw.text().and_then(DomainRule::parse).ok_or_else(wanted)
    }
    fn render(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Value for Server {
    const SECRET: bool = true;
    const COMMAS: bool = true;
    fn expected() -> String {
        "the URL of a mail server".to_owned()
    }
    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text().ok_or_else(<Self as Value>::expected)?.trim())
    }
    fn render(&self) -> String {
        Value::shown(self)
    }
    fn shown(&self) -> String {
        quoted(&Self::shown(self))
    }
}
