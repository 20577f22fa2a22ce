//! `[[upstreams]]`: the providers by whose accounts people can sign in here.

use super::provider_mark::ProviderMark;
use super::reader::{Reader, rule, section};
use super::source::Sources;
use crate::base::secret::Secret;
use crate::oidc::scope::ScopeSet;

section! {
    /// Another provider (OpenID Connect) by whose accounts people can sign in here. Register there, as the address that people
    /// are sent back to, the issuer followed by `/upstream/NAME/callback`.
    pub struct DeclaredUpstream("upstreams") {
        /// Its name in addresses and in the database. Accounts that people have linked belong to it, so it stays as it is.
        name: String = String::new(), required(),
            must(rule("1 to 32 lower-case letters, digits and hyphens", |name: &String| is_name(name)));
        /// The name that people see.
        label: Option<String> = None, otherwise("the `name`");
        /// The mark on its button; each is drawn in one colour, that of the text.
        mark: Option<ProviderMark> = None, otherwise("that of the issuer's host or of the `name`, or `other`");
        /// Its issuer, exactly as it writes it itself.
        issuer: String = String::new(), required(),
            must(rule("an https URL without a query, such as \"https://accounts.google.com\"", |text: &String| is_issuer(text)));
        /// The identifier that this provider has there.
        client_id: String = String::new(), required();
        /// The secret that this provider has there; without one it is a public client.
        client_secret: Option<Secret> = None;
        /// The scopes that it is asked for, separated by spaces; `openid` is always one of them.
        scope: ScopeSet = ["openid", "profile", "email"].into_iter().collect();
        /// Whether people who have no account here can make one by it, where `login.sign_up` lets them.
        sign_up: bool = true;
        /// Whether an address counts as proven here that it calls verified (`email_verified`): true only for a provider that has
        /// really sent letters there, or owns the domain. No address ever links an account.
        email_is_proven: bool = false;
    }
}

impl Default for DeclaredUpstream {
    /// One without a name, an issuer and a client, with the defaults for all else.
    fn default() -> Self {
        Self::read(&mut Reader::new(Sources::default()))
    }
}

impl DeclaredUpstream {
    /// The name that people see.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }

    /// The mark on its button.
    pub fn mark(&self) -> ProviderMark {
        self.mark.unwrap_or_else(|| ProviderMark::of(&self.name, &self.issuer))
    }
}

/// Whether a text can be the name of a provider or of a channel.
pub(super) fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=32).contains(&name.len()) && name.bytes().all(is_word)
}

/// Whether a text can be an issuer: Core §2. Without https only on this machine, as for our own.
fn is_issuer(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else { return false };
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    is_bare && (url.scheme() == "https" || url.scheme() == "http" && is_here)
}
