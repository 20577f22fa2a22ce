//! Ring 6: the doors for people. One file per page, with the stem of its template: what the page shows, and what its
//! form does.

pub mod account;
pub mod account_applications;
pub mod account_password;
pub mod account_sessions;
#[cfg(test)]
mod checks;
pub mod consent;
pub mod continue_as;
pub mod end_session;
pub mod home;
pub mod language;
#[cfg(test)]
mod samples;
pub mod select_account;
pub mod set_password;
pub mod sign_in;
pub mod sign_up;
pub mod signed_out;
pub mod wording;

pub use crate::http::page::{AccountView, ClientView, Layout, Wording};
