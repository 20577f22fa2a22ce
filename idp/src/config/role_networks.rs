//! `[[role_networks]]`: from where people of a role may use their accounts.

use super::reader::section;
use crate::base::network::{Network, NetworkRule};

section! {
    /// From where the people of a role may use their accounts. Who has several such roles needs an address that all of them admit.
    pub struct RoleNetworks("role_networks") {
        /// The role, such as `administrator`.
        role: String = String::new(), required();
        /// The addresses and ranges that they may come from.
        allowed: Vec<Network> = vec![], otherwise("every address that is not denied");
        /// The addresses and ranges that they may not come from, even if they lie within an allowed one.
        denied: Vec<Network> = vec![];
    }
}

impl RoleNetworks {
    /// The rule.
    pub fn rule(&self) -> NetworkRule<'_> {
        NetworkRule { allowed: &self.allowed, denied: &self.denied }
    }
}
