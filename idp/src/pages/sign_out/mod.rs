//! Signing out: the question, and what is seen afterwards.

pub mod end_session;
pub mod signed_out;
