//! The sender or the recipient of a letter.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox as Lettre;

/// An address with the name of whoever has it, if that is known: RFC 5322 §3.4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox(Lettre);

impl Mailbox {
    /// Reads `Name <name@example.com>` or an address alone; `None` unless it is exactly one mailbox.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return None;
        }
        let read = Lettre::from_str(text).ok()?;
        let email = in_ascii(read.email.as_ref())?;
        Some(Self(Lettre::new(read.name, email)))
    }

    /// The mailbox of an address, which is never taken apart in any other way than at its last `@`.
    pub fn of_address(address: &str) -> Option<Self> {
        Some(Self(Lettre::new(None, in_ascii(address)?)))
    }

    /// The domain of the address.
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    pub(super) fn lettre(&self) -> Lettre {
        self.0.clone()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address whose domain is written in ASCII, which every mail server understands: RFC 5890 §2.3.2.1.
fn in_ascii(address: &str) -> Option<Address> {
    if address.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (user, domain) = address.rsplit_once('@')?;
    let domain = match url::Host::parse(domain).ok()? {
        url::Host::Domain(domain) => domain,
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => return None,
    };
    Address::new(user, domain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i4_a_mailbox_is_one_mailbox_and_nothing_else() {
        for (text, shown) in [
            ("id@northwind.example", "id@northwind.example"),
            ("Northwind <id@northwind.example>", "Northwind <id@northwind.example>"),
            ("Нортвинд <id@норд.example>", "Нортвинд <id@xn--d1ardi.example>"),
        ] {
            let read = Mailbox::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert!(read.to_string().ends_with(shown.split('<').next_back().unwrap()), "{read}");
        }
        for text in [
            "",
            "northwind",
            "a@b.example, c@d.example",
            "a@b.example,c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "Name\r\nBcc: c@d.example <a@b.example>",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(Mailbox::parse(text), None, "{text:?}");
            assert_eq!(Mailbox::of_address(text), None, "{text:?}");
        }
    }
}
