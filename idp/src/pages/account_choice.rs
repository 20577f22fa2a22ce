//! The accounts of a browser, among which its person chooses.

use super::AccountView;

/// An account that may be chosen.
#[derive(Clone, Debug)]
pub struct AccountChoice {
    /// Its handle in the form, valid in this browser only.
    pub handle: String,
    /// The account.
    pub account: AccountView,
}
