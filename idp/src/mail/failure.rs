//! Why a mail server did not take a letter, in words.

use std::fmt;

/// How far the conversation with a mail server has come: RFC 5321 §3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Finding and reaching the server, and its greeting.
    Connect,
    /// Encrypting the connection.
    Encrypt,
    /// Saying who we are.
    Authenticate,
    /// Naming the sender.
    Sender,
    /// Naming the recipient.
    Recipient,
    /// Handing it over.
    Content,
}

/// What is said of a server that may have taken the letter.
pub const HAS_IT: &str = "has the letter and does not say whether it took it";

/// Why a mail server did not take a letter.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The server: its host and port.
    pub server: String,
    /// How far it came.
    pub stage: Stage,
    /// What the server or the system said.
    pub cause: String,
    /// Whether the server says that it will never take this letter.
    pub is_final: bool,
    /// Whether the server has said nothing in time.
    pub is_silent: bool,
    /// Whether the server has all of the letter and has not said what it does with it: another try may send a second copy.
    pub may_have_it: bool,
    /// Whether the server is not at fault, but this process was told to stop.
    pub is_stopped: bool,
}

impl Failure {
    /// A failure of which nothing else is known.
    pub(super) const fn new(server: String, stage: Stage, cause: String) -> Self {
        Self { server, stage, cause, is_final: false, is_silent: false, may_have_it: false, is_stopped: false }
    }

