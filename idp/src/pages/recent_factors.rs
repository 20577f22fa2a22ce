//! The boxes that remove what was added to an account lately, on the pages that set a forgotten password.

use super::{Layout, Moment};
use crate::account::passkey_provider;
use crate::account::recent_factors::{RecentFactors, Unwanted};
use crate::base::clock::Timestamp;
use crate::oidc::params::Params;
use crate::store::people::user::Identifier;

/// What was added to an account lately.
#[derive(Clone, Debug)]
pub struct RecentFactor {
    /// What the form calls it: `app`, the handle of a passkey, or an address.
    pub handle: String,
    /// What its person calls it, or who made it.
    pub name: Option<String>,
    /// When it was added, if that is known.
    pub added: Option<Moment>,
    /// Whether it is to be removed.
    pub is_chosen: bool,
}

/// What the form calls the authenticator app.
const AUTHENTICATOR: &str = "app";

impl RecentFactor {
    /// What it is called.
    pub fn title(&self, layout: &Layout<'_>) -> String {
        let kind = if self.handle == AUTHENTICATOR { "account-authenticator" } else { "passkey" };
        self.name.clone().unwrap_or_else(|| layout.t(kind))
    }
}

/// The boxes for factors.
pub(super) fn of_factors(factors: &RecentFactors, unwanted: &Unwanted, now: Timestamp) -> Vec<RecentFactor> {
    let authenticator = factors.app.iter().map(|one| RecentFactor {
        handle: AUTHENTICATOR.to_owned(),
        name: None,
        added: Some(Moment::new(one.created_at, now)),
        is_chosen: unwanted.app,
    });
    let passkeys = factors.passkeys.iter().map(|one| RecentFactor {
        handle: one.id.handle(),
        name: one.name.clone().or(one.aaguid.as_deref().and_then(passkey_provider::name).map(str::to_owned)),
        added: Some(Moment::new(one.created_at, now)),
        is_chosen: unwanted.passkeys.contains(&one.id.handle()),
    });
    authenticator.chain(passkeys).collect()
}

/// The boxes for addresses.
pub(super) fn of_addresses(addresses: &[Identifier], unwanted: &[String]) -> Vec<RecentFactor> {
    let of_one = |one: &Identifier| RecentFactor {
        handle: one.as_written.clone(),
        name: Some(one.as_written.clone()),
        added: None,
        is_chosen: unwanted.contains(&one.as_written),
    };
    addresses.iter().map(of_one).collect()
}

/// Whether a name in the form is that of an address: handles have no `@`.
fn is_address(handle: &str) -> bool {
    handle.contains('@')
}

/// The factors that are to be removed.
pub(super) fn unwanted(params: &Params) -> Unwanted {
    let chosen = || params.all("remove");
    let passkeys = chosen().filter(|handle| *handle != AUTHENTICATOR && !is_address(handle)).map(str::to_owned);
    Unwanted { app: chosen().any(|handle| handle == AUTHENTICATOR), passkeys: passkeys.collect() }
}

/// The addresses that are to be removed.
pub(super) fn unwanted_addresses(params: &Params) -> Vec<String> {
    params.all("remove").filter(|handle| is_address(handle)).map(str::to_owned).collect()
}
