//! Ring 5: what endpoints and pages share about an authorization in progress, and about the signed-in account.

pub mod account_holder;
pub mod answer;
pub mod authorization;
pub mod first_factor;
pub mod just_signed_in;
pub mod next_page;
