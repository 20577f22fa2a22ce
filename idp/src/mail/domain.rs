//! The domains of mail addresses, as rules name them.

use std::fmt;

use super::mailbox::Mailbox;

/// A domain that addresses may have: itself alone, or, written `*.example.com`, all domains below it and not itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRule {
    /// In lower case and in ASCII: RFC 5890 §2.3.2.1.
    domain: String,
    /// Whether it is about the domains below.
    below: bool,
}

impl DomainRule {
    /// Reads a domain, or `*.` and a domain; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (below, domain) = match text.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, text),
        };
        if domain.contains(['*', '@', ':', '/']) || !domain.contains('.') || domain.ends_with('.') {
            return None;
        }
        // Read in the same way as the domain of an address, so that both have one form.
        let domain = Mailbox::of_address(&format!("a@{domain}"))?.domain().to_owned();
        Some(Self { domain, below })
    }

    /// Whether an address has such a domain, in whatever way it is written. What is no address has none.
    pub fn admits(&self, address: &str) -> bool {
        let Some(mailbox) = Mailbox::of_address(address) else { return false };
        let domain = mailbox.domain();
        match self.below {
            false => domain == self.domain,
            true => domain.strip_suffix(&self.domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        }
    }
}

impl fmt::Display for DomainRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.below { "*." } else { "" }, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_itself_alone_and_the_domains_below_it_are_named_apart() {
        for (rule, address, admitted) in [
            ("northwind.example", "a@northwind.example", true),
            ("Northwind.Example", "a@NORTHWIND.example", true),
            ("northwind.example", "a@sub.northwind.example", false),
            ("northwind.example", "a@evilnorthwind.example", false),
            ("northwind.example", "a@northwind.example.evil.example", false),
            ("northwind.example", "northwind.example@evil.example", false),
            ("northwind.example", "\"a@northwind.example\"@evil.example", false),
            ("*.northwind.example", "a@sub.northwind.example", true),
            ("*.northwind.example", "a@sub.sub.northwind.example", true),
            ("*.northwind.example", "a@northwind.example", false),
            ("*.northwind.example", "a@.northwind.example", false),
            ("*.northwind.example", "a@evilnorthwind.example", false),
            ("норд.example", "a@xn--d1ardi.example", true),
            ("xn--d1ardi.example", "a@НОРД.example", true),
            ("northwind.example", "a@ｎｏｒｔｈｗｉｎｄ.example", true),
            ("northwind.example", "nobody", false),
            ("northwind.example", "", false),
        ] {
            assert_eq!(DomainRule::parse(rule).unwrap().admits(address), admitted, "{rule}: {address}");
        }
    }

    #[test]
    fn what_names_no_domain_is_no_rule() {
        for text in [
            "",
            "*",
            "*.",
            "example",
            "a@northwind.example",
            "*.*.example",
            "https://northwind.example",
            "127.0.0.1",
            "a b.example",
            ".northwind.example",
            "northwind.example.",
        ] {
            assert_eq!(DomainRule::parse(text), None, "{text:?}");
        }
        for text in ["northwind.example", "*.northwind.example"] {
            assert_eq!(DomainRule::parse(text).unwrap().to_string(), text);
        }
    }
}