    /// Whether the server is at fault and not the letter: the next letter would fare no better. One that is silent about a recipient may be
    /// asking somebody else about it.
    pub(super) const fn is_of_server(&self) -> bool {
        match self.stage {
            _ if self.is_stopped => false,
            Stage::Connect | Stage::Encrypt | Stage::Authenticate => true,
            Stage::Sender | Stage::Content => self.is_silent,
            Stage::Recipient => false,
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        let refused = self.cause.contains("refused");
        match self.stage {
            _ if self.wants_credentials() => {
                "The server wants a user and password first: write them into the URL in mail.transports, smtp://USER:PASSWORD@HOST. \
                 What is special in a URL is percent-encoded (@ is %40)."
            }
            Stage::Sender | Stage::Recipient | Stage::Content if self.reply() == Some('4') => {
                "The server puts it off, as some do with senders that they do not know (greylisting). Letters are tried again by \
                 themselves: try the same in some minutes."
            }
            Stage::Connect if self.reply().is_some() => {
                "The server is there and refuses this machine: its address may be on a list of blocked senders, or the server may \
                 take letters from its own network alone."
            }
            Stage::Connect if refused => "Nothing listens there: check host and port of mail.transports.",
            Stage::Connect if self.cause.contains("lookup") || self.cause.contains("resolve") => {
                "The name of the host is unknown here: check mail.transports and the DNS of this machine."
            }
            Stage::Connect => {
                "The server cannot be reached: check host and port of mail.transports and firewalls on the way. With \
                 smtp:// the connection begins unencrypted (ports 587 and 25), with smtps:// encrypted (port 465)."
            }
            Stage::Encrypt if self.cause.contains("STARTTLS") => {
                "The server offers no encryption at this port. Use smtps:// and the port for it, or, for a relay in your \
                 own network, add ?tls=none."
            }
            Stage::Encrypt => {
                "The connection cannot be encrypted: the certificate must be for this host and of a known authority. \
                 If it is of your own, name its file in mail.ca_file."
            }
            Stage::Authenticate if self.reply().is_none() && !self.is_silent => {
                "The server offers no way to sign in here. Use the port for sending (587 or 465), or leave user and password out."
            }
            Stage::Authenticate => {
                "Check user and password in mail.transports; what is special in a URL is percent-encoded (@ is %40). \
                 Some providers want a password of its own for programs."
            }
            Stage::Sender => "The server does not let us send from the address in mail.from.",
            Stage::Recipient if self.cause.contains("ASCII") => {
                "The server cannot send to such an address (it lacks SMTPUTF8). Name one that can in mail.transports."
            }
            Stage::Recipient => {
                "The server does not deliver to this address: it is unknown there, or it wants a user and password first."
            }
            Stage::Content if self.may_have_it => {
                "The letter may arrive all the same. A server that looks for spam can take long: raise mail.timeout."
            }
            Stage::Content => "The server looked at the letter and did not take it.",
        }
    }

    /// The first digit of the reply, if the server has given one: RFC 5321 §4.2.1.
    fn reply(&self) -> Option<char> {
        let mut words = self.cause.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let code = words.find(|word| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
        code.chars().next().filter(|digit| matches!(digit, '4' | '5'))
    }

    /// Whether the server lets nobody send who has not signed in: RFC 4954 §6.
    fn wants_credentials(&self) -> bool {
        let is_later = matches!(self.stage, Stage::Sender | Stage::Recipient | Stage::Content);
        is_later && (self.cause.contains("530") || self.cause.to_ascii_lowercase().contains("authentication required"))
    }

    /// Whether another try, later or elsewhere, is of no use: the address itself is refused. A policy of the server, such as a list of
    /// senders that it blocks, may be another one tomorrow: RFC 3463 §3.8.
    pub fn is_of_the_address(&self) -> bool {
        if !self.is_final || self.stage != Stage::Recipient {
            return false;
        }
        let codes = || self.cause.split(|c: char| !c.is_ascii_digit() && c != '.').filter(|code| !code.is_empty());
        match codes().find(|code| code.split('.').filter(|part| !part.is_empty()).count() == 3) {
            Some(enhanced) => enhanced.starts_with("5.1.") || enhanced == "5.2.1",
            // No such mailbox, or a name that is not allowed: RFC 5321 §4.2.3. Or no answer of a server at all.
            None => codes().next().is_none_or(|code| !code.starts_with('5') || ["550", "551", "553"].contains(&code)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = match self.stage {
            Stage::Connect => "could not be reached",
            Stage::Encrypt => "could not be reached over an encrypted connection",
            Stage::Authenticate => "does not accept the user and password",
            Stage::Sender => "does not accept the sender",
            Stage::Recipient => "does not accept the recipient",
            Stage::Content if self.may_have_it => HAS_IT,
            Stage::Content => "did not take the letter",
        };
        write!(f, "{} {doing}: {}", self.server, self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_fits_what_the_server_said() {
        for (stage, cause, words) in [
            (Stage::Connect, "permanent error (554): 5.7.1 blocked", "list of blocked senders"),
            (Stage::Connect, "Connection refused (os error 111)", "Nothing listens there"),
            (Stage::Connect, "failed to lookup address information", "unknown here"),
            (Stage::Authenticate, "No compatible authentication mechanism was found", "offers no way to sign in"),
            (Stage::Authenticate, "permanent error (535): 5.7.8 bad credentials", "Check user and password"),
            (Stage::Sender, "permanent error (530): 5.7.0 Authentication required", "wants a user and password first"),
            (Stage::Sender, "permanent error (550): 5.7.1 not your address", "mail.from"),
            (Stage::Recipient, "transient error (450): 4.2.0 greylisted", "puts it off"),
            (Stage::Recipient, "permanent error (550): 5.1.1 no such user", "unknown there"),
            (Stage::Recipient, "it does not take addresses with other letters than ASCII", "SMTPUTF8"),
            (Stage::Content, "permanent error (554): 5.7.1 spam", "did not take it"),
        ] {
            let (server, cause) = ("mail.example:25".to_owned(), cause.to_owned());
            let failure = Failure { is_final: true, ..Failure::new(server, stage, cause) };
            assert!(failure.advice().contains(words), "{failure}: {}", failure.advice());
        }
    }

    #[test]
    fn what_a_server_says_of_the_address_is_final_and_what_it_says_of_us_is_not() {
        for (cause, expected) in [
            ("550 5.1.1 no such user", true),
            ("550 no such user here", true),
            ("550 5.2.1 mailbox disabled", true),
            ("553 mailbox name not allowed", true),
            ("554 5.7.1 service unavailable; client host [203.0.113.7] blocked", false),
            ("554 transaction failed", false),
            ("530 5.7.0 authentication required", false),
            ("550 5.7.1 relaying denied", false),
            ("552 5.2.2 mailbox full", false),
            ("it does not take addresses with other letters than ASCII", true),
        ] {
            let (server, stage) = ("mail.example:25".to_owned(), Stage::Recipient);
            let failure = Failure { is_final: true, ..Failure::new(server, stage, cause.to_owned()) };
            assert_eq!(failure.is_of_the_address(), expected, "{cause}");
        }
    }
}
