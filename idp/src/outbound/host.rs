//! The hosts that an operator allows.

use std::fmt;

/// A host, or all hosts below a domain (`*.example.com`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    name: String,
    is_below: bool,
}

impl HostRule {
    /// Reads `example.com`, `*.example.com` or an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (is_below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        // A URL would leave its own port out.
        let has_port =
            name.rsplit_once(':').is_some_and(|(before, _)| !before.contains(':') && !before.starts_with('['));
        if name.contains('*') || has_port {
            return None;
        }
        // As it is in a URL: in lower case, and with the names of other scripts encoded.
        let url = url::Url::parse(&format!("https://{name}/")).ok()?;
        let is_bare = url.port().is_none() && url.username().is_empty() && url.path() == "/" && url.query().is_none();
        let host = url.host_str().filter(|_| is_bare && url.fragment().is_none())?;
        (!is_below || url.domain().is_some()).then(|| Self { name: host.to_owned(), is_below })
    }

    /// Whether a host of a URL is meant.
    pub fn admits(&self, host: &str) -> bool {
        match self.is_below {
            true => host.strip_suffix(self.name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            false => host == self.name,
        }
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.is_below { "*." } else { "" };
        write!(f, "{star}{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_admits_its_host_or_those_below_its_domain() {
        let admits = |rule: &str, host: &str| HostRule::parse(rule).unwrap_or_else(|| panic!("{rule}")).admits(host);
        assert!(admits("Example.com", "example.com"));
        assert!(admits("*.example.com", "id.example.com") && admits("*.example.com", "a.b.example.com"));
        assert!(admits("bücher.example", "xn--bcher-kva.example") && admits("[::1]", "[::1]"));
        for (rule, host) in [
            ("example.com", "id.example.com"),
            ("example.com", "example.com.evil.example"),
            ("*.example.com", "example.com"),
            ("*.example.com", "evilexample.com"),
            ("*.example.com", ".example.com"),
        ] {
            assert!(!admits(rule, host), "{rule} {host}");
        }
        for text in
            ["", "*", "*.", "example.com:443", "https://example.com", "example.com/x", "a@example.com", "*.10.0.0.1"]
        {
            assert!(HostRule::parse(text).is_none(), "{text}");
        }
    }
}
