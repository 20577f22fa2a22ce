//! Answers of the authorization endpoint.

use std::fmt;

use crate::base::reference::Reference;
use crate::oidc::authorization::response_mode::ResponseMode;
use crate::oidc::error::{Error, with_reference};
use crate::oidc::params::form_encode;

/// An answer on its way to a client.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where it goes.
    pub redirect_uri: String,
    /// How it goes there.
    pub mode: ResponseMode,
    /// What it says.
    pub params: Vec<(&'static str, String)>,
    /// The error in it, if it is an error.
    pub refusal: Option<Error>,
}

impl AuthorizationResponse {
    /// The same with a reference behind the description of the error.
    #[must_use]
    pub fn with_reference(mut self, reference: &Reference) -> Self {
        for (name, value) in &mut self.params {
            if *name == "error_description" {
                *value = with_reference(value, reference);
            }
        }
        self
    }

    /// The address that carries the answer in its query or fragment: RFC 6749 §4.1.2, §4.2.2.
    pub fn location(&self) -> String {
        let params = self.params.iter().map(|(name, value)| (*name, value.as_str()));
        match self.mode {
            ResponseMode::Fragment => format!("{}#{}", self.redirect_uri, form_encode(params)),
            ResponseMode::Query | ResponseMode::FormPost => with_query(&self.redirect_uri, params),
        }
    }
}

impl fmt::Debug for AuthorizationResponse {
    /// Omits the parameters, since they may contain a code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorizationResponse({} to {})", self.mode.as_str(), self.redirect_uri)
    }
}

/// A registered URI with parameters added to the query that it may have: RFC 6749 §3.1.2.
pub(crate) fn with_query<'a>(uri: &str, params: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let added = form_encode(params);
    if added.is_empty() {
        return uri.to_owned();
    }
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{added}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_added_to_any_query() {
        for (uri, location) in [
            ("https://rp.example/cb", "https://rp.example/cb?a=1"),
            ("https://rp.example/cb?", "https://rp.example/cb?a=1"),
            ("https://rp.example/cb?x", "https://rp.example/cb?x&a=1"),
            ("https://rp.example/cb?x=1&", "https://rp.example/cb?x=1&a=1"),
            ("com.example.app:/cb", "com.example.app:/cb?a=1"),
        ] {
            assert_eq!(with_query(uri, [("a", "1")]), location);
            assert_eq!(with_query(uri, []), uri);
        }
    }
}
