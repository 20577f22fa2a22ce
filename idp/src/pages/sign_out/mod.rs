//! Signing out: the confirmation, and the page afterwards.

pub mod end_session;
pub mod signed_out;
