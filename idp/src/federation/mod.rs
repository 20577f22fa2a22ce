//! Signing in by accounts at other providers: Latchkey as a relying party (OpenID Connect Core §3.1).
//!
//! An account at another provider is known by (provider, issuer, subject), and by nothing that can change or be given to somebody else. No
//! address ever links two accounts: who links them has proven both.

pub mod arrival;
pub mod exchange;
pub mod identity;
pub mod link;
pub mod metadata;
pub mod refusal;
pub mod remembered;
pub mod round_trip;

use crate::app::App;
use crate::config::DeclaredUpstream;
use crate::site::page::Page;
use crate::store::people::upstream_account::Providers;

/// The provider of this name, if there is one.
pub fn find<'a>(app: &'a App, name: &str) -> Option<&'a DeclaredUpstream> {
    app.config.upstreams.iter().find(|upstream| upstream.name == name)
}

/// The providers that there are.
pub fn providers(app: &App) -> Providers {
    Providers(app.config.upstreams.iter().map(|one| (one.name.clone(), one.issuer.clone())).collect())
}

/// Where a provider sends people back to. Each provider has an address of its own, so that none can answer in the place of another one:
/// RFC 9700 §4.4.2.
pub fn redirect_uri(app: &App, upstream: &DeclaredUpstream) -> String {
    app.url(Page::UpstreamCallback).replace("{upstream}", &upstream.name)
}
