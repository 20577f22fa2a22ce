//! Signing in by accounts at other providers: Latchkey as a relying party (OpenID Connect Core §3.1).
//!
//! An account at another provider is known by (provider, issuer, subject), and by nothing that can change or be given to somebody else. No
//! address ever links two accounts: who links them has proven both.

pub mod arrival;
pub(crate) mod binding;
pub mod changes;
pub mod code;
pub mod exchange;
pub mod identity;
pub mod link;
pub mod metadata;
mod oauth2;
pub mod offered;
mod oidc;
pub mod posted;
pub mod probe;
pub mod refusal;
pub mod remembered;
pub mod roles;
pub mod round_trip;
mod secret;
pub mod telegram;
pub mod tokens;
pub mod undo;
mod userinfo;
pub(crate) mod ways_back;
pub mod ways_in;

pub use offered::{all, find, is_by_bot, missing, named, providers, read};

use crate::app::App;
use crate::config::Upstream;
use crate::site::page::Page;

/// Where a provider sends people back to. Each provider has an address of its own, so that none can answer in the place of another one:
/// RFC 9700 §4.4.2.
pub fn redirect_uri(app: &App, upstream: &Upstream) -> String {
    app.url(Page::UpstreamCallback).replace("{upstream}", &upstream.name)
}
