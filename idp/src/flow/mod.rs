//! Ring 5: what both kinds of door need of an authorization under way, and of the account of whoever is signed in.

pub mod account_holder;
pub mod answer;
pub mod authorization;
pub mod next_page;
